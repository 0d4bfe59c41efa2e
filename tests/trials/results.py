"""What the two trials found last, kept in the demonstration's folder for its page to show."""

from __future__ import annotations

import json
from typing import Any, Final

from app import clock
from app.private import write_private
from app.settings import Settings

NAME: Final = "trials.json"


def keep(settings: Settings, trial: str, found: dict[str, Any]) -> None:
    """Note the result of one trial beside that of the other."""
    path = settings.home / NAME
    kept = json.loads(path.read_text()) if path.exists() else {}
    kept[trial] = found | {"at": clock.now().isoformat(timespec="seconds")}
    fresh = path.with_name(f".{NAME}.new")
    fresh.unlink(missing_ok=True)
    write_private(fresh, json.dumps(kept, sort_keys=True).encode())
    fresh.replace(path)
