"""The demonstration as each role finds it, and the programme as a narrative editor may count it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.accounts import queries as account_queries
from app.cases import queries as case_queries
from app.errors import Denied, NotFound
from app.intake import queries as intake_queries
from app.narratives import actions as narratives
from app.oversight import actions as oversight
from app.oversight.forms import AskLog
from app.testimonies import queries as testimony_queries
from app.testimonies.rules import State
from app.work import Plain
from app.work.forms import Justification
from tests.ladder import opening
from tests.programme.conftest import Shown
from tests.world.figures.published import read
from tests.world.programme import SECOND_EVERY, Counted, differences
from tests.world.seed import PATHS


def records(shown: Shown, login: str, reference: str) -> list[Any]:
    return list(shown.world.show(login, reference).records)


def clear(shown: Shown, login: str, table: str) -> list[dict[str, str]]:
    """The clear part of every row of a table that this member may see in the eight cases."""
    found: list[dict[str, str]] = []
    for reference in shown.came:
        try:
            found += [row.clear for row in records(shown, login, reference) if row.table == table]
        except NotFound:
            continue
    return found


# the programme


def opened(shown: Shown, reference: str) -> Counted:
    """One case as the editor reads it: an opening with its reason for each row, and an entry for each opening."""
    rows = {row.table: row.id for row in records(shown, "narrative-lead", reference)}
    report = rows["public_reports"]

    def value(action: Any, row: Any, *fields: str) -> dict[str, Plain | None]:
        form = opening("RELEASE_WORK", *fields, cites=report)
        values: dict[str, Plain | None] = shown.world.do("narrative-lead", action, form, subject=row).values
        return values

    told = value(narratives.open_report, report, "nationality", "sex", "left_in")
    coded = value(narratives.open_coding, rows["codings"], "codes")["codes"]
    nationality, sex, left_in = (plain.read() if (plain := told[name]) else None for name in told)
    return Counted(nationality, sex, left_in, tuple(json.loads(coded.read())) if coded else ())


def test_the_58_opened_one_by_one_equal_every_published_total(shown: Shown) -> None:
    published = read()

    cases = [opened(shown, reference) for reference in shown.printed]

    assert differences(published, cases) == []
    # The control: with any case left out they no longer do.
    assert all(differences(published, cases[:n] + cases[n + 1 :]) for n in range(58))


def test_each_of_the_58_is_marked_synthetic_and_is_nobody(shown: Shown) -> None:
    assert len(shown.printed) == 58
    for reference in shown.printed:
        case = shown.world.show("narrative-lead", reference)
        assert (case.synthetic, case.origin) == (True, "PUBLIC_REPORT")
        assert {row.table for row in case.records} == {"public_reports", "codings"}


def test_the_sources_say_that_the_case_is_synthetic(shown: Shown) -> None:
    report = shown.world.row("narrative-lead", shown.printed[0], "public_reports")

    told = shown.world.open(
        "narrative-lead", narratives.open_report, report, "source_title", justification="RELEASE_WORK", cites=report
    )

    assert (told["source_title"] or "").startswith("Synthetic, to make up the total printed by: ")


def test_the_officer_who_takes_accounts_is_not_buried_in_public_reports(shown: Shown) -> None:
    mine = shown.world.office.ask(shown.world["intake"], case_queries.cases)

    assert {line.reference for line in mine} == set(shown.came)
    assert all(line.synthetic and line.origin != "PUBLIC_REPORT" for line in mine)
    assert {line.origin for line in mine} == {"DIRECT", "PORTAL", "REFERRAL"}


# what waits for each role


def test_accounts_stand_at_every_state_that_staff_can_bring_about(shown: Shown) -> None:
    states = {row["state"] for row in clear(shown, "intake", "testimonies")}

    assert len(shown.came) == 8
    assert states == set(PATHS)
    assert states <= set(State)


def test_an_account_waits_for_lawyer_and_readiness(shown: Shown) -> None:
    """Its page opens only once the witness has agreed to care inside the office."""
    ask, intake = shown.world.office.ask, shown.world["intake"]
    rows = {line.id for line in ask(intake, testimony_queries.accounts).lines}

    now = {(step.step, step.standing) for row in rows for step in ask(intake, testimony_queries.show, row).steps}

    assert ("READY", "NOW") in now


def test_intake_finds_arrivals_and_the_one_in_danger_first(shown: Shown) -> None:
    queue = shown.world.office.ask(shown.world["intake"], intake_queries.queue)

    waiting = [(line.danger, line.state) for line in queue if line.state != "LINKED"]
    assert waiting[0] == (True, "RECEIVED")
    assert sorted(waiting[1:]) == [(False, "RECEIVED"), (False, "TRIAGED")]


def test_legal_finds_a_case_nobody_has_taken_up_and_a_note_to_sign(shown: Shown) -> None:
    tables = {
        reference: {row.table for row in records(shown, "legal-lead", reference)}
        for reference in shown.came
        if {"LEGAL", "TESTIMONY"} <= set(shown.world.show("legal-lead", reference).held)
    }

    assert [reference for reference, found in tables.items() if "mitigation_assessments" not in found]
    written = clear(shown, "legal-lead", "mitigation_assessments")
    assert {row["authors"] for row in written} == {str([shown.world.members["legal"].code])}


def test_protection_finds_a_call_due_today_one_missed_and_a_danger_to_file(shown: Shown) -> None:
    calls = clear(shown, "protection", "check_ins")
    passed = shown.world.office.ask(shown.world["protection"], case_queries.handoffs)
    told = shown.world.office.ask(shown.world["legal"], case_queries.handoffs)

    assert {row["state"] for row in calls} == {"SCHEDULED", "MISSED", "MET_OK"}
    opened_at = shown.world.show("intake", shown.came[0]).opened_at
    due = [row["due_at"] for row in calls if row["state"] == "SCHEDULED"]
    assert [at for at in due if at.startswith(opened_at.date().isoformat())]
    assert [line.kind for line in passed] == ["SAFETY"]
    assert [line.kind for line in told] == ["STATEMENT"]


def test_an_editor_finds_reports_that_wait_for_a_second_coder(shown: Shown) -> None:
    numbers = [row.clear["number"] for reference in shown.printed
               for row in records(shown, "narrative-lead", reference) if row.table == "codings"]  # fmt: skip
    twice = len(range(0, 58, SECOND_EVERY))

    assert (numbers.count("1"), numbers.count("2")) == (58, twice)
    assert 58 - twice > 10


def test_an_auditor_finds_two_refusals_and_a_withdrawal(shown: Shown) -> None:
    def entries(**given: Any) -> list[Any]:
        return [line.body for line in shown.world.do("auditor", oversight.ask, AskLog(**given)).entries]

    refused = entries(operation="refuse", action="segment.open")
    codes = [shown.world.members[login].code for login in ("protection", "intake")]

    assert sorted(entry["actor"] for entry in refused) == sorted(codes)
    assert {entry["outcome"] for entry in refused} == {"not_found", "denied"}
    assert len(entries(action="consent.withdraw")) == 1


def test_an_administrator_finds_somebody_who_has_not_come_yet(shown: Shown) -> None:
    people = shown.world.office.ask(shown.world["administrator"], account_queries.colleagues)

    assert [person.login_name for person in people if person.state == "INVITED"] == ["joana.prins"]


@pytest.mark.parametrize("why", [Justification.INQUIRY, Justification.INTAKE])
def test_nobody_counts_the_programme_without_the_reason(shown: Shown, why: Justification) -> None:
    report = shown.world.row("narrative-lead", shown.printed[0], "public_reports")

    with pytest.raises(Denied):
        shown.world.do("narrative-lead", narratives.open_report, opening(why.value, "sex"), subject=report)
