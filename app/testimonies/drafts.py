"""What is typed at a step and not kept yet: saved sealed, opened with an entry, never written over unseen.

Each save is an entry, also those that a page makes by itself while somebody types. To fold them
in the log would need a table that changes without an entry, for the one text that matters most.
So the page sends only what has changed, three times a minute at most, and the page of who looked
shows a run of saves as one line (web/cases.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from sqlalchemy import func, select, update

from app.cases.erasing import AT_THE_END
from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import how_many, open_case_of, open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict, NotFound
from app.testimonies.models import Draft, Rescue, Testimony
from app.testimonies.rules import DraftState
from app.work import Form, Reading, Work, action, query
from app.work.forms import storable

PAGE: Final = 25
LETTERS_MAX: Final = 400_000
# Steps of one case at which somebody may have left a draft, with those that stand aside.
DRAFTS_MAX: Final = 100
# How long somebody who comes in again is led back to where they were typing.
LEADS_BACK: Final = timedelta(hours=24)
# What one person's ended sessions may leave waiting.
RESCUES_MAX: Final = 20
_OF_THE_ACCOUNT: Final = frozenset(
    {
        "LIMITS", "SAFETY", "READY", "SESSION", "ACCOUNT", "READ_BACK", "SEGMENTS", "PROTOCOL",
        # What is written around a session, and beside the passages.
        "NOTE", "REPORT", "CORRECTION", "TRANSCRIPT", "TRANSLATION",
    }
)  # fmt: skip

Step = Annotated[str, StringConstraints(pattern=rf"^({'|'.join(sorted(_OF_THE_ACCOUNT))}|CONSENT_T[0-6])$")]
# The last part may be the id of a passage: a version has a field for each.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z0-9_-]{1,39}){0,2}$")]
Typed = Annotated[str, StringConstraints(max_length=LETTERS_MAX), AfterValidator(storable)]
Version = Annotated[int, Field(ge=0, le=1_000_000)]


class Written(Form):
    """One field of a page, with all that stands in it."""

    name: Name
    values: Annotated[tuple[Typed, ...], Field(max_length=50)]


def written(fields: Mapping[str, Sequence[str]]) -> tuple[Written, ...]:
    """Fields as a page has them: values by name."""
    return tuple(Written(name=name, values=tuple(values)) for name, values in fields.items())


class SaveDraft(Form):
    """What stands in the fields of a step's page, whether or not it would do.

    testimony  the account; none for a tier of consent, which is the case's
    version    of the draft the page was filled from; 0 if it began empty
    aside      a text of one's own that stood aside and has been seen now
    """

    step: Step
    testimony: UUID | None = None
    version: Version = 0
    aside: UUID | None = None
    typing: bool = False
    fields: Annotated[tuple[Written, ...], Field(max_length=2100)]

    @model_validator(mode="after")
    def _whole(self) -> SaveDraft:
        if (self.testimony is not None) != (self.step in _OF_THE_ACCOUNT):
            raise ValueError("a step is of an account, a tier of a case")
        if len({field.name for field in self.fields}) < len(self.fields):
            raise ValueError("a field stands twice")
        if sum(len(each) for field in self.fields for each in field.values) > LETTERS_MAX:
            raise ValueError("too long")
        return self


class RescueDraft(Form):
    """Filled by the door from the session that has ended, never by a caller."""

    user_id: UUID
    holder: UUID
    reference: str | None = None
    draft: SaveDraft


@dataclass(frozen=True)
class DraftSaved:
    """A draft was saved; or, with the state ASIDE, kept beside one that its writer had not seen."""

    id: UUID
    state: str
    version: int


@dataclass(frozen=True)
class DraftLine:
    """That somebody began to write at a step, and when; not a word of it."""

    id: UUID
    reference: str
    about: UUID
    step: str
    state: str
    version: int
    typing: bool
    saved_by: str
    saved_at: datetime


@dataclass(frozen=True)
class Drafts:
    """One page of mine, and how many there are in all."""

    total: int
    lines: tuple[DraftLine, ...]


@dataclass(frozen=True)
class TakenUp:
    """Where a text went that outlived its session; no draft where its case is no longer one's own."""

    draft: UUID | None


