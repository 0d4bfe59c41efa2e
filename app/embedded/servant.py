"""Whom PostgreSQL runs as: ourselves, nobody outside a namespace, or an account of its own; never root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.embedded.advice import last_line
from app.errors import CannotStart

ACCOUNT = "amana"
ACCOUNT_HOME = Path("/var/lib/amana")


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


def account_name(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def overflow_uid() -> int:
    """The number under which a user namespace shows everybody it does not know."""
    try:
        return int(Path("/proc/sys/kernel/overflowuid").read_text())
    except FileNotFoundError:
        return 65534


def in_user_namespace() -> Servant | None:
    """A servant that is nobody outside its own namespace, if this machine permits one.

    The name must exist, since initdb looks it up, and must not be the overflow number:
    then every stranger would look like the servant.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    able = [a for a in pwd.getpwall() if a.pw_uid not in (0, overflow_uid())]
    if not able:
        return None
    account = min(able, key=lambda a: (a.pw_name != ACCOUNT, a.pw_name != "postgres", a.pw_uid))
    prefix = (unshare, "--user", f"--map-user={account.pw_uid}", f"--map-group={account.pw_uid}", "--")
    servant = Servant(account.pw_name, prefix)
    return servant if servant.run(["true"]).returncode == 0 else None


def service_account() -> Servant:
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
        why = last_line(made.stderr)
    raise CannotStart(
        "PostgreSQL must not run as root, user namespaces are not permitted here, "
        f"and the account {ACCOUNT} could not be made ({why}). "
        "Start as an ordinary account, or set AMANA_DATABASE_URL."
    )


def copy_programs(package: Path, release: str, into: Path) -> None:
    """Copy one release and the libraries the wheel lays beside its package, keeping their places."""
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(package / release, into / package.name / release)
    shared = package.with_name(f"{package.name}.libs")
    if shared.is_dir():
        shutil.copytree(shared, into / shared.name)
    # The package may be shut to others, which is why there is a copy; the copy is not.
    for folder in (into, into / package.name):
        folder.chmod(0o755)


def runs(servant: Servant, program: Path) -> bool:
    try:
        return servant.run([program, "--version"]).returncode == 0
    except (PermissionError, FileNotFoundError):
        return False
