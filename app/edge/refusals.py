"""From what was raised to what is answered: a code, a status, a fixed sentence.

The one rule: nothing of the request and nothing of a row is in an answer or in
the log. FastAPI's own 422 repeats the refused input; ours names only fields that
stand in our own models.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import (
    Alarm,
    Denied,
    NotFound,
    NotSignedIn,
    Refusal,
    TooLarge,
    TooManyTries,
    Unavailable,
    Unprocessable,
)

log = logging.getLogger("amana.edge")

BUSY_RETRY_SECONDS = 2
FIELDS_SHOWN_MAX = 50
FRAMES_LOGGED_MAX = 20
CAUSES_LOGGED_MAX = 8
UNKNOWN = "unknown field"


class BadRequest(Refusal):
    """The request breaks the protocol, so nothing in it can be relied on."""

    code, status, sentence = "request.malformed", 400, "This request is not well formed."


class CrossSite(Refusal):
    """A change that was not asked for from one of our own pages."""

    code, status = "csrf", 403
    sentence = "This did not come from one of our own pages. Please go back and try again."


class NoSuchMethod(Refusal):
    code, status, sentence = "method", 405, "This cannot be done here."


class TooSlow(Refusal):
    code, status, sentence = "too_slow", 408, "Sending took too long. Please try again."


class PathTooLong(Refusal):
    code, status, sentence = "path.too_long", 414, "This address is too long."


class WrongType(Refusal):
    code, status, sentence = "type", 415, "This kind of content is not accepted here."


class NoSuchRange(Refusal):
    code, status, sentence = "range.none", 416, "This file has no such part."


_FRAMEWORK: dict[int, type[Refusal]] = {
    401: NotSignedIn,
    403: Denied,
    404: NotFound,
    405: NoSuchMethod,
    413: TooLarge,
    415: WrongType,
    422: Unprocessable,
}

SENTENCES = {
    "missing": "This is needed.",
    "extra_forbidden": "This field is not known here.",
    "string_too_long": "This is longer than allowed.",
    "string_too_short": "This is shorter than needed.",
    "*": "This could not be understood.",
}


def install(app: FastAPI) -> None:
    """Answer every exception that leaves a route of ``app`` by the rules of this module."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(ValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)
    # Not as a handler for Exception: Starlette raises that one again after the
    # answer, and the server would then log the message, which may hold values.
    app.add_middleware(Incidents)


def answer(no: Refusal) -> JSONResponse:
    """The JSON answer of a refusal: ``{"error": {"code", "sentence", "rule"?}}``."""
    if isinstance(no, NotFound):
        no = NotFound()  # always the same bytes, whatever was known where it was raised
    error: dict[str, Any] = {"code": no.code, "sentence": no.sentence}
    if no.rule is not None:
        error["rule"] = no.rule
    return JSONResponse({"error": error}, no.status, retry_headers(no))


class Incidents:
    """The last net: whatever breaks becomes a 500 with a number, logged without values.

    Once an answer has begun nothing can be put right: returning unfinished makes
    the server close the line, so the caller sees that it was cut.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watching(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watching)
        # Every class, because this is the one place that must leave none over.
        except Exception as broken:  # noqa: BLE001
            response = _answer_broken(broken)
            if response is not None and not begun:
                await response(scope, receive, send)


def _answer_broken(broken: Exception) -> Response | None:
    if isinstance(broken, ClientDisconnect):
        return None  # nobody is left to answer
    if isinstance(broken, Refusal):
        return answer(broken)
    code = "alarm" if isinstance(broken, Alarm) else "incident"
    number = secrets.token_hex(8)
    level = logging.CRITICAL if code == "alarm" else logging.ERROR
    log.log(level, "%s %s %s", code, number, " < ".join(_anatomy(broken)))
    sentence = "Something went wrong, and it has been noted under this number."
    return JSONResponse({"error": {"code": code, "sentence": sentence, "incident": number}}, 500)


def _anatomy(broken: BaseException | None) -> Iterator[str]:
    """Type and places of an exception and of those behind it; never its text or its locals."""
    for _ in range(CAUSES_LOGGED_MAX):
        if broken is None:
            return
        frames = list(traceback.walk_tb(broken.__traceback__))[-FRAMES_LOGGED_MAX:]
        places = " ".join(f"{frame.f_code.co_filename}:{line}" for frame, line in frames)
        yield f"{type(broken).__module__}.{type(broken).__qualname__} at {places}"
        broken = broken.__cause__ or broken.__context__


def retry_headers(no: Refusal) -> dict[str, str]:
    """After how many seconds another try is worth it, where a refusal passes by itself."""
    if isinstance(no, TooManyTries):
        return {"Retry-After": str(no.retry_after_seconds)}
    if isinstance(no, Unavailable):
        return {"Retry-After": str(BUSY_RETRY_SECONDS)}
    return {}


def _on_refusal(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, Refusal)
    return answer(exc)


def _on_http_exception(request: Request, exc: Exception) -> Response:
    """The framework's own refusals in our shape; its ``detail`` may hold anything, so it is dropped."""
    assert isinstance(exc, HTTPException)
    otherwise = BadRequest if exc.status_code < 500 else Unavailable
    response = answer(_FRAMEWORK.get(exc.status_code, otherwise)())
    allow = (exc.headers or {}).get("Allow")
    if allow is not None:
        response.headers["Allow"] = allow
    return response


def _on_invalid(request: Request, exc: Exception) -> Response:
    """422 with kind and field of each error; never the input, never a key we did not write."""
    assert isinstance(exc, RequestValidationError | ValidationError)
    ours = _words_of_ours(request)
    fields = [_field(error, ours) for error in _errors(exc)[:FIELDS_SHOWN_MAX]]
    error = {"code": Unprocessable.code, "sentence": Unprocessable.sentence, "fields": fields}
    return JSONResponse({"error": error}, Unprocessable.status)


def _errors(exc: RequestValidationError | ValidationError) -> Sequence[Any]:
    if isinstance(exc, ValidationError):
        return exc.errors(include_url=False, include_context=False, include_input=False)
    return exc.errors()


def _field(error: Any, ours: frozenset[str]) -> dict[str, str]:
    path = [str(part) if isinstance(part, int) or part in ours else UNKNOWN for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        path[-1] = UNKNOWN  # also when it happens to be a word of ours elsewhere
    if path[:1] == ["body"]:
        del path[0]
    kind = str(error["type"])
    return {"field": ".".join(path), "kind": kind, "sentence": SENTENCES.get(kind, SENTENCES["*"])}


def _words_of_ours(request: Request) -> frozenset[str]:
    """Every field name of every model, and every parameter of the route that was called.

    An error's path can hold what the caller wrote: an extra key, or the key of a
    mapping. Only what is in this list may be shown.
    """
    words = {"body", "query", "path", "header", "cookie"}
    for model in _descendants(BaseModel):
        for name, field in model.model_fields.items():
            words.add(name)
            words.update(alias for alias in (field.alias, field.validation_alias) if isinstance(alias, str))
    route = request.scope.get("route")
    if isinstance(route, APIRoute):
        words.update(_parameters(route.dependant))
    return frozenset(words)


def _descendants(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for child in model.__subclasses__():
        yield child
        yield from _descendants(child)


def _parameters(called: Dependant) -> Iterator[str]:
    for group in (called.path_params, called.query_params, called.header_params, called.cookie_params):
        yield from (field.alias for field in group)
    yield from (field.alias for field in called.body_params)
    for dependency in called.dependencies:
        yield from _parameters(dependency)
