"""A figure: what was measured, what was hoped for, and how. It reports; it does not judge."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

PAPER = Path("build/bench.json")


@dataclass(frozen=True)
class Figure:
    """One row of the paper. ``ok`` is None where nothing was promised: the value is for reading only."""

    issue: str
    name: str
    value: float | int | str
    unit: str
    goal: str = ""
    ok: bool | None = None
    how: str = ""


@dataclass
class Paper:
    """The rows of one run. Each is shown as soon as it is known: a run that breaks has told what it had."""

    show: Callable[[str], None] = print
    rows: list[Figure] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        self.rows.append(figure)
        self.show(line(figure))

    def title(self, words: str) -> None:
        self.show(f"\n{words}")

    def write(self, path: Path = PAPER) -> None:
        """Into the one list of all figures: rows of other runs stay, this run's replace those of their names."""
        path.parent.mkdir(parents=True, exist_ok=True)
        mine = [asdict(figure) for figure in self.rows]
        names = {(row["issue"], row["name"]) for row in mine}
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        rows = [row for row in before if (row["issue"], row["name"]) not in names] + mine
        path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def line(figure: Figure) -> str:
    """A row as it is printed: missed goals are marked, and stay in the table."""
    mark = {True: "ok", False: "MISSED", None: ""}[figure.ok]
    value = f"{figure.value:,}" if isinstance(figure.value, int | float) else figure.value
    return f"  {figure.name:58} {value:>10} {figure.unit:9} {figure.goal:10} {mark:6} {figure.how}"


def at_most(issue: str, name: str, value: float, unit: str, most: float, how: str = "") -> Figure:
    return Figure(issue, name, _short(value), unit, f"<= {most:,g}", value <= most, how)


def at_least(issue: str, name: str, value: float, unit: str, least: float, how: str = "") -> Figure:
    return Figure(issue, name, _short(value), unit, f">= {least:,g}", value >= least, how)


def seen(issue: str, name: str, value: float | str, unit: str = "", how: str = "") -> Figure:
    """A value without a goal."""
    return Figure(issue, name, value if isinstance(value, str) else _short(value), unit, how=how)


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least this share of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1))]


def middle_and_range(values: Sequence[float]) -> str:
    return f"{_short(statistics.median(values))} ({_short(min(values))}-{_short(max(values))})"


def machine() -> list[Figure]:
    """What it ran on. A ratio travels between machines; milliseconds do not."""
    cores = os.cpu_count() or 0
    name = next((ln.split(":")[1].strip() for ln in _lines("/proc/cpuinfo") if ln.startswith("model name")), "?")
    memory = next((int(ln.split()[1]) // 1024 for ln in _lines("/proc/meminfo") if ln.startswith("MemTotal")), 0)
    words = f"{cores} cores, {name}, {memory} MiB, {platform.system()} {platform.machine()}"
    return [
        seen("machine", "machine", words, how=f"Python {platform.python_version()}, loopback, no TLS, full durability"),
        load("at the start"),
    ]


def load(when: str) -> Figure:
    return seen("machine", f"load average {when}", os.getloadavg()[0], "", "what else runs here makes tails longer")


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def _short(value: float) -> float:
    if isinstance(value, int):
        return value
    return round(value) if abs(value) >= 100 else round(value, 2)
