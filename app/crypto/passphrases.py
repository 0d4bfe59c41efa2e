"""From a passphrase to a key: one fixed form of the text, one slow hash, one pepper.

The digest is an input to a key and nothing else. It is never stored and never compared:
a sign-in succeeds when the private key opens.
"""

from __future__ import annotations

import base64
import unicodedata

from passlib.hash import argon2

from app.crypto import kdf
from app.errors import Unprocessable

SALT_BYTES = 16
DIGEST_BYTES = 32


def normal_form(text: str) -> str:
    """The one form of a passphrase that is counted and hashed: NFKC.

    raises   Unprocessable for control characters, surrogates and unassigned code points

    NIST SP 800-63B asks for a form of *stabilised* strings: with unassigned code points
    kept out, no later edition of Unicode changes the result and locks somebody out. NFKC
    rather than NFC, because phones give one Arabic letter as several presentation forms
    and one digit as full-width; nothing is trimmed, and case counts.
    """
    if any(unicodedata.category(character) in ("Cc", "Cs", "Cn") for character in text):
        raise Unprocessable("A passphrase is made of characters that can be seen, and blanks.")
    return unicodedata.normalize("NFKC", text)


def stretch(passphrase: str, salt: bytes, *, memory_mib: int = 64, passes: int = 3, lanes: int = 1) -> bytes:
    """The Argon2id digest of a passphrase in its normal form, 32 bytes (RFC 9106, version 19).

    salt     16 random bytes of this key holder's own
    raises   ValueError for a salt of another length or settings out of range;
             Unprocessable as ``normal_form``
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt has 16 bytes")
    hasher = argon2.using(
        type="ID",
        salt=salt,
        memory_cost=memory_mib * 1024,
        rounds=passes,
        parallelism=lanes,
        digest_size=DIGEST_BYTES,
    )
    # libpass gives "$argon2id$v=19$m=..,t=..,p=..$salt$digest", unpadded base64.
    encoded: str = hasher.hash(normal_form(passphrase)).rsplit("$", 1)[1]
    return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)


def wrapping_key(digest: bytes, peppered: bytes) -> bytes:
    """The key that opens a private key: it takes the passphrase *and* the key manager.

    digest     32 bytes of ``stretch``
    peppered   32 bytes or more that only the key manager can make for this holder
    raises     ValueError for other lengths
    """
    if len(digest) != DIGEST_BYTES or len(peppered) < 32:
        raise ValueError("the digest has 32 bytes and the pepper's answer at least 32")
    return kdf.derive(digest + peppered, "amana/passphrase/v1")
