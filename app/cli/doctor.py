"""One line a check, worst first. A check that could not be made says so: it never counts as fine."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

import app.whole  # noqa: F401  every action is known once the program is
from app import clock, presence, worker
from app.audit.sequencer import waiting
from app.cases.ending_queries import Erasures, erasures
from app.cli import installation, key_files, local_certificate, log, schema
from app.cli.database import Roles, plain
from app.cli.speech import ATTENTION, FAILED, FINE
from app.embedded import check_durability
from app.errors import CannotStart
from app.keyholders import holders
from app.keyholders.backends import open_keys
from app.keyholders.register import Register, read_trust
from app.opening import office_of
from app.policy.engine import Policy
from app.settings import Settings
from app.work import Caller
from app.work.office import check_actions

# Longer without outside signatures, and a proof rests on our word alone (amendment 18).
COSIGNED_HOURS_MAX = 72
# Within this time of a destruction the tables of keys are written anew.
REWRITE_HOURS_MAX = 24


class Level(IntEnum):
    """How bad. UNKNOWN: could not be checked. NOTE: is so on purpose, and should be known."""

    ATTENTION = 0
    UNKNOWN = 1
    NOTE = 2
    FINE = 3


@dataclass(frozen=True)
class Finding:
    level: Level
    check: str
    words: str


Check = Callable[[], Iterator[Finding]]


def examine(settings: Settings, roles: Roles, app: Engine) -> list[Finding]:
    """Every check of this installation, worst first."""
    checks: dict[str, Check] = {
        "folder": lambda: _folder(settings),
        "keys": lambda: _keys(settings),
        "rules": _rules,
        "database": lambda: _database(roles),
        "register": lambda: _register(settings, app),
        "rights": lambda: _rights(roles),
        "schema": lambda: _schema(roles),
        "log": lambda: _log(settings, app),
        "worker": lambda: _worker(settings),
        "witnesses": lambda: _witnesses(settings),
        "disk": lambda: _disk(settings),
        "memory": _memory,
        "accounts": lambda: _accounts(settings),
        "second factor": lambda: _second_factor(settings),
        "certificate": lambda: _certificate(settings),
        "backup": lambda: _backup(settings),
        "erasures": lambda: _erasures(settings, app),
    }
    found = [finding for name, check in checks.items() for finding in _made(name, check)]
    return sorted(found, key=lambda finding: finding.level)


def exit_code(findings: list[Finding]) -> int:
    """0 fine, 1 something could not be checked, 4 something needs attention."""
    levels = {finding.level for finding in findings}
    if Level.ATTENTION in levels:
        return ATTENTION
    return FAILED if Level.UNKNOWN in levels else FINE


def _made(name: str, check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except CannotStart as why:
        yield Finding(Level.ATTENTION, name, str(why))
    except (DBAPIError, psycopg.Error):
        # The text of a database error may hold values.
        yield Finding(Level.UNKNOWN, name, "the database did not answer")
    except OSError as why:
        yield Finding(Level.UNKNOWN, name, f"{why.filename or name}: {why.strerror}")


def _folder(settings: Settings) -> Iterator[Finding]:
    found = installation.require(settings)
    if found.kind == "demonstration":
        yield Finding(Level.NOTE, "folder", "a demonstration: nobody in it exists and nothing in it is protected")
    else:
        yield Finding(Level.FINE, "folder", f"set up {found.made_at}, shut to others")


def _keys(settings: Settings) -> Iterator[Finding]:
    staff = open_keys(settings, "staff")
    key_files.check_register(settings, staff)
    worker.check_key(settings, key_files.log_key(settings))
    yield Finding(Level.FINE, "keys", f"{staff}; log.key fits log.trust, register.trust fits staff.key; all 0600")


def _register(settings: Settings, app: Engine) -> Iterator[Finding]:
    """Every key in the database is one that the office signed; what is not, somebody put there."""
    office = office_of(settings, app, register=Register(read_trust(settings.register_path)))
    strange: dict[str, int] = office.housekeep(holders.unsigned)
    if strange:
        told = ", ".join(f"{count} in {table}" for table, count in strange.items())
        raise CannotStart(f"Keys that nobody of the office made: {told}. Nothing is sealed to them. See RUNBOOK.md.")
    yield Finding(Level.FINE, "register", "every key, member and case key in the database is signed by the office")


def _rules() -> Iterator[Finding]:
    policy = Policy.read()
    check_actions(policy)
    yield Finding(Level.FINE, "rules", f"{len(policy.rules)} rules, one at least for every action")


def _database(roles: Roles) -> Iterator[Finding]:
    with _connect(roles, "app") as connection:
        check_durability(connection)
        version = connection.info.server_version
    yield Finding(
        Level.FINE, "database", f"PostgreSQL {version // 10_000}.{version % 10_000}, keeps what it says it kept"
    )


def _rights(roles: Roles) -> Iterator[Finding]:
    """The app's role must be refused what would rewrite the log; it is tried, not looked up."""
    for table, column in (("entries", "id"), ("entry_bodies", "entry"), ("places", "entry"), ("checkpoints", "size")):
        for words in ("UPDATE {0} SET {1} = {1} WHERE false", "DELETE FROM {0} WHERE false"):
            statement = sql.SQL(words).format(sql.Identifier(table), sql.Identifier(column))
            if not _refused(roles, statement):
                raise CannotStart(f"The app's role may change {table}, and so rewrite the log. Take that right away.")
    yield Finding(Level.FINE, "rights", "the app's role is refused every change to the log")


