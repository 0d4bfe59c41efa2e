"""What the witness agrees to, tier by tier: the tab of a case, one page to ask, one to withdraw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.testimonies import actions, queries
from app.testimonies.rules import STATEMENT_VERSION, Tier
from app.testimonies.views import TierLine
from app.web import drafts
from app.web.casefile import CaseFile, case_file, case_page
from app.web.frame import save, sheet
from app.web.session import Fields, Visitor
from app.work import Caller

ASKS: Final = frozenset({"intake_officer"})
WITHDRAWS: Final = ASKS | {"legal_reviewer"}

router = APIRouter()


@dataclass(frozen=True)
class Consents:
    """The tiers of a case, what the visitor may do about them, and the accounts they belong to."""

    tiers: tuple[TierLine, ...]
    asks: bool
    withdraws: bool
    accounts: tuple[UUID, ...]


@dataclass(frozen=True)
class Asked:
    """One tier of a case."""

    tier: TierLine


@router.get("/cases/{reference}/consent")
def tab(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Every tier with its newest answer. States are clear: nothing is opened."""
    file, tiers, roles = *_tiers(desk, visitor, reference), visitor.actor.roles
    accounts = tuple(record.id for record in file.records("testimonies")) if ASKS & roles else ()
    view = Consents(tiers, bool(ASKS & roles), bool(WITHDRAWS & roles), accounts)
    return case_page(request, desk, visitor, file, "intake/consent.html", "consent", view)


@router.get("/cases/{reference}/consent/{tier}")
def ask_page(reference: str, tier: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One tier: what is read out, and the answer."""
    place = _place(desk, visitor, reference, tier)
    begun = sheet(request) if place is None else drafts.begin(request, desk, visitor, place)
    return _page(request, desk, visitor, reference, tier, "intake/ask.html", ASKS, begun)


@router.post("/cases/{reference}/consent/{tier}")
def ask(reference: str, tier: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Keep the answer."""
    file, _ = _tier(desk, visitor, reference, tier, ASKS)
    return save(
        request, desk, visitor, given, actions.record_consent, subject=file.view.reference,
        then=f"/cases/{file.view.reference}/consent",
        again=_asked(request, desk, visitor, reference, tier),
        shape=lambda fields: fields | {"tier": [tier], "text_version": [STATEMENT_VERSION]},
    )  # fmt: skip


@router.post("/cases/{reference}/consent/{tier}/draft")
def save_answer(
    reference: str, tier: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields
) -> Response:  # fmt: skip
    """Save what was answered so far and come back later."""
    place = _place(desk, visitor, reference, tier)
    if place is None:
        raise NotFound
    return drafts.save(request, desk, visitor, given, place, _asked(request, desk, visitor, reference, tier))


@router.get("/cases/{reference}/consent/{tier}/withdraw")
def withdraw_page(reference: str, tier: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What a withdrawal does, and what it cannot."""
    return _page(request, desk, visitor, reference, tier, "intake/withdraw.html", WITHDRAWS, sheet(request))


@router.post("/cases/{reference}/consent/{tier}/withdraw")
def withdraw(reference: str, tier: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Withdraw it: from this commit on nothing leaves the house under it."""
    file, line = _tier(desk, visitor, reference, tier, WITHDRAWS)
    if line.id is None:
        raise NotFound
    return save(
        request, desk, visitor, given, actions.withdraw, subject=line.id,
        then=f"/cases/{file.view.reference}/consent",
        again=lambda typed, status: _page(
            request, desk, visitor, reference, tier, "intake/withdraw.html", WITHDRAWS, typed, status),
    )  # fmt: skip


def _place(desk: Desk, visitor: Caller, reference: str, tier: str) -> drafts.Place | None:
    """Where a draft of this tier belongs; none in a case without an account that it could serve."""
    file, _ = _tier(desk, visitor, reference, tier, ASKS)
    accounts = [record.id for record in file.records("testimonies")]
    return drafts.case_place(file.view.reference, accounts, tier)


def _asked(
    request: Request, desk: Desk, visitor: Caller, reference: str, tier: str
) -> Callable[[Sheet, int], Response]:  # fmt: skip
    """Shows the page of a tier again."""

    def again(typed: Sheet, status: int) -> Response:
        place = _place(desk, visitor, reference, tier)
        if place is not None and typed.draft is None:
            typed = drafts.again(desk, visitor, place, typed)
        return _page(request, desk, visitor, reference, tier, "intake/ask.html", ASKS, typed, status)

    return again


def _tiers(desk: Desk, visitor: Caller, reference: str) -> tuple[CaseFile, tuple[TierLine, ...]]:
    """A case whose consents this visitor may know, and they."""
    file = case_file(desk, visitor, reference)
    if not file.has("consent"):
        raise NotFound
    return file, desk.ask(visitor, queries.consents, file.view.reference)


def _tier(
    desk: Desk, visitor: Caller, reference: str, tier: str, roles: frozenset[str]
) -> tuple[CaseFile, TierLine]:  # fmt: skip
    if tier not in set(Tier) or not roles & visitor.actor.roles:
        raise NotFound
    file, tiers = _tiers(desk, visitor, reference)
    return file, next(line for line in tiers if line.tier == tier)


def _page(
    request: Request, desk: Desk, visitor: Caller, reference: str, tier: str, template: str, roles: frozenset[str],
    form: Sheet, status: int = 200,
) -> Response:  # fmt: skip
    file, line = _tier(desk, visitor, reference, tier, roles)
    return case_page(request, desk, visitor, file, template, "consent", Asked(line), sheet=form, status=status)
