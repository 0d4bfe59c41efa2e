"""``make forge``: what becomes of the log when the owner of its database changes who looked.

On a copy of the demonstration, files and database. First the control: the copy as it is must be
found intact, by the product and by the one file that shares no code with it. Then, as the
database's owner with its triggers off, the newest look is put down to somebody else: once in what
the entry says alone, and once with the fingerprint that goes with it. Both must be found broken.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import psycopg

from app.cli import process
from app.cli.database import database, plain
from app.cli.speech import BROKEN, FAILED, FINE, REFUSED, say
from app.errors import CannotStart
from app.settings import Settings
from tests.trials import results
from tests.trials.ground import ground

ROOT: Final = Path(__file__).resolve().parents[2]
VERIFIER: Final = ROOT / "tests" / "kit" / "verify_log.py"
EXPORTS: Final = "forged"
LOOK: Final = """
    SELECT b.entry, p.leaf_index, b.salt, b.body FROM entry_bodies b JOIN places p ON p.entry = b.entry
    WHERE b.view ->> 'operation' = 'consult' AND b.view ->> 'outcome' = 'done'
        AND p.leaf_index < (SELECT max(size) FROM checkpoints)
    ORDER BY p.leaf_index DESC LIMIT 1
"""
COPIES_MAX: Final = 5


@dataclass(frozen=True)
class Look:
    """An entry that says who opened something, and whose name the forger writes over theirs."""

    entry: Any
    number: int
    salt: bytes
    body: bytes
    by: str
    instead: str

    @property
    def forged(self) -> bytes:
        return self.body.replace(f'"{self.by}"'.encode(), f'"{self.instead}"'.encode())


@dataclass(frozen=True)
class Verdicts:
    """What two programs say of one log: the product, and the stranger's one file."""

    product: Mapping[str, Any]
    stranger: Mapping[str, Any]

    @property
    def codes(self) -> tuple[int, int]:
        return self.product["code"], self.stranger["code"]


def main() -> int:
    """Copy, check, forge, check. 0 if both forgeries were found and the untouched copy was not."""
    process.harden()
    with ground() as (settings, _cast), tempfile.TemporaryDirectory(prefix="amana-") as folder:
        own = replace(settings, home=Path(folder) / "home")
        copy(settings.home, own.home)
        untouched = verdicts(own, "untouched")
        if untouched.codes != (FINE, FINE):
            say(f"The control failed: the untouched copy is not found intact ({untouched.product.get('problem')}).")
            return FAILED
        look = newest_look(own)
        forge(own, look, careful=False)
        plainly = verdicts(own, "forged")
        forge(own, look, careful=True)
        carefully = verdicts(own, "forged-with-fingerprint")
        found = {
            "number": look.number, "size": untouched.product["size"], "codes": plainly.codes,
            "careful": carefully.codes,
        }  # fmt: skip
        results.keep(settings, "forge", found)
        kept = _keep(own.home, settings.home)
    _tell(look, untouched, plainly, carefully, kept)
    named = plainly.product["bad_index"] == look.number
    return FINE if named and plainly.codes == carefully.codes == (BROKEN, BROKEN) else FAILED


def copy(home: Path, to: Path) -> None:
    """A copy of an installation that may be running, as its next start after a power cut would find it.

    The published log first, so that the database is never behind it. Of the database what says where
    its write-ahead log is to be read from comes first, and that log last; if a new beginning was written
    meanwhile, once more.
    raises   CannotStart where PostgreSQL's own folder lies elsewhere
    """
    cluster = home / "postgres" / "cluster"
    # Behind a link the copy would be the original.
    if not cluster.is_dir():
        raise CannotStart("Here PostgreSQL runs as an account of its own. Try this with another AMANA_HOME, or as it.")
    to.mkdir(mode=0o700)
    for name in ("installation", "unlock", "register.trust"):
        shutil.copy2(home / name, to / name)
    shutil.copytree(home / "keys", to / "keys")
    (to / "log").mkdir()
    shutil.copy2(home / "log" / "checkpoint", to / "log" / "checkpoint")
    shutil.copytree(home / "log", to / "log", dirs_exist_ok=True, ignore=shutil.ignore_patterns("checkpoint", ".*"))
    (to / "attachments").mkdir()
    (to / "postgres").mkdir(mode=0o700)
    for name in ("passwords.json", "ready"):
        shutil.copy2(home / "postgres" / name, to / "postgres" / name)
    _copy_cluster(cluster, to / "postgres" / "cluster")


