"""How many trials: few in every run, as many as the threat model asks for in `make drills`.

A trial that is drawn proves by its number. What one machine does between two commits and
what a release is held to are different numbers of the same test.
"""

from __future__ import annotations

import os

FULL = bool(os.environ.get("AMANA_DRILLS"))


def trials(usual: int, full: int) -> int:
    """The number of trials of this run."""
    return full if FULL else usual
