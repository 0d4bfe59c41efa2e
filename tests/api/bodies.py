"""The places of a body in which words can stand, and a body with others put there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.accounts.forms import AddKey, AskKey, ChangePassphrase, GiveFactor, RenewFactor
from app.api.doors import POSTS
from app.cases.forms import Opening
from app.testimonies.forms import BeginAttachment
from app.work import Form
from tests.api.doors import Ask

Place = tuple[str | int, ...]
# Doors that no line of the list stands behind, each with its form.
_BESIDE: dict[str, type[Form]] = {
    "/api/me/passphrase": ChangePassphrase,
    "/api/me/security-keys": AddKey,
    "/api/me/security-keys/challenge": AskKey,
    "/api/me/factor": RenewFactor,
    "/api/step-ups": GiveFactor,
    "/api/cases/{reference}/uploads": BeginAttachment,
}


def form_of(ask: Ask) -> type[Form] | None:
    """What the body at an address is read as; None where none is taken."""
    if ask.path in _BESIDE:
        return _BESIDE[ask.path]
    return next((door.action.form for door in POSTS if door.path == ask.path), Opening)


def places(body: Any, under: Place = ()) -> Iterator[Place]:
    """Where a text stands, or nothing yet, at whatever depth."""
    for name, value in body.items() if isinstance(body, dict) else enumerate(body):
        if isinstance(value, str) or value is None:
            yield (*under, name)
        elif isinstance(value, dict | list | tuple):
            yield from places(value, (*under, name))


def unfilled(ask: Ask, body: dict[str, Any]) -> Iterator[Place]:
    """Fields that the form of an address knows and this body leaves out."""
    form = form_of(ask)
    yield from ((name,) for name in (form.model_fields if form else ()) if name not in body)


def put(body: Any, place: Place, value: str) -> Any:
    """The same body with another text in one place."""
    first, rest = place[0], place[1:]
    inner = put(_at(body, first), rest, value) if rest else value
    if isinstance(body, dict):
        return body | {first: inner}
    return [inner if number == first else each for number, each in enumerate(body)]


def _at(body: Any, name: str | int) -> Any:
    return body[name]
