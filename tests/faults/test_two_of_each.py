"""Two staff apps and two workers on one database are one product."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.drills import trials
from tests.faults.proxy import CHEAP
from tests.kit import adapter, processes
from tests.kit.adapter import Product, Session
from tests.kit.wire import Answer, content, exchange, read_answer

JOBS = 300
OURS = "FROM jobs WHERE action = 'attachment.erase'"
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


@dataclass(frozen=True)
class Asked:
    """One request of a living session, on the clock of whoever asks."""

    app: int
    began: float
    ended: float
    status: int


@contextmanager
def asking(what: Callable[[int], Answer]) -> Iterator[list[Asked]]:
    """Somebody who asks both for the same thing, again and again; what they were answered so far."""
    told: list[Asked] = []
    ending = threading.Event()

    def ask(app: int) -> None:
        while not ending.wait(0.02):
            began = time.monotonic()
            status = what(app).status
            told.append(Asked(app, began, time.monotonic(), status))

    threads = [threading.Thread(target=ask, args=(app,), daemon=True) for app in (0, 1)]
    for thread in threads:
        thread.start()
    try:
        yield told
    finally:
        ending.set()
        for thread in threads:
            thread.join(30)


def heard(told: list[Asked], since: float, statuses: set[int]) -> list[Asked]:
    return [each for each in told if each.began > since and each.status in statuses]


def refused_at_both(told: list[Asked], since: float) -> bool:
    return {each.app for each in heard(told, since, {401, 403, 404})} == {0, 1}


def taken_away(what: Callable[[int], Answer], take: Callable[[], Any], *, stays: bool = False) -> list[Asked]:
    """What is still let through of somebody who goes on asking while something is taken from them."""
    with asking(what) as told:
        assert processes.wait_until(lambda: {each.app for each in heard(told, 0, {200})} == {0, 1}, 30), "the control"
        take()
        since = time.monotonic()
        if not stays:
            assert processes.wait_until(lambda: refused_at_both(told, since), 30), "it was never taken away"
        time.sleep(0.3)
    first = {app: min(each.ended for each in told if each.began > since and each.app == app) for app in (0, 1)}
    assert max(first.values()) - since < 1, "the first answer after it took more than a second"
    return heard(told, since, {200})


@pytest.mark.drill
@pytest.mark.abuse("E04")
def test_a_grant_that_was_taken_back_at_one_opens_nothing_at_either(both: Both) -> None:
    intake, editor = both.product.login("intake_officer", "intake"), both.product.login("narrative_editor", "narrative")
    stale: list[Asked] = []

    for _ in range(trials(3, 100)):
        assert both.product.assign(intake, both.case, "narrative", {"RELEASE"}).status == 201
        stale += taken_away(
            lambda app: both.at(app, "GET", f"/api/cases/{both.case}", who=editor),
            lambda: both.product.revoke(intake, both.case, "narrative"),
        )

    assert stale == []


@pytest.mark.abuse("E04")
def test_whoever_keeps_their_grant_goes_on_asking(both: Both) -> None:
    """The control: the same watch sees what is let through after something was taken from another."""
    intake = both.product.login("intake_officer", "intake")
    assert both.product.assign(intake, both.case, "narrative", {"RELEASE"}).status == 201

    let = taken_away(
        lambda app: both.at(app, "GET", f"/api/cases/{both.case}"),
        lambda: both.product.revoke(intake, both.case, "narrative"), stays=True,
    )  # fmt: skip

    assert {each.app for each in let} == {0, 1}


@pytest.mark.abuse("E04")
def test_a_role_that_ended_opens_nothing_at_either(both: Both) -> None:
    """No action of the product ends a role yet, so the owner does it, with the guard of that table off meanwhile."""
    leaver = both.product.login("caseworker", "protection2")
    code = both.at(0, "GET", "/api/me", who=leaver).json["user"]
    need = both.at(0, "POST", f"/api/cases/{both.case}/needs", NEED).json["id"]
    asked = {"fields": ["words"], "justification": "CARE", "cites": need, "words": "Due today."}

    def end() -> None:
        with psycopg.connect(both.product.owner_url) as owner:
            owner.execute("ALTER TABLE role_holdings DISABLE TRIGGER USER")
            owner.execute(
                "UPDATE role_holdings SET ended_at = now() WHERE user_id = (SELECT id FROM users WHERE code = %s)",
                [code],
            )
            owner.execute("ALTER TABLE role_holdings ENABLE TRIGGER USER")

    assert taken_away(lambda app: both.at(app, "POST", f"/api/needs/{need}/open", asked, who=leaver), end) == []


@pytest.mark.abuse("E04")
def test_an_account_that_was_shut_at_one_is_signed_out_at_both(both: Both) -> None:
    leaver = both.product.login("intake_officer", "intake-lead")
    administrator = both.product.login("administrator", "administrator")
    code = both.at(0, "GET", "/api/me", who=leaver).json["user"]

    def shut() -> None:
        answer = both.product._stepping_up(
            administrator, "account.disable", code, f"/api/people/{code}/disable", {"why": "LEFT"}
        )
        assert answer.status == 200

    assert taken_away(lambda app: both.at(app, "GET", "/api/me", who=leaver), shut) == []


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
    """Files that are nowhere cannot be erased: each try is refused, said in one line, and settles the job.

    They fall due one after another over several rounds of both, since one worker alone is done with
    all of them before the other looks.
    """
    said = [len((both.product.folder / "said" / f"{name}.log").read_bytes()) for name in ("worker", "worker2")]
    with psycopg.connect(both.product.app_url) as app:
        app.execute(
            "INSERT INTO jobs (id, action, subject_id, due_at, tries) SELECT gen_random_uuid(), 'attachment.erase', "
            "gen_random_uuid(), now() + n * interval '60 milliseconds', 0 FROM generate_series(1, %s) n",
            [JOBS],
        )

    done = processes.wait_until(lambda: both.sql(f"SELECT count(*) {OURS} AND done_at IS NULL")[0][0] == 0, 120)

    assert done
    assert both.sql(f"SELECT tries, count(*) {OURS} GROUP BY tries") == [(1, JOBS)]

    def lines() -> list[int]:
        return [
            (both.product.folder / "said" / f"{name}.log").read_bytes()[skipped:].count(b"job attachment.erase")
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


def half_sent(both: Both) -> tuple[socket.socket, bytes]:
    """A request on its way to the first app, and what is still to be sent of it."""
    body, described = content(json_=NEED)
    port = int(both.product.urls["staff"][0].rsplit(":", 1)[1])
    sent = described | both.caseworker.headers
    head = [f"POST /api/cases/{both.case}/needs HTTP/1.1", f"Host: localhost:{port}", "Connection: close"]
    head += [f"{name}: {value}" for name, value in sent.items()] + [f"Content-Length: {len(body or b'')}", "", ""]
    line = socket.create_connection(("127.0.0.1", port), timeout=20)
    line.sendall("\r\n".join(head).encode() + (body or b"")[:10])
    return line, (body or b"")[10:]


def finished(line: socket.socket, rest: bytes) -> Answer:
    came = b""
    with line, contextlib.suppress(OSError):
        line.sendall(rest)
        came = b"".join(iter(lambda: line.recv(65536), b""))
    return read_answer(came, 0.0, "POST")


@pytest.mark.abuse("J09")
def test_an_app_that_is_told_to_end_answers_what_it_has_begun(both: Both) -> None:
    """Eight write at it meanwhile. What was not answered was not done; the other app goes on."""
    first, ending = both.product._of("app")[0], threading.Event()
    assert first.pid is not None
    rows = "SELECT count(*) FROM needs"
    before = both.sql(rows)[0][0]

    def write(_: int) -> list[int]:
        said: list[int] = []
        # Whoever gets no answer has nothing more to ask of it.
        while not ending.is_set() and 0 not in said:
            said.append(both.at(0, "POST", f"/api/cases/{both.case}/needs", NEED).status)
        return said

    with ThreadPoolExecutor(8) as together:
        writing = [together.submit(write, number) for number in range(8)]
        line, rest = half_sent(both)
        time.sleep(1.0)
        os.kill(first.pid, signal.SIGTERM)
        told = time.monotonic()
        time.sleep(1.0)
        late = finished(line, rest)
        other = both.at(1, "GET", "/api/me")
        code = first.wait(15)
        took = time.monotonic() - told
        ending.set()
        answers = [status for each in writing for status in each.result()]

    print(f"{len(answers)} asked, {answers.count(201)} done, ended after {took:.1f} s")
    assert (late.status, other.status, code) == (201, 200, 0)
    assert took <= 10
    assert set(answers) == {201, 0}
    assert both.sql(rows)[0][0] - before == answers.count(201) + 1
    first.start()
    assert processes.wait_until(first.healthy, 60)


@pytest.mark.abuse("J09")
def test_an_app_that_is_killed_answers_nothing_it_has_begun(both: Both) -> None:
    """The control of the above: what was half sent is cut."""
    first = both.product._of("app")[0]
    assert first.pid is not None
    line, rest = half_sent(both)
    time.sleep(0.5)
    processes.kill([first.pid])
    first.wait(5)

    assert finished(line, rest).status == 0
    first.start()
    assert processes.wait_until(first.healthy, 60)
