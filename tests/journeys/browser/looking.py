"""Looking at a page as a browser does, and what may be wrong with what was seen."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import environ, geteuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Page,
        Request,
        Response,
        Route,
        StorageState,
    )

HTML_BYTES_MAX = 60 * 1024
WEIGHT_BYTES_MAX = 35 * 1024
DESK, PHONE, NARROWEST = 1280, 360, 320
HEIGHT = 900
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
ARGUMENTS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# What a page must have for whoever sees or hears only its structure; each sentence with what must be true of it.
STRUCTURE = """() => {
  const all = (s) => [...document.querySelectorAll(s)], root = document.documentElement;
  const acts = (e) => [...e.attributes].some((a) => /^on/.test(a.name));
  const labelled = (f) => f.labels.length || f.ariaLabel || f.getAttribute("aria-labelledby") || f.title;
  const said = {
    "it has no title": document.title.trim(),
    "it has not one main heading": all("h1").length === 1,
    "it has not one main part": all("main").length === 1,
    "it says no language": root.lang,
    "it says no direction": ["ltr", "rtl"].includes(root.dir),
    "a field has no label": all("input:not([type=hidden]), select, textarea").every(labelled),
    "a button says nothing": all("button").every((b) => b.textContent.trim() || b.ariaLabel),
    "its skip link leads nowhere": all(".govuk-skip-link").some((a) => document.querySelector(a.getAttribute("href"))),
    "an id stands twice": new Set(all("[id]").map((e) => e.id)).size === all("[id]").length,
    "it is styled in place": !all("[style], style").length,
    "it acts in place": !all("script:not([src])").length && !all("*").some(acts),
  };
  return Object.keys(said).filter((sentence) => !said[sentence]);
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Seen:
    """One page as it came and as it stood on the screen."""

    address: str
    status: int = 0
    html_bytes: int = 0
    weight_bytes: int = 0
    foreign: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    structure: list[str] = field(default_factory=list)
    axe: list[str] = field(default_factory=list)
    overflow: dict[int, int] = field(default_factory=dict)


def faults(seen: Seen) -> list[str]:
    """Everything that is wrong with a page, a sentence each; none for a good one."""
    found = [f"asks {where}, which is not ours" for where in seen.foreign]
    found += [f"does what its policy forbids: {what}" for what in seen.refused]
    found += [f"complains: {what}" for what in seen.errors]
    found += [f"by its structure: {what}" for what in seen.structure]
    found += [f"is closed to some: {what}" for what in seen.axe]
    found += [f"is {over} px too wide at {width}" for width, over in seen.overflow.items() if over > 0]
    if seen.html_bytes > HTML_BYTES_MAX:
        found.append(f"holds {seen.html_bytes} bytes of HTML")
    if seen.weight_bytes > WEIGHT_BYTES_MAX:
        found.append(f"weighs {seen.weight_bytes} bytes with all its files")
    return found


def chromium() -> str | None:
    """Debian's browser, or the one that the surroundings name."""
    return environ.get("AMANA_CHROMIUM") or shutil.which("chromium")


def arguments() -> list[str]:
    """Its sandbox needs an account that is not root."""
    return [*ARGUMENTS, *(["--no-sandbox"] if geteuid() == 0 else [])]


class Eyes:
    """One person's browser at one door: its cookies, its language, script or none."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context, self.origin = context, origin
        self._sizes: dict[str, int] = {}
        self._documents: set[str] = set()

    @contextmanager
    def on(self, address: str, *, width: int = DESK) -> Iterator[tuple[Page, Seen]]:
        """A page, and what is noticed on it for as long as it is looked at."""
        page = self.context.new_page()
        page.set_viewport_size({"width": width, "height": HEIGHT})
        seen = Seen(address)
        page.on("request", lambda request: self._asked(request, seen))
        page.on("console", lambda message: self._said(message, seen))
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        try:
            self.go(page, seen, address)
            yield page, seen
        finally:
            page.close()

    def go(self, page: Page, seen: Seen, address: str) -> None:
        """Load an address, and weigh what came with it."""
        came: list[Response] = []
        page.on("response", lambda answer: came.append(answer))
        answer = page.goto(self.origin + address, wait_until="load")
        assert answer is not None
        self.weigh(seen, answer, came)

    def weigh(self, seen: Seen, answer: Response, came: list[Response]) -> None:
        """Bytes of a page and of the files it asked for, each as gzip makes it at its smallest."""
        body = answer.body()
        seen.status, seen.html_bytes = answer.status, len(body)
        files = {each.url: each for each in came if each.request.resource_type != "document"}
        for url in files.keys() - self._sizes.keys():
            self._sizes[url] = _gz(files[url].body())
        seen.weight_bytes = _gz(body) + sum(self._sizes[url] for url in files)

    def _asked(self, request: Request, seen: Seen) -> None:
        if _origin(request.url) != self.origin:
            seen.foreign.append(request.url)
        if request.is_navigation_request():
            self._documents.add(request.url)

    def _said(self, message: ConsoleMessage, seen: Seen) -> None:
        if re.search("Content[- ]Security[- ]Policy|Trusted", message.text):
            seen.refused.append(message.text)
        # The browser also complains of the status of a page that tells of a refusal: no defect of the page.
        elif message.type == "error" and message.location["url"] not in self._documents:
            seen.errors.append(message.text)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _gz(body: bytes) -> int:
    return len(gzip.compress(body, 9))


def measure(page: Page, seen: Seen, *, widths: tuple[int, ...] = (DESK, PHONE, NARROWEST)) -> None:
    """Width and structure, which need no script of the page's own to be seen."""
    seen.structure = page.evaluate(STRUCTURE)
    for width in widths:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        seen.overflow[width] = page.evaluate(OVERFLOW)


def judge(page: Page, seen: Seen, *, widths: tuple[int, ...] = (DESK, PHONE)) -> None:
    """Axe at each width. What it does itself is not held against the page."""
    from axe_playwright_python.sync_playwright import Axe

    noticed = (list(seen.foreign), list(seen.refused), list(seen.errors))
    for width in widths:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for violation in Axe().run(page, options=AXE).response["violations"]:
            seen.axe += [f"{violation['id']} at {width}: {node['html'][:160]}" for node in violation["nodes"]]
    seen.foreign, seen.refused, seen.errors = noticed


def judge_still(page: Page, seen: Seen, *, widths: tuple[int, ...] = (DESK, PHONE)) -> None:
    """Axe on a page as it stands where script is off, where axe itself cannot run.

    The very same HTML, an answer to a form too, is laid out once more in a browser that runs axe and not one script of
    the page.
    """
    assert page.context.browser is not None
    # What stands in for a script is on the page where there is none, and would be hidden where axe runs.
    html = re.sub(r"</?noscript>", "", page.content())

    def answer(route: Route) -> None:
        if route.request.is_navigation_request():
            route.fulfill(status=200, content_type="text/html; charset=utf-8", body=html)
        elif route.request.resource_type == "script":
            route.abort()
        else:
            route.continue_()

    glass = page.context.browser.new_context()
    try:
        still = glass.new_page()
        still.route("**/*", answer)
        still.goto(page.url, wait_until="load")
        judge(still, seen, widths=widths)
    finally:
        glass.close()


@contextmanager
def eyes(
    browser: Browser, origin: str, *, script: bool = True, cookies: StorageState | None = None, **more: Any
) -> Iterator[Eyes]:
    """A browser of one's own for as long as it is needed."""
    context = browser.new_context(java_script_enabled=script, storage_state=cookies, **more)
    context.set_default_timeout(15_000)
    try:
        yield Eyes(context, origin)
    finally:
        context.close()
