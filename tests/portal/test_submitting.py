"""What a stranger can do to the portal, and what it may never do to them."""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.api.conftest import Client, Staff
from tests.conftest import Clock, Database
from tests.drills import trials
from tests.edge.served import connected, rest, serving
from tests.ladder import CANARY, Log
from tests.world import World

NONE = {"error": {"code": "receipt.none", "sentence": "This receipt opens nothing."}}
ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def draw(portal: Client, **given: str) -> dict[str, Any]:
    found: dict[str, Any] = portal.post("/portal/receipts", given).json()
    return found


def send(portal: Client, receipt: str, account: str = "I saw it.", **more: Any) -> httpx.Response:
    return portal.post("/portal/submissions", {"receipt": receipt, "account": account, **more})


def ask(portal: Client, receipt: str, **more: Any) -> httpx.Response:
    return portal.post("/portal/state", {"receipt": receipt, **more})


def rows(database: Database, *names: str) -> dict[str, int]:
    with database.connect("owner") as owner:
        return {name: owner.execute(f"SELECT count(*) FROM {name}".encode()).fetchone()[0] for name in names}  # type: ignore[index]


# Drawing


@pytest.mark.parametrize("spoilt", [{"language": []}, {"language": {}}, {"language": 1}, {"x": 1}, [], "en", None])
def test_what_is_not_a_wish_for_a_receipt_is_refused(portal: Client, spoilt: Any) -> None:
    """A list for a language was once a defect: it was looked up as if it were a word."""
    raw = json.dumps(spoilt).encode()

    answer = portal.ask("POST", "/portal/receipts", content=raw, headers={"content-type": "application/json"})

    assert answer.status_code == 422


def test_drawing_stores_nothing(portal: Client, database: Database) -> None:
    before = rows(database, "witness_keys", "kept_answers", "entries", "keyholders")

    receipts = {draw(portal)["words"] for _ in range(20)}

    assert len(receipts) == 20
    assert rows(database, *before) == before


def test_a_language_without_a_list_gets_digits(portal: Client) -> None:
    assert draw(portal, language="ar")["words"] is None
    assert re.fullmatch(r"(\d{6} ){7}\d{6}", draw(portal, language="ar")["digits"])
    assert len(draw(portal, language="fr")["words"].split()) == 12


# Receipts


@pytest.mark.abuse("C03")
@pytest.mark.parametrize("language", ["en", "fr", "es", "ja", "tr"])
def test_a_receipt_is_known_however_it_is_written(portal: Client, language: str) -> None:
    drawn = draw(portal, language=language)
    words, digits = drawn["words"], drawn["digits"]
    send(portal, words, receipt_language=language)

    for written in (
        words, words.upper(), f"  {words}  ", words.replace(" ", "  "), unicodedata.normalize("NFD", words),
        unicodedata.normalize("NFC", words), words.replace(" ", "\n"), "\u200f" + words,
        digits, digits.replace(" ", ""), digits.replace(" ", "-"), digits.translate(ARABIC_INDIC),
    ):  # fmt: skip
        answer = ask(portal, written, receipt_language=language)
        assert answer.json().get("state") == "RECEIVED", f"{written!r}: {answer.text}"
    assert ask(portal, words, receipt_language="en").json()["state"] == "RECEIVED", "of whatever page it comes from"


@pytest.mark.abuse("C03")
@pytest.mark.abuse("C04")
def test_every_wrong_receipt_gets_one_answer(portal: Client) -> None:
    drawn, never_sent = draw(portal), draw(portal)
    send(portal, drawn["words"])
    words = drawn["words"].split()
    nobody = ask(portal, never_sent["words"])

    for wrong in (
        never_sent["digits"], " ".join(words[:11]), " ".join([*words, words[0]]), " ".join(words[::-1]),
        " ".join([*words[:11], "notaword"]), " ".join(words[1:] + words[:1]), drawn["digits"][:-1] + "x",
        drawn["digits"][:-1] + str((int(drawn["digits"][-1]) + 1) % 10), "0" * 48, "9" * 48, "abandon " * 12,
        "' OR 1=1 -- aaaaaaaaaaaaa", "{{7*7}} {{7*7}} {{7*7}}", "%" * 40, CANARY * 5,
    ):  # fmt: skip
        answer = ask(portal, wrong)
        assert (answer.status_code, answer.json()) == (404, NONE), wrong
        assert answer.content == nobody.content
        assert answer.headers == nobody.headers
    assert ask(portal, drawn["words"]).status_code == 200, "the control"


