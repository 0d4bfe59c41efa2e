"""Reading the published figures. A table whose sums do not hold is refused: somebody changed it, or copied it badly."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parent / "icsr58.csv"
WEST: Final = ("United Kingdom", "Germany", "Australia", "France", "Belgium", "Switzerland")
# What the nine of the remainder are called wherever a nationality is asked for: they are not split.
ONE_OF_SIX: Final = "one of six (not published)"
_WHOLE: Final = frozenset({"exact", "exact_attributed", "derived"})
_NO_COUNT: Final = frozenset({"present_count_unknown", "qualitative"})


class Unsound(ValueError):
    """The table contradicts itself; the sentence names the check that failed."""


@dataclass(frozen=True)
class Figure:
    """One row as printed. ``count`` is text: "~19" and ">6" are not whole numbers on purpose."""

    dimension: str
    category: str
    count: str
    count_kind: str
    window: str
    source_title: str
    source_url: str
    note: str

    @property
    def number(self) -> int:
        """The count without its sign of doubt; 0 where none was published."""
        digits = self.count.lstrip("~>")
        return int(digits) if digits else 0


@dataclass(frozen=True)
class Published:
    """The whole table, in its order."""

    figures: tuple[Figure, ...]

    def of(self, dimension: str, *kinds: str) -> tuple[Figure, ...]:
        """Rows of one dimension, of these kinds of count or of all."""
        return tuple(f for f in self.figures if f.dimension == dimension and (not kinds or f.count_kind in kinds))

    def figure(self, dimension: str, beginning: str) -> Figure:
        """The row whose category begins so. Raises Unsound if there is not exactly one."""
        found = [f for f in self.of(dimension) if f.category.startswith(beginning)]
        if len(found) != 1:
            raise Unsound(f"There is not one row {dimension}: {beginning}.")
        return found[0]

    def number(self, dimension: str, beginning: str) -> int:
        """The count of that row."""
        return self.figure(dimension, beginning).number

    @property
    def total(self) -> int:
        """How many persons there are in all."""
        return self.number("total", "all")

    @property
    def by_country(self) -> dict[str, Figure]:
        """The countries with a published count."""
        return {f.category: f for f in self.of("nationality", "exact_attributed")}

    @property
    def remainder(self) -> Figure:
        """Those of the countries whose counts were not found, together."""
        return self.figure("nationality", "REMAINDER")


def read(path: Path = FILE) -> Published:
    """The table of a file. Raises Unsound if a sum does not hold or a row is not what its kind says."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return sound(Figure(**row) for row in rows)


def sound(figures: Iterable[Figure]) -> Published:
    """The figures, once every check has held."""
    published = Published(tuple(figures))
    for says, holds in CHECKS.items():
        try:
            kept = holds(published)
        except ValueError as problem:
            raise Unsound(f"{says}: {problem}") from None
        if not kept:
            raise Unsound(says)
    return published


def _sex(p: Published) -> bool:
    return sum(f.number for f in p.of("sex")) == p.total


def _nationality(p: Published) -> bool:
    return sum(f.number for f in p.by_country.values()) + p.remainder.number == p.total


def _countries(p: Published) -> bool:
    listed = len(p.by_country) + len(p.of("nationality", "present_count_unknown"))
    return listed == p.number("countries", "distinct")


def _not_split(p: Published) -> bool:
    unknown = p.of("nationality", "present_count_unknown")
    return all(not f.count for f in unknown) and len(unknown) <= p.remainder.number


def _west(p: Published) -> bool:
    return sum(p.by_country[name].number for name in WEST if name in p.by_country) == p.number("region", "Western")


def _british(p: Published) -> bool:
    return p.number("attribute", "British") == p.number("nationality", "United Kingdom")


def _part_of_it(p: Published) -> bool:
    return all(f.number <= p.total for f in p.of("attribute"))


def _first_eight_months(p: Published) -> bool:
    return p.number("period", "2014-01..2014-08") + p.number("period", "2014-09..2015-08") == p.total


def _years(p: Published) -> bool:
    return p.number("period", "2014 (all)") + p.number("period", "2015-01..2015-08") == p.total


def _year_2014(p: Published) -> bool:
    parts = p.number("period", "2014-01..2014-08") + p.number("period", "2014-09..2014-12")
    return parts == p.number("period", "2014 (all)")


def _last_twelve_months(p: Published) -> bool:
    parts = p.number("period", "2014-09..2014-12") + p.number("period", "2015-01..2015-08")
    return parts == p.number("period", "2014-09..2015-08")


def _august_is_highest(p: Published) -> bool:
    return p.figure("month", "2015-08").count == f">{p.number('month', '2015-07')}"


def _summer(p: Published) -> bool:
    """June is what the two known months leave of about a third, and no more than July: about, so one either way."""
    june = p.number("period", "2015-06..2015-08") - p.number("month", "2015-07") - (p.number("month", "2015-08") + 1)
    third = abs(p.number("period", "2015-06..2015-08") * 3 - p.total) <= 3
    return third and 0 <= june <= p.number("month", "2015-07") + 1


def _rivals(p: Published) -> bool:
    claim = p.of("conflict", "contradicted")
    return len(claim) == 1 and claim[0].number == p.total != p.number("period", "2015-01..2015-08")


def _kinds(p: Published) -> bool:
    return all(_fits(f) for f in p.figures)


def _fits(figure: Figure) -> bool:
    sign = {"approx": "~", "bound": ">"}.get(figure.count_kind, "")
    if figure.count_kind in _NO_COUNT:
        return figure.count == ""
    known = figure.count_kind in {*_WHOLE, "approx", "bound", "contradicted"}
    return known and figure.count.startswith(sign) and figure.count.removeprefix(sign).isdecimal()


def _sources(p: Published) -> bool:
    return all(f.source_title.strip() and f.window for f in p.figures)


CHECKS: Final[dict[str, Callable[[Published], bool]]] = {
    "a count is written as its kind says": _kinds,
    "every figure names its source and the window it covers": _sources,
    "men and women are all": _sex,
    "the counted nationalities and the remainder are all": _nationality,
    "counted, named and unnamed countries are as many as were printed": _countries,
    "the remainder is not split": _not_split,
    "six western countries are the published region": _west,
    "the British of one source are those of the other": _british,
    "no attribute counts more than all": _part_of_it,
    "the first eight months and the twelve after them are all": _first_eight_months,
    "2014 and 2015 are all": _years,
    "the parts of 2014 are 2014": _year_2014,
    "the parts of the last twelve months are they": _last_twelve_months,
    "August 2015 lies above July": _august_is_highest,
    "the summer is about a third, and leaves June no more than July": _summer,
    "the two claims about the window both stand, and disagree": _rivals,
}
