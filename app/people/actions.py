"""Recording and revealing who somebody is. A reveal is one row, named fields, one reason."""

from __future__ import annotations

import json

from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict
from app.people import filing
from app.people.forms import RecordApproach, RecordClaim, RecordContact, RecordDocument, RecordPerson
from app.people.models import Approach, ContactChannel, IdentityClaim, IdentityDocument, Person, SamePersonFinding
from app.work import Form, Work, action


@action("person.record", operation="collect", on=Case, creates=True)
def record(work: Work, case: Case, form: RecordPerson) -> Stored:
    """Record the witness of a case. Corrections come as amendments, so a second record is refused."""
    case.must_be_open()
    if work.first(Person, Person.case_id == case.id) is not None:
        raise Conflict("The person of this case is recorded already.")
    person = Person(case_id=case.id, recorded_by=work.actor.code, recorded_at=work.now)
    work.seal(person, "legal_name", form.legal_name)
    work.seal(person, "name_arabic", form.name_arabic)
    work.seal(person, "birth_date", form.birth_date.model_dump_json() if form.birth_date else None)
    work.seal(person, "sex", form.sex)
    for column in ("aliases", "nationalities", "languages", "category"):
        work.seal(person, column, _listed(getattr(form, column)))
    filing.file_person(work, case.id, form)
    return _stored(work, person)


@action("person.claim", operation="collect", on=Case, creates=True)
def claim(work: Work, case: Case, form: RecordClaim) -> Stored:
    """Record what a source says of who the witness or their kin are; what others say stays beside it."""
    case.must_be_open()
    row = IdentityClaim(case_id=case.id, recorded_by=work.actor.code, recorded_at=work.now)
    parts = [
        {"script": script, "kind": kind, "text": text} for script, names in form.names for kind, text in names.parts
    ]
    work.seal(row, "name_parts", json.dumps(parts, ensure_ascii=False))
    work.seal(row, "birth_date", form.birth_date.model_dump_json() if form.birth_date else None)
    for column in ("about", "name_use", "basis", "source"):
        work.seal(row, column, getattr(form, column))
    filing.file_claim(work, case.id, form)
    return _stored(work, row)


@action("person.record_document", operation="collect", on=Case, creates=True)
def record_document(work: Work, case: Case, form: RecordDocument) -> Stored:
    """Record a paper, or that it was lost or destroyed."""
    case.must_be_open()
    document = IdentityDocument(case_id=case.id, recorded_by=work.actor.code, recorded_at=work.now)
    _seal_all(work, document, form)
    filing.file_document(work, case.id, form)
    return _stored(work, document)


@action("person.record_contact", operation="collect", on=Case, creates=True)
def record_contact(work: Work, case: Case, form: RecordContact) -> Stored:
    """Record how the person may be reached, and who must not know."""
    case.must_be_open()
    contact = ContactChannel(case_id=case.id, recorded_by=work.actor.code, recorded_at=work.now)
    _seal_all(work, contact, form)
    filing.file_contact(work, case.id, form)
    return _stored(work, contact)


@action("approach.record", operation="collect", on=Case, creates=True)
def record_approach(work: Work, case: Case, form: RecordApproach) -> Stored:
    """Record how the person may be approached; what was recorded before stays beside it."""
    case.must_be_open()
    approach = Approach(case_id=case.id, recorded_by=work.actor.code, recorded_at=work.now)
    work.seal(approach, "codes", json.dumps(sorted(form.codes)))
    return _stored(work, approach)


@action("person.reveal", operation="consult", on=Person, opens=(Person,), reaches="WOKEN")
def reveal(work: Work, person: Person, form: Opening) -> Opened:
    """Open particulars of the witness."""
    return open_fields(work, person, form)


@action("person.reveal_document", operation="consult", on=IdentityDocument, opens=(IdentityDocument,), reaches="WOKEN")
def reveal_document(work: Work, document: IdentityDocument, form: Opening) -> Opened:
    """Open particulars of a paper."""
    return open_fields(work, document, form)


@action("person.reveal_contact", operation="consult", on=ContactChannel, opens=(ContactChannel,), reaches="WOKEN")
def reveal_contact(work: Work, contact: ContactChannel, form: Opening) -> Opened:
    """Open a way to reach the witness."""
    return open_fields(work, contact, form)


@action("person.reveal_claim", operation="consult", on=IdentityClaim, opens=(IdentityClaim,), reaches="WOKEN")
def reveal_claim(work: Work, row: IdentityClaim, form: Opening) -> Opened:
    """Open what one source says."""
    return open_fields(work, row, form)


@action("person.reveal_finding", operation="consult", on=SamePersonFinding, opens=(SamePersonFinding,))
def reveal_finding(work: Work, row: SamePersonFinding, form: Opening) -> Opened:
    """Open whether another record was found to be of the same person."""
    return open_fields(work, row, form)


@action("approach.open", operation="consult", on=Approach, opens=(Approach,), reaches="WOKEN")
def open_approach(work: Work, approach: Approach, form: Opening) -> Opened:
    """Open how somebody may be approached: with the visit, without a reveal."""
    return open_fields(work, approach, form)


def _seal_all(work: Work, row: IdentityDocument | ContactChannel, form: Form) -> None:
    for column in type(form).model_fields:
        work.seal(row, column, getattr(form, column))


def _stored(work: Work, row: Person | IdentityClaim | IdentityDocument | ContactChannel | Approach) -> Stored:
    work.add(row)
    work.record(row)
    return Stored(row.id, row.__tablename__)


def _listed(values: tuple[str, ...]) -> str | None:
    return json.dumps(values, ensure_ascii=False) if values else None
