"""The kit's own writer, for the control: the product refuses settings under which it could lose something.

Six writers put one numbered row a transaction and note what was acknowledged; the server dies; what is
missing afterwards was lost. With ``synchronous_commit = off`` something must be.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psycopg

from app.embedded import Embedded
from tests.faults.chance import Chance
from tests.kit import processes

WRITERS = 6


def kill_and_count(folder: Path, synchronous_commit: str, rounds: int, chance: Chance) -> tuple[int, int]:
    """Rounds of killing a server with this setting; how many rows were acknowledged, and how many of them lost."""
    server = Embedded(folder, settings={"synchronous_commit": synchronous_commit})
    acknowledged: set[int] = set()
    lost = 0
    for number in range(rounds):
        url = server.start().urls["owner"].replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute("CREATE TABLE IF NOT EXISTS written (id bigint PRIMARY KEY)")
        fresh: set[int] = set()
        writers = [threading.Thread(target=_write, args=(url, fresh, number * WRITERS + n)) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(chance.between(0.3, 0.8))
        pid = server.pid()
        assert pid is not None
        processes.kill([pid, *processes.children(pid)])
        for writer in writers:
            writer.join(20)
        with psycopg.connect(server.start().urls["owner"].replace("+psycopg", "")) as owner:
            there = {row[0] for row in owner.execute("SELECT id FROM written")}
        lost += len(fresh - there)
        acknowledged |= fresh
    server.stop()
    return len(acknowledged), lost


def _write(url: str, fresh: set[int], writer: int) -> None:
    """Numbers of this writer alone, one commit each, until the server is gone."""
    number = writer * 1_000_000
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            while True:
                connection.execute("INSERT INTO written VALUES (%s)", [number])
                fresh.add(number)
                number += 1
    except psycopg.OperationalError:
        return
