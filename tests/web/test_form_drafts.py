"""Forms around a session, beside the passages and at the read-back are saved and come back to, like the steps."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.ladder import Log
from tests.web.browser import Browser
from tests.web.writing import areas, at, lead, officer, send, stored
from tests.world import World

__all__ = ["lead", "officer"]

# Page, where it stands, the state it needs, what is saved, what else keeping it needs.
FORMS: list[tuple[str, str, str, dict[str, str], dict[str, str]]] = [
    ("note", "session", "IN_SESSION", {"kind": "TRAUMA_SIGN", "words": "a long silence"}, {}),
    ("correction", "beside", "RECORDED", {"text": "It was later.", "reason": "a slip"}, {"language": "en"}),
    ("read-back", "move", "RECORDED", {"answer": "REFUSED", "reason": "too much today"}, {"language": "ar"}),
]


def later(browser: Browser, address: str, **filled: Any) -> Any:
    """Save and come back later; these pages stand one step deeper in the account than their drafts are sent."""
    account, _, page = address.removeprefix("/testimonies/").split("/")
    return send(browser, address, f"/testimonies/{account}/draft/{page}", **filled)


@pytest.mark.parametrize(("page", "under", "upto", "filled", "more"), FORMS, ids=[form[0] for form in FORMS])
def test_a_form_is_saved_come_back_to_and_its_draft_is_gone_when_it_is_kept(
    officer: Browser, world: World, log: Log, page: str, under: str, upto: str, filled: dict[str, str],
    more: dict[str, str],
) -> None:  # fmt: skip
    reference, account = at(world, upto)
    address = f"/testimonies/{account}/{under}/{page}"
    assert "Save and come back later" in officer.get(address).text

    assert later(officer, address, **filled).headers["location"] == f"/testimonies/{account}"
    (kept,) = stored(world, reference, account)
    # Besides what was typed a page may hold what it began with, like the officer's own code.
    assert {name: [value] for name, value in filled.items()}.items() <= kept.items()
    assert f'href="{address}?draft=' in officer.get("/drafts").text
    back = officer.get(address).text
    for name, value in filled.items():
        assert value in areas(back) or re.search(rf'name="{name}"[^>]*value="{value}"[^>]*checked', back), name

    extra: dict[str, Any] = dict(more)
    if page == "correction":
        extra["segment"] = str(world.row("intake", reference, "segments"))
    answer = officer.submit(address, **{**filled, **extra})
    assert answer.status_code == 303, answer.text
    assert stored(world, reference, account) == []


def test_a_report_is_saved_and_tells_nobody_until_it_is_sent(officer: Browser, world: World, log: Log) -> None:
    _, code = world.interpreter()
    reference = world.case()
    account = world.testimony(reference, upto="IN_SESSION", interpreter=code)
    address = f"/testimonies/{account}/session/report"
    officer.get(address)
    later(officer, address, found="SAME_DISTRICT", words="one school", interpreter_code=code)
    assert "handoffs" not in {line.table for line in world.show("intake", reference).records}

    officer.get(address)
    sent = officer.submit(address, found="SAME_DISTRICT", words="one school", interpreter_code=code)
    assert sent.status_code == 303, sent.text
    assert stored(world, reference, account) == []


def test_a_version_that_was_begun_is_come_back_to_passage_by_passage(officer: Browser, world: World) -> None:
    reference, account = at(world, "RECORDED")
    (one, *_) = [line.id for line in world.show("intake", reference).records if line.table == "segments"]
    address = f"/testimonies/{account}/beside/translation"
    officer.get(address)
    begun: dict[str, Any] = {f"text.{one}": "We waited.", "language": "en"}

    later(officer, address, **begun)
    assert "We waited." in areas(officer.get(address).text)
    # A transcript is another form: what was begun of a translation does not stand in it.
    assert "We waited." not in areas(officer.get(f"/testimonies/{account}/beside/transcript").text)
    officer.get(address)
    assert officer.submit(address, **begun).status_code == 303
    assert stored(world, reference, account) == []


def test_a_colleagues_correction_is_not_written_over_unseen(officer: Browser, lead: Browser, world: World) -> None:
    reference, account = at(world, "RECORDED")
    address = f"/testimonies/{account}/beside/correction"
    segment = str(world.row("intake", reference, "segments"))
    officer.get(address)
    lead.get(address)
    later(lead, address, text="theirs")
    typed: dict[str, Any] = {"segment": segment, "text": "mine", "language": "en", "reason": "a slip"}

    refused = officer.submit(address, **typed)

    assert refused.status_code == 409
    assert "mine" in areas(refused.text)
    assert "theirs" in refused.text
