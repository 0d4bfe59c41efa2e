"""Commands without waiting a second each for Python to import the program.

One process has imported it; for each command it forks a child with the given surroundings
and nothing else of its own, which then runs ``python -m app.cli`` as far as it can tell.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]


class Nursery:
    """The asking side. One command at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.nursery"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip

    def run(self, words: Sequence[str], environ: Mapping[str, str], stdin: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of one command."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            paths = {name: f"{folder}/{name}" for name in ("in", "out", "err")}
            Path(paths["in"]).write_text(stdin)
            print(json.dumps([list(words), dict(environ), paths]), file=self._process.stdin, flush=True)
            code = int(self._process.stdout.readline())
            out, err = (Path(paths[name]).read_text(errors="replace") for name in ("out", "err"))
            return code, out, err

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


def serve(asked: IO[str]) -> None:
    """The answering side: fork, wait, say the exit code."""
    # So that no child has to.
    import app.whole  # noqa: F401
    from app.cli.commands import PARTS

    for module, _group in PARTS.values():
        import_module(f"app.cli.{module}")

    for line in asked:
        pid = os.fork()
        if pid == 0:
            os._exit(_child(*json.loads(line)))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _child(words: list[str], environ: dict[str, str], paths: dict[str, str]) -> int:
    for number, (name, flags) in enumerate(
        {"in": os.O_RDONLY, "out": os.O_WRONLY | os.O_CREAT, "err": os.O_WRONLY | os.O_CREAT}.items()
    ):
        os.dup2(os.open(paths[name], flags, 0o600), number)
    sys.stdin = os.fdopen(0, closefd=False)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["amana", *words]
    code: Any = 0
    try:
        runpy.run_module("app.cli", run_name="__main__")
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001  shown as the interpreter itself would, at its very end
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    serve(sys.stdin)
