"""What the house keeps of its own looks at the log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Row


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
