"""The plan of the programme: what was published is met, what was not is drawn, and nothing else is claimed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from app.narratives.forms import CodeReport, RecordReport
from tests.world.figures.published import ONE_OF_SIX, WEST, read
from tests.world.programme import SUICIDE, Counted, Invented, differences, plan

PUBLISHED = read()


def counted(cases: tuple[Invented, ...]) -> list[Counted]:
    return [Counted(case.nationality, case.sex, case.left_in, case.codes) for case in cases]


@pytest.mark.parametrize("seed", range(8))
def test_every_published_total_is_met_whatever_the_seed(seed: int) -> None:
    assert differences(PUBLISHED, counted(plan(PUBLISHED, seed))) == []


def test_the_same_seed_draws_the_same_and_another_another() -> None:
    assert plan(PUBLISHED, 1) == plan(PUBLISHED, 1) != plan(PUBLISHED, 2)


@pytest.mark.parametrize("number", range(58))
def test_one_case_fewer_is_seen_whichever_it_is(number: int) -> None:
    cases = counted(plan(PUBLISHED))

    wrong = differences(PUBLISHED, cases[:number] + cases[number + 1 :])

    assert "all: 57 and not 58" in wrong
    assert f"{cases[number].nationality}: " in " ".join(wrong)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Counted("Syria", "FEMALE", "2015-07"), "women"),
        (Counted("Iraq", "MALE", "2015-07"), "no other nationality"),
        (Counted(ONE_OF_SIX, "MALE", "2015-09"), "2015-01..2015-08"),
        (Counted(None, None, None), "men"),
    ],
)
def test_one_case_changed_is_seen(change: Counted, says: str) -> None:
    cases = counted(plan(PUBLISHED))
    of_the_six = next(n for n, case in enumerate(cases) if (case.nationality, case.sex) == (ONE_OF_SIX, "MALE"))
    cases[of_the_six] = change

    assert any(wrong.startswith(says) for wrong in differences(PUBLISHED, cases))


def test_july_before_the_highest_month_is_seen() -> None:
    cases = counted(plan(PUBLISHED))
    moved = [replace(case, left_in="2015-05") if case.left_in == "2015-08" else case for case in cases]

    assert any("not the highest month" in wrong for wrong in differences(PUBLISHED, moved))
    assert any("the summer" in wrong for wrong in differences(PUBLISHED, moved))


def test_the_remainder_is_not_split() -> None:
    unknown = {f.category for f in PUBLISHED.of("nationality", "present_count_unknown")}
    nationalities = Counter(case.nationality for case in plan(PUBLISHED))

    assert nationalities[ONE_OF_SIX] == 9
    assert unknown & set(nationalities) == set()
    assert sum(nationalities[name] for name in WEST) == 9


def test_every_narrative_is_coded_and_every_case_once_at_least() -> None:
    cases = plan(PUBLISHED)

    assert {code[:2] for case in cases for code in case.codes} == {"N1", "N2", "N3", "N4"}
    assert sum(SUICIDE in case.codes for case in cases) == 2
    assert all(CodeReport(codes=case.codes) for case in cases)


def test_every_case_names_the_source_of_its_total_and_fits_the_form() -> None:
    for case in plan(PUBLISHED):
        assert case.figure.source_title
        assert case.figure.category == case.nationality or case.figure == PUBLISHED.remainder
        assert RecordReport(source_title=case.figure.source_title, left_in=case.left_in, sex=case.sex)
