"""The PostgreSQL of an installation, seen from outside: the embedded one, or a cluster of our own.

Which process it is stands in postmaster.pid, as every operator knows.
"""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from tests.kit.processes import REPOSITORY, KitBroken, Refused, Surroundings, children, exists, interrupt, wait_until

INSTALLED: Final = Path("/usr/lib/postgresql")
ROLES: Final = {
    "app": "AMANA_DATABASE_URL",
    "owner": "AMANA_OWNER_URL",
    "portal": "AMANA_PORTAL_URL",
    "sequencer": "AMANA_SEQUENCER_URL",
}
# A cluster for drills is as safe as the product asks for, and small.
SETTINGS: Final = {"listen_addresses": "", "shared_buffers": "64MB", "max_connections": "100", "timezone": "UTC"}

START_SECONDS: Final = 30.0


class Database:
    """The embedded server: the services start it, and the last of them to leave ends it."""

    def __init__(self, here: Surroundings) -> None:
        self._here = here
        self._log_began = 0

    @property
    def place(self) -> Path:
        """The folder that holds the cluster and the server's log."""
        elsewhere = self._inside / "home"
        return elsewhere.resolve() if elsewhere.is_symlink() else self._inside

    @property
    def _inside(self) -> Path:
        return self._here.home / "postgres"

    def server(self) -> list[str]:
        """The lines of postmaster.pid; none while no server runs."""
        with suppress(OSError):
            lines = (self.place / "cluster" / "postmaster.pid").read_text().splitlines()
            if len(lines) >= 5 and exists(int(lines[0])):
                return lines
        return []

    def ready(self) -> bool:
        """Whether it accepts: the eighth line of postmaster.pid says so."""
        return [line.strip() for line in self.server()[7:8]] == ["ready"]

    def pids(self) -> list[int]:
        """The server's first process and all its children."""
        lines = self.server()
        return [] if not lines else [int(lines[0]), *children(int(lines[0]))]

    def folders(self) -> list[Path]:
        """Where it keeps its files and its socket."""
        lines = self.server()
        return [self.place, *([Path(lines[4])] if lines else [])]

    def said(self) -> bytes:
        """What it wrote to its log since it was last started here."""
        with suppress(OSError):
            whole = (self.place / "server.log").read_bytes()
            # The server trims its log when it starts: what is shorter than before is all new.
            return whole[self._log_began :] if len(whole) >= self._log_began else whole
        return b""

    def make(self) -> None:
        """Have a server: the embedded one is made by the product."""

    def environ(self) -> dict[str, str]:
        """What services must be told of it."""
        return {}

    def url(self, role: str) -> str:
        """The database as one role, for drills that go around the product; needs the running server."""
        lines = self.server()
        if not lines:
            raise KitBroken("no database runs in this folder")
        words: Mapping[str, str] = json.loads((self._inside / "passwords.json").read_text())
        word = words.get(f"amana_{role}")
        account = f"amana_{role}" if word is None else f"amana_{role}:{quote(word, safe='')}"
        return f"postgresql://{account}@/amana?host={quote(lines[4], safe='')}"

    def begin(self) -> None:
        """Be there for services that are started now: each of them starts the embedded server if it does not run."""
        with suppress(OSError):
            self._log_began = (self.place / "server.log").stat().st_size

    def start(self) -> None:
        """Have it running for services that run: any command of the operator's that needs it starts it."""
        self.begin()
        done = self._here.command("db", "migrate")
        if done.code:
            raise Refused(done.code, done.err.decode(errors="replace"))

    def stop(self) -> None:
        """End it cleanly, whoever is connected."""
        lines = self.server()
        if lines:
            interrupt(int(lines[0]))


class Named(Database):
    """One that services are told of by name: each account of the product comes in by a URL of its own."""

    def environ(self) -> dict[str, str]:
        return {name: self.url(role).replace("postgresql:", "postgresql+psycopg:") for role, name in ROLES.items()}


