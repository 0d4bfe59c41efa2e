"""What an operator may look up, and what no command ever shows."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app.audit.sequencer import LOCK
from app.cli.database import database
from app.db import sealed_columns, tables
from app.policy.engine import FOLDER
from app.settings import Settings
from tests.cli.driving import Amana, wait_for
from tests.cli.every import every_command
from tests.world.seed import CLOSED, NOT_SEEDED, PATHS


@pytest.fixture
def owner(seeded: Amana) -> Iterator[Engine]:
    with database(Settings.read(seeded.environ())) as roles, roles.using("owner") as engine:
        yield engine


# doctor


def findings(amana: Amana) -> dict[str, tuple[str, str]]:
    found = amana.run("doctor", "--json").json["findings"]
    return {each["check"]: (each["level"], each["words"]) for each in found}


def test_doctor_names_what_needs_attention_first_and_says_so_by_its_code(seeded: Amana) -> None:
    done = seeded.run("doctor")

    levels = [line.split()[0] for line in done.out.splitlines()]
    order = ["attention", "unknown", "note", "fine"]
    assert done.code == 4
    assert levels == sorted(levels, key=order.index)
    assert re.search(r"attention +worker +none runs", done.out)


def test_doctor_finds_a_sound_office_sound(seeded: Amana) -> None:
    found = findings(seeded)

    for check in ("keys", "rules", "database", "register", "rights", "schema", "log"):
        assert found[check][0] == "fine", found[check]


def test_doctor_says_that_the_embedded_database_has_one_account_for_all(seeded: Amana) -> None:
    assert "owner and app are one system account" in findings(seeded)["accounts"][1]


def test_doctor_says_that_six_digits_do_in_a_demonstration_for_every_role(seeded: Amana) -> None:
    level, words = findings(seeded)["second factor"]

    assert (level, "six digits do for every role" in words) == ("note", True)


@pytest.mark.abuse("G09")
@pytest.mark.parametrize("right", ["UPDATE ON entries", "DELETE ON entry_bodies", "UPDATE ON checkpoints"])
def test_doctor_finds_a_role_that_could_rewrite_the_log(seeded: Amana, owner: Engine, right: str) -> None:
    with owner.begin() as connection:
        connection.exec_driver_sql(f"GRANT {right} TO amana_app")
    try:
        level, words = findings(seeded)["rights"]
    finally:
        with owner.begin() as connection:
            connection.exec_driver_sql(f"REVOKE {right} FROM amana_app")

    assert level == "attention"
    assert right.split()[-1] in words
    assert findings(seeded)["rights"][0] == "fine"


@pytest.mark.abuse("H06")
def test_doctor_finds_a_key_file_that_others_can_read(spoilt: Amana) -> None:
    (spoilt.home / "keys" / "log.key").chmod(0o644)

    level, words = findings(spoilt)["keys"]

    assert level == "attention"
    assert "log.key can be read by others" in words


@pytest.mark.abuse("H07")
@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE memberships SET lead = NOT lead", "memberships"),
        ("UPDATE case_keys SET commitment = vouched", "case_keys"),
        ("UPDATE public_keys SET vouched = NULL", "public_keys"),
    ],
)
def test_doctor_finds_a_key_that_was_put_in(seeded: Amana, owner: Engine, statement: str, table: str) -> None:
    """Tried as the database's owner, and put back."""
    with owner.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.exec_driver_sql(f"CREATE TABLE aside AS TABLE {table}")
        connection.exec_driver_sql(statement)
    try:
        level, words = findings(seeded)["register"]
    finally:
        with owner.begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM {table}")
            connection.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM aside")
            connection.exec_driver_sql("DROP TABLE aside")
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    assert level == "attention"
    assert f"in {table}" in words
    assert findings(seeded)["register"][0] == "fine"


@pytest.mark.abuse("L04")
def test_doctor_finds_a_schema_of_another_program(spoilt: Amana) -> None:
    with (
        database(Settings.read(spoilt.environ())) as roles,
        roles.using("owner") as engine,
        engine.begin() as connection,
    ):
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    assert findings(spoilt)["schema"][0] == "attention"


def test_doctor_of_a_real_installation_asks_for_a_backup(real: Amana) -> None:
    found = findings(real)

    assert found["backup"][0] == "attention"
    assert found["folder"][0] == "fine"
    assert found["log"] == ("attention", "no checkpoint was ever signed; 1 entries wait for the worker")


def test_doctor_refuses_a_folder_that_others_may_enter(spoilt: Amana) -> None:
    spoilt.home.chmod(0o755)

    done = spoilt.run("doctor")

    assert done.code == 2
    assert "0700" in done.err


# policy, people, keys, openapi


