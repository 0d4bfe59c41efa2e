"""The auditor's desk at the pages: every number leads to its list, every look is an entry, nothing is content."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from starlette.types import ASGIApp

from app.audit.sequencer import Sequencer
from app.audit.tiles import TileFolder
from app.errors import Refusal
from app.keyholders.manager import FileKeyManager
from app.people import actions as people
from app.testimonies import actions as testimonies
from tests.conftest import Database
from tests.ladder import CANARY, Log
from tests.oversight.test_verifying import as_owner, entry_at
from tests.web.browser import ORIGIN, Browser, Forms
from tests.world import World

PAGES = ("/audit", "/audit/3", "/audit/verify")


@pytest.fixture
def browser(staff_door: ASGIApp, world: World) -> Browser:
    return Browser(staff_door)


@pytest.fixture
def placed(world: World, database: Database, tmp_path: Path) -> Iterator[int]:
    """A whole case with every entry in its place under a signed checkpoint; how many they are."""
    world.whole_case()
    manager, engine = FileKeyManager({"log": b"l" * 32}), database.engine("sequencer")
    sequencer = Sequencer(
        engine, TileFolder(tmp_path), origin="amana.test/log", sign=manager.sign, public=manager.public()
    )
    yield sequencer.tick(sign_now=True)
    sequencer.close()
    engine.dispose()


def said(page: str) -> str:
    """The visible text of a page with its blanks made one."""
    return " ".join(Forms(page).text.split())


def lines(page: str) -> list[str]:
    return [said(item) for item in re.findall(r'<li class="am-look__item.*?</li>', page, re.S)]


# who gets in


@pytest.mark.parametrize("path", PAGES)
def test_the_log_is_the_auditors_and_to_others_there_is_no_such_page(
    browser: Browser, world: World, log: Log, placed: int, path: str
) -> None:
    assert browser.get(path).headers["location"] == "/sign-in"
    for login in sorted(set(world.members) - {"auditor"}):
        Browser.sign_in(browser, world, login)
        log.fresh()
        answer = browser.get(path)
        if (login, path) == ("administrator", "/audit/verify"):
            # Checking that the log is whole is an administrator's too; reading it is not.
            assert answer.status_code == 200
            continue
        assert answer.status_code == 404, login
        assert [(e.operation, e.outcome) for e in log.fresh()] == [("refuse", "not_found")], login
    browser.sign_in(world, "auditor")
    assert browser.get(path).status_code == 200


def test_nobody_else_checks_the_log_by_sending_the_form(browser: Browser, world: World, log: Log) -> None:
    browser.sign_in(world, "intake")
    token = Forms(browser.get("/today").text).found[0].fields["csrf"]
    log.fresh()

    answer = browser.ask("POST", "/audit/verify", data={"csrf": token}, headers={"Origin": ORIGIN})

    assert answer.status_code == 404
    assert [entry.operation for entry in log.fresh()] == ["refuse"]


# the list


def test_a_line_says_who_did_what_to_which_reference_and_why(browser: Browser, world: World, log: Log) -> None:
    reference = world.whole_case()
    browser.sign_in(world, "auditor")
    log.fresh()

    page = browser.get(f"/audit?case={reference}&action=case.open")

    (line,) = lines(page.text)
    member = world.members["intake"]
    assert reference in line
    assert member.code in line
    assert "Intake" in line
    assert CANARY not in page.text
    assert not any(each.name in page.text for each in world.members.values() if each.login != "auditor")
    assert [(e.action, e.codes) for e in log.fresh()] == [("log.query", {"count": 1, "asked_case": reference})]


def test_a_refusal_has_a_red_edge_and_a_joining_an_amber_one(browser: Browser, world: World) -> None:
    reference = world.case()
    world.testimony(reference)
    world.person(reference)
    with pytest.raises(Refusal):
        world.case(by="legal")
    for action, table, field in (
        (people.reveal, "persons", "legal_name"),
        (testimonies.open_segment, "segments", "text"),
    ):
        row = world.row("intake", reference, table)
        world.open("intake", action, row, field, justification="WITNESS_REQUEST")
    browser.sign_in(world, "auditor")

    refused, joined, opened = (
        browser.get(f"/audit?{query}").text
        for query in ("refused=yes&action=case.open", "operation=combine", "operation=consult")
    )

    assert refused.count("am-look__item--red") == 1
    assert joined.count("am-look__item--amber") == 1
    assert "am-look__item--" not in opened


def test_filters_stand_in_the_address_and_stay_on_the_page(browser: Browser, world: World) -> None:
    reference = world.case()
    for _ in range(51):
        world.document(reference)
    browser.sign_in(world, "auditor")

    first = browser.get(f"/audit?case={reference}&operation=collect")
    older = html.unescape(re.findall(r'rel="next" href="([^"]+)"', first.text)[0])
    second = browser.get(older)

    assert len(lines(first.text)) == 50
    assert len(lines(second.text)) == 2
    assert f'value="{reference}"' in first.text
    assert f'value="{reference}"' in second.text
    assert 'rel="next"' not in second.text
    newer = html.unescape(re.findall(r'rel="prev" href="([^"]+)"', second.text)[0])
    assert lines(browser.get(newer).text) == lines(first.text)


@pytest.mark.parametrize(
    "query",
    ["case=two%20words", "from_day=yesterday", "actor=%27%20OR%201=1", "nights=maybe", f"case={CANARY} x", "days=0"],
)
def test_a_filter_that_is_no_code_is_told_beside_its_field_and_asks_nothing(
    browser: Browser, world: World, log: Log, query: str
) -> None:
    browser.sign_in(world, "auditor")
    log.fresh()

    answer = browser.get(f"/audit?{query}")

    assert answer.status_code == 422
    assert "This needs another look" in answer.text
    assert log.fresh() == []


def test_the_filter_by_one_request_is_asked_like_any_other(browser: Browser, world: World) -> None:
    """It was a defect: the field has the name of what every page is given."""
    world.case()
    browser.sign_in(world, "auditor")

    answers = [browser.get(f"/audit?request={typed}").status_code for typed in (UUID(int=7), "'%20OR%201=1--", "")]

    assert answers == [200, 422, 200]


def test_days_may_be_typed_in_the_digits_of_ones_language(browser: Browser, world: World) -> None:
    world.case()
    browser.sign_in(world, "auditor")

    western, eastern = (browser.get(f"/audit?action=case.open&from_day={day}") for day in ("2026-09-01", "٢٠٢٦-٠٩-٠١"))

    assert lines(western.text) == lines(eastern.text) != []


# one entry


def test_an_entry_shows_all_it_says_its_neighbours_and_its_proof(
    browser: Browser, world: World, placed: int, log: Log
) -> None:
    browser.sign_in(world, "auditor")
    log.fresh()

    page = browser.get("/audit/5")

    assert page.status_code == 200
    assert len(lines(page.text)) == 3
    assert all(f'href="/audit/{number}"' in page.text for number in (4, 5, 6))
    assert "c2sp.org/tlog-proof@v1" in page.text
    assert "policy" in said(page.text)
    assert [(e.action, e.codes) for e in log.fresh()] == [("log.entry", {"number": 5})]
    assert CANARY not in page.text


@pytest.mark.parametrize("number", ["999999", "-1", "x", "1.5", "٣", "9" * 40, "3'"])
def test_an_entry_that_is_not_there_is_not_found(browser: Browser, world: World, placed: int, number: str) -> None:
    browser.sign_in(world, "auditor")

    assert browser.get(f"/audit/{number}").status_code == 404


# whether the log is whole


def test_a_check_tells_its_result_and_gives_the_checkpoint_to_print(
    browser: Browser, world: World, placed: int, log: Log
) -> None:
    browser.sign_in(world, "auditor")
    before = said(browser.get("/audit/verify").text)
    log.fresh()

    sent = browser.submit("/audit/verify")
    after = browser.get(sent.headers["location"])

    assert "The log is not checked" in before
    assert (sent.status_code, sent.headers["location"]) == (303, "/audit/verify")
    assert f"All {placed} entries were whole" in said(after.text)
    assert f"amana.test/log<br>{placed}<br>" in html.unescape(after.text)
    assert "amana audit export" in after.text
    assert [(e.action, e.codes) for e in log.fresh()] == [("log.verify", {"intact": True, "size": placed})]


def test_a_broken_log_is_told_on_every_page_of_the_log(
    browser: Browser, world: World, database: Database, placed: int
) -> None:
    as_owner(database, "UPDATE places SET leaf_index = 100000 WHERE entry = %s", entry_at(database, 5))
    browser.sign_in(world, "auditor")
    browser.get("/audit/verify")
    browser.submit("/audit/verify")

    for path in ("/audit", "/audit/3", "/audit/verify"):
        page = browser.get(path).text
        assert "am-badge--broken" in page, path
        assert "entry 5" in said(page), path
    assert "The log is broken at entry" in browser.get("/today").text
    browser.sign_in(world, "administrator")
    assert "The last check found the log broken" in said(browser.get("/admin/health").text)


# today


def tiles(browser: Browser) -> dict[str, int]:
    """Where each number of today leads, with the number."""
    said = re.findall(
        r'<a href="(/audit\?[^"]+)">\s*<span class="am-tile__number">(\w+)</span>', browser.get("/today").text
    )
    return {html.unescape(href): 0 if number == "None" else int(number) for href, number in said}


def test_each_number_of_today_is_the_length_of_the_list_it_leads_to(browser: Browser, world: World) -> None:
    browser.sign_in(world, "auditor")
    before = tiles(browser)

    for _ in range(3):
        with pytest.raises(Refusal):
            world.case(by="legal")
    after = tiles(browser)

    assert len(after) == 4
    refused = {href for href in after if "refused=yes" in href}
    assert {href: after[href] - before[href] for href in after} == {href: 3 * (href in refused) for href in after}
    for href, number in after.items():
        assert len(lines(browser.get(href).text)) == number, href