@action("draft.save", operation="collect", on=Case)
def save(work: Work, case: Case, form: SaveDraft) -> DraftSaved:
    """Keep what is typed at a step. It never goes over what its writer has not seen: then it stands beside that."""
    about = case.id if form.testimony is None else _account(work, case, form.testimony).id
    row = _put(work, case, about, form)
    work.record(row, step=form.step, version=row.version, aside=row.state == DraftState.ASIDE)
    return DraftSaved(row.id, row.state, row.version)


@action("draft.open", operation="consult", on=Draft, opens=(Draft,))
def open_draft(work: Work, draft: Draft, form: Opening) -> Opened:
    """Open a draft, one's own or a colleague's."""
    if draft.state == DraftState.GONE:
        raise NotFound
    return open_fields(work, draft, form)


@action("draft.discard", operation="erase", on=Draft)
def discard(work: Work, draft: Draft) -> Stored:
    """Throw a draft away: its words are gone from this commit on."""
    work.lock(draft)
    draft.empty(at=work.now)
    work.record(draft, step=draft.step)
    return Stored(draft.id, "drafts", draft.state)


@action("draft.rescue", operation="collect")
def rescue(work: Work, form: RescueDraft) -> None:
    """Keep what came in under a session that has just ended, sealed to the key of whose it was."""
    waits = select(func.count()).where(Rescue.user_id == form.user_id, Rescue.taken_at.is_(None))
    if work.session.execute(waits).scalar_one() >= RESCUES_MAX:
        raise Conflict("More is waiting for you already than can be kept. Please sign in.")
    envelope = work.envelope_to(form.holder)
    row = Rescue(envelope_id=envelope.id, user_id=form.user_id, at=work.now, taken_at=None)
    work.seal(row, "words", form.model_dump_json(include={"reference", "draft"}))
    work.add(row)
    work.record(row, recipient=form.holder)


@action("draft.take_up", operation="alter", on=Rescue)
def take_up(work: Work, row: Rescue) -> TakenUp:
    """Make a draft of what outlived my session. Of a case that is mine no longer nothing is kept."""
    work.lock(row)
    packed = work.open(row, "words")
    row.take(at=work.now)
    if packed is None:
        raise NotFound
    told = json.loads(packed.raw())
    form = SaveDraft.model_validate(told["draft"])
    try:
        case, about = _place(work, told["reference"], form)
    except NotFound:
        work.record(row, kept=False)
        return TakenUp(None)
    draft = _put(work, case, about, form)
    work.record(draft, step=form.step, version=draft.version, kept=True)
    return TakenUp(draft.id)


@query("draft.list")
def mine(reading: Reading, page: int = 0) -> Drafts:
    """What I have saved and neither kept nor thrown away, the newest first, 25 a page."""
    saved = reading.rows(Draft).where(Draft.saved_by == reading.actor.code, Draft.state != DraftState.GONE)
    statement = (
        saved.join(Case, Case.id == Draft.case_id)
        .add_columns(Case.reference)
        .order_by(Draft.saved_at.desc(), Draft.id.desc())
        .limit(PAGE)
        .offset(PAGE * page)
    )
    lines = tuple(_line(draft, reference) for draft, reference in reading.execute(statement))
    return Drafts(how_many(reading, saved), lines)


@query("draft.case")
def of_case(reading: Reading, reference: str) -> tuple[DraftLine, ...]:
    """Who has written at which step of a case, and when. For those who hold its account."""
    case = reading.fetch(Case, reference)
    there = Draft.case_id == case.id, Draft.state != DraftState.GONE
    return tuple(_line(each, case.reference) for each in reading.all(Draft, *there, order=Draft.id, limit=DRAFTS_MAX))


