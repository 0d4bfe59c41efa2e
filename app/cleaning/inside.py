"""What runs in the closed room: everything it may need is loaded, the door is shut, then the file is read.

Its answer is one line of JSON, then the bytes of the working copy. Started by ``room`` with the kind of file.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

if __name__ == "__main__":
    # An isolated interpreter knows no folder but its own libraries.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.cleaning.kinds import Copy, Unclean
from app.cleaning.shut import CannotShut, shut

PARTS: Final = {
    "picture": ("app.cleaning.pictures", "picture"),
    "pdf": ("app.cleaning.pdf", "pdf"),
    "docx": ("app.cleaning.docx", "docx"),
    "sound": ("app.cleaning.sound", "sound"),
}


def main(kind: str) -> None:
    """Clean the file on standard input, or say in one word why not."""
    module, name = PARTS[kind]
    cleaner: Any = getattr(importlib.import_module(module), name)
    try:
        shut()
    except CannotShut:
        _tell({"why": "NO_ROOM"})
        return
    try:
        copy: Copy = cleaner(_read())
    except Unclean as no:
        _tell({"why": no.why})
    except MemoryError:
        _tell({"why": "STOPPED"})
    except Exception:  # noqa: BLE001  whatever a parser makes of a hostile file is one answer
        _tell({"why": "MALFORMED"})
    else:
        _tell({"media_type": copy.media_type, "removed": sorted(copy.removed), "bytes": len(copy.content)})
        _write(copy.content)


def _read() -> bytes:
    pieces = []
    while piece := os.read(0, 1024 * 1024):
        pieces.append(piece)
    return b"".join(pieces)


def _tell(answer: dict[str, object]) -> None:
    _write(json.dumps(answer).encode() + b"\n")


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main(sys.argv[1])
