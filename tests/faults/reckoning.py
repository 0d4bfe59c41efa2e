"""What was told against what is there: in the tables, through the doors, and in the access log.

It looks as the database's owner, around the product. What is missing is named.
"""

from __future__ import annotations

from typing import Any

import psycopg

from tests.faults.crew import Told
from tests.kit.adapter import Product, Session

Connection = psycopg.Connection[tuple[Any, ...]]


def missing(owner: Connection, told: Told) -> list[str]:
    """Everything acknowledged that has no row, and every opening that has no entry."""
    sent = _column(owner, "SELECT reference FROM submissions WHERE reference = ANY(%s)", sorted(told.submissions))
    kept = _column(owner, "SELECT id::text FROM needs WHERE id = ANY(%s::uuid[])", sorted(told.notes))
    entered = _column(owner, _OPENINGS, sorted(told.opened))
    return [
        *(f"submission {each} is lost" for each in sorted(set(told.submissions) - sent)),
        *(f"note {each} is lost" for each in sorted(set(told.notes) - kept)),
        *(f"the opening of {each} has no entry" for each in sorted(told.opened - entered)),
    ]


# An entry counts with its commitment, without which it never gets a place in the tree.
_OPENINGS = """
    SELECT row.id FROM entry_bodies b JOIN entries e ON e.id = b.entry,
           LATERAL jsonb_array_elements(b.view -> 'subjects') AS subject,
           LATERAL jsonb_array_elements_text(subject -> 'rows') AS row(id)
     WHERE b.view ->> 'action' = 'care.open' AND b.view ->> 'outcome' = 'done' AND row.id = ANY(%s)
"""


def altered(product: Product, intake: Session, caseworker: Session, told: Told, few: int) -> list[str]:
    """What cannot be opened, or not byte for byte, of the newest ``few`` of each kind; 0 is all."""
    found = []
    for reference, (receipt, account) in list(told.submissions.items())[-few:]:
        asked = {"fields": ["account"], "justification": "TRIAGE", "cites": _row(product, reference)}
        shown = product.http("POST", f"/api/submissions/{reference}/open", session=intake, json=asked)
        if shown.status != 200 or shown.json["values"]["account"] != account:
            found.append(f"submission {reference}: {shown.status} {shown.body[:200]!r}")
        if product.lookup(receipt) is None:
            found.append(f"the receipt of {reference} opens nothing")
    for note, words in list(told.notes.items())[-few:]:
        asked = {"fields": ["words"], "justification": "CARE", "cites": note, "words": "Read again."}
        shown = product.http("POST", f"/api/needs/{note}/open", session=caseworker, json=asked)
        if shown.status != 200 or shown.json["values"]["words"] != words:
            found.append(f"note {note}: {shown.status} {shown.body[:200]!r}")
    return found


def _row(product: Product, reference: str) -> str:
    with psycopg.connect(product.owner_url) as owner:
        found = owner.execute("SELECT id::text FROM submissions WHERE reference = %s", [reference]).fetchone()
    return str(found[0]) if found else ""


def _column(owner: Connection, question: str, asked: list[str]) -> set[str]:
    return {str(row[0]) for row in owner.execute(question.encode(), [asked])}
