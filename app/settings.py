"""What an installation may set, read once from AMANA_* variables and never changed.

Names carry their unit. A value that would weaken a promise is refused at start, not
warned about. Numbers and their reasons: the security page in deploy/RUNBOOK.md.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from zoneinfo import ZoneInfo

from app.errors import CannotStart

LEAST = {
    "passphrase_length_min": 15,
    "argon2_memory_mib": 19,
    "argon2_passes": 2,
    "argon2_lanes": 1,
    "receipt_words": 12,
    "sessions_per_person_max": 1,
    "session_hours_max": 1,
    "session_idle_minutes_max": 1,
    "narrow_session_hours_max": 1,
    "narrow_session_idle_minutes_max": 1,
    "argon2_parallel_max": 1,
    "signin_delay_from_try": 1,
    "signin_disable_at_try": 5,
    "invite_hours_max": 1,
    "undertaking_days_max": 1,
    "step_up_minutes_max": 1,
    "break_glass_minutes_max": 1,
    "break_glass_review_hours_max": 1,
    "intake_identity_days": 1,
    "lookups_per_hour_max": 1,
    "cases_opened_alert": 1,
    "cases_opened_stop": 1,
    "cases_opened_day_alert": 1,
    "cases_opened_day_stop": 1,
    "reveals_day_alert": 1,
    "reveals_day_stop": 1,
    "night_cases_alert": 1,
    "backup_days_max": 1,
    "tree_tick_ms": 10,
    "checkpoint_minutes": 1,
    "database_connections_max": 2,
    "port": 1,
    "portal_port": 1,
}
# Beyond these a promise is only a word: NIST SP 800-63B-4's ceilings where it has one.
MOST = {
    "session_hours_max": 12,
    "session_idle_minutes_max": 60,
    "narrow_session_hours_max": 8,
    "narrow_session_idle_minutes_max": 15,
    "sessions_per_person_max": 5,
    "signin_delay_from_try": 10,
    "signin_disable_at_try": 100,
    "invite_hours_max": 168,
    "undertaking_days_max": 365,
    "step_up_minutes_max": 5,
    "break_glass_minutes_max": 30,
    "break_glass_review_hours_max": 72,
    "intake_identity_days": 365,
    "lookups_per_hour_max": 100,
    "cases_opened_stop": 50,
    "cases_opened_day_stop": 200,
    "reveals_day_stop": 100,
    "argon2_parallel_max": 64,
    "attachment_mib_max": 2_048,
    "backup_days_max": 365,
    "tree_tick_ms": 5_000,
    "checkpoint_minutes": 60,
    "port": 65_535,
    "portal_port": 65_535,
}


@dataclass(frozen=True)
class Settings:
    """One installation. ``Settings.read()`` is the only constructor used outside tests."""

    home: Path = Path("var")
    database_url: str = ""
    profile: str = "ngo"
    demo: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    portal_port: int = 8001
    tls: str = "none"
    public_name: str = "localhost"
    office_zone: str = "UTC"
    unlock_file: str = ""
    hsm: str = ""
    scanner: str = ""
    # Six digits for every role, also for those that a security key is asked of: a weakening, said wherever it counts.
    totp_for_all: bool = False

    passphrase_length_min: int = 15
    passphrase_length_max: int = 128
    argon2_memory_mib: int = 64
    argon2_passes: int = 3
    argon2_lanes: int = 1
    argon2_parallel_max: int = 4
    signin_delay_from_try: int = 5
    signin_delay_seconds_max: int = 900
    signin_disable_at_try: int = 50
    session_hours_max: int = 8
    session_idle_minutes_max: int = 15
    narrow_session_hours_max: int = 1
    narrow_session_idle_minutes_max: int = 10
    witness_session_minutes_max: int = 30
    sessions_per_person_max: int = 2
    invite_hours_max: int = 24
    undertaking_days_max: int = 365
    step_up_minutes_max: int = 5
    break_glass_minutes_max: int = 30
    break_glass_review_hours_max: int = 72
    intake_identity_days: int = 30
    lookups_per_hour_max: int = 30
    cases_opened_alert: int = 10
    cases_opened_stop: int = 20
    cases_opened_day_alert: int = 40
    cases_opened_day_stop: int = 80
    reveals_day_alert: int = 20
    reveals_day_stop: int = 40
    night_cases_alert: int = 5
    receipt_words: int = 12
    body_mib_max: int = 1
    attachment_mib_max: int = 2048
    case_files_mib_max: int = 10_240
    submission_file_mib_max: int = 200
    receipt_quota_mib: int = 1024
    disk_free_percent_min: int = 10
    backup_days_max: int = 35
    tree_tick_ms: int = 250
    checkpoint_minutes: int = 5
    pool_wait_seconds: int = 2
    database_connections_max: int = 12

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Every field from ``AMANA_<NAME>``; raises CannotStart naming the one that is wrong."""
        environ = os.environ if environ is None else environ
        given: dict[str, object] = {}
        for field in fields(cls):
            text = environ.get(f"AMANA_{field.name.upper()}")
            if text is not None:
                given[field.name] = _value(field.name, str(field.type), text)
        settings = cls(**given)  # type: ignore[arg-type]
        settings.check()
        return settings

    def check(self) -> None:
        """Refuse what would weaken a promise (D49, L04)."""
        if self.profile not in {"ngo", "authority"}:
            raise CannotStart("AMANA_PROFILE is ngo or authority.")
        if self.tls not in {"none", "proxy"}:
            raise CannotStart("AMANA_TLS is none (loopback only) or proxy (TLS ends at a proxy in front).")
        try:
            _ = self.zone
        except (KeyError, ValueError, OSError):
            raise CannotStart("AMANA_OFFICE_ZONE is a zone of this machine's list, like Europe/Paris.") from None
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise CannotStart(f"AMANA_{name.upper()} may not be below {least}.")
        for name, most in MOST.items():
            if getattr(self, name) > most:
                raise CannotStart(f"AMANA_{name.upper()} may not be above {most}.")
        for name in ("cases_opened", "cases_opened_day", "reveals_day"):
            if getattr(self, f"{name}_alert") > getattr(self, f"{name}_stop"):
                raise CannotStart(f"AMANA_{name.upper()}_ALERT may not be above AMANA_{name.upper()}_STOP.")
        if self.hsm and not (self.hsm.startswith("/") and all(self.hsm.rpartition(":")[::2])):
            raise CannotStart(
                "AMANA_HSM is the path of a PKCS#11 library, a colon, and the name its tokens begin with."
            )
        if self.hsm and not self.unlock_file:
            raise CannotStart("With AMANA_HSM, AMANA_UNLOCK_FILE names a file of mode 0600 that holds the PIN.")
        if self.scanner and not _inside(self.scanner):
            raise CannotStart("AMANA_SCANNER is the path of a socket, or an internal address and a port.")
        if not _loopback(self.host):
            if self.tls == "none":
                raise CannotStart("On an address others can reach, put a TLS proxy in front and set AMANA_TLS=proxy.")
            if self.demo:
                raise CannotStart("The demonstration is for this machine only; its passphrases are printed.")

    @property
    def digits_do(self) -> bool:
        """Whether six digits are enough of a second factor for every role: by choice, or as nobody here exists."""
        return self.totp_for_all or self.demo

    def origin(self, port: int) -> str:
        """The origin of one of our doors, as browsers write it."""
        return f"https://{self.public_name}" if self.tls != "none" else f"http://{self.public_name}:{port}"

    @property
    def zone(self) -> ZoneInfo:
        """The office's own time: what "today" and "at night" mean here. Inside everything is UTC."""
        return ZoneInfo(self.office_zone)

    @property
    def postgres_folder(self) -> Path:
        return self.home / "postgres"

    @property
    def keys_folder(self) -> Path:
        return self.home / "keys"

    @property
    def register_path(self) -> Path:
        """The public half of the register's key. Beside the key files, where the portal may read it: no secret."""
        return self.home / "register.trust"

    @property
    def log_folder(self) -> Path:
        """Tiles and checkpoints: hashes and signatures only, safe to publish."""
        return self.home / "log"

    @property
    def log_trust_path(self) -> Path:
        """The log's own key, and whom outside it is shown to. No secret."""
        return self.keys_folder / "log.trust"

    @property
    def attachments_folder(self) -> Path:
        return self.home / "attachments"

    def hsm_token(self, purpose: str) -> tuple[str, str]:
        """The library and the label of the token that holds the keys of a purpose."""
        module, _, name = self.hsm.rpartition(":")
        return module, f"{name}-{purpose}"

    @property
    def unlock_path(self) -> Path:
        """The secret that opens the key files: outside the database folder, mode 0600."""
        return Path(self.unlock_file) if self.unlock_file else self.home / "unlock"


def _value(name: str, kind: str, text: str) -> object:
    try:
        if kind == "int":
            return int(text)
        if kind == "bool":
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
    except (ValueError, KeyError):
        raise CannotStart(f"AMANA_{name.upper()} is not a valid {kind}.") from None
    return Path(text) if kind == "Path" else text


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _inside(scanner: str) -> bool:
    """Whether files may be sent there in clear. Never to a name: whoever answers for it would read them."""
    if scanner.startswith("/"):
        return True
    host, _, port = scanner.rpartition(":")
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    known = address.is_loopback or (address.is_private and not address.is_unspecified)
    return known and port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65_535
