"""What a seized portal host could do with its database role: add submissions, and nothing else."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from app.clock import uuid7
from tests.conftest import Database
from tests.world import World


def _entry(connection: psycopg.Connection[Any], view: Mapping[str, object], *, body: bytes | None = None) -> None:
    entry, salt = uuid7(), secrets.token_bytes(16)
    written = json.dumps(view).encode() if body is None else body
    commitment = hashlib.sha256(salt + written).digest()
    connection.execute("INSERT INTO entries (id, commitment) VALUES (%s, %s)", [entry, commitment])
    connection.execute(
        "INSERT INTO entry_bodies (entry, salt, body, view) VALUES (%s, %s, %s, %s)",
        [entry, salt, written, json.dumps(view)],
    )


OURS: Mapping[str, object] = {"host": "portal", "actor": "anonymous", "subjects": []}


@pytest.mark.parametrize("kind", ["escrow", "team", "person", "service"])
@pytest.mark.abuse("E09")
def test_the_portal_adds_no_key_that_others_would_seal_to(world: World, database: Database, kind: str) -> None:
    with database.connect("portal") as portal, pytest.raises(psycopg.DatabaseError) as refused:
        portal.execute(
            "INSERT INTO keyholders (id, kind, generation, created_at) VALUES (%s, %s, 1, now())", [uuid7(), kind]
        )

    assert refused.value.sqlstate == "AM004"


@pytest.mark.abuse("E09")
def test_the_portal_gives_no_team_another_public_key(world: World, database: Database) -> None:
    with database.connect("owner") as owner:
        team = owner.execute("SELECT id FROM keyholders WHERE name = 'intake'").fetchone()
    assert team is not None

    with database.connect("portal") as portal, pytest.raises(psycopg.DatabaseError) as refused:
        portal.execute(
            "INSERT INTO public_keys (keyholder_id, generation, public, created_at) VALUES (%s, 2, %s, now())",
            [team[0], b"k" * 1216],
        )

    assert refused.value.sqlstate == "AM004"


def test_the_portal_writes_no_entry_in_a_colleagues_name(world: World, database: Database) -> None:
    with database.connect("portal") as portal:
        _entry(portal, OURS)  # the control: what it does every day
        portal.commit()

    taken = [{"case": "K7QM-4TDP-X", "seq": 1, "rows": []}]
    for change in ({"host": "app"}, {"actor": "S-4XGDP4"}, {"subjects": taken}, {"subjects": None}):
        view = {**OURS, **change}
        with database.connect("portal") as portal, pytest.raises(psycopg.DatabaseError):
            _entry(portal, view)


def test_what_is_searched_is_what_was_committed_to(world: World, database: Database) -> None:
    with database.connect("app") as app, pytest.raises(psycopg.errors.CheckViolation):
        _entry(app, {"host": "app", "actor": "S-4XGDP4"}, body=b'{"host":"app","actor":"S-OTHER1"}')


@pytest.mark.parametrize("role", ["app", "portal"])
@pytest.mark.abuse("G08")
def test_an_entry_without_its_body_is_no_entry(world: World, database: Database, role: str) -> None:
    connection = database.connect(role)
    connection.execute("INSERT INTO entries (id, commitment) VALUES (%s, %s)", [uuid7(), secrets.token_bytes(32)])
    with pytest.raises(psycopg.DatabaseError) as refused:
        connection.commit()
    connection.close()

    assert refused.value.sqlstate == "AM005"


@pytest.mark.abuse("G08")
def test_what_is_no_commitment_never_reaches_the_tree(world: World, database: Database) -> None:
    with database.connect("portal") as portal, pytest.raises(psycopg.errors.CheckViolation):
        portal.execute("INSERT INTO entries (id, commitment) VALUES (%s, %s)", [uuid7(), b"abc"])


def test_a_file_comes_with_its_submission_or_not_at_all(world: World, database: Database) -> None:
    world.submit()
    with database.connect("portal") as portal, pytest.raises(psycopg.DatabaseError) as refused:
        portal.execute(
            "INSERT INTO submission_files "
            "(id, envelope_id, submission_id, blob, size_bytes, file_key, original_sha256) "
            "SELECT %s, envelope_id, id, repeat('0', 64), 1, 'k', 'h' FROM submissions",
            [uuid7()],
        )

    assert refused.value.sqlstate == "AM004"


def test_the_portal_finds_only_answers_it_kept_itself(world: World, database: Database) -> None:
    from app.cases.actions import open_case
    from app.cases.forms import OpenCase

    world.office.perform(
        world["intake"], open_case, OpenCase(), idempotency="k" * 16, render=lambda view: {"reference": view.reference}
    )
    with database.connect("app") as app, database.connect("portal") as portal:
        kept = app.execute("SELECT count(*) FROM kept_answers").fetchone()
        seen = portal.execute("SELECT count(*) FROM kept_answers").fetchone()

    assert (kept, seen) == ((1,), (0,))


@pytest.mark.parametrize("role", ["app", "portal", "eraser", "auditor"])
def test_nobody_but_the_sequencer_can_hold_up_the_log(world: World, database: Database, role: str) -> None:
    with database.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT pg_advisory_lock(1)")


def test_there_is_one_escrow(world: World, database: Database) -> None:
    with database.connect("app") as app, pytest.raises(psycopg.errors.UniqueViolation):
        app.execute(
            "INSERT INTO keyholders (id, kind, generation, created_at) VALUES (%s, 'escrow', 1, now())", [uuid7()]
        )
