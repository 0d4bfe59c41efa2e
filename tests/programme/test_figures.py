"""The published figures: every sum that must hold is checked, and each check is shown to refuse something."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.world.figures import published
from tests.world.figures.published import CHECKS, Figure, Published, Unsound, read, sound

Change = Callable[[list[Figure]], list[Figure]]


def count(dimension: str, beginning: str, to: str) -> Change:
    """The table with one count changed."""

    def change(figures: list[Figure]) -> list[Figure]:
        assert any(_is(f, dimension, beginning) for f in figures)
        return [replace(f, count=to) if _is(f, dimension, beginning) else f for f in figures]

    return change


def gone(dimension: str, beginning: str) -> Change:
    """The table without one row."""
    return lambda figures: [f for f in figures if not _is(f, dimension, beginning)]


def nameless(figures: list[Figure]) -> list[Figure]:
    return [replace(figures[0], source_title=" "), *figures[1:]]


def split(figures: list[Figure]) -> list[Figure]:
    """Counts for the six, as if they had been published, and the remainder gone from nine to what is left."""
    named = [
        replace(f, count="2", count_kind="present_count_unknown") if f.category == "Iraq" else f for f in figures
    ]  # fmt: skip
    return [replace(f, count="5") if f.category.startswith("REMAINDER") else f for f in named]


def _is(figure: Figure, dimension: str, beginning: str) -> bool:
    return figure.dimension == dimension and figure.category.startswith(beginning)


# Each check and a change that it alone must find.
REFUSED: dict[str, Change] = {
    "a count is written as its kind says": count("period", "2015-06", "19"),
    "every figure names its source and the window it covers": nameless,
    "men and women are all": count("sex", "female", "8"),
    "the counted nationalities and the remainder are all": count("nationality", "Syria", "22"),
    "counted, named and unnamed countries are as many as were printed": gone("nationality", "Jordan"),
    "the remainder is not split": split,
    "six western countries are the published region": count("region", "Western", "7"),
    "the British of one source are those of the other": count("attribute", "British", "3"),
    "no attribute counts more than all": count("attribute", "left after", "59"),
    "the first eight months and the twelve after them are all": count("period", "2014-09..2015-08", "47"),
    "2014 and 2015 are all": count("period", "2015-01..2015-08", "38"),
    "the parts of 2014 are 2014": count("period", "2014-09..2014-12", "11"),
    "the parts of the last twelve months are they": count("period", "2014-09..2014-12", "13"),
    "August 2015 lies above July": count("month", "2015-08", ">5"),
    "the summer is about a third, and leaves June no more than July": count("period", "2015-06", "~25"),
    "the two claims about the window both stand, and disagree": gone("conflict", "Vox"),
}


def test_the_table_holds() -> None:
    table = read()

    assert len(table.figures) == 35
    assert (table.total, table.number("sex", "male"), table.number("sex", "female")) == (58, 51, 7)
    assert (sum(f.number for f in table.by_country.values()), table.remainder.number) == (49, 9)


def test_every_check_has_a_change_that_it_finds() -> None:
    assert set(REFUSED) == set(CHECKS)


@pytest.mark.parametrize("says", REFUSED)
def test_a_table_that_breaks_a_check_fails_that_check(says: str) -> None:
    figures = REFUSED[says](list(read().figures))

    assert not _holds(says, figures)
    with pytest.raises(Unsound):
        sound(figures)


@pytest.mark.parametrize("says", CHECKS)
def test_the_table_as_printed_passes_each_check(says: str) -> None:
    assert _holds(says, list(read().figures))


def _holds(says: str, figures: list[Figure]) -> bool:
    try:
        return CHECKS[says](Published(tuple(figures)))
    except ValueError:
        return False


# What no sum reaches: one attribute stands alone in its source.
UNBOUND = {("attribute", "left after being selected as suicide bomber")}


def test_one_count_changed_by_one_is_found_wherever_a_sum_reaches() -> None:
    figures = list(read().figures)
    slack = {"approx"}
    unfound = []
    for number, figure in enumerate(figures):
        if figure.count.isdecimal():
            moved = [*figures[:number], replace(figure, count=str(figure.number + 1)), *figures[number + 1 :]]
            try:
                sound(moved)
            except Unsound:
                continue
            unfound.append((figure.dimension, figure.category))
        else:
            assert figure.count == "" or figure.count_kind in slack | {"bound"}

    assert set(unfound) == UNBOUND


def test_a_row_that_lost_its_count_is_refused(tmp_path: Path) -> None:
    text = published.FILE.read_text("utf-8").replace("sex,female,7,", "sex,female,,")
    path = tmp_path / "changed.csv"
    path.write_text(text, "utf-8")

    with pytest.raises(Unsound, match="a count is written as its kind says"):
        read(path)


def test_the_file_is_read_as_it_lies_there(tmp_path: Path) -> None:
    """The control of the one above: a copy that was not changed is taken."""
    path = tmp_path / "copy.csv"
    path.write_bytes(published.FILE.read_bytes())

    assert read(path) == read()
    with path.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 36


@pytest.mark.domain("D17")
def test_both_claims_about_the_window_are_kept_with_their_sources() -> None:
    claim = read().figure("conflict", "Vox")

    assert claim.source_title.startswith("Vox")
    assert "January and August of this year alone" in claim.category
    assert {f.window for f in read().of("total")} == {"2014-01..2015-08"}