@query("draft.waiting")
def waiting(reading: Reading) -> tuple[UUID, ...]:
    """What outlived a session of mine and waits to be taken up."""
    return tuple(row.id for row in reading.all(Rescue, Rescue.taken_at.is_(None), order=Rescue.at))


def settle(work: Work, case: UUID, about: UUID, step: str, form: Form) -> None:
    """A step is kept, and its draft is gone with it; refused if it holds words that were not seen.

    The form says which version it was filled from; a program says none, and knows only its own.
    """
    seen, aside = getattr(form, "draft", None), getattr(form, "aside", None)
    current = _current(work, about, step)
    if current is not None:
        work.lock(current)
        if current.state == DraftState.SAVED:
            known = current.saved_by == work.actor.code if seen is None else seen == current.version
            if not known:
                raise Conflict("A colleague, or you in another window, saved this step meanwhile. Both texts are kept.")
            current.empty(at=work.now)
    _merged(work, case, aside)


def forget(work: Work, case: UUID) -> int:
    """Throw away every draft of a case that is destroyed; returns how many."""
    there = Draft.case_id == case, Draft.state != DraftState.GONE
    emptied = update(Draft).where(*there).values(state=DraftState.GONE, words=None)
    done = work.session.execute(emptied.execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]


AT_THE_END["drafts"] = forget


def _put(work: Work, case: Case, about: UUID, form: SaveDraft) -> Draft:
    case.must_be_open()
    # One after another: of two first saves at one moment the second finds the first.
    work.lock(case)
    current = _current(work, about, form.step)
    if current is not None and current.version == form.version:
        row, row.version = current, current.version + 1
    else:
        state = DraftState.SAVED if current is None else DraftState.ASIDE
        row = Draft(case_id=case.id, about=about, step=form.step, state=state, version=_next(work, about, form.step))
    row.typing, row.saved_by, row.saved_at = form.typing, work.actor.code, work.now
    held = {field.name: field.values for field in form.fields}
    work.seal(row, "words", json.dumps(held, ensure_ascii=False, sort_keys=True))
    work.add(row)
    _merged(work, case.id, form.aside)
    return row


def _current(work: Work, about: UUID, step: str) -> Draft | None:
    return work.first(Draft, Draft.about == about, Draft.step == step, Draft.state == DraftState.SAVED)


def _next(work: Work, about: UUID, step: str) -> int:
    """The next number at this step, higher than any a page can still hold."""
    last = work.first(Draft, Draft.about == about, Draft.step == step, order=Draft.version.desc())
    return 1 if last is None else last.version + 1


def _merged(work: Work, case: UUID, aside: UUID | None) -> None:
    """A text of one's own that stood aside was seen and is no longer needed."""
    if aside is None:
        return
    mine = Draft.case_id == case, Draft.saved_by == work.actor.code, Draft.state == DraftState.ASIDE
    row = work.first(Draft, Draft.id == aside, *mine)
    if row is not None:
        row.empty(at=work.now)


def _account(work: Work, case: Case, testimony: UUID) -> Testimony:
    return work.one(Testimony, Testimony.id == testimony, Testimony.case_id == case.id)


def _place(work: Work, reference: str | None, form: SaveDraft) -> tuple[Case, UUID]:
    """The case and the row that a text belongs to, if its account is still mine to open."""
    if form.testimony is not None:
        account = work.one(Testimony, Testimony.id == form.testimony)
        return open_case_of(work, account), account.id
    case = work.fetch(Case, reference)
    if "TESTIMONY" not in work.held(case.id):
        raise NotFound
    return case, case.id


def _line(draft: Draft, reference: str) -> DraftLine:
    return DraftLine(
        draft.id, reference, draft.about, draft.step, draft.state, draft.version, draft.typing, draft.saved_by,
        draft.saved_at,
    )  # fmt: skip