@pytest.mark.drill
@pytest.mark.abuse("C01")
def test_random_receipts_open_nothing_and_lock_nobody_out(portal: Client) -> None:
    drawn = draw(portal)
    send(portal, drawn["words"])

    answers = [ask(portal, draw(portal)["words"]) for _ in range(trials(200, 10_000))]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert ask(portal, drawn["words"]).json()["state"] == "RECEIVED"


@pytest.mark.abuse("C04")
def test_a_receipt_still_opens_after_its_account_was_withdrawn(portal: Client, staff: Staff, world: World) -> None:
    drawn = draw(portal)
    reference, case = send(portal, drawn["words"]).json()["reference"], world.case()
    staff["intake"].post(f"/api/submissions/{reference}/triage", {"decision": "INTERVIEW"})
    staff["intake"].post(f"/api/submissions/{reference}/link", {"case": case})
    (consent,) = world.consents(case, "T1")
    staff["intake"].post(f"/api/consents/{consent.id}/withdraw", {})

    assert ask(portal, drawn["words"]).json()["state"] == "LINKED"


@pytest.mark.abuse("C05")
def test_a_receipt_in_an_address_is_refused_and_none_is_ever_given_out_in_one(portal: Client) -> None:
    drawn = draw(portal)
    sent = send(portal, drawn["words"])
    packed = drawn["digits"].replace(" ", "")

    for answer in (
        portal.get(f"/portal/state/{packed}"), portal.get("/portal/state", params={"receipt": packed}),
        portal.ask("POST", f"/portal/state?receipt={packed}", json={}),
        portal.ask("POST", f"/portal/state/{packed}", json={}), portal.get(f"/{packed}"),
    ):  # fmt: skip
        assert answer.status_code in {404, 405, 422}
        assert packed not in answer.text + str(answer.headers)
    for answer in (sent, ask(portal, drawn["words"])):
        assert "location" not in answer.headers
        assert packed not in answer.text
        assert drawn["words"] not in answer.text


@pytest.mark.abuse("C06")
def test_nothing_given_out_tells_the_order_or_the_hour(portal: Client, standing_clock: Clock) -> None:
    sent = []
    for _ in range(12):
        standing_clock.move(hours=1)
        drawn = draw(portal)
        sent.append((send(portal, drawn["words"]), ask(portal, drawn["words"])))

    references = [answer.json()["reference"] for answer, _ in sent]
    assert references != sorted(references)
    for first, second in sent:
        for answer in (first, second):
            assert not {"etag", "last-modified", "date", "set-cookie", "server"} & set(answer.headers)
            assert not re.search(r"\d\d:\d\d|[0-9a-f]{8}-[0-9a-f]{4}-7", answer.text), "no hour, no UUID of a time"
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", second.json()["day"])


# Sending


@pytest.mark.abuse("A13")
def test_fifty_submissions_of_one_receipt_at_once_are_one(portal: Client, world: World, database: Database) -> None:
    body = {"receipt": draw(portal)["words"], "account": "I saw it.", "danger": True}

    async def all_of_them() -> list[httpx.Response]:
        transport = httpx.ASGITransport(portal.program, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=portal.base) as client:
            return list(await asyncio.gather(*(client.post("/portal/submissions", json=body) for _ in range(50))))

    answers = asyncio.run(all_of_them())

    told = Counter(answer.status_code for answer in answers)
    assert set(told) <= {201, 409, 503}
    assert told[201] >= 1
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert rows(database, "submissions", "witness_keys") == {"submissions": 1, "witness_keys": 1}
    again = portal.post("/portal/submissions", body)
    assert (again.status_code, again.content) == (201, next(a.content for a in answers if a.status_code == 201))


