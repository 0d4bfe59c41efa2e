"""The twin our figures are divided by: same framework, same server, same database, same rows, no promise.

It knows who is signed in, keeps cases, testimonies, segments and submissions, and answers when
they are durable. All of it in clear: no rule, no grant, no seal, no entry, no limit on bodies.
It is what a good team would write in a week, and it is meant to be fast. It imports nothing of the
product that would slow it: the product's guard on sessions listens to every session of a process.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import DateTime, Engine, ForeignKey, LargeBinary, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from app.clock import uuid7

PAGE = 25


class Base(DeclarativeBase):
    type_annotation_map = {bytes: LargeBinary, datetime: DateTime(timezone=True)}


class Person(Base):
    __tablename__ = "bare_users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    active: Mapped[bool]


class SignedIn(Base):
    __tablename__ = "bare_sessions"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("bare_users.id"))
    ends_at: Mapped[datetime]


class Case(Base):
    __tablename__ = "bare_cases"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    pathway: Mapped[str]
    opened_by: Mapped[UUID] = mapped_column(index=True)
    opened_at: Mapped[datetime] = mapped_column(index=True)


class Testimony(Base):
    __tablename__ = "bare_testimonies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("bare_cases.id"), index=True)
    state: Mapped[str]
    state_at: Mapped[datetime]


class Segment(Base):
    __tablename__ = "bare_segments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    testimony_id: Mapped[UUID] = mapped_column(ForeignKey("bare_testimonies.id"), index=True)
    number: Mapped[int]
    text: Mapped[str]
    language: Mapped[str]
    speaker: Mapped[str]
    classes: Mapped[str]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]


class Witness(Base):
    __tablename__ = "bare_witnesses"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt_hash: Mapped[bytes] = mapped_column(unique=True)
    made_at: Mapped[datetime]


class Kept(Base):
    __tablename__ = "bare_kept"

    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    form_hash: Mapped[bytes]
    answer: Mapped[str]
    at: Mapped[datetime]


class Submission(Base):
    __tablename__ = "bare_submissions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    witness_id: Mapped[UUID] = mapped_column(ForeignKey("bare_witnesses.id"), index=True)
    reference: Mapped[str] = mapped_column(unique=True)
    account: Mapped[str]
    language: Mapped[str]
    contact: Mapped[str | None]
    danger: Mapped[bool]
    state: Mapped[str]
    received_at: Mapped[datetime]


class Submit(BaseModel):
    receipt: str
    account: str
    language: str = "en"
    contact: str | None = None
    danger: bool = False


class Passage(BaseModel):
    text: str
    speaker: str = "WITNESS"
    classes: frozenset[str] = frozenset()


class RecordAccount(BaseModel):
    language: str
    segments: list[Passage]


class OpenCase(BaseModel):
    pathway: str = "UNDECIDED"


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _now() -> datetime:
    return datetime.now(UTC)


def settle(url: str, token: str) -> UUID:
    """Make the twin's tables as the owner, with one signed-in user; returns who that is."""
    owner = create_engine(url)
    Base.metadata.create_all(owner)
    # Made from the harness's process, where the product's guard listens.
    with Session(owner, info={"hallway": True}) as session, session.begin():
        for table in Base.metadata.sorted_tables:
            session.connection().exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO amana_app")
        person = Person(id=uuid7(), name="somebody", active=True)
        session.add(person)
        session.flush()
        session.add(SignedIn(token_hash=_hash(token), user_id=person.id, ends_at=_now() + timedelta(hours=8)))
        made = person.id
    owner.dispose()
    return made


def database(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine, expire_on_commit=False) as session:
        yield session


Db = Annotated[Session, Depends(database)]


def person(db: Db, authorization: Annotated[str, Header()] = "") -> Person:
    found = db.execute(
        select(Person)
        .join(SignedIn, SignedIn.user_id == Person.id)
        .where(SignedIn.token_hash == _hash(authorization.removeprefix("Bearer ")), SignedIn.ends_at > _now())
    ).scalar_one_or_none()
    if found is None or not found.active:
        raise HTTPException(401)
    return found


Me = Annotated[Person, Depends(person)]
router = APIRouter()


@router.get("/segments/{row}")
def read(row: UUID, db: Db, me: Me) -> dict[str, Any]:
    segment = db.get(Segment, row)
    if segment is None:
        raise HTTPException(404)
    return {"id": row, "text": segment.text, "language": segment.language, "speaker": segment.speaker}


