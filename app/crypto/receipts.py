"""Receipts: 128 random bits on paper, which are all a witness needs to come back.

Shown as twelve words of a BIP-39 list (128 bits and a checksum of 4), or, where no list
serves, as eight groups of six digits: 16 bits as five digits and a Damm check digit.

One canonical form: case, accents, blanks, hyphens and the kind of digit do not matter;
words are written out; nothing partial is accepted.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from mnemonic import Mnemonic

from app.crypto import kdf
from app.errors import NotAReceipt

ENTROPY_BYTES = 16
TEXT_LENGTH_MAX = 1_000
LANGUAGES = (
    "english",
    "french",
    "spanish",
    "italian",
    "portuguese",
    "czech",
    "turkish",
    "russian",
    "japanese",
    "korean",
    "chinese_simplified",
    "chinese_traditional",
)

# Words nobody should carry home from here. A draw holding one is drawn again; with 40 of
# 2,048 that costs 0.34 of the 128 bits.
_FRIGHTENING = """
    abuse army arrest attack battle betray blast blood bomb bullet
    crime damage danger destroy enemy escape evil execute fatal guilt
    gun horror hunt hurt knife pistol police prison rifle secret
    shoot soldier spy suffer suspect trap trigger warfare weapon witness
"""
FRIGHTENING = frozenset(_FRIGHTENING.split())

# The quasigroup of order 10 from H. M. Damm's thesis (2004): it finds every single wrong
# digit and every swap of neighbours.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


@dataclass(frozen=True, slots=True)
class ReceiptKeys:
    """handle   32 bytes, stored only as a keyed hash; seed   32 bytes, never stored"""

    handle: bytes = field(repr=False)
    seed: bytes = field(repr=False)


def receipt_keys(entropy: bytes) -> ReceiptKeys:
    """Turn a receipt into the handle we look up and the seed of the key that opens.

    Both come from all 128 bits by HKDF-SHA256 under two labels (RFC 5869), so neither
    tells anything about the other. Vectors: tests/vectors/receipt_*.json.
    """
    _sixteen(entropy)
    return ReceiptKeys(
        handle=kdf.derive(entropy, "amana/receipt-handle/v1"),
        seed=kdf.derive(entropy, "amana/receipt-seed/v1"),
    )


def draw(source: Callable[[int], bytes] = os.urandom) -> bytes:
    """A new receipt, 16 bytes, whose English words frighten nobody."""
    while True:
        entropy = source(ENTROPY_BYTES)
        if FRIGHTENING.isdisjoint(to_words(entropy).split()):
            return entropy


def to_words(entropy: bytes, language: str = "english") -> str:
    """The twelve words, joined by a blank; ValueError for a language without a list."""
    _sixteen(entropy)
    words = _list(language)
    checked = int.from_bytes(entropy, "big") << 4 | _checksum(entropy)
    return " ".join(words[checked >> shift & 0x7FF] for shift in range(121, -1, -11))


def to_digits(entropy: bytes) -> str:
    """Eight groups of six digits, joined by a blank."""
    _sixteen(entropy)
    fives = [f"{int.from_bytes(entropy[at : at + 2], 'big'):05d}" for at in range(0, ENTROPY_BYTES, 2)]
    return " ".join(five + str(_damm(five)) for five in fives)


def read(text: str, language: str = "english") -> bytes:
    """The 16 bytes of a receipt as somebody typed it, in words or digits.

    language   of the page: its list is tried first, then every other in the order of
               LANGUAGES; one without a list is allowed and only means no preference
    raises     NotAReceipt for every way to be wrong, and says no more than that
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise NotAReceipt
    folded = _fold(text)
    if any(character.isdecimal() for character in folded):
        return _read_digits("".join(folded.split()))
    for name in sorted(LANGUAGES, key=lambda name: name != language):
        entropy = _read_words(folded.split(), name)
        if entropy is not None:
            return entropy
    raise NotAReceipt


def _fold(text: str) -> str:
    # NFKD parts letters from accents and unites full-width and half-width; the invisible
    # marks of bidirectional text (Cf) come along when a line is copied and mean nothing.
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return "".join(_plain(character) for character in decomposed)


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Mn", "Cf"):
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return " " if category == "Pd" or character == "\u2212" else character


def _read_digits(digits: str) -> bytes:
    if len(digits) != 48 or not digits.isdecimal():
        raise NotAReceipt
    return b"".join(_read_group(digits[at : at + 6]) for at in range(0, 48, 6))


def _read_group(group: str) -> bytes:
    number = int(group[:5])
    if _damm(group) != 0 or number > 0xFFFF:
        raise NotAReceipt
    return number.to_bytes(2, "big")


def _read_words(typed: Sequence[str], language: str) -> bytes | None:
    # Chinese is written without blanks, and there each word is one character.
    words = list("".join(typed)) if language.startswith("chinese") else typed
    places = _places(language)
    if len(words) != 12 or any(word not in places for word in words):
        return None
    checked = 0
    for word in words:
        checked = checked << 11 | places[word]
    entropy = (checked >> 4).to_bytes(ENTROPY_BYTES, "big")
    return entropy if checked & 0xF == _checksum(entropy) else None


@cache
def _list(language: str) -> tuple[str, ...]:
    if language not in LANGUAGES:
        raise ValueError("there is no list of receipt words in this language")
    return tuple(unicodedata.normalize("NFC", word) for word in Mnemonic(language).wordlist)


@cache
def _places(language: str) -> dict[str, int]:
    return {_fold(word): place for place, word in enumerate(_list(language))}


def _checksum(entropy: bytes) -> int:
    # BIP-39: the first 4 bits of SHA-256 for 128 bits of entropy.
    return hashlib.sha256(entropy).digest()[0] >> 4


def _damm(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return interim


def _sixteen(entropy: bytes) -> None:
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError("a receipt has 16 bytes")
