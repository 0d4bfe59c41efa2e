"""Signed notes (c2sp.org/signed-note), Ed25519: the text, a blank line, signature lines.

``U+2014 SP <key name> SP base64(key id[4] || signature[64]) LF``
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.errors import SealBroken

ED25519 = b"\x01"
# The key of a witness: it signs when it saw a checkpoint too (c2sp.org/tlog-cosignature).
COSIGNATURE = b"\x04"
NOTE_BYTES_MAX = 1 << 20

_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")
_NAME = re.compile(r"[^\s+\x00-\x1f]+")


def key_id(name: str, public: bytes, kind: bytes = ED25519) -> bytes:
    """SHA-256(name || LF || kind || public key), the first 4 bytes: tells keys apart, proves nothing."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def verifier_key(name: str, public: bytes, kind: bytes = ED25519) -> str:
    """The key as others write it in a trust file: ``<name>+<key id in hex>+base64(kind || public)``.

    raises   ValueError for a name that is empty or has blanks, ``+`` or control characters,
             and for a public key that is not 32 bytes
    """
    if not _NAME.fullmatch(name) or len(public) != 32:
        raise ValueError("a key has a name without blanks or '+', and 32 bytes")
    return f"{name}+{key_id(name, public, kind).hex()}+{base64.b64encode(kind + public).decode()}"


def parse_verifier_key(text: str, kind: bytes = ED25519) -> tuple[str, bytes]:
    """Name and public key[32] of a verifier key; ValueError unless it is spelt exactly as above."""
    name, _, rest = text.partition("+")
    _, _, encoded = rest.partition("+")
    public = exact_base64(encoded)[1:]
    if verifier_key(name, public, kind) != text:
        raise ValueError("not an Ed25519 verifier key of this kind")
    return name, public


def sign_note(text: str, name: str, seed: bytes) -> bytes:
    """The text with one signature, ready to publish.

    text     ends with a newline; no control characters but newlines
    seed     the Ed25519 private key, 32 bytes (RFC 8032)
    raises   ValueError for a text or name that no verifier would accept
    """
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return sign_note_by(text, name, private.public_key().public_bytes_raw(), private.sign)


def sign_note_by(text: str, name: str, public: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """As ``sign_note``, by a signer that keeps its key to itself (a key manager, an HSM).

    sign     an Ed25519 signature[64] over the bytes it is given, by the key that ``public`` belongs to
    raises   ValueError unless the text ends with a newline
    """
    _refuse_unlike_note(text)
    if not text.endswith("\n"):
        raise ValueError("the text of a note ends with a newline")
    verifier_key(name, public)  # Refuses a name that could not be read back.
    return f"{text}\n{signature_line(name, key_id(name, public) + sign(text.encode()))}".encode()


def signature_line(name: str, blob: bytes) -> str:
    """One signature as it stands under a note: key id[4] and what this kind of key signs with."""
    return f"— {name} {base64.b64encode(blob).decode()}\n"


def open_note(note: bytes, keys: Sequence[str]) -> str:
    """The text, vouched for by at least one of these verifier keys.

    raises   SealBroken for every way in which it is not. Signatures of unknown keys are ignored;
             a single false one of a known key condemns the note.
             ValueError if one of ``keys`` is itself malformed: that is our mistake, not the note's
    """
    known = {}
    for key in keys:
        name, public = parse_verifier_key(key)
        known[name, key_id(name, public)] = public
    try:
        text, signatures = split_note(note)
        publics = [(known[name, blob[:4]], blob[4:]) for name, blob in signatures if (name, blob[:4]) in known]
        for public, signature in publics:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, text.encode())
    except (ValueError, InvalidSignature):
        raise SealBroken("the note or one of its signatures is false") from None
    if not publics:
        raise SealBroken("no known key has signed the note")
    return text


def split_note(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Text, and name and blob of each signature line; the last blank line parts them. ValueError if it is no note."""
    if len(note) > NOTE_BYTES_MAX:
        raise ValueError("too large for a note")
    whole = note.decode("utf-8")
    _refuse_unlike_note(whole)
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise ValueError("a note ends with signature lines")
    matches = [_SIGNATURE_LINE.fullmatch(line) for line in lines[:-1].split("\n")]
    return text + "\n", [(match[1], exact_base64(match[2])) for match in map(_required, matches)]


def _required(match: re.Match[str] | None) -> re.Match[str]:
    if match is None:
        raise ValueError("not a signature line")
    return match


def _refuse_unlike_note(text: str) -> None:
    if any(character < " " and character != "\n" for character in text):
        raise ValueError("a note has no control characters")


def exact_base64(text: str) -> bytes:
    """Decode base64 in its one canonical spelling: a second one could carry a hidden bit, and is a ValueError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 is not canonical")
    return raw
