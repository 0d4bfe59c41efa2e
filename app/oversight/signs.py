"""Signs of unusual access, switched in policies/oversight.toml, and openings that are drawn to be looked at.

Each sign is filters of the explorer, or a question of its own that ends in such filters: whoever is
listed is listed with the way to the entries. A sign judges nobody; an auditor does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Select, Text, Uuid, cast, func, literal, select
from sqlalchemy.orm import aliased

from app.audit.models import SAID, EntryBody, EntrySubject, Place, SignedCheckpoint
from app.cases.models import Case
from app.errors import CannotStart, Conflict, NotFound
from app.oversight.actions import lines_of
from app.oversight.filters import conditions, id_at, made_since
from app.oversight.forms import Filters, LookedAt
from app.oversight.queries import OPENINGS
from app.oversight.views import Drawn, LogLine, Sample, Sign, Stirred
from app.policy.engine import FOLDER
from app.work import Work, action

# How many are listed of one sign: the loudest first.
LISTED_MAX: Final = 25
# Whoever gave a case away longer ago than this is a stranger to it like any other.
HANDED_OVER_DAYS: Final = 90


@dataclass(frozen=True)
class Switch:
    """A sign as the office has set it."""

    on: bool
    days: int
    least: int


@dataclass(frozen=True)
class Switches:
    """The whole of policies/oversight.toml."""

    signs: dict[str, Switch]
    sample: int


@lru_cache(maxsize=8)
def switches(folder: Path = FOLDER) -> Switches:
    """What the office has set. Raises CannotStart for a sign nobody knows, one left out, or a number that is none."""
    told = tomllib.loads((folder / "oversight.toml").read_text())
    try:
        signs = {name: Switch(**values) for name, values in told["signs"].items()}
        sample = told["sample"]["size"]
    except (KeyError, TypeError):
        raise CannotStart("policies/oversight.toml is not written as it must be") from None
    numbers = [number for each in signs.values() for number in (each.days, each.least)] + [sample]
    if set(signs) != set(FILTERS) | set(SOUGHT):
        raise CannotStart("policies/oversight.toml must name each sign there is, and no other")
    if not all(type(number) is int and 1 <= number <= 366 for number in numbers):
        raise CannotStart("policies/oversight.toml holds a number that is none")
    return Switches(signs, sample)


@action("log.signs", operation="verify")
def signs(work: Work) -> tuple[Sign, ...]:
    """Each sign that is switched on, with whom it found, the loudest first."""
    found = tuple(_sign(work, name, switch) for name, switch in switches().signs.items())
    work.record(count=sum(len(sign.found) for sign in found))
    return found


@action("log.sample", operation="verify")
def sample(work: Work) -> Sample:
    """Draw openings of last week: those whose place, hashed with the checkpoint's root, comes first.

    The checkpoint is the first that was signed after the week: while the openings were made,
    nobody could know which would be drawn; and anybody who has it draws the same.
    """
    first = work.today - timedelta(days=work.today.weekday() + 7)
    begins, ends = (datetime.combine(first + timedelta(days=days), time(), work.settings.zone) for days in (0, 7))
    week = first.isoformat(), (first + timedelta(days=6)).isoformat()
    signed = work.first(SignedCheckpoint, SignedCheckpoint.at >= ends, order=SignedCheckpoint.size)
    if signed is None:
        work.record(count=0)
        return Sample(*week, None, None, 0, ())
    those = _openings(work, begins, ends, signed.size)
    of = int(work.execute(select(func.count()).select_from(those.subquery()))[0][0])
    order = func.sha256(literal(bytes(signed.root)).op("||")(func.int8send(Place.leaf_index)))
    lines = lines_of(work, those.order_by(order).limit(switches().sample), placed=True)
    looked = _looked(work, ends)
    work.record(count=len(lines), size=signed.size)
    drawn = tuple(Drawn(line, *looked.get(line.place or 0, (None, None))) for line in lines)
    return Sample(*week, signed.size, bytes(signed.root).hex(), of, drawn)


@action("log.looked", operation="verify")
def looked_at(work: Work, form: LookedAt) -> LogLine:
    """Say that an opening was looked at, and whether it is to be asked about."""
    at = work.rows(EntryBody).join(Place, Place.entry == EntryBody.entry).where(Place.leaf_index == form.number)
    found = lines_of(work, at, placed=True)
    if not found:
        raise NotFound
    if found[0].body["operation"] not in OPENINGS:
        raise Conflict("Nothing was opened here.")
    work.record(number=form.number, finding=form.finding)
    return found[0]


FILTERS: Final[dict[str, Filters]] = {
    "nights": Filters(operation="consult", nights=True, unexpected=True),
    "many": Filters(alarms=True),
    "in_vain": Filters(in_vain=True),
    "life_at_risk": Filters(operation="consult", justification="LIFE_AT_RISK"),
    "joined": Filters(operation="combine", unexpected=True),
}


def _sign(work: Work, name: str, switch: Switch) -> Sign:
    if not switch.on:
        return Sign(name, False, switch.days, switch.least, ())
    if name in SOUGHT:
        return Sign(name, True, switch.days, switch.least, SOUGHT[name](work, switch))
    form = FILTERS[name].model_copy(update={"days": switch.days})
    return Sign(name, True, switch.days, switch.least, _counted(work, form, switch))


def _counted(work: Work, form: Filters, switch: Switch) -> tuple[Stirred, ...]:
    """Who is behind the entries that these filters let through."""
    number = func.count().label("number")
    those = work.rows(EntryBody).where(*conditions(work, form)).with_only_columns(SAID["actor"], number)
    loudest = those.group_by(SAID["actor"]).having(number >= switch.least).order_by(number.desc(), SAID["actor"])
    return tuple(
        Stirred(actor, None, count, _asks(form.model_copy(update={"actor": actor})))
        for actor, count in work.execute(loudest.limit(LISTED_MAX))
    )


def _without_key(work: Work, switch: Switch) -> tuple[Stirred, ...]:
    """Who asked for cases by their references and was told there is nothing: how many different ones."""
    form = Filters(outcome="not_found", days=switch.days)
    number = func.count(SAID["sought"].distinct()).label("number")
    those = work.rows(EntryBody).where(*conditions(work, form), SAID["sought"].is_not(None))
    loudest = (
        those.with_only_columns(SAID["actor"], number)
        .group_by(SAID["actor"])
        .having(number >= switch.least)
        .order_by(number.desc(), SAID["actor"])
    )
    return tuple(
        Stirred(actor, None, count, _asks(form.model_copy(update={"actor": actor})))
        for actor, count in work.execute(loudest.limit(LISTED_MAX))
    )


def _after_hand_over(work: Work, switch: Switch) -> tuple[Stirred, ...]:
    """Who opened a case, or asked for it in vain, after they had handed it over and were given nothing since."""
    given, later = aliased(EntrySubject), aliased(EntrySubject)
    newest = func.max(cast(EntryBody.entry, Text).collate("C"))
    handed = (
        work.rows(EntryBody)
        .join(given, given.entry == EntryBody.entry)
        .join(Case, Case.id == given.case_id)
        .where(SAID["action"] == "case.hand_over", SAID["outcome"] == "done")
        .where(made_since(work.now - timedelta(days=HANDED_OVER_DAYS)))
        .with_only_columns(SAID["actor"].label("actor"), Case.id, Case.reference, newest.label("entry"))
        .group_by(SAID["actor"], Case.id, Case.reference)
        .subquery()
    )
    since = (
        SAID["actor"] == handed.c.actor, EntryBody.entry > cast(handed.c.entry, Uuid),
        made_since(work.now - timedelta(days=switch.days - 1)),
    )  # fmt: skip
    each = (handed.c.actor, handed.c.reference, EntryBody.entry)
    opened = (
        work.rows(EntryBody)
        .join(later, later.entry == EntryBody.entry)
        .join(handed, handed.c.id == later.case_id)
        .where(*since, SAID["operation"].in_(OPENINGS))
        .with_only_columns(*each)
    )
    # Being asked for a second factor, or told no by a rule, is no try: whoever holds the key still is told so.
    in_vain = (
        work.rows(EntryBody)
        .join(handed, handed.c.reference == SAID["sought"])
        .where(*since, SAID["outcome"] == "not_found")
        .with_only_columns(*each)
    )
    both = opened.union_all(in_vain).subquery()
    number = func.count().label("number")
    those: Select[Any] = (
        select(both.c.actor, both.c.reference, number)
        .group_by(both.c.actor, both.c.reference)
        .having(number >= switch.least)
        .order_by(number.desc(), both.c.actor, both.c.reference)
    )
    return tuple(
        Stirred(actor, case, count, _asks(Filters(actor=actor, case=case, days=switch.days)))
        for actor, case, count in work.execute(those.limit(LISTED_MAX))
    )


SOUGHT: Final[dict[str, Callable[[Work, Switch], tuple[Stirred, ...]]]] = {
    "without_key": _without_key,
    "after_hand_over": _after_hand_over,
}


def _openings(work: Work, begins: datetime, ends: datetime, size: int) -> Select[Any]:
    form = Filters(since=begins, until=ends)
    return (
        work.rows(EntryBody)
        .join(Place, Place.entry == EntryBody.entry)
        .where(*conditions(work, form), SAID["operation"].in_(OPENINGS), Place.leaf_index < size)
    )


def _looked(work: Work, since: datetime) -> dict[int, tuple[str, str]]:
    """What was said of entries since the week was over, by their places; the last word counts."""
    said = work.rows(EntryBody).where(
        SAID["action"] == "log.looked", SAID["outcome"] == "done", EntryBody.entry >= id_at(since)
    )
    found = work.execute(said.order_by(EntryBody.entry).with_only_columns(EntryBody.view))
    told = [(view["codes"], str(view["actor"])) for (view,) in found]
    return {int(codes["number"]): (str(codes["finding"]), actor) for codes, actor in told}


def _asks(form: Filters) -> dict[str, Any]:
    return form.model_dump(mode="json", exclude_defaults=True)
