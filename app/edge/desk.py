"""What every door holds: the office, sign-ins, files, and how to come from a request to them.

Kept on ``app.state`` by the program's assembly; a route asks for it as a dependency.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from app.accounts.signin import SignIns
from app.cleaning.scanner import Scanner
from app.edge.render import as_json
from app.edge.strict_json import loads, must_be_json, read_json
from app.errors import NotFound, NotSignedIn
from app.work import Action, Caller, Form, Office, Query
from app.work.files import FileStore

F = TypeVar("F", bound=Form)


@dataclass(frozen=True)
class Desk:
    """One process's way to the office. ``signins`` is None where no pepper is held.

    zone     the office's own time, for what is typed and shown
    scanner  looks at files before they are shown; None where the office has none
    tour     whether this is a demonstration that leads its visitors through scenes
    """

    office: Office
    files: FileStore
    signins: SignIns | None
    origin: str
    quota_bytes: int
    zone: ZoneInfo
    demo: bool = False
    scanner: Scanner | None = None
    tour: bool = False

    def do(self, caller: Caller, action: Action, form: Form | None = None, *, subject: object = None,
           idempotency: str | None = None) -> Any:  # fmt: skip
        """Perform an action; its view, or the kept answer of an identical earlier request."""
        return self.office.perform(caller, action, form, subject=subject, idempotency=idempotency, render=as_json)

    def ask(self, caller: Caller, query: Query, *given: Any, **more: Any) -> Any:
        """Ask a question; what it discloses is clear already."""
        return self.office.ask(caller, query, *given, **more)

    def enter(self) -> SignIns:
        """The sign-ins of this process; a process without them has no such page."""
        if self.signins is None:
            raise NotFound
        return self.signins


def desk_of(request: Request) -> Desk:
    return cast(Desk, request.app.state.desk)


async def _at_hand(request: Request) -> Desk:
    # The framework would send a plain function to a thread and wait for it there.
    return desk_of(request)


TheDesk = Annotated[Desk, Depends(_at_hand)]


def bearer_token(request: Request) -> str:
    """The token in the Authorization header; NotSignedIn without one. Cookies count for nothing here."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn
    return token.strip()


def bearer(request: Request, desk: TheDesk) -> Caller:
    """The caller of that token."""
    return desk.enter().caller(bearer_token(request))


SignedIn = Annotated[Caller, Depends(bearer)]
# For a session that is covered, whose holder is no caller until they have come back.
BearerToken = Annotated[str, Depends(bearer_token)]


async def json_body(request: Request) -> Any:
    """The strictly parsed JSON body; an absent one counts as ``{}``, one that is there says what it is."""
    return await read_json(request) if _has_body(request) else {}


def body_of(request: Request, raw: bytes) -> Any:
    """The same of bytes that were received already: whose they are could be asked in between."""
    if not _has_body(request):
        return {}
    must_be_json(request)
    return loads(raw)


def _has_body(request: Request) -> bool:
    sent = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    return sent or bool(request.headers.get("content-type"))


Body = Annotated[Any, Depends(json_body)]


def form_of(kind: type[F], body: Any) -> F:
    """Validate a body as a form: a string may stand for an id, a time or a code; nothing else is converted.

    The body was parsed by the strict reader already; it is written out again because only
    pydantic's JSON mode is strict and still reads ids and times from strings.
    """
    return kind.model_validate_json(json.dumps(body), strict=True)


class _Described(dict[str, Any]):
    """Spelled out when somebody asks for the description: at every start it would be done for nobody."""

    def __init__(self, form: type[Form]) -> None:
        super().__init__(requestBody=None)
        self._form = form

    def items(self) -> Any:
        whole = self._form.model_json_schema()
        schema = _inlined(whole, whole.pop("$defs", {}))
        return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}.items()


def described(form: type[Form] | None) -> dict[str, Any]:
    """What the description of a route says of its body: the form itself, with every bound."""
    return {} if form is None else _Described(form)


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    """A schema with its parts in their places: inside a larger description "#/$defs/x" points nowhere."""
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    part = parts[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else {}
    return {name: _inlined(each, parts) for name, each in {**part, **schema}.items() if name != "$ref"}


def row_id(text: str) -> UUID:
    """A row id from an address; NotFound for anything else, as for a row that is not there."""
    try:
        found = UUID(text)
    except ValueError:
        raise NotFound from None
    if str(found) != text.lower():
        raise NotFound
    return found


def page_number(text: str | None) -> int:
    """A page of a list: 0 to 9999; NotFound beyond, since nothing is there."""
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise NotFound
    return int(text)
