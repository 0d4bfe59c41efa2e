"""Promises of others about the words: drafted by one reviewer, signed by another, and what becomes of them.

One that is signed is written into the terms that intake reads out. One that ends is read out no longer; what was
said under it keeps what was laid on it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_case_of, open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict
from app.legal import restrictions
from app.legal.forms import DraftAssurance, LapseAssurance, RevokeAssurance, SignAssurance
from app.legal.models import LAPSED, OFFERED, REVOKED, Assurance
from app.legal.restrictions import Forum, Kind, Rule, Subject
from app.testimonies import terms
from app.testimonies.models import Attachment
from app.work import Work, action

# What intake reads out of a promise.
_READ_OUT: Final = ("kind", "strength", "issuer", "rules", "proceedings", "conditions", "exceptions")
_GIVEN: Final = ("kind", "strength", "issuer", "basis", "instrument", "proceedings", "conditions", "exceptions")
_SURVIVES: Final = "survives_organisation"


@action("assurance.draft", operation="collect", on=Case, creates=True)
def draft(work: Work, case: Case, form: DraftAssurance) -> Stored:
    """Put what somebody else promised before a second reviewer, with the instrument or its text."""
    case.must_be_open()
    case.must_be_a_witness()
    row = Assurance(
        case_id=case.id, state=OFFERED, state_at=work.now, drafted_by=work.actor.code, signed_by=None,
        text_version=restrictions.TEMPLATES_VERSION, starts_on=form.starts_on, until=form.ends_on,
        attachment_id=form.attachment,
    )  # fmt: skip
    for column in _GIVEN:
        work.seal(row, column, getattr(form, column))
    work.seal(row, "instrument_sha256", _hash(work, case, form))
    rules = restrictions.rules_of(form.kind, ((use, Subject.DECLARANT) for use in form.barred))
    forums = (Forum(form.jurisdiction, body) for body in form.bodies)
    packed = restrictions.packed(rules, forums) | {_SURVIVES: form.survives_organisation}
    work.seal(row, "rules", json.dumps(packed))
    work.add(row)
    work.record(row, text=row.text_version)
    return Stored(row.id, "assurances", row.state)


@action("assurance.sign", operation="alter", on=Assurance, second=True)
def sign(work: Work, assurance: Assurance, form: SignAssurance) -> Stored:
    """The second signature: from its first day on the promise is read out and laid on what is said."""
    case = _locked(work, assurance)
    assurance.sign(by=work.actor.code, at=work.now)
    work.seal(assurance, "verified", form.verified)
    opened = {name: _text(work, assurance, name) for name in _READ_OUT}
    held: dict[str, Any] = json.loads(opened["rules"] or "{}")
    admits = restrictions.admits(
        Rule(restrictions.Use(use), Subject(subject), restrictions.Effect(effect))
        for use, subject, effect in held["rules"]
    )
    handed = terms.Terms(assurance.id, assurance.starts_on, assurance.until, admits, opened)
    written = terms.write(work, case, handed)
    work.record(assurance, terms=written.id)
    return Stored(assurance.id, "assurances", assurance.state)


@action("assurance.decline", operation="alter", on=Assurance)
def decline(work: Work, assurance: Assurance) -> Stored:
    """Not as it is: whoever drafted it drafts it anew, or leaves it."""
    _locked(work, assurance)
    assurance.decline(at=work.now)
    work.record(assurance)
    return Stored(assurance.id, "assurances", assurance.state)


@action("assurance.revoke", operation="alter", on=Assurance)
def revoke(work: Work, assurance: Assurance, form: RevokeAssurance) -> Stored:
    """Who gave the promise took it back. One reviewer is enough: it is read out no longer, and nothing is free."""
    _locked(work, assurance)
    assurance.end(REVOKED, at=work.now)
    told = {"by": form.by, "heard": form.heard, "words": form.words}
    work.seal(assurance, "ended", json.dumps(told, ensure_ascii=False))
    terms.end(work, assurance.id, rules=False)
    work.record(assurance)
    return Stored(assurance.id, "assurances", assurance.state)


@action("assurance.lapse", operation="alter", on=Assurance)
def lapse(work: Work, assurance: Assurance, form: LapseAssurance) -> Stored:
    """A condition was not met, or the body is no more. What it barred is never open for that."""
    _locked(work, assurance)
    assurance.end(LAPSED, at=work.now)
    told = {"cause": form.cause, "words": form.words}
    work.seal(assurance, "ended", json.dumps(told, ensure_ascii=False))
    survives = json.loads(_text(work, assurance, "rules") or "{}").get(_SURVIVES, False)
    kind = Kind(_text(work, assurance, "kind") or Kind.NONE)
    ends = form.cause == "BODY_ENDED" and restrictions.ends_with_body(kind, survives_organisation=survives)
    terms.end(work, assurance.id, rules=ends)
    work.record(assurance)
    return Stored(assurance.id, "assurances", assurance.state)


@action("assurance.open", operation="consult", on=Assurance, opens=(Assurance,))
def open_assurance(work: Work, assurance: Assurance, form: Opening) -> Opened:
    """Open what was promised, by whom and on which ground."""
    return open_fields(work, assurance, form)


def _locked(work: Work, assurance: Assurance) -> Case:
    # Two who sign and revoke at one moment: the second finds the state as the first left it.
    work.lock(assurance)
    return open_case_of(work, assurance)


def _text(work: Work, assurance: Assurance, column: str) -> str | None:
    opened = work.open(assurance, column)
    return None if opened is None else opened.raw().decode()


def _hash(work: Work, case: Case, form: DraftAssurance) -> str:
    """SHA-256 of the instrument: of its text, or of the file as it came in."""
    if form.attachment is None:
        return hashlib.sha256((form.instrument or "").encode()).hexdigest()
    file = work.one(Attachment, Attachment.id == form.attachment, Attachment.case_id == case.id)
    found = None if file.original_sha256 is None else work.open(file, "original_sha256")
    if found is None:
        raise Conflict("The file of the instrument has not arrived yet.")
    return found.raw().decode()
