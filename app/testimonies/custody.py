"""A file's way: in several goes, into a working copy, from hand to hand. Each step appends a custody event."""

from __future__ import annotations

import hmac
import json
import secrets
from typing import Final

from sqlalchemy import func, select

from app.cases.ending_models import Erasure
from app.cases.forms import Opening
from app.cases.models import Case
from app.cases.steps import open_case_of, open_fields
from app.cases.views import Opened, Stored
from app.errors import Conflict, NotFound, TooLarge
from app.testimonies.forms import FinishAttachment, FinishCopy, GoOn, OpenFile, RecordCustody
from app.testimonies.models import Attachment, CustodyEvent
from app.testimonies.views import CopyBegun, FileArriving, FileOpened
from app.work import Reading, Work, action
from app.work.files import FileStore

MIB: Final = 1024 * 1024
# More than the room of a case holds.
_FILES_MAX: Final = 100_000
# The step that a clear answer of the scanner is in a file's way.
LOOKED: Final = {"CLEAN": "SCANNED", "FLAGGED": "FLAGGED"}
# Encoded anew from its pixels in the closed room: no byte is left that its sender wrote.
PICTURES: Final = frozenset({"image/jpeg", "image/png"})


def note(
    work: Work, attachment: Attachment, kind: str, *, seal: str | None = None,
    from_whom: str | None = None, to_whom: str | None = None, why: str | None = None,
) -> CustodyEvent:  # fmt: skip
    """Append one step of a file's way, in the action that takes it.

    Of a download nothing is sealed: who, when and why stand in its entry, and the seal is only judged by reading.
    """
    event = CustodyEvent(
        case_id=attachment.case_id, attachment_id=attachment.id, kind=kind,
        recorded_by=work.actor.code, recorded_at=work.now,
    )  # fmt: skip
    for column, words in (("from_whom", from_whom), ("to_whom", to_whom), ("why", why), ("seal", seal)):
        if words is not None:
            work.seal(event, column, words)
    work.add(event)
    return event


def taken_bytes(reading: Reading, case: Case) -> int:
    """What the files of a case take of its room, those on their way with what was announced of them."""
    mine = reading.rows(Attachment).where(Attachment.case_id == case.id, Attachment.state.in_(["INCOMING", "KEPT"]))
    found = mine.subquery()
    return int(reading.execute(select(func.coalesce(func.sum(found.c.size_bytes), 0)))[0][0])


def must_have_room(work: Work, case: Case, size_bytes: int) -> None:
    """TooLarge for a file that is larger than one may be, or than what is left of the case's room."""
    if size_bytes > work.settings.attachment_mib_max * MIB:
        raise TooLarge("This file is larger than allowed. Nothing of it was kept.")
    if taken_bytes(work, case) + size_bytes > work.settings.case_files_mib_max * MIB:
        raise TooLarge("The files of this case have no room left. Nothing of it was kept.")


@action("attachment.go_on", operation="collect", on=Attachment)
def go_on(work: Work, attachment: Attachment, form: GoOn) -> FileArriving:
    """Go on with a file that was begun. Its own fingerprint is asked for: no second file is glued to the first."""
    open_case_of(work, attachment)
    attachment.must_be_arriving()
    known, key = work.open(attachment, "fingerprint"), work.open(attachment, "file_key")
    if known is None or key is None or attachment.size_bytes is None:
        raise Conflict("This file cannot be gone on with. Please send it again.")
    if not hmac.compare_digest(known.raw(), form.fingerprint.encode()):
        raise Conflict("This is not the file that was begun.")
    work.record(attachment)
    return FileArriving(attachment.id, key, attachment.size_bytes)


@action("attachment.lapse", operation="erase", on=Attachment)
def lapse(work: Work, attachment: Attachment) -> Stored:
    """Give up an upload that has not ended in its time. Done by a clock, which can open nothing of it."""
    work.lock(attachment)
    attachment.lapse(at=work.now)
    work.record(attachment, state=attachment.state)
    return Stored(attachment.id, "attachments", attachment.state)


@action("attachment.copy", operation="collect", on=Attachment)
def begin_copy(work: Work, attachment: Attachment, form: OpenFile) -> CopyBegun:
    """Open an original to the room that makes working copies, and make the key of the copy."""
    blob, size_bytes = attachment.whole()
    if attachment.copy_of is not None:
        raise Conflict("This is a working copy already.")
    work.lock(attachment)
    open_case_of(work, attachment)
    copies = work.all(Attachment, Attachment.copy_of == attachment.id)
    if any(each.state != "LAPSED" and not _may_be_scanned_now(work, each) for each in copies):
        raise Conflict("A working copy of this file was asked for already.")
    key, fresh = work.open(attachment, "file_key"), secrets.token_bytes(32)
    sha256 = work.open(attachment, "original_sha256")
    assert key is not None
    assert sha256 is not None
    copy = Attachment(
        case_id=attachment.case_id, copy_of=attachment.id, state="INCOMING",
        received_by=work.actor.code, received_at=work.now,
    )  # fmt: skip
    work.seal(copy, "file_key", fresh)
    work.add(copy)
    work.record(attachment, copy=copy.id)
    return CopyBegun(copy.id, work.fresh(fresh), FileOpened(attachment.id, blob, key, size_bytes), sha256)


