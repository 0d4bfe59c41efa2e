"""What may come in about public reports and their coding."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from app.narratives.rules import FRAME, window_holds
from app.work.forms import Form, Line


def _window(text: str) -> str:
    if not window_holds(text):
        raise ValueError("no month, or a window that ends before it begins")
    return text


def _known(codes: tuple[str, ...]) -> tuple[str, ...]:
    if not set(codes) <= set(FRAME.codes):
        raise ValueError("a code that the frame does not have")
    if len(set(codes)) != len(codes):
        raise ValueError("a code given twice")
    return codes


Months = Annotated[str, Field(pattern=r"^[12][0-9]{3}-[0-9]{2}(\.\.[12][0-9]{3}-[0-9]{2})?$"), AfterValidator(_window)]
Code = Annotated[str, Field(pattern=r"^N[1-9][a-z]$")]


class RecordReport(Form):
    """What was printed about one person, as far as it was printed. No name: a report is never somebody's record.

    left_in      the month, or the window of months, in which the source counts them as having left
    nationality  in the source's words, so that "not published" can be kept as such
    """

    source_title: Line
    source_url: Line | None = None
    left_in: Months | None = None
    nationality: Line | None = None
    sex: Literal["FEMALE", "MALE"] | None = None


class CodeReport(Form):
    """One coder's reading of a report: the codes of the frame in force, each once."""

    codes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=16), AfterValidator(_known)]
