"""How the product itself reads each format of vectors."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from app.crypto import boxes, chunks, fields, hpke, kdf, passphrases, receipts, shares, signing, statements
from app.errors import Alarm, Refusal

HERE = Path(__file__).parent
Given = dict[str, Any]


def verdict(document: str, given: Given) -> str | None:
    """What the product makes of the inputs; None if it refuses or raises the alarm."""
    try:
        return READERS[document](given)
    except (Alarm, Refusal):
        return None


def stored(given: Given) -> bytes:
    """The sealed file a vector speaks of: whole, or cut out of a whole one by slices."""
    if "sealed" in given:
        return base64.b64decode(given["sealed"])
    published = json.loads((HERE / "chunks_open.json").read_text("utf-8"))["cases"]
    whole = base64.b64decode(published[given["of"]]["in"]["sealed"])
    parts = b"".join(whole[start:end] for start, end in given["slices"])
    return parts + bytes.fromhex(given.get("then", ""))


def _kdf(given: Given) -> str:
    function = {"derive": kdf.derive, "expand": kdf.expand}[given["function"]]
    key, context = bytes.fromhex(given["key"]), bytes.fromhex(given["context"])
    return function(key, given["label"], given["length"], context=context).hex()


def _statement(given: Given) -> str:
    return statements.statement(given["label"], *map(bytes.fromhex, given["parts"])).hex()


def _tag(given: Given) -> str:
    return statements.tag(bytes.fromhex(given["key"]), given["label"], *map(bytes.fromhex, given["parts"])).hex()


def _field(given: Given) -> str:
    place = given["cell"]
    cell = fields.Cell(**place | {"row": UUID(place["row"]), "case": UUID(place["case"])})
    return fields.open_cell(bytes.fromhex(given["key"]), cell, bytes.fromhex(given["sealed"])).hex()


def _box(given: Given) -> str:
    key, sealed = bytes.fromhex(given["key"]), bytes.fromhex(given["sealed"])
    return boxes.open_box(key, sealed, context=bytes.fromhex(given["context"])).hex()


def _hpke(given: Given) -> str:
    private = hpke.PrivateKey.from_raw(bytes.fromhex(given["private"]))
    return hpke.open_with(private, bytes.fromhex(given["sealed"]), info=bytes.fromhex(given["info"])).hex()


def _chunks(given: Given) -> str:
    plain = b"".join(chunks.open_chunks(bytes.fromhex(given["key"]), [stored(given)]))
    return hashlib.sha256(plain).hexdigest()


def _receipt_shown(given: Given) -> str:
    entropy = bytes.fromhex(given["entropy"])
    if given["as"] == "digits":
        return receipts.to_digits(entropy)
    return receipts.to_words(entropy, given["as"])


def _receipt_keys(given: Given) -> str:
    keys = receipts.receipt_keys(bytes.fromhex(given["entropy"]))
    return (keys.handle + keys.seed).hex()


def _receipt_read(given: Given) -> str:
    return receipts.read(given["text"], given["language"]).hex()


def _passphrase(given: Given) -> str:
    digest = passphrases.stretch(
        given["passphrase"],
        bytes.fromhex(given["salt"]),
        memory_mib=given["memory_mib"],
        passes=given["passes"],
        lanes=given["lanes"],
    )
    return passphrases.wrapping_key(digest, bytes.fromhex(given["peppered"])).hex()


def _shares(given: Given) -> str:
    return shares.join(given["shares"]).hex()


def _signature(given: Given) -> str:
    public, message = bytes.fromhex(given["public"]), bytes.fromhex(given["message"])
    signing.verify(public, message, bytes.fromhex(given["signature"]))
    return "verified"


READERS: dict[str, Callable[[Given], str]] = {
    "kdf": _kdf,
    "statement": _statement,
    "tag": _tag,
    "field": _field,
    "box": _box,
    "hpke": _hpke,
    "chunks": _chunks,
    "receipt_shown": _receipt_shown,
    "receipt_keys": _receipt_keys,
    "receipt_read": _receipt_read,
    "passphrase": _passphrase,
    "shares": _shares,
    "signature": _signature,
}
