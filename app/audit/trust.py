"""Whom to believe about a log: its keys, its witnesses, and how many of them must agree (c2sp.org/tlog-policy).

``log <verifier key> [<address>]``, ``witness <name> <verifier key> [<address>]``,
``group <name> all|any|<k> <names>``, and one ``quorum <name>|none``; ``#`` begins a remark.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.audit.note import COSIGNATURE, parse_verifier_key

NONE: Final = "none"


@dataclass(frozen=True)
class Witnessed:
    """A witness: its key, and where it is asked; empty for one that is not asked by us."""

    key: str
    address: str = ""


@dataclass
class Trust:
    """What a trust file says. ``groups``: how many of which names; a name is a witness or an earlier group."""

    logs: tuple[str, ...] = ()
    witnesses: dict[str, Witnessed] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str = NONE

    @classmethod
    def parse(cls, text: str) -> Trust:
        """Read a trust file; ValueError, with the number of the line, for one that is not to be relied on."""
        trust, quorums = cls(), 0
        for number, line in enumerate(text.splitlines(), start=1):
            words = line.partition("#")[0].split()
            try:
                quorums += trust._take(words)
            except (ValueError, IndexError):
                raise ValueError(f"line {number} of the trust file cannot be used") from None
        if not trust.logs or quorums != 1:
            raise ValueError("a trust file has a 'log' line and one line 'quorum'")
        return trust

    def text(self) -> str:
        """The same in the one way an export writes it: no addresses, no remarks, the quorum last."""
        lines = [f"log {key}" for key in self.logs]
        lines += [f"witness {name} {witness.key}" for name, witness in self.witnesses.items()]
        lines += [f"group {name} {needed} {' '.join(members)}" for name, (needed, members) in self.groups.items()]
        return "".join(f"{line}\n" for line in (*lines, f"quorum {self.quorum}"))

    def met(self, keys: Collection[str]) -> bool:
        """Whether these witnesses' keys together are as many as the quorum asks for."""
        return self.quorum == NONE or self._agrees(self.quorum, keys)

    @property
    def keys(self) -> Mapping[str, str]:
        """The witnesses' names by their keys."""
        return {witness.key: name for name, witness in self.witnesses.items()}

    def _agrees(self, name: str, keys: Collection[str]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name].key in keys
        needed, members = self.groups[name]
        return sum(self._agrees(member, keys) for member in members) >= needed

    def _take(self, words: list[str]) -> bool:
        """One line; whether it was the quorum's."""
        match words:
            case []:
                return False
            case ["log", key, *address] if len(address) < 2:
                parse_verifier_key(key)
                self.logs += (key,)
            case ["witness", name, key, *address] if len(address) < 2:
                parse_verifier_key(key, COSIGNATURE)
                self._name(name)
                if key in self.keys:
                    raise ValueError("one witness under two names would count twice")
                self.witnesses[name] = Witnessed(key, *address)
            case ["group", name, count, *members] if members:
                self._name(name)
                if len(set(members)) != len(members) or not all(self._known(member) for member in members):
                    raise ValueError("a group has members that were named before, each once")
                needed = {"all": len(members), "any": 1}.get(count) or int(count)
                if not 1 <= needed <= len(members):
                    raise ValueError("a group needs some of its members")
                self.groups[name] = needed, tuple(members)
            case ["quorum", name] if name == NONE or self._known(name):
                self.quorum = name
                return True
            case _:
                raise ValueError("not a line of a trust file")
        return False

    def _known(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _name(self, name: str) -> None:
        if name == NONE or self._known(name):
            raise ValueError("a name is given once")
