"""Days in what a program reads: of what falls due, and of what runs in the course of a mitigation."""

from __future__ import annotations

from datetime import timedelta

from app import clock
from tests.api.conftest import Staff
from tests.world import World


def test_what_falls_due_is_told_with_its_day(staff: Staff, world: World) -> None:
    reference, today = world.case(), clock.now().date()
    declared = today - timedelta(days=170)
    world.stepped(reference, "NOT_RAISED", by="legal-lead", clock="FULL_ACCOUNT", runs_from=declared)
    last, reader = (declared + timedelta(days=180)).isoformat(), staff["legal-lead"]

    timeline = reader.get(f"/api/cases/{reference}/timeline").json()
    course = reader.get(f"/api/cases/{reference}/mitigation/course").json()
    running = reader.get("/api/mitigation/running").json()

    assert {"table": "mitigation_steps", "at": last, "late": False} in timeline["due"]
    assert [step["due_on"] for step in course["steps"]] == [last]
    assert [line["on"] for line in running if line["reference"] == reference] == [last]
