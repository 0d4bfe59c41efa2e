"""The state of a form on a page."""

from __future__ import annotations

from app.edge.sheets import Sheet


def test_two_forms_that_ask_for_the_same_have_two_ids() -> None:
    sheet = Sheet(csrf="")

    assert [sheet.place("user"), sheet.place("until.day"), sheet.place("user")] == ["user", "until-day", "user--2"]


def test_a_page_that_is_shown_again_begins_its_ids_again() -> None:
    """The list of mistakes leads to the first field of a name."""
    sheet = Sheet(csrf="")
    sheet.place("user")

    assert sheet.typed({}, {"user": "Please fill this in."}).place("user") == "user"
