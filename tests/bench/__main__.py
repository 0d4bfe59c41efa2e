"""``make bench``: what the promise costs, beside a bare server that does the same job without it.

Prints a table and writes ``build/bench.json``. It reports and does not judge: a missed goal is marked
and the run goes on; a run that proves nothing is void and ends with 1. What is measured and how, and
what dominated when it was last tuned: tests/bench/README.md.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import desk, lists, logs, memory
from tests.bench.asking import Void
from tests.bench.figures import Paper, load, machine, seen
from tests.bench.ground import ground


def knob(name: str, usual: str) -> tuple[int, ...]:
    """Numbers from the surroundings, for a shorter or a longer run."""
    return tuple(int(number) for number in os.environ.get(name, usual).split(","))


def measure(paper: Paper) -> None:
    sizes, (count,) = knob("CASES", "1000,100000"), knob("REQUESTS", "100")
    (entries,), (seconds,) = knob("ENTRIES", "100000"), knob("SECONDS", "10")
    with tempfile.TemporaryDirectory(prefix="amana-bench-") as folder, ground(Path(folder) / "home") as here:
        cases = desk.Cases(here)
        desk.opening(paper, cases, count)
        desk.recording(paper, cases)
        desk.submitting(paper, here, count)
        desk.beginning(paper, here, count // 2)
        memory.resident(paper, here)
        memory.large_file(paper, here)
        memory.sealing(paper)
        lists.lists(paper, here, sizes, count)
        logs.writing_entries(paper, here, seconds)
        logs.checking(paper, here, entries, Path(folder))


def main() -> int:
    paper, begun = Paper(), time.monotonic()
    for figure in machine():
        paper.add(figure)
    try:
        measure(paper)
    except Void as why:
        print(f"\nThis run is void: {why}")
        return 1
    paper.title("This run")
    paper.add(load("at the end"))
    paper.add(seen("machine", "it took", time.monotonic() - begun, "s"))
    paper.write()
    missed = sum(figure.ok is False for figure in paper.rows)
    print(f"\n{missed} goals missed. Written to build/bench.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
