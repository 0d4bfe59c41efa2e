"""Case references: ``K7QM-4TDP-X``, eight drawn characters and one that checks them.

The alphabet has no vowel, so no word appears, and leaves out what sounds or looks alike
when spoken over a bad line (0/O, 1/I/L, 5/S, 2/Z, 8/B, U/V). 21 characters in eight
places are 35.1 bits: unguessable in any number of tries the door allows. A collision, one
opening in 380,000 at 100,000 cases, is refused as a conflict; opening again draws again.
The ninth character is ISO 7064 style, over a
prime above the alphabet, so each single slip and each swap of two neighbours is seen.
"""

from __future__ import annotations

import secrets

from app.errors import NotFound

ALPHABET = "34679CDFGHJKMNPQRTWXY"
PLACES = 8
# 23 is the smallest prime above the alphabet's 21; a draw whose check would need a
# character we do not have is drawn again.
PRIME = 23

# Arabic-Indic and Persian digits are typed by half of our readers.
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


def draw() -> str:
    """A new reference, uniformly from those that have a check character."""
    while True:
        body = "".join(secrets.choice(ALPHABET) for _ in range(PLACES))
        check = _check(body)
        if check is not None:
            return f"{body[:4]}-{body[4:]}-{check}"


def read(text: str) -> str:
    """The one written form of a reference as typed or spoken.

    Case, blanks, hyphens and kind of digit do not matter. Raises NotFound for anything
    that is not a reference: the same answer as for one that does not exist.
    """
    if len(text) > 40:
        raise NotFound
    letters = "".join(c for c in text.translate(_DIGITS).upper() if not c.isspace() and c not in "-‐‑–.")
    body, check = letters[:PLACES], letters[PLACES:]
    if len(letters) != PLACES + 1 or any(c not in ALPHABET for c in letters) or _check(body) != check:
        raise NotFound
    return f"{body[:4]}-{body[4:]}-{check}"


def _check(body: str) -> str | None:
    total = sum((place + 1) * ALPHABET.index(c) for place, c in enumerate(body)) % PRIME
    return ALPHABET[total] if total < len(ALPHABET) else None


def staff_code() -> str:
    """A code under which a colleague appears in the log: ``S-`` and six characters."""
    return "S-" + "".join(secrets.choice(ALPHABET) for _ in range(6))


def interpreter_code() -> str:
    """A code under which an interpreter stands in a session: ``I-`` and four characters."""
    return "I-" + "".join(secrets.choice(ALPHABET) for _ in range(4))


def mention_code() -> str:
    """A chip under which an account speaks of somebody or something: ``M-`` and six characters."""
    return "M-" + "".join(secrets.choice(ALPHABET) for _ in range(6))


def envelope_number() -> str:
    """The number of an envelope with a protocol written by hand: ``E-`` and eight characters."""
    return "E-" + "".join(secrets.choice(ALPHABET) for _ in range(8))
