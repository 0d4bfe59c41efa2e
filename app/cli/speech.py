"""What the terminal says: results on stdout, talk and progress on stderr.

Nothing printed can colour, hide or turn round what stands beside it: markup is off, and
control and bidirectional characters are shown by their number.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

FINE, FAILED, REFUSED, BROKEN, ATTENTION, INTERRUPTED = 0, 1, 2, 3, 4, 130


def visible(text: str) -> str:
    """The text with every character that a terminal would obey shown as ``<U+202E>``."""
    return "".join(f"<U+{ord(c):04X}>" if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c for c in text)


def say(text: str) -> None:
    """One line of talk, on stderr."""
    print(visible(text), file=sys.stderr, flush=True)


def answer(result: Mapping[str, Any], lines: Iterable[str], *, as_json: bool) -> None:
    """The result on stdout: lines for people, or one JSON object with sorted keys."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False, sort_keys=True, default=str), flush=True)
        return
    for line in lines:
        print(visible(line), flush=True)


@contextmanager
def progress(words: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while something long runs; without a terminal, nothing.

    yields   takes how many are done
    """
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    # Only at a terminal: it takes longer to load than most commands take.
    from rich import progress as shown
    from rich.console import Console

    console = Console(stderr=True, markup=False, highlight=False)
    counted = (shown.TextColumn("{task.description}", markup=False), shown.BarColumn(), shown.MofNCompleteColumn())
    timed = (shown.TimeElapsedColumn(), shown.TimeRemainingColumn())
    with shown.Progress(*counted, *timed, console=console) as bar:
        task = bar.add_task(words, total=total)
        yield lambda done: bar.update(task, completed=done)


def ask(question: str) -> str:
    """Ask on stderr and read one line; the answer is shown as it is typed, so never a secret."""
    print(visible(question), end=" ", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()
