"""Passing somebody's cases on: all of a leaver's to their successors, or under cover for days. Never an administrator.

Whoever does it holds the keys; what they do not hold stays where it is and is told. Each case is decided by the rules
of ``grant.give``, as if its keys were given singly, and has its own entry: killed anywhere, the rest goes on later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import aliased

from app.accounts.models import AccountState, User
from app.accounts.steps import Recipient, recipient
from app.cases import intakes_end
from app.cases.forms import GiveGrant, StaffCode
from app.cases.models import Case, CaseState
from app.cases.steps import receiver
from app.cases.takeover_models import COVER, Passing, Takeover, TakeoverCase
from app.errors import Conflict, Denied, NotFound
from app.keyholders.models import Grant, Keyholder
from app.keyholders.reach import awake
from app.policy.actor import Circumstances, Subject
from app.work import Form, Reading, Work, action, query
from app.work.circumstances import BOXED_HOURS_MAX
from app.work.forms import Moment

COVER_DAYS_MAX: Final = 14
CASES_MAX: Final = 500
PAGE: Final = 25
# Seven compartments, and so many holders of each as a case may have.
GRANTS_MAX: Final = 60
NONE: Final = (0, 0, 0)
# What stands in the way of one case, if it is no rule. Codes: they are said in the reader's language.
CLOSED: Final = "CLOSED"
NOTHING: Final = "NOTHING_TO_GIVE"
NOBODY: Final = "NOBODY_THERE"
GONE: Final = "NO_KEY"
HINDERED: Final = (CLOSED, NOTHING, NOBODY, GONE)

# A case and whoever takes it over: ``K7QM-4TDP-X=S-7QK3MW``. As one word, a page can offer it as one choice.
Choice = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z-]{8,16}=S-[3-9A-Z]{6}$")]


class Begin(Form):
    """Who takes over: one for all, or one for each case that is named; a case without anybody is left out.

    until  the end of a cover, within fourteen days
    """

    kind: Literal["LEAVING", "COVER"]
    to: StaffCode | None = None
    choices: Annotated[tuple[Choice, ...], Field(max_length=CASES_MAX)] = ()
    until: Moment | None = None

    @model_validator(mode="after")
    def _whole(self) -> Begin:
        if (self.kind == COVER) != (self.until is not None):
            raise ValueError("a cover has an end, and nothing else has one")
        return self


@dataclass(frozen=True)
class Begun:
    id: UUID
    cases: int


@dataclass(frozen=True)
class Passed:
    """One case: what came of it, and what was left."""

    id: UUID
    reference: str
    state: str
    why: str | None


@dataclass(frozen=True)
class HeldLine:
    """A case of somebody's that I hold too.

    alone  compartments that nobody else holds, a team or another; ``mine`` those I could pass on
    """

    reference: str
    held: tuple[str, ...]
    mine: tuple[str, ...]
    alone: tuple[str, ...]


@dataclass(frozen=True)
class TakeoverCaseLine:
    id: UUID
    reference: str
    to: str
    state: str
    why: str | None
    given: tuple[str, ...]
    stayed: tuple[str, ...]


@dataclass(frozen=True)
class TakeoverView:
    """How far one has come. ``here`` whether it goes on without another second factor.

    cases  how many it has in all, ``done`` and ``refused`` of them; ``lines`` is one page
    """

    id: UUID
    kind: str
    about: str
    until: datetime | None
    begun_at: datetime
    here: bool
    cases: int
    done: int
    refused: int
    lines: tuple[TakeoverCaseLine, ...]


@dataclass(frozen=True)
class LeaverLine:
    """Somebody whose account is shut and who still holds keys of my cases."""

    user: str
    display_name: str
    cases: int


def whose(_work: Work, user: User, form: Begin) -> dict[str, Any]:
    """Whose cases, and what for."""
    return {"target": user.code, "state": form.kind}


@action("takeover.begin", operation="alter", on=User, about=whose)
def begin(work: Work, user: User, form: Begin) -> Begun:
    """Write down whose cases are to go to whom. No key moves by this; each case follows by itself."""
    assert work.actor.id is not None
    assert work.actor.sign_in is not None
    if form.until is not None and not work.now < form.until <= work.now + timedelta(days=COVER_DAYS_MAX):
        raise Conflict("A cover ends within fourteen days.")
    if user.keyholder_id is None:
        raise Conflict("This colleague has no key yet: the invitation is still open.")
    chosen = dict(each.split("=") for each in form.choices)
    found = [case for (case,) in work.execute(_theirs(work, user.keyholder_id).limit(CASES_MAX))]
    going = [(case, chosen.get(case.reference) or form.to) for case in found]
    going = [(case, to) for case, to in going if to is not None]
    if not going:
        raise Conflict("There is no case here that would go to anybody.")
    takeover = Takeover(
        user_id=work.actor.id, kind=form.kind, about=user.code, holder_id=user.keyholder_id, until=form.until,
        sign_in=work.actor.sign_in, begun_by=work.actor.code, begun_at=work.now,
    )  # fmt: skip
    work.add(takeover)
    work.flush()
    for case, to in going:
        work.session.add(TakeoverCase(
            takeover_id=takeover.id, user_id=work.actor.id, case_id=case.id, about=user.code, to=to, holder_id=None,
            until=form.until, state=Passing.WAITING, state_at=work.now, why=None, given=None, stayed=None,
        ))  # fmt: skip
    # No case is named here: each has an entry of its own when it goes.
    work.record(takeover, account=user.code, kind=form.kind, count=len(going))
    return Begun(takeover.id, len(going))


@action("takeover.go_on", operation="alter", on=Takeover)
def go_on(work: Work, takeover: Takeover) -> Begun:
    """Go on with it in this sign-in, after a second factor of its own."""
    assert work.actor.sign_in is not None
    work.lock(takeover)
    takeover.sign_in = work.actor.sign_in
    work.record(takeover)
    return Begun(takeover.id, len(work.all(TakeoverCase, TakeoverCase.takeover_id == takeover.id, limit=CASES_MAX)))


@action("takeover.pass", operation="grant", on=TakeoverCase)
def pass_case(work: Work, line: TakeoverCase) -> Passed:
    """Give the keys of one case to whoever takes it over; a leaver's are taken back in the same transaction."""
    work.lock(line)
    line.must_wait()
    takeover = work.one(Takeover, Takeover.id == line.takeover_id)
    if takeover.sign_in != work.actor.sign_in:
        raise Conflict("This was begun in another session. Confirm with your second factor to go on.")
    case = work.first(Case, Case.id == line.case_id)
    if case is None:
        # Without its reference: whoever passes it on holds nothing of it any more.
        line.refuse(GONE, at=work.now)
        work.record(line, refused="gone")
        return Passed(line.id, "", line.state, line.why)
    given = recipient(work, line.to)
    passes, stays = _goes(work, case, takeover, given)
    hindered = _hindered(work, case, takeover, given, line.to, passes)
    if hindered is not None:
        line.refuse(hindered, at=work.now)
        work.record(line, case=case.id, refused="rule" if hindered in work.policy.rules else "state")
        return Passed(line.id, case.reference, line.state, line.why)
    for compartment in sorted(passes):
        end = intakes_end.until(work, case, compartment, given.holder, line.until)
        work.give(case.id, compartment, given.holder, end)
    work.flush()
    if takeover.kind != COVER:
        for compartment in sorted(_own(work, case, takeover.holder_id) & work.held(case.id)):
            work.take(case.id, compartment, takeover.holder_id)
    line.done(given.holder, "+".join(sorted(passes)), "+".join(sorted(stays)) or None, at=work.now)
    work.record(line, case=case.id, recipient=given.row.id, compartments=str(line.given), kind=takeover.kind)
    return Passed(line.id, case.reference, line.state, None)