@router.get("/slow/{row}")
def slow(row: UUID, db: Db, me: Me) -> dict[str, Any]:
    """The control: reads as above, and sleeps. The harness must notice."""
    time.sleep(0.02)
    return read(row, db, me)


@router.get("/cases")
def mine(db: Db, me: Me) -> list[dict[str, Any]]:
    rows = db.scalars(
        select(Case).where(Case.opened_by == me.id).order_by(Case.opened_at.desc(), Case.id).limit(PAGE)
    )  # fmt: skip
    return [
        {"reference": case.reference, "state": case.state, "pathway": case.pathway, "opened_at": case.opened_at}
        for case in rows
    ]


@router.post("/cases", status_code=201)
def begin(form: OpenCase, db: Db, me: Me) -> dict[str, str]:
    case = Case(
        id=uuid7(), reference=secrets.token_hex(6), state="OPEN", pathway=form.pathway,
        opened_by=me.id, opened_at=_now(),
    )  # fmt: skip
    db.add(case)
    db.commit()
    return {"reference": case.reference, "state": case.state}


@router.post("/testimonies/{row}/account", status_code=201)
def record(row: UUID, form: RecordAccount, db: Db, me: Me) -> dict[str, Any]:
    testimony = db.get(Testimony, row, with_for_update=True)
    if testimony is None or testimony.state != "IN_SESSION":
        raise HTTPException(409)
    testimony.state, testimony.state_at = "RECORDED", _now()
    segments = [
        Segment(
            id=uuid7(), testimony_id=row, number=number, text=passage.text, language=form.language,
            speaker=passage.speaker, classes=" ".join(sorted(passage.classes)),
            recorded_by=me.id, recorded_at=_now(),
        )
        for number, passage in enumerate(form.segments, 1)
    ]  # fmt: skip
    db.add_all(segments)
    db.commit()
    return {"id": row, "state": testimony.state, "segments": [segment.id for segment in segments]}


@router.post("/submissions", status_code=201)
def submit(form: Submit, db: Db) -> dict[str, str]:
    """Twice is once here too, and the receipt's holder can ask: no fair twin would take a line that was cut as two."""
    receipt, asked = _hash(form.receipt), _hash(form.model_dump_json())
    kept = db.get(Kept, receipt)
    if kept is not None:
        if kept.form_hash != asked:
            raise HTTPException(409)
        return dict(json.loads(kept.answer))
    witness = Witness(id=uuid7(), receipt_hash=receipt, made_at=_now())
    submission = Submission(
        id=uuid7(), witness_id=witness.id, reference=secrets.token_hex(6), account=form.account,
        language=form.language, contact=form.contact, danger=form.danger, state="RECEIVED", received_at=_now(),
    )  # fmt: skip
    answer = {"reference": submission.reference, "state": submission.state}
    db.add(witness)
    db.flush()
    db.add(submission)
    db.add(Kept(key_hash=receipt, form_hash=asked, answer=json.dumps(answer), at=_now()))
    db.commit()
    return answer


@router.get("/healthz")
def health() -> dict[str, bool]:
    return {"ok": True}


@router.post("/hoard/{mib}")
def hoard(mib: int) -> dict[str, int]:
    """The control of memory: holds this much for a moment, then lets it go."""
    held = bytearray(b"x" * (mib << 20))
    time.sleep(0.3)
    return {"mib": len(held) >> 20}


def twin(engine: Engine) -> FastAPI:
    """The server over an engine; its tables must be there."""
    program = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    program.state.engine = engine
    program.include_router(router)
    return program


def serve(program: FastAPI, port: int) -> None:
    """As the product serves its doors, but for its own care of idle lines; a test compares the two."""
    uvicorn.run(
        program, host="127.0.0.1", port=port, ws="none", access_log=False, server_header=False, date_header=False,
        proxy_headers=False, log_config=None, timeout_keep_alive=10, timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=16 * 1024,
    )  # fmt: skip


def main() -> None:
    """Serve: the database by AMANA_DATABASE_URL, the port as the only argument."""
    serve(twin(create_engine(os.environ["AMANA_DATABASE_URL"], pool_size=12)), int(sys.argv[1]))


if __name__ == "__main__":
    main()
