"""Putting what was recorded of a person where a look-up finds it, as keyed tags and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from app.cases.erasing import AT_THE_END, take_keys_out
from app.cases.steps import WHEN_OUT
from app.db import CaseRow
from app.people import marks
from app.people.forms import LooseDate, RecordClaim, RecordContact, RecordDocument, RecordPerson, year_of
from app.people.known import pack
from app.people.models import ContactChannel, IdentityClaim, IdentityDocument, KnownMark, Person
from app.work import Work
from app.work.marking import Marking

# Names that are aliases: they find a case for those who hold it, spelt as they are.
_ALIASES: Final = frozenset({"ALIAS", "KUNYA", "IN_THE_GROUP"})
# Ways to reach somebody that are theirs and nobody else's.
_REACHES: Final = frozenset({"PHONE", "MESSENGER", "EMAIL"})
# Of one case; nobody has ever had so many papers or numbers.
_RECORDED_MAX: Final = 1000
# As many waiting records as one question may wait for.
PORTION: Final = 200
Texts = tuple[str, ...]


def file_person(work: Work, case: UUID, form: RecordPerson) -> None:
    """The names of a person, each with their year of birth."""
    names = [name for name in (form.legal_name, form.name_arabic) if name is not None]
    _file(work, case, _called(names, form.aliases, form.birth_date))


def file_claim(work: Work, case: UUID, form: RecordClaim) -> None:
    """What a source calls the witness. Kin are not filed: who asks for them asks for somebody else."""
    if form.about != "WITNESS":
        return
    names = [parts.whole for _, parts in form.names if parts.parts]
    _file(work, case, _claimed(names, form.name_use, form.birth_date))


def file_document(work: Work, case: UUID, form: RecordDocument) -> None:
    """The number of a paper."""
    _file(work, case, [marks.of_document(form.number)])


def file_contact(work: Work, case: UUID, form: RecordContact) -> None:
    """A way to reach somebody; a word that stands for the portal or for somebody else is none."""
    if form.channel in _REACHES:
        _file(work, case, [marks.of_contact(form.address)])


def file_case(work: Work, case: UUID) -> int:
    """All that is recorded of somebody who was inside a group and is out; returns how many particulars.

    Until now nobody was to be told that they are known. Opened here to be keyed, and shown to nobody.
    """
    told = [group for group in _recorded(work, case) if group]
    _file(work, case, told)
    return len(told)


def file_waiting(work: Work, marking: Marking) -> tuple[int, int]:
    """File what colleagues without the key left; returns how many records, and how many rows they became."""
    waiting = work.all(KnownMark, KnownMark.texts.is_not(None), order=KnownMark.id, limit=PORTION)
    made = 0
    for row in waiting:
        work.lock(row)
        texts = work.open(row, "texts")
        if texts is not None:
            made += _store(work, marking, row.of_case, [tuple(group) for group in json.loads(texts.raw())])
            # Emptied in its place: its envelope opens nothing any more.
            row.texts = None
    return len(waiting), made


def forget(work: Work, case: UUID) -> int:
    """Empty every mark of a case that is destroyed; returns how many. Whoever asks is told of nobody."""
    # Locked first, so that records a colleague is filing at this moment are found as what they became.
    mine = KnownMark.of_case == case
    work.session.execute(select(KnownMark.id).where(mine).with_for_update()).all()
    waiting = work.session.scalars(select(KnownMark.envelope_id).where(mine, KnownMark.texts.is_not(None))).all()
    take_keys_out(work, waiting)
    emptied = update(KnownMark).where(mine).values(tags=None, texts=None)
    done = work.session.execute(emptied.execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]


AT_THE_END["marks"] = forget
WHEN_OUT["filed"] = file_case


def _recorded(work: Work, case: UUID) -> Iterator[Texts]:
    """The texts of every particular that a case holds of its witness."""
    for person in work.all(Person, Person.case_id == case):
        names = [name for name in (_said(work, person, "legal_name"), _said(work, person, "name_arabic")) if name]
        yield from _called(names, json.loads(_said(work, person, "aliases") or "[]"), _born(work, person))
    for claim in work.all(IdentityClaim, IdentityClaim.case_id == case, limit=_RECORDED_MAX):
        if _said(work, claim, "about") == "WITNESS":
            scripts: dict[str, list[str]] = {}
            for part in json.loads(_said(work, claim, "name_parts") or "[]"):
                scripts.setdefault(part["script"], []).append(part["text"])
            names = [" ".join(parts) for parts in scripts.values()]
            yield from _claimed(names, _said(work, claim, "name_use"), _born(work, claim))
    for paper in work.all(IdentityDocument, IdentityDocument.case_id == case, limit=_RECORDED_MAX):
        yield marks.of_document(_said(work, paper, "number") or None)
    for channel in work.all(ContactChannel, ContactChannel.case_id == case, limit=_RECORDED_MAX):
        if _said(work, channel, "channel") in _REACHES:
            yield marks.of_contact(_said(work, channel, "address"))


def _said(work: Work, row: CaseRow, column: str) -> str:
    value = work.open(row, column)
    return "" if value is None else value.raw().decode()


def _born(work: Work, row: Person | IdentityClaim) -> LooseDate | None:
    said = _said(work, row, "birth_date")
    return LooseDate.model_validate_json(said) if said else None


def _called(names: Sequence[str], aliases: Sequence[str], born: LooseDate | None) -> tuple[Texts, ...]:
    return (*_named([*names, *aliases], born), *(marks.of_alias(alias) for alias in aliases))


def _claimed(names: Sequence[str], use: str, born: LooseDate | None) -> tuple[Texts, ...]:
    return (*_named(names, born), *(marks.of_alias(name) for name in names if use in _ALIASES))


def _named(names: Sequence[str], born: LooseDate | None) -> tuple[Texts, ...]:
    """The texts of each name, once for two spellings that come to the same."""
    year = year_of(born)
    years = () if year is None else (year,)
    return tuple(dict.fromkeys(marks.of_name(name, years) for name in names))


def _file(work: Work, case: UUID, groups: Iterable[Texts]) -> None:
    told = [group for group in groups if group]
    # Who somebody still inside a group is, no team may find out: not even that they are known.
    if not told or "IDENTITY" in work.by_name(case):
        return
    marking = work.marking()
    if marking.readable:
        _store(work, marking, case, told)
        return
    row = KnownMark(envelope_id=work.envelope("intake").id, of_case=case)
    work.seal(row, "texts", json.dumps(told, ensure_ascii=False))
    work.add(row)


def _store(work: Work, marking: Marking, case: UUID, groups: Iterable[Texts]) -> int:
    """A row for each name: its texts are counted together when somebody asks."""
    rows = [packed for group in groups for packed in pack(marking.tags(group))]
    for packed in rows:
        row = KnownMark(envelope_id=marking.envelope, of_case=case)
        work.seal(row, "tags", packed)
        work.add(row)
    return len(rows)
