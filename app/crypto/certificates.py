"""A certificate authority for one name, and certificates for that name.

For an office without a public name: browsers show no security key to a page without TLS, and
nobody outside signs a certificate for ``amana.office.lan``. The authority may vouch for this
one name and nothing else (RFC 5280, 4.2.1.10), so whoever trusts it trusts it with no other site.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.errors import SealBroken

AUTHORITY_DAYS: Final = 3650
CERTIFICATE_DAYS: Final = 90
# A clock that is a little behind must not refuse what was made just now.
EARLIER: Final = timedelta(hours=1)


def authority(name: str, now: datetime, phrase: bytes) -> tuple[bytes, bytes]:
    """A new authority for ``name``: its certificate and its private key, both PEM.

    phrase   seals the private key (PKCS 8, AES-256), not empty
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _called(f"Local authority for {name} only")
    made = (
        _begun(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints([x509.DNSName(name)], None), critical=True)
        .add_extension(_may(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM), _sealed(key, serialization.BestAvailableEncryption(phrase))


def certificate(authority_pem: bytes, authority_key: bytes, phrase: bytes, now: datetime) -> tuple[bytes, bytes]:
    """A certificate for the authority's own name with a fresh private key, both PEM; the key is in clear.

    raises   SealBroken if the phrase does not open the authority's key, or it is another's
    """
    known = x509.load_pem_x509_certificate(authority_pem)
    try:
        signing = serialization.load_pem_private_key(authority_key, phrase)
    except (ValueError, TypeError):
        raise SealBroken from None
    if not isinstance(signing, ec.EllipticCurvePrivateKey) or signing.public_key() != known.public_key():
        raise SealBroken
    name, key = name_of(authority_pem), ec.generate_private_key(ec.SECP256R1())
    made = (
        _begun(_called(name), known.subject, key.public_key(), now, CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_may(signs=False), critical=True)
        .sign(signing, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM), _sealed(key, serialization.NoEncryption())


def name_of(authority_pem: bytes) -> str:
    """The one name an authority may vouch for."""
    limits = x509.load_pem_x509_certificate(authority_pem).extensions.get_extension_for_class(x509.NameConstraints)
    return str(next(iter(limits.value.permitted_subtrees or ())).value)


def until(pem: bytes) -> datetime:
    """When a certificate ends, UTC."""
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc


def fingerprint(pem: bytes) -> str:
    """SHA-256 of a certificate, 64 hex digits in pairs, as browsers and systems show it."""
    return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex(" ").upper()


def vouches(authority_pem: bytes, pem: bytes) -> bool:
    """Whether a certificate was signed by this authority."""
    try:
        x509.load_pem_x509_certificate(pem).verify_directly_issued_by(x509.load_pem_x509_certificate(authority_pem))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _called(words: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words[:64])])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + timedelta(days=days))
    )


def _may(*, signs: bool) -> x509.KeyUsage:
    """What the key is for: an authority signs certificates, a server proves that it is itself."""
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _sealed(key: ec.EllipticCurvePrivateKey, how: serialization.KeySerializationEncryption) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)
