"""Which texts are keyed for a person, and which are asked for: never one name alone.

A name in two parts, or one part with a year of birth, is a text; so is a document's number,
a way to reach somebody, and an alias as it is spelt. One name alone would put a quarter of
a people under one tag, and whoever counts tags would know who is called Mohammed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Final

from app.people.spelling import skeletons

# A year is remembered within this many years, by whoever is asked.
YEARS_ASIDE: Final = 1
# As many agreeing texts of names make a candidate; one pair alone is a common given name with a common father's.
AGREEING_LEAST: Final = 2
_NUMBER_LEAST: Final = 5
# The end of a telephone number is the same with a country's code, without it, and with a zero in its place.
_PHONE_DIGITS: Final = 9


def of_name(name: str, years: Iterable[int] = ()) -> tuple[str, ...]:
    """What is kept of one spelling of a name: at most six texts, of its first two parts and its last."""
    parts = skeletons(name)
    kept = parts if len(parts) <= 3 else (*parts[:2], parts[-1])
    return (*_pairs(kept), *_born(kept, years))


def of_question(name: str, year: int | None) -> tuple[str, ...]:
    """What is asked of a name: any two of its parts, and any of them with the year or one beside it."""
    parts = skeletons(name)[:6]
    near = () if year is None else range(year - YEARS_ASIDE, year + YEARS_ASIDE + 1)
    return tuple(dict.fromkeys((*_pairs(parts), *_born(parts, near))))


def of_alias(alias: str) -> tuple[str, ...]:
    """What finds a case by another name, for those who hold it: the name as it is spelt, and no other."""
    return _exact("alias", "".join(c for c in _plain(alias) if c.isalnum()), least=2)


def of_document(number: str | None) -> tuple[str, ...]:
    """What is kept of and asked for a document's number: letters and digits alone."""
    return _exact("document", re.sub(r"[^0-9A-Z]", "", _plain(number or "").upper()), least=_NUMBER_LEAST)


def of_contact(address: str | None) -> tuple[str, ...]:
    """What is kept of and asked for a way to reach somebody: the end of a number, or an address as it is."""
    plain = _plain(address or "")
    digits = re.sub(r"\D", "", plain)
    if digits and not re.search(r"[^\W\d_]|@", plain):
        return _exact("phone", digits[-_PHONE_DIGITS:], least=_NUMBER_LEAST)
    return _exact("address", re.sub(r"\s", "", plain), least=_NUMBER_LEAST)


def parts_count(name: str) -> int:
    """In how many parts a name is given, articles and "son of" left out."""
    return len(skeletons(name))


def _pairs(parts: Sequence[str]) -> tuple[str, ...]:
    # In either order: some forms ask for the family's name first.
    return tuple("pair\x1f" + "\x1f".join(sorted(two)) for two in combinations(parts, 2))


def _born(parts: Sequence[str], years: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"born\x1f{part}\x1f{year}" for year in years for part in parts)


def _exact(kind: str, text: str, *, least: int) -> tuple[str, ...]:
    # What is shorter is no identifier: half the numbers of five digits are somebody's.
    return (f"{kind}\x1f{text}",) if len(text) >= least else ()


def _plain(text: str) -> str:
    """Compatibility forms, case and digits of any script as one."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in folded)
