"""Putting the parts together: which doors a process has, and what it holds.

A start on a database that may forget is refused. Each process loads its own door alone, and the
witness's no part of the office behind it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache, partial

import psycopg
import uvicorn
from fastapi import APIRouter, FastAPI, Request
from sqlalchemy import Engine, event, text
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from app.accounts.signin import SignIns
from app.cases.renewal import renew_due
from app.cleaning.scanner import Scanner
from app.db import engine_for
from app.edge.desk import Desk
from app.edge.door import guard
from app.edge.headers import Door, of_refusal
from app.edge.line import Line, room_for_lines
from app.edge.refusals import answer
from app.embedded import check_durability
from app.errors import CannotStart, Refusal
from app.keyholders.backends import open_keys
from app.keyholders.register import Register, read_trust
from app.opening import office_of
from app.settings import Settings
from app.work import Office
from app.work.files import FileStore

MIB = 1024 * 1024
# After the three that every process has.
FIRST_GIVEN = 3
# Files get an hour; what is typed gets a minute.
FILE_SECONDS, BODY_SECONDS = 3600.0, 60.0


def staff_app(settings: Settings) -> ASGIApp:
    """Pages and interface for staff. Holds the pepper; opens only what signed-in people open."""
    # Each process loads its own door alone: the witness's holds no page of the office, the worker's no page at all.
    from app.api import attachments, reference
    from app.api import routes as api
    from app.testimonies.sessions import in_session
    from app.web import routes as web
    from app.web.session import Renewals

    engine = engine_of(settings)
    manager = open_keys(settings, "staff")
    office = office_of(settings, engine, register=Register.of(manager))
    program = _program(api.router, attachments.router, reference.router, web.router)
    signins = SignIns(office, manager, settings, (renew_due,), in_session)
    desk = _desk(settings, office, signins, settings.port, settings.attachment_mib_max)
    # Only here are files shown; what comes in at the portal lies sealed until somebody of the office asks for a copy.
    program.state.desk = replace(desk, scanner=Scanner(settings.scanner) if settings.scanner else None)
    if settings.demo:
        _lead_through(program, settings, office)
    under = ("/api/cases", "/api/uploads", "/files")
    guarded = _guarded(program, settings, "staff", settings.port, settings.attachment_mib_max, *under)

    async def refused(request: Request, refusal: Exception) -> Response:
        assert isinstance(refusal, Refusal)
        if request.scope["path"].startswith(("/api/", "/healthz")):
            return answer(refusal)
        return await web.refused(request, refusal)

    program.add_exception_handler(Refusal, refused)
    return Renewals(guarded, program.state.desk)


def _lead_through(program: FastAPI, settings: Settings, office: Office) -> None:
    """Mount the tour, where a demonstration is served to this machine alone and has its cast."""
    from app.web import demo, tour

    founded = tour.founded(settings)
    if founded is None:
        return
    program.state.tour = tour.Tour(settings, founded, cache(partial(_silent, settings, office)))
    program.state.desk = replace(program.state.desk, tour=True)
    program.router.routes.extend(demo.router.routes)


def _silent(settings: Settings, office: Office) -> Office:
    """An office whose database takes nothing in: each of its transactions may read only, as on a standby."""
    engine = engine_of(settings)
    event.listen(engine, "connect", _read_only)
    silent = office_of(settings, engine, register=office.register)
    silent.recheck, silent.standing = office.recheck, office.standing
    return silent


def _read_only(connection: psycopg.Connection, _record: object) -> None:
    connection.read_only = True


def portal_app(settings: Settings) -> ASGIApp:
    """The witness's door. Holds no secret: it can neither open what it seals nor vouch for whom it seals to."""
    from app.portal import routes as portal

    register = Register(read_trust(settings.register_path))
    # The witness's door knows only its own actions, and has a rule for each.
    office = office_of(settings, engine_of(settings), host="portal", register=register, whole=False)
    program = _program(portal.router)
    program.state.desk = _desk(settings, office, None, settings.portal_port, settings.submission_file_mib_max)
    file_mib_max = settings.submission_file_mib_max
    return _guarded(program, settings, "portal", settings.portal_port, file_mib_max, "/portal/submissions")


def engine_of(settings: Settings) -> Engine:
    """The engine of this process's own role; refuses a server that may forget or a role that may rewrite."""
    if not settings.database_url:
        raise CannotStart("AMANA_DATABASE_URL is not set for this process.")
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), connect_timeout=5) as connection:
        check_durability(connection)
        row = connection.execute("SELECT current_user").fetchone()
        if row is None or row[0] == "amana_owner":
            raise CannotStart("A process that serves requests may not use the owner's role.")
    return engine_for(
        settings.database_url,
        connections_max=settings.database_connections_max,
        wait_seconds=settings.pool_wait_seconds,
    )


def serve(program: ASGIApp, host: str, port: int, *, tls: bool = False, drain_seconds: int = 10) -> None:
    """Run a door until it is told to end. No access log, no server line, no trust in forwarded headers.

    Where systemd opened a socket for it, that one and no port.
    """
    uvicorn.run(
        program, host=host, port=port, fd=_given_socket(), http=Line.of(of_refusal(tls=tls), room_for_lines()),
        ws="none", access_log=False, server_header=False, date_header=False, proxy_headers=False, log_config=None,
        timeout_keep_alive=10, timeout_graceful_shutdown=drain_seconds, h11_max_incomplete_event_size=16 * 1024,
    )  # fmt: skip


def _given_socket() -> int | None:
    """The one socket that was handed to this process and no other (sd_listen_fds); None for none."""
    mine = os.environ.get("LISTEN_PID") == str(os.getpid())
    return FIRST_GIVEN if mine and os.environ.get("LISTEN_FDS") == "1" else None


@asynccontextmanager
async def _lifespan(program: FastAPI) -> AsyncIterator[None]:
    yield
    desk: Desk = program.state.desk
    desk.office.close()


def _program(*routers: APIRouter) -> FastAPI:
    program = FastAPI(title="Amana", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan)
    program.add_api_route("/healthz", _health, methods=["GET"])
    for router in routers:
        # Their routes and not they: what is included is looked through twice at every request.
        program.router.routes.extend(router.routes)
    return program


def _health(request: Request) -> Response:
    """Whether this process reaches its database. Says nothing else."""
    desk: Desk = request.app.state.desk
    desk.office.housekeep(lambda session: session.connection().execute(text("SELECT 1")).scalar())
    return JSONResponse({"ok": True})


def _desk(settings: Settings, office: Office, signins: SignIns | None, port: int, file_mib_max: int) -> Desk:
    files = FileStore(
        settings.attachments_folder,
        bytes_max=file_mib_max * MIB,
        free_percent_min=settings.disk_free_percent_min,
    )
    return Desk(
        office, files, signins, settings.origin(port), settings.receipt_quota_mib * MIB, settings.zone, settings.demo
    )


def _guarded(
    program: FastAPI, settings: Settings, door: Door, port: int, file_mib_max: int, *files_under: str
) -> ASGIApp:
    names = {settings.public_name, "localhost", "127.0.0.1"} if settings.tls == "none" else {settings.public_name}
    hosts = names | {f"{name}:{port}" for name in names}
    return guard(
        program,
        door=door,
        hosts=hosts,
        bytes_max=settings.body_mib_max * MIB,
        bytes_per_prefix=dict.fromkeys(files_under, (file_mib_max + 1) * MIB),
        body_seconds=BODY_SECONDS,
        seconds_per_prefix=dict.fromkeys(files_under, FILE_SECONDS),
        tls=settings.tls != "none",
    )
