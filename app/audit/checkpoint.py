"""What the log swears to: its name, its size, its root (c2sp.org/tlog-checkpoint)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from app.audit.note import open_note, parse_verifier_key
from app.errors import SealBroken

# 2^63 - 1 has nineteen digits; no leading zeros, no sign, and ASCII digits only.
_TEXT = re.compile(r"([^\x00-\x1f]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")


@dataclass(frozen=True)
class Checkpoint:
    """The log ``origin`` had ``size`` entries under ``root``, 32 bytes."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text to be signed: three lines, each ended by a newline. Raises ValueError for anything else."""
        text = f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"
        if not _TEXT.fullmatch(text):
            raise ValueError("a checkpoint has an origin on one line, a size and 32 bytes of root")
        return text

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text back; ValueError unless ``text()`` would write exactly this.

        Extension lines are refused: the format allows them, this log has none.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError("not a checkpoint")
        try:
            root = base64.b64decode(match[3], validate=True)
        except binascii.Error:
            raise ValueError("not a checkpoint") from None
        parsed = cls(match[1], int(match[2]), root)
        if parsed.text() != text:
            raise ValueError("not a checkpoint")
        return parsed


def open_checkpoint(note: bytes, key: str, *others: str) -> Checkpoint:
    """The checkpoint in a note that this verifier key, or one of the others of this log, has signed.

    raises   SealBroken for every other note, also one whose origin is not the key's name
    """
    try:
        checkpoint = Checkpoint.parse(open_note(note, [key, *others]))
    except ValueError:
        raise SealBroken("not a checkpoint") from None
    if checkpoint.origin != parse_verifier_key(key)[0]:
        raise SealBroken("the checkpoint of another log")
    return checkpoint