def _copy_cluster(cluster: Path, to: Path) -> None:
    beginning = Path("global") / "pg_control"
    for _ in range(COPIES_MAX):
        shutil.rmtree(to, ignore_errors=True)
        (to / "global").mkdir(mode=0o700, parents=True)
        to.chmod(0o700)
        shutil.copy2(cluster / beginning, to / beginning)
        _copy_tree(cluster, to, "pg_control", "pg_wal", "postmaster.*")
        _copy_tree(cluster / "pg_wal", to / "pg_wal")
        if (cluster / beginning).read_bytes() == (to / beginning).read_bytes():
            return
    raise CannotStart("The database writes too much just now. Stop the demonstration and try again.")


def _copy_tree(folder: Path, to: Path, *without: str) -> None:
    """All files that stay; one that goes away meanwhile was somebody's short-lived file."""
    try:
        shutil.copytree(folder, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*without), symlinks=True)
    except shutil.Error as missed:
        gone = [each for each in missed.args[0] if Path(each[0]).exists()]
        if gone:
            raise


def newest_look(settings: Settings) -> Look:
    """The newest entry of somebody who opened something, and another of the staff to be named instead."""
    with database(settings) as roles, psycopg.connect(plain(roles.url("owner"))) as owner:
        found = owner.execute(LOOK).fetchone()
        if found is None:
            raise CannotStart("Nobody has opened anything yet. Sign in, look at something, and try again.")
        by = json.loads(bytes(found[3]))["actor"]
        other = owner.execute("SELECT code FROM users WHERE code <> %s ORDER BY code LIMIT 1", [by]).fetchone()
        assert other is not None
    return Look(found[0], int(found[1]), bytes(found[2]), bytes(found[3]), by, str(other[0]))


def forge(settings: Settings, look: Look, *, careful: bool) -> None:
    """As the owner of the database, its triggers off: somebody else looked. Careful: the fingerprint fits again."""
    with database(settings) as roles, psycopg.connect(plain(roles.url("owner"))) as owner:
        for table in ("entries", "entry_bodies"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE entry_bodies SET body = %s, view = %s::jsonb WHERE entry = %s",
            [look.forged, look.forged.decode(), look.entry],
        )
        if careful:
            commitment = hashlib.sha256(look.salt + look.forged).digest()
            owner.execute("UPDATE entries SET commitment = %s WHERE id = %s", [commitment, look.entry])


def verdicts(settings: Settings, name: str) -> Verdicts:
    """Of the log of this copy as it is now: the product's own check, an export, and the stranger's file over that."""
    product = _run(settings, "-m", "app.cli", "audit", "verify", "--json")
    out = settings.home / EXPORTS / name
    out.parent.mkdir(exist_ok=True)
    exported = _run(settings, "-m", "app.cli", "audit", "export", str(out), "--json")
    stranger = _run(settings, str(VERIFIER), str(out), "--json") if exported["code"] == FINE else exported
    return Verdicts(product, stranger)


def _run(settings: Settings, *words: str) -> dict[str, Any]:
    """A command of ours on the copy: its code, and what it answered."""
    given = {**os.environ, "AMANA_HOME": str(settings.home)}
    done = subprocess.run([sys.executable, *words], env=given, cwd=ROOT, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout) if done.stdout.startswith("{") else {"problem": done.stderr.strip()}
    return {**told, "code": done.returncode}


def _keep(home: Path, to: Path) -> Path:
    """The exports, for whoever wants to open them in the page that checks a log by itself."""
    shutil.rmtree(to / EXPORTS, ignore_errors=True)
    shutil.copytree(home / EXPORTS, to / EXPORTS)
    return to / EXPORTS


def _tell(look: Look, untouched: Verdicts, plainly: Verdicts, carefully: Verdicts, kept: Path) -> None:
    print(
        f"The untouched copy: INTACT, {untouched.product['size']} entries, exit code 0; by verify_log.py: exit code 0."
    )
    print(
        f"Forged as the database's owner: entry {look.number} now says that {look.instead} looked, and not {look.by}."
    )
    for words, found in (("", plainly), (", given a fingerprint that fits", carefully)):
        where = f" at entry {found.product['bad_index']}" if not words else ""
        print(
            f"amana audit verify{words}: BROKEN{where} ({found.product['problem']}), exit code {found.product['code']}"
        )
        print(f"verify_log.py{words}: exit code {found.stranger['code']}")
    if kept.exists():
        print(f"The logs as they were exported: {kept}. Open tests/kit/verify.html in a browser and give it one.")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotStart as refused:
        say(str(refused))
        sys.exit(REFUSED)
