"""Files over HTTP: sealed while they arrive, whole or not at all, given out as bytes and nothing else."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from app.work.files import ORPHAN_SECONDS, FileStore
from app.worker import sweep
from tests.api.conftest import Staff
from tests.drills import trials
from tests.edge.served import connected, rest, serving
from tests.world import World

POLYGLOTS = {
    "a PDF that is a ZIP": (
        b"%PDF-1.4\n%PK\x03\x04" + b"\0" * 200 + b"PK\x05\x06" + b"\0" * 18,
        "application/pdf",
        "a.pdf",
    ),
    "a GIF that is a script": (b"GIF89a/*" + b"\0" * 50 + b"*/=1;alert(1)//", "image/gif", "a.js"),
    "a PNG that is a page": (b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>", "text/html", "a.html"),
    "a JPEG that is PHP": (b"\xff\xd8\xff\xe0<?php system($_GET[0]); ?>", "application/x-php", "a.php"),
    "a drawing with a script": (b"<svg xmlns='x'><script>alert(1)</script></svg>", "image/svg+xml", "a.svg"),
    "a page called a document": (b"<html><body onload=alert(1)>", "application/pdf", "a.pdf"),
    "a link": (b"[InternetShortcut]\r\nURL=//evil", "application/internet-shortcut", "a.url"),
    "nothing at all": (b"", "application/x-empty", "empty"),
    "a type that is none": (b"x", "text/html; charset=utf-7", "x"),
}
NAMES = (
    "../../x", "..\\..\\x", "C:\\x", "/etc/passwd", ".htaccess", "a\r\nSet-Cookie: x=1", "x" * 10_000, "\u202egpj.exe",
    "📷 صورة.jpg", 'a"; filename="b', "con", "a;b", "%2e%2e%2f", "~root", "$(id)", "`id`", " ", ".", "a\0b",
)  # fmt: skip


@pytest.fixture
def opened(world: World) -> tuple[str, dict[str, Any]]:
    """A case, and the reason for which its files may be opened."""
    reference = world.case()
    testimony = world.testimony(reference, upto="TRIAGED")
    return reference, {"justification": "INTAKE", "cites": str(testimony)}


def on_disk(settings: Settings) -> set[Path]:
    return {path for path in settings.attachments_folder.rglob("*") if path.is_file()}


@pytest.mark.abuse("B03")
@pytest.mark.abuse("B09")
@pytest.mark.parametrize("what", POLYGLOTS)
def test_whatever_a_file_claims_to_be_it_leaves_as_bytes_in_a_box(
    staff: Staff, opened: tuple[str, dict[str, Any]], what: str
) -> None:
    (reference, reason), (content, kind, name) = opened, POLYGLOTS[what]

    sent = staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": (name, content, kind)})
    got = staff["intake"].post(f"/api/attachments/{sent.json()['id']}/download", reason)

    assert sent.status_code == 201
    assert got.content == content
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"] == f'attachment; filename="attachment-{sent.json()["id"][-12:]}.bin"'
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"].endswith("; sandbox")
    assert "script-src" not in got.headers["content-security-policy"].split("sandbox")[1]


@pytest.mark.abuse("B05")
def test_no_name_reaches_the_disk_or_a_header_and_each_is_kept_sealed(
    staff: Staff, opened: tuple[str, dict[str, Any]], settings: Settings
) -> None:
    reference, reason = opened
    before = on_disk(settings)

    for name in NAMES:
        # As browsers write it: these three characters are escaped, and no others.
        written = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        body = (
            f'--b\r\nContent-Disposition: form-data; name="f"; filename="{written}"\r\n\r\nbytes\r\n--b--\r\n'
        ).encode()
        kind = {"content-type": "multipart/form-data; boundary=b"}
        sent = staff["intake"].ask("POST", f"/api/cases/{reference}/attachments", content=body, headers=kind)
        if len(written) > 8000:
            assert sent.status_code == 400, "a name of ten thousand characters is not one"
            continue
        got = staff["intake"].post(f"/api/attachments/{sent.json()['id']}/download", reason)
        back = staff["intake"].post(f"/api/attachments/{sent.json()['id']}/open", {**reason, "fields": ["file_name"]})
        made_up = f"attachment-{sent.json()['id'][-12:]}.bin"
        assert got.headers["content-disposition"] == f'attachment; filename="{made_up}"'
        assert back.json()["values"]["file_name"] == name

    for path in on_disk(settings) - before:
        assert path.name == hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.parent.name == path.name[:2]


@pytest.mark.abuse("B05")
@pytest.mark.parametrize("name", [b"\xff\xfe", b"a\r\n b"])
def test_a_name_that_is_not_text_is_refused(staff: Staff, world: World, settings: Settings, name: bytes) -> None:
    reference, before = world.case(), on_disk(settings)
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="' + name + b'"\r\n\r\nx\r\n--b--\r\n'

    sent = staff["intake"].ask(
        "POST", f"/api/cases/{reference}/attachments", content=body,
        headers={"content-type": "multipart/form-data; boundary=b"},
    )  # fmt: skip

    assert sent.status_code in {400, 422}
    assert on_disk(settings) == before


_opened: set[str] = set()
_listening = threading.Event()


def _listener(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _listening.is_set() and isinstance(arguments[0], str | bytes | os.PathLike):
        mode, flags = arguments[1], arguments[2]
        if (mode and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)):
            _opened.add(os.fsdecode(arguments[0]))


@pytest.fixture
def written() -> Iterator[set[str]]:
    """Every path that this process opens for writing. An audit hook stays for ever, so it is added once."""
    if not _opened:
        sys.addaudithook(_listener)
        _opened.add("")
    _opened.intersection_update({""})
    _listening.set()
    yield _opened
    _listening.clear()


@pytest.mark.abuse("B08")
def test_no_byte_of_an_upload_is_written_in_clear(
    staff: Staff, opened: tuple[str, dict[str, Any]], settings: Settings, written: set[str], world: World
) -> None:
    (reference, reason), canary = opened, world.canary()
    content = (canary.encode() + b" ") * 80_000

    sent = staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": (f"{canary}.txt", content)})

    opened_for_writing = {Path(path) for path in written if path}
    assert sent.status_code == 201
    assert len(content) > 2_400_000
    assert any(settings.attachments_folder in path.parents for path in opened_for_writing), "the control: it was heard"
    for path in opened_for_writing:
        assert settings.home in path.parents, f"{path} lies outside the installation"
    marks = (canary.encode(), canary.encode("utf-16-le"), canary.encode().hex().encode())
    for path in (path for path in settings.home.rglob("*") if path.is_file()):
        held = path.read_bytes()
        assert not any(mark in held for mark in marks), f"a canary in {path.name}"
    assert canary.encode() in staff["intake"].post(f"/api/attachments/{sent.json()['id']}/download", reason).content


@pytest.mark.drill
@pytest.mark.abuse("A14")
def test_an_upload_that_is_cut_keeps_nothing_of_the_file(staff: Staff, world: World, settings: Settings) -> None:
    reference = world.case()
    world.testimony(reference, upto="TRIAGED")
    before = on_disk(settings)
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n' + b"c" * 60_000 + b"\r\n--b--\r\n"
    head = (
        f"POST /api/cases/{reference}/attachments HTTP/1.1\r\nHost: localhost:8000\r\n"
        f"Authorization: Bearer {world.members['intake'].token}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()

    with serving(staff.program) as port:
        for end in [*range(0, len(body), trials(1500, 300)), len(body) - 3]:
            with connected(port) as line:
                line.sendall(head + body[:end])
        with connected(port) as line:
            line.sendall(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + body)
            whole = rest(line)

    kept = [record for record in world.show("intake", reference).records if record.table == "attachments"]
    assert b" 201 " in whole.partition(b"\r\n")[0], "the control"
    assert [record.clear["state"] for record in kept].count("KEPT") == 1
    assert len(on_disk(settings) - before) == 1


@pytest.mark.abuse("A14")
@pytest.mark.parametrize(
    "end", [b"", b"\r\n--b", b'\r\n--b\r\nContent-Disposition: form-data; name="g"\r\n\r\nx\r\n--b--\r\n']
)
def test_a_form_without_its_end_or_with_a_second_part_is_refused_whole(staff: Staff, world: World, end: bytes) -> None:
    """The answer once came when the first part was over, and what followed was never looked at."""
    reference = world.case()
    world.testimony(reference, upto="TRIAGED")

    async def pieces() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
        yield b"words\r\n--b\r\n"[: 13 if end else 5]
        for byte in end.removeprefix(b"\r\n--b\r\n"):
            yield bytes([byte])

    sent = staff["intake"].ask(
        "POST", f"/api/cases/{reference}/attachments", content=pieces(),
        headers={"content-type": "multipart/form-data; boundary=b"},
    )  # fmt: skip

    kept = [record for record in world.show("intake", reference).records if record.table == "attachments"]
    assert sent.status_code in {400, 413}
    assert "KEPT" not in [record.clear["state"] for record in kept]


@pytest.mark.abuse("A14")
def test_what_an_interrupted_upload_left_is_swept_and_what_is_named_stays(
    staff: Staff, opened: tuple[str, dict[str, Any]], settings: Settings, world: World
) -> None:
    reference, reason = opened
    for path in on_disk(settings):
        path.unlink()
    row = staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": ("a", b"kept")}).json()["id"]
    (named,) = on_disk(settings)
    left = [settings.attachments_folder / "incoming" / ("0" * 32), settings.attachments_folder / "aa" / ("a" * 64)]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"sealed bytes of nobody")
    for path in (named, *left):
        os.utime(path, (0, path.stat().st_mtime - ORPHAN_SECONDS - 60))
    fresh = settings.attachments_folder / "incoming" / ("1" * 32)
    fresh.write_bytes(b"still arriving")

    swept = sweep(world.office, FileStore(settings.attachments_folder, bytes_max=0))

    assert swept == len(left)
    assert on_disk(settings) == {named, fresh}
    assert staff["intake"].post(f"/api/attachments/{row}/download", reason).content == b"kept"
    fresh.unlink()


def test_a_file_of_a_case_that_is_not_mine_is_not_even_read(staff: Staff, world: World, settings: Settings) -> None:
    reference, before = world.case(), on_disk(settings)

    sent = staff["legal"].post(f"/api/cases/{reference}/attachments", files={"f": ("a", b"x" * 100_000)})

    assert sent.status_code == 404
    assert on_disk(settings) == before
