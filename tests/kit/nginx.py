"""The shipped nginx.conf before the doors, with TLS, as an operator has it.

Only places are changed: ports, folders, names, certificates, where the apps listen. Each change must find what it
changes. Debian's program (nginx-light) is enough.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.kit.processes import REPOSITORY

NGINX: Final = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
# The two names in the shipped file.
OFFICE, PORTAL = "amana.office.example", "portal.office.example"
# Where the shipped file tells of the second door.
_SECOND: Final = "    # The witness's door."


@dataclass(frozen=True)
class Places:
    """Where it listens, for whom, and where the apps are.

    staff, portal  the port of each door; one port for both is told apart by the names
    behind         of each door what stands in its ``upstream``: by itself the sockets, in this folder
    names          what each name of the shipped file is called here
    """

    folder: Path
    plain: int
    staff: int
    portal: int
    behind: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def written(self) -> Path:
        return self.folder / "nginx.conf"

    @property
    def trust(self) -> Path:
        """The certificates of both names: what a caller trusts."""
        return self.folder / "trust.pem"

    def words(self) -> tuple[str, ...]:
        """The command, which stays in the foreground."""
        return (str(NGINX), "-e", "stderr", "-p", str(self.folder), "-c", str(self.written), "-g", "daemon off;")

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.staff)) == 0

    def make(self) -> None:
        """Write the file, keys and certificates."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / "temp").mkdir()
        names = dict.fromkeys(self.names.get(name, name) for name in (OFFICE, PORTAL))
        for name in names:
            certify(self.folder, name)
        self.trust.write_bytes(b"".join((self.folder / f"{name}.pem").read_bytes() for name in names))
        self.written.write_text(placed(self))


def placed(places: Places) -> str:
    """The shipped file with these places in it."""
    folder = places.folder
    text = (REPOSITORY / "deploy" / "nginx.conf").read_text("utf-8")
    ports = dict.fromkeys((places.staff, places.portal))
    default = "".join(f"listen 127.0.0.1:{port} ssl default_server; " for port in ports).rstrip()
    text = _put(text, {
        "pid /run/nginx.pid;": f"pid {folder}/nginx.pid;",
        "/var/log/nginx/error.log": f"{folder}/error.log",
        "/run/nginx/": f"{folder}/temp/",
        "listen 443 ssl default_server;": default,
        "listen 80": f"listen 127.0.0.1:{places.plain}",
        "/etc/nginx/tls/": f"{folder}/",
        "worker_processes auto;": "worker_processes 1;",
    })  # fmt: skip
    for word in ("staff", "portal"):
        there = places.behind.get(word, (f"unix:{folder}/{word}.sock",))
        servers = " ".join(f"server {each};" for each in there)
        text = _put(text, {f"server unix:/run/amana/{word}.sock;": servers})
    office, second, witness = text.partition(_SECOND)
    office = _put(office, {"listen 443 ssl": f"listen 127.0.0.1:{places.staff} ssl"})
    text = office + second + _put(witness, {"listen 443 ssl": f"listen 127.0.0.1:{places.portal} ssl"})
    text = _put(text, dict(places.names))
    # Started as root it would drop to an account that may not enter this folder.
    user = f"user {pwd.getpwuid(os.geteuid()).pw_name};\n" if os.geteuid() == 0 else ""
    return user + text


def _put(text: str, changes: Mapping[str, str]) -> str:
    for shipped, ours in changes.items():
        assert shipped in text, shipped
        text = text.replace(shipped, ours)
    return text


def certify(folder: Path, name: str) -> None:
    """A key and a certificate that vouches for itself, for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
