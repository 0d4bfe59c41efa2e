"""Who outside has signed the log, as an auditor is told: read from what is published here, and checked afresh.

Work never waits for witnesses. Without them a proof rests on the office's word alone, so a page says since when.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from app.audit.cosigning import cosigned
from app.audit.tiles import TileFolder
from app.audit.trust import Trust
from app.oversight.views import Outside
from app.settings import Settings

# Longer without their signatures is told in amber (amendment 18).
LATE: Final = timedelta(hours=72)


def outside(settings: Settings, now: datetime) -> Outside:
    """How far the log stands under enough outside signatures. Nobody is asked where no trust file names a witness."""
    try:
        trust = Trust.parse(settings.log_trust_path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Outside(0, 0, None, False)
    tiles = TileFolder(settings.log_folder)
    found = [seen for key in trust.logs if (seen := cosigned(tiles, trust, key)) is not None]
    newest = max(found, key=lambda seen: seen.size, default=None)
    if newest is None:
        return Outside(len(trust.witnesses), 0, None, bool(trust.witnesses))
    return Outside(len(trust.witnesses), newest.size, newest.at, now - newest.at > LATE)
