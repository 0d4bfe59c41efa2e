"""Signs, the draw, a month in numbers and the report of a case at the pages: the auditor's alone, and codes alone."""

from __future__ import annotations

import html
import json
import re

import pytest
from starlette.types import ASGIApp

from app.audit.sequencer import Sequencer
from app.audit.tree import leaf_hash, verify_inclusion
from app.people import actions as people
from tests.cases.canaries import plant
from tests.conftest import Clock, Database
from tests.ladder import CANARY, Log
from tests.oversight.conftest import sequencer, tiles
from tests.web.browser import Browser, said
from tests.world import World

__all__ = ["sequencer", "tiles"]

ROW = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-"
PAGES = ("/audit/signs", "/audit/figures", "/audit/cases", "/audit/cases/{reference}")


@pytest.fixture
def browser(staff_door: ASGIApp, world: World) -> Browser:
    return Browser(staff_door)


@pytest.mark.parametrize("path", PAGES)
def test_these_pages_are_the_auditors_and_to_others_there_is_no_such_page(
    browser: Browser, world: World, log: Log, path: str
) -> None:
    address = path.replace("{reference}", world.case())
    assert browser.get(address).headers["location"] == "/sign-in"
    for login in sorted(set(world.members) - {"auditor"}):
        Browser.sign_in(browser, world, login)
        log.fresh()
        assert browser.get(address).status_code == 404, login
        assert [(e.operation, e.outcome) for e in log.fresh()] == [("refuse", "not_found")], login
    browser.sign_in(world, "auditor")
    assert browser.get(address).status_code == 200


@pytest.mark.abuse("G13")
def test_nothing_of_a_whole_case_stands_on_any_page_of_the_desk(
    browser: Browser, world: World, sequencer: Sequencer
) -> None:
    planted = plant(world)
    placed = sequencer.tick(sign_now=True)
    browser.sign_in(world, "auditor")
    entries = [f"/audit/{number}" for number in range(0, placed, 7)]
    fixed = ["/audit", "/audit/signs", "/audit/figures", "/audit/inquiries", "/audit/verify", "/today"]
    case = [f"/audit/cases/{planted.reference}", f"/audit/cases/{planted.reference}?whole=yes"]
    row = planted.rows["inquiries"]
    inquiry = [f"/audit/inquiries/{row}", f"/audit/inquiries/{row}/report"]

    pages = {path: browser.get(path) for path in (*fixed, *case, *inquiry, *entries)}

    names = [member.name for member in world.members.values() if member.login != "auditor"]
    for path, page in pages.items():
        assert page.status_code == 200, path
        assert CANARY not in page.text, path
        assert not any(name in page.text for name in names), path
    assert planted.reference in pages[case[0]].text, "the control: its reference is there"
    # Whom a key was given to is told by what they are called: a row of ours says nothing to anybody.
    assert [re.findall(ROW, said(pages[path].text)) for path in case] == [[], []]


def test_a_sign_leads_to_the_entries_behind_it(browser: Browser, world: World, standing_clock: Clock) -> None:
    reference = world.case()
    world.person(reference, legal_name=world.canary())
    row = world.row("intake", reference, "persons")
    standing_clock.move(hours=10)
    world.sign_in("intake")
    world.open("intake", people.reveal, row, "legal_name", justification="WITNESS_REQUEST")
    browser.sign_in(world, "auditor")

    page = browser.get("/audit/signs")
    (way,) = [html.unescape(each) for each in re.findall(r'href="(/audit\?[^"]+)"', page.text)]

    assert "Openings at night: 1" in said(page.text)
    assert {"operation=consult", "nights=yes", "days=7"} <= set(way.split("?")[1].split("&"))
    assert browser.get(way).text.count('<li class="am-look__item') == 1


def test_an_opening_that_was_drawn_is_marked_by_a_press(
    browser: Browser, world: World, standing_clock: Clock, sequencer: Sequencer, log: Log
) -> None:
    reference = world.case()
    world.person(reference, legal_name=world.canary())
    row = world.row("intake", reference, "persons")
    world.open("intake", people.reveal, row, "legal_name", justification="WITNESS_REQUEST")
    browser.sign_in(world, "auditor")
    assert "Nothing was opened last week." not in browser.get("/audit/signs").text
    standing_clock.move(hours=7 * 24)
    sequencer.tick(sign_now=True)
    browser.sign_in(world, "auditor")
    page = browser.get("/audit/signs")
    log.fresh()

    sent = browser.submit("/audit/signs/looked")

    assert "1 of the 1 openings" in said(page.text)
    assert sent.status_code == 303
    assert [entry.codes["finding"] for entry in log.fresh()] == ["IN_ORDER"]
    assert f"In order · {world.members['auditor'].code}" in said(browser.get("/audit/signs").text)


def test_a_month_in_numbers_is_drawn_and_told_in_a_table(browser: Browser, world: World) -> None:
    reference = world.case()
    world.person(reference, legal_name=world.canary())
    row = world.row("intake", reference, "persons")
    world.open("intake", people.reveal, row, "legal_name", justification="WITNESS_REQUEST")
    browser.sign_in(world, "auditor")

    page = browser.get("/audit/figures").text

    assert page.count("<svg") == 3
    assert page.count("<rect") == 3, "one hour, one day of refusals, one day of reveals"
    assert "Names and places shown by day: 1" in said(page)
    assert "style=" not in page


