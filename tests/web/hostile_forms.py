"""Every form that somebody of the office is shown, and what no honest page sends with one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote

from starlette.types import ASGIApp

from tests.api.doors import PAGES
from tests.cases.canaries import Planted
from tests.drills import trials
from tests.hostile import TEMPLATES, XSS
from tests.journeys.browser import pages
from tests.web.browser import Browser, Forms, arrived
from tests.web.hostile_office import begins
from tests.world import World

DESKS = ("intake", "legal", "protection", "auditor", "administrator", "intake-lead")
Pairs = list[tuple[str, str]]
POSTS = sorted((path for method, path in PAGES if method == "POST"), key=lambda path: path.count("{"))
# Typed by a person, and told apart from what a page says of itself.
_TYPED = {"text", "search", "password", "number", "email", "tel", "date", ""}

# What is no text at all: refused before anybody asks what it was for.
NO_TEXT = {"a lone surrogate": "a\ud800b", "half a pair": "\udfff", "NUL": "a\0b", "NUL alone": "\0"}
# What is text: refused by its form, or kept and given back as it was.
TEXT = {
    "right to left": "said \u202eback\u202c again",
    "many marks": "a" + "\u0301" * 100_000,
    "script": XSS[0],
    "attribute": XSS[6],
    "template": " ".join(TEMPLATES),
    "short": "{{7*7}}<b>",
}
# Of the ways to be no text, and to be one, so many for each form, the next ones for the next form.
EACH = trials(1, 4), trials(1, 6)
# Names of what is nobody's to send.
EXTRA = ("role", "is_admin", "state", "case_id", "compartment", "__class__", "roles_held", "by_name", "taken_by")


@dataclass
class Shown:
    """One form as a page showed it to somebody.

    kept    what the page itself put in, tokens among it
    chosen  boxes and lists, each with its first choice
    typed   where somebody writes
    """

    login: str
    page: str
    action: str
    kept: Pairs = field(default_factory=list)
    chosen: Pairs = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    packed: bool = False

    @property
    def pattern(self) -> str:
        return next(path for path in POSTS if re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), self.action))

    def filled(self, text: str) -> Pairs:
        """With the first of every choice and the same text wherever somebody writes."""
        return [*self.kept, *self.chosen, *((name, text) for name in self.typed)]


def some(kinds: dict[str, str], number: int, each: int) -> dict[str, str]:
    """So many of these, beginning with another one for each form."""
    names = list(kinds)
    return {name: kinds[name] for name in (names * 2)[number % len(names) :][:each]}


def body_of(pairs: Pairs) -> bytes:
    """A form as bytes, also where a value is no text."""
    return "&".join(f"{quote(name, safe='')}={_quoted(value)}" for name, value in pairs).encode()


def _quoted(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"), safe="")


def forms_of(login: str, page: str, html: str) -> list[Shown]:
    """The forms of a page that change something."""
    found: list[Shown] = []
    form: Shown | None = None
    for tag, given in Forms(html).tags:
        name = given.get("name", "")
        if tag == "form":
            changes = given.get("method", "").lower() == "post"
            form = Shown(login, page, given.get("action", "")) if changes else None
            if form is not None:
                form.packed = "enctype" in given
                found.append(form)
        elif form is None or not name:
            continue
        elif tag == "textarea" or (tag == "input" and given.get("type", "") in _TYPED):
            form.typed.append(name)
        elif tag == "input" and given.get("type") == "hidden":
            form.kept.append((name, given.get("value", "")))
        elif tag == "input" and name not in dict(form.chosen):
            form.chosen.append((name, given.get("value", "")))
    return found


def every_form(program: ASGIApp, world: World, planted: Planted) -> dict[str, Shown]:
    """One form of each address, by the first desk that is shown it; a form that is sent in parts is another matter."""
    found: dict[str, Shown] = {}
    for login in DESKS:
        browser = arrived(program, world, login)
        pages.walk(begins(planted), partial(_read, browser, login, found))
    return found


def _read(browser: Browser, login: str, found: dict[str, Shown], address: str) -> str | None:
    answer = browser.get(address)
    if answer.status_code != 200 or "html" not in answer.headers["content-type"]:
        return None
    for form in forms_of(login, address, answer.text):
        if not form.packed:
            found.setdefault(form.pattern, form)
    return answer.text
