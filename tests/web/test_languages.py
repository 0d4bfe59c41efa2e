"""The catalogues are whole, and a page in another language is wholly in it."""

from __future__ import annotations

import ast
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest
from babel.messages import Catalog
from starlette.types import ASGIApp

from app.edge.languages import LANGUAGES, Catalogues, spoken
from app.web import frame
from frontend import words
from tests.cases.canaries import plant
from tests.web.browser import Browser, arrived
from tests.world import World

PLACEHOLDER: Final = re.compile(r"%\(\w+\)s")
# What a page says to whoever looks, apart from its text.
SAID: Final = {"aria-label", "alt", "label", "placeholder", "title"}
# What differs from row to row of one list: a path with these left out is one page.
ROW: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[A-Z0-9]+(?:-[A-Z0-9]+)+\b|(?<=/)\d+\b|(?<==)[^&]*")
# Arabic's six, by the number that asks for each.
FORMS: Final = {0: "zero", 1: "one", 2: "two", 3: "few", 11: "many", 100: "other"}
# Two Latin words in a row: English that nobody marked for the catalogues, unless it is a name or a command.
LATIN: Final = re.compile(r"[A-Za-z]{3,} +[A-Za-z]{2,}")
COMMAND: Final = re.compile(r"(?:amana|python) [a-z_.-]+(?: [a-z. -]+)?")
# A crawl that stops short of these has not looked.
MET: Final = (
    "/today", "/me", "/me/passphrase", "/me/opened", "/cases", "/arrivals", "/testimonies", "/testimonies/new",
    "/hand-offs", "/cases/{}", "/cases/{}/open", "/cases/{}/person", "/cases/{}/testimony", "/cases/{}/consent",
    "/cases/{}/keys", "/cases/{}/timeline",
    "/cases/{}/looked", "/cases/{}/pass-on", "/arrivals/{}", "/testimonies/{}", "/help/words",
)  # fmt: skip


@cache
def catalogue(language: str) -> Catalog:
    """A language's catalogue with every sentence of today."""
    return words.updated(language, words.collected())


def text_of(language: str) -> str:
    return (words.LOCALE / language / "LC_MESSAGES" / "staff.po").read_text()


def forms(part: Any) -> tuple[str, ...]:
    """A sentence, or the forms of one that is counted; what is missing is empty."""
    return tuple(each or "" for each in part) if isinstance(part, tuple) else (part or "",)


def strayed(made: Catalog) -> list[str]:
    """Sentences whose translation has other placeholders. A form of a plural has those of one of its two.

    Forms for none, one and two may leave the number out: their words say it.
    """
    found = []
    for message in made:
        asked, given = forms(message.id), forms(message.string)
        # As sets: a language may have to name somebody twice.
        allowed = [set(PLACEHOLDER.findall(each)) for each in asked]
        said = [set(PLACEHOLDER.findall(each)) for each in given]
        spared = [each | {"%(count)s"} if len(given) > 2 and number < 3 else each for number, each in enumerate(said)]
        if message.id and any(
            each not in allowed and more not in allowed for each, more in zip(said, spared, strict=True)
        ):
            found.append(str(message.id))
    return found


@pytest.mark.parametrize("language", words.TRANSLATED)
def test_nothing_is_untranslated_and_nothing_is_behind(language: str) -> None:
    assert words.gaps(catalogue(language)) == []
    assert words.written(language, catalogue(language)).decode() == text_of(language), "run make words"


@pytest.mark.parametrize("language", words.TRANSLATED)
def test_a_translation_has_the_placeholders_of_its_sentence(language: str) -> None:
    assert strayed(catalogue(language)) == []


def test_every_language_offered_has_a_catalogue() -> None:
    assert set(LANGUAGES) == {"en", *words.TRANSLATED}


@pytest.mark.parametrize("language", words.TRANSLATED)
def test_a_catalogue_says_that_no_native_reader_has_seen_it(language: str) -> None:
    head = text_of(language).split('msgid ""')[0]

    assert "not yet read by a native reviewer" in head
    assert f'"Plural-Forms: {words.PLURALS[language]}\\n"' in text_of(language)


def test_a_gap_is_named() -> None:
    """The control: checks that find nothing in whole catalogues find what is wrong in a broken one."""
    made = Catalog(locale="ar")
    made.add("Sign in", "تسجيل الدخول")
    made.add("Sign out", "")
    made.add(("%(n)s case", "%(n)s cases"), ("%(n)s", "%(n)s", "%(n)s", "", "%(n)s", "%(n)s"))
    made.add("To file (%(number)s)", "للإدراج (%(count)s)")

    assert words.gaps(made) == ["Sign out", "('%(n)s case', '%(n)s cases')"]
    assert strayed(made) == ["('%(n)s case', '%(n)s cases')", "To file (%(number)s)"]


