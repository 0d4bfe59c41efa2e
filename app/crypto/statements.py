"""What is vouched for: one way to write down a fact as bytes, to be signed or tagged.

``label || 0x00 || (length[4] || part)*``

Every part carries its length and every kind of fact its own label, so no two facts are
ever spelt alike: a signature under one cannot be shown for another.
"""

from __future__ import annotations

import hmac
import re

from app.crypto import kdf

TAG_BYTES = 32
_LABEL = re.compile(r"amana/[a-z0-9-]+(/[a-z0-9-]+)*/v[0-9]+")


def statement(label: str, *parts: bytes) -> bytes:
    """The bytes of one fact.

    label    "amana/<kind of fact>/v1"
    parts    in the order the format names, each below 4 GiB
    raises   ValueError for a label of another shape
    """
    if not _LABEL.fullmatch(label):
        raise ValueError("a label reads amana/<kind>/v1")
    return label.encode("ascii") + b"\x00" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def tag(key: bytes, label: str, *parts: bytes) -> bytes:
    """HMAC-SHA256 over a statement, 32 bytes, by whoever holds the key.

    key   uniformly random, 16 bytes or more; the key of the HMAC is expanded from it under
          the same label, so that it is never used for anything else
    """
    return hmac.digest(kdf.expand(key, label), statement(label, *parts), "sha256")


def tag_fits(found: bytes, key: bytes, label: str, *parts: bytes) -> bool:
    """Whether a tag is the one that a holder of the key would have made, in constant time."""
    return hmac.compare_digest(found, tag(key, label, *parts))
