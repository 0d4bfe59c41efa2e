"""Sixty-four people sign in at one moment, with passphrases stretched as they are in an office (D10)."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kit import adapter, wire
from tests.kit.adapter import Answer, Product

PEOPLE = 64
MIB = 1024 * 1024
STRETCHED = 64 * MIB  # of one passphrase, as shipped; four at a time
BESIDES = 64 * MIB  # lines, threads, forms
RECEIPTS = "/portal/receipts"

pytestmark = pytest.mark.timeout(300)


@contextmanager
def started(**env: str) -> Iterator[Product]:
    folder = Path(tempfile.mkdtemp(prefix="amana-crowd-"))
    try:
        with adapter.start(folder, workers=0, env=env) as product:
            yield product
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with started() as running:
        yield running


class Watched:
    """The memory of the doors, looked at while something goes on."""

    def __init__(self, product: Product) -> None:
        self.first = product.memory_bytes()
        self.most = self.first
        self._product, self._ending = product, threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watched:
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._looking.join()

    @property
    def added(self) -> int:
        return self.most - self.first

    def _look(self) -> None:
        while not self._ending.wait(0.01):
            self.most = max(self.most, self._product.memory_bytes())


def sign_in(product: Product, number: int) -> Answer:
    """A try under a name that nobody has: it is stretched as long as any other."""
    form = {"login_name": f"nobody{number}", "passphrase": "counts the boats on the river", "code": "000000"}
    body, described = wire.content(json_=form)
    return wire.exchange(product.url["api"], "POST", "/api/sign-in", body=body, headers=described, timeout=30)


def receipt(product: Product) -> Answer:
    body, described = wire.content(json_={})
    return wire.exchange(product.url["portal"], "POST", RECEIPTS, body=body, headers=described, timeout=30)


@pytest.mark.abuse("D10")
def test_a_crowd_at_sign_in_takes_neither_the_memory_nor_the_portal(product: Product) -> None:
    sign_in(product, PEOPLE)
    with ThreadPoolExecutor(PEOPLE) as pool, Watched(product) as memory:
        crowd = [pool.submit(sign_in, product, number) for number in range(PEOPLE)]
        witnesses = []
        while not all(each.done() for each in crowd):
            witnesses.append(receipt(product))
        answers = [each.result() for each in crowd]
    left = product.memory_bytes() - memory.first

    turned_away = [answer for answer in answers if answer.status == 503]
    times = sorted(answer.seconds for answer in witnesses)
    p99 = times[int(len(times) * 0.99)]
    longest = max(answer.seconds for answer in turned_away)
    print(
        f"{PEOPLE} at once: {PEOPLE - len(turned_away)} tried, {len(turned_away)} turned away, after {longest:.1f} s "
        f"at most; {memory.added / MIB:.0f} MiB more at its highest, {left / MIB:.0f} MiB afterwards; {len(times)} "
        f"witnesses, p99 {p99 * 1000:.0f} ms"
    )
    assert {answer.status for answer in answers} == {401, 503}
    assert all(("retry-after", "2") in answer.headers for answer in turned_away)
    assert STRETCHED < memory.added < 4 * STRETCHED + BESIDES
    assert left < BESIDES
    assert {answer.status for answer in witnesses} == {201}
    assert p99 <= 2.0


@pytest.mark.abuse("D10")
def test_the_same_crowd_with_room_for_all_would_have_taken_more() -> None:
    """The control: whoever watches sees what is held for a moment."""
    with (
        started(AMANA_ARGON2_PARALLEL_MAX="16") as roomy,
        ThreadPoolExecutor(16) as pool,
        Watched(roomy) as memory,
    ):
        list(pool.map(lambda number: sign_in(roomy, number), range(16)))

    assert memory.added > 4 * STRETCHED + BESIDES


@pytest.mark.abuse("D10")
def test_a_passphrase_of_a_megabyte_is_refused_in_no_time(product: Product) -> None:
    def quickest(passphrase: str, status: int) -> float:
        forms = [{"login_name": f"nobody-{n}", "passphrase": passphrase, "code": "000000"} for n in range(10)]
        answers = [product.http("POST", "/api/sign-in", door="api", json=form) for form in forms]
        assert {answer.status for answer in answers} == {status}
        # The quickest is the work itself; the others also waited for whoever else is at work on this machine.
        return min(answer.seconds for answer in answers)

    assert quickest("a" * 1_000_000, 422) < quickest("a" * 40, 401) / 2, "the control: one that is stretched"
