"""``make bench-pages``: how long the server takes for each kind of page of each role, in the filled demonstration.

The pages are found along the links from Today, as the browser's walk finds them; nothing is opened. What
is timed is the whole answer over one kept line, the first few of each page left out.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.bench.asking import Line, Void
from tests.bench.figures import Paper, at_most, load, machine, quantile, seen
from tests.bench.ground import Ground, ground
from tests.journeys.browser.pages import EVERYBODY, PEOPLE, walk
from tests.world.demo import demonstration

ISSUE: Final = "3"
TIMES: Final = 25
WARMING: Final = 3
MOST_MS: Final = 25.0
# The demonstration has more kinds than this of every role's; a walk that finds fewer has lost its way.
KINDS_LEAST: Final = 60


def asked(port: int, address: str, token: str) -> bytes:
    """A page as a browser asks for it."""
    lines = (f"GET {address} HTTP/1.1", f"Host: localhost:{port}", f"Cookie: amana_session={token}", "", "")
    return "\r\n".join(lines).encode()


def took(line: Line, request: bytes) -> float:
    """Milliseconds of one answer."""
    begun = time.perf_counter()
    if line.ask(request).status != 200:
        raise Void("a page that was there is gone")
    return (time.perf_counter() - begun) * 1000


def of_role(here: Ground, login: str) -> Iterator[tuple[str, float]]:
    """Each kind of page of somebody, with the median of its times."""
    line, token = Line(here.staff_port), here.token(login)

    def read(address: str) -> str | None:
        answer = line.ask(asked(here.staff_port, address, token))
        return answer.body.decode() if answer.status == 200 else None

    for kind, address in sorted(walk(EVERYBODY, read).items()):
        request = asked(here.staff_port, address, token)
        times = [took(line, request) for _ in range(WARMING + TIMES)][WARMING:]
        yield kind, statistics.median(times)
    line.close()


def measure(paper: Paper, here: Ground) -> None:
    """A row for each role's slowest kind of page, and one for every page that misses."""
    everything: list[float] = []
    for login, role in PEOPLE.items():
        if login not in here.world.members:
            continue
        found = dict(of_role(here, login))
        slowest = max(found, key=lambda kind: found[kind])
        how = f"{slowest}; median of {len(found)} kinds {statistics.median(found.values()):.1f} ms"
        paper.add(at_most(ISSUE, f"slowest page of {login} ({role}): p50", found[slowest], "ms", MOST_MS, how))
        for kind, ms in found.items():
            if ms > MOST_MS and kind != slowest:
                paper.add(at_most(ISSUE, f"{kind}, {login}: p50", ms, "ms", MOST_MS))
        everything += found.values()
    if len(everything) < KINDS_LEAST:
        raise Void(f"only {len(everything)} pages were found")
    paper.add(seen(ISSUE, "all pages: the p50 that nine of ten keep", quantile(everything, 0.9), "ms"))


def main() -> int:
    paper = Paper()
    for figure in machine():
        paper.add(figure)
    with tempfile.TemporaryDirectory(prefix="amana-bench-") as folder, ground(Path(folder) / "home") as here:
        demonstration(here.world)
        try:
            measure(paper, here)
        except Void as why:
            print(f"\nThis run is void: {why}")
            return 1
    paper.add(load("at the end"))
    paper.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
