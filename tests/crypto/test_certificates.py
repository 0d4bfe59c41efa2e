"""An authority for one name: browsers' own checks accept its certificate there, and nowhere else."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.crypto import certificates
from app.errors import SealBroken

NAME, PHRASE = "amana.office.lan", b"a kettle that sings in the morning"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def made() -> tuple[bytes, bytes]:
    return certificates.authority(NAME, now(), PHRASE)


def shaken(folder: Path, authority: bytes, pem: bytes, key: bytes, name: str) -> str:
    """A whole handshake on this machine, as a client that trusts the authority and asks for ``name``; the version."""
    (folder / "server.pem").write_bytes(pem)
    (folder / "server.key").write_bytes(key)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "server.pem", folder / "server.key")
    asking = ssl.create_default_context(cadata=authority.decode())
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            line, _ = door.accept()
            with line:
                try:
                    serving.wrap_socket(line, server_side=True).close()
                except (ssl.SSLError, OSError):
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with (
                socket.create_connection(door.getsockname()[:2], 5) as line,
                asking.wrap_socket(line, server_hostname=name) as shown,
            ):
                return str(shown.version())
        finally:
            thread.join(5)


def signed_by_hand(authority: bytes, key: bytes, name: str) -> tuple[bytes, bytes]:
    """What a thief of the authority's key would make for another site."""
    signing = serialization.load_pem_private_key(key, PHRASE)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    own = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.load_pem_x509_certificate(authority).subject)
        .public_key(own.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(hours=1)).not_valid_after(now() + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(signing, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.PEM), own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_whoever_trusts_the_authority_reaches_the_name(made: tuple[bytes, bytes], tmp_path: Path) -> None:
    pem, key = certificates.certificate(*made, PHRASE, now())

    assert shaken(tmp_path, made[0], pem, key, NAME) in {"TLSv1.2", "TLSv1.3"}
    assert certificates.vouches(made[0], pem)


def test_another_name_is_refused_at_the_same_door(made: tuple[bytes, bytes], tmp_path: Path) -> None:
    pem, key = certificates.certificate(*made, PHRASE, now())

    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shaken(tmp_path, made[0], pem, key, "bank.example")


def test_even_the_authoritys_own_key_vouches_for_no_other_site(made: tuple[bytes, bytes], tmp_path: Path) -> None:
    stolen = signed_by_hand(*made, "bank.example")

    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shaken(tmp_path, made[0], *stolen, "bank.example")
    # The control: by the same hand, for the one name, it goes through.
    assert shaken(tmp_path, made[0], *signed_by_hand(*made, NAME), NAME)


def test_another_offices_authority_is_not_trusted(made: tuple[bytes, bytes], tmp_path: Path) -> None:
    other = certificates.authority(NAME, now(), PHRASE)
    pem, key = certificates.certificate(*other, PHRASE, now())

    assert not certificates.vouches(made[0], pem)
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(tmp_path, made[0], pem, key, NAME)


def test_a_certificate_ends_after_ninety_days(made: tuple[bytes, bytes], tmp_path: Path) -> None:
    old, key = certificates.certificate(*made, PHRASE, now() - timedelta(days=91))

    assert certificates.until(old) < now()
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        shaken(tmp_path, made[0], old, key, NAME)


def test_the_authoritys_key_is_sealed(made: tuple[bytes, bytes]) -> None:
    with pytest.raises(SealBroken):
        certificates.certificate(*made, b"another phrase", now())
    with pytest.raises(SealBroken):
        certificates.certificate(made[0], certificates.authority(NAME, now(), PHRASE)[1], PHRASE, now())


def test_the_fingerprint_is_what_systems_show(made: tuple[bytes, bytes]) -> None:
    shown = certificates.fingerprint(made[0])

    assert bytes.fromhex(shown) == x509.load_pem_x509_certificate(made[0]).fingerprint(hashes.SHA256())
    assert len(shown.split()) == 32
    assert certificates.name_of(made[0]) == NAME
