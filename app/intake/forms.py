"""What may come in through the portal's door, and what intake decides about it."""

from __future__ import annotations

import json
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.cases.forms import Opening
from app.work.forms import Account, Form, Language, Words

ReceiptText = Annotated[str, Field(min_length=20, max_length=400)]


class Submit(Form):
    """What a stranger sends. The receipt was drawn before and is written down already."""

    receipt: ReceiptText
    receipt_language: Language = "en"
    account: Account
    language: Language = "en"
    contact: Words | None = None
    danger: bool = False


class DrawReceipt(Form):
    """Ask for a receipt, in words of this language where there is a list of them."""

    language: Language = "en"


class AskState(Form):
    """A witness returns: only the receipt, never in an address."""

    receipt: ReceiptText
    receipt_language: Language = "en"


class AskLooked(AskState):
    """Who looked: the newest first, fifty at a time."""

    page: Annotated[int, Field(ge=0, le=10_000)] = 0


class ReceivedFile(Form):
    """A file the portal has sealed already; filled by the door, never by a caller."""

    blob: str
    size_bytes: int
    sha256: bytes
    key: bytes
    file_name: Annotated[str, Field(max_length=255)] | None
    media_type: Annotated[str, Field(max_length=100)] | None


class Receive(Form):
    """A submission and the public half of its witness's new key."""

    witness_id: UUID
    handle_hash: bytes
    looking_hash: bytes
    witness_public: bytes
    witness_sealed_private: bytes
    account: str
    language: str
    contact: str | None
    danger: bool
    files: tuple[ReceivedFile, ...] = ()

    def told(self) -> str:
        """What makes two submissions the same: the words and the files, not our random keys."""
        files = [(f.sha256.hex(), f.file_name, f.media_type) for f in self.files]
        return json.dumps([self.account, self.language, self.contact, self.danger, files])


class Triage(Form):
    decision: Literal["SAFETY_FIRST", "INTERVIEW", "INFORMATION_ONLY", "NOT_OURS", "ABUSE"]


class Link(Form):
    """Take a submission into a case I hold."""

    case: Annotated[str, Field(min_length=9, max_length=20)]


class OpenSubmission(Opening):
    """Open what was sent."""
