"""The intake desk's pages and what it shows on Today, for the list of all pages."""

from __future__ import annotations

from typing import Final

from app.web import (
    account,
    arrivals,
    asking,
    claims,
    consents,
    intake_today,
    mentions,
    papers,
    persons,
    protocol_versions,
    register,
    search,
    sessions,
    taking,
    testimony,
    today,
    uploading,
)

PAGES: Final = (
    arrivals, taking, sessions, asking, protocol_versions, papers, register, account, consents, persons, search,
    testimony, claims, mentions, uploading,
)  # fmt: skip

today.DESKS[intake_today.ROLE] = intake_today.waits