def test_a_sentence_that_was_added_leaves_the_catalogue_behind() -> None:
    """The control: one sentence more, and the file is not what would be written."""
    template = words.collected()
    template.add("A sentence that nobody has translated.")
    made = words.updated("ar", template)

    assert words.gaps(made) == ["A sentence that nobody has translated."]
    assert words.written("ar", made).decode() != text_of("ar")


def counted(folder: Path, header: str) -> dict[int, str]:
    """What each number is told in Arabic, by a catalogue with this header."""
    made = Catalog(locale="ar")
    made.add(("%(n)s day", "%(n)s days"), tuple(FORMS.values()))
    text = words.written("ar", made).decode().replace(words.PLURALS["ar"], header)
    path = folder / "ar" / "LC_MESSAGES" / "staff.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    catalogues = Catalogues(folder, "staff")
    with spoken("ar"):
        return {count: catalogues.ngettext("%(n)s day", "%(n)s days", count) for count in FORMS}


def test_each_number_gets_its_form_of_arabics_six(tmp_path: Path) -> None:
    assert counted(tmp_path, words.PLURALS["ar"]) == FORMS


def test_the_order_of_forms_that_babel_would_write_is_another(tmp_path: Path) -> None:
    """The control: with that header eleven gets the form of a hundred."""
    told = counted(tmp_path, Catalog(locale="ar").plural_forms.rstrip(";") + ";")

    assert (told[11], told[100]) == ("other", "many")


def test_numbers_on_pages_are_told_in_the_forms_of_the_shipped_catalogue() -> None:
    shipped = catalogue("ar").get("%(num)s case")
    catalogues = Catalogues(words.LOCALE, "staff")

    with spoken("ar"):
        told = [catalogues.ngettext("%(num)s case", "%(num)s cases", count) for count in FORMS]

    assert shipped is not None
    assert tuple(told) == forms(shipped.string)
    assert told[-1] != told[-2], "eleven and a hundred are told apart"


class Spoken(HTMLParser):
    """What a page says, piece by piece, and where it leads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: set[str] = set()
        self.root: dict[str, str | None] = {}
        self.links: list[str] = []
        # What is marked as another language is that: a statement for the witness stands there in each.
        self.other, self.depth = "", 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.root = given if tag == "html" else self.root
        self.links += [given["href"] or ""] if tag == "a" and "href" in given else []
        if not self.other and given.get("lang") not in {None, self.root.get("lang")}:
            self.other = tag
        self.depth += tag == self.other
        for name, value in given.items():
            if value and (name in SAID or name.startswith("data-")):
                self.handle_data(value)

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == self.other
        self.other = self.other if self.depth else ""

    def handle_data(self, data: str) -> None:
        if self.other:
            return
        for piece in (data, *data.split("·")):
            self.said |= {" ".join(piece.split()), " ".join(piece.split()).strip(" ,.:()")}


@cache
def english(language: str) -> tuple[frozenset[str], re.Pattern[str]]:
    """Sentences that are not said in this language: whole ones, and those with something of the case in them."""
    pairs = [
        (asked, given)
        for message in catalogue(language) if message.id
        for asked in forms(message.id) for given in forms(message.string)
    ]  # fmt: skip
    spoken_too = {given for _, given in pairs} | set(LANGUAGES.values())
    ours = {asked for asked, _ in pairs} - spoken_too
    open_ = [r"\S+".join(map(re.escape, PLACEHOLDER.split(each))) for each in ours if PLACEHOLDER.search(each)]
    return frozenset(ours), re.compile("|".join(open_))


def left_in_english(page: str, language: str) -> list[str]:
    whole, parts = english(language)
    return sorted(each for each in Spoken(page).said if each in whole or parts.fullmatch(each))


def never_marked(page: str, names: set[str]) -> list[str]:
    """What an Arabic page says in Latin words that is neither somebody's name nor a command."""
    plain = re.compile("|".join([*map(re.escape, sorted(names)), COMMAND.pattern]))
    return sorted(each for each in Spoken(page).said if LATIN.search(plain.sub("", each)))