def test_the_rules_are_proved_and_a_broken_promise_is_told_with_a_request(amana: Amana, tmp_path: Path) -> None:
    proved = amana.run("policy", "prove", "--json")
    here = amana.run("policy", "diff", str(FOLDER))
    there = amana.run("policy", "diff", str(tmp_path))
    broken = tmp_path / "rules"
    shutil.copytree(FOLDER, broken)
    # Without the one rule that keeps overseers from opening; the others of its file stay.
    openings = broken / "openings.cedar"
    openings.write_text("@id" + openings.read_text().split("@id", 2)[2])
    differs = amana.run("policy", "diff", str(broken), "--json")

    assert proved.code == 0
    assert "auditors-open-nothing" in proved.json["proved"]
    assert proved.json["refuted"] == []
    assert (here.code, here.out.strip()) == (0, "No request is answered differently.")
    assert (there.code, there.out) == (2, "")
    assert {each["allowed_by"] for each in differs.json["changes"]} == {"those there"}
    assert "auditor, caseworker" in {each["request"]["principal.roles"] for each in differs.json["changes"]}


def test_a_rule_is_explained_in_the_words_of_those_who_answer_for_it(amana: Amana) -> None:
    done = amana.run("policy", "explain", "location.reveal")

    assert done.code == 0
    assert re.search(r"permit +caseworker-reveals-place +A caseworker reveals where somebody is", done.out)


def test_a_role_sees_only_the_rules_that_speak_of_it(amana: Amana) -> None:
    every = amana.run("policy", "explain", "location.reveal", "--json").json["rules"]
    mine = amana.run("policy", "explain", "location.reveal", "--role", "legal_reviewer", "--json").json["rules"]
    nobody = amana.run("policy", "explain", "location.reveal", "--role", "approver", "--json").json["rules"]

    permits = {rule["id"] for rule in mine if rule["effect"] == "permit"}
    assert permits == {"legal-reveals-place-boxed"}
    assert len(mine) < len(every)
    assert [rule for rule in nobody if rule["effect"] == "permit"] == []


def test_what_is_no_action_is_answered_with_those_there_are(amana: Amana) -> None:
    done = amana.run("policy", "explain", "case.sell")

    assert done.code == 2
    assert "case.open" in done.err


def test_the_rules_fit_the_actions(amana: Amana) -> None:
    told = amana.run("policy", "check", "--json").json

    assert min(told["rules"], told["actions"]) > 50
    assert re.fullmatch(r"[0-9a-f]{64}", told["hash"])


def test_the_key_files_are_checked_and_no_key_is_shown(seeded: Amana) -> None:
    done = seeded.run("keys", "check")

    unlock = (seeded.home / "unlock").read_text().strip()
    assert done.code == 0
    assert "pepper, register, wrap" in done.out
    assert unlock not in done.out
    assert not re.search(r"[0-9a-f]{32}", done.out)


def test_colleagues_are_listed_by_code_and_never_by_name(seeded: Amana) -> None:
    people = seeded.run("people", "list", "--json").json["people"]

    members = seeded.cast()["members"]
    assert {each["login"] for each in people} == set(members)
    assert all(re.fullmatch(r"S-[3-9A-Z]{6}", each["user"]) for each in people)
    assert not any(member["name"] in str(people) for member in members.values())


@pytest.mark.domain("D10")
def test_colleagues_are_listed_fifty_at_a_time(seeded: Amana) -> None:
    assert len(seeded.run("people", "list", "--json").json["people"]) <= 50
    assert seeded.run("people", "list", "--page", "1", "--json").json["people"] == []
    assert seeded.run("people", "list", "--page", "-1").code == 2


def test_the_interface_is_described_without_a_database(amana: Amana) -> None:
    told = amana.run("openapi").json

    assert told["openapi"].startswith("3.")
    assert "/api/sign-in" in told["paths"]
    assert not amana.home.exists()


# every command


# What each command is tried with below, on an office full of marks. One that is not here fails the test.
TRIED: dict[tuple[str, ...], tuple[str, ...] | None] = {
    ("init",): ("--no-input", "--shares-file", "none", "--i-have-no-backup"),
    ("doctor",): (), ("openapi",): (), ("facts",): (), ("serve",): (),
    # These go on until they are told to end; what they say is looked at in test_run.py.
    ("run",): None, ("worker",): None,
    ("db", "migrate"): (), ("erase", "finish"): (),
    # Writes into migrations/, for maintainers.
    ("db", "revision"): None,
    # Gives out the invented office's own cast, to a file; what it says is tried by a second seeding.
    ("demo", "prepare"): (), ("demo", "seed"): (), ("demo", "code"): ("legal",),
    ("audit", "verify"): (), ("audit", "export"): ("EXPORT",), ("audit", "prove"): ("3",), ("audit", "checkpoint"): (),
    ("audit", "witnesses"): (),
    # What a witness says while it serves is looked at in test_witness.py.
    ("witness", "init"): ("EXPORT", "--name", "counsel.example"), ("witness", "trust"): ("EXPORT", "key"),
    # The last two need what another command has made: a key's successor (test_rotating.py), a module (test_moving.py).
    ("witness", "serve"): None, ("witness", "follow"): None, ("keys", "move"): None,
    ("policy", "check"): (), ("policy", "explain"): ("case.open",),
    ("policy", "prove"): (), ("policy", "matrix"): (), ("policy", "diff"): (str(FOLDER),),
    # On an office with a name of its own in test_local_certificate.py; without one it says so.
    ("certificate", "renew"): (),
    ("people", "list"): (), ("keys", "check"): (), ("keys", "list"): (), ("keys", "rotate"): ("log",),
    ("keys", "retire"): (),
    # What is said at a terminal is looked at in test_ceremonies.py; without one they say that they need it.
    ("custodians", "setup"): (), ("custodians", "replace"): (), ("custodians", "test"): (),
    ("custodians", "recover"): ("--run-by", "nobody", "--to", "S-333333", "--team", "intake"),
}  # fmt: skip