def test_the_report_of_a_case_says_how_far_it_can_be_checked(
    browser: Browser, world: World, sequencer: Sequencer
) -> None:
    reference = world.case()
    for _ in range(60):
        world.document(reference)
    sequencer.tick(sign_now=True)
    world.document(reference)
    browser.sign_in(world, "auditor")

    asked = browser.get(f"/audit/cases?reference={reference}")
    page = browser.get(asked.headers["location"])
    further = html.unescape(re.findall(r'rel="next" href="([^"]+)"', page.text)[0])
    whole = browser.get(f"/audit/cases/{reference}?whole=yes")

    text = said(page.text)
    assert "62 entries, numbered 1 to 62." in text
    assert "Number 61 is the last of this case under the checkpoint over" in text
    assert "1 more came after it." in text
    assert "could have read without an entry" in text
    assert said(browser.get(further).text).count("not in the tree yet") == 1
    assert 'rel="next"' not in whole.text
    assert whole.text.count(f'href="/audit/cases/{reference}') == 0


@pytest.mark.parametrize("typed", ["two words", "' OR 1=1"])
def test_what_is_no_reference_comes_back_with_what_was_typed(browser: Browser, world: World, typed: str) -> None:
    browser.sign_in(world, "auditor")

    answer = browser.get("/audit/cases", params={"reference": typed})

    assert answer.status_code == 422
    assert html.escape(typed) in answer.text or typed in html.unescape(answer.text)


def test_the_proof_of_an_entry_is_a_file_that_proves_it(
    browser: Browser, world: World, sequencer: Sequencer, database: Database
) -> None:
    world.case()
    sequencer.tick(sign_now=True)
    browser.sign_in(world, "auditor")

    file = browser.get("/audit/5/proof")

    assert file.headers["content-disposition"] == 'attachment; filename="entry-5.tlog-proof"'
    head, note = file.text.split("\n\n", 1)
    first, index, *hashes = head.split("\n")
    assert (first, index) == ("c2sp.org/tlog-proof@v1", "index 5")
    _, size, root = note.split("\n")[:3]
    with database.connect("owner") as owner:
        ((commitment,),) = owner.execute(
            "SELECT commitment FROM entries JOIN places ON entry = id WHERE leaf_index = 5"
        ).fetchall()
    decoded = [_bytes(each) for each in hashes]
    verify_inclusion(leaf_hash(bytes(commitment)), 5, int(size), decoded, _bytes(root))
    assert browser.get("/audit/99999/proof").status_code == 404
    world.case()
    with database.connect("sequencer") as placing:
        placing.execute(
            "INSERT INTO places SELECT id, 90000 FROM entries WHERE NOT EXISTS "
            "(SELECT FROM places WHERE entry = id) ORDER BY id LIMIT 1"
        )
    assert browser.get("/audit/90000/proof").status_code == 404, "no checkpoint covers it"


def _bytes(text: str) -> bytes:
    import base64

    return base64.b64decode(text, validate=True)


# filters that are kept


def test_filters_are_kept_from_their_list_and_dropped_again(browser: Browser, world: World, log: Log) -> None:
    browser.sign_in(world, "auditor")
    browser.get("/audit?operation=combine&days=30")
    log.fresh()

    kept = browser.submit("/audit/filters/keep")
    page = browser.get("/audit")

    assert kept.headers["location"] == "/audit?operation=combine&days=30"
    assert "Joined name and account · last 30 days" in said(page.text)
    assert 'href="/audit?operation=combine&amp;days=30"' in page.text
    (row,) = re.findall(r'action="(/audit/filters/[0-9a-f-]{36}/drop)"', page.text)
    browser.submit(row)
    assert row not in browser.get("/audit").text
    assert {"log.keep", "log.drop"} <= {entry.action for entry in log.fresh()}


def test_a_name_typed_as_a_code_is_not_kept(browser: Browser, world: World) -> None:
    browser.sign_in(world, "auditor")
    browser.get("/audit?actor=Idris")

    sent = browser.submit("/audit/filters/keep")

    assert sent.status_code == 422
    assert "Only codes and references can be kept." in sent.text


def test_the_same_request_and_the_same_hour_stand_beside_an_entry(
    browser: Browser, world: World, sequencer: Sequencer, database: Database, standing_clock: Clock
) -> None:
    reference = world.case()
    standing_clock.move(hours=2)
    world.sign_in("intake")
    world.person(reference, legal_name=world.canary())
    world.document(reference)
    placed = sequencer.tick(sign_now=True)
    with database.connect("owner") as owner:
        rows = owner.execute(
            "SELECT leaf_index, body FROM places JOIN entry_bodies USING (entry) ORDER BY leaf_index"
        ).fetchall()
    told = {place: json.loads(bytes(body)) for place, body in rows}
    number = next(place for place, view in told.items() if view["action"] == "person.record")
    browser.sign_in(world, "auditor")

    text = said(browser.get(f"/audit/{number}").text)

    assert placed == len(told)
    hour = text.split("The same person, in that hour")[1].split("Ask about it")[0]
    assert "Recorded a document" in hour or "document" in hour.lower()
    assert "Opened a new case" not in hour, "two hours before"
