"""Every key that is made from another key is made here, under a label of its own.

Layout of the HKDF info: ``label || 0x00 || context``. Labels hold no zero byte, so no
two pairs of label and context give the same info.
"""

from __future__ import annotations

import hmac
import re

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

_LABEL = re.compile(r"amana/[a-z0-9-]+(/[a-z0-9-]+)*/v[0-9]+")


def derive(key: bytes, label: str, length: int = 32, *, context: bytes = b"") -> bytes:
    """A key for one purpose, from a secret that need not be uniformly random.

    key      any secret of 16 bytes or more
    label    "amana/<purpose>/v1"
    length   bytes wanted, 1 to 8,160
    raises   ValueError for a short key or a label of another shape

    HKDF-SHA256 with an empty salt (RFC 5869). Vectors: tests/vectors/kdf.json.
    """
    return HKDF(SHA256(), length, salt=None, info=_info(key, label, context)).derive(key)


def expand(key: bytes, label: str, length: int = 32, *, context: bytes = b"") -> bytes:
    """As ``derive``, but HKDF-Expand alone: for keys that are uniformly random already."""
    return HKDFExpand(SHA256(), length, info=_info(key, label, context)).derive(key)


def commitment(key: bytes, length: int) -> bytes:
    """A mark that a seal carries so that only one key can open it, 1 to 32 bytes.

    GCM alone does not commit to its key: one sealed text can be made to open under two.
    """
    return hmac.digest(key, b"amana/commitment/v1", "sha256")[:length]


def _info(key: bytes, label: str, context: bytes) -> bytes:
    if len(key) < 16:
        raise ValueError("a key of fewer than 16 bytes derives nothing")
    if not _LABEL.fullmatch(label):
        raise ValueError("a label reads amana/<purpose>/v1")
    return label.encode("ascii") + b"\x00" + context
