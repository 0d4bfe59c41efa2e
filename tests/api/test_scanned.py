"""Files that a virus scanner flagged, passed, or never saw: what is copied, shown and given out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from app.cleaning.scanner import Scanner
from app.keyholders.manager import FileKeyManager
from app.main import portal_app, staff_app
from app.settings import Settings
from app.testimonies import queries
from app.testimonies.views import FileLine
from tests.api.conftest import Staff, program_of, scanning
from tests.cleaning.files import MARK, jpeg, wav
from tests.conftest import Database
from tests.kit.clamd import EICAR, NAME, Clamd, running
from tests.ladder import Log
from tests.world import World, exhibits

pytestmark = pytest.mark.abuse("B06")


@pytest.fixture
def clamd(staff: Staff) -> Iterator[Clamd]:
    """A scanner of this test, at the door as its setting would put it there; with little patience."""
    with (
        running() as there,
        scanning(staff.program, Scanner(there.address, piece_seconds=0.3, whole_seconds=2.0)),
    ):
        yield there


def kept(staff: Staff, reference: str, content: bytes) -> str:
    sent = staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": ("a", content)})
    return str(sent.json()["id"])


def sliced(staff: Staff, reference: str, content: bytes) -> str:
    """The same in two goes."""
    form = {"size_bytes": len(content), "fingerprint": "ab" * 32, "file_name": "a", "media_type": "image/png"}
    row = str(staff["intake"].post(f"/api/cases/{reference}/uploads", form).json()["id"])
    for start, end in ((0, 40), (40, len(content))):
        headers = {"content-type": "application/octet-stream", "upload-offset": str(start)}
        headers["upload-fingerprint"] = "ab" * 32
        sent = staff["intake"].ask("PUT", f"/api/uploads/{row}", content=content[start:end], headers=headers)
        assert sent.is_success, sent.text
    return row


def ask(staff: Staff, row: str, what: str, form: dict[str, Any]) -> httpx.Response:
    return staff["intake"].post(f"/api/attachments/{row}/{what}", form)


def lines(world: World, reference: str) -> dict[str, FileLine]:
    return {str(each.id): each for each in world.office.ask(world["intake"], queries.of_case, reference).files}


def steps(world: World, reference: str) -> list[str]:
    return [each.kind for each in world.office.ask(world["intake"], queries.custody, reference).events]


def test_a_flagged_file_has_no_copy_and_is_given_only_to_who_says_so(
    staff: Staff, world: World, opened: tuple[str, dict[str, Any]], clamd: Clamd
) -> None:
    reference, reason = opened
    row = kept(staff, reference, EICAR)

    made = ask(staff, row, "working-copy", reason).json()
    unsaid = ask(staff, row, "download", reason)
    said = ask(staff, row, "download", {**reason, "although_flagged": True})
    told = ask(staff, made["id"], "open", {**reason, "fields": ["removed", "flag"]}).json()["values"]

    assert made["state"] == "NONE"
    assert {each.scanned for each in lines(world, reference).values()} == {"FLAGGED"}
    assert told == {"removed": '["FLAGGED"]', "flag": NAME}
    assert (unsaid.status_code, EICAR in unsaid.content) == (409, False)
    assert (said.status_code, said.content) == (200, EICAR)
    assert said.headers["content-disposition"].startswith("attachment;")
    assert ask(staff, row, "preview", reason).status_code == 409
    assert ask(staff, row, "working-copy", reason).status_code == 409, "there is nothing to try again"
    assert steps(world, reference) == ["DOWNLOADED", "FLAGGED", "FLAGGED", "RECEIVED"], "as it came, and once more"


def test_what_a_scanner_calls_a_file_is_sealed(
    staff: Staff, world: World, opened: tuple[str, dict[str, Any]], clamd: Clamd, log: Log, settings: Settings
) -> None:
    (reference, reason), name = opened, world.canary()
    clamd.reply = f"stream: {name} FOUND\0".encode()
    log.fresh()

    made = ask(staff, kept(staff, reference, jpeg()), "working-copy", reason)
    seen = staff["intake"].get(f"/api/cases/{reference}/testimonies")
    entries = [str(entry.view) for entry in log.fresh()]
    told = ask(staff, made.json()["id"], "open", {**reason, "fields": ["flag"]}).json()["values"]

    assert told == {"flag": name}, "the control: it is kept"
    assert name not in made.text + seen.text + "".join(entries)
    assert any("FLAGGED" in entry for entry in entries)


def test_both_the_original_and_the_copy_are_looked_at_and_nothing_lies_in_clear(
    staff: Staff, world: World, opened: tuple[str, dict[str, Any]], clamd: Clamd, settings: Settings
) -> None:
    reference, reason = opened
    row = kept(staff, reference, jpeg())

    copy = ask(staff, row, "working-copy", reason).json()["id"]
    shown = ask(staff, copy, "preview", reason)

    assert clamd.seen == [jpeg(), jpeg(), shown.content], "as it came, and once more with the signatures of today"
    assert MARK in clamd.seen[0]
    assert shown.status_code == 200
    assert {each.scanned for each in lines(world, reference).values()} == {"CLEAN"}
    assert steps(world, reference) == ["COPIED", "SCANNED", "SCANNED", "RECEIVED"]
    assert not [path for path in settings.home.rglob("*") if path.is_file() and MARK in path.read_bytes()]


def test_a_clean_document_is_still_no_thing_to_show(
    staff: Staff, opened: tuple[str, dict[str, Any]], clamd: Clamd
) -> None:
    reference, reason = opened

    copy = ask(staff, kept(staff, reference, exhibits.letter()), "working-copy", reason).json()["id"]

    assert ask(staff, copy, "preview", reason).status_code == 404
    assert ask(staff, copy, "download", reason).status_code == 200, "the control: it is there"


def test_a_copy_that_is_flagged_flags_its_original(
    staff: Staff, world: World, opened: tuple[str, dict[str, Any]], clamd: Clamd
) -> None:
    reference, reason = opened
    row = kept(staff, reference, jpeg())
    clamd.flags = lambda content: MARK not in content

    copy = ask(staff, row, "working-copy", reason).json()

    assert len(clamd.seen) == 3
    assert copy["state"] == "NONE"
    assert ask(staff, copy["id"], "preview", reason).status_code == 404
    assert lines(world, reference)[row].scanned == "FLAGGED"


@pytest.mark.parametrize("how", ["stopped", "hanging", "talking nonsense"])
def test_a_scanner_that_fails_holds_the_file_back_until_it_is_tried_again(
    staff: Staff, world: World, opened: tuple[str, dict[str, Any]], clamd: Clamd, how: str
) -> None:
    reference, reason = opened
    row = kept(staff, reference, jpeg())
    clamd.silent, clamd.reply = how == "hanging", b"yes\0" if how == "talking nonsense" else None
    address = "127.0.0.1:1" if how == "stopped" else clamd.address

    with scanning(staff.program, Scanner(address, piece_seconds=0.3, whole_seconds=0.6)):
        held = ask(staff, row, "working-copy", reason)
    between = lines(world, reference)
    unsaid = ask(staff, row, "download", reason)
    said = ask(staff, row, "download", {**reason, "although_unscanned": True})
    clamd.silent, clamd.reply = False, None
    again = ask(staff, row, "working-copy", reason)

    assert (held.status_code, "scanner does not answer" in held.text) == (503, True)
    assert (between[row].scanned, [each.state for each in between.values()]) == ("HELD", ["KEPT", "LAPSED"])
    assert (unsaid.status_code, "No virus scanner has found" in unsaid.text) == (409, True)
    assert (said.status_code, said.content) == (200, jpeg()), "nobody called it bad"
    assert (again.status_code, again.json()["state"]) == (201, "KEPT")
    assert lines(world, reference)[row].scanned == "CLEAN"
    assert steps(world, reference) == ["COPIED", "SCANNED", "DOWNLOADED", "SCANNED", "RECEIVED"]


def test_without_a_scanner_files_are_marked_and_only_pixels_are_shown(
    staff: Staff, world: World, opened: tuple[str, dict[str, Any]]
) -> None:
    reference, reason = opened
    copies = [
        ask(staff, kept(staff, reference, content), "working-copy", reason).json()["id"] for content in (jpeg(), wav())
    ]

    shown = [ask(staff, copy, "preview", reason) for copy in copies]
    out = ask(staff, copies[1], "download", reason)

    assert {each.scanned for each in lines(world, reference).values()} == {"UNSCANNED"}
    assert [answer.status_code for answer in shown] == [200, 409]
    assert shown[0].content[:2] == b"\xff\xd8"
    assert b"RIFF" not in shown[1].content
    assert (out.status_code, out.content[:4]) == (200, b"RIFF")
    assert steps(world, reference).count("SCANNED") == 0


def test_an_unscanned_copy_is_made_anew_where_a_scanner_has_come(
    staff: Staff, world: World, opened: tuple[str, dict[str, Any]], clamd: Clamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, reason = opened
    with scanning(staff.program, None):
        good, bad = kept(staff, reference, wav()), kept(staff, reference, wav())
        before = [ask(staff, row, "working-copy", reason).json()["id"] for row in (good, bad)]
        refused = ask(staff, good, "working-copy", reason)
    served = program_of(staff.program).state.desk.office
    monkeypatch.setattr(served, "_settings", replace(served._settings, scanner=clamd.address))

    new = ask(staff, good, "working-copy", reason).json()["id"]
    clamd.flags = lambda _: True
    ask(staff, bad, "working-copy", reason)

    assert refused.status_code == 409
    assert ask(staff, new, "preview", reason).status_code == 200
    assert ask(staff, before[0], "preview", reason).status_code == 409
    assert ask(staff, good, "working-copy", reason).status_code == 409, "it is scanned now"
    assert ask(staff, before[1], "download", reason).status_code == 409, "flagged with its original"
    assert ask(staff, before[0], "download", reason).status_code == 409, "nobody looked at this one"
    said = {**reason, "although_unscanned": True}
    assert [ask(staff, row, "download", said).status_code for row in before] == [200, 409], "the control"


def test_what_is_too_large_to_copy_is_scanned_all_the_same(
    staff: Staff, world: World, opened: tuple[str, dict[str, Any]], clamd: Clamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, reason = opened
    row = kept(staff, reference, jpeg())
    monkeypatch.setattr("app.cleaning.room.BYTES_MAX", 100)
    clamd.reply = b"what?\0"
    held = ask(staff, row, "working-copy", reason)
    between = lines(world, reference)[row].scanned
    clamd.reply = None
    none = ask(staff, row, "working-copy", reason)

    assert (held.status_code, between) == (503, "HELD")
    assert (none.status_code, none.json()["state"], lines(world, reference)[row].scanned) == (201, "NONE", "CLEAN")
    assert ask(staff, row, "download", reason).status_code == 200


@pytest.mark.parametrize("way", ["at once", "in slices"])
def test_a_file_is_looked_at_as_it_arrives(
    staff: Staff, world: World, opened: tuple[str, dict[str, Any]], clamd: Clamd, way: str
) -> None:
    (reference, reason), send = opened, kept if way == "at once" else sliced

    bad, good = send(staff, reference, EICAR), send(staff, reference, jpeg())

    assert clamd.seen == [EICAR, jpeg()]
    assert {row: lines(world, reference)[row].scanned for row in (bad, good)} == {bad: "FLAGGED", good: "CLEAN"}
    assert steps(world, reference) == ["SCANNED", "RECEIVED", "FLAGGED", "RECEIVED"]
    told = ask(staff, bad, "open", {**reason, "fields": ["flag"]}).json()["values"]
    assert told == {"flag": NAME}
    assert [ask(staff, row, "download", reason).status_code for row in (bad, good)] == [409, 200]


@pytest.mark.parametrize("how", ["stopped", "hanging", "too large for it"])
def test_a_scanner_that_gives_no_answer_loses_no_file_and_lets_none_out_unsaid(
    staff: Staff, world: World, opened: tuple[str, dict[str, Any]], clamd: Clamd, how: str
) -> None:
    reference, reason = opened
    clamd.silent = how == "hanging"
    clamd.reply = b"INSTREAM size limit exceeded. ERROR\0" if how == "too large for it" else None
    address = "127.0.0.1:1" if how == "stopped" else clamd.address

    with scanning(staff.program, Scanner(address, piece_seconds=0.3, whole_seconds=0.6)):
        row = kept(staff, reference, EICAR)
    unsaid = ask(staff, row, "download", reason)
    flagged = ask(staff, row, "download", {**reason, "although_flagged": True})
    said = ask(staff, row, "download", {**reason, "although_unscanned": True})

    assert (lines(world, reference)[row].state, lines(world, reference)[row].scanned) == ("KEPT", "HELD")
    assert [answer.status_code for answer in (unsaid, flagged, said)] == [409, 409, 200]
    assert said.content == EICAR, "the control: it is evidence, and whole"
    clamd.silent, clamd.reply = False, None
    ask(staff, row, "working-copy", reason)
    assert lines(world, reference)[row].scanned == "FLAGGED", "asked again when it is back"


def test_only_the_door_of_the_staff_has_the_scanner_of_the_settings(
    settings: Settings, database: Database, manager: FileKeyManager, staff_door: ASGIApp
) -> None:
    addresses = database.addresses.urls
    staff = staff_app(replace(settings, database_url=addresses["app"], scanner="/run/clamav/clamd.ctl"))
    portal = portal_app(replace(settings, database_url=addresses["portal"], scanner="/run/clamav/clamd.ctl"))
    desks = [program_of(door).state.desk for door in (staff, portal, staff_door)]
    for desk in desks[:2]:
        desk.office.close()

    assert [desk.scanner is not None for desk in desks] == [True, False, False]
