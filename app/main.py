"""Putting the parts together: every action and table is known once this is imported."""

from __future__ import annotations

import app.accounts.actions
import app.cases.actions
import app.intake.actions
import app.legal.actions
import app.oversight.actions
import app.people.actions
import app.protection.actions
import app.testimonies.actions  # noqa: F401
