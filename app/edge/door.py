"""The order in which a request passes the edge. The order is the argument."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fastapi import FastAPI
from starlette.types import ASGIApp

from app.edge.headers import Door, SecurityHeaders
from app.edge.limits import BodyLimit, Crowd, Deadline, PathLimit
from app.edge.paths import AllowedHosts, StrictPath, forbid_redirects
from app.edge.refusals import Incidents, install


def guard(
    app: FastAPI,
    *,
    door: Door,
    hosts: Collection[str],
    bytes_max: int,
    bytes_per_prefix: Mapping[str, int],
    body_seconds: float,
    idle_seconds: float = 20,
    seconds_per_prefix: Mapping[str, float] | None = None,
    tls: bool = False,
    onion_location: str | None = None,
    at_once_max: int = 400,
) -> ASGIApp:
    """Wrap a door's application in everything that must happen before it, outermost last.

    Lengths in bytes, times in seconds; ``hosts`` as in AllowedHosts. Give the result
    to the server, not ``app`` itself.
    """
    install(app)
    forbid_redirects(app)
    inner: ASGIApp = Deadline(app, seconds=body_seconds, idle_seconds=idle_seconds, per_prefix=seconds_per_prefix)
    inner = BodyLimit(inner, bytes_max=bytes_max, per_prefix=bytes_per_prefix)
    # Paths before bodies: the limits above are chosen by path, so it must be plain by then.
    inner = StrictPath(inner)
    inner = PathLimit(inner)
    inner = AllowedHosts(inner, hosts=hosts)
    inner = Crowd(inner, at_once_max=at_once_max)
    # A second net of the same kind as in install(): for a fault in the layers above.
    inner = Incidents(inner)
    return SecurityHeaders(inner, door=door, tls=tls, onion_location=onion_location)
