"""The main job through the interface for programs, on real input."""

from __future__ import annotations

import json

import pytest

from tests.api.conftest import Client, Staff
from tests.cleaning import files
from tests.world import World, words


def _segments(language: str) -> list[dict[str, object]]:
    return [{"text": p.text, "classes": sorted(p.classes)} for p in words.passages(language)]


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_an_account_goes_in_and_comes_back_byte_for_byte(staff: Staff, language: str) -> None:
    intake = staff["intake"]
    opened = intake.post("/api/cases", {})
    assert opened.status_code == 201, opened.text
    reference = opened.json()["reference"]
    begun = intake.post(f"/api/cases/{reference}/testimonies", {}).json()["id"]
    limits = {"statement_version": "2026-10", "language": language, "own_words": words.own_words(language)}
    intake.post(f"/api/testimonies/{begun}/limits", limits)
    consent = {
        "tier": "T1", "granted": True, "text_version": "2026-10", "language": language, "how_given": "SPOKEN",
        "custody_status": "FREE", "guard_present": False,
    }  # fmt: skip
    intake.post(f"/api/cases/{reference}/consents", consent)
    assert intake.post(f"/api/testimonies/{begun}/ready", {"counsel": "OFFERED"}).status_code == 200
    session = {"place": "OFFICE", "custody_status": "FREE", "guard_present": False}
    intake.post(f"/api/testimonies/{begun}/session", session)

    recorded = intake.post(f"/api/testimonies/{begun}/account", {"language": language, "segments": _segments(language)})
    first = recorded.json()["segments"][0]
    opened = intake.post(f"/api/segments/{first}/open", {"fields": ["text"], "justification": "INTAKE", "cites": begun})

    assert recorded.status_code == 201
    assert opened.json()["values"]["text"] == words.passages(language)[0].text


def test_a_file_is_sealed_and_comes_back_as_it_was(staff: Staff, world: World) -> None:
    reference = world.case()
    testimony = world.testimony(reference)
    content = files.jpeg((3000, 2000))
    sent = staff["intake"].post(
        f"/api/cases/{reference}/attachments", files={"file": ("../x صورة.jpg", content, "image/jpeg")}
    )

    reason = {"justification": "INTAKE", "cites": str(testimony)}
    got = staff["intake"].post(f"/api/attachments/{sent.json()['id']}/download", reason)
    name = staff["intake"].post(f"/api/attachments/{sent.json()['id']}/open", {**reason, "fields": ["file_name"]})

    assert sent.status_code == 201
    assert got.content == content
    assert got.headers["content-type"] == "application/octet-stream"
    assert name.json()["values"]["file_name"] == "../x صورة.jpg"


def test_a_stranger_submits_with_a_file_and_asks_how_far_it_is(portal: Client, staff: Staff) -> None:
    receipt = portal.post("/portal/receipts", {}).json()["words"]
    submission = {"receipt": receipt, "account": words.SUBMISSION, "danger": True}
    sent = portal.post(
        "/portal/submissions",
        files=[
            ("submission", (None, json.dumps(submission))),
            ("file", ("voice.wav", files.wav(), "audio/wav")),
        ],
    )
    state = portal.post("/portal/state", {"receipt": receipt})

    assert sent.status_code == 201, sent.text
    assert state.json()["state"] == "RECEIVED"
    assert staff["intake"].get("/api/submissions").json()[0]["files"] == 1
