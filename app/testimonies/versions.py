"""What stands beside an account: transcripts, translations, corrections; and the hash it is sealed with.

The passages keep their ids and their words. Whatever comes later comes beside them.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import func, select

from app.audit.models import SignedCheckpoint
from app.cases.forms import Opening
from app.cases.steps import open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict, NotFound
from app.testimonies import rules, terms
from app.testimonies.drafts import settle
from app.testimonies.models import Segment, SegmentVersion, Testimony
from app.testimonies.protocol_models import ProtocolAnswer
from app.testimonies.rules import CLOSED, SPOKEN, SegmentClass, State
from app.testimonies.session_forms import AddVersion, Amend
from app.testimonies.steps import PASSAGES_MAX, answers_of, classes_of, locked, must_be_admissible, seal_classes
from app.work import Work, action

# Of one account: five versions of each of its passages are more than anybody makes.
VERSIONS_MAX = 5 * PASSAGES_MAX


@action("amendment.add", operation="alter", on=Testimony, creates=True)
def amend(work: Work, testimony: Testimony, form: Amend) -> Stored:
    """Keep a correction beside the passage it corrects. After the seal nothing else can be added."""
    locked(work, testimony)
    if testimony.state not in SPOKEN:
        raise Conflict("There are no words yet that could be corrected.")
    settle(work, testimony.case_id, testimony.id, "CORRECTION", form)
    segment = _passages(work, testimony).get(form.segment)
    if segment is None:
        raise NotFound
    must_be_admissible(form.classes, admissions=terms.keeps_admissions(work, testimony))
    if rules.loosened(marked(work, segment), form.classes):
        raise Conflict(
            "The passage is marked with a class that this correction leaves out. Tick it as well: what a class keeps "
            "back is not set free by the one who takes the account."
        )
    version = _beside(work, segment, "AMENDMENT", form.text, form.language, form.reason)
    seal_classes(work, version, form.classes)
    # What is added under a later promise is under that one as well; the strictest counts.
    terms.lay(work, testimony, [segment])
    work.record(version, number=version.number, sealed=testimony.state in CLOSED)
    return Stored(version.id, "segment_versions")


@action("version.add", operation="alter", on=Testimony, creates=True)
def add_version(work: Work, testimony: Testimony, form: AddVersion) -> Stored:
    """Keep a transcript or a translation beside the original, passage by passage."""
    locked(work, testimony)
    if testimony.state in CLOSED:
        raise Conflict("The account is sealed: from here on only corrections are added.")
    if testimony.state not in SPOKEN:
        raise Conflict("There are no words yet of which a version could be made.")
    settle(work, testimony.case_id, testimony.id, form.kind, form)
    passages = _passages(work, testimony)
    if not {each.segment for each in form.passages} <= set(passages):
        raise NotFound
    if len({each.segment for each in form.passages}) < len(form.passages):
        raise Conflict("Each passage stands once in a version.")
    for each in form.passages:
        _beside(work, passages[each.segment], form.kind, each.text, form.language, None)
    to = State.TRANSCRIBED if form.kind == "TRANSCRIPT" else State.TRANSLATED
    if testimony.state == State.RECORDED or (testimony.state, to) == (State.TRANSCRIBED, State.TRANSLATED):
        testimony.move(to, at=work.now)
    work.record(testimony, state=testimony.state, passages=len(form.passages))
    return Stored(testimony.id, "testimonies", testimony.state)


@action("version.open", operation="consult", on=SegmentVersion, opens=(SegmentVersion,))
def open_version(work: Work, version: SegmentVersion, form: Opening) -> Opened:
    """Open one passage of a transcript or translation, or one correction."""
    return open_fields(work, version, form)


def close(work: Work, testimony: Testimony) -> None:
    """Seal with the account what its words are by hash, and how large the log's last checkpoint is.

    The ids of the passages are among what is hashed, so the hash of a short sentence cannot be guessed from outside.
    """
    newest = work.execute(select(func.max(SignedCheckpoint.size)))[0][0]
    packed = {"sha256": digest(work, testimony), "checkpoint": int(newest or 0)}
    work.seal(testimony, "seal", json.dumps(packed))


def digest(work: Work, testimony: Testimony) -> str:
    """SHA-256 over a line for each passage, version and answer: id, kind, number and the hash of its words."""
    whole = hashlib.sha256()
    for segment in _passages(work, testimony).values():
        whole.update(_line(work, segment, "ORIGINAL", segment.number))
    for version in of_account(work, testimony):
        whole.update(_line(work, version, version.kind, version.number))
    for answer in answers_of(work, testimony):
        whole.update(_line(work, answer, "ANSWER", answer.number, "answer"))
    return whole.hexdigest()


def of_account(work: Work, testimony: Testimony) -> list[SegmentVersion]:
    """All that stands beside the passages of an account, in the order of its making."""
    rows = work.all(
        SegmentVersion, SegmentVersion.testimony_id == testimony.id, order=SegmentVersion.id, limit=VERSIONS_MAX
    )  # fmt: skip
    return [*rows]


def _line(
    work: Work, row: Segment | SegmentVersion | ProtocolAnswer, kind: str, number: int, column: str = "text"
) -> bytes:
    text = work.open(row, column)
    said = hashlib.sha256(text.raw() if text else b"").hexdigest()
    line: dict[str, Any] = {"id": str(row.id), "kind": kind, "number": number, "sha256": said}
    return json.dumps(line, sort_keys=True).encode() + b"\n"


def _passages(work: Work, testimony: Testimony) -> dict[Any, Segment]:
    rows = work.all(Segment, Segment.testimony_id == testimony.id, order=Segment.number, limit=PASSAGES_MAX)
    return {row.id: row for row in rows}


def marked(work: Work, segment: Segment) -> frozenset[SegmentClass]:
    """What a passage is about by now: as it was kept, and as each correction said."""
    mine = SegmentVersion.segment_id == segment.id, SegmentVersion.kind == "AMENDMENT"
    corrections = work.all(SegmentVersion, *mine, limit=VERSIONS_MAX)
    return classes_of(work, segment).union(*(classes_of(work, each) for each in corrections))


def _beside(
    work: Work, segment: Segment, kind: str, text: str, language: str, reason: str | None
) -> SegmentVersion:  # fmt: skip
    same = SegmentVersion.segment_id == segment.id, SegmentVersion.kind == kind
    newest = work.first(SegmentVersion, *same, order=SegmentVersion.number.desc())
    version = SegmentVersion(
        case_id=segment.case_id, testimony_id=segment.testimony_id, segment_id=segment.id, kind=kind,
        number=newest.number + 1 if newest else 1, made_by=work.actor.code, made_at=work.now,
    )  # fmt: skip
    work.seal(version, "text", text)
    work.seal(version, "language", language)
    work.seal(version, "reason", reason)
    work.add(version)
    return version
