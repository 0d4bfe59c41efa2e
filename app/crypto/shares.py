"""The recovery key on paper: SLIP-39 shares, any k of n, each a line of English words.

Format: SLIP-0039 with one group, no passphrase, extendable flag set, iteration exponent 1.
Any k-1 shares tell nothing about the secret.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Final

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from app.crypto import kdf
from app.errors import Refusal

# A share of a secret of 32 bytes.
WORDS: Final = 33
# No two words of the list begin with the same four letters.
TELLING: Final = 4
_BEGINNINGS: Final = {word[:TELLING]: word for word in WORDLIST}


class BadShare(Refusal):
    """One share cannot be used: mistyped, given twice, or of another secret."""

    code, status = "share.bad", 422

    def __init__(self, position: int) -> None:
        """position   1 for the first share given"""
        super().__init__(f"Share number {position} is mistyped, was given twice or belongs to another set.")
        self.position = position


class SharesDoNotJoin(Refusal):
    """Each share is well formed, but together they are too few or do not give one secret."""

    code, status, sentence = "share.none", 422, "These shares are too few or do not belong together."


def split(secret: bytes, k: int, n: int) -> list[str]:
    """Cut a secret into ``n`` shares of which any ``k`` give it back.

    secret   16 bytes or more, an even number
    k, n     2 <= k <= n <= 16
    returns  n lines of words
    raises   ValueError for a secret or numbers out of range
    """
    if not 2 <= k <= n <= 16:
        raise ValueError("2 <= k <= n <= 16: one custodian alone must never be enough")
    lines: list[str] = generate_mnemonics(1, [(k, n)], secret)[0]
    return lines


def join(shares: Sequence[str]) -> bytes:
    """The secret, from at least ``k`` shares in any order.

    raises   BadShare naming the first share that cannot be used, by position from 1;
             SharesDoNotJoin if they are too few or do not fit together
    """
    parsed = [_parse(position, line) for position, line in enumerate(shares, 1)]
    if not parsed:
        raise SharesDoNotJoin
    _same_set(parsed)
    try:
        # The library wants exactly k; those given beyond are checked above and not needed.
        secret: bytes = combine_mnemonics([share.mnemonic() for share in parsed[: parsed[0].member_threshold]])
    except MnemonicError:
        raise SharesDoNotJoin from None
    return secret


def spelled(text: str) -> str:
    """A share as somebody typed it, in its one form: four letters stand for their word, the rest stays as it is."""
    typed = (token for token in text.lower().split() if not token.strip(".").isdigit())
    return " ".join(_BEGINNINGS.get(token[:TELLING], token) if len(token) == TELLING else token for token in typed)


def mark(line: str) -> bytes:
    """32 bytes by which one share is known again, and by which a forged one is told from it.

    A share holds 256 bits of which nothing is known to whoever lacks it, so its mark gives nothing
    away. Without marks k shares of which one is forged only fail to join: nobody could say which.
    """
    return kdf.derive(hashlib.sha256(spelled(line).encode()).digest(), "amana/share-mark/v1")


def _parse(position: int, line: str) -> Share:
    try:
        return Share.from_mnemonic(line)
    except MnemonicError:
        raise BadShare(position) from None


def _same_set(parsed: Sequence[Share]) -> None:
    # The set most of them belong to is taken for the right one: a single stray share is
    # then named itself, and not the good ones after it.
    usual = Counter(share.group_parameters() for share in parsed).most_common(1)[0][0]
    seen: set[int] = set()
    for position, share in enumerate(parsed, 1):
        if share.group_parameters() != usual or share.index in seen:
            raise BadShare(position)
        seen.add(share.index)
