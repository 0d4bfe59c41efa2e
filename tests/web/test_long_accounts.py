"""An account of five thousand words in any script: the same bytes in its draft, on its page and when it is kept."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from app.testimonies import actions
from app.web.account import divided
from tests.web.browser import Browser, Forms, arrived
from tests.web.writing import areas, at, later, lead, officer, stored
from tests.world import World

__all__ = ["lead", "officer"]


# Words of an account as they come: with diacritics, in several scripts, with letters that turn the reading order.
WORD = st.text(
    alphabet="\u0627\u0628\u062a\u0639\u0642\u0644\u0645\u0646\u0647\u064a\u0629\u064e\u064f\u0650\u0651\u0652\u0640"
    "abcXYZ\u00e9\u00fc\u0411\u043e\u0433\u06f1\u0663\u4e2d\u200c\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e"
    "\u2066\u2067\u2068\u2069\u00a0.,;:\"'<>&\\",
    min_size=1, max_size=12,
)  # fmt: skip
TURNING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


def account_of(words: list[str]) -> str:
    """A text of 5,000 words from these, in lines and paragraphs."""
    parts = [words[number % len(words)] for number in range(5000)]
    lines = [" ".join(parts[begin : begin + 12]) for begin in range(0, 5000, 12)]
    return "\n".join(line + ("\n" if number % 5 == 4 else "") for number, line in enumerate(lines))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORD, min_size=40, max_size=80))
def test_a_long_account_in_any_script_comes_back_byte_for_byte(
    staff_door: ASGIApp, world: World, words: list[str]
) -> None:
    officer = arrived(staff_door, world, "intake")
    reference, account = at(world, "IN_SESSION")
    page, text = f"/testimonies/{account}/account", account_of(words)
    officer.get(page)

    sent = text.replace("\n", "\r\n")  # as browsers send it
    assert later(officer, account, "account", language="ar", text=sent).status_code == 303
    assert stored(world, reference, account) == [{"language": ["ar"], "text": [text]}]
    assert areas(officer.get(page).text) == [text]

    shown = officer.submit(page, language="ar", text=sent)
    assert shown.status_code == 200
    kept = officer.submit(page)
    assert kept.status_code == 303, kept.text
    rows = [line.id for line in world.show("intake", reference).records if line.table == "segments"]
    passages = [
        world.open("intake", actions.open_segment, row, "text", justification="WITNESS_REQUEST")["text"] for row in rows
    ]
    assert tuple(passages) == divided(text)
    assert "\n\n".join(each or "" for each in passages) == text.strip("\n")


def test_a_text_that_begins_with_a_line_end_keeps_it(officer: Browser, world: World) -> None:
    """Browsers drop the first line end after the tag of a text area: each save would have taken one."""
    _, account = at(world, "IN_SESSION")
    officer.get(f"/testimonies/{account}/account")
    later(officer, account, "account", text="\r\n\r\nthen")

    assert areas(officer.get(f"/testimonies/{account}/account").text) == ["\n\nthen"]


def test_letters_that_turn_the_reading_order_are_shown_by_number(officer: Browser, lead: Browser, world: World) -> None:
    """On the page of passages, and beside the form where two texts meet."""
    _, account = at(world, "IN_SESSION")
    page = f"/testimonies/{account}/account"
    turned = "\u202e\u0627\u0644\u0628\u0627\u0628\u202c \u2066in\u2069 \u061cand\u200f on"
    officer.get(page)
    shown = officer.submit(page, language="ar", text=turned)
    later(officer, account, "account")

    lead.get(page)
    beside = later(lead, account, "account", language="ar", text="mine")

    for each in (shown.text, beside.text):
        said = Forms(each).text
        for number in ("202E", "202C", "2066", "2069", "061C", "200F"):
            assert f"[U+{number}]" in said
        assert not TURNING.search(said.replace(areas(each)[0], "") if areas(each) else said)
