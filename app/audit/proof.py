"""A proof that one entry is in the log, as text for somebody outside (c2sp.org/tlog-proof)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

HEADER: Final = "c2sp.org/tlog-proof@v1"


def proof_text(index: int, hashes: Sequence[bytes], note: str) -> str:
    """The proof of entry ``index``: the hashes from its leaf to the root, and the checkpoint that signs the root."""
    lines = [HEADER, f"index {index}", *(base64.b64encode(each).decode() for each in hashes), ""]
    return "\n".join(lines) + "\n" + note
