"""From a view to JSON. The one place, beside templates, where an opened value is read out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from starlette.responses import Response

from app.work import Plain


def as_json(view: Any) -> Any:
    """A view as plain JSON data. Raises TypeError for anything a view may not hold."""
    if view is None or isinstance(view, str | int | bool):
        return view.value if isinstance(view, Enum) else view
    if isinstance(view, Plain):
        return view.read()
    if isinstance(view, UUID):
        return str(view)
    if isinstance(view, datetime):
        return view.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(view, date):
        return view.isoformat()
    if isinstance(view, Mapping):
        return {str(name): as_json(value) for name, value in view.items()}
    if isinstance(view, tuple | list | frozenset):
        return [as_json(each) for each in (sorted(view) if isinstance(view, frozenset) else view)]
    if dataclasses.is_dataclass(view) and not isinstance(view, type):
        return {field.name: as_json(getattr(view, field.name)) for field in dataclasses.fields(view)}
    raise TypeError(f"{type(view).__name__} is not part of a view")


def answer_with(view: Any, status: int = 200) -> Response:
    """A JSON answer from a view; text stays as it is, unescaped, in UTF-8."""
    body = json.dumps(as_json(view), ensure_ascii=False, separators=(",", ":"))
    return Response(body.encode(), status, media_type="application/json")
