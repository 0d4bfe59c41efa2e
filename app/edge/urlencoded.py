"""Plain form posts, ``application/x-www-form-urlencoded``, under a cap on their fields."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from starlette.requests import Request

from app.edge.refusals import BadRequest, WrongType
from app.errors import TooLarge

FIELDS_MAX = 200
_TYPES = re.compile(rb"application/x-www-form-urlencoded(?:[ \t]*;[ \t]*charset=utf-8)?", re.IGNORECASE)


async def read_form(request: Request, *, fields_max: int = FIELDS_MAX) -> list[tuple[str, str]]:
    """The fields in the order they were sent; a repeated name stays repeated (checkboxes).

    Raises WrongType (415) for another content type, TooLarge (413) beyond ``fields_max``,
    BadRequest (400) for what is not UTF-8 or holds a NUL. The body must already be capped.
    """
    types = [value for key, value in request.scope["headers"] if key.lower() == b"content-type"]
    if len(types) != 1 or not _TYPES.fullmatch(types[0]):
        raise WrongType()
    raw = await request.body()
    if raw.count(b"&") >= fields_max:
        raise TooLarge()
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise BadRequest() from None
    if any("\0" in text for pair in pairs for text in pair):
        raise BadRequest()
    return pairs