@pytest.mark.abuse("A13")
def test_another_account_under_the_same_receipt_is_refused_and_changes_nothing(
    portal: Client, staff: Staff, database: Database
) -> None:
    receipt = draw(portal)["words"]
    first = send(portal, receipt, "the first words")

    second = send(portal, receipt, "other words")

    assert (first.status_code, second.status_code) == (201, 409)
    assert rows(database, "submissions") == {"submissions": 1}
    (line,) = staff["intake"].get("/api/submissions").json()
    reason = {"fields": ["account"], "justification": "TRIAGE", "cites": line["id"]}
    opened = staff["intake"].post(f"/api/submissions/{line['reference']}/open", reason)
    assert opened.json()["values"]["account"] == "the first words"


@pytest.mark.abuse("A13")
def test_one_key_of_a_program_makes_one_case_and_is_nobody_elses(staff: Staff, world: World) -> None:
    key = {"Idempotency-Key": "k" * 32}

    answers = [staff["intake"].post("/api/cases", {"pathway": "ADULT"}, headers=key) for _ in range(3)]
    other = staff["intake"].post("/api/cases", {"pathway": "CHILD"}, headers=key)
    lead = staff["intake-lead"].post("/api/cases", {"pathway": "ADULT"}, headers=key)

    assert len({answer.content for answer in answers}) == 1
    assert {answer.status_code for answer in answers} == {201}
    assert other.status_code == 409
    assert lead.status_code == 201
    assert lead.json()["reference"] != answers[0].json()["reference"]


NOT_THEIRS = (
    "state", "reference", "id", "witness_id", "handle_hash", "envelope_id", "files", "role", "is_admin", "team_id",
    "blob", "received_at", "decision", "__class__", "idempotency", "sealed_private", "at", "size_bytes",
)  # fmt: skip


@pytest.mark.abuse("A05")
@pytest.mark.parametrize("value", ["x", [], {}, True], ids=str)
def test_a_stranger_sets_nothing_that_is_not_theirs(portal: Client, database: Database, value: Any) -> None:
    before = rows(database, "submissions", "entries", "keyholders")
    receipt = draw(portal)["words"]

    for name in NOT_THEIRS:
        given: dict[str, Any] = {name: value}
        assert send(portal, receipt, **given).status_code == 422, name
        assert ask(portal, receipt, **given).status_code == 422, name

    assert rows(database, *before) == before
    assert send(portal, receipt).status_code == 201, "the control"


@pytest.mark.abuse("A01")
@pytest.mark.parametrize("declared", [True, False])
def test_an_account_of_sixty_megabytes_is_cut_off_while_it_comes(portal: Client, declared: bool) -> None:
    """Files of 200 MiB are taken at this address, so its cap alone would let JSON of that size into memory."""
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(920):
            sent += 65_536
            yield b" " * 65_536

    headers = {"content-type": "application/json"} | ({"content-length": str(920 * 65_536)} if declared else {})
    answer = portal.ask("POST", "/portal/submissions", content=pieces(), headers=headers)

    assert answer.status_code == 413
    assert sent < 3 * 1024 * 1024


@pytest.mark.abuse("A01")
def test_an_account_of_one_character_too_many_is_refused_and_of_the_most_is_kept(portal: Client) -> None:
    assert send(portal, draw(portal)["words"], "é" * 200_001).status_code == 422
    assert send(portal, draw(portal)["words"], "é" * 200_000).status_code == 201


@pytest.mark.abuse("A03")
@pytest.mark.parametrize("text", ["e\u0301 \u00e9", "\u202eback", "a" + "\u0301" * 100_000, "\U0010ffff\ufeff \x01"])
def test_an_account_comes_back_byte_for_byte(portal: Client, staff: Staff, text: str) -> None:
    reference = send(portal, draw(portal)["words"], text).json()["reference"]
    (line,) = staff["intake"].get("/api/submissions").json()
    reason = {"fields": ["account"], "justification": "TRIAGE", "cites": line["id"]}

    opened = staff["intake"].post(f"/api/submissions/{reference}/open", reason)

    assert opened.json()["values"]["account"].encode() == text.encode()