def _refused(roles: Roles, statement: sql.Composed) -> bool:
    with _connect(roles, "app") as connection:
        try:
            connection.execute(statement)
        except InsufficientPrivilege:
            return True
    return False


def _schema(roles: Roles) -> Iterator[Finding]:
    with roles.using("owner") as owner:
        found, wanted = schema.present(owner), schema.head()
    if found != wanted:
        raise CannotStart(f"The database is at revision {found}, this program at {wanted}. Run: amana db migrate")
    yield Finding(Level.FINE, "schema", f"at {found}, as this program wants it")


def _log(settings: Settings, app: Engine) -> Iterator[Finding]:
    with app.connect() as connection:
        left = waiting(connection)
    signed = log.newest(app)
    if signed is None:
        yield Finding(Level.ATTENTION, "log", f"no checkpoint was ever signed; {left} entries wait for the worker")
        return
    minutes = (clock.now() - signed.at).total_seconds() / 60
    words = f"last checkpoint over {signed.size} entries, {minutes:.0f} minutes ago; {left} entries wait"
    late = left > 0 and minutes > 2 * settings.checkpoint_minutes
    yield Finding(Level.ATTENTION if late else Level.FINE, "log", words)


def _witnesses(settings: Settings) -> Iterator[Finding]:
    """Whether outsiders still sign; work goes on without them, a proof then rests on our word alone."""
    seen = log.witnesses(settings)
    if not seen.asked:
        yield Finding(Level.NOTE, "witnesses", "nobody outside signs the log; name some in keys/log.trust")
    elif seen.enough is None:
        yield Finding(Level.ATTENTION, "witnesses", f"{len(seen.asked)} are asked; enough have never signed")
    else:
        hours = (clock.now() - seen.enough.at).total_seconds() / 3600
        words = f"enough signed {seen.enough.size} entries, {hours:.0f} hours ago"
        yield Finding(Level.ATTENTION if hours > COSIGNED_HOURS_MAX else Level.FINE, "witnesses", words)


def _worker(settings: Settings) -> Iterator[Finding]:
    pid = presence.running(settings)
    if pid is None:
        yield Finding(Level.ATTENTION, "worker", "none runs on this machine: entries wait, nothing is signed")
    else:
        yield Finding(Level.FINE, "worker", f"runs as process {pid}")


