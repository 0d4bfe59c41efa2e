"""My second factors: security keys that I add, call by a name and remove; digits and codes that I have."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import security_keys
from app.accounts.forms import AddKey, AskKey
from app.accounts.views import KeyLine, SecondFactors
from app.edge import sheets
from app.edge.desk import Desk, TheDesk, row_id
from app.edge.languages import N_
from app.edge.render import answer_with
from app.edge.sheets import Mistakes, Sheet
from app.errors import Conflict, NotFound, StepUpNeeded, TooManyTries, Unprocessable
from app.web.frame import mistakes_of, save, second_factor, sheet, show
from app.web.session import Fields, Visitor, step_up
from app.work import Caller

HERE = "/me/second-factors"

router = APIRouter()


@dataclass(frozen=True)
class KeyView:
    """One security key of mine."""

    key: KeyLine
    factors: SecondFactors


@router.get("/me/second-factors")
def factors(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return show(request, desk, visitor, "me/factors.html", desk.ask(visitor, security_keys.second_factors))


@router.post("/me/security-keys/challenge")
def challenge(desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """What one of my keys is to sign, for the page's script."""
    return answer_with(desk.enter().keys.to_confirm(visitor, sheets.read(AskKey, given, desk.zone)))


@router.post("/me/security-keys/begin")
def begin(desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """What a new key is asked for, for the page's script."""
    return answer_with(desk.enter().keys.to_add(visitor))


@router.get("/me/second-factors/add")
def add_page(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _add(request, desk, visitor, sheet(request), 200)


@router.post("/me/second-factors/add")
def add(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Add the key that answered, after a second factor for that; what it answered is never sent back."""
    fields = {name: list(values) for name, values in given.items() if name != "once"}
    try:
        factor = second_factor(desk, (security_keys.add, visitor.actor.code), fields)
        if not any(fields.get("new.attestation", ())):
            raise Mistakes({"": N_("The security key did not answer. Please try again.")})
        form = sheets.read(AddKey, fields, desk.zone)
        if factor is not None:
            step_up(request, desk, visitor, factor)
        desk.enter().add_key(visitor, form)
    except (Conflict, StepUpNeeded, TooManyTries, Unprocessable) as refusal:
        return _add(request, desk, visitor, sheet(request).typed(fields, mistakes_of(refusal)), refusal.status)
    return RedirectResponse(HERE, 303)


@router.get("/me/second-factors/{row}")
def one(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    key = _key(desk, visitor, row).key
    return _one(request, desk, visitor, row, sheet(request, name=key.name), 200)


@router.post("/me/second-factors/{row}/rename")
def rename(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    return save(
        request, desk, visitor, given, security_keys.rename, subject=row_id(row), then=HERE,
        again=lambda typed, status: _one(request, desk, visitor, row, typed, status),
    )  # fmt: skip


@router.post("/me/second-factors/{row}/remove")
def remove(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Take a key out of use, after a second factor for that."""
    return save(
        request, desk, visitor, given, security_keys.remove, subject=row_id(row), then=HERE,
        step=(security_keys.remove, row_id(row)),
        again=lambda typed, status: _one(request, desk, visitor, row, typed, status),
    )  # fmt: skip


def _add(request: Request, desk: Desk, visitor: Caller, typed: Sheet, status: int) -> Response:
    view = desk.ask(visitor, security_keys.second_factors)
    return show(request, desk, visitor, "me/key_add.html", view, sheet=typed, status=status)


def _one(request: Request, desk: Desk, visitor: Caller, row: str, typed: Sheet, status: int) -> Response:
    view = _key(desk, visitor, row)
    if not typed.value("name"):
        typed = typed.typed({**typed.values, "name": [view.key.name]}, typed.mistakes)
    return show(request, desk, visitor, "me/key.html", view, sheet=typed, status=status)


def _key(desk: Desk, visitor: Caller, row: str) -> KeyView:
    """One of my keys. NotFound for a colleague's as for none."""
    mine: SecondFactors = desk.ask(visitor, security_keys.second_factors)
    found = next((key for key in mine.keys if key.id == row_id(row)), None)
    if found is None:
        raise NotFound
    return KeyView(found, mine)
