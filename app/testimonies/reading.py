"""Reading an account as a whole: one reason, one entry, every row and field of it named there.

The entry names every passage, also those that stayed folded: which ones did would tell of their class.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from app.cases.models import Case
from app.testimonies import terms
from app.testimonies.appended import ReadBack
from app.testimonies.forms import ReadAccount
from app.testimonies.models import Segment, SegmentVersion, SessionEvent, Testimony
from app.testimonies.rules import FOLDED, SegmentClass
from app.testimonies.steps import EVENTS_MAX, PASSAGES_MAX, classes_of
from app.testimonies.terms_models import UseRestriction
from app.testimonies.versions import of_account
from app.testimonies.views import AccountRead, EventRead, PassageRead, ReadBackRead, RestrictionRead, VersionRead
from app.work import Plain, Work, action

# The values of a session's frame, in the order in which they are read.
FRAME: Final = (
    "place", "custody_status", "guard_present", "second_interviewer", "counsel_code", "support_code", "guardian_code",
    "interpreter_code", "ties", "conflict_reason", "witness_language", "interviewer_language", "recording", "device",
    "under_18", "why_again", "time_zone", "modality", "competence", "rights", "fitness",
)  # fmt: skip


@action(
    "testimony.read",
    operation="consult",
    on=Testimony,
    opens=(Testimony, Segment, SegmentVersion, SessionEvent, ReadBack, UseRestriction),
)
def read_account(work: Work, testimony: Testimony, form: ReadAccount) -> AccountRead:
    """Open the frame of an account, its passages and what stands beside them. What is folded is opened one by one."""
    case = work.one(Case, Case.id == testimony.case_id)
    segments = work.all(
        Segment, Segment.testimony_id == testimony.id, order=Segment.number, limit=PASSAGES_MAX
    )  # fmt: skip
    beside = of_account(work, testimony)
    laid = terms.laid(work, testimony)
    view = AccountRead(
        id=testimony.id, reference=case.reference, state=testimony.state, frame=_frame(work, testimony),
        passages=tuple(
            _passage(
                work, segment, [each for each in beside if each.segment_id == segment.id],
                [each for each in laid if each.segment_id == segment.id],
            )
            for segment in segments
        ),
        restrictions=tuple(_restriction(work, each) for each in laid if each.segment_id is None),
        events=tuple(_events(work, testimony)), read_backs=tuple(_read_backs(work, testimony)),
    )  # fmt: skip
    work.record(testimony, segments=len(segments))
    return view


def _frame(work: Work, testimony: Testimony) -> dict[str, Plain | None]:
    """What was explained and agreed, and the circumstances, each value by itself."""
    counsel = _unpacked(work.open(testimony, "counsel"), ("counsel", "counsel_reason"))
    frame = _unpacked(work.open(testimony, "frame"), FRAME)
    told = {name: work.open(testimony, name) for name in ("statement_language", "own_words")}
    return told | counsel | frame


def _unpacked(packed: Plain | None, names: tuple[str, ...]) -> dict[str, Plain | None]:
    """Several values that lie in one cell, as a list in this order or as an object of these names."""
    if packed is None:
        return dict.fromkeys(names)
    held: Any = json.loads(packed.raw())
    values = dict(zip(names, held, strict=True)) if isinstance(held, list) else held
    return {name: _plain(values.get(name)) for name in names}


def _plain(value: str | bool | None) -> Plain | None:
    if value is None:
        return None
    return Plain(("yes" if value else "no").encode() if isinstance(value, bool) else value.encode())


def _events(work: Work, testimony: Testimony) -> Iterator[EventRead]:
    rows = work.all(
        SessionEvent, SessionEvent.testimony_id == testimony.id, order=SessionEvent.id, limit=EVENTS_MAX
    )  # fmt: skip
    for row in rows:
        yield EventRead(row.at, row.noted_by, work.open(row, "kind"), work.open(row, "words"))


def _read_backs(work: Work, testimony: Testimony) -> Iterator[ReadBackRead]:
    rows = work.all(ReadBack, ReadBack.testimony_id == testimony.id, order=ReadBack.id, limit=EVENTS_MAX)
    for row in rows:
        opened = {name: work.open(row, name) for name in ("reader", "language", "answer", "reason")}
        yield ReadBackRead(row.recorded_at, row.recorded_by, **opened)


def _passage(
    work: Work, segment: Segment, beside: Sequence[SegmentVersion], laid: Sequence[UseRestriction]
) -> PassageRead:  # fmt: skip
    own = {each.id: classes_of(work, each) for each in beside}
    # A correction may say that a passage has to stay shut: then all of it does, what was said first too.
    classes = classes_of(work, segment).union(*own.values())
    folded = bool(classes & FOLDED)
    shown = {name: None if folded else work.open(segment, name) for name in ("text", "language", "speaker")}
    return PassageRead(
        id=segment.id, number=segment.number, folded=folded,
        classes=_plains(classes),
        bytes_at_most=work.room(segment, "text"), **shown,
        # A translation of folded words is those words: it stays shut with them.
        beside=() if folded else tuple(_beside(work, each, own[each.id]) for each in beside),
        # Also of a folded one: whoever asks for its words is told first what protects them.
        restrictions=tuple(_restriction(work, each) for each in laid),
    )  # fmt: skip


def _restriction(work: Work, row: UseRestriction) -> RestrictionRead:
    packed = work.open(row, "rules")
    held: Any = json.loads(packed.raw()) if packed else {"rules": [], "forums": []}
    rules, forums = ([tuple(_coded(code) for code in line) for line in held[name]] for name in ("rules", "forums"))
    return RestrictionRead(
        row.id, row.assurance_id, row.set_by, row.since, row.until, tuple(rules), tuple(forums),
        work.open(row, "reason"),
    )  # fmt: skip


def _coded(code: str) -> Plain:
    return Plain(code.encode())


def _beside(work: Work, row: SegmentVersion, classes: frozenset[SegmentClass]) -> VersionRead:
    opened = {name: work.open(row, name) for name in ("language", "text", "reason")}
    return VersionRead(row.id, row.kind, row.number, row.made_by, row.made_at, **opened, classes=_plains(classes))


def _plains(classes: frozenset[SegmentClass]) -> tuple[Plain, ...]:
    return tuple(Plain(each.encode()) for each in sorted(classes))
