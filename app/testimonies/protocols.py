"""Interview protocols: which versions there are, and publishing the next one. What is published stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from app.cases.views import Stored
from app.errors import Conflict
from app.testimonies.models import PaperSession, Testimony
from app.testimonies.protocol_models import ProtocolAnswer, ProtocolVersion
from app.testimonies.questions import Protocol, named
from app.work import Reading, Work, action, query

PAGE: Final = 25
_SHIPPED: Final = Path(__file__).parent / "interview.json"


@dataclass(frozen=True)
class ProtocolLine:
    """One published version: its name, and who published it when."""

    id: UUID
    name: str
    version: str
    sha256: str
    published_by: str
    published_at: datetime


@dataclass(frozen=True)
class ProtocolView:
    """A version with all its questions, as it was published."""

    id: UUID
    name: str
    version: str
    sha256: str
    published_at: datetime
    protocol: dict[str, Any]

    def questions(self) -> Protocol:
        """The same, to be asked from."""
        return Protocol.model_validate(self.protocol)


@action("protocol.publish", operation="alter", creates=True)
def publish(work: Work, form: Protocol) -> Stored:
    """Publish a version. Accounts that were begun with an earlier one go on with that."""
    packed = form.bytes()
    if work.first(ProtocolVersion, ProtocolVersion.sha256 == named(packed)) is not None:
        raise Conflict("These very questions are published already.")
    same = ProtocolVersion.name == form.name, ProtocolVersion.version == form.version
    if work.first(ProtocolVersion, *same) is not None:
        raise Conflict("Other questions were published under this name and version. Give these the next version.")
    row = ProtocolVersion(
        name=form.name, version=form.version, sha256=named(packed), body=packed,
        published_by=work.actor.code, published_at=work.now,
    )  # fmt: skip
    work.add(row)
    work.record(row, questions=len(form.questions))
    return Stored(row.id, "protocols")


@query("protocol.list")
def versions(reading: Reading, page: int = 0) -> tuple[ProtocolLine, ...]:
    """Every version, the one in force first, 25 a page."""
    statement = reading.rows(ProtocolVersion).order_by(ProtocolVersion.id.desc()).limit(PAGE).offset(PAGE * page)
    return tuple(
        ProtocolLine(row.id, row.name, row.version, row.sha256, row.published_by, row.published_at)
        for (row,) in reading.execute(statement)
    )


@query("protocol.show")
def show(reading: Reading, row: UUID) -> ProtocolView:
    """One version, whole."""
    return view_of(reading.fetch(ProtocolVersion, row))


def in_force(reading: Reading) -> ProtocolVersion | None:
    """The version that was published last; an account that begins now is asked by it."""
    found: ProtocolVersion | None = reading.first(ProtocolVersion, order=ProtocolVersion.id.desc())
    return found


def of_account(reading: Reading, testimony: Testimony) -> ProtocolVersion | None:
    """The version an account is asked by: the one it was begun with, on its sheets or here; else the one in force."""
    begun = reading.first(
        ProtocolAnswer, ProtocolAnswer.testimony_id == testimony.id, order=ProtocolAnswer.number
    )  # fmt: skip
    printed = begun or reading.first(
        PaperSession, PaperSession.testimony_id == testimony.id, PaperSession.protocol_id.is_not(None),
        order=PaperSession.id.desc(),
    )  # fmt: skip
    if printed is None:
        return in_force(reading)
    return reading.one(ProtocolVersion, ProtocolVersion.id == printed.protocol_id)


def view_of(row: ProtocolVersion) -> ProtocolView:
    """A version as it goes out."""
    told = asked_by(row).model_dump(mode="json", by_alias=True, exclude_none=True)
    return ProtocolView(row.id, row.name, row.version, row.sha256, row.published_at, told)


def asked_by(row: ProtocolVersion) -> Protocol:
    """The questions of a version. Its bytes never change, so they are read once."""
    return _read(bytes(row.body))


def shipped() -> Protocol:
    """The protocol that comes with the program, for an office that has written none of its own."""
    return Protocol.model_validate_json(_SHIPPED.read_bytes())


@lru_cache(maxsize=32)
def _read(packed: bytes) -> Protocol:
    return Protocol.model_validate_json(packed)
