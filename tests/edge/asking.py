"""A small real application behind the real edge, and two ways to ask it something."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any

import httpx
from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Scope

from app.edge.door import guard
from app.edge.headers import Door, content_policy
from app.edge.multipart import parts
from app.edge.origin import check_same_origin
from app.edge.strict_json import read_json
from app.edge.urlencoded import read_form
from app.errors import Denied, NotFound, SealBroken, TooManyTries, Unavailable

HOST = "amana.test"
CANARY = "CANARY-0123456789abcdef01234567"
CAP = 1024 * 1024
Headers = Sequence[tuple[str, str]]


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")
    alias: str = Field(max_length=20)
    age_years: int = Field(ge=0, le=150)


class Statement(BaseModel):
    model_config = ConfigDict(extra="forbid")
    account: str = Field(max_length=1000)
    person: Person
    remarks: dict[str, int] = {}


async def body(request: Request) -> Any:
    return await read_json(request)


def small_app() -> FastAPI:
    """Routes that only show what reached them."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.reached = 0

    @app.post("/statements", status_code=201)
    def statement(read: Annotated[Any, Depends(body)]) -> dict[str, str]:
        app.state.reached += 1
        return {"account": Statement.model_validate(read).account}

    @app.post("/models", status_code=201)
    def model(form: Statement) -> dict[str, str]:
        return {"account": form.account}

    @app.get("/cases/{case}")
    def case(case: int, page: int = 1) -> dict[str, int]:
        return {"case": case, "page": page}

    @app.post("/raw")
    @app.post("/big/raw")
    async def raw(request: Request) -> dict[str, int]:
        return {"bytes": sum([len(chunk) async for chunk in request.stream()])}

    @app.post("/files")
    async def files(request: Request) -> list[dict[str, Any]]:
        return [
            {
                "name": part.name,
                "filename": part.filename,
                "bytes": len(b"".join([c async for c in part.chunks()])),
            }
            async for part in parts(request)
        ]

    @app.post("/forms")
    async def form(request: Request) -> int:
        return len(await read_form(request))

    @app.post("/change")
    def change(request: Request) -> str:
        check_same_origin(request, f"http://{HOST}")
        return "changed"

    @app.get("/place")
    def place(request: Request) -> list[str]:
        return [str(request.base_url), str(request.url), *request.headers]

    @app.get("/refuse/{kind}")
    def refuse(kind: str) -> None:
        raise {
            "absent": NotFound(),
            "ungranted": NotFound(CANARY, rule=CANARY),
            "denied": Denied(rule="own-case-only"),
            "wait": TooManyTries(7),
            "busy": Unavailable(),
            "alarm": SealBroken(CANARY),
            "defect": KeyError(CANARY),
        }[kind]

    @app.get("/halfway")
    def halfway() -> Response:
        async def broken() -> AsyncIterator[bytes]:
            yield b"begun"
            raise ValueError(CANARY)

        return StreamingResponse(broken())

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        if name != "app.css":
            raise NotFound()
        return PlainTextResponse("p{}", headers={"Server": "x", "X-Powered-By": "y", "X-Frame-Options": "ALLOW"})

    @app.get("/sound")
    def sound() -> Response:
        return PlainTextResponse("", headers={"Content-Security-Policy": content_policy("staff", "media-src 'self'")})

    @app.get("/loose")
    def loose() -> Response:
        return PlainTextResponse("", headers={"Content-Security-Policy": "default-src *"})

    return app


def guarded(app: FastAPI | None = None, *, door: Door = "staff", **changed: Any) -> ASGIApp:
    settings: dict[str, Any] = {
        "hosts": {HOST},
        "bytes_max": CAP,
        "bytes_per_prefix": {"/files": 40 * CAP, "/big": 4 * CAP},
        "body_seconds": 5,
    }
    return guard(app or small_app(), door=door, **{**settings, **changed})


def ask(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    headers: Headers | Mapping[str, str] = (),
    content: bytes | AsyncIterator[bytes] | None = None,
    json: Any = None,
) -> httpx.Response:
    """One request through an ASGI transport; an exception that leaves the app is raised here."""

    async def asking() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            sent = list(headers.items() if isinstance(headers, Mapping) else headers)
            return await client.request(method, path, headers=sent, content=content, json=json)

    return asyncio.run(asking())


def ask_json(app: ASGIApp, path: str, content: bytes, kind: str = "application/json") -> httpx.Response:
    return ask(app, "POST", path, headers={"content-type": kind}, content=content)


def ask_raw(
    app: ASGIApp,
    method: str = "GET",
    *,
    path: str = "/place",
    raw_path: bytes | None = None,
    headers: Sequence[tuple[bytes, bytes]] = ((b"host", HOST.encode()),),
    pieces: Sequence[bytes] = (),
) -> tuple[int, dict[str, str], Any]:
    """One request as a bare ASGI scope, for what no client library agrees to send."""
    waiting: list[dict[str, Any]] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces] + [
        {"type": "http.request", "body": b"", "more_body": False}
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode() if raw_path is None else raw_path,
        "query_string": b"",
        "root_path": "",
        "headers": list(headers),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(_called(app, scope, receive, send))
    start = sent[0]
    text = b"".join(message.get("body", b"") for message in sent[1:])
    answered = {key.decode().lower(): value.decode() for key, value in start["headers"]}
    return start["status"], answered, json.loads(text) if text else None


async def _called(app: ASGIApp, scope: Scope, receive: Any, send: Any) -> None:
    await app(scope, receive, send)


def code_of(response: httpx.Response) -> str:
    return str(response.json()["error"]["code"])
