"""The intake desk's pages and what it shows on Today, for the list of all pages."""

from __future__ import annotations

from typing import Final

from app.web import (
    account,
    arrivals,
    consents,
    intake_today,
    papers,
    persons,
    register,
    search,
    sessions,
    taking,
    testimony,
    today,
    uploading,
)

PAGES: Final = (arrivals, taking, sessions, papers, register, account, consents, persons, search, testimony, uploading)

today.DESKS[intake_today.ROLE] = intake_today.waits
