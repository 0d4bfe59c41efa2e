"""Input that no honest program sends, at every door: refused whole, stored not at all, repeated nowhere."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from app.db import Table, tables
from tests.api.bodies import form_of
from tests.api.conftest import Client, Staff
from tests.api.doors import BODIED, OPEN, QUESTIONS, SIGNED_IN, UPLOAD, Ask, Scene, everything, send
from tests.conftest import Database
from tests.ladder import CANARY
from tests.world import World

OUT_OF_RANGE = (-1, 2**31, 2**63 - 1, 2**63, 2**64, 10**30, -(2**63) - 1)
NUMBERS_AS_TEXT = ("0", "-1", "2147483648", "9223372036854775808", "18446744073709551616", "1" + 30 * "0", "9" * 1500)
PRIVILEGES = (
    "role", "roles_held", "is_admin", "admin", "is_superuser", "permissions", "__class__", "__proto__", "constructor",
    "self", "owner", "holder", "key", "grants", "signed_by", "approved", "_method", "csrf", "token",
)  # fmt: skip


def state_of(database: Database) -> dict[str, str]:
    """A hash over every row, for each table: what differs says where."""
    told = {}
    with database.connect("owner") as owner:
        for table in Table.metadata.sorted_tables:
            query = SQL("SELECT t::text FROM {} t ORDER BY 1").format(Identifier(table.name))
            told[table.name] = hashlib.sha256(repr(owner.execute(query).fetchall()).encode()).hexdigest()
    return told


def _names() -> list[str]:
    columns = {column.key for table in tables().values() for column in table.__mapper__.columns}
    return sorted(columns | set(PRIVILEGES))


@pytest.mark.abuse("A05")
def test_no_door_takes_a_field_it_does_not_know(staff: Staff, world: World, database: Database) -> None:
    scene = Scene.set(world)
    # Some bodies are made by doing something first: a second factor, a question to whoever answers.
    bodies = {ask: ask.body(scene, ask.by) if ask.body else {} for ask in BODIED}
    before = state_of(database)

    for ask, body in bodies.items():
        strange = [name for name in _names() if not _known(ask, name)]
        for start in range(0, len(strange), 40):
            added = strange[start : start + 40]
            answer = send(staff, scene, ask, json=body | dict.fromkeys(added, True))
            told = [field["kind"] for field in answer.json()["error"].get("fields", [])]
            assert answer.status_code == 422, f"{ask}: {answer.status_code}"
            assert told == ["extra_forbidden"] * len(added), f"{ask}: one of {added} was taken"

    assert state_of(database) == before


def _known(ask: Ask, name: str) -> bool:
    form = form_of(ask)
    return form is not None and name in form.model_fields


@pytest.mark.abuse("A05")
def test_no_field_is_taken_inside_another_either(staff: Staff, world: World) -> None:
    scene = Scene.set(world)
    person = {"legal_name": "A", "birth_date": {"precision": "UNKNOWN", "case_id": "x"}}
    segments = {"language": "ar", "segments": [{"text": "a", "compartment": "LEGAL"}]}

    for path, body in (("cases/{reference}/person", person), ("testimonies/{row}/account", segments)):
        ask = next(ask for ask in BODIED if ask.path == f"/api/{path}")
        assert send(staff, scene, ask, json=body).status_code == 422


@pytest.mark.abuse("A05")
def test_the_hash_of_all_tables_notices_one_row(world: World, database: Database) -> None:
    before = state_of(database)

    world.case()

    assert state_of(database) != before


@pytest.mark.abuse("A06")
@pytest.mark.usefixtures("heard")
def test_nothing_of_a_refused_body_comes_back_or_is_logged(staff: Staff, world: World, stranger: Client) -> None:
    scene = Scene.set(world)

    for ask in BODIED:
        body = ask.body(scene, ask.by) if ask.body else {}
        for wrong in _spoilt(body, world.canary()):
            answer = send(staff, scene, ask, **wrong)
            assert answer.status_code in {400, 415, 422}, f"{ask}: {answer.status_code}"
            assert CANARY not in everything(answer), ask
    for _method, path in OPEN[:2]:
        for wrong in _spoilt({"login_name": "a", "code": "b", "passphrase": "c"}, world.canary()):
            answer = stranger.post(path, **wrong)
            assert answer.status_code in {400, 415, 422}, path
            assert CANARY not in everything(answer), path


def _spoilt(body: dict[str, Any], canary: str) -> Iterator[dict[str, Any]]:
    """Ways to be wrong around a canary: unknown, in every place with one missing, of another kind, not JSON."""
    yield {"json": body | {canary: canary}}
    yield {"json": dict.fromkeys(body, canary) | {canary: {canary: [canary]}}}
    yield {"json": {name: {canary: canary} for name in list(body)[1:]} | {canary: 1}}
    yield {"json": [canary]}
    yield {"json": canary}
    yield {"content": f'{{"{canary}": "{canary}"'.encode(), "headers": {"content-type": "application/json"}}
    yield {"content": f'{{"a": "{canary}", "a": 1}}'.encode(), "headers": {"content-type": "application/json"}}
    yield {"content": canary.encode(), "headers": {"content-type": f"text/{canary}"}}


@pytest.mark.abuse("A06")
@pytest.mark.usefixtures("heard")
def test_nothing_of_a_refused_file_comes_back_or_is_logged(staff: Staff, world: World) -> None:
    scene, canary = Scene.set(world), world.canary()
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{canary}"\r\nContent-Type: {canary}\r\n'

    for raw in (f"{head}\r\n{canary}", f"{head}{canary}", f"{canary}\r\n{head}", f"{head}X-\0{canary}: a\r\n\r\n"):
        answer = send(
            staff, scene, UPLOAD, content=raw.encode(), headers={"content-type": "multipart/form-data; boundary=b"}
        )
        assert answer.status_code in {400, 413, 415, 422}
        assert CANARY not in everything(answer)


@pytest.mark.abuse("A06")
@pytest.mark.usefixtures("heard")
def test_nothing_of_an_address_or_a_header_comes_back_or_is_logged(staff: Staff, world: World) -> None:
    canary = world.canary()
    door = staff["intake"]

    for answer in (
        door.get(f"/api/cases/{canary}"), door.get(f"/{canary}"), door.get(f"/api/cases?page={canary}"),
        door.post(f"/api/segments/{canary}/open", {"fields": ["text"], "justification": "INTAKE"}),
        door.post("/api/cases", {"pathway": canary}, headers={"Idempotency-Key": canary[:8]}),
        door.get("/api/me", headers={"Authorization": f"Bearer {canary}", "X-Request-Id": canary, "Cookie": canary}),
        door.ask(canary[:20], "/api/me"),
    ):  # fmt: skip
        assert 400 <= answer.status_code < 500
        assert CANARY not in everything(answer)


@pytest.mark.abuse("A02")
def test_no_number_in_an_address_is_a_defect(staff: Staff, world: World) -> None:
    scene = Scene.set(world)

    for ask in SIGNED_IN:
        if "{" not in ask.path:
            continue
        for number in NUMBERS_AS_TEXT:
            path = ask.path.replace("{reference}", number).replace("{row}", number).replace("{user}", number)
            answer = send(staff, scene, ask, path=path)
            assert answer.status_code == 404, f"{ask} with {number[:20]}: {answer.status_code}"
    for ask in QUESTIONS:
        for number in (*NUMBERS_AS_TEXT[1:], "1e400", "٣", "1.0", " 1", ""):
            answer = send(staff, scene, ask, path=f"{scene.address(ask)}?page={number}")
            assert answer.status_code in {200, 404}, f"{ask} page {number[:20]}"


@pytest.mark.abuse("A02")
def test_no_number_in_a_body_is_a_defect(staff: Staff, world: World) -> None:
    scene = Scene.set(world)

    for ask in BODIED:
        body = ask.body(scene, ask.by) if ask.body else {}
        for name in body:
            for number in OUT_OF_RANGE:
                answer = send(staff, scene, ask, json=body | {name: number})
                assert answer.status_code == 422, f"{ask} {name}={number}: {answer.status_code}"
        for written in ("1e400", "-1e400", "0.1", "9" * 5000, "NaN", "Infinity"):
            raw = f'{{"page": {written}}}'.encode()
            answer = send(staff, scene, ask, content=raw, headers={"content-type": "application/json"})
            assert answer.status_code == 422, f"{ask} {written[:10]}"


FAR = ("0001-01-01T00:00:00+14:00", "1899-12-31T00:00:00Z", "2201-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00")


@pytest.mark.abuse("A02")
@pytest.mark.parametrize("far", FAR)
def test_a_time_that_could_not_be_read_again_is_refused(staff: Staff, world: World, far: str) -> None:
    """One such check-in, or one such grant, would make the case unreadable for everybody (found here)."""
    scene = Scene.set(world)
    reference, user = scene.planted.reference, scene.spare["intake"]
    asked = {
        "protection": (f"/api/cases/{reference}/check-ins", {"due_at": far, "agreed_word": "kettle"}),
        "intake": (f"/api/cases/{reference}/grants", {"user": user, "compartments": ["TESTIMONY"], "until": far}),
        "auditor": ("/api/log/entries", {"since": far, "until": far}),
    }

    for login, (path, body) in asked.items():
        assert staff[login].post(path, body).status_code == 422, login
    for login in ("protection", "intake"):
        assert staff[login].get(f"/api/cases/{reference}").status_code == 200


def test_a_time_of_another_zone_is_the_same_time_for_the_auditor(staff: Staff, world: World) -> None:
    world.case()
    door = staff["auditor"]

    def found(since: str) -> int:
        return len(door.post("/api/log/entries", {"since": since, "action": "case.open"}).json()["entries"])

    # The clock stands at 14:14 UTC. One moment in three spellings: UTC, two hours east, four hours west.
    before = {found(f"2026-09-21T{spelt}") for spelt in ("13:44:00Z", "15:44:00+02:00", "09:44:00-04:00")}
    after = {found(f"2026-09-21T{spelt}") for spelt in ("14:44:00Z", "16:44:00+02:00", "10:44:00-04:00")}

    assert (before, after) == ({1}, {0})


TEXTS = {
    "right to left override": "said \u202eback\u202c again\u2066x\u2069",
    "many marks": "a" + "\u0301" * 19_000,
    "composed": "\u00e9 \u0623 \uac00",
    "decomposed": "e\u0301 \u0627\u0654 \u1100\u1161",
    "all planes": "".join(chr(plane << 16 | 0x41) for plane in range(17)) + "\ufffe\U0010ffff\ue000\x01\x1b\x7f\x85",
    "blanks": " \t\r\n\u00a0\u2028\u2029\ufeff\u200b ",
}


@pytest.mark.abuse("A03")
@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_every_text_comes_back_as_it_was_given(staff: Staff, world: World, text: str) -> None:
    reference, intake = world.case(), staff["intake"]
    testimony = world.testimony(reference, upto="IN_SESSION")
    account = {"language": "ar", "segments": [{"text": text}]}

    kept = intake.post(f"/api/testimonies/{testimony}/account", account)
    reason = {"fields": ["text"], "justification": "INTAKE", "cites": str(testimony)}
    back = intake.post(f"/api/segments/{kept.json()['segments'][0]}/open", reason)

    assert kept.status_code == 201
    assert back.json()["values"]["text"].encode() == text.encode()


@pytest.mark.abuse("A03")
@pytest.mark.parametrize("spelt", [r"\ud800", r"\udfff", r"a\udc00\ud800", r"\u0000", r"x\u0000y"])
def test_what_is_not_text_is_refused_and_not_kept(staff: Staff, world: World, database: Database, spelt: str) -> None:
    scene = Scene.set(world)
    bodies = {ask: ask.body(scene, ask.by) if ask.body else {"words": "x"} for ask in BODIED}
    before = state_of(database)

    for ask, body in bodies.items():
        for name in (name for name, value in body.items() if isinstance(value, str)):
            raw = json.dumps(body | {name: "PLACE"}).replace("PLACE", spelt).encode()
            answer = send(staff, scene, ask, content=raw, headers={"content-type": "application/json"})
            assert answer.status_code == 422, f"{ask} {name}"

    assert state_of(database) == before


@pytest.mark.abuse("A04")
@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 200_000, b'{"a":' * 200_000, b"[" * 40 + b"]" * 40, b'{"pathway": "ADULT", "pathway": "CHILD"}',
        b'{"pathway": "ADULT"} x', b'\xef\xbb\xbf{"pathway": "ADULT"}', '{"pathway": "ADULT"}'.encode("utf-16"),
        b'{"pathway": NaN}', b"", b"\xff\xfe", b"null", b'{"pathway": "\xed\xa0\x80"}',
    ],
    ids=["lists", "objects", "forty", "twice", "trailing", "bom", "utf-16", "nan", "empty", "bytes", "null", "half"],
)  # fmt: skip
def test_what_is_not_one_json_text_opens_no_case(staff: Staff, world: World, raw: bytes) -> None:
    begun = time.perf_counter()
    answer = staff["intake"].ask("POST", "/api/cases", content=raw, headers={"content-type": "application/json"})

    assert answer.status_code in {400, 422}
    assert time.perf_counter() - begun < 1
    assert staff["intake"].get("/api/cases/count").json() == 0


@pytest.mark.abuse("A12")
@pytest.mark.parametrize(
    "kind", [None, "text/plain", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded",
             "application/json; charset=utf-7", "application/json; charset=utf-16", "application/jsonp", ""],
)  # fmt: skip
def test_a_body_of_another_kind_is_refused_at_every_door(staff: Staff, world: World, kind: str | None) -> None:
    scene = Scene.set(world)
    headers = {} if kind is None else {"content-type": kind}

    for ask in BODIED:
        body = ask.body(scene, ask.by) if ask.body else {}
        answer = send(staff, scene, ask, content=json.dumps(body).encode(), headers=headers)
        assert answer.status_code == 415, f"{ask}: {answer.status_code}"


@pytest.mark.abuse("A12")
def test_a_body_in_chunks_without_a_kind_is_not_taken_for_none(staff: Staff, world: World) -> None:
    """It was once: a case was opened, and what had been sent was never read."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"pathway": "NO_SUCH"}'

    answer = staff["intake"].ask("POST", "/api/cases", content=chunks())

    assert answer.status_code == 415
    assert staff["intake"].get("/api/cases/count").json() == 0


