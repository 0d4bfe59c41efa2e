"""The looking itself: a page with each fault is found out, and a good one is not blamed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.journeys.browser.looking import eyes, faults, judge, judge_still, measure
from tests.journeys.browser.shelf import Shelf

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Letters that no compression makes small.
NOISE = "".join(hashlib.sha256(bytes([n % 256, n // 256])).hexdigest() for n in range(850))
# What is planted, and a word of the sentence that must come of it.
BAD = {
    "foreign": ('<img alt="" src="http://127.0.0.1:9/x.png">', "not ours"),
    "policy": ("<script>1</script>", "policy forbids"),
    "style": ('<p style="color:red">x</p>', "styled in place"),
    "handler": ('<p onclick="x()">x</p>', "acts in place"),
    "wide": ('<p class="am-secret am-ref">' + "x" * 400 + "</p>", "too wide at 320"),
    "contrast": ('<p class="am-pale">pale words</p>', "color-contrast"),
    "label": ('<input name="a">', "a field has no label"),
    "heading": ("<h1>Another</h1>", "not one main heading"),
    "html": ("<p>x</p>" * 8000, "bytes of HTML"),
    "weight": ("<p>" + NOISE + "</p>", "with all its files"),
    "error": ('<img alt="" src="/gone.png">', "complains"),
}


def wrong_with(browser: Browser, shelf: Shelf, name: str, *, script: bool = True) -> list[str]:
    shelf.put("/page", BAD[name][0] if name in BAD else "<p>Fine.</p>")
    shelf.style = ".am-pale{color:#bbb}"
    with eyes(browser, shelf.origin, script=script) as there, there.on("/page") as (page, seen):
        measure(page, seen)
        if script:
            judge(page, seen)
        elif name != "html":
            # Eight thousand paragraphs keep axe busy for minutes, and were looked at with script already.
            judge_still(page, seen)
        return faults(seen)


@pytest.mark.parametrize("script", [True, False])
def test_a_good_page_is_not_blamed(browser: Browser, shelf: Shelf, script: bool) -> None:
    assert wrong_with(browser, shelf, "good", script=script) == []


@pytest.mark.parametrize("name", BAD)
def test_a_page_with_a_fault_is_found_out(browser: Browser, shelf: Shelf, name: str) -> None:
    found = wrong_with(browser, shelf, name)

    assert any(BAD[name][1] in sentence for sentence in found), found


@pytest.mark.parametrize("name", ["style", "wide", "label", "heading", "html", "contrast"])
def test_a_fault_is_found_without_script_too(browser: Browser, shelf: Shelf, name: str) -> None:
    assert any(BAD[name][1] in sentence for sentence in wrong_with(browser, shelf, name, script=False))
