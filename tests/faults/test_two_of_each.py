"""Two staff apps and two workers on one database are one product."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.proxy import CHEAP
from tests.kit import adapter, processes
from tests.kit.adapter import Product, Session
from tests.kit.wire import Answer, content, exchange

JOBS = 300
NEED = {"kind": "MEDICINE", "words": "Insulin before winter."}

pytestmark = pytest.mark.timeout(600)


@dataclass
class Both:
    """The product with two of each, one case, and somebody at work on it."""

    product: Product
    case: str
    caseworker: Session

    def at(
        self, app: int, method: str, path: str, form: object = None, *, key: str = "", who: Session | None = None
    ) -> Answer:
        """One request at the first app or the second."""
        body, described = content(json_=form) if form is not None else (None, {})
        headers = described | (who or self.caseworker).headers | ({"Idempotency-Key": key} if key else {})
        return exchange(self.product.urls["staff"][app], method, path, body=body, headers=headers, timeout=30)

    def sql(self, question: str, *given: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.product.owner_url) as owner:
            return owner.execute(question.encode(), given).fetchall()


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    folder = Path(tempfile.mkdtemp(prefix="amana-both-"))
    with adapter.start(folder, apps=2, workers=2, env=CHEAP) as product:
        cast = product.seed(1)
        yield Both(product, cast.cases[0], product.login("caseworker", "protection"))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.abuse("J09")
def test_who_signed_in_at_one_works_at_the_other(both: Both) -> None:
    made = both.at(0, "POST", f"/api/cases/{both.case}/needs", NEED)
    asked = {"fields": ["words"], "justification": "CARE", "cites": made.json["id"], "words": "Due today."}

    shown = both.at(1, "POST", f"/api/needs/{made.json['id']}/open", asked)

    assert (made.status, shown.status) == (201, 200)
    assert shown.json["values"]["words"] == NEED["words"]


@pytest.mark.abuse("E04")
def test_sign_out_everywhere_at_one_ends_at_the_other_at_once(both: Both) -> None:
    leaving = both.product.login("caseworker", "protection2")
    assert [both.at(app, "GET", "/api/me", who=leaving).status for app in (0, 1)] == [200, 200]

    assert both.at(0, "POST", "/api/sign-out-everywhere", {}, who=leaving).status == 200

    assert [both.at(app, "GET", "/api/me", who=leaving).status for app in (1, 0)] == [401, 401]


@pytest.mark.abuse("A13")
def test_one_key_at_both_makes_one_row(both: Both) -> None:
    """Without the key, the control, each makes its own."""

    def rows() -> int:
        return int(both.sql("SELECT count(*) FROM needs")[0][0])

    def send(key: str) -> list[Answer]:
        path = f"/api/cases/{both.case}/needs"
        with ThreadPoolExecutor(12) as together:
            return list(together.map(lambda n: both.at(n % 2, "POST", path, NEED, key=key), range(12)))

    before = rows()
    once = send("0123456789abcdef0123456789abcdef")
    between = rows()
    each = send("")

    assert {answer.status for answer in once} <= {201, 409}
    assert len({answer.json["id"] for answer in once if answer.status == 201}) == 1
    assert between - before == 1
    assert {answer.status for answer in each} == {201}
    assert rows() - between == 12


@pytest.mark.abuse("D02")
def test_wrong_passphrases_count_together(both: Both) -> None:
    form = {"login_name": "narrative", "passphrase": "wrong and long enough", "code": "000000"}
    said: list[int] = []

    for number in range(40):
        said.append(both.at(number % 2, "POST", "/api/sign-in", form).status)
        if said[-2:] == [429, 429]:
            break

    # From the fifth on there is a wait, whichever of the two was asked.
    assert said[-2:] == [429, 429], said
    assert said.count(401) + said.count(403) < 10


@pytest.mark.abuse("J09")
def test_two_workers_do_each_job_once(both: Both) -> None:
    """No rule lets a worker verify the log: each try is refused, said in one line, and settles the job.

    They fall due one after another over several rounds of both, since one worker alone is done with
    all of them before the other looks.
    """
    said = [len((both.product.folder / "said" / f"{name}.log").read_bytes()) for name in ("worker", "worker2")]
    with psycopg.connect(both.product.app_url) as app:
        app.execute(
            "INSERT INTO jobs (id, action, subject_id, due_at, tries) SELECT gen_random_uuid(), 'log.verify', "
            "gen_random_uuid(), now() + n * interval '60 milliseconds', 0 FROM generate_series(1, %s) n",
            [JOBS],
        )

    done = processes.wait_until(lambda: both.sql("SELECT count(*) FROM jobs WHERE done_at IS NULL")[0][0] == 0, 120)

    assert done
    assert both.sql("SELECT tries, count(*) FROM jobs GROUP BY tries") == [(1, JOBS)]

    def lines() -> list[int]:
        return [
            (both.product.folder / "said" / f"{name}.log").read_bytes()[skipped:].count(b"job log.verify")
            for name, skipped in zip(("worker", "worker2"), said, strict=True)
        ]

    # A job is settled in the database a moment before its line is written.
    processes.wait_until(lambda: sum(lines()) >= JOBS, 10)
    assert sum(lines()) == JOBS
    assert min(lines()) > 0, "only one of them worked"


def test_without_the_lock_both_would_take_the_same_job(both: Both) -> None:
    """The control: what keeps them apart is the lock on the row, and not luck."""
    due = "SELECT id FROM jobs ORDER BY due_at, id LIMIT 1"
    taken: list[Any] = []
    with psycopg.connect(both.product.app_url) as first, psycopg.connect(both.product.app_url) as second:
        first.execute(
            "INSERT INTO jobs (id, action, subject_id, due_at, tries, done_at) "
            "SELECT gen_random_uuid(), 'no.action', gen_random_uuid(), now(), 0, now() FROM generate_series(1, 2)"
        )
        first.commit()
        taken = [first.execute(due).fetchone(), second.execute(due).fetchone()]
        locked = f"{due} FOR UPDATE SKIP LOCKED"
        apart = [first.execute(locked.encode()).fetchone(), second.execute(locked.encode()).fetchone()]

    assert taken[0] == taken[1]
    assert apart[0] != apart[1]


def leader(both: Both) -> int:
    """The database's process that holds the sequencer's lock; 0 while nobody leads."""
    found = both.sql("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted")
    return int(found[0][0]) if found else 0


def unplaced(both: Both) -> int:
    return int(
        both.sql("SELECT count(*) FROM entries e WHERE NOT EXISTS (SELECT FROM places p WHERE p.entry = e.id)")[0][0]
    )


@pytest.mark.abuse("J09")
def test_when_the_leading_worker_is_killed_the_other_goes_on_and_the_log_does_not_fork(
    both: Both, tmp_path: Path
) -> None:
    workers = both.product._of("worker")
    led = 0
    kept = tmp_path / "kept"
    kept.mkdir()
    ending = threading.Event()
    writer = threading.Thread(target=_write, args=(both, ending), daemon=True)
    writer.start()
    for number in range(4):
        assert processes.wait_until(lambda: leader(both) != 0, 20)
        before, victim = leader(both), workers[number % 2]
        assert victim.pid is not None
        processes.kill([victim.pid])
        victim.wait(5)
        assert processes.wait_until(lambda: leader(both) != 0, 20), "nobody leads"
        led += leader(both) != before
        (kept / str(number)).write_bytes((both.product.folder / "home" / "log" / "checkpoint").read_bytes())
        if victim.name == adapter.ELSEWHERE:
            both.product._tell_of_database(victim)
        victim.start()
        time.sleep(0.5)
    ending.set()
    writer.join(30)

    # Whoever survived leads, so from the second on it is always the leader that dies.
    assert led >= 3
    assert processes.wait_until(lambda: unplaced(both) == 0, 30)
    both.product.checkpoint()
    verified = both.product.verify(both.product.export_log(tmp_path / "out"), checkpoints=kept)
    assert verified.ok, verified.problem
    assert all(worker.pid is not None for worker in workers)
    assert b"does not extend" not in both.product.logs()


def _write(both: Both, ending: threading.Event) -> None:
    number = 0
    while not ending.is_set():
        both.at(number % 2, "POST", f"/api/cases/{both.case}/needs", NEED)
        number += 1
        time.sleep(0.02)
