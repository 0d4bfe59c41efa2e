"""Every page of every desk, in an office in which everything that is kept was written for a page to run."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.types import ASGIApp

from app.web.oversight import FILTERS
from tests.cases.canaries import Planted
from tests.drills import FULL, trials
from tests.hostile import SQL_PAYLOADS, XSS, hearing
from tests.journeys.browser import pages
from tests.web.browser import Browser, Forms, arrived
from tests.web.hostile_office import DESKS, PAYLOADS, begins, reveal_all, settled
from tests.web.test_pages import KNOWN_ATTRIBUTES, KNOWN_TAGS, TEMPLATES
from tests.world import World

# Desks of every run; the others in the drill, and in a real browser (journeys/browser).
HERE = ("intake", "protection")
# Payloads that each desk comes to read, at least: a walk that met none of them would prove nothing.
READ_MIN = {
    "intake": 40, "intake-lead": 40, "legal": 30, "protection": 20, "narrative-lead": 5, "auditor": 0,
    "administrator": 3,
}  # fmt: skip
SHOWN_MIN = 45
# Pages that look something up or show a list, by who may ask for them.
LISTS = {
    "intake": ("/today", "/cases", "/arrivals", "/testimonies", "/drafts", "/hand-offs", "/me/opened", "/search"),
    "legal": ("/reviews", "/second-signatures", "/break-glass", "/rota", "/take-overs"),
    "protection": ("/check-ins", "/threats"),
    "auditor": ("/audit", "/audit/signs", "/audit/figures", "/audit/cases", "/audit/inquiries", "/audit/conflicts"),
    "administrator": ("/admin/people", "/sign-in", "/help/words"),
}
_ASKED = re.compile(r"""query_params(?:\.get\(|\.getlist\(|\[)"(\w+)\"""")
NAMES = sorted({*FILTERS, *_ASKED.findall("".join(file.read_text() for file in Path("app/web").glob("*.py")))})


_SOURCES = "".join(template.read_text() for template in TEMPLATES)
OURS = set(re.findall(r"<([a-z][a-z0-9]*)", _SOURCES)) | set(re.findall(r"([a-z][a-z-]*)(?=[=\s>\"'])", _SOURCES))


def strange(page: Forms) -> set[str]:
    """Tags and attributes that no template of ours or of the design system writes, and a script that is no file."""
    tags = {tag for tag, given in page.tags if tag != "script" or not given.get("src", "").startswith("/static/")}
    names = {name for _, given in page.tags for name in given if not name.startswith(("data-", "aria-"))}
    unknown = (tags | names) - {"autocapitalize"} - OURS - KNOWN_TAGS - KNOWN_ATTRIBUTES
    return unknown | (tags & {"script", "style"}) | {name for name in names if name.startswith("on")}


def walked(browser: Browser, planted: Planted) -> dict[str, str]:
    """What each page somebody comes to says, by its address."""
    read: dict[str, str] = {}

    def ask(address: str) -> str | None:
        answer = browser.get(address)
        if answer.status_code != 200 or "html" not in answer.headers["content-type"]:
            return None
        read[address] = answer.text
        return answer.text

    pages.walk(begins(planted), ask)
    return read


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of a kind is enough where the walk begins at the case it is about."""
    monkeypatch.setattr(pages, "OF_A_KIND_MAX", trials(1, 3))


@pytest.mark.abuse("A07")
@pytest.mark.abuse("A08")
@pytest.mark.drill
@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("turn", range(trials(1, len(PAYLOADS))))
def test_nothing_that_is_kept_becomes_part_of_any_page(staff_door: ASGIApp, world: World, turn: int) -> None:
    planted = settled(world, turn)
    shown: set[str] = set()
    wrong: list[str] = []

    for login in DESKS if FULL else HERE:
        seen = 0
        browser = arrived(staff_door, world, login)
        reveal_all(browser, planted, login)
        for address, text in walked(browser, planted).items():
            page = Forms(text)
            literal = _plain(page.text + "\n".join(value for _, given in page.tags for value in given.values()))
            here = {name for name, payload in planted.canaries.items() if _plain(payload) in literal}
            # A part of one that stands there without the rest was cut or changed on its way.
            torn = [name for name in set(planted.canaries) - here if _number(planted, name) in literal]
            wrong += [f"{login} at {address}: {each}" for each in (*strange(page), *torn)]
            seen += len(here)
            shown |= here
        assert seen >= READ_MIN[login], f"{login} read {seen}"
    assert wrong == []
    assert len(shown) >= SHOWN_MIN


def test_what_a_page_lets_through_is_strange_to_it() -> None:
    """The control of the reader: each payload as it would stand there unescaped."""
    for payload in XSS:
        page = Forms(f"<p>{payload} ~1~</p>")
        assert strange(page) or payload not in page.text, payload
    assert strange(Forms("<p>said: &lt;b onclick=1&gt;</p>")) == set()


def _plain(text: str) -> str:
    """A text as a page shows it: a blank for every gap, and a sign that turns the others around by its name."""
    return " ".join(text.replace("\u202e", "[U+202E]").split())


def _number(planted: Planted, name: str) -> str:
    """The number of a payload, which is only its own and stands at its end."""
    return planted.canaries[name].rpartition(" ")[2]


@pytest.mark.abuse("A09")
@pytest.mark.drill
def test_a_payload_in_what_a_page_is_asked_for_finds_nothing(staff_door: ASGIApp, world: World) -> None:
    world.whole_case()

    with hearing() as heard:
        for login, addresses in LISTS.items():
            browser = arrived(staff_door, world, login)
            for number, address in enumerate(addresses):
                assert browser.get(address).status_code == 200, address
                for turn in range(trials(1, len(SQL_PAYLOADS))):
                    typed = quote(SQL_PAYLOADS[(number + turn) % len(SQL_PAYLOADS)], safe="")
                    for names in (NAMES, ["page"], ["reference", "actor", "standing", "step", "tab"]):
                        asked = "&".join(f"{name}={typed}" for name in names)
                        answer = browser.get(f"{address}?{asked}")
                        assert answer.status_code in {200, 303, 404, 422}, f"{address} {names}"

    assert heard.typed() == []
    assert len(NAMES) >= 10
