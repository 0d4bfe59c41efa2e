"""``make bench-starts``: how long ``make run`` takes until both doors answer and it has said where to go.

The whole command as somebody types it: make, the check of the environment, three services. The first start
founds and fills the demonstration; the environment is there already.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.bench.figures import Paper, at_most, load, machine, middle_and_range
from tests.cli.driving import free_port
from tests.cli.nursery import ROOT

ISSUE = "foundation"
FIRST_MOST, NEXT_MOST = 60.0, 5.0
STARTS = 7
GIVEN_UP_SECONDS = 180.0
LAST_LINE = "Ctrl-C ends everything."


def answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def started(home: Path, ports: tuple[int, int]) -> Iterator[float]:
    """``make run`` on this folder; yields the seconds it took, and ends it in order."""
    environ = {
        **os.environ, "AMANA_HOME": str(home), "AMANA_PORT": str(ports[0]), "AMANA_PORTAL_PORT": str(ports[1]),
    }  # fmt: skip
    said = home.parent / "said"
    begun = time.monotonic()
    with said.open("wb") as file:
        process = subprocess.Popen(
            ["make", "run"], cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            start_new_session=True,
        )  # fmt: skip
    try:
        while not (LAST_LINE in said.read_text(errors="replace") and all(map(answers, ports))):
            if process.poll() is not None or time.monotonic() - begun > GIVEN_UP_SECONDS:
                raise RuntimeError("make run did not come up: " + said.read_text(errors="replace")[-400:])
            time.sleep(0.02)
        yield time.monotonic() - begun
    finally:
        # As at a terminal, where everything of the command is told at once.
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)


def main() -> int:
    paper = Paper()
    for figure in machine():
        paper.add(figure)
    with tempfile.TemporaryDirectory(prefix="amana-bench-") as folder:
        home, ports = Path(folder) / "home", (free_port(), free_port())
        with started(home, ports) as first:
            paper.add(at_most(ISSUE, "first start, without the installation", first, "s", FIRST_MOST))
        again = []
        for _ in range(STARTS):
            with started(home, ports) as seconds:
                again.append(seconds)
        how = f"{STARTS} starts: {middle_and_range(again)}"
        paper.add(at_most(ISSUE, "second start, median", statistics.median(again), "s", NEXT_MOST, how))
    paper.add(load("at the end"))
    paper.write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
