"""The main job from the first command to a stranger's check: over HTTP and by the command line, nothing else.

One office, set up by `amana init`; its people come in by invitation. The fixtures are the chapters of one
story, each told once, and each test asks about one of them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cleaning import files
from tests.cli.driving import Amana, Done, free_port
from tests.cli.nursery import Nursery
from tests.cli.test_audit_commands import stranger
from tests.journeys.chapters import (
    BROUGHT,
    LANGUAGES,
    OUTSIDE,
    Told,
    asked_for,
    intake_sits_with_the_witness,
    legal_reads_and_writes,
    nobody_s,
    protection_sets_a_day,
)
from tests.journeys.house import House, founded
from tests.kit.hunt import hunt
from tests.world import words


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # A short path: PostgreSQL's socket lies under it.
    made = Path(tempfile.mkdtemp(prefix="amana-day-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[House]:
    nursery = Nursery()
    amana = Amana(folder / "home", free_port(), free_port(), nursery, {"AMANA_TOTP_FOR_ALL": "1"})
    with founded(amana, folder) as made:
        yield made
    nursery.close()


@pytest.fixture(scope="module")
def earlier(house: House, folder: Path) -> tuple[str, ...]:
    """What a stranger wrote down before any of it happened, as they give it to the verifier: key and checkpoint."""
    kept, key = folder / "earlier", shutil.copy(house.amana.home / "keys" / "log.trust", folder)
    kept.write_text(house.operator("audit", "checkpoint", "--json").json["note"])
    return "--trust", str(key), "--checkpoints", str(kept)


@pytest.fixture(scope="module")
def sent(house: House, earlier: tuple[str, ...]) -> dict[str, Any]:
    """Somebody without an account writes, with a photograph and a recording, and keeps the receipt."""
    portal, account = house.door(portal=True), house.said(words.SUBMISSION)
    receipt = portal.post("/portal/receipts", json={}).json()["words"]
    form = json.dumps({"receipt": receipt, "account": account, "danger": True})
    parts: list[Any] = [("submission", (None, form))]
    parts += [("file", (name, BROUGHT[name][0](), BROUGHT[name][1])) for name in ("صورة.jpg", "voice.wav")]
    answers = [portal.post("/portal/submissions", files=parts) for _ in range(2)]
    asked = portal.post("/portal/state", json={"receipt": receipt})
    return {"receipt": receipt, "account": account, "answers": answers, "asked": asked, "portal": portal}


@pytest.fixture(scope="module")
def told(house: House, sent: dict[str, Any]) -> Told:
    return intake_sits_with_the_witness(house, sent)


@pytest.fixture(scope="module")
def at_legal(house: House, told: Told) -> dict[str, Any]:
    return legal_reads_and_writes(house, told)


@pytest.fixture(scope="module")
def at_protection(house: House, told: Told, at_legal: dict[str, Any]) -> dict[str, Any]:
    return protection_sets_a_day(house, told)


@dataclass
class Checked:
    """What the auditor was shown, and what the operator carried out and checked."""

    entries: list[dict[str, Any]]
    lookup: Any
    verified: Done
    exported: Path


@pytest.fixture(scope="module")
def checked(house: House, told: Told, at_protection: dict[str, Any], folder: Path) -> Checked:
    """The auditor reads the whole log, page by page; then the operator checks it and carries it out."""
    auditor, entries, behind = house["nadia"], list[dict[str, Any]](), None
    page: dict[str, Any] = {"older": True}
    while page["older"]:
        page = auditor.kept("/api/log/entries", {"before": behind} if behind else {})
        entries += [line["body"] for line in page["entries"]]
        behind = page["entries"][-1]["id"]
    auditor.kept("/api/log/case-report", {"reference": told.reference})
    lookup = auditor.post(
        f"/api/persons/{told.rows['person']}/open", {"fields": ["legal_name"], "justification": "INCIDENT"}
    )
    for asked in (("checkpoint",), ("export", str(folder / "log"))):
        assert house.operator("audit", *asked).code == 0
    return Checked(entries[::-1], lookup, house.operator("audit", "verify", "--json"), folder / "log")


def of_case(checked: Checked, told: Told) -> list[dict[str, Any]]:
    return [entry for entry in checked.entries if any(s["case"] == told.reference for s in entry["subjects"])]


def test_what_is_sent_without_an_account_is_acknowledged_once_and_its_state_is_told(sent: dict[str, Any]) -> None:
    first, again = sent["answers"]

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json(), "the same receipt with the same words was sent once"
    assert sent["asked"].json() == {"reference": first.json()["reference"], "state": "RECEIVED"} | {
        "day": sent["asked"].json()["day"]
    }


def test_intake_reads_it_and_takes_it_into_a_case(house: House, told: Told, sent: dict[str, Any]) -> None:
    asked = sent["portal"].post("/portal/state", json={"receipt": sent["receipt"]}).json()

    assert told.typed["submission"] == sent["account"]
    assert asked["state"] == "LINKED"
    assert house["jonas"].get("/api/submissions").json()[0]["files"] == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_thousands_of_characters_in_numbered_segments_come_back_to_who_took_them(
    house: House, told: Told, language: str
) -> None:
    reading = {"justification": "INTAKE", "cites": told.rows[language]}
    answer = house["jonas"].kept(f"/api/testimonies/{told.rows[language]}/read", reading)

    assert sum(map(len, told.accounts[language])) > 3000
    assert [passage["text"] for passage in answer["passages"]] == list(told.accounts[language])
    assert [passage["number"] for passage in answer["passages"]] == [1, 2, 3, 4]


def test_every_file_is_kept_as_it_was_with_its_hash_and_name(house: House, told: Told) -> None:
    why = {"justification": "INTAKE", "cites": told.rows["ar"]}
    for name, (row, content) in told.files.items():
        asked = {"fields": ["file_name", "original_sha256"], **why}
        values = house["jonas"].kept(f"/api/attachments/{row}/open", asked)["values"]
        got = house["jonas"].post(f"/api/attachments/{row}/download", why)

        assert got.content == content
        assert values == {"file_name": name, "original_sha256": hashlib.sha256(content).hexdigest()}
        assert files.MARK in content, "it says more than it shows, and is no filler"


@pytest.mark.domain("D34")
@pytest.mark.parametrize("login", OUTSIDE)
def test_without_a_grant_the_case_is_like_a_reference_that_nobody_drew(told: Told, login: str) -> None:
    """In list, count, search and at every address; before it was handed to anybody."""
    theirs, nobody_has = told.hidden[login]

    assert theirs == nobody_has
    assert [theirs[0][1], theirs[1][1]] == [b"[]", b"0"]
    assert {answer[0] for answer in theirs[2:]} == {403, 404}


def test_who_opened_it_is_answered_otherwise(house: House, told: Told) -> None:
    """The control of the six before: the questions do find a case, for those who may know of it."""
    mine, nobody_has = asked_for(house["jonas"], told), asked_for(house["jonas"], nobody_s(told))

    assert all(known[:2] != unknown[:2] for known, unknown in zip(mine[2:8], nobody_has[2:8], strict=True))
    assert [answer[0] for answer in mine[:4]] == [200, 200, 200, 200]


def test_the_legal_team_holds_the_account_and_its_notes_and_not_who_or_where(at_legal: dict[str, Any]) -> None:
    tables = {record["table"] for record in at_legal["seen"]["records"]}

    assert at_legal["seen"]["held"] == ["LEGAL", "TESTIMONY"]
    assert {"segments", "consents", "attachments"} <= tables
    assert not tables & {"persons", "identity_documents", "residences"}


def test_a_reviewer_reads_for_a_purpose_and_writes_a_first_note(told: Told, at_legal: dict[str, Any]) -> None:
    assert at_legal["bare"].status_code == 403, "a reason that is not a reviewer's"
    assert at_legal["read"] == {language: list(passages) for language, passages in told.accounts.items()}
    assert at_legal["written"]["id"] == at_legal["note"]
    assert at_legal["opened"]["values"]["reasons"] == at_legal["view"]["reasons"]


def test_the_legal_name_takes_a_key_for_hours_and_a_reason_in_words(told: Told, at_legal: dict[str, Any]) -> None:
    without_a_key, without_words, reasoned = at_legal["name"]

    assert [answer.status_code for answer in at_legal["name"]] == [404, 403, 200]
    assert reasoned.json()["values"] == {"legal_name": told.typed["latin"]}
    assert told.typed["latin"] not in without_a_key.text + without_words.text


def test_a_caseworker_sees_who_and_where_and_not_what_was_said(told: Told, at_protection: dict[str, Any]) -> None:
    seen, opened = at_protection["seen"], at_protection["opened"]

    assert seen["held"] == ["CARE", "IDENTITY", "LOCATION", "THREAT"]
    assert "segments" not in {record["table"] for record in seen["records"]}
    assert opened["name"]["values"] == {"legal_name": told.typed["latin"], "name_arabic": told.typed["arabic"]}
    assert opened["place"]["values"] == {"place": at_protection["typed"]["place"]}
    assert at_protection["account"].status_code == 404
    assert [(line["reference"], line["state"]) for line in at_protection["due"]] == [(told.reference, "SCHEDULED")]


def test_where_somebody_is_exists_for_nobody_who_knows_the_account(at_protection: dict[str, Any]) -> None:
    assert {login: answer.status_code for login, answer in at_protection["theirs"].items()} == {
        "jonas": 404, "tariq": 404}  # fmt: skip


def test_the_auditor_sees_who_did_what_when_why_and_under_which_rule(
    house: House, told: Told, at_legal: dict[str, Any], checked: Checked
) -> None:
    mine = of_case(checked, told)
    (revealed,) = [
        e
        for e in mine
        if (e["action"], e["operation"], e["actor"]) == ("person.reveal", "consult", house["tariq"].code)
    ]

    assert {"collect", "alter", "consult", "grant"} <= {entry["operation"] for entry in mine}
    assert {house[login].code for login in ("jonas", "amelie", "tariq", "ines", "samuel")} <= {e["actor"] for e in mine}
    assert (revealed["justification"], revealed["cites"]) == ("LEGAL_ASSESSMENT", at_legal["note"])
    assert revealed["fields"] == ["persons.legal_name"]
    assert revealed["policy"]["rule"] == "legal-reveals-identity-boxed"
    assert revealed["policy"]["set"] == mine[0]["policy"]["set"]
    assert datetime.fromisoformat(revealed["at"]).date() == datetime.now(UTC).date()


def test_the_auditor_sees_what_was_refused_and_to_whom(house: House, told: Told, checked: Checked) -> None:
    refused = {(e["actor"], e["action"], e["outcome"]) for e in checked.entries if e["operation"] == "refuse"}

    tariq, samuel = house["tariq"].code, house["samuel"].code
    assert {
        (tariq, "person.reveal", "not_found"),
        (tariq, "person.reveal", "denied"),
        (tariq, "segment.open", "denied"),
        (tariq, "location.reveal", "not_found"),
        (samuel, "segment.open", "not_found"),
    } <= refused
    assert {(house[login].code, "case.show", "not_found") for login in OUTSIDE} <= refused
    assert checked.lookup.status_code == 404, "and is refused like everybody else"


def test_the_auditor_is_shown_not_a_word_of_what_was_typed(
    house: House, told: Told, at_legal: dict[str, Any], checked: Checked
) -> None:
    auditor = [(f"answer {n}", heard) for n, heard in enumerate(house["nadia"].heard)]
    carried = [(path.name, path.read_bytes()) for path in checked.exported.rglob("*") if path.is_file()]
    everybody = [("intake", b"".join(house["jonas"].heard)), ("legal", b"".join(house["tariq"].heard)),
                 ("protection", b"".join(house["samuel"].heard))]  # fmt: skip
    shown = {found.text for found in hunt(everybody, house.marks)}

    assert len(auditor) > len(checked.entries) // 50
    assert hunt([*auditor, *carried, ("verify", checked.verified.out.encode())], house.marks) == []
    assert not [
        text for text in ("Amina", "أمينة", "Rahmani", "4471 902") if text.encode() in b"".join(house["nadia"].heard)
    ]
    assert len(house.marks) > 30
    assert len(shown) > 12, "the control: those who may were shown them, and the hunt finds them there"


def test_the_log_is_intact_for_the_house_and_for_a_stranger_with_an_earlier_checkpoint(
    checked: Checked, earlier: tuple[str, ...]
) -> None:
    outside = stranger(checked.exported, *earlier)

    assert (checked.verified.code, outside.code) == (0, 0), checked.verified.err + outside.out
    assert checked.verified.json["intact"]
    assert outside.json["size"] > int(Path(earlier[-1]).read_text().splitlines()[1]) > 10


def test_one_byte_changed_is_found_by_the_stranger(checked: Checked, earlier: tuple[str, ...], tmp_path: Path) -> None:
    """The control: of an entry that the earlier checkpoint covers, and of one that only the newest does."""
    for index in (3, -3):
        spoilt = shutil.copytree(checked.exported, tmp_path / f"log{index}")
        lines = (spoilt / "bodies.jsonl").read_bytes().splitlines(keepends=True)
        lines[index] = lines[index].replace(b'"v":1', b'"v":2')
        (spoilt / "bodies.jsonl").write_bytes(b"".join(lines))

        found = stranger(spoilt, *earlier)

        assert (found.code, found.json["bad_index"]) == (3, index % len(lines))
