"""A witness on its own, asked by a real worker; an export that it signed, checked by a stranger."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.cli.driving import Amana, free_port, wait_for
from tests.cli.nursery import ROOT


@pytest.fixture
def elsewhere(spoilt: Amana, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Another machine: a witness of this office's log; its key and its port."""
    folder, port = str(tmp_path / "witness"), free_port()
    made = spoilt.run("witness", "init", folder, "--name", "counsel.example", "--json")
    log_key = trust_path(spoilt).read_text().splitlines()[0].removeprefix("log ")
    assert spoilt.run("witness", "trust", folder, log_key).code == 0
    with spoilt.running("witness", "serve", folder, "--port", str(port), until="add-checkpoint"):
        wait_for(lambda: _answers(port), 30)
        yield made.json["key"], port


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/key", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def trust_path(amana: Amana) -> Path:
    return Settings.read(amana.environ()).keys_folder / "log.trust"


def ask_for(amana: Amana, key: str, port: int) -> None:
    log = trust_path(amana).read_text().splitlines()[0]
    trust_path(amana).write_text(f"{log}\nwitness counsel {key} http://127.0.0.1:{port}\nquorum counsel\n")


def verified(folder: Path, *words: str) -> int:
    command = [sys.executable, str(ROOT / "tests" / "kit" / "verify_log.py"), str(folder), *words]
    return subprocess.run(command, capture_output=True, check=False, timeout=120).returncode


@pytest.mark.domain("D33")
def test_a_worker_shows_its_log_to_a_witness_and_a_stranger_relies_on_it(
    spoilt: Amana, elsewhere: tuple[str, int], tmp_path: Path
) -> None:
    unasked = spoilt.run("audit", "witnesses")
    ask_for(spoilt, *elsewhere)
    before = spoilt.run("audit", "witnesses", "--json")
    with spoilt.running("worker"):
        wait_for(lambda: spoilt.run("audit", "witnesses", "--json").json["enough"] is not None, 60)
        doctor = spoilt.run("doctor", "--json")
        exported = spoilt.run("audit", "export", str(tmp_path / "out"), "--json")

    assert "Nobody outside is asked" in unasked.out
    assert before.json == {"asked": ["counsel"], "newest": [], "enough": None}
    assert any("enough signed" in json.dumps(finding) for finding in doctor.json["findings"])
    assert (exported.code, exported.json["size"] > 300) == (0, True)
    assert verified(tmp_path / "out", "--trust", str(trust_path(spoilt))) == 0
    assert spoilt.run("audit", "verify", str(tmp_path / "out")).code == 0
    checkpoint = tmp_path / "out" / "checkpoint"
    checkpoint.write_text("".join(checkpoint.read_text().splitlines(keepends=True)[:-1]))
    assert verified(tmp_path / "out", "--trust", str(trust_path(spoilt))) == 3


def test_a_witness_answers_over_http_as_the_protocol_says(elsewhere: tuple[str, int], spoilt: Amana) -> None:
    key, port = elsewhere
    note = (Settings.read(spoilt.environ()).log_folder / "checkpoint").read_bytes()
    base = f"http://127.0.0.1:{port}"

    def ask(body: bytes) -> httpx.Response:
        return httpx.post(f"{base}/add-checkpoint", content=body, timeout=10)

    first = ask(b"old 0\n\n" + note)
    again = ask(b"old 0\n\n" + note)

    assert (first.status_code, first.text.startswith("— counsel.example ")) == (200, True)
    size = note.split(b"\n")[1].decode()
    assert (again.status_code, again.headers["content-type"], again.text) == (409, "text/x.tlog.size", f"{size}\n")
    assert ask(b"nonsense").status_code == 400
    assert ask(b"x" * 100_000).status_code == 413
    assert httpx.get(f"{base}/key", timeout=5).text == f"{key}\n"
    assert "server" not in first.headers


def test_a_trust_file_that_cannot_be_used_stops_the_worker_at_its_start(spoilt: Amana) -> None:
    kept = trust_path(spoilt).read_text()
    trust_path(spoilt).write_text(kept.replace("quorum none", "quorum somebody"))

    done = spoilt.run("worker")

    assert done.code == 2
    assert "line 2 of the trust file cannot be used" in done.err
