"""What a stranger sends half, or wishes a page to run: whole or nothing, and as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from app.settings import Settings
from app.work.files import ORPHAN_SECONDS, FileStore
from app.worker import sweep
from tests.api.conftest import Client
from tests.api.test_files import on_disk
from tests.conftest import Database
from tests.drills import trials
from tests.edge.served import connected, rest, serving
from tests.hostile import TEMPLATES, XSS
from tests.invariants import invariants
from tests.portal.test_submitting import draw, rows, send
from tests.world import World


@pytest.mark.drill
@pytest.mark.abuse("A14")
def test_a_submission_with_a_file_is_whole_or_nothing_and_leaves_no_orphan(
    portal: Client, database: Database, world: World, settings: Settings
) -> None:
    """Cut all along its way; what is left of cut files is swept, and the same receipt then brings it once."""
    content = b"c" * 200_000
    submission = json.dumps({"receipt": draw(portal)["words"], "account": "I saw it."}).encode()
    body = (
        b'--b\r\nContent-Disposition: form-data; name="submission"\r\n\r\n' + submission + b"\r\n"
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n' + content + b"\r\n--b--\r\n"
    )
    head = (
        "POST /portal/submissions HTTP/1.1\r\nHost: localhost:8001\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    kept = "submissions", "submission_files", "witness_keys"
    before, there = rows(database, *kept), on_disk(settings)

    with serving(portal.program) as port:
        for end in [*range(0, len(body), trials(10_000, 1000)), len(body) - 3, len(body) - 1]:
            with connected(port) as line:
                line.sendall(head + body[:end])
        assert rows(database, *kept) == before
        for _ in range(2):
            with connected(port) as line:
                line.sendall(head + body)
                assert b" 201 " in rest(line).partition(b"\r\n")[0]
    left = settings.attachments_folder / "incoming" / ("0" * 32)
    left.write_bytes(b"sealed bytes of nobody")
    for path in on_disk(settings) - there:
        os.utime(path, (0, path.stat().st_mtime - ORPHAN_SECONDS - 60))
    swept = sweep(world.office, FileStore(settings.attachments_folder, bytes_max=0))

    assert rows(database, *kept) == {name: number + 1 for name, number in before.items()}
    assert swept >= 1, "the control: what nobody names is swept"
    assert len(on_disk(settings) - there) == 1


# Spelled in JSON as what is no text.
NO_TEXT = (r"\ud800", r"a\udc00b", r"\u0000", r"a\u0000")


@pytest.mark.abuse("A03")
@pytest.mark.abuse("A05")
@pytest.mark.abuse("A06")
@pytest.mark.abuse("A08")
@pytest.mark.usefixtures("heard")
def test_hostile_words_of_a_stranger_are_refused_whole_or_kept_as_they_were(
    portal: Client, database: Database, world: World, settings: Settings, tmp_path: Path
) -> None:
    kind, mark = {"content-type": "application/json"}, world.canary()
    whole = {"account": "I saw it.", "contact": "by the well", "language": "en", "receipt_language": "en"}
    before = rows(database, "submissions", "entries")

    with invariants(world, database, tmp_path, kept=(settings.attachments_folder,), shown=frozenset({mark})) as kept:
        for name in (*whole, "receipt"):
            for spelt in NO_TEXT:
                body = json.dumps({"receipt": draw(portal)["words"], **whole, name: "PLACE"}).replace("PLACE", spelt)
                answer = portal.ask("POST", "/portal/submissions", content=body.encode(), headers=kind)
                kept.hear(answer, name)
                assert answer.status_code == 422, f"{name}: {spelt}"
        for name in ("role", "is_admin", "state", "case_id", "compartment", "__class__", mark):
            kept.hear(send(portal, draw(portal)["words"], **{name: mark}), name)
        lacking = portal.post("/portal/submissions", {"account": mark, "contact": mark})
        kept.hear(lacking, "no receipt")
        assert lacking.status_code == 422
        assert rows(database, *before) == before
        for text in (*XSS, *TEMPLATES, "\u202eback", "a" + "\u0301" * 100_000):
            answer = send(portal, draw(portal)["words"], text, contact=text[:500])
            kept.hear(answer, "an account")
            assert answer.status_code == 201, text[:20]
            kept.acknowledged[answer.json()["reference"]] = text

        assert kept.look(portal.get("/healthz")) == []
