"""From a view to JSON: what a view may hold, and how a program reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.edge.render import as_json
from app.work import Plain


def test_a_day_is_a_day_and_a_moment_a_moment() -> None:
    moment = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)

    assert as_json({"on": date(2026, 1, 5), "at": moment}) == {"on": "2026-01-05", "at": "2026-01-05T09:30:00.000Z"}


def test_an_opened_value_is_read_out_here() -> None:
    assert as_json((Plain("قال".encode()), None)) == ["قال", None]


@pytest.mark.parametrize("stray", [0.5, b"bytes", object()])
def test_what_is_no_part_of_a_view_is_a_defect(stray: object) -> None:
    with pytest.raises(TypeError):
        as_json({"of": stray})
