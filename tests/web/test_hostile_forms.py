"""Every form of every page, filled in by somebody who wishes us ill: refused whole, or kept as it was written."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.sql import SQL, Identifier
from starlette.types import ASGIApp

from app.cases import actions as cases
from app.cases.forms import BeginVisit
from app.db import Table
from app.settings import Settings
from tests.api.conftest import Staff
from tests.api.doors import OPENINGS, Scene, send
from tests.conftest import Clock, Database
from tests.invariants import Invariants, invariants
from tests.journeys.browser import pages
from tests.web.browser import ORIGIN, Browser, Forms, arrived
from tests.web.hostile_forms import DESKS, EACH, EXTRA, NO_TEXT, TEXT, Pairs, Shown, body_of, every_form, forms_of, some
from tests.web.hostile_office import VISITS
from tests.web.test_forgery import changes
from tests.web.test_hostile_office import strange
from tests.world import World

FORM = {"Origin": ORIGIN, "content-type": "application/x-www-form-urlencoded"}
REFUSED = {400, 401, 403, 404, 409, 413, 422, 429}
# Done, and where one goes then; or the page itself.
DONE = {200, 204, 303}
# Sent in parts: a file, with tests of their own.
PACKED = ("/files/{reference}",)
# Buttons alone: they read no field but their token, so that whatever else comes with them is nothing to anybody.
BUTTONS = {
    "/sign-out", "/stay", "/me/sessions/end", "/me/security-keys/begin", "/cases/{reference}/leave",
    "/cases/{reference}/testimony", "/cases/{reference}/proposals/{row}/drop", "/drafts/{row}/discard",
    "/files/{reference}/{row}/download", "/files/{reference}/{row}/copy", "/cases/{reference}/consent/{tier}/withdraw",
    "/break-glass/{row}/end", "/audit/filters/{row}/drop", "/audit/verify", "/admin/people/{code}/sign-out",
    "/arrivals/{reference}/open",
}  # fmt: skip

# What a refusal leaves: its entry, that somebody was there, and what the page that is shown again opened again.
OF_A_REFUSAL = {"entries", "entry_bodies", "entry_subjects", "subject_counters", "combinations", "sign_ins"}


class Sender:
    """Sends forms as whoever was shown them, signing in again where a form ended that."""

    def __init__(self, program: ASGIApp, world: World, moved: Clock, kept: Invariants) -> None:
        self._program, self._world, self._clock, self._kept = program, world, moved, kept
        self._there: dict[str, Browser] = {}
        self._tokens: dict[str, str] = {}
        for login in DESKS:
            self._arrive(login)

    def send(self, form: Shown, pairs: Pairs) -> int:
        """The status that came back; everything else about the answer is judged here."""
        own = {"csrf": self._tokens[form.login], "once": secrets.token_urlsafe(24)}
        body = body_of([(name, own.get(name, value)) for name, value in pairs])
        browser = self._there[form.login]
        answer = browser.ask("POST", form.action, content=body, headers=FORM)
        self._kept.hear(answer, f"POST {form.pattern}", form.login)
        assert answer.status_code in REFUSED | DONE, f"{form.pattern}: {answer.status_code}"
        assert strange(Forms(answer.text)) == set(), form.pattern
        if answer.headers.get("location") in {"/sign-in", "/signed-out"}:
            self._arrive(form.login)
        return answer.status_code

    def _arrive(self, login: str) -> None:
        self._clock.move(seconds=30)
        self._world.sign_in(login)
        self._there[login] = arrived(self._program, self._world, login)
        self._tokens[login] = Forms(self._there[login].get("/me").text).found[0].fields["csrf"]


@pytest.fixture
def scene(world: World) -> Scene:
    """An office with a mark in every field, each desk on a visit of its case."""
    made = Scene.set(world)
    planted = made.planted
    for login, (why, cited) in VISITS.items():
        reference = planted.report if cited == "public_reports" else planted.reference
        reason = BeginVisit(justification=why, cites=planted.rows[cited])
        world.do(login, cases.visit, reason, subject=reference)
    return made


@pytest.fixture
def kept(
    scene: Scene, world: World, database: Database, settings: Settings, tmp_path: Path
) -> Iterator[Invariants]:  # fmt: skip
    """I1 to I6 from here on. A page that is shown once more has all on it that its reader had open."""
    more = {"kept": (settings.attachments_folder,), "again": frozenset({409, 422})}
    with invariants(world, database, tmp_path, shown=frozenset(scene.planted.canaries.values()), **more) as looked_at:
        yield looked_at


def rows_of(database: Database) -> dict[str, list[object]]:
    """Every row of every table."""
    with database.connect("owner") as owner:
        return {
            table.name: owner.execute(
                SQL("SELECT t::text FROM {} t ORDER BY 1").format(Identifier(table.name))
            ).fetchall()
            for table in Table.metadata.sorted_tables
        }


def forms_of_all(program: ASGIApp, world: World, scene: Scene) -> list[Shown]:
    """One form of each address, as a page shows it; where no page does here, a plain one of three texts."""
    found = every_form(program, world, scene.planted)
    assert len(found) > 55, "pages are not come to any more"
    for address, pattern in changes(scene).items():
        if pattern not in found and pattern not in PACKED:
            found[pattern] = Shown("intake", "", address, [("csrf", "")], [], ["words", "name", "text"])
    # Whoever signs out does so last.
    return sorted(found.values(), key=lambda form: form.pattern in {"/sign-out", "/me/sessions/end"})


@pytest.mark.drill
@pytest.mark.timeout(900)
@pytest.mark.abuse("A03")
@pytest.mark.abuse("A05")
@pytest.mark.abuse("A06")
@pytest.mark.abuse("A08")
@pytest.mark.usefixtures("heard")
def test_no_form_does_half_of_what_it_is_sent_or_repeats_it_unescaped(
    staff_door: ASGIApp, world: World, scene: Scene, kept: Invariants, database: Database, standing_clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(pages, "OF_A_KIND_MAX", 1)
    forms = forms_of_all(staff_door, world, scene)
    sender = Sender(staff_door, world, standing_clock, kept)
    before, typed = rows_of(database), world.canary()
    extra = [(name, typed) for name in EXTRA]

    for number, form in enumerate(forms):
        for kind, text in some(NO_TEXT, number, EACH[0]).items():
            assert sender.send(form, [*form.filled(text), ("more", text)]) == 400, f"{form.pattern}: {kind}"
        if form.pattern not in BUTTONS:
            status = sender.send(form, [*form.filled(typed), *extra])
            assert status in REFUSED, f"{form.pattern} took a field that is nobody's to send: {status}"
            assert sender.send(form, [*form.kept, (typed, typed)]) in REFUSED, f"{form.pattern} took an unknown field"
    changed = {name for name, rows in rows_of(database).items() if rows != before[name]}
    assert changed <= OF_A_REFUSAL, "something was done that was refused"

    for number, form in enumerate(forms):
        for text in some(TEXT, number, EACH[1]).values():
            sender.send(form, form.filled(text))
    assert kept.look(Browser(staff_door).get("/healthz")) == []


# Where somebody writes, by desk, and which field of which table it comes to lie in.
KEPT = {
    "/cases/{}/mentions": ("intake", "mentions", "name"),
    "/cases/{}/legal/factor/TIMELINESS": ("legal", "mitigation_factors", "reasons"),
    "/cases/{}/protection/threat": ("protection", "threat_assessments", "findings"),
}


@pytest.mark.abuse("A03")
@pytest.mark.abuse("A08")
@pytest.mark.parametrize("page", KEPT)
def test_what_a_form_keeps_it_gives_back_byte_for_byte(staff: Staff, world: World, scene: Scene, page: str) -> None:
    (login, table, column), address = KEPT[page], page.format(scene.planted.reference)
    browser = arrived(staff.program, world, login)
    ask = next(ask for ask in OPENINGS if ask.path == f"/api/{table}/{{row}}/open")
    if login == "legal":
        # A factor that was kept is shown before it is written anew, and only to a visit.
        browser.get(f"/cases/{scene.planted.reference}/open")
        cites = str(scene.planted.rows["mitigation_assessments"])
        browser.submit(f"/cases/{scene.planted.reference}/open", justification="LEGAL_ASSESSMENT", cites=cites)

    for kind, text in (TEXT | {"many marks": "a" + "\u0301" * 150}).items():
        shown = next(form for form in forms_of(login, address, browser.get(address).text) if form.action == address)
        # Numbers of passages are no words of anybody.
        words = [(name, value) for name, value in shown.filled(text) if name != "passages"]
        sent = browser.ask("POST", address, content=body_of(words), headers=FORM)
        scene.planted.rows[table] = world.row(login, scene.planted.reference, table)
        back = send(staff, scene, ask, login)
        assert sent.status_code == 303, kind
        assert back.json()["values"][column].encode() == text.encode(), kind
