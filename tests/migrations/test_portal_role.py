"""What a seized portal host could do with its database role: add submissions, and nothing else."""

from __future__ import annotations

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
    entry = uuid7()
    connection.execute("INSERT INTO entries (id, commitment) VALUES (%s, %s)", [entry, secrets.token_bytes(32)])
    connection.execute(
        "INSERT INTO entry_bodies (entry, salt, body, view) VALUES (%s, %s, %s, %s)",
        [entry, b"s" * 16, json.dumps(view).encode() if body is None else body, json.dumps(view)],
    )


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
        _entry(portal, {"host": "portal", "actor": "anonymous"})  # the control: what it does every day
        portal.rollback()

    for view in ({"host": "app", "actor": "anonymous"}, {"host": "portal", "actor": "S-4XGDP4"}, {}):
        with database.connect("portal") as portal, pytest.raises(psycopg.DatabaseError):
            _entry(portal, view)


def test_what_is_searched_is_what_was_committed_to(world: World, database: Database) -> None:
    with database.connect("app") as app, pytest.raises(psycopg.errors.CheckViolation):
        _entry(app, {"host": "app", "actor": "S-4XGDP4"}, body=b'{"host":"app","actor":"S-OTHER1"}')


def test_there_is_one_escrow(world: World, database: Database) -> None:
    with database.connect("app") as app, pytest.raises(psycopg.errors.UniqueViolation):
        app.execute(
            "INSERT INTO keyholders (id, kind, generation, created_at) VALUES (%s, 'escrow', 1, now())", [uuid7()]
        )
