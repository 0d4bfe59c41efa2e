"""What waits for a team can be found and opened through the interface for programs."""

from __future__ import annotations

import json

from app.testimonies.forms import Passage
from tests.api.conftest import Client, Staff
from tests.world import World


def test_a_handoff_is_found_by_the_team_it_was_sent_to_and_by_nobody_else(staff: Staff, world: World) -> None:
    reference = world.whole_case("en")
    mark = world.canary()
    sent = staff["intake"].post(
        f"/api/cases/{reference}/handoffs", {"kind": "SAFETY", "to_team": "protection", "words": mark}
    )
    threat = world.row("protection", reference, "threat_assessments")
    form = {"fields": ["words"], "justification": "SAFETY", "cites": str(threat)}

    listed = staff["protection"].get("/api/handoffs")
    opened = staff["protection"].post(f"/api/handoffs/{listed.json()[0]['id']}/open", form)
    again = staff["intake"].post(f"/api/handoffs/{sent.json()['id']}/open", {**form, "justification": "INTAKE"})

    assert [line["id"] for line in listed.json()] == [sent.json()["id"]]
    assert mark not in listed.text
    assert reference not in listed.text
    assert opened.json()["values"]["words"] == mark
    assert staff["intake"].get("/api/handoffs").json() == []
    assert again.status_code == 404


def test_the_files_of_a_submission_are_found_by_row(staff: Staff, portal: Client, world: World) -> None:
    receipt = portal.post("/portal/receipts", {}).json()["words"]
    submission = json.dumps({"receipt": receipt, "account": "I have a recording."})
    files = [("submission", (None, submission)), ("file", ("voice.wav", b"RIFF" * 500, "audio/wav"))]
    reference = portal.post("/portal/submissions", files=files).json()["reference"]

    shown = staff["intake"].get(f"/api/submissions/{reference}").json()
    form = {"fields": ["file_name"], "justification": "TRIAGE", "cites": shown["id"]}
    opened = staff["intake"].post(f"/api/submission_files/{shown['files'][0]['id']}/open", form)

    assert opened.json()["values"]["file_name"] == "voice.wav"
    assert staff["legal"].get(f"/api/submissions/{reference}").status_code == 404


def test_accounts_under_way_are_narrowed_by_an_address_and_read_with_a_reason(staff: Staff, world: World) -> None:
    mark, reference = world.canary(), world.case()
    account = world.testimony(reference, segments=(Passage(text=mark),))

    listed = staff["intake"].get("/api/testimonies?step=READ_BACK").json()
    elsewhere = staff["intake"].get("/api/testimonies?state=READY").json()
    read = staff["intake"].post(f"/api/testimonies/{account}/read", {"justification": "INTAKE", "cites": str(account)})

    assert ([line["reference"] for line in listed["lines"]], listed["total"]) == ([reference], 1)
    assert (elsewhere["lines"], elsewhere["total"]) == ([], 0)
    assert [passage["text"] for passage in read.json()["passages"]] == [mark]
    assert staff["intake"].get("/api/testimonies?state=NOWHERE").status_code == 422
    assert mark not in staff["intake"].get(f"/api/cases/{reference}/testimonies").text
