"""The portal's process keeps what comes and can open none of it again; a receipt is told the state and no more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from app.accounts import witnesses
from app.clock import uuid7
from app.crypto import hpke
from app.errors import NotAReceipt, NotFound, Refusal, SealBroken
from app.intake import actions as intake
from app.intake import queries
from app.keyholders import grants
from app.keyholders.keyring import Keyring
from app.keyholders.models import Envelope
from app.work import Caller, Office
from tests.conftest import Database
from tests.intake.test_submissions import draw, send
from tests.ladder import CANARY, Log, opening
from tests.world import World

FORMS = ("words", "digits")


@pytest.mark.domain("D46")
@pytest.mark.abuse("E11")
def test_the_portal_cannot_open_what_it_has_just_sealed(world: World, log: Log, portal_office: Office) -> None:
    _, reference = world.submit(world.canary())
    stranger = Caller.anonymous("portal")

    assert portal_office.ask(stranger, queries.queue) == ()
    with pytest.raises(NotFound):
        portal_office.perform(
            stranger, intake.open_submission, opening("WITNESS_REQUEST", "account"), subject=reference
        )


@pytest.mark.domain("D46")
@pytest.mark.abuse("K01")
def test_a_seized_portal_reads_rows_that_open_with_none_of_its_keys(world: World, log: Log, database: Database) -> None:
    world.submit(world.canary(), contact=world.canary())
    private = hpke.generate()
    thief = Keyring(uuid7(), private)

    with database.connect("portal") as portal:
        (row,) = portal.execute("SELECT account, contact, language FROM submissions").fetchall()
    envelope = world.office.housekeep(lambda session: session.query(Envelope).one())

    assert all(CANARY.encode() not in bytes(cell) for cell in row)
    with pytest.raises(SealBroken):
        grants.open_envelope(thief, envelope)
    # Nor by calling oneself the team or the witness: the name is not the key.
    for holder in (envelope.team_id, envelope.witness_id):
        with pytest.raises(SealBroken):
            grants.open_envelope(Keyring(holder, private, generation=envelope.team_generation), envelope)


@pytest.mark.domain("D46")
@pytest.mark.parametrize(
    "table",
    ["users", "memberships", "grants", "sign_ins", "role_holdings", "cases", "segments", "persons", "entry_bodies"],
)
def test_the_portals_database_role_reads_no_staff_no_grant_and_no_case(
    world: World, database: Database, table: str
) -> None:
    with database.connect("portal") as portal, pytest.raises(psycopg.errors.InsufficientPrivilege):
        portal.execute(f"SELECT * FROM {table} LIMIT 1".encode())


@pytest.mark.parametrize("change", ["UPDATE submissions SET danger = true", "DELETE FROM submissions"])
def test_the_portal_adds_and_changes_nothing(world: World, database: Database, change: str) -> None:
    world.submit()

    with database.connect("portal") as portal, pytest.raises(psycopg.errors.InsufficientPrivilege):
        portal.execute(change.encode())


@pytest.mark.abuse("A13")
def test_one_submission_sent_eight_times_at_once_is_one_submission(world: World, log: Log) -> None:
    receipt, account = draw(), world.canary()

    def once(_: int) -> str:
        try:
            answer = send(world, receipt, account)
        except Refusal as refusal:
            return refusal.code
        return str(answer["reference"] if isinstance(answer, dict) else answer.reference)

    with ThreadPoolExecutor(8) as crowd:
        answers = set(crowd.map(once, range(8)))

    (line,) = world.office.ask(world["intake"], queries.queue)
    assert line.reference in answers
    assert answers - {line.reference} <= {"conflict", "unavailable"}


@pytest.mark.parametrize("form", FORMS)
def test_a_receipt_comes_back_in_words_or_digits(world: World, portal_office: Office, form: str) -> None:
    drawn = witnesses.draw("fr")
    assert drawn.words is not None
    send(world, drawn.words, "words")

    witness = witnesses.witness(portal_office, drawn.words if form == "words" else drawn.digits, "fr")

    (line,) = world.office.ask(world["intake"], queries.queue)
    state = portal_office.ask(witness, queries.state)
    assert (state.reference, state.state) == (line.reference, "RECEIVED")


@pytest.mark.abuse("C03")
def test_a_receipt_is_read_in_any_case_spacing_and_kind_of_digit(world: World, portal_office: Office) -> None:
    drawn = witnesses.draw("en")
    assert drawn.words is not None
    send(world, drawn.words, "words")
    arabic = drawn.digits.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    for typed in (
        drawn.words.upper(), f"  {drawn.words}  ", drawn.words.replace(" ", "-"), drawn.words.replace(" ", "\u00a0 "),
        drawn.digits.replace(" ", ""), drawn.digits.replace(" ", "-"), arabic,
    ):  # fmt: skip
        assert witnesses.witness(portal_office, typed, "en").actor.kind == "Witness"


@pytest.mark.abuse("C03")
@pytest.mark.abuse("C04")
def test_every_wrong_receipt_gets_one_answer(world: World, portal_office: Office) -> None:
    receipt, _ = world.submit()
    words = receipt.split()
    never_sent = witnesses.draw("en")
    wrong = [
        "", " ", "x", "words " * 12, " ".join(words[:-1]), " ".join(words[:6]), " ".join([*words, "zoo"]),
        " ".join([words[1], words[0], *words[2:]]), " ".join(["zoo", *words[1:]]),
        never_sent.digits, str(never_sent.words), "0" * 48, "1" * 47, "9" * 400, "\u0000" * 48,
    ]  # fmt: skip

    answers = set()
    for typed in wrong:
        for language in ("en", "fr", "xx", "ar"):
            with pytest.raises(Refusal) as caught:
                witnesses.witness(portal_office, typed, language)
            answers.add((type(caught.value), caught.value.code, caught.value.status, caught.value.sentence))

    assert answers == {(NotAReceipt, "receipt.none", 404, "This receipt opens nothing.")}


def test_a_receipt_sees_its_own_submission_and_no_other(world: World, portal_office: Office) -> None:
    mine, reference = world.submit("mine")
    _, other = world.submit("other")
    witness = witnesses.witness(portal_office, mine, "en")

    assert portal_office.ask(witness, queries.state).reference == reference
    assert [line.reference for line in portal_office.ask(witness, queries.queue)] == [reference]
    with pytest.raises(NotFound):
        world.office.perform(
            witness, intake.open_submission, opening("WITNESS_REQUEST", "account"), subject=other
        )  # fmt: skip


@pytest.mark.abuse("C06")
def test_what_a_witness_is_told_names_the_day_and_nothing_finer(world: World, portal_office: Office) -> None:
    receipt, _ = world.submit()

    state = portal_office.ask(witnesses.witness(portal_office, receipt, "en"), queries.state)

    assert len(state.day) == len("2026-09-21")
    assert set(state.__dataclass_fields__) == {"reference", "state", "day"}


@pytest.mark.abuse("H09")
def test_neither_receipt_nor_handle_stands_in_the_database(world: World, database: Database) -> None:
    receipt, _ = world.submit()
    keys = witnesses._keys(receipt, "en")

    with database.connect("owner") as owner:
        (row,) = owner.execute("SELECT k::text FROM witness_keys k").fetchone() or ("",)

    for secret in (keys.handle, keys.seed, receipt.encode()):
        assert secret.hex() not in row


@pytest.mark.domain("D50")
def test_no_job_and_no_kept_answer_holds_more_than_names_and_references(world: World, database: Database) -> None:
    receipt = draw()
    answer = send(world, receipt, world.canary(), contact=world.canary())

    with database.connect("owner") as owner:
        kept = owner.execute("SELECT answer FROM kept_answers").fetchall()
        columns = owner.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'jobs'"
        ).fetchall()

    assert kept == [(f'{{"reference": "{answer.reference}", "state": "RECEIVED"}}',)]
    assert {name for (name,) in columns} == {"id", "action", "subject_id", "due_at", "tries", "done_at"}