def test_every_command_is_tried() -> None:
    assert set(every_command()) == set(TRIED)


@pytest.mark.domain("D10")
@pytest.mark.parametrize("words", [words for words, more in TRIED.items() if more is not None], ids=" ".join)
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["lines", "json"])
def test_no_command_shows_a_case_a_name_or_a_word(
    seeded: Amana, tmp_path: Path, words: tuple[str, ...], form: tuple[str, ...]
) -> None:
    more = tuple(str(tmp_path / "out") if word == "EXPORT" else word for word in TRIED[words] or ())

    done = seeded.run(*words, *more, *form)

    said = done.out + done.err
    cast = seeded.cast()
    hidden = [*cast["cases"], *cast["receipts"], *cast["receipts"].values()]
    hidden += [canary["text"] for canary in cast["canaries"]]
    hidden += [member["name"] for member in cast["members"].values()]
    assert [each for each in hidden if each in said] == []
    assert "Traceback" not in said


def test_that_walk_can_fail(seeded: Amana) -> None:
    """Its control: a case's reference that is printed is seen."""
    cast = seeded.cast()

    assert any(reference in str(cast["grants"]) for reference in cast["cases"])


@pytest.mark.parametrize("words", [("nothing",), ("audit", "nothing"), ("doctor", "--loud"), ("audit", "prove")])
def test_a_mistyped_command_is_a_usage_error(amana: Amana, words: tuple[str, ...]) -> None:
    assert amana.run(*words).code == 2


def test_long_work_that_is_interrupted_says_so_and_ends_with_130(seeded: Amana, owner: Engine) -> None:
    """Another machine's sequencer leads, so a checkpoint is waited for in vain."""
    seeded.run("audit", "verify")
    here = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'amana_sequencer'"
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
        with seeded.running("audit", "checkpoint") as running:
            wait_for(lambda: connection.exec_driver_sql(here).scalar_one() > 0, 30)
            running.process.send_signal(signal.SIGINT)
            assert running.process.wait(30) == 130
            assert "Interrupted" in running.said()


# the seeded office


def columns() -> set[tuple[str, str]]:
    return {(name, column) for name, table in tables().items() for column in sealed_columns(table)}


def test_every_sealed_column_has_a_mark_or_can_hold_none(seeded: Amana) -> None:
    marked = {(canary["table"], canary["column"]) for canary in seeded.cast()["canaries"]}

    assert marked | CLOSED | NOT_SEEDED == columns()
    assert marked & (CLOSED | NOT_SEEDED) == set()


def test_every_mark_stands_once_in_its_place(seeded: Amana) -> None:
    places = [(c["text"], c["table"], c["column"], c["case"]) for c in seeded.cast()["canaries"]]

    assert len(places) == len(set(places))
    assert all(re.fullmatch(r"CANARY-[0-9a-f]{24}", text) for text, *_ in places)


def test_the_cases_stand_at_every_state(seeded: Amana, owner: Engine) -> None:
    with owner.connect() as connection:
        states = set(connection.exec_driver_sql("SELECT state FROM testimonies").scalars())

    assert states == set(PATHS)


def test_each_role_and_each_duty_is_there_twice(seeded: Amana) -> None:
    assert {word: len(logins) for word, logins in seeded.cast()["people"].items() if len(logins) < 2} == {}


def test_the_grants_of_the_cast_are_those_of_the_database(seeded: Amana, owner: Engine) -> None:
    """What the cast says of one holder, against the grants of their own key."""
    cast: dict[str, Any] = seeded.cast()
    statement = (
        "SELECT c.reference, g.compartment FROM grants g JOIN cases c ON c.id = g.case_id "
        "JOIN users u ON u.keyholder_id = g.keyholder_id WHERE u.login_name = 'intake' AND g.revoked_at IS NULL"
    )
    with owner.connect() as connection:
        own = {(reference, compartment) for reference, compartment in connection.exec_driver_sql(statement)}

    told = {(reference, each) for reference, held in cast["grants"]["intake"].items() for each in held}
    assert own
    assert own <= told
    assert cast["grants"]["administrator"] == {}


def test_a_second_seeding_is_refused(seeded: Amana) -> None:
    done = seeded.run("demo", "seed", "--cases", "1")

    assert done.code == 2
    assert "founders already" in done.err


def test_the_same_seed_draws_the_same_marks(amana: Amana, seeded: Amana) -> None:
    assert amana.run("demo", "seed", "--cases", "1", "--cast", str(amana.home.parent / "cast")).code == 0

    here, there = ([each["text"] for each in one.cast()["canaries"][:5]] for one in (amana, seeded))
    assert here == there
    assert os.stat(amana.home.parent / "cast").st_mode & 0o777 == 0o600
