"""Receipts: drawn before anything is sent, never stored, and enough to return with.

The handle is found again by a hash. It carries 256 bits derived from 128 random ones, so
a keyed hash would add nothing against a stolen database, and the portal, which must find
it, would have to hold the key: it holds none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from app.accounts.models import WitnessKey
from app.clock import uuid7
from app.crypto import boxes, hpke, kdf, receipts
from app.errors import NotAReceipt
from app.keyholders.keyring import Keyring
from app.policy.actor import Actor
from app.work import Caller, Office

# Languages that have a word list; every other is answered in digits.
LISTS = {
    "en": "english", "fr": "french", "es": "spanish", "it": "italian", "pt": "portuguese", "cs": "czech",
    "tr": "turkish", "ru": "russian", "ja": "japanese", "ko": "korean", "zh": "chinese_simplified",
}  # fmt: skip


@dataclass(frozen=True)
class Receipt:
    """What is shown once, to be copied on paper."""

    words: str | None
    digits: str


@dataclass(frozen=True)
class NewWitness:
    """A key pair for somebody unknown; the private half sealed under their receipt."""

    id: UUID
    idempotency: str = field(repr=False)
    handle_hash: bytes
    looking_hash: bytes
    public: bytes
    sealed_private: bytes


def draw(language: str = "en") -> Receipt:
    """A receipt in words where the language has a list, and in digits always. Nothing is stored."""
    entropy = receipts.draw()
    name = LISTS.get(language)
    return Receipt(receipts.to_words(entropy, name) if name else None, receipts.to_digits(entropy))


def new_witness(receipt: str, language: str) -> NewWitness:
    """Make the key pair of whoever holds this receipt. Raises NotAReceipt."""
    keys = _keys(receipt, language)
    witness_id, private = uuid7(), hpke.generate()
    return NewWitness(
        id=witness_id,
        # The handle is the idempotency key: one receipt, one submission, however often it is sent.
        idempotency=kdf.derive(keys.handle, "amana/receipt-once/v1").hex(),
        handle_hash=_handle_hash(keys.handle),
        looking_hash=hashlib.sha256(_looking(keys.handle)).digest(),
        public=private.public,
        sealed_private=boxes.seal_box(keys.seed, private.raw, context=_handle_hash(keys.handle)),
    )


def witness(office: Office, receipt: str, language: str) -> Caller:
    """The witness who holds this receipt. One answer for wrong, erased and never issued."""
    keys = _keys(receipt, language)
    handle_hash = _handle_hash(keys.handle)
    row = office.housekeep(
        lambda s: s.execute(
            select(WitnessKey.keyholder_id, WitnessKey.sealed_private).where(WitnessKey.handle_hash == handle_hash)
        ).one_or_none()
    )
    if row is None:
        raise NotAReceipt
    raw = boxes.open_box(keys.seed, bytes(row.sealed_private), context=handle_hash)
    keyring = Keyring(row.keyholder_id, hpke.PrivateKey.from_raw(raw))
    actor = Actor("Witness", "witness", id=row.keyholder_id, keyholders=keyring.holders)
    return Caller(actor, keyring, host=office.host)


def looking(receipt: str, language: str) -> bytes:
    """What the database is shown to tell this receipt's holder who looked: it keeps only its SHA-256.

    Whoever has seized the portal with its role can so ask for nobody whose receipt they do not hold.
    """
    return _looking(_keys(receipt, language).handle)


def _keys(receipt: str, language: str) -> receipts.ReceiptKeys:
    return receipts.receipt_keys(receipts.read(receipt, LISTS.get(language, language)))


def _handle_hash(handle: bytes) -> bytes:
    return kdf.derive(handle, "amana/receipt-lookup/v1")


def _looking(handle: bytes) -> bytes:
    return kdf.derive(handle, "amana/receipt-looking/v1")