@pytest.mark.abuse("A10")
@pytest.mark.abuse("A14")
def test_a_form_that_is_not_whole_or_not_ours_keeps_nothing(
    portal: Client, database: Database, settings: Settings
) -> None:
    submission = json.dumps({"receipt": draw(portal)["words"], "account": "I saw it."})
    first = f'--b\r\nContent-Disposition: form-data; name="submission"\r\n\r\n{submission}\r\n'
    file = '--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nxxxx\r\n'
    end = "--b--\r\n"
    before = rows(database, "submissions", "submission_files", "entries")

    for body in (
        first, first + file, file + first + end, end, file + end, first + first + end, first + file * 13 + end,
        "junk" + first + end, first + end + "x" * 100, first.replace("submission", "form") + end,
        first.replace('name="submission"', 'name="submission"; filename="a"') + end,
        first.replace('"account"', '"acc') + end, first + file.replace("filename", "filename*") + end,
    ):  # fmt: skip
        kind = {"content-type": "multipart/form-data; boundary=b"}
        answer = portal.ask("POST", "/portal/submissions", content=body.encode(), headers=kind)
        assert answer.status_code in {400, 413, 422}, body[-80:]
    assert rows(database, *before) == before
    whole = portal.ask("POST", "/portal/submissions", content=(first + file + end).encode(), headers=kind)
    assert whole.status_code == 201, "the control"


@pytest.mark.abuse("A14")
def test_a_submission_that_is_cut_is_sent_again_whole(portal: Client, database: Database) -> None:
    """Cut after each kilobyte: never half; and the same receipt with the same words then arrives once."""
    body = json.dumps({"receipt": draw(portal)["words"], "account": "I saw it. " * 1_500}).encode()
    head = (
        "POST /portal/submissions HTTP/1.1\r\nHost: localhost:8001\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()

    with serving(portal.program) as port:
        for end in range(0, len(body), 1000):
            with connected(port) as line:
                line.sendall(head + body[:end])
        assert rows(database, "submissions") == {"submissions": 0}
        for _ in range(2):
            with connected(port) as line:
                line.sendall(head + body)
                assert b" 201 " in rest(line).partition(b"\r\n")[0]

    assert rows(database, "submissions") == {"submissions": 1}


@pytest.mark.abuse("A12")
@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-7"]
)
def test_another_kind_of_body_is_refused(portal: Client, kind: str | None) -> None:
    body = json.dumps({"receipt": draw(portal)["words"], "account": "x"}).encode()
    headers = {} if kind is None else {"content-type": kind}

    for path in ("/portal/submissions", "/portal/state", "/portal/receipts"):
        assert portal.ask("POST", path, content=body, headers=headers).status_code == 415, path


# What stays


@pytest.mark.abuse("C07")
def test_no_address_and_no_agent_of_a_witness_is_stored(portal: Client, database: Database, world: World) -> None:
    mark = "AGENT-7f3a91"
    headers = {
        "User-Agent": mark, "X-Forwarded-For": "203.0.113.77", "Referer": f"http://{mark}", "Accept-Language": mark,
        "Forwarded": "for=203.0.113.77", "Cookie": mark,
    }  # fmt: skip
    body = {"receipt": draw(portal)["words"], "account": "I saw it."}

    assert portal.post("/portal/submissions", body, headers=headers).status_code == 201
    assert portal.post("/portal/state", {"receipt": body["receipt"]}, headers=headers).status_code == 200

    with database.connect("owner") as owner:
        tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in tables:
            for (row,) in owner.execute(f"SELECT t::text FROM {name} t".encode()):
                assert mark not in row
                assert "203.0.113.77" not in row


def test_the_portal_logs_no_refusal_of_a_stranger(portal: Client, log: Log) -> None:
    """A stranger must not be able to fill the log."""
    for _ in range(5):
        ask(portal, draw(portal)["words"])
        send(portal, "x" * 30)

    assert log.fresh() == []


def test_what_a_witness_is_told_moves_with_what_intake_does(portal: Client, staff: Staff, world: World) -> None:
    drawn = draw(portal)
    reference, case = send(portal, drawn["words"]).json()["reference"], world.case()
    (line,) = staff["intake"].get("/api/submissions").json()
    reason = {"fields": ["account"], "justification": "TRIAGE", "cites": line["id"]}
    states = [ask(portal, drawn["words"]).json()["state"]]

    for path, body in (("open", reason), ("triage", {"decision": "INTERVIEW"}), ("link", {"case": case})):
        staff["intake"].post(f"/api/submissions/{reference}/{path}", body)
        states.append(ask(portal, drawn["words"]).json()["state"])

    assert states == ["RECEIVED", "OPENED", "TRIAGED", "LINKED"]
