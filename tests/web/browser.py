"""A browser without a script: it keeps cookies, fills in the forms it was shown and sends them."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from typing import Any

import httpx
from starlette.types import ASGIApp

from tests.world import World

ORIGIN = "http://localhost:8000"
COOKIE = "amana_session"


@dataclass
class Form:
    """One form of a page: where it goes, and what its fields hold."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)

    def fits(self, filled: dict[str, Any]) -> bool:
        """Whether nothing that is filled in contradicts a field that is filled in already."""
        return all(self.fields.get(name) in (None, "", value) for name, value in filled.items())


class Forms(HTMLParser):
    """The forms and the visible text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "form":
            self.found.append(Form(given.get("action", "")))
        elif tag == "input" and self.found and given.get("type") not in {"checkbox", "radio"}:
            self.found[-1].fields[given["name"]] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        self.text += data


@dataclass
class Browser:
    """One person's browser at one door."""

    program: ASGIApp
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    page: httpx.Response | None = None
    # A second factor of whoever sits here, for a form that asks for one beside what it is about.
    factor: Callable[[], dict[str, str]] | None = None
    # Where it stands: a session that somebody else of the test steps up in goes on here too.
    world: World | None = None

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; a redirect is followed by hand, so that each answer can be looked at."""
        self.page = asyncio.run(self._ask(method, path, **more))
        return self.page

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def submit(self, path: str, headers: dict[str, str] | None = None, **filled: Any) -> httpx.Response:
        """Send the form of the current page that goes to ``path``, with these fields filled in.

        The first form whose hidden fields fit what is filled in is meant (a case has one for each row).
        """
        fields = self._form(path, filled).fields | filled
        if "code" in fields and "passphrase" not in fields and not {"code", "recovery_code"} & set(filled):
            fields |= self.factor() if self.factor is not None else {}
        return self.ask("POST", path, data=fields, headers={"Origin": ORIGIN, **(headers or {})})

    def press(self, path: str, name: str, value: str, **filled: Any) -> httpx.Response:
        """The same with a button that has a name: it is sent after a hidden field of that name, which stays."""
        fields: dict[str, Any] = self._form(path, filled).fields | filled
        fields[name] = [*([fields[name]] if name in fields else []), value]
        return self.ask("POST", path, data=fields, headers={"Origin": ORIGIN})

    def _form(self, path: str, filled: dict[str, Any]) -> Form:
        assert self.page is not None
        forms = [form for form in Forms(self.page.text).found if form.action == path]
        return next(form for form in forms if form.fits(filled))

    def sign_in(self, world: World, login: str) -> httpx.Response:
        """Through the page, as a person does; the code is asked for afresh, since each serves once."""
        member = world.members[login]
        self.factor, self.world = partial(world.factor, login), world
        self.get("/sign-in")
        return self.submit("/sign-in", login_name=login, passphrase=member.passphrase, code=world.code(login))

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.program, raise_app_exceptions=False)
        before = self._goes_on()
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=self.cookies) as client:
            answer = await client.request(method, path, **more)
            self.cookies = client.cookies
            then = self.cookies.get(COOKIE) or before
            # A sign-in begins a session of its own.
            if self.world is not None and path != "/sign-in" and then != before:
                self.world.renewed(before, then)
            return answer

    def _goes_on(self) -> str:
        """The token of this browser's session as it is by now."""
        kept = self.cookies.get(COOKIE) or ""
        newest = self.world.newest(kept) if self.world is not None else kept
        if newest != kept:
            self.hold(newest)
        return newest

    def hold(self, token: str) -> None:
        """Have this session's cookie, as if the office had set it."""
        self.cookies.set(COOKIE, token, domain="localhost.local")


def said(page: str) -> str:
    """What a page says to a reader, with every run of blanks as one."""
    return " ".join(html.unescape(Forms(page).text).split())


def text_of(browser: Browser) -> str:
    """The same of the page that is open."""
    assert browser.page is not None
    return re.sub(r"\s+", " ", Forms(browser.page.text).text)


def number_of(page: str, words: str) -> str:
    """What stands before these words on a tile."""
    found = re.search(r'am-tile__number">\s*([^<]+?)\s*</span>\s*<span class="am-tile__words">' + words, page)
    assert found, words
    return found[1]


def arrived(program: ASGIApp, world: World, login: str) -> Browser:
    """The browser of somebody who has signed in; the page for that has tests of its own."""
    browser = Browser(program, factor=partial(world.factor, login), world=world)
    browser.hold(world.members[login].token)
    return browser