@query("takeover.held")
def held(reading: Reading, user: str, page: int = 0) -> tuple[HeldLine, ...]:
    """The cases of somebody's that I hold too, those first of which they alone hold a part; 25 a page."""
    if not (reading.actor.leads or user == reading.actor.code):
        raise NotFound
    of = reading.fetch(User, user)
    if of.keyholder_id is None:
        return ()
    first = _alone(of.keyholder_id, reading.now).desc(), Case.reference
    ordered = _theirs(reading, of.keyholder_id).order_by(None).order_by(*first)
    found = [case for (case,) in reading.execute(ordered.limit(PAGE).offset(PAGE * page))]
    mine = reading.held_in(case.id for case in found)
    rows = reading.all(
        Grant, Grant.case_id.in_([case.id for case in found]), awake(reading.now), limit=GRANTS_MAX * PAGE
    )  # fmt: skip
    escrow = {each.id for each in reading.all(Keyholder, Keyholder.kind == "escrow")}
    lines = []
    for case in found:
        here = [grant for grant in rows if grant.case_id == case.id and grant.keyholder_id not in escrow]
        theirs = {grant.compartment for grant in here if grant.keyholder_id == of.keyholder_id}
        others = {grant.compartment for grant in here if grant.keyholder_id != of.keyholder_id}
        could = theirs & mine.get(case.id, frozenset())
        lines.append(HeldLine(case.reference, *(tuple(sorted(s)) for s in (theirs, could, theirs - others))))
    return tuple(lines)


@query("takeover.list")
def takeovers(reading: Reading, page: int = 0) -> tuple[TakeoverView, ...]:
    """What I began to pass on, the newest first, 25 a page, without its cases."""
    found = reading.execute(
        reading.rows(Takeover).order_by(Takeover.begun_at.desc(), Takeover.id).limit(PAGE).offset(PAGE * page)
    )
    rows = [row for (row,) in found]
    numbers = _numbers(reading, [row.id for row in rows])
    return tuple(_view(reading, row, numbers.get(row.id, NONE), ()) for row in rows)


