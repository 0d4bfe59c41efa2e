"""What the house keeps of its own looks at the log: codes and moments, never a word about a case."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Row
from app.errors import Conflict

# How long somebody who is asked has to explain.
ANSWER_WITHIN: Final = timedelta(hours=72)


class LogCheck(Row):
    """One check of the whole log and its result, so that a page can say when it was last found whole.

    It proves nothing to a stranger, who checks an export: whoever could rewrite the log
    could rewrite this too.
    """

    __tablename__ = "log_checks"
    scopes = frozenset({"log", "accounts"})

    at: Mapped[datetime]
    by: Mapped[str]
    intact: Mapped[bool]
    size: Mapped[int] = mapped_column(BigInteger)
    bad_index: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[str]


class KeptFilter(Row):
    """Filters somebody asks by again and again. They have no name: what they ask for says what they are.

    A name would be words of an auditor's own, lying open, and could tell of a case.
    """

    __tablename__ = "kept_filters"
    scopes = frozenset({"own"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    asks: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]

    def drop(self, *, at: datetime) -> None:
        """Ask by it no more."""
        if self.dropped_at is not None:
            raise Conflict("This has been dropped already.")
        self.dropped_at = at


class Inquiry(Row):
    """An auditor asks a colleague about entries of theirs. Questions, answers and outcome are codes.

    Words of an answer would have to lie open, or be opened by an auditor; neither may be. What
    cannot be said in a code is said in person, and whoever can confirm it is named by code.
    """

    __tablename__ = "inquiries"
    __table_args__ = (
        CheckConstraint("state IN ('OPEN', 'ASKED', 'ANSWERED', 'CLOSED')", name="state"),
        CheckConstraint("outcome IN ('LAWFUL', 'MISTAKE', 'MISUSE', 'UNRESOLVED')", name="outcome"),
    )
    scopes = frozenset({"own", "log"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    about: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    question: Mapped[str | None]
    asked_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    vouched_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    closed_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]

    def facts(self) -> dict[str, Any]:
        """How it stands, and about whom it is: they answer it, and do nothing else with it."""
        return {"state": self.state, "target": self.about}

    def stands(self) -> None:
        """Raises Conflict once it is closed."""
        if self.state == "CLOSED":
            raise Conflict("This inquiry is closed.")

    def ask(self, question: str, *, at: datetime) -> None:
        """Ask, or ask again after an answer; what was answered before stands in the log."""
        self.stands()
        if self.state == "ASKED":
            raise Conflict("This has been asked. It waits for the answer.")
        self.state, self.question, self.asked_at, self.due_at = "ASKED", question, at, at + ANSWER_WITHIN
        self.answer, self.vouched_by, self.answered_at = None, None, None

    def explain(self, answer: str, vouched_by: str | None, *, at: datetime) -> None:
        """Answer what is asked now, late or not."""
        self.stands()
        if self.state != "ASKED":
            raise Conflict("Nothing is asked here now.")
        self.state, self.answer, self.vouched_by, self.answered_at = "ANSWERED", answer, vouched_by, at

    def close(self, outcome: str, *, by: str, at: datetime) -> None:
        """Say what came of it. A misuse is found only after whoever is said to have done it was asked."""
        self.stands()
        if outcome == "MISUSE" and self.asked_at is None:
            raise Conflict("Ask them first: nobody is found to have misused a key unheard.")
        self.state, self.outcome, self.closed_by, self.closed_at = "CLOSED", outcome, by, at


class InquiryEntry(Row):
    """One entry that an inquiry is about."""

    __tablename__ = "inquiry_entries"
    __table_args__ = (UniqueConstraint("inquiry_id", "entry"),)
    scopes = frozenset({"own", "log"})

    inquiry_id: Mapped[UUID] = mapped_column(ForeignKey("inquiries.id"))
    entry: Mapped[UUID] = mapped_column(ForeignKey("entries.id"))
    # Whose entry it is: of an inquiry into them, somebody is shown what it is about.
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