@pytest.mark.abuse("A12")
def test_a_packed_body_is_refused_unread(staff: Staff, world: World) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}

    answer = staff["intake"].ask("POST", "/api/cases", content=b"\x1f\x8b" + b"\0" * 1000, headers=headers)

    assert answer.status_code == 415


@pytest.mark.abuse("A01")
def test_a_body_over_the_cap_is_cut_off_declared_or_not(staff: Staff, world: World) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(960):
            sent += 65_536
            yield b" " * 65_536
            await asyncio.sleep(0)

    headers = {"content-type": "application/json"}
    declared = staff["intake"].ask("POST", "/api/cases", content=b" " * (1024 * 1024 + 1), headers=headers)
    streamed = staff["intake"].ask("POST", "/api/cases", content=chunks(), headers=headers)

    assert [declared.status_code, streamed.status_code] == [413, 413]
    assert sent < 3 * 1024 * 1024, "all of it was read before it was refused"


@pytest.mark.abuse("D10")
def test_a_passphrase_of_a_megabyte_is_refused_before_it_is_stretched(stranger: Client, world: World) -> None:
    begun = time.perf_counter()
    body = {"login_name": "intake", "passphrase": "a" * 1_000_000, "code": "000000"}

    answer = stranger.post("/api/sign-in", body)

    assert answer.status_code == 422
    assert time.perf_counter() - begun < 0.5
