"""Reading entries back: a body in its one spelling, and each case's entries numbered 1, 2, 3 ...

What is refused here is what tests/kit/verify_log.py refuses, which shares no code with it.
"""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from app.audit.canonical import canonical


def _refuse(_text: str) -> NoReturn:
    raise ValueError("an entry holds no such number")


def _whole(text: str) -> int:
    number = int(text)
    return number if abs(number) < 2**53 else _refuse(text)


_READER: Final = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, parse_int=_whole)
_WRITER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def read_body(raw: bytes) -> dict[str, Any]:
    """The body of an entry; ValueError unless it is written exactly as ``canonical`` writes it.

    A second spelling would be a place to hide something from those who read the first.
    """
    try:
        body = _READER.decode(raw.decode("utf-8"))
        # In ASCII the order of names is the same in every encoding, and Python's own writer is ten times as fast.
        again = _WRITER.encode(body).encode() if raw.isascii() else canonical(dict(body))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except TypeError:
        raise ValueError("not an object") from None
    if not isinstance(body, dict) or again != raw:
        raise ValueError("not canonical")
    return body


class CaseNumbers:
    """Whether the entries of each case run 1, 2, 3 ... without one twice and without a gap.

    Entries of one moment may stand in either order, so a number that comes early waits.
    """

    def __init__(self) -> None:
        self._next: dict[str, int] = {}
        self._early: dict[str, dict[int, int]] = {}
        self._erased = 0

    def take(self, index: int, body: dict[str, Any] | None) -> str:
        """Count the entry at this index; returns what is wrong with its numbers, if anything."""
        if body is None:
            self._erased += 1
            return ""
        subjects = body.get("subjects", [])
        if not isinstance(subjects, list):
            return "what it is about is not a list"
        problems = (self._number(index, subject) for subject in subjects)
        return next((problem for problem in problems if problem), "")

    def missing(self) -> tuple[int | None, str]:
        """After the last entry: the first that stands behind a gap which no erased entry explains."""
        for case, early in self._early.items():
            if early and max(early) - self._next[case] + 1 - len(early) > self._erased:
                return early[min(early)], f"a case has no entry numbered {self._next[case]}"
        return None, ""

    def _number(self, index: int, subject: object) -> str:
        given = subject if isinstance(subject, dict) else {}
        case, seq = given.get("case"), given.get("seq")
        if not isinstance(case, str) or type(seq) is not int:
            return "it is about something without a case and a number"
        expected, early = self._next.get(case, 1), self._early.setdefault(case, {})
        if seq < expected or seq in early:
            return f"a case has two entries numbered {seq}"
        early[seq] = index
        while expected in early:
            del early[expected]
            expected += 1
        self._next[case] = expected
        return ""