@query("takeover.show")
def show(reading: Reading, row: UUID, page: int = 0) -> TakeoverView:
    """How far one of mine has come, case by case, 25 a page in the order in which they go."""
    found = reading.fetch(Takeover, row)
    lines = reading.execute(
        reading.rows(TakeoverCase).join(Case, Case.id == TakeoverCase.case_id)
        .where(TakeoverCase.takeover_id == found.id).order_by(TakeoverCase.id).add_columns(Case.reference)
        .limit(PAGE).offset(PAGE * page)
    )  # fmt: skip
    mine = reading.held_in(line.case_id for line, _ in lines)
    told = [(line, said if line.case_id in mine else "") for line, said in lines]
    return _view(reading, found, _numbers(reading, [row]).get(row, NONE), told)


@query("takeover.leavers")
def leavers(reading: Reading) -> tuple[LeaverLine, ...]:
    """Colleagues whose accounts are shut and who still hold keys of cases of mine, for whoever leads a team."""
    if not reading.actor.leads:
        return ()
    gone = reading.all(User, User.state == AccountState.DISABLED, User.keyholder_id.is_not(None), limit=1000)
    found = []
    for user in gone:
        assert user.keyholder_id is not None
        number = len(reading.execute(_theirs(reading, user.keyholder_id).limit(CASES_MAX)))
        if number:
            found.append(LeaverLine(user.code, user.display_name, number))
    return tuple(found)


def _theirs(reading: Reading, holder: UUID) -> Select[Case]:
    """Open cases in my scope of which somebody holds a key of their own."""
    own = exists().where(Grant.case_id == Case.id, Grant.keyholder_id == holder, awake(reading.now))
    return reading.rows(Case).where(Case.state == CaseState.OPEN, own).order_by(Case.opened_at, Case.id)


def _alone(holder: UUID, at: datetime) -> ColumnElement[bool]:
    """Whether somebody holds a part of a case that nobody else does; the custodians' paper is nobody."""
    theirs, others = aliased(Grant), aliased(Grant)
    paper = select(Keyholder.id).where(Keyholder.kind == "escrow")
    too = exists().where(
        others.case_id == theirs.case_id, others.compartment == theirs.compartment,
        others.keyholder_id != holder, others.keyholder_id.not_in(paper), awake(at, others),
    )  # fmt: skip
    return exists().where(theirs.case_id == Case.id, theirs.keyholder_id == holder, awake(at, theirs), ~too)


def _numbers(reading: Reading, takeovers: Sequence[UUID]) -> dict[UUID, tuple[int, int, int]]:
    """Of each how many cases it has, how many are done and how many were refused."""
    ones = reading.rows(TakeoverCase).where(TakeoverCase.takeover_id.in_(takeovers)).subquery()
    came = (func.count().filter(ones.c.state == state) for state in (Passing.DONE, Passing.REFUSED))
    counted = select(ones.c.takeover_id, func.count(), *came).group_by(ones.c.takeover_id)
    return {row: (cases, done, refused) for row, cases, done, refused in reading.execute(counted)}


def _own(work: Work, case: Case, holder: UUID) -> frozenset[str]:
    mine = Grant.case_id == case.id, Grant.keyholder_id == holder, awake(work.now)
    return frozenset(work.session.scalars(select(Grant.compartment).where(*mine)))


def _goes(work: Work, case: Case, takeover: Takeover, given: Recipient) -> tuple[frozenset[str], frozenset[str]]:
    """Which compartments of theirs go on, and which stay: what I do not hold, and what people hold by name."""
    wanted = _own(work, case, takeover.holder_id) - work.held_by(given.holder, case)
    passes = (wanted & work.held(case.id)) - work.by_name(case.id)
    return passes, wanted - passes


def _hindered(
    work: Work, case: Case, takeover: Takeover, given: Recipient, to: str, passes: frozenset[str]
) -> str | None:  # fmt: skip
    """The rule that refuses, or a code of what stands in the way; None where nothing does."""
    if case.state != CaseState.OPEN:
        return CLOSED
    if not given.active or given.ends_at is not None:
        return NOBODY
    if not passes:
        return NOTHING
    form = GiveGrant(user=to, compartments=passes, until=takeover.until)
    about = Subject(table="cases", held=work.held(case.id), **(case.facts() | receiver(work, case, form)))
    boxed = takeover.until is not None and takeover.until <= work.now + timedelta(hours=BOXED_HOURS_MAX)
    said = Circumstances(profile=work.settings.profile, compartments=passes, boxed=boxed, stepped=True)
    try:
        # As if given singly: a second factor was given for all of them at once.
        work.policy.decide(work.actor, "grant.give", about, said)
    except Denied as denied:
        return denied.rule
    return None


def _view(reading: Reading, row: Takeover, numbers: tuple[int, int, int], lines: Any) -> TakeoverView:
    told = tuple(
        TakeoverCaseLine(
            line.id, said, line.to, line.state, line.why,
            tuple((line.given or "").split("+")) if line.given else (),
            tuple((line.stayed or "").split("+")) if line.stayed else (),
        )
        for line, said in lines
    )  # fmt: skip
    return TakeoverView(
        row.id, row.kind, row.about, row.until, row.begun_at, row.sign_in == reading.actor.sign_in, *numbers, told
    )  # fmt: skip
