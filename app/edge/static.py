"""Files that look the same for everybody: read once, named by their hash, kept by browsers for a year."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.errors import NotFound

_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".png": "image/png", ".txt": "text/plain"}


@dataclass(frozen=True)
class _File:
    kind: str
    content: bytes
    # Only these are ever compressed: a page holds tokens and opened values, and its length would tell (BREACH).
    packed: bytes
    tag: str


class Static:
    """The files of one folder; nothing outside what was read at the start can be asked for."""

    def __init__(self, folder: Path) -> None:
        self._files = {path.name: _read(path) for path in sorted(folder.iterdir()) if path.suffix in _TYPES}

    def address(self, name: str) -> str:
        """Where a page links to: the address changes when the file does."""
        return f"/static/{name}?v={self._files[name].tag}"

    def answer(self, name: str, request: Request) -> Response:
        """One file, packed if the browser unpacks. Raises NotFound."""
        file = self._files.get(name)
        if file is None:
            raise NotFound
        headers = {"ETag": f'"{file.tag}"', "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if file.packed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(file.packed, media_type=file.kind, headers=headers | {"Content-Encoding": "gzip"})
        return Response(file.content, media_type=file.kind, headers=headers)


def _read(path: Path) -> _File:
    content = path.read_bytes()
    packed = gzip.compress(content, 9, mtime=0)
    tag = hashlib.sha256(content).hexdigest()[:16]
    return _File(_TYPES[path.suffix], content, packed if len(packed) < len(content) else b"", tag)
