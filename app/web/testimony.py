"""The tab of the account: mute without a visit; read whole within one, with what is folded shown passage by passage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk
from app.errors import NotFound
from app.testimonies import queries
from app.testimonies.answers import read_answers
from app.testimonies.forms import ReadAccount
from app.testimonies.reading import read_account
from app.testimonies.views import AccountRead, AccountView, CaseAccounts
from app.web.answered import Replied, replied
from app.web.casefile import CaseFile, Shown, case_file, case_page, open_row, prefetched, read_under
from app.web.frame import reads_in
from app.web.session import Visitor
from app.web.visits import opened
from app.work import Caller

router = APIRouter()


@dataclass(frozen=True)
class Account:
    """One account: mute, or read; or the sentence why it is not read."""

    line: AccountView
    read: AccountRead | None = None
    answers: tuple[Replied, ...] = ()
    refusal: str = ""
    rule: str = ""


@dataclass(frozen=True)
class AccountTab:
    """What lies under TESTIMONY. ``shown`` holds the rows that a reveal of their own opened."""

    held: CaseAccounts
    accounts: tuple[Account, ...]
    prior: tuple[Shown, ...]
    shown: Mapping[UUID, Shown] = field(default_factory=dict)
    takes: bool = False


@router.get("/cases/{reference}/testimony")
def tab(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The accounts of a case. Reading one is one entry that names every row."""
    file = case_file(desk, visitor, reference)
    if not file.has("testimony"):
        raise NotFound
    held = desk.ask(visitor, queries.of_case, file.view.reference)
    reads = file.visit is not None and not prefetched(request)
    view = AccountTab(
        held=held,
        accounts=tuple(_read(desk, visitor, file, line) if reads else Account(line) for line in held.accounts),
        prior=opened(request, desk, visitor, file, "prior_accounts"),
        shown={} if prefetched(request) else _revealed(desk, visitor, file),
        takes="intake_officer" in visitor.actor.roles and file.view.state == "OPEN",
    )
    return case_page(request, desk, visitor, file, "intake/testimony.html", "testimony", view)


def _read(desk: Desk, visitor: Caller, file: CaseFile, line: AccountView) -> Account:
    """Read an account under the visit. Where nothing was said yet there is nothing to open."""
    if line.statement_version is None or file.visit is None:
        return Account(line)
    read = read_under(desk, visitor, file.visit, read_account, ReadAccount, subject=line.id)
    asked = any(each.clear["testimony_id"] == str(line.id) for each in file.records("protocol_answers"))
    if read.view is None or not asked:
        return Account(line, read.view, refusal=read.refusal, rule=read.rule)
    answers = read_under(desk, visitor, file.visit, read_answers, ReadAccount, subject=line.id)
    told = replied(answers.view, reads_in(desk, visitor)) if answers.view is not None else ()
    return Account(line, read.view, told, answers.refusal, answers.rule)


def _revealed(desk: Desk, visitor: Caller, file: CaseFile) -> dict[UUID, Shown]:
    """Folded passages and names of files that somebody asked to see by themselves, a short while ago."""
    return {
        record.id: open_row(desk, visitor, record, file.reveals[record.id])
        for record in file.records("segments", "attachments")
        if record.id in file.reveals
    }
