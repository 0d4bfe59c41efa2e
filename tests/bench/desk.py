"""What a person waits for: opening an account, recording one, sending one in, opening a case, the list.

Ours and the twin's in turn. "40 fields / 5 KB" is ten passages with four values each for staff,
and for the portal an account in which forty questions are answered.
"""

from __future__ import annotations

import itertools
import secrets
import statistics
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import app.whole  # noqa: F401  every action is known once the program is
from app.accounts import witnesses
from app.clock import uuid7
from app.testimonies.forms import Passage
from tests.bench.asking import Side, Void, in_turn, once, request
from tests.bench.figures import Paper, at_least, at_most, middle_and_range, seen
from tests.bench.ground import Ground

ISSUE: Final = "3"
ROUNDS: Final = 5
# Cases that are read from and written to in turn; as many testimonies are recorded in one round.
CASES: Final = 64
PASSAGES: Final = 10
# So many of them are opened, over and over: whoever opens more than ten within ten minutes is noted, at twenty stopped.
OPENED: Final = 8
_SENTENCE: Final = "On the road they told us that nobody would ask, and then somebody did. "


def words(size: int) -> str:
    """About that many bytes of an invented account, never twice the same."""
    return (secrets.token_hex(8) + " " + _SENTENCE * (size // len(_SENTENCE) + 1))[:size]


def compare(paper: Paper, ours: Side, twin: Side, name: str, *, p50_most: float | None, count: int) -> None:
    """Both at one and at eight askers; rows for rate, ratio, median, tail and refusals."""
    for clients in (1, 8):
        in_turn((twin, ours), rounds=ROUNDS, count=count, clients=clients)
        ratio = statistics.median(ours.rates) / statistics.median(twin.rates)
        rates = f"{middle_and_range(ours.rates)} against {middle_and_range(twin.rates)}/s"
        tails = f"p99 {ours.p99:.1f}; twin p50 {twin.p50:.2f}, p99 {twin.p99:.1f}"
        who = f"{name}, {clients} at once"
        cores = f"{ours.cpu_ms / twin.cpu_ms:.1f} times the twin's {twin.cpu_ms:.2f} ms"
        paper.add(at_least(ISSUE, f"{who}: rate over the twin's", ratio, "x", 0.5, rates))
        if clients == 1 and p50_most is not None:
            paper.add(at_most(ISSUE, f"{who}: p50", ours.p50, "ms", p50_most, tails))
        else:
            paper.add(seen(ISSUE, f"{who}: p50", ours.p50, "ms", tails))
        paper.add(seen(ISSUE, f"{who}: time on a core", ours.cpu_ms, "ms", cores))
        if twin.refused:
            raise Void(f"{name}: the twin refused {twin.refused}")
        asked = ours.answers + ours.refused
        paper.add(at_most(ISSUE, f"{who}: refused", ours.refused, "", 0, f"of {asked}"))


class Cases:
    """Cases with an account each, on both sides; made through the product's own actions."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        world = ground.world
        self.references = [world.case() for _ in range(CASES)]
        # One account to read, one in session to write to; a case of the twin's has the same two.
        passage = (Passage(text=words(5000)),)
        self.read = [world.testimony(each, segments=passage) for each in self.references]
        self.segments = [world.row("intake", each, "segments") for each in self.references]
        self.written = [world.testimony(each, upto="IN_SESSION") for each in self.references]
        self.bare_read, self.bare_written = zip(*(self._bare() for _ in range(CASES)), strict=True)

    def _bare(self) -> tuple[UUID, UUID]:
        """The same rows in clear; the ids are of the segment to read and of the testimony to write to."""
        case, read, segment, written = (uuid7() for _ in range(4))
        ask, user = self.ground.ask_owner, self.ground.twin_user
        ask("INSERT INTO bare_cases VALUES (%s, %s, 'OPEN', 'UNDECIDED', %s, now())", case, secrets.token_hex(6), user)
        for testimony in (read, written):
            ask("INSERT INTO bare_testimonies VALUES (%s, %s, 'IN_SESSION', now())", testimony, case)
        ask(
            "INSERT INTO bare_segments VALUES (%s, %s, 1, %s, 'ar', 'WITNESS', '', %s, now())",
            segment, read, words(5000), user,
        )  # fmt: skip
        return segment, written

    def again(self) -> None:
        """Put the accounts that were recorded back into their session, around the product."""
        ids = [*self.written, *self.bare_written]
        ask = self.ground.ask_owner
        for prefix in ("", "bare_"):
            ask(f"DELETE FROM {prefix}segments WHERE testimony_id = ANY(%s)", ids, aside=True)
            ask(f"UPDATE {prefix}testimonies SET state = 'IN_SESSION' WHERE id = ANY(%s)", ids, aside=True)


def opening(paper: Paper, cases: Cases, count: int) -> None:
    """Read an account of 5 KB: decision, grant, seal opened, entry committed; then its entries are counted."""
    ground = cases.ground
    paper.title("Opening an account of 5 KB")
    notice_a_sleep(paper, cases)
    before = ground.entries("segment.open")
    ours, asked = _counted(_openings(cases))
    sides = ground.side("staff", ground.staff_port, ours), _bare_reads(cases)
    compare(paper, *sides, "open 5 KB", p50_most=25, count=count)
    must_match(ground.entries("segment.open") - before, asked[0])
    paper.add(seen(ISSUE, "entries written, as many as openings", asked[0], "entries"))
    notice_a_missing_entry(cases)


def recording(paper: Paper, cases: Cases) -> None:
    """Record an account of ten passages, forty values, 5 KB."""
    ground = cases.ground
    paper.title("Recording an account of 40 fields, 5 KB")
    body = {
        "language": "ar",
        "segments": [{"text": words(480), "speaker": "WITNESS", "classes": ["FAMILY"]} for _ in range(PASSAGES)],
    }
    ours = ground.side("staff", ground.staff_port, _forever(
        request(ground.staff_port, "POST", f"/api/testimonies/{row}/account", body, token=ground.token("intake"))
        for row in cases.written
    ), 201, before=cases.again)  # fmt: skip
    twin = ground.side("twin", ground.twin_port, _forever(
        request(ground.twin_port, "POST", f"/testimonies/{row}/account", body, token=ground.twin_token)
        for row in cases.bare_written
    ), 201, before=cases.again)  # fmt: skip
    compare(paper, ours, twin, "record 40 fields", p50_most=35, count=CASES)


def submitting(paper: Paper, ground: Ground, count: int) -> None:
    """A stranger sends forty answers in 5 KB, with a receipt drawn before."""
    paper.title("Sending in an account of 40 answers, 5 KB")
    answers = "\n".join(f"{number}. {words(115)}" for number in range(1, 41))

    def bodies() -> Iterator[dict[str, Any]]:
        while True:
            yield {"receipt": witnesses.draw("en").words, "account": answers, "language": "en"}

    ours = (request(ground.portal_port, "POST", "/portal/submissions", body) for body in bodies())
    bare = (request(ground.twin_port, "POST", "/submissions", body) for body in bodies())
    sides = ground.side("portal", ground.portal_port, ours, 201), ground.side("twin", ground.twin_port, bare, 201)
    compare(paper, *sides, "send 40 answers", p50_most=35, count=count)


def beginning(paper: Paper, ground: Ground, count: int) -> None:
    """Open a new case. Ours makes seven keys and seals them to sixteen holders; the twin stores a row."""
    paper.title("Opening a new case")
    ours = itertools.repeat(request(ground.staff_port, "POST", "/api/cases", {}, token=ground.token("intake")))
    bare = itertools.repeat(request(ground.twin_port, "POST", "/cases", {}, token=ground.twin_token))
    sides = ground.side("staff", ground.staff_port, ours, 201), ground.side("twin", ground.twin_port, bare, 201)
    compare(paper, *sides, "new case", p50_most=35, count=count)


# controls


def notice_a_sleep(paper: Paper, cases: Cases) -> None:
    """Twenty planted milliseconds must show as about twenty; else nothing that follows is believed."""
    ground = cases.ground
    slow = ground.side("twin", ground.twin_port, _forever(
        request(ground.twin_port, "GET", f"/slow/{row}", token=ground.twin_token) for row in cases.bare_read
    ))  # fmt: skip
    quick = _bare_reads(cases)
    in_turn((quick, slow), rounds=3, count=20, clients=1)
    found = slow.p50 - quick.p50
    if not 18 <= found <= 30:
        raise Void(f"a planted sleep of 20 ms was measured as {found:.1f} ms")
    paper.add(seen(ISSUE, "control: 20 ms of planted sleep were measured as", found, "ms"))


def notice_a_missing_entry(cases: Cases) -> None:
    """A reading at the twin leaves no entry: counted as an opening of ours, the run must be void."""
    ground = cases.ground
    before = ground.entries("segment.open")
    once(ground.twin_port, next(_bare_reads(cases).asks))
    try:
        must_match(ground.entries("segment.open") - before, 1)
    except Void:
        return
    raise RuntimeError("an opening without an entry went unnoticed")


def must_match(entries: int, openings: int) -> None:
    """Raises Void unless every opening has exactly one entry."""
    if entries != openings:
        raise Void(f"{openings} openings left {entries} entries")


def _openings(cases: Cases) -> Iterator[bytes]:
    ground = cases.ground
    return _forever(
        request(
            ground.staff_port, "POST", f"/api/segments/{segment}/open",
            {"fields": ["text", "language", "speaker"], "justification": "INTAKE", "cites": str(testimony)},
            token=ground.token("intake"),
        )
        for segment, testimony in itertools.islice(zip(cases.segments, cases.read, strict=True), OPENED)
    )  # fmt: skip


def _bare_reads(cases: Cases) -> Side:
    ground = cases.ground
    rows = cases.bare_read[:OPENED]
    asks = (request(ground.twin_port, "GET", f"/segments/{row}", token=ground.twin_token) for row in rows)
    return ground.side("twin", ground.twin_port, _forever(asks))


def _forever(asks: Iterator[bytes]) -> Iterator[bytes]:
    return itertools.cycle(list(asks))


def _counted(asks: Iterator[bytes]) -> tuple[Iterator[bytes], list[int]]:
    """The same requests, and how many of them were taken."""
    taken = [0]

    def counting() -> Iterator[bytes]:
        for each in asks:
            taken[0] += 1
            yield each

    return counting(), taken
