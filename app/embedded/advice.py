"""The one line that helps, from what PostgreSQL said."""

from __future__ import annotations

from pathlib import Path


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"


def advice(told: str, home: Path) -> str:
    """One line that helps, from what PostgreSQL said."""
    if "No space left on device" in told or "Disk quota exceeded" in told:
        return f"The disk under {home} is full: free at least 200 MB and start again."
    if "Read-only file system" in told:
        return f"The disk under {home} can only be read: mount it for writing and start again."
    if "incompatible with server" in told:
        return f"The database in {home} is of another PostgreSQL release: use that one, or restore."
    if "pre-existing shared memory block" in told or "lock file" in told:
        return f"Processes of an earlier server still hold {home}: wait until they end, or restart the machine."
    signs = ("FATAL:", "PANIC:", "ERROR:", "error:", 'parameter "')
    reasons = [line for line in told.splitlines() if any(sign in line for sign in signs)]
    # "The configuration file contains errors" follows the line that says which.
    telling = [line for line in reasons if "contains errors" not in line] or reasons or [told]
    return f"PostgreSQL does not start: {last_line(telling[-1]).split(':  ')[-1]}"
