"""Filters that somebody keeps to ask by again: codes alone, under no name of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from app.audit.append import OPERATIONS
from app.errors import Conflict, NotFound, Refusal, Unprocessable
from app.oversight.forms import KeepFilter
from app.oversight.models import KeptFilter
from app.oversight.views import Kept
from app.pseudonyms import references
from app.work import Justification, Reading, Work, action, query
from app.work.actions import ACTIONS, QUERIES

# As many as fit beside a list without hiding it.
KEPT_MAX: Final = 20
STAFF: Final = re.compile(rf"S-[{references.ALPHABET}]{{6}}")


@action("log.keep", operation="verify", creates=True)
def keep(work: Work, form: KeepFilter) -> Kept:
    """Keep filters of one's own."""
    asks = form.model_dump(mode="json", exclude_defaults=True)
    _codes_of_ours(work, asks)
    assert work.actor.id is not None  # a user, say the rules
    standing = work.all(KeptFilter, KeptFilter.dropped_at.is_(None), limit=KEPT_MAX)
    if len(standing) == KEPT_MAX:
        raise Conflict("These are more filters than can be kept at once. Drop one first.")
    if any(each.asks == asks for each in standing):
        raise Conflict("These filters are kept already.")
    kept = KeptFilter(user_id=work.actor.id, asks=asks, at=work.now, dropped_at=None)
    work.add(kept)
    work.record(kept)
    return Kept(kept.id, asks)


@action("log.drop", operation="verify", on=KeptFilter)
def drop(work: Work, kept: KeptFilter) -> Kept:
    """Keep them no longer."""
    kept.drop(at=work.now)
    work.record(kept)
    return Kept(kept.id, kept.asks)


@query("log.kept")
def kept_filters(reading: Reading) -> tuple[Kept, ...]:
    """What I keep, oldest first."""
    mine = reading.all(KeptFilter, KeptFilter.dropped_at.is_(None), order=KeptFilter.id, limit=KEPT_MAX)
    return tuple(Kept(each.id, each.asks) for each in mine)


def _codes_of_ours(work: Work, asks: dict[str, Any]) -> None:
    """Refuse a word in the place of a code. Asked once it finds nothing; kept it would lie open for years."""
    known: dict[str, Callable[[str], bool]] = {
        "actor": lambda value: STAFF.fullmatch(value) is not None or value == "witness",
        "case": _reference,
        "action": lambda value: value in ACTIONS or value in QUERIES,
        "operation": lambda value: value in OPERATIONS,
        "outcome": lambda value: value in _outcomes(Refusal),
        "justification": lambda value: value in list(Justification),
        "rule": lambda value: value in work.policy.rules or value in {"none", "no-rule"},
    }
    if not all(fits(asks[name]) for name, fits in known.items() if name in asks):
        raise Unprocessable("Only codes and references can be kept. One of these is neither.")


def _reference(value: str) -> bool:
    try:
        return references.read(value) == value
    except NotFound:
        return False


def _outcomes(kind: type[Refusal]) -> set[str]:
    """Every way in which something can end."""
    return {"done", kind.code}.union(*(_outcomes(each) for each in kind.__subclasses__()))
