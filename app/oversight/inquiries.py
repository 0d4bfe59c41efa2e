"""An auditor asks a colleague about entries of theirs: opened, asked, answered, closed, all in codes.

Nobody inquires into themself. Whoever is asked sees of it what they did themselves, and the question.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from app.accounts.models import AccountState, User
from app.audit.models import SAID, EntryBody
from app.errors import Conflict, NotFound
from app.oversight.forms import AskThem, CloseInquiry, Explain, OpenInquiry, PickEntry
from app.oversight.models import Inquiry, InquiryEntry
from app.oversight.queries import mine_of
from app.oversight.views import InquiryLine, InquiryNumbers, Mine
from app.work import Reading, Work, action, query

PAGE: Final = 25
# An inquiry is about a deed or a day of somebody's; more is another inquiry.
ENTRIES_MAX: Final = 50


def whom(_work: Work, user: User, _form: OpenInquiry) -> dict[str, Any]:
    """About whom it would be."""
    return {"target": user.code}


def asked(work: Work, inquiry: Inquiry, _form: Any) -> dict[str, Any]:
    """Nothing more than the row says; before they are asked it is not there for those it is about."""
    if inquiry.user_id == work.actor.id and inquiry.asked_at is None:
        raise NotFound
    return {}


@action("inquiry.open", operation="verify", on=User, creates=True, about=whom)
def open_inquiry(work: Work, user: User, form: OpenInquiry) -> InquiryLine:
    """Begin to ask about somebody, perhaps with the entry that gave the reason."""
    inquiry = Inquiry(
        user_id=user.id, about=user.code, reason=form.reason, state="OPEN", opened_by=work.actor.code,
        opened_at=work.now, question=None, asked_at=None, due_at=None, answer=None, vouched_by=None,
        answered_at=None, outcome=None, closed_by=None, closed_at=None,
    )  # fmt: skip
    work.add(inquiry)
    work.flush()
    if form.entry is not None:
        _pick(work, inquiry, form.entry)
    work.record(inquiry, about=user.code, reason=form.reason)
    return _line(work, inquiry)


@action("inquiry.pick", operation="verify", on=Inquiry, about=asked)
def pick(work: Work, inquiry: Inquiry, form: PickEntry) -> InquiryLine:
    """Add an entry that it is about."""
    work.lock(inquiry)
    inquiry.stands()
    _pick(work, inquiry, form.entry)
    work.record(inquiry, entry=form.entry)
    return _line(work, inquiry)


@action("inquiry.ask", operation="verify", on=Inquiry, about=asked)
def ask_them(work: Work, inquiry: Inquiry, form: AskThem) -> InquiryLine:
    """Ask; it stands on their Today from this moment on."""
    work.lock(inquiry)
    inquiry.ask(form.question, at=work.now)
    work.record(inquiry, question=form.question)
    return _line(work, inquiry)


@action("inquiry.answer", operation="verify", on=Inquiry, about=asked)
def answer(work: Work, inquiry: Inquiry, form: Explain) -> InquiryLine:
    """Explain, and name who can confirm it."""
    work.lock(inquiry)
    if form.vouched_by is not None and not _colleague(work, form.vouched_by):
        raise Conflict("Name a colleague who works here, and not yourself.")
    inquiry.explain(form.answer, form.vouched_by, at=work.now)
    work.record(inquiry, answer=form.answer, vouched_by=form.vouched_by or "nobody")
    return _line(work, inquiry)


@action("inquiry.close", operation="verify", on=Inquiry, about=asked)
def close(work: Work, inquiry: Inquiry, form: CloseInquiry) -> InquiryLine:
    """Say what came of it."""
    work.lock(inquiry)
    inquiry.close(form.outcome, by=work.actor.code, at=work.now)
    work.record(inquiry, outcome=form.outcome)
    return _line(work, inquiry)


@query("inquiry.list")
def inquiries(reading: Reading, page: int = 0) -> tuple[InquiryLine, ...]:
    """What is not closed first, longest waiting first; then the closed ones, newest first; 25 a page."""
    found = (
        reading.rows(Inquiry)
        .where(_told(reading))
        .order_by(Inquiry.closed_at.desc().nulls_first(), Inquiry.opened_at, Inquiry.id)
        .limit(PAGE)
        .offset(PAGE * page)
    )
    return tuple(_line(reading, inquiry) for (inquiry,) in reading.execute(found))


@query("inquiry.show")
def show(reading: Reading, row: UUID) -> InquiryLine:
    """One of them."""
    return _line(reading, reading.one(Inquiry, Inquiry.id == row, _told(reading)))


@query("inquiry.count")
def count(reading: Reading) -> InquiryNumbers:
    """How many I am asked in, and how many of others wait for something."""
    told = reading.rows(Inquiry).where(_told(reading)).subquery()
    me, asked_now = told.c.user_id == reading.actor.id, told.c.state == "ASKED"
    late = asked_now & (told.c.due_at <= reading.now)
    each = (me & asked_now, ~me & asked_now & ~late, ~me & late, ~me & (told.c.state == "ANSWERED"))
    counted = reading.execute(select(*(func.count().filter(which) for which in each)).select_from(told))[0]
    return InquiryNumbers(*counted)


@query("inquiry.entries")
def entries(reading: Reading, row: UUID) -> tuple[Mine, ...]:
    """The entries of mine that I am asked about. An auditor reads entries in the log, where that is an entry too."""
    inquiry = reading.one(Inquiry, Inquiry.id == row, _told(reading), Inquiry.user_id == reading.actor.id)
    picked = select(InquiryEntry.entry).where(InquiryEntry.inquiry_id == inquiry.id)
    own = reading.rows(EntryBody).where(EntryBody.entry.in_(picked), SAID["actor"] == reading.actor.code)
    found = reading.execute(own.order_by(EntryBody.entry).limit(ENTRIES_MAX))
    return tuple(mine_of(body.view) for (body,) in found)


def _told(reading: Reading) -> ColumnElement[bool]:
    """Whoever it is about is told of it once they are asked; an auditor too, of their own."""
    return or_(Inquiry.user_id != reading.actor.id, Inquiry.asked_at.is_not(None))


def _pick(work: Work, inquiry: Inquiry, entry: UUID) -> None:
    theirs = work.rows(EntryBody).where(EntryBody.entry == entry, SAID["actor"] == inquiry.about)
    if not work.execute(theirs.with_only_columns(EntryBody.entry)):
        raise Conflict("This is no entry of the person the inquiry is about.")
    standing = work.all(InquiryEntry, InquiryEntry.inquiry_id == inquiry.id, limit=ENTRIES_MAX)
    if any(each.entry == entry for each in standing):
        raise Conflict("This entry belongs to the inquiry already.")
    if len(standing) == ENTRIES_MAX:
        raise Conflict("An inquiry is about fifty entries at most. Open another.")
    work.add(InquiryEntry(inquiry_id=inquiry.id, entry=entry, user_id=inquiry.user_id, at=work.now, by=work.actor.code))


def _colleague(work: Work, code: str) -> bool:
    named = work.first(User, User.code == code, User.state == AccountState.ACTIVE)
    return named is not None and named.id != work.actor.id


def _line(reading: Reading, inquiry: Inquiry) -> InquiryLine:
    late = inquiry.state == "ASKED" and inquiry.due_at is not None and inquiry.due_at <= reading.now
    return InquiryLine(
        inquiry.id, inquiry.about, inquiry.reason, "LATE" if late else inquiry.state, inquiry.opened_by,
        inquiry.opened_at, inquiry.question, inquiry.due_at, inquiry.answer, inquiry.vouched_by, inquiry.answered_at,
        inquiry.outcome, inquiry.closed_by, inquiry.closed_at, inquiry.user_id == reading.actor.id,
    )  # fmt: skip
