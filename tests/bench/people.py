"""Invented people by the million, and how somebody else would write each of them down again.

Seeded, so that a run can be repeated. Names are drawn as names are: a few are very common.
Nobody in it exists; the lists are common names with the spellings people use.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random  # noqa: TID251  # a run must be repeatable, and nothing here is secret
from typing import Final

HERE: Final = Path(__file__).parent
Spellings = tuple[str, ...]

# How a second entry differs from the first. Each chance is drawn apart from the others.
OTHER_SCRIPT, TYPO, LEFT_OUT, SWAPPED, YEAR_ASIDE, YEAR_FAR = 0.5, 0.06, 0.15, 0.10, 0.15, 0.03


@dataclass(frozen=True)
class Invented:
    """Given name, father's, grandfather's and family's, each in Arabic and then in Latin spellings."""

    parts: tuple[Spellings, Spellings, Spellings, Spellings]
    year: int


@dataclass(frozen=True)
class Written:
    """One entry of somebody: the name in one script, and the year they gave."""

    name: str
    year: int


class Population:
    """People drawn from lists of names, one after the other."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        given = list(_lines("given.txt"))
        self._men = _Drawn([names for sex, names in given if sex == "m"])
        self._women = _Drawn([names for sex, names in given if sex == "f"])
        self._families = _Drawn([names for _, names in _lines("families.txt")])

    def person(self) -> Invented:
        """Somebody, of either sex, born between 1945 and 2007."""
        dice = self._random
        own = self._women if dice.random() < 0.45 else self._men
        parts = (own.one(dice), self._men.one(dice), self._men.one(dice), self._families.one(dice))
        return Invented(parts, dice.randint(1945, 2007))

    def first(self, person: Invented) -> Written:
        """As the office wrote it down: four parts, in one script, spelt somehow."""
        return Written(" ".join(self._spelt(person.parts, self._random.random() < 0.5)), person.year)

    def again(self, person: Invented, first: Written) -> Written:
        """As somebody else writes it down later, with what goes wrong then."""
        dice = self._random
        arabic = _is_arabic(first.name)
        words = self._spelt(person.parts, arabic != (dice.random() < OTHER_SCRIPT))
        words = [self._mistyped(word) if dice.random() < TYPO else word for word in words]
        # People are asked for three names more often than for four.
        words.pop(2)
        if dice.random() < LEFT_OUT:
            words.pop(dice.randrange(len(words)))
        if dice.random() < SWAPPED:
            words = [words[-1], *words[:-1]]
        year = person.year
        if dice.random() < YEAR_ASIDE:
            year += dice.choice((-1, 1))
        elif dice.random() < YEAR_FAR:
            year += dice.choice((-10, -5, -3, 3, 5, 10))
        return Written(" ".join(words), year)

    def _spelt(self, parts: tuple[Spellings, ...], arabic: bool) -> list[str]:
        return [part[0] if arabic else self._random.choice(part[1:]) for part in parts]

    def _mistyped(self, word: str) -> str:
        """One letter lost, doubled, put for another or swapped with its neighbour."""
        dice, letters = self._random, list(word)
        at = dice.randrange(len(letters) - 1)
        kind = dice.randrange(4)
        if kind == 0:
            del letters[at]
        elif kind == 1:
            letters.insert(at, letters[at])
        elif kind == 2:
            letters[at] = dice.choice("ابتدرسلمن" if _is_arabic(word) else "abdeilmnorst")
        else:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        return "".join(letters)


def spellings() -> list[Spellings]:
    """Every name of the lists: in Arabic first, then each Latin spelling."""
    return [names for name in ("given.txt", "families.txt") for _, names in _lines(name)]


class _Drawn:
    """A list from which the first is drawn most often: the n-th as 1 / (n + 3)."""

    def __init__(self, all_of_them: list[Spellings]) -> None:
        self._all = all_of_them
        self._up_to = list(accumulate(1 / (n + 3) for n in range(len(all_of_them))))

    def one(self, dice: Random) -> Spellings:
        return self._all[bisect(self._up_to, dice.random() * self._up_to[-1])]


def _lines(name: str) -> Iterator[tuple[str, Spellings]]:
    for line in (HERE / name).read_text().splitlines():
        if line.startswith("#"):
            continue
        words = line.split()
        sex = words.pop(0) if words[0] in ("m", "f") else ""
        arabic = [word for word in words if _is_arabic(word)]
        latin = [word.replace("-", " ") for word in words if not _is_arabic(word)]
        yield sex, (" ".join(arabic), *latin)


def _is_arabic(word: str) -> bool:
    return "\u0600" <= word[0] <= "\u06ff"
