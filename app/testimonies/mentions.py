"""People, units and places that an account speaks of, as chips; ties between chips of two cases one holds."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import StringConstraints

from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict, NotFound
from app.pseudonyms import references
from app.testimonies.forms import ReadAccount
from app.testimonies.mention_models import Mention, MentionTie
from app.testimonies.models import Segment
from app.testimonies.views import ChipRead, Chips, ChipTie, NameRead
from app.work import Work, action
from app.work.forms import Form, Line

Chip = Annotated[str, StringConstraints(pattern=r"^M-[3-9A-Z]{6}$")]
# Of one case. An account has 200 passages at most.
MENTIONS_MAX: Final = 500
TIES_MAX: Final = 200
# The two ends of a tie, each found by whoever opens the other.
_ENDS: Final = (b"amana/mention-tie/a/v1", b"amana/mention-tie/b/v1")


class RecordMention(Form):
    """Somebody or something is spoken of.

    passage  where; empty if no passage says it
    chip     one of this case that it is; empty for somebody or something new
    """

    kind: Literal["PERSON", "UNIT", "PLACE"]
    name: Line
    passage: UUID | None = None
    chip: Chip | None = None


class TieMention(Form):
    """The same somebody or something in another case of mine, by its chip there."""

    chip: Chip
    other: Chip


@action("mention.record", operation="collect", on=Case, creates=True)
def record(work: Work, case: Case, form: RecordMention) -> Stored:
    """Note that a passage speaks of somebody or something."""
    case.must_be_open()
    if form.passage is not None and work.fetch(Segment, form.passage).case_id != case.id:
        raise NotFound
    if form.chip is not None:
        _of_case(work, case, form.chip)
    row = Mention(
        case_id=case.id, chip=form.chip or references.mention_code(), segment_id=form.passage,
        recorded_by=work.actor.code, recorded_at=work.now,
    )  # fmt: skip
    work.seal(row, "kind", form.kind)
    work.seal(row, "name", form.name)
    work.add(row)
    work.record(row)
    return Stored(row.id, "mentions")


@action("mention.tie", operation="alter", on=Case)
def tie(work: Work, case: Case, form: TieMention) -> Stored:
    """Note that chips of two cases are one. Whoever holds one of the cases alone does not learn of the other.

    Nothing is opened for it, so nobody looks whether it was said before: said twice, it is shown once.
    """
    case.must_be_open()
    _of_case(work, case, form.chip)
    other = work.first(Mention, Mention.chip == form.other)
    if other is None:
        raise NotFound
    if other.case_id == case.id:
        raise Conflict("Both are of this case. Name it under the same chip instead.")
    token = secrets.token_bytes(32)
    ends = [
        MentionTie(case_id=of, chip=chip, mark=_mark(token, end), tied_by=work.actor.code, tied_at=work.now)
        for of, chip, end in zip((case.id, other.case_id), (form.chip, form.other), _ENDS, strict=True)
    ]
    for end in ends:
        work.seal(end, "token", token.hex())
        work.add(end)
        work.record(end)
    return Stored(ends[0].id, "mention_ties")


# On one of the names, whichever: as on any row of an account, who has seen the place is kept away from it.
@action("mention.read", operation="consult", on=Mention, opens=(Mention, MentionTie))
def read(work: Work, named: Mention, form: ReadAccount) -> Chips:
    """Every chip of a case: what it is, by which names, in which passages, and where else among my cases."""
    case = work.one(Case, Case.id == named.case_id)
    rows = work.all(Mention, Mention.case_id == case.id, order=Mention.id, limit=MENTIONS_MAX)
    ties = _tied(work, case)
    by_chip: dict[str, list[Mention]] = defaultdict(list)
    for row in rows:
        by_chip[row.chip].append(row)
    chips = tuple(
        ChipRead(chip, work.open(same[0], "kind"), tuple(_names(work, same)), tuple(ties[chip]))
        for chip, same in by_chip.items()
    )
    work.record(named, chips=len(chips))
    return Chips(case.reference, chips)


@action("mention.open", operation="consult", on=Mention, opens=(Mention,))
def open_mention(work: Work, row: Mention, form: Opening) -> Opened:
    """Open one name by itself."""
    return open_fields(work, row, form)


def _mark(token: bytes, end: bytes) -> bytes:
    return sha256(end + token).digest()


def _names(work: Work, named: Sequence[Mention]) -> Iterable[NameRead]:
    for row in named:
        yield NameRead(work.open(row, "name"), row.segment_id, row.recorded_by, row.recorded_at)


def _of_case(work: Work, case: Case, chip: str) -> None:
    if work.first(Mention, Mention.case_id == case.id, Mention.chip == chip) is None:
        raise NotFound


def _tied(work: Work, case: Case) -> dict[str, list[ChipTie]]:
    """For each chip of a case the chips it is tied to, of cases whose account I hold."""
    found: dict[str, list[ChipTie]] = defaultdict(list)
    mine = work.all(MentionTie, MentionTie.case_id == case.id, order=MentionTie.id, limit=TIES_MAX)
    wanted: dict[bytes, str] = {}
    for row in mine:
        token = work.open(row, "token")
        if token is not None:
            secret = bytes.fromhex(token.raw().decode())
            wanted |= {mark: row.chip for end in _ENDS if (mark := _mark(secret, end)) != row.mark}
    if not wanted:
        return found
    ends = work.all(MentionTie, MentionTie.mark.in_([*wanted]), limit=TIES_MAX)
    others = {end.case_id for end in ends}
    cases = {each.id: each.reference for each in work.all(Case, Case.id.in_(others), limit=TIES_MAX)}
    for end in ends:
        if end.case_id in cases:
            found[wanted[end.mark]].append(ChipTie(cases[end.case_id], end.chip))
    return defaultdict(list, {chip: list(dict.fromkeys(ties)) for chip, ties in found.items()})
