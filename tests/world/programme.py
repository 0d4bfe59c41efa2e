"""The programme: 58 synthetic cases known from public reports, whose totals are the published ones.

What was published are totals. Who in it has which sex, country and month together, every month but
July 2015, and every code are drawn here with a fixed seed: invented, and nobody (figures/README.md).
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar
from uuid import UUID

from app.narratives.rules import FRAME
from tests.world.build import World
from tests.world.figures.published import ONE_OF_SIX, Figure, Published

SEED: Final = 58
JULY, AUGUST = "2015-07", "2015-08"
SUICIDE: Final = "N4e"
# "About 19" is a range for whoever checks it.
SUMMER: Final = range(17, 22)
# How many codes a reader gives a report, in the proportions in which they are drawn.
CODES_EACH: Final = (1, 1, 2, 2, 2, 3)
# Every so manyth report has been coded twice, as a sample; the others wait for their second coder.
SECOND_EVERY: Final = 5

Sex = Literal["FEMALE", "MALE"]
T = TypeVar("T")


@dataclass(frozen=True)
class Invented:
    """One synthetic case. ``figure`` is the published count it counts towards."""

    nationality: str
    sex: Sex
    left_in: str
    codes: tuple[str, ...]
    figure: Figure


@dataclass(frozen=True)
class Counted:
    """What of a case goes into the totals, as somebody who may read it finds it."""

    nationality: str | None
    sex: str | None
    left_in: str | None
    codes: tuple[str, ...] = ()


def plan(published: Published, seed: int = SEED) -> tuple[Invented, ...]:
    """The 58, for one seed. The first draw that meets every total is taken."""
    for number in itertools.count():
        drawn = _drawn(published, f"{seed}/{number}")
        if not differences(published, [Counted(c.nationality, c.sex, c.left_in, c.codes) for c in drawn]):
            return drawn
    raise AssertionError("unreachable")


def build(world: World, cases: Sequence[Invented], *, by: str = "intake-lead") -> list[str]:
    """Open, record and code each, one action after another as people would; their references."""
    references = []
    for number, invented in enumerate(cases):
        reference = world.case(by, origin="PUBLIC_REPORT")
        report = _keep(world, reference, invented, by)
        world.code_report(report, *invented.codes, by="narrative-lead")
        if number % SECOND_EVERY == 0 and "narrative" in world.members:
            world.code_report(report, *invented.codes, by="narrative")
        references.append(reference)
    return references


def differences(published: Published, cases: Iterable[Counted]) -> list[str]:
    """Every published total that these cases do not equal, in words. Nothing means that all are equal."""
    found = list(cases)
    nationality = Counter(case.nationality for case in found)
    sex = Counter(case.sex for case in found)
    months = Counter(case.left_in for case in found)
    wanted: dict[str, tuple[int, int]] = {
        "all": (len(found), published.total),
        "men": (sex["MALE"], published.number("sex", "male")),
        "women": (sex["FEMALE"], published.number("sex", "female")),
        ONE_OF_SIX: (nationality[ONE_OF_SIX], published.remainder.number),
        "no other nationality": (
            sum(n for name, n in nationality.items() if name not in published.by_country and name != ONE_OF_SIX), 0
        ),
        **{name: (nationality[name], figure.number) for name, figure in published.by_country.items()},
        **{
            figure.category: (_within(months, figure.category), figure.number)
            for figure in published.of("period", "exact_attributed", "derived")
        },
        JULY: (months[JULY], published.number("month", JULY)),
        SUICIDE: (
            sum(SUICIDE in case.codes for case in found), published.number("attribute", "left after being selected")
        ),
    }  # fmt: skip
    wrong = [f"{name}: {here} and not {there}" for name, (here, there) in wanted.items() if here != there]
    highest = max((count for month, count in months.items() if month != AUGUST), default=0)
    if not months[AUGUST] > max(highest, published.number("month", AUGUST)):
        wrong.append(f"{AUGUST}: {months[AUGUST]} is not the highest month")
    if (summer := _within(months, "2015-06..2015-08")) not in SUMMER:
        wrong.append(f"the summer: {summer} is not about {published.number('period', '2015-06..2015-08')}")
    return wrong


def _within(months: Mapping[str | None, int], period: str) -> int:
    """How many left in a period. Months written so sort as they follow each other."""
    first, last = ("2014-01", "2014-12") if period == "2014 (all)" else period.split("..")
    return sum(count for month, count in months.items() if month is not None and first <= month <= last)


def _drawn(published: Published, seed: str) -> tuple[Invented, ...]:
    figures = [(name, figure) for name, figure in published.by_country.items()] + [(ONE_OF_SIX, published.remainder)]
    nationalities = [(name, figure) for name, figure in figures for _ in range(figure.number)]
    women = published.number("sex", "female")
    sexes: list[Sex] = ["FEMALE" if number < women else "MALE" for number in range(published.total)]
    columns = zip(
        _shuffled(nationalities, f"{seed}/nationality"), _shuffled(sexes, f"{seed}/sex"),
        _shuffled(_months(published, seed), f"{seed}/month"), _shuffled(_codes(published, seed), f"{seed}/code"),
        strict=True,
    )  # fmt: skip
    return tuple(Invented(name, sex, month, codes, figure) for (name, figure), sex, month, codes in columns)


def _months(published: Published, seed: str) -> list[str]:
    """A month for each of the 58: published where it was, free within the published periods where it was not."""
    period = published.number
    july, summer = period("month", JULY), period("period", "2015-06..2015-08")
    june = _number(f"{seed}/june", july + 1)
    free = {
        "2014-01..2014-08": period("period", "2014-01..2014-08"),
        "2014-09..2014-12": period("period", "2014-09..2014-12"),
        "2015-01..2015-05": period("period", "2015-01..2015-08") - summer,
    }
    drawn = [_month_of(window, f"{seed}/{window}/{n}") for window, count in free.items() for n in range(count)]
    return drawn + ["2015-06"] * june + [JULY] * july + [AUGUST] * (summer - june - july)


def _month_of(window: str, seed: str) -> str:
    year, first, last = window[:4], int(window[5:7]), int(window[-2:])
    return f"{year}-{first + _number(seed, last - first + 1):02d}"


def _codes(published: Published, seed: str) -> list[tuple[str, ...]]:
    """Codes for each; two, as was published, carry the one for having been chosen as a suicide bomber."""
    common = [code for code in FRAME.codes if code != SUICIDE]
    chosen = published.number("attribute", "left after being selected")
    drawn = []
    for number in range(published.total):
        each = CODES_EACH[_number(f"{seed}/{number}/count", len(CODES_EACH))]
        codes = _shuffled(common, f"{seed}/{number}")[:each]
        drawn.append(tuple(sorted([*codes, SUICIDE] if number < chosen else codes)))
    return drawn


def _keep(world: World, reference: str, invented: Invented, by: str) -> UUID:
    """The report says of itself that it is none, and whose total it counts towards."""
    return world.report(
        reference, by=by, left_in=invented.left_in, nationality=invented.nationality, sex=invented.sex,
        source_title=f"Synthetic, to make up the total printed by: {invented.figure.source_title}",
        source_url=invented.figure.source_url,
    )  # fmt: skip


def _number(seed: str, below: int) -> int:
    """A whole number from 0 to below - 1, the same for the same seed on every machine."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) % below


def _shuffled(items: Sequence[T], seed: str) -> list[T]:
    order = sorted(range(len(items)), key=lambda n: hashlib.sha256(f"{seed}/{n}".encode()).digest())
    return [items[n] for n in order]
