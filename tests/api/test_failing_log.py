"""If who looked cannot be recorded, nothing is shown; and what fails says nothing of what it held."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from app.keyholders.manager import FileKeyManager
from app.web import frame
from tests.api.conftest import Client, Staff, logged
from tests.api.doors import ACTIONS, OPENINGS, UPLOAD, Scene, send
from tests.conftest import Database
from tests.edge.served import serving
from tests.ladder import CANARY
from tests.web.browser import Browser
from tests.world import World

UNAVAILABLE = {
    "error": {
        "code": "unavailable",
        "sentence": "This cannot be recorded now, so nothing was done and nothing is shown.",
    }
}
# Ways in which an entry cannot be appended, and how the owner puts it right again.
FAULTS = {
    "the right is gone": (
        "REVOKE INSERT ON entries FROM amana_app; REVOKE INSERT (id, commitment) ON entries FROM amana_app",
        "GRANT INSERT (id, commitment) ON entries TO amana_app",
    ),
    "the table refuses": (
        "ALTER TABLE entry_bodies ADD CONSTRAINT full_disk CHECK (salt IS NULL) NOT VALID",
        "ALTER TABLE entry_bodies DROP CONSTRAINT full_disk",
    ),
    "the number is refused": (
        "REVOKE EXECUTE ON FUNCTION take_subject_seq(uuid) FROM amana_app",
        "GRANT EXECUTE ON FUNCTION take_subject_seq(uuid) TO amana_app",
    ),
}


@contextmanager
def broken(database: Database, fault: str) -> Iterator[None]:
    """The fault holds inside, and is put right afterwards."""
    breaks, mends = FAULTS[fault]
    with database.connect("owner") as owner:
        owner.execute(breaks.encode())
    try:
        yield
    finally:
        with database.connect("owner") as owner:
            owner.execute(mends.encode())


@pytest.mark.abuse("G08")
@pytest.mark.abuse("D03")
@pytest.mark.parametrize("fault", FAULTS)
def test_no_opening_shows_a_word_while_its_entry_cannot_be_kept(
    staff: Staff, world: World, database: Database, fault: str
) -> None:
    scene = Scene.set(world)
    # What was sent through the portal belongs to no case yet, an interpreter to none, and what nobody has read is not
    # filed: none of them takes a number of a case.
    numberless = ("submission", "interpreters", "/file")
    openings = [
        ask for ask in OPENINGS if fault != "the number is refused" or not any(word in ask.path for word in numberless)
    ]

    with broken(database, fault):
        for ask in openings:
            answer = send(staff, scene, ask)
            assert answer.status_code == 503, f"{ask}: {answer.status_code}"
            assert answer.json() == UNAVAILABLE
            assert CANARY not in answer.text

    for ask in OPENINGS:
        assert send(staff, scene, ask).status_code == 200, f"{ask}: it works afterwards"


# A challenge for a security key is a number under a seal: asking for one changes nothing and shows nobody's word.
CHALLENGES = ("/api/me/security-keys/challenge", "/api/me/security-keys/begin")


@pytest.mark.abuse("G08")
def test_no_change_is_kept_while_its_entry_cannot_be(staff: Staff, world: World, database: Database) -> None:
    scene = Scene.set(world)
    # What some of them send is first asked for: a challenge for a key, a question in an inquiry.
    changing = [ask for ask in ACTIONS if ask.path not in CHALLENGES]
    bodies = {ask: ask.body(scene, ask.by) if ask.body else {} for ask in changing}
    before = world.show("intake", scene.planted.reference)

    with broken(database, "the right is gone"):
        statuses = {send(staff, scene, ask, json=body).status_code for ask, body in bodies.items()}
        statuses.add(send(staff, scene, UPLOAD).status_code)
        refused = send(staff, scene, OPENINGS[0], "legal")

    assert statuses == {503}
    assert refused.status_code == 503, "a refusal that cannot be recorded is not given either"
    assert world.show("intake", scene.planted.reference) == before


@pytest.mark.abuse("K03")
def test_a_database_error_repeats_no_value(
    staff: Staff, world: World, database: Database, heard: pytest.LogCaptureFixture
) -> None:
    canary = world.canary()
    with database.connect("owner") as owner:
        owner.execute("ALTER TABLE users ADD CONSTRAINT no_canary CHECK (display_name NOT LIKE 'CANARY%') NOT VALID")
    try:
        body = {"login_name": "newcomer", "display_name": canary, "roles": ["caseworker"]}
        answer = staff["administrator"].post("/api/people", body)
    finally:
        with database.connect("owner") as owner:
            owner.execute("ALTER TABLE users DROP CONSTRAINT no_canary")

    assert answer.status_code == 503
    assert canary not in answer.text
    assert "sqlstate=23514" in heard.text, "the control: the error was met, and is named"


# A colleague's name stands in clear among the accounts.
@pytest.mark.harms
@pytest.mark.abuse("K03")
def test_a_fault_in_a_template_repeats_no_value(
    staff: Staff, world: World, heard: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{world.canary()} surname"
    world.invite("named", name=name, roles=("caseworker",))
    page = Browser(staff.program)
    page.sign_in(world, "named")
    assert name in page.get("/today").text, "the control"
    torn = Environment(
        autoescape=True, loader=DictLoader({"today/today.html": "{{ frame.name }}{{ frame[frame.name].x.y }}"})
    )
    monkeypatch.setattr(frame, "templates", torn)

    answer = page.get("/today")

    assert answer.status_code == 500
    assert CANARY not in answer.text
    assert "jinja2.exceptions.UndefinedError" in heard.text


@pytest.mark.abuse("K03")
def test_a_fault_in_the_key_manager_repeats_no_passphrase(
    stranger: Client, world: World, heard: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = world.canary()

    def garbage(_self: FileKeyManager, digest: bytes, *_: object) -> bytes:
        raise RuntimeError(f"{canary} {digest.hex()}")

    monkeypatch.setattr(FileKeyManager, "pepper", garbage)
    body = {"login_name": "intake", "passphrase": canary, "code": "000000"}

    answer = stranger.post("/api/sign-in", body)

    assert answer.status_code == 500
    assert canary not in answer.text
    assert "builtins.RuntimeError" in heard.text


@pytest.mark.abuse("K03")
@pytest.mark.usefixtures("heard")
def test_a_fault_in_a_parser_repeats_no_byte(staff: Staff, world: World) -> None:
    scene, canary = Scene.set(world), world.canary()
    kinds = {
        "application/json": f'{{"{canary}": {canary}',
        "multipart/form-data; boundary=b": f"--b\\r\\n{canary}\\0: x\\r\\n\\r\\n",
    }

    for kind, raw in kinds.items():
        ask = UPLOAD if "multipart" in kind else ACTIONS[2]
        answer = send(staff, scene, ask, content=raw.encode(), headers={"content-type": kind})
        assert answer.status_code in {400, 422}
        assert canary not in answer.text


@pytest.mark.abuse("H02")
@pytest.mark.abuse("K03")
@pytest.mark.parametrize("fault", ["first byte", "last byte", "gone"])
def test_an_altered_file_is_never_given_out_as_if_it_were_whole(
    staff: Staff, world: World, heard: pytest.LogCaptureFixture, fault: str
) -> None:
    reference, content = world.case(), b"CANARY-of-a-file " * 20_000
    testimony = world.testimony(reference)
    row = staff["intake"].post(f"/api/cases/{reference}/attachments", files={"f": ("a", content)}).json()["id"]
    reason = {"justification": "INTAKE", "cites": str(testimony)}
    assert staff["intake"].post(f"/api/attachments/{row}/download", reason).content == content, "the control"
    blob = _newest(world)
    sealed = bytearray(blob.read_bytes())
    sealed[-1 if fault == "last byte" else 40] ^= 1

    blob.unlink()
    if fault != "gone":
        blob.write_bytes(sealed)
    with serving(staff.program) as port:
        status, promised, got = _download(port, row, staff["intake"].token, reason)

    if fault == "last byte":
        # Begun already when the seal spoke: the line is cut, so that less arrives than was promised.
        assert (status, promised) == (200, len(content))
        assert len(got) < promised
    else:
        assert status == 500
        assert b"CANARY" not in got
    assert "alarm" in heard.text


def _download(port: int, row: str, token: str, reason: Mapping[str, object]) -> tuple[int, int, bytes]:
    with closing(HTTPConnection("localhost", port, timeout=10)) as line:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Host": "localhost:8000"}
        line.request("POST", f"/api/attachments/{row}/download", json.dumps(reason), headers)
        answer = line.getresponse()
        promised = int(answer.getheader("content-length", "0"))
        try:
            return answer.status, promised, answer.read()
        except IncompleteRead as cut:
            return answer.status, promised, cut.partial


def _newest(world: World) -> Path:
    assert world.files is not None
    folder = world.files._folder
    return max((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_mtime_ns)


def test_a_canary_in_the_log_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    """The control of all hunts in the log."""
    caplog.set_level(logging.DEBUG)

    logging.getLogger("amana.office").info("said %s", CANARY)

    assert CANARY in logged(caplog)