def crawl(browser: Browser, first: tuple[str, ...]) -> dict[str, str]:
    """Every page that links lead to, one of each kind: its kind, and what came."""
    pages: dict[str, str] = {}
    waiting = list(first)
    while waiting:
        path = waiting.pop(0).split("#")[0]
        kind = ROW.sub("{}", path)
        if not path.startswith("/") or path.startswith("/static") or kind in pages:
            continue
        pages[kind] = browser.get(path).text
        waiting += Spoken(pages[kind]).links
    return pages


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("fr", "ltr")])
def test_every_page_of_an_intake_officer_is_in_one_language(
    staff_door: ASGIApp, world: World, language: str, direction: str
) -> None:
    planted = plant(world)
    world.submit(danger=True)
    empty = world.case()
    for upto in ("TRIAGED", "RECORDED"):
        world.testimony(world.case(), upto=upto)
    browser = arrived(staff_door, world, "intake")
    # The pages before the account is known go by what was chosen at the door.
    browser.get(f"/sign-in?language={language}")
    browser.get("/me")
    browser.submit("/me/preferences", language=language)

    shut = crawl(browser, ("/today", "/me", f"/cases/{empty}", f"/cases/{planted.reference}", "/cases/nothing-here"))
    opening = f"/cases/{planted.reference}/open"
    browser.get(opening)
    browser.submit(opening, justification="INTAKE", cites=str(planted.rows["testimonies"]))
    open_ = crawl(browser, (f"/cases/{planted.reference}", f"/cases/{planted.reference}/testimony"))

    assert not set(MET) - set(shut)
    for pages in (shut, open_):
        assert {(Spoken(page).root.get("lang"), Spoken(page).root.get("dir")) for page in pages.values()} == {
            (language, direction)
        }
        left = {kind: left_in_english(page, language) for kind, page in pages.items()}
        assert not {kind: found for kind, found in left.items() if found}


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_desk_is_in_one_language(staff_door: ASGIApp, world: World, language: str) -> None:
    """No sentence of the catalogue is left in English, and none stands beside it that nobody marked."""
    planted = plant(world)
    names = {member.name for member in world.members.values()}
    for login in ("intake-lead", "legal-lead", "protection-lead", "narrative-lead", "auditor", "administrator"):
        browser = arrived(staff_door, world, login)
        browser.get(f"/sign-in?language={language}")
        browser.get("/me")
        browser.submit("/me/preferences", language=language)

        pages = crawl(browser, ("/today", "/me", f"/cases/{planted.reference}"))

        assert len(pages) > 12
        unmarked = never_marked if language == "ar" else lambda _page, _names: []
        found = {kind: left_in_english(page, language) + unmarked(page, names) for kind, page in pages.items()}
        assert not {kind: each for kind, each in found.items() if each}, login


@pytest.mark.parametrize("code", ['{{ "custody" | offered }}', '{{ "CAMP" | said("custody") }}'])
def test_a_word_over_a_constant_is_said_in_the_language_of_each_page(code: str) -> None:
    """What a template asks with constants alone is not kept from whoever came first."""
    template = frame.templates.from_string(code)
    said = []
    for language in ("fr", "ar"):
        with spoken(language):
            said.append(template.render())

    assert "Dans un camp" in said[0]
    assert "Dans un camp" not in said[1]


def test_english_is_found_where_it_is(staff_door: ASGIApp) -> None:
    """The control: the same look at an English page finds its sentences."""
    browser = Browser(staff_door)

    assert "Sign in" in left_in_english(browser.get("/sign-in").text, "ar")
    assert left_in_english(browser.get("/sign-in?language=ar").text, "ar") == []
    assert never_marked("<p>شغّل amana doctor</p><p>Amélie Roussel</p><p>Not marked</p>", {"Amélie Roussel"}) == [
        "Not marked"
    ]


# A sentence as it stands, one of two, or one that a table holds.
WHOLE: Final = (ast.Constant, ast.IfExp, ast.Name)


def put_together(code: str) -> list[int]:
    """The lines of refusals whose sentence is made while running: no catalogue knows it."""
    calls = (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and node.args)
    named = (call for call in calls if getattr(call.func, "id", "") in words.REFUSALS)
    return [call.lineno for call in named if not (isinstance(call.args[0], WHOLE) or _marked(call.args[0]))]


def _marked(said: ast.expr) -> bool:
    return isinstance(said, ast.Call) and getattr(said.func, "id", "") == "N_"


def test_every_refusal_is_a_sentence_that_a_catalogue_can_know() -> None:
    code = {str(path): path.read_text() for path in (words.ROOT / "app").rglob("*.py")}

    assert {path: lines for path, text in code.items() if (lines := put_together(text))} == {}


def test_a_refusal_put_together_is_found() -> None:
    assert put_together('raise Conflict(f"The {name} team")') == [1]
    assert put_together('raise Conflict("The " + name)') == [1]
    assert put_together('raise Conflict("That team")') == []
