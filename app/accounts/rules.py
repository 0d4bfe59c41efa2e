"""Rules of passphrases and one-time codes. Pure: no database, no clock of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import cache
from pathlib import Path
from typing import Final

from app.errors import Unprocessable

ROLES: Final = (
    "intake_officer", "legal_reviewer", "caseworker", "narrative_editor", "reid_reviewer",
    "approver", "auditor", "key_custodian", "administrator",
)  # fmt: skip
TEAMS: Final = ("intake", "legal", "protection", "duty", "narrative")
# Teams whose keys are made with that of another, by whoever founds it.
FOUNDED_WITH: Final = {"protection": ("duty",)}
TEAM_OF: Final = {
    "intake_officer": "intake",
    "legal_reviewer": "legal",
    "caseworker": "protection",
    "narrative_editor": "narrative",
    "reid_reviewer": "narrative",
    "approver": "narrative",
}
STEP_SECONDS: Final = 30
# A token of a service is told from a session's by how it begins; what follows is 256 random bits.
SERVICE_PREFIX: Final = "amana-service-"
SERVICE_DAYS_MAX: Final = 365


class WeakPassphrase(Unprocessable):
    code = "passphrase.weak"
    sentence = "Please choose another passphrase."


class Unconfirmed(Unprocessable):
    """One answer for a wrong passphrase and for a wrong second factor."""

    code = "passphrase.unconfirmed"
    sentence = "The present passphrase or the second factor is not right."


@cache
def _blocked() -> frozenset[str]:
    text = (Path(__file__).parent / "blocklist.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line and not line.startswith("#"))


def check_passphrase(passphrase: str, login_name: str, *, shortest: int, longest: int) -> None:
    """Length in code points and an offline blocklist; no composition rules, no expiry.

    Raises WeakPassphrase with a sentence that helps and repeats nothing. (NIST SP 800-63B-4.)
    """
    if not shortest <= len(passphrase) <= longest:
        raise WeakPassphrase("This passphrase is too short or too long. Several words are best.")
    squeezed = "".join(c for c in passphrase.casefold() if c.isalnum())
    if squeezed in _blocked() or len(set(squeezed)) < 5:
        raise WeakPassphrase("Many people use this passphrase, so it is tried first.")
    if len(login_name) >= 4 and login_name.casefold() in squeezed and len(squeezed) < 2 * len(login_name) + 8:
        raise WeakPassphrase("A passphrase may not be built on the name of the account.")


def totp_at(secret: bytes, step: int) -> str:
    """The six digits of one 30-second step (RFC 6238, HMAC-SHA1 as authenticators expect)."""
    mac = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    place = mac[-1] & 0x0F
    number = int.from_bytes(mac[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def totp_step(secret: bytes, digits: str, now_seconds: float) -> int | None:
    """The step a code belongs to, one before or after now allowed; None if it is none of them.

    The caller stores the step and refuses it, and earlier ones, ever after.
    """
    current = int(now_seconds) // STEP_SECONDS
    matching = [
        step for step in (current - 1, current, current + 1)
        if hmac.compare_digest(totp_at(secret, step).encode(), digits.encode())
    ]  # fmt: skip
    return matching[-1] if matching else None


def totp_uri(secret: bytes, login_name: str) -> str:
    """What an authenticator app reads. The issuer is a neutral word: phones are searched."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/office:{login_name}?secret={text}&issuer=office"


def recovery_code() -> str:
    """120 random bits, five groups of base32 without padding."""
    text = base64.b32encode(secrets.token_bytes(15)).decode()
    return "-".join(text[i : i + 5] for i in range(0, 24, 5)).rstrip("-")


def code_hash(text: str) -> bytes:
    """What is stored of a one-use code. High entropy, so a slow hash would add nothing."""
    squeezed = "".join(c for c in text.upper() if c.isalnum())
    return hashlib.sha256(b"amana/one-use/v1" + squeezed.encode()).digest()


def wait_seconds(tries: int, *, delay_from: int, longest: int) -> int:
    """How long a lane waits after so many failures: 1 s at the first delayed, doubling."""
    if tries < delay_from:
        return 0
    return int(min(2 ** (tries - delay_from), longest))
