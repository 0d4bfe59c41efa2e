"""The bare server our figures are divided by: same framework, same database, same form, no promise.

It parses the same body with pydantic, inserts one row in the clear, commits, answers; and it
reads one row back by its id. No seal, no rule, no grant, no entry, no session.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import Engine, LargeBinary, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from app.clock import uuid7
from app.protection.forms import RecordNeed


class Base(DeclarativeBase):
    type_annotation_map = {bytes: LargeBinary}


class Note(Base):
    __tablename__ = "bare_notes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    words: Mapped[str]


def bare(engine: Engine) -> FastAPI:
    """A server of two routes over an engine; the table must be there."""
    program = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @program.post("/notes/{case}", status_code=201)
    def write(case: str, form: RecordNeed) -> dict[str, str]:
        with Session(engine, info={"hallway": True}) as session, session.begin():
            note = Note(id=uuid7(), case_id=case, kind=form.kind, words=form.words)
            session.add(note)
            made = str(note.id)
        return {"id": made}

    @program.get("/notes/{note}")
    def read(note: UUID) -> dict[str, Any]:
        with Session(engine) as session:
            row = session.scalars(select(Note).where(Note.id == note)).one()
            return {"id": str(row.id), "words": row.words}

    @program.get("/list/{case}")
    def listed(case: str) -> list[dict[str, str]]:
        with Session(engine) as session:
            rows = session.scalars(select(Note).where(Note.case_id == case).order_by(Note.id).limit(25))
            return [{"id": str(row.id), "kind": row.kind} for row in rows]

    return program
