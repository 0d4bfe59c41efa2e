"""Everything the office can do: once this is imported, every action and every table is known."""

from __future__ import annotations

import app.accounts.actions
import app.accounts.ceremonies
import app.accounts.covering
import app.accounts.mine
import app.accounts.rota
import app.accounts.rotation
import app.accounts.security_keys
import app.accounts.services
import app.accounts.stepping
import app.accounts.undertakings
import app.cases.actions
import app.cases.conflicts
import app.cases.ending
import app.cases.erasing
import app.cases.glass
import app.cases.recovery
import app.cases.renewal
import app.cases.takeovers
import app.intake.actions
import app.legal.actions
import app.legal.assurances
import app.legal.leaving
import app.legal.moves
import app.legal.signing
import app.narratives.actions
import app.oversight.actions
import app.oversight.clocks
import app.oversight.inquiries
import app.oversight.keeping
import app.oversight.queries
import app.oversight.reports
import app.oversight.signs
import app.people.actions
import app.people.lookups
import app.protection.actions
import app.protection.answering
import app.protection.escalating
import app.testimonies.actions
import app.testimonies.answers
import app.testimonies.claims
import app.testimonies.custody
import app.testimonies.drafts
import app.testimonies.mentions
import app.testimonies.paper
import app.testimonies.protocols
import app.testimonies.read_back
import app.testimonies.reading
import app.testimonies.safety
import app.testimonies.sessions
import app.testimonies.terms
import app.testimonies.versions  # noqa: F401
