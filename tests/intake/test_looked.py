"""A receipt's holder is told who looked: each look of the log, in its role, with its reason, and nobody's name."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import psycopg
import pytest

from app.accounts import witnesses
from app.cases import actions as cases
from app.errors import NotAReceipt, NotFound, Unavailable
from app.intake import actions as intake
from app.intake import queries
from app.intake.forms import Link
from app.intake.views import Look
from app.people import actions as people
from app.testimonies import actions as testimonies
from app.work import Caller
from tests.conftest import Database
from tests.intake.test_submissions import waiting
from tests.ladder import Log, opening
from tests.world import World

LOOKED_AT = ("consult", "combine", "disclose")


def told(world: World, receipt: str, page: int = 0) -> list[Look]:
    """What the witness reads at the portal."""
    witness = witnesses.witness(world.portal, receipt, "en")
    return list(world.portal.ask(witness, queries.looked, witnesses.looking(receipt, "en"), page).looks)


def read(world: World, reference: str, login: str = "intake") -> None:
    form = opening("TRIAGE", "account", cites=waiting(world, reference, login))
    world.do(login, intake.open_submission, form, subject=reference)


def linked(world: World, sent: str) -> str:
    case = world.case()
    world.do("intake", intake.link, Link(case=case), subject=sent)
    return case


def test_nobody_looked_until_somebody_does(world: World) -> None:
    receipt, reference = world.submit()
    other, _ = world.submit()
    assert told(world, receipt) == []

    read(world, reference)

    (look,) = told(world, receipt)
    assert (look.did, look.how, look.why, look.roles) == ("submission.open", "CONSULT", "TRIAGE", ("intake_officer",))
    assert told(world, other) == []


@pytest.mark.domain("D33")
def test_what_is_told_is_what_the_log_says_of_the_case_it_came_into(world: World, log: Log) -> None:
    """Also what was opened before it came into the case; refusals and what only a list shows are no looks."""
    receipt, sent = world.submit()
    read(world, sent)
    case = linked(world, sent)
    person = world.person(case)
    world.open("intake", people.reveal, person.id, "legal_name", justification="WITNESS_REQUEST")
    prior = world.row("intake-lead", case, "prior_accounts")
    world.do("intake-lead", testimonies.open_prior, opening("WITNESS_REQUEST", "account"), subject=prior)
    with pytest.raises(NotFound):
        world.do("protection", cases.visit, subject=case)
    apart = world.whole_case("en")

    found = told(world, receipt)

    said = [
        e for e in log.fresh()
        if e.operation in LOOKED_AT and e.outcome == "done" and (case in e.cases or e.action.startswith("submission."))
    ]  # fmt: skip
    assert [(look.did, look.how.lower(), look.why, list(look.roles), look.day) for look in reversed(found)] == [
        (e.action, e.operation, e.justification or "", e.roles, e.at[:10]) for e in said
    ]
    assert {"submission.open", "person.reveal", "prior_account.open"} <= {look.did for look in found}
    assert apart not in json.dumps([asdict(look) for look in found])


def test_it_names_nobody_and_no_case(world: World) -> None:
    receipt, sent = world.submit(world.canary())
    case = linked(world, sent)

    shown = json.dumps([asdict(look) for look in told(world, receipt)])

    hidden = {case, sent, world.members["intake"].code, world.members["intake"].login}
    assert {value for value in hidden if value in shown} == set()


def test_it_comes_fifty_a_page_the_newest_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "LOOKS", 2)
    receipt, reference = world.submit()
    for login in ("intake", "intake-lead", "intake"):
        read(world, reference, login)
    witness, token = witnesses.witness(world.portal, receipt, "en"), witnesses.looking(receipt, "en")

    first, second = (world.portal.ask(witness, queries.looked, token, page) for page in range(2))

    assert (len(first.looks), first.more, len(second.looks), second.more) == (2, True, 1, False)


@pytest.mark.parametrize("wrong", ["handle", "hash", "nothing", "another"])
def test_the_portals_role_learns_nothing_without_the_receipt_itself(
    world: World, database: Database, wrong: str
) -> None:
    """A seized portal has its role and every row of it: neither leads to who looked."""
    receipt, reference = world.submit()
    read(world, reference)
    another, _ = world.submit()
    with database.connect("portal") as portal:
        row = portal.execute(
            "SELECT handle_hash, looking_hash FROM witness_keys w JOIN envelopes e ON e.witness_id = w.keyholder_id "
            "JOIN submissions s ON s.envelope_id = e.id WHERE s.reference = %s",
            [reference],
        ).fetchone()
        assert row is not None
        shown = {"handle": row[0], "hash": row[1], "nothing": b"", "another": witnesses.looking(another, "en")}[wrong]

        assert asked(portal, shown) == []
        # The control: with the receipt it is told.
        assert len(asked(portal, witnesses.looking(receipt, "en"))) == 1


def asked(connection: psycopg.Connection[Any], token: bytes) -> list[Any]:
    return connection.execute("SELECT * FROM looks_at(%s, 0, 10)", [token]).fetchall()


@pytest.mark.parametrize("role", ["app", "sequencer", "eraser", "auditor"])
def test_no_other_role_may_ask_so(world: World, database: Database, role: str) -> None:
    receipt, _ = world.submit()

    with database.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        asked(connection, witnesses.looking(receipt, "en"))


def test_the_portals_role_still_reads_no_entry(database: Database) -> None:
    with database.connect("portal") as portal:
        for table in ("entry_bodies", "entry_subjects", "prior_accounts", "cases"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                portal.execute(f"SELECT * FROM {table}".encode())
            portal.rollback()


def test_a_receipt_that_was_never_drawn_is_told_nothing(world: World) -> None:
    receipt = witnesses.draw("en").words
    assert receipt is not None

    with pytest.raises(NotAReceipt):
        told(world, receipt)


def test_staff_have_no_such_page(world: World) -> None:
    """Whoever asks brings a receipt; a signed-in colleague's process may not ask the database at all."""
    receipt, _ = world.submit()

    with pytest.raises(Unavailable):
        world.office.ask(Caller.anonymous("portal"), queries.looked, witnesses.looking(receipt, "en"))


def test_it_is_found_by_indexes_however_long_the_log_is(database: Database) -> None:
    """The function's own text, with a plan that may read a whole table only where nothing else leads to a row."""
    with database.connect("owner") as owner:
        row = owner.execute("SELECT prosrc FROM pg_proc WHERE proname = 'looks_at'").fetchone()
        assert row is not None
        asks = row[0].replace("(token)", "('x'::bytea)").replace("OFFSET skipped LIMIT most", "LIMIT 10")
        owner.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(line for (line,) in owner.execute(f"EXPLAIN {asks}".encode()))

    assert "ix_entry_bodies_submission" in plan
    assert "Seq Scan" not in plan, plan
