"""The control of every case that ends with the six invariants: each of them is found broken."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.conftest import Database
from tests.invariants import invariants
from tests.world import World

HEALTH = httpx.Request("GET", "http://localhost:8000/healthz")


def test_an_office_in_which_nothing_happened_keeps_them_all(world: World, database: Database, tmp_path: Path) -> None:
    with invariants(world, database, tmp_path, shown=frozenset({world.canary()})) as kept:
        _, reference = world.submit("I saw it.")
        kept.acknowledged[reference] = "I saw it."

        assert kept.look(httpx.Response(200, request=HEALTH)) == []
        assert kept.look() == [], "and so a second time, the log longer than before"


def test_each_of_them_is_found_broken(world: World, database: Database, tmp_path: Path) -> None:
    mark, files = world.canary(), tmp_path / "files"
    files.mkdir()
    with invariants(world, database, tmp_path, kept=(files,), shown=frozenset({mark})) as kept:
        _, reference = world.submit("I saw it.")
        kept.acknowledged[reference] = "I saw nothing."
        kept.hear(httpx.Response(200, text=mark), "GET /somewhere", "auditor")
        with database.connect("owner") as owner:
            owner.execute("SET session_replication_role = replica")
            first = "SELECT entry FROM places WHERE leaf_index = 0"
            owner.execute(f"UPDATE entry_bodies SET body = body || ' ' WHERE entry = ({first})".encode())
        (files / "left").write_text(mark)
        kept.hear(httpx.Response(500, text="Traceback"), "GET /elsewhere")
        kept.hear(httpx.Response(403, text=mark), "GET /nowhere", "auditor")

        broken = kept.look(httpx.Response(503, request=HEALTH))

    assert {each.split()[0] for each in broken} == {"I1", "I2", "I3", "I4", "I5", "I6"}
    assert sum(each.startswith("I4") for each in broken) == 2
    assert sum(each.startswith("I5") for each in broken) == 2