@action("attachment.keep_copy", operation="collect", on=Attachment)
def keep_copy(work: Work, copy: Attachment, form: FinishCopy) -> Stored:
    """Keep the working copy with its own hash and what was taken away; or keep why there is none."""
    work.lock(copy)
    open_case_of(work, copy)
    if copy.copy_of is None:
        raise NotFound
    original = work.one(Attachment, Attachment.id == copy.copy_of)
    _note_scan(work, original, copy, form)
    if form.blob is None:
        copy.no_copy(for_now=form.scanned == "HELD")
        work.seal(copy, "removed", json.dumps([form.why]))
        work.record(copy, state=copy.state, scanned=copy.scanned)
        return Stored(copy.id, "attachments", copy.state)
    copy.keep(blob=form.blob, size_bytes=form.size_bytes)
    work.seal(copy, "media_type", form.media_type)
    work.seal(copy, "original_sha256", form.sha256.hex())
    work.seal(copy, "removed", json.dumps(sorted(form.removed)))
    # The room has read every byte of the original, and its hash was the one of the day it came.
    note(work, original, "COPIED", seal="INTACT")
    work.record(copy, bytes=form.size_bytes, scanned=copy.scanned)
    return Stored(copy.id, "attachments", copy.state)


def _may_be_scanned_now(work: Work, copy: Attachment) -> bool:
    """A copy of the time before the office had a scanner may be made once more."""
    return copy.state == "KEPT" and copy.scanned == "UNSCANNED" and bool(work.settings.scanner)


def _note_scan(work: Work, original: Attachment, copy: Attachment, form: FinishCopy) -> None:
    """What the scanner says stands on the original and on every copy of it, of an earlier day too."""
    work.lock(original)
    copy.scanned = original.scanned = form.scanned
    work.seal(copy, "flag", form.flag)
    if form.scanned == "FLAGGED":
        for each in work.all(Attachment, Attachment.copy_of == original.id):
            each.scanned = form.scanned
    if form.scanned in LOOKED:
        note(work, original, LOOKED[form.scanned])


def note_arrival(work: Work, attachment: Attachment, form: FinishAttachment) -> None:
    """What the scanner said of a file as it came."""
    attachment.scanned = form.scanned
    work.seal(attachment, "flag", form.flag)
    if form.scanned in LOOKED:
        note(work, attachment, LOOKED[form.scanned])


def unlooked(work: Work, attachment: Attachment) -> bool:
    """Whether the office has a scanner that has not answered about a file: it was down, or takes none so large."""
    return attachment.scanned == "HELD" or (attachment.scanned == "UNSCANNED" and bool(work.settings.scanner))


@action("attachment.preview", operation="consult", on=Attachment)
def preview(work: Work, attachment: Attachment, form: OpenFile) -> FileOpened:
    """Look at a working copy, or listen to it. An original is never shown by a browser."""
    blob, size_bytes = attachment.whole()
    if attachment.copy_of is None:
        raise Conflict("Only a working copy is shown.")
    key, kind = work.open(attachment, "file_key"), work.open(attachment, "media_type")
    assert key is not None
    assert kind is not None
    # A page shows what was scanned, or what carries nothing but pixels. Of a flagged file nothing is shown.
    harmless = attachment.scanned == "CLEAN" or (attachment.scanned == "UNSCANNED" and kind.read() in PICTURES)
    if not harmless:
        raise Conflict("This copy is not shown in a page: no virus scanner found it clean. It can be taken out.")
    work.record(attachment)
    return FileOpened(attachment.id, blob, key, size_bytes, kind)


@action("custody.record", operation="collect", on=Attachment, creates=True)
def record_custody(work: Work, attachment: Attachment, form: RecordCustody) -> Stored:
    """A step that happened outside: a medium received, handed over, or looked at whether its seal is whole."""
    attachment.whole()
    open_case_of(work, attachment)
    event = note(
        work, attachment, form.kind, seal=form.seal, from_whom=form.from_whom, to_whom=form.to_whom, why=form.why
    )
    work.record(event, kind=form.kind)
    return Stored(event.id, "custody_events", form.kind)


@action("custody.open", operation="consult", on=CustodyEvent, opens=(CustodyEvent,))
def open_custody(work: Work, event: CustodyEvent, form: Opening) -> Opened:
    """Open one step of a file's way: from whom, to whom, why, and how the seal was."""
    return open_fields(work, event, form)


@action("attachment.erase", operation="erase", on=Erasure)
def erase(work: Work, erasure: Erasure) -> Stored:
    """Remove the sealed files of a case that was destroyed. Done by a clock; nothing opened them any more."""
    work.lock(erasure)
    erasure.lose_files(at=work.now)
    store = FileStore(work.settings.attachments_folder, bytes_max=0)
    removed = 0
    for row in work.all(Attachment, Attachment.case_id == erasure.case_id, order=Attachment.id, limit=_FILES_MAX):
        removed += store.remove(row.blob, row.id)
        row.blob = None
    work.record(erasure, files=removed)
    return Stored(erasure.id, "erasures")
