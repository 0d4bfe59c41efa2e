"""Questions about accounts and consents that disclose nothing sealed: states, dates, counts."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from app.cases.models import Case
from app.errors import NotFound, Unprocessable
from app.testimonies import rules
from app.testimonies.custody import MIB, taken_bytes
from app.testimonies.models import (
    Attachment,
    Consent,
    CustodyEvent,
    Interpreter,
    PaperSession,
    PriorAccount,
    Segment,
    Testimony,
)
from app.testimonies.rules import NEXT, ConsentState, State, Tier
from app.testimonies.terms import admitted
from app.testimonies.views import (
    AccountLine,
    Accounts,
    AccountView,
    CaseAccounts,
    Custody,
    CustodyLine,
    FileLine,
    InterpreterLine,
    PaperView,
    PriorLine,
    StepLine,
    TierLine,
)
from app.work import Reading, query

PAGE: Final = 25
# Rows of one kind in one case: files and earlier accounts are few, a list of them has an end all the same.
ROWS_MAX: Final = 200
# Steps of files in one case that a page lists; older ones are found by their file.
CUSTODY_MAX: Final = 200
NOT_ASKED: Final = "NOT_ASKED"


@query("testimony.list")
def accounts(reading: Reading, page: int = 0, state: str | None = None, step: str | None = None) -> Accounts:
    """Accounts that are being taken in cases I hold, the longest waiting first, 25 a page; by state or next step."""
    mine = reading.rows(Testimony).where(Testimony.state.in_(_wanted(state, step)))
    total = int(reading.execute(select(func.count()).select_from(mine.subquery()))[0][0])
    statement = (
        mine.join(Case, Case.id == Testimony.case_id)
        .add_columns(Case.reference)
        .order_by(Testimony.state_at, Testimony.id)
        .limit(PAGE)
        .offset(PAGE * page)
    )
    return Accounts(total, tuple(_line(account, reference) for account, reference in reading.execute(statement)))


@query("testimony.show")
def show(reading: Reading, row: UUID) -> AccountView:
    """One account: the steps that are done, and what remains."""
    testimony = reading.fetch(Testimony, row)
    return _view(reading, testimony, reading.one(Case, Case.id == testimony.case_id))


@query("testimony.case")
def of_case(reading: Reading, reference: str) -> CaseAccounts:
    """The accounts, earlier accounts and files of one case, by row. For those who hold its account."""
    case = _with_account(reading, reference)
    taken = reading.all(Testimony, Testimony.case_id == case.id, order=Testimony.begun_at)
    prior = reading.all(PriorAccount, PriorAccount.case_id == case.id, order=PriorAccount.recorded_at, limit=ROWS_MAX)
    files = reading.all(Attachment, Attachment.case_id == case.id, order=Attachment.id, limit=ROWS_MAX)
    return CaseAccounts(
        reference=case.reference,
        accounts=tuple(_view(reading, each, case) for each in taken),
        prior=tuple(PriorLine(n, each.id, each.recorded_at.date().isoformat()) for n, each in enumerate(prior, 1)),
        files=tuple(_file(n, each) for n, each in enumerate(files, 1)),
    )


@query("attachment.show")
def file(reading: Reading, row: UUID) -> FileLine:
    """One file: whether it is whole, and how long it is or is going to be."""
    return _file(0, reading.fetch(Attachment, row))


@query("custody.list")
def custody(reading: Reading, reference: str) -> Custody:
    """The way of every file of a case, the newest step first: what, when, by whom; and how much room is taken."""
    case = _with_account(reading, reference)
    events = reading.all(CustodyEvent, CustodyEvent.case_id == case.id, order=CustodyEvent.id.desc(), limit=CUSTODY_MAX)
    return Custody(
        reference=case.reference,
        taken_bytes=taken_bytes(reading, case),
        room_bytes=reading.settings.case_files_mib_max * MIB,
        events=tuple(
            CustodyLine(each.id, each.attachment_id, each.kind, each.recorded_at, each.recorded_by) for each in events
        ),
    )


@query("consent.list")
def consents(reading: Reading, reference: str) -> tuple[TierLine, ...]:
    """The newest answer to each tier. For those who hold the account."""
    case = _with_account(reading, reference)
    return tuple(_tier(reading, case.id, tier) for tier in Tier)


def _wanted(state: str | None, step: str | None) -> list[str]:
    """The states under way that a filter leaves; nobody is told that a list is empty for a word they misspelt."""
    if state is not None and state not in NEXT:
        raise Unprocessable("No account under way is in such a state.")
    if step is not None and step not in set(NEXT.values()):
        raise Unprocessable("No account under way waits for such a step.")
    return [each for each, following in NEXT.items() if state in {None, each} and step in {None, following}]


def _with_account(reading: Reading, reference: str) -> Case:
    """A case whose account I hold; for every other grant of it there is nothing here."""
    case = reading.fetch(Case, reference)
    if "TESTIMONY" not in reading.held(case.id):
        raise NotFound
    return case


def _line(account: Testimony, reference: str) -> AccountLine:
    state = State(account.state)
    due = rules.due_at(state, account.state_at)
    return AccountLine(account.id, reference, state, account.state_at, NEXT[state], due)


def _view(reading: Reading, testimony: Testimony, case: Case) -> AccountView:
    passages = reading.rows(Segment).where(Segment.testimony_id == testimony.id).subquery()
    agreed = _tier(reading, case.id, Tier.T1).state == ConsentState.GRANTED
    return AccountView(
        id=testimony.id, reference=case.reference, state=testimony.state, since=testimony.state_at,
        due=rules.due_at(testimony.state, testimony.state_at), admissions=admitted(reading, testimony),
        statement_version=testimony.statement_version, taken_by=testimony.taken_by, begun_at=testimony.begun_at,
        collected_on=testimony.collected_on.isoformat() if testimony.collected_on else None,
        segments=int(reading.execute(select(func.count()).select_from(passages))[0][0]),
        steps=tuple(StepLine(step, standing) for step, standing in rules.progress(testimony.state, agreed=agreed)),
    )  # fmt: skip


def _tier(reading: Reading, case: UUID, tier: Tier) -> TierLine:
    newest = reading.first(Consent, Consent.case_id == case, Consent.tier == tier, order=Consent.state_at.desc())
    if newest is None:
        return TierLine(tier, NOT_ASKED)
    standing = newest.standing(today=reading.today)
    return TierLine(tier, standing, newest.id, newest.state_at, newest.text_version, newest.recorded_by)


def _file(number: int, file: Attachment) -> FileLine:
    return FileLine(
        number, file.id, file.state, file.size_bytes, file.received_at.date().isoformat(), file.copy_of,
        resumes=file.state == "INCOMING" and file.fingerprint is not None, scanned=file.scanned,
    )  # fmt: skip


@query("interpreter.list")
def interpreters(reading: Reading, page: int = 0) -> tuple[InterpreterLine, ...]:
    """The register of my team, mute: codes and until when each is bound, 25 a page."""
    statement = reading.rows(Interpreter).order_by(Interpreter.reference).limit(PAGE).offset(PAGE * page)
    return tuple(
        InterpreterLine(
            row.id,
            row.reference,
            row.undertaking_until.isoformat(),
            row.undertaking_until >= reading.today,
            row.registered_by,
        )
        for (row,) in reading.execute(statement)
    )


@query("paper.show")
def paper(reading: Reading, row: UUID) -> PaperView:
    """One printed protocol: the number of its envelope, and whether it has been entered."""
    found = reading.fetch(PaperSession, row)
    return PaperView(
        found.id, found.testimony_id, found.reference, found.state, found.statement_version,
        questions=found.protocol_id is not None,
    )  # fmt: skip
