"""``amana run``: the demonstration and its three services, until told to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.cli import demonstration, schema, services
from app.cli.database import database
from app.cli.seen import looked_at
from app.cli.speech import answer, say
from app.settings import Settings

if TYPE_CHECKING:
    from tests.world import World
    from tests.world.cast import Filled


def run(settings: Settings, *, empty: bool, as_json: bool) -> int:
    """Start everything, say where to go, wait. Returns the exit code.

    empty   no office is founded: for whoever seeds it themself
    """
    with demonstration.alone(settings):
        services.check_ports(settings.port, settings.portal_port)
        demonstration.prepare(settings, None if empty else _fill)
        ending = threading.Event()
        # A closed terminal ends it in order too, the embedded database with it.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: ending.set())
        return _serve(settings, ending, empty=empty, as_json=as_json)


def _serve(settings: Settings, ending: threading.Event, *, empty: bool, as_json: bool) -> int:
    with database(settings) as roles:
        with roles.using("owner") as owner:
            if schema.present(owner) != schema.head():
                from app.cli.migrating import migrate

                migrate(roles.url("owner"))
                schema.check_schema(owner)
        running = services.services(settings, roles)
        try:
            services.start_all(running)
            cast = None if empty else demonstration.read_cast(settings)
            seen = looked_at(settings, roles, cast)
            answer(_told(settings, cast) | {"seen": seen}, _lines(settings, cast, seen), as_json=as_json)
            code = services.watch(running, ending)
        finally:
            say("Stopping: what is under way has ten seconds to finish.")
            services.stop_all(running)
    return code


def _fill(world: World) -> Filled:
    # Only a demonstration needs what lies under tests/; a real installation may not have it.
    from tests.world.demo import demonstration as invented

    return invented(world)


def _told(settings: Settings, cast: dict[str, Any] | None) -> dict[str, Any]:
    people = [
        {"login": login, **{name: member[name] for name in ("name", "role", "passphrase")},
         "code": demonstration.code_now(member)}
        for login, member in (cast or {"members": {}})["members"].items()
    ]  # fmt: skip
    return {
        "tour": f"http://localhost:{settings.port}/demo",
        "staff": f"http://localhost:{settings.port}/",
        "portal": f"http://localhost:{settings.portal_port}/",
        "home": str(settings.home),
        "people": people,
    }


def _lines(settings: Settings, cast: dict[str, Any] | None, seen: Mapping[str, str]) -> Iterator[str]:
    told = _told(settings, cast)
    yield "Amana, a demonstration. Nobody in it exists, and nothing in it is protected: its passphrases stand here."
    yield ""
    for name, words in seen.items():
        yield f"  ✓ {name:<12} {words}"
    yield ""
    if cast is not None:
        yield f"  open     {told['tour']}  (ten minutes, eight scenes; nobody here exists)"
    yield f"  staff    {told['staff']}"
    yield f"  portal   {told['portal']}"
    yield ""
    if told["people"]:
        yield f"  {'role':<17} {'sign in as':<16} {'passphrase':<46} code, this half minute"
    for person in told["people"]:
        yield f"  {person['role']:<17} {person['login']:<16} {person['passphrase']:<46} {person['code']}"
    yield ""
    yield "Real use begins with .venv/bin/amana init in an empty folder; this demonstration can never become real."
    yield "A code works once and changes every half minute: .venv/bin/amana demo code LOGIN."
    yield "make run starts it again as it was. Ctrl-C ends everything."
