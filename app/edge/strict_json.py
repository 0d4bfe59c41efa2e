"""JSON as RFC 8259 means it, with one reading only.

Python's ``json`` takes the last of two equal keys, NaN, lone surrogates, UTF-16 and
integers of any length. Each is a way to have a policy read one thing and a database
another, or to turn bad input into a server error (A02, A03, A04).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from starlette.requests import Request

from app.edge.refusals import WrongType
from app.errors import TooLarge, Unprocessable

BYTES_MAX = 1024 * 1024
DEPTH_MAX = 32
# Names and values of one body: more than any here has, and few enough to be read in less than 100 ms (A04).
MEMBERS_MAX = 32_768
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1
_TYPES = re.compile(rb'application/json(?:[ \t]*;[ \t]*charset="?utf-8"?)?', re.IGNORECASE)
# Possessive, and content with a missing end quote, so that it never goes back: linear on any input.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_ONE_KIND = bytes.maketrans(b"[]{}", b"()()")


async def read_json(request: Request, *, bytes_max: int = BYTES_MAX) -> Any:
    """The body as JSON; WrongType (415) unless it says ``application/json`` once, in UTF-8.

    Raises TooLarge at the first byte past the cap, and Unprocessable as ``loads``. The cap
    is here besides `BodyLimit`, because an address that takes files has a far higher one,
    and JSON is read whole.
    """
    must_be_json(request)
    return loads(await received(request, bytes_max=bytes_max))


def must_be_json(request: Request) -> None:
    """Raise WrongType unless the body says once that it is JSON in UTF-8."""
    types = [value for key, value in request.scope["headers"] if key.lower() == b"content-type"]
    if len(types) != 1 or not _TYPES.fullmatch(types[0]):
        raise WrongType()


async def received(request: Request, *, bytes_max: int = BYTES_MAX) -> bytes:
    """The bytes of a body, as they came; TooLarge at the first past the cap."""
    read = bytearray()
    async for piece in request.stream():
        read += piece
        if len(read) > bytes_max:
            raise TooLarge()
    return bytes(read)


def loads(raw: bytes) -> Any:
    """Read one JSON text, or raise Unprocessable for every way in which it is not one.

    raw       UTF-8 without a byte order mark; nested at most 32 deep, at most 32,768 names and values
    returns   dict, list, str, int, bool or None; no floats

    Fractions are refused whole: nothing here is measured in them (no money, no
    scores), and a float is the one value that does not come back as it was sent.
    """
    if raw.startswith(b"\xef\xbb\xbf") or _too_much(raw):
        raise Unprocessable()
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
    except ValueError:
        # Without its cause: a JSONDecodeError carries the whole text.
        raise Unprocessable() from None
    # Only an escape can bring in a NUL or half a surrogate pair: raw ones do not decode.
    if b"\\u" in raw and any(_unfit(text) for text in _texts(value)):
        raise Unprocessable()
    return value


def _too_much(raw: bytes) -> bool:
    """Whether members are beyond MEMBERS_MAX, or brackets nest beyond DEPTH_MAX or do not match; in linear time.

    Strings are cut out, then all but the brackets; each round removes every
    innermost pair, so what is left after 32 rounds was deeper than that.
    """
    # Each string has two quotes, of which one may look escaped: counted first, for cutting so many takes long.
    if raw.count(b'"') - raw.count(b'\\"') > 2 * MEMBERS_MAX:
        return True
    bare = _STRING.sub(b"", raw)
    if bare.count(b",") + bare.count(b":") > MEMBERS_MAX:
        return True
    brackets = bare.translate(_ONE_KIND, _NOT_BRACKETS)
    for _ in range(DEPTH_MAX):
        outer = brackets.replace(b"()", b"")
        if len(outer) == len(brackets):
            break
        brackets = outer
    return bool(brackets)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise Unprocessable()
    return read


def _integer(digits: str) -> int:
    # Length first: int() is quadratic in its digits, and its own limit can be switched off.
    if len(digits) > 20 or not INTEGER_MIN <= (number := int(digits)) <= INTEGER_MAX:
        raise Unprocessable()
    return number


def _refuse(_text: str) -> NoReturn:
    raise Unprocessable()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member)
    elif isinstance(value, dict):
        yield from value
        for member in value.values():
            yield from _texts(member)


def _unfit(text: str) -> bool:
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)
