"""An opened value on its way out: prints as a blank, goes into no JSON by accident."""

from __future__ import annotations

from dataclasses import dataclass, field


class Plain:
    """What a seal held. Only ``read()`` gives it, and only a view's renderer calls that."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "<opened>"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return "<opened>"

    def __reduce__(self) -> str:
        raise TypeError("an opened value is not stored")

    def read(self) -> str:
        """The text. Whoever calls this is showing it to somebody."""
        return self._value.decode()

    def raw(self) -> bytes:
        """The bytes, for what is not text: keys of files, packed answers."""
        return self._value


@dataclass(frozen=True)
class Disclosure:
    """A view that opens something, and says under which entry it did.

    entry  the number of this opening among the entries of its case; the office sets it
    """

    entry: int | None = field(default=None, kw_only=True)
