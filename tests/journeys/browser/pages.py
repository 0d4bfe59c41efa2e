"""Every page there is, by role: found along the links from Today, one of each kind.

Whoever adds a page adds nothing here if a link leads to it. Here stand the pages that no link leads to, those
that only answer a form, and those that the demonstration has nothing to show on, each with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.routing import Route

from app.web.routes import router

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = {"en": "ltr", "ar": "rtl", "fr": "ltr"}

# Who stands for a role, by sign-in name.
PEOPLE = {
    "intake": "intake_officer",
    "legal": "legal_reviewer",
    "protection": "caseworker",
    "protection-lead": "caseworker",
    "narrative": "narrative_editor",
    "reid": "reid_reviewer",
    "approver": "approver",
    "auditor": "auditor",
    "administrator": "administrator",
    "custodian": "key_custodian",
}

# Where the walk begins: for a stranger, and for whoever has signed in.
ANYBODY: tuple[str, ...] = ("/sign-in", "/invitation", "/signed-out")
EVERYBODY: tuple[str, ...] = ("/today",)
# Looked at besides, by sign-in name: what no link leads to, and others of a kind that look different.
BESIDES: dict[str, tuple[str, ...]] = {
    "approver": ("/me/passphrase/changed", "/help/words", "/help/keys", "/help/outsiders", "/help/accessibility"),
    "auditor": ("/audit?refused=yes",),
}

# Addresses that are no pages, each with its reason.
NOT_PAGES: dict[str, str] = {
    "/": "goes on to Today",
    "/static/{name}": "files, which every page that asks for them is weighed with",
    "/files/{reference}/slices/{row}": "tells the page's script how much of a file has arrived",
    "/files/{reference}/{row}/look": "a working copy itself, inside the page of its files",
    "/audit/{number}/proof": "a file to take along",
    "/robots.txt": "a file for machines",
    "/favicon.ico": "a file for browsers that were told no other",
}
OF_A_KIND_MAX = 14
# Parts of an address that choose what a page is, and not whose.
WORDS_OF_OURS = frozenset({"kind", "name", "tier", "topic", "step"})
# Pages that nobody of the demonstration comes to by a link, each with its reason.
UNSEEN: dict[str, str] = {
    "/cases/{reference}/proposals/{row}": "nothing of the demonstration waits for a second signature",
    "/cases/{reference}/legal/tighten/{row}": "the question what may leave has to be asked first",
    "/alarms": "nobody of the demonstration is missed for two hours",
    "/alarms/{row}": "nobody of the demonstration is missed for two hours",
    "/break-glass/{row}": "nobody of the demonstration has broken glass",
    "/audit/inquiries/{row}": "nobody of the demonstration is asked about anything",
    "/audit/inquiries/{row}/report": "nobody of the demonstration is asked about anything",
    "/inquiries/{row}": "nobody of the demonstration is asked about anything",
    "/take-overs/{row}": "nobody of the demonstration has left or is away",
}


@dataclass(frozen=True)
class After:
    """A page that comes only as the answer to something done on another; ``login`` is None for a stranger."""

    name: str
    login: str | None
    address: str
    do: Callable[[Page], None]
    status: int


def send(page: Page) -> None:
    """Press the last button of the page without typing anything."""
    with page.expect_navigation():
        page.locator("main form button").last.click()


def beside(path: str) -> Callable[[Page], None]:
    """Go to another address from here."""

    def go(page: Page) -> None:
        page.goto(re.sub(r"^(\w+://[^/]+).*", rf"\1{path}", page.url))

    return go


def visit(reason: str, tab: str) -> Callable[[Page], None]:
    """Open the case for a reason that cites an item of it, and look at a part with what it holds."""

    def go(page: Page) -> None:
        page.locator(f"input[value={reason}]").check()
        page.locator("select").select_option(index=1)
        send(page)
        page.goto(re.sub(r"(/cases/[^/?]+).*", rf"\1/{tab}", page.url))

    return go


AFTER: tuple[After, ...] = (
    After("nothing typed at sign-in", None, "/sign-in", send, 422),
    After("nothing typed at an invitation", None, "/invitation", send, 422),
    After("no reference typed", "intake", "/cases", send, 404),
    After("a case that is not theirs", "legal", "/cases", beside("/cases/AAAA-AAAA-A"), 404),
    After("no reason given", "legal", "/cases/{reference}/open", send, 422),
    After("an account that intake opened", "intake", "/cases/{reference}/open", visit("INTAKE", "testimony"), 200),
    After("a person in a visit of intake", "intake", "/cases/{reference}/open", visit("INTAKE", "person"), 200),
    After("consents that intake opened", "intake", "/cases/{reference}/open", visit("INTAKE", "consent"), 200),
    After("a plan that is open", "protection", "/cases/{reference}/open", visit("CARE", "plan"), 200),
    After("a threat that is open", "protection", "/cases/{reference}/open", visit("SAFETY", "threat"), 200),
    After("an account that is open", "legal", "/cases/{reference}/open", visit("LEGAL_ASSESSMENT", "testimony"), 200),
    After(
        "/cases/{reference}/legal/factor/TIMELINESS",
        "legal",
        "/cases/{reference}/open",
        visit("LEGAL_ASSESSMENT", "legal/factor/TIMELINESS"),
        200,
    ),
)


def kinds(door: APIRouter = router) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Each kind of page the staff's door serves, in the order in which the door looks for it."""
    for route in door.routes:
        if isinstance(route, Route) and "GET" in (route.methods or ()):
            yield route.path, route.path_regex
        elif isinstance(inner := getattr(route, "original_router", None), APIRouter):
            yield from kinds(inner)


def pattern_of(address: str) -> str | None:
    """At which of the door's patterns an address is; None for what is no page of this door."""
    path = re.sub(r"[?#].*", "", address)
    pattern = next((pattern for pattern, shape in kinds() if shape.match(path)), None)
    return None if pattern in NOT_PAGES else pattern


def kind_of(address: str) -> str | None:
    """Which kind of page an address is of; None for what is no page of this door.

    One pattern serves several kinds where a part of it is a word of ours and no row's: each shows another form.
    """
    pattern = pattern_of(address)
    shape = next((shape for known, shape in kinds() if known == pattern), None)
    if pattern is None or shape is None:
        return None
    found = shape.match(re.sub(r"[?#].*", "", address))
    told = found.groupdict() if found else {}
    return re.sub(r"\{(\w+)\}", lambda part: told[part[1]] if part[1] in WORDS_OF_OURS else part[0], pattern)


def links(html: str) -> Iterable[str]:
    """Where a page leads, on this door."""
    return (link.replace("&amp;", "&") for link in re.findall(r'<a\b[^>]*?\shref="(/[^"#]*)', html))


def walk(begin: Iterable[str], read: Callable[[str], str | None]) -> dict[str, str]:
    """Along the links from where one begins: the first address of each kind of page.

    read  gives the HTML of an address, or None if it is no page for whoever asks
    """
    found: dict[str, str] = {}
    asked: list[str] = []
    waiting = list(begin)
    while waiting:
        address = waiting.pop(0)
        kind = kind_of(address)
        # What a case shows depends on its state: several of a kind are read for their links, one is looked at.
        if kind is None or address in asked or sum(kind == kind_of(each) for each in asked) >= OF_A_KIND_MAX:
            continue
        asked.append(address)
        html = read(address)
        if html is not None:
            found.setdefault(kind, address)
            waiting.extend(links(html))
    return found
