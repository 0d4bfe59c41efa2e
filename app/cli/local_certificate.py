"""TLS for an office without a public name: its own authority, a certificate, and a sheet on trusting it.

home/tls/          0700
  authority.pem    carried by hand to each machine that signs in
  authority.key    0600, sealed by the secret that opens the key files
  NAME.pem .key    what nginx shows, for ninety days; the key 0600
  trust.html       the sheet to print
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app import clock
from app.crypto import certificates
from app.errors import CannotStart, SealBroken
from app.private import read_private, write_private
from app.settings import Settings

TEMPLATES: Final = Path(__file__).parent / "templates"
# A name in a local network: labels of letters, digits and hyphens, at least two of them (RFC 1123).
NAME: Final = re.compile(r"(?=.{4,200}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
# A certificate that ends within this time is to be renewed.
RENEW_DAYS: Final = 30


def check_name(name: str) -> str:
    """The name as it is written everywhere. Raises CannotStart for one that no certificate can carry."""
    if not NAME.fullmatch(name) or name.rsplit(".", 1)[1].isdigit():
        raise CannotStart("--name takes a name of at least two parts in small letters, as in amana.office.lan.")
    return name


def folder(settings: Settings) -> Path:
    return settings.home / "tls"


def make(settings: Settings) -> None:
    """An authority for the office's name alone, its first certificate, and the sheet; never over another."""
    place, phrase = folder(settings), read_private(settings.unlock_path).strip()
    pem, key = certificates.authority(check_name(settings.public_name), clock.now(), phrase)
    try:
        write_private(place / "authority.key", key)
        write_private(place / "authority.pem", pem)
    except FileExistsError:
        raise CannotStart(f"{place} holds an authority already. Nothing was changed.") from None
    _certify(settings, pem, key, phrase)
    write_private(place / "trust.html", _sheet(settings.public_name, pem).encode())


def renew(settings: Settings) -> str:
    """A fresh key and certificate by the same authority; returns the day it ends. Machines need not be told.

    raises   CannotStart where there is no authority, or the unlock secret is not its own
    """
    place = folder(settings)
    pem, key = read_private(place / "authority.pem"), read_private(place / "authority.key")
    return _certify(settings, pem, key, read_private(settings.unlock_path).strip())


def days_left(settings: Settings) -> int | None:
    """How many whole days the certificate still holds; None where the office has no authority of its own."""
    try:
        name = certificates.name_of((folder(settings) / "authority.pem").read_bytes())
        ends = certificates.until((folder(settings) / f"{name}.pem").read_bytes())
    except FileNotFoundError:
        return None
    return (ends - clock.now()).days


def told(settings: Settings) -> dict[str, Any]:
    """Where what was made lies, for whoever goes on."""
    place, name = folder(settings), settings.public_name
    return {
        "name": name,
        "authority": str(place / "authority.pem"),
        "certificate": str(place / f"{name}.pem"),
        "key": str(place / f"{name}.key"),
        "sheet": str(place / "trust.html"),
        "fingerprint": certificates.fingerprint((place / "authority.pem").read_bytes()),
    }


def lines(made: dict[str, Any]) -> list[str]:
    """The same for people."""
    return [
        "",
        f"This office's own certificate, for {made['name']} and nothing else:",
        f"  {made['certificate']} and .key   for nginx, ninety days: amana certificate renew",
        f"  {made['sheet']}   print it: how each machine trusts {made['authority']}",
        f"  SHA-256 {made['fingerprint']}",
        f"Set AMANA_PUBLIC_NAME={made['name']} and AMANA_TLS=proxy for the staff app.",
    ]


def _certify(settings: Settings, authority: bytes, sealed: bytes, phrase: bytes) -> str:
    try:
        pem, key = certificates.certificate(authority, sealed, phrase, clock.now())
    except SealBroken:
        raise CannotStart("tls/authority.key does not open with this unlock secret, or is another's.") from None
    place, name = folder(settings), certificates.name_of(authority)
    fresh = {place / f"{name}.{kind}": content for kind, content in (("key", key), ("pem", pem))}
    for path, content in fresh.items():
        new = path.with_name(f".{path.name}.new")
        new.unlink(missing_ok=True)
        write_private(new, content)
    for path in fresh:
        # Two renames: nginx reads both at a reload, which is said only after them.
        path.with_name(f".{path.name}.new").replace(path)
    return certificates.until(pem).date().isoformat()


def _sheet(name: str, authority: bytes) -> str:
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    ends = certificates.until(authority).date().isoformat()
    return pages.get_template("trust.html").render(name=name, mark=certificates.fingerprint(authority), until=ends)
