"""A witness's word that it saw a checkpoint at a time, and none that contradicts it (c2sp.org/tlog-cosignature).

Signed is ``cosignature/v1 LF time <seconds> LF`` and the checkpoint's text; on the line stand
key id[4], the time as u64 and signature[64].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.audit.note import COSIGNATURE, key_id, parse_verifier_key, signature_line, split_note
from app.errors import SealBroken

_BLOB_BYTES = 4 + 8 + 64


def cosign(text: str, name: str, seed: bytes, *, at: int) -> str:
    """The line with which a witness says that it saw this checkpoint.

    text   the checkpoint's three lines
    seed   the witness's Ed25519 private key, 32 bytes
    at     seconds since 1970, UTC
    """
    private = Ed25519PrivateKey.from_private_bytes(seed)
    signature = private.sign(_message(text, at))
    public = private.public_key().public_bytes_raw()
    return signature_line(name, key_id(name, public, COSIGNATURE) + at.to_bytes(8, "big") + signature)


def cosigners(note: bytes, keys: Iterable[str]) -> Mapping[str, int]:
    """Which of these witnesses' keys have signed a checkpoint, and when, in seconds since 1970.

    raises   SealBroken if the note is none, or if one line of a known witness is false: that
             condemns the note, for somebody wrote it. Lines of others are passed over.
             ValueError if one of ``keys`` is itself malformed
    """
    known = {}
    for key in keys:
        name, public = parse_verifier_key(key, COSIGNATURE)
        known[name, key_id(name, public, COSIGNATURE)] = key, public
    found = {}
    try:
        text, signatures = split_note(note)
        for name, blob in signatures:
            if (name, blob[:4]) in known:
                key, public = known[name, blob[:4]]
                if len(blob) != _BLOB_BYTES:
                    raise ValueError("a cosignature has 76 bytes")
                at = int.from_bytes(blob[4:12], "big")
                Ed25519PublicKey.from_public_bytes(public).verify(blob[12:], _message(text, at))
                found[key] = at
    except (ValueError, InvalidSignature):
        raise SealBroken("the note or one of its cosignatures is false") from None
    return found


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