class OwnServer(Named):
    """A cluster of an installed release, made for one product, prepared with the shipped roles.sql.

    It listens on a socket in a folder of its own and on no network, so it asks for no password.
    """

    def __init__(self, here: Surroundings, major: str) -> None:
        super().__init__(here)
        self._programs = INSTALLED / major / "bin"
        if not (self._programs / "initdb").exists():
            raise KitBroken(f"PostgreSQL {major} is not installed here")
        self._account = _account()
        self._place = here.folder / "server"

    @property
    def place(self) -> Path:
        # A folder of ours points to it: the account PostgreSQL runs as may not enter ours.
        return self._place.resolve()

    def make(self) -> None:
        """Make the cluster, its roles and its database."""
        kept = Path(tempfile.mkdtemp(prefix="amana-server-"))
        self._place.symlink_to(kept)
        if self._account is not None:
            os.chown(kept, self._account.pw_uid, self._account.pw_gid)
        self._run("initdb", "--pgdata", str(kept / "cluster"), "--username", "cluster", "--auth", "trust",
                  "--encoding", "UTF8", "--locale", "C", "--data-checksums")  # fmt: skip
        settings = {**SETTINGS, "unix_socket_directories": str(kept), "unix_socket_permissions": "0700"}
        with (kept / "cluster" / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        self.start()
        roles = REPOSITORY / "deploy" / "postgres" / "roles.sql"
        with roles.open("rb") as file:
            self._run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(kept), "-U", "cluster", "postgres",
                      stdin=file.read())  # fmt: skip

    def url(self, role: str) -> str:
        return f"postgresql://amana_{role}@/amana?host={quote(str(self.place), safe='')}"

    def begin(self) -> None:
        """Nobody else starts it."""
        self.start()

    def start(self) -> None:
        """Have it running. After a kill the old server's shared memory may stay for a moment: then try again."""
        log = self.place / "server.log"
        self._log_began = log.stat().st_size if log.exists() else 0
        problems: list[KitBroken] = []

        def started() -> bool:
            if self.server():
                return True
            # A killed server that nobody has waited for yet still has its number, and would be taken for alive.
            (self.place / "cluster" / "postmaster.pid").unlink(missing_ok=True)
            try:
                self._run("pg_ctl", "start", "--wait", "--silent", "-D", str(self.place / "cluster"), "-l", str(log))
            except KitBroken as problem:
                problems.append(problem)
                return False
            return True

        if not wait_until(started, START_SECONDS):
            raise problems[-1]

    def _run(self, program: str, *words: str, stdin: bytes = b"") -> None:
        account = self._account
        done = subprocess.run(
            [str(self._programs / program), *words], input=stdin, capture_output=True, check=False, cwd="/",
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}, timeout=120,
            user=None if account is None else account.pw_uid, group=None if account is None else account.pw_gid,
            extra_groups=None if account is None else [],
        )  # fmt: skip
        if done.returncode:
            raise KitBroken(f"{program} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")


class GivenServer(Named):
    """A database that somebody else runs, prepared with the shipped roles.sql; ``url`` is the owner's.

    Each of the product's accounts comes in by the same address, with the owner's password if there is one.
    """

    def __init__(self, here: Surroundings, url: str) -> None:
        super().__init__(here)
        self._url = urlsplit(url.replace("postgresql+psycopg:", "postgresql:"))

    def ready(self) -> bool:
        return True

    def server(self) -> list[str]:
        return []

    def folders(self) -> list[Path]:
        return []

    def said(self) -> bytes:
        return b""

    def url(self, role: str) -> str:
        account, _, address = self._url.netloc.rpartition("@")
        password = account.partition(":")[2]
        return self._url._replace(netloc=f"amana_{role}{':' if password else ''}{password}@{address}").geturl()

    def begin(self) -> None:
        """It runs already, or whoever runs it starts it."""

    def start(self) -> None:
        """The same."""


def of(here: Surroundings, database: str) -> Database:
    """The database that is asked for: "embedded", "server:15", or a URL."""
    kind, _, rest = database.partition(":")
    if database == "embedded":
        return Database(here)
    if kind == "server" and rest.isdigit():
        return OwnServer(here, rest)
    if kind in {"postgresql", "postgresql+psycopg"}:
        return GivenServer(here, database)
    raise KitBroken('a database is "embedded", "server:15" or the URL of one that is prepared')


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as: ourselves, or for root the account that the installed release brought."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise KitBroken("PostgreSQL does not run as root, and there is no account postgres here") from None