def _disk(settings: Settings) -> Iterator[Finding]:
    disk = os.statvfs(settings.home)
    percent = 100 * disk.f_bavail // max(1, disk.f_blocks)
    free = disk.f_bavail * disk.f_frsize >> 20
    low = percent < settings.disk_free_percent_min
    yield Finding(Level.ATTENTION if low else Level.FINE, "disk", f"{percent} % free, {free} MB")


def _memory() -> Iterator[Finding]:
    """Where memory could land on a disk: core files and swap."""
    core = resource.getrlimit(resource.RLIMIT_CORE)
    yield Finding(Level.FINE if core[0] == 0 else Level.ATTENTION, "core files", "off" if core[0] == 0 else "on")
    swaps = [line.split()[0] for line in Path("/proc/swaps").read_text().splitlines()[1:]]
    open_ones = [name for name in swaps if not name.startswith(("/dev/dm-", "/dev/mapper/", "/dev/zram"))]
    if open_ones:
        yield Finding(Level.ATTENTION, "swap", f"{', '.join(open_ones)} may keep clear memory: encrypt it or swapoff")
    else:
        yield Finding(Level.FINE, "swap", "none, or in memory or on a mapped device only")


def _accounts(settings: Settings) -> Iterator[Finding]:
    if not settings.database_url:
        words = "embedded database: owner and app are one system account, so root and that account could be either"
        yield Finding(Level.NOTE, "accounts", words)


def _second_factor(settings: Settings) -> Iterator[Finding]:
    """Whether those who could open doors to others come in with what a false page cannot ask for."""
    demonstration = installation.require(settings).kind == "demonstration"
    if settings.totp_for_all or demonstration:
        words = "six digits do for every role: a page that imitates this one can ask for them"
        yield Finding(Level.NOTE if demonstration else Level.ATTENTION, "second factor", words)
    elif settings.tls == "none" and settings.public_name != "localhost":
        words = "browsers show no security key to a name without TLS: five roles here can sign in only once it is there"
        yield Finding(Level.ATTENTION, "second factor", words)
    else:
        yield Finding(Level.FINE, "second factor", "roles that could open doors to others sign in with a security key")


def _certificate(settings: Settings) -> Iterator[Finding]:
    """How long the office's own certificate holds, where it has one: nobody can sign in after that."""
    left = local_certificate.days_left(settings)
    if left is not None:
        late = left < local_certificate.RENEW_DAYS
        words = f"holds for {left} days" + ("; then browsers refuse: amana certificate renew" if late else "")
        yield Finding(Level.ATTENTION if late else Level.FINE, "certificate", words)


def _backup(settings: Settings) -> Iterator[Finding]:
    found = installation.require(settings)
    if found.kind == "demonstration":
        return
    if found.backup_tested is None:
        yield Finding(Level.ATTENTION, "backup", "no restore was ever tried, in the operator's own word")
    else:
        yield Finding(Level.FINE, "backup", f"a restore was tried on {found.backup_tested}, in the operator's word")


def _erasures(settings: Settings, app: Engine) -> Iterator[Finding]:
    """What was destroyed is gone from the database's files within a day, and from backups within their term."""
    waiting: Erasures = office_of(settings, app).ask(Caller.operator(), erasures)
    kept = f"a backup holds what was destroyed for {settings.backup_days_max} days at most: keep none for longer"
    if waiting.oldest is None:
        yield Finding(Level.FINE, "erasures", f"none waits; {kept}")
        return
    hours = (clock.now() - waiting.oldest).total_seconds() / 3600
    words = f"{waiting.number} wait since {hours:.0f} hours for: amana erase finish; {kept}"
    yield Finding(Level.ATTENTION if hours > REWRITE_HOURS_MAX else Level.NOTE, "erasures", words)


def _connect(roles: Roles, role: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(plain(roles.url(role)), connect_timeout=5, autocommit=True)
