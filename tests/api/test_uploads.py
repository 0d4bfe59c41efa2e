"""Files in several goes, in parts, and as working copies, over HTTP."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from app.cleaning import room
from app.settings import Settings
from app.testimonies import actions as testimonies
from app.testimonies import custody
from app.testimonies.models import ARRIVING_MAX
from app.work.files import PIECE_BYTES, FileStore
from app.worker import sweep
from tests.api.conftest import Staff, program_of
from tests.cleaning.files import MARK, TELLING, jpeg
from tests.conftest import Clock, Database
from tests.edge.served import connected, serving
from tests.world import World, exhibits

PRINT: Final = "ab" * 32
CONTENT: Final = bytes(range(256)) * (3 * PIECE_BYTES // 256) + b"the end"
# What lies where in three chunks: their edges, the last byte, one byte.
RANGES: Final = {
    "bytes=0-0": (0, 1), "bytes=16383-16384": (16383, 16385), "bytes=32768-": (32768, None), "bytes=-5": (-5, None),
    "bytes=5-99999999": (5, None), "bytes=16384-32767": (16384, 32768), "bytes=-99999999": (0, None),
}  # fmt: skip


def begun(staff: Staff, reference: str, size: int = len(CONTENT), **more: Any) -> httpx.Response:
    form = {"size_bytes": size, "fingerprint": PRINT, "file_name": "a.bin", "media_type": "image/png"} | more
    return staff["intake"].post(f"/api/cases/{reference}/uploads", form)


def put(staff: Staff, row: str, start: int, content: Any, who: str = "intake", **more: str) -> httpx.Response:
    headers = {"content-type": "application/octet-stream", "upload-offset": str(start), "upload-fingerprint": PRINT}
    return staff[who].ask("PUT", f"/api/uploads/{row}", content=content, headers=headers | more)


def arrived(staff: Staff, row: str) -> int:
    return int(staff["intake"].ask("GET", f"/api/uploads/{row}").json()["arrived_bytes"])


def on_disk(settings: Settings) -> list[Path]:
    return [path for path in settings.attachments_folder.rglob("*") if path.is_file()]


def newest(settings: Settings) -> Path:
    return max(on_disk(settings), key=lambda path: path.stat().st_mtime_ns)


def test_a_file_in_several_goes_is_the_same_file(
    staff: Staff, opened: tuple[str, dict[str, Any]], settings: Settings
) -> None:
    reference, reason = opened
    row = begun(staff, reference).json()["id"]

    first = put(staff, row, 0, CONTENT[:100_000])
    second = put(staff, row, 100_000, CONTENT[100_000:-1])
    last = put(staff, row, len(CONTENT) - 1, CONTENT[-1:])

    assert [first.status_code, second.status_code, last.status_code] == [200, 200, 201]
    assert last.json() == {"id": row, "state": "KEPT", "arrived_bytes": len(CONTENT), "size_bytes": len(CONTENT)}
    assert staff["intake"].post(f"/api/attachments/{row}/download", reason).content == CONTENT
    known = staff["intake"].post(f"/api/attachments/{row}/open", {**reason, "fields": ["file_name", "original_sha256"]})
    assert known.json()["values"] == {"file_name": "a.bin", "original_sha256": hashlib.sha256(CONTENT).hexdigest()}
    assert not [path for path in on_disk(settings) if "incoming" in path.parts], "no piece is left"


@pytest.mark.abuse("A14")
def test_what_was_cut_goes_on_where_it_stopped_after_a_new_sign_in_too(
    staff: Staff, opened: tuple[str, dict[str, Any]], world: World, standing_clock: Clock
) -> None:
    reference, reason = opened
    row = begun(staff, reference).json()["id"]
    head = (
        f"PUT /api/uploads/{row} HTTP/1.1\r\nHost: localhost:8000\r\n"
        f"Authorization: Bearer {world.members['intake'].token}\r\nContent-Type: application/octet-stream\r\n"
        f"Upload-Offset: 0\r\nUpload-Fingerprint: {PRINT}\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
    ).encode()

    with serving(staff.program) as port, connected(port) as line:
        line.sendall(head + CONTENT[: PIECE_BYTES + 500_000])
        for _ in range(200):
            if arrived(staff, row) >= PIECE_BYTES:
                break
    standing_clock.move(seconds=30)
    world.sign_in("intake")
    kept = arrived(staff, row)
    last = put(staff, row, kept, CONTENT[kept:])

    assert PIECE_BYTES <= kept < len(CONTENT)
    assert last.status_code == 201
    assert staff["intake"].post(f"/api/attachments/{row}/download", reason).content == CONTENT


def test_no_piece_is_put_twice_or_elsewhere_and_no_second_file_is_glued_to_the_first(
    staff: Staff, opened: tuple[str, dict[str, Any]]
) -> None:
    reference, _ = opened
    row = begun(staff, reference, 100).json()["id"]
    put(staff, row, 0, b"x" * 50)

    refusals = {
        "again": put(staff, row, 0, b"x" * 50), "with a gap": put(staff, row, 60, b"x"),
        "another file": put(staff, row, 50, b"y", **{"upload-fingerprint": "cd" * 32}),
        "no fingerprint": put(staff, row, 50, b"y", **{"upload-fingerprint": ""}),
        "longer than announced": put(staff, row, 50, b"x" * 51),
        "no place": put(staff, row, 50, b"x", **{"upload-offset": "-1"}),
        "a huge place": put(staff, row, 50, b"x", **{"upload-offset": "9" * 5000}),
        "as a form": put(staff, row, 50, b"x", **{"content-type": "multipart/form-data; boundary=b"}),
    }  # fmt: skip

    assert {what: answer.status_code for what, answer in refusals.items()} == {
        "again": 409, "with a gap": 409, "another file": 409, "no fingerprint": 422, "longer than announced": 413,
        "no place": 422, "a huge place": 422, "as a form": 415,
    }  # fmt: skip
    assert arrived(staff, row) == 50
    assert put(staff, row, 50, b"x" * 50).status_code == 201, "the control"
    assert put(staff, row, 100, b"").status_code == 409, "what is whole is not gone on with"


def test_only_who_takes_the_account_begins_and_goes_on(staff: Staff, world: World) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    row = begun(staff, reference, 10).json()["id"]

    assert put(staff, row, 0, b"x", "protection").status_code == 404
    assert put(staff, row, 0, b"x", "auditor").status_code == 404
    assert put(staff, row, 0, b"x", "legal").status_code == 403
    assert staff["protection"].ask("GET", f"/api/uploads/{row}").status_code == 404
    assert put(staff, row, 0, b"x" * 10).status_code == 201


@pytest.mark.parametrize(
    "form", [{"size_bytes": None}, {"fingerprint": None}, {"fingerprint": "x"}, {"size_bytes": -1}]
)
def test_a_file_is_announced_whole_or_not_at_all(staff: Staff, world: World, form: dict[str, Any]) -> None:
    assert begun(staff, world.case(), **form).status_code == 422


@pytest.mark.abuse("B07")
def test_a_file_that_has_no_room_is_refused_before_its_first_byte(staff: Staff, world: World) -> None:
    reference, most = world.case(), 2**31 - 1

    assert begun(staff, reference, most + 1).status_code == 422
    for _ in range(5):
        assert begun(staff, reference, most).status_code == 201
    full = begun(staff, reference, 6)
    sent = staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": ("a", b"six wo")})

    assert (full.status_code, sent.status_code) == (413, 413)
    assert begun(staff, world.case(), 1).status_code == 201, "another case has its own room"


def test_a_file_past_the_cap_of_the_office_is_not_begun(
    staff: Staff, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = program_of(staff.program).state.desk.office
    monkeypatch.setattr(office, "_settings", replace(office._settings, attachment_mib_max=1))

    assert begun(staff, world.case(), 1024 * 1024 + 1).status_code == 413
    assert begun(staff, world.case(), 1024 * 1024).status_code == 201, "the control"


@pytest.mark.abuse("A14")
def test_an_upload_that_never_ends_is_given_up_with_its_key(
    staff: Staff, opened: tuple[str, dict[str, Any]], world: World, settings: Settings, standing_clock: Clock,
    database: Database,
) -> None:  # fmt: skip
    reference, _ = opened
    row = begun(staff, reference).json()["id"]
    put(staff, row, 0, CONTENT[:1000])
    files = FileStore(settings.attachments_folder, bytes_max=0)

    sweep(world.office, files)
    assert arrived(staff, row) == 1000, "the control: it may still be arriving"
    standing_clock.move(seconds=int(ARRIVING_MAX.total_seconds()) + 1)
    sweep(world.office, files)
    sweep(world.office, files)

    with database.connect("owner") as owner:
        kept = owner.execute("SELECT state, file_key, file_name, fingerprint FROM attachments WHERE id = %s", [row])
        assert kept.fetchone() == ("LAPSED", None, None, None)
    world.sign_in("intake")
    assert put(staff, row, 1000, CONTENT[1000:]).status_code == 409


# parts of a file


@pytest.fixture
def kept(staff: Staff, opened: tuple[str, dict[str, Any]]) -> tuple[str, bytes, dict[str, Any]]:
    content = bytes(range(251)) * 200
    reference, reason = opened
    sent = staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": ("a", content)})
    return sent.json()["id"], content, reason


@pytest.mark.parametrize("wanted", RANGES)
def test_a_part_of_a_file_is_given_alone(
    staff: Staff, kept: tuple[str, bytes, dict[str, Any]], wanted: str
) -> None:  # fmt: skip
    (row, content, reason), (start, end) = kept, RANGES[wanted]

    got = staff["intake"].post(f"/api/attachments/{row}/download", reason, headers={"range": wanted})

    first = start % len(content)
    assert got.status_code == 206
    assert got.content == content[start:end]
    assert got.headers["content-range"] == f"bytes {first}-{first + len(got.content) - 1}/{len(content)}"
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment;")


@pytest.mark.abuse("B10")
@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("bytes=0-1,3-4", 200), ("bytes=" + ",".join(f"{n}-{n}" for n in range(1000)), 200), ("bytes=9-3", 200),
        ("bytes=-", 200), ("lines=0-1", 200), ("bytes=a-b", 200), ("bytes=99999999-", 416), ("bytes=-0", 416),
    ],
    ids=["two", "a thousand", "inverted", "none", "of lines", "of letters", "behind the end", "the last none"],
)  # fmt: skip
def test_what_is_no_single_part_is_the_whole_or_nothing(
    staff: Staff, kept: tuple[str, bytes, dict[str, Any]], wanted: str, status: int
) -> None:
    row, content, reason = kept

    got = staff["intake"].post(f"/api/attachments/{row}/download", reason, headers={"range": wanted})

    assert got.status_code == status
    assert got.content == content if status == 200 else b"range.none" in got.content


def test_a_part_opens_only_its_chunks_and_notices_a_change_in_them(
    staff: Staff, kept: tuple[str, bytes, dict[str, Any]], settings: Settings
) -> None:
    row, _, reason = kept
    stored = newest(settings)
    sealed = bytearray(stored.read_bytes())
    sealed[-1] ^= 1
    stored.write_bytes(bytes(sealed))

    def part(wanted: str) -> int:
        try:
            return (
                staff["intake"].post(f"/api/attachments/{row}/download", reason, headers={"range": wanted}).status_code
            )
        except Exception:  # noqa: BLE001  an alarm in the middle of an answer
            return 500

    assert part("bytes=0-99") == 206, "the change lies elsewhere"
    assert part("bytes=-5") >= 500
    stored.write_bytes(bytes(sealed[:-20]))
    assert part("bytes=0-99") >= 500, "and a file that was cut is noticed by its length"


# working copies


@pytest.mark.abuse("B04")
@pytest.mark.parametrize("what", TELLING)
def test_the_working_copy_of_a_file_says_nothing_beside_its_content(
    staff: Staff, opened: tuple[str, dict[str, Any]], what: str, settings: Settings
) -> None:
    (reference, reason), content = opened, TELLING[what]()
    row = (
        staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": (MARK.decode(), content)}).json()["id"]
    )

    made = staff["intake"].post(f"/api/attachments/{row}/working-copy", reason)
    copy = made.json()["id"]
    got = staff["intake"].post(f"/api/attachments/{copy}/download", reason)
    told = (
        staff["intake"]
        .post(f"/api/attachments/{copy}/open", {**reason, "fields": ["removed", "original_sha256", "file_name"]})
        .json()["values"]
    )

    assert (made.status_code, made.json()["state"]) == (201, "KEPT")
    assert MARK not in got.content
    assert told["original_sha256"] == hashlib.sha256(got.content).hexdigest()
    assert told["file_name"] is None
    assert told["removed"] != "[]"
    assert staff["intake"].post(f"/api/attachments/{row}/download", reason).content == content, (
        "the original is as it was"
    )
    assert not [path for path in settings.home.rglob("*") if path.is_file() and MARK in path.read_bytes()]


def test_a_file_that_cannot_be_cleaned_has_no_copy_and_says_so(
    staff: Staff, opened: tuple[str, dict[str, Any]]
) -> None:
    reference, reason = opened
    row = (
        staff["intake"]
        .post(f"/api/cases/{reference}/attachments", files={"f": ("a.jpg", b"MZ, a program")})
        .json()["id"]
    )

    made = staff["intake"].post(f"/api/attachments/{row}/working-copy", reason).json()
    told = staff["intake"].post(f"/api/attachments/{made['id']}/open", {**reason, "fields": ["removed"]})

    assert made["state"] == "NONE"
    assert told.json()["values"] == {"removed": '["UNKNOWN_TYPE"]'}
    assert staff["intake"].post(f"/api/attachments/{made['id']}/download", reason).status_code == 404
    assert staff["intake"].post(f"/api/attachments/{row}/working-copy", reason).status_code == 409, "asked for once"


def test_who_finds_no_place_in_the_room_is_told_and_nothing_is_begun(
    staff: Staff, opened: tuple[str, dict[str, Any]], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, reason = opened
    row = staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": ("a", jpeg())}).json()["id"]
    monkeypatch.setattr(room, "WAIT_SECONDS", 0.01)

    with room.PLACES:
        full = staff["intake"].post(f"/api/attachments/{row}/working-copy", reason)
    states = [r.clear["state"] for r in world.show("intake", reference).records if r.table == "attachments"]

    assert full.status_code == 503
    assert states == ["KEPT"]
    assert staff["intake"].post(f"/api/attachments/{row}/working-copy", reason).status_code == 201, "the control"


def test_only_a_working_copy_is_shown_and_only_what_a_browser_may_show(
    staff: Staff, opened: tuple[str, dict[str, Any]]
) -> None:
    reference, reason = opened

    def look(row: str, **more: Any) -> httpx.Response:
        return staff["intake"].post(f"/api/attachments/{row}/preview", reason, **more)

    rows = {}
    for name, content in (("photograph", jpeg()), ("letter", exhibits.letter())):
        row = staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": ("a", content)}).json()["id"]
        copy = staff["intake"].post(f"/api/attachments/{row}/working-copy", reason).json()["id"]
        rows[name] = (row, copy)
    shown = look(rows["photograph"][1])

    assert look(rows["photograph"][0]).status_code == 409
    assert look(rows["letter"][1]).status_code == 409, "no scanner has seen it"
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["content-disposition"] == "inline"
    assert shown.headers["content-security-policy"].endswith("; sandbox")
    assert MARK not in shown.content
    assert look(rows["photograph"][1], headers={"range": "bytes=0-1"}).content == b"\xff\xd8"
    assert staff["legal"].post(f"/api/attachments/{rows['photograph'][1]}/preview", reason).status_code == 404


def test_an_original_that_was_changed_gets_no_copy(
    world: World, opened: tuple[str, dict[str, Any]], settings: Settings, staff: Staff
) -> None:
    reference, reason = opened
    row = staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": ("a", jpeg())}).json()["id"]
    stored = newest(settings)
    sealed = bytearray(stored.read_bytes())
    sealed[-1] ^= 1
    stored.write_bytes(bytes(sealed))

    assert staff["intake"].post(f"/api/attachments/{row}/working-copy", reason).status_code >= 500
    states = [r.clear["state"] for r in world.show("intake", reference).records if r.table == "attachments"]
    assert states == ["KEPT", "INCOMING"], "nothing is kept of it; the sweep ends it"


# the way of a file


def test_every_step_of_a_file_stands_in_its_way(staff: Staff, opened: tuple[str, dict[str, Any]], world: World) -> None:
    reference, reason = opened
    row = staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": ("a", jpeg())}).json()["id"]
    staff["intake"].post(f"/api/attachments/{row}/working-copy", reason)
    staff["intake"].post(f"/api/attachments/{row}/download", reason)
    handed = {"kind": "HANDED_OVER", "from_whom": "us", "to_whom": "a court", "why": "its order", "seal": "INTACT"}
    event = staff["intake"].post(f"/api/attachments/{row}/custody", handed).json()["id"]

    way = staff["intake"].ask("GET", f"/api/cases/{reference}/custody").json()
    told = staff["intake"].post(
        f"/api/custody_events/{event}/open", {**reason, "fields": ["from_whom", "to_whom", "why", "seal"]}
    )

    assert [step["kind"] for step in way["events"]] == ["HANDED_OVER", "DOWNLOADED", "COPIED", "RECEIVED"]
    assert {step["by"] for step in way["events"]} == {world["intake"].actor.code}
    assert {step["attachment"] for step in way["events"]} == {row}
    assert "court" not in str(way)
    assert told.json()["values"] == {name: handed[name] for name in ("from_whom", "to_whom", "why", "seal")}
    assert (testimonies.download.operation, custody.record_custody.operation) == ("consult", "collect")
