"""The coding frame and the months a source gives: pure, closed, bounded."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.narratives.forms import CodeReport, RecordReport
from app.narratives.rules import FRAME, window_holds
from tests.world import words

SUB_CODES = {"N1": "abc", "N2": "abcd", "N3": "abcd", "N4": "abcde"}


def test_the_frame_has_the_four_narratives_and_their_codes() -> None:
    assert set(FRAME.narratives) == set(SUB_CODES)
    assert set(FRAME.codes) == {narrative + letter for narrative, letters in SUB_CODES.items() for letter in letters}
    assert all(FRAME.codes.values())


@pytest.mark.parametrize("codes", [(), ("N1",), ("N1d",), ("N5a",), ("n1a",), ("N1a", "N1a"), ("N1a", "other")])
def test_a_coding_takes_only_codes_of_the_frame_and_each_once(codes: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        CodeReport(codes=codes)


def test_every_code_of_the_frame_can_be_given_at_once() -> None:
    """The control: nothing of the frame is refused."""
    assert CodeReport(codes=tuple(FRAME.codes)).codes == tuple(FRAME.codes)


@pytest.mark.parametrize("left_in", ["2015-07", "2014-01..2014-08", "2015-07..2015-07"])
def test_a_month_and_a_window_are_kept_as_the_source_gives_them(left_in: str) -> None:
    assert window_holds(left_in)
    assert RecordReport(source_title="A paper", left_in=left_in).left_in == left_in


@pytest.mark.parametrize(
    "left_in", ["2015", "2015-13", "2015-00", "2015-08..2015-07", "2015-7", "July 2015", "2015-07..", "0015-07", ""]
)
def test_what_is_no_month_and_no_window_is_refused(left_in: str) -> None:
    with pytest.raises(ValidationError):
        RecordReport(source_title="A paper", left_in=left_in)


@pytest.mark.parametrize(
    "given", [{"legal_name": "X"}, {"name": "X"}, {"offence": "X"}, {"sex": "male"}, {"source_title": ""}]
)
def test_a_report_has_no_place_for_a_name(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RecordReport.model_validate(words.report() | given)
    assert RecordReport.model_validate(words.report())
