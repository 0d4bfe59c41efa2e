"""One way to write an entry, so that one hash can stand for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import rfc8785

SALT_BYTES = 16


def canonical(body: Mapping[str, Any]) -> bytes:
    """The body as RFC 8785 JSON: UTF-8 on a single line, names in UTF-16 order.

    raises   ValueError for floats (NaN too), names that are not strings, integers
             beyond 2^53 - 1, lone surrogates and anything JSON does not know

    An entry has no use for fractions, and their spelling is where implementations differ.
    """
    _refuse_unlike_json(body)
    written: bytes = rfc8785.dumps(dict(body))
    return written


def commitment(salt: bytes, body: bytes) -> bytes:
    """SHA-256(salt || canonical body), 32 bytes: the data of the entry's leaf.

    The salt keeps a stranger from guessing a short body from its commitment, and goes
    when the body goes: what stays in the tree then tells nothing.

    raises   ValueError unless the salt has 16 bytes
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    return hashlib.sha256(salt + body).digest()


def _refuse_unlike_json(value: object) -> None:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if not isinstance(name, str):
                raise ValueError("a name in an entry is a string")
            _refuse_unlike_json(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_unlike_json(inner)
    elif value is not None and not isinstance(value, str | int):
        raise ValueError(f"an entry holds no {type(value).__name__}")
