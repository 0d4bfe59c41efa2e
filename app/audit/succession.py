"""A log's key that takes the place of another: the old one says so, once, and signs nothing more.

``amana/log-succession/v1 LF <old verifier key> LF <new verifier key> LF <size> LF <root> LF``, a signed
note by both keys. The size and root are those of the last checkpoint that the old key signed. So whoever
holds the old key alone can follow to the new one, and nobody else can name one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.audit.checkpoint import Checkpoint, open_checkpoint
from app.audit.note import exact_base64, key_id, open_note, parse_verifier_key, sign_note_by, signature_line, split_note
from app.errors import LogForked, SealBroken

# The second line of a checkpoint is a number: neither text can pass for the other.
LABEL: Final = "amana/log-succession/v1"
_TEXT: Final = re.compile(rf"{LABEL}\n(\S+)\n(\S+)\n(0|[1-9][0-9]{{0,18}})\n([A-Za-z0-9+/]{{43}}=)\n")

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Succession:
    """From ``size`` entries under ``root`` on, ``new`` signs and ``old`` no more. Both are verifier keys of one log."""

    old: str
    new: str
    size: int
    root: bytes

    def text(self) -> str:
        """What both keys sign. ValueError for keys of two logs, or one key twice."""
        (name, _), (other, _) = parse_verifier_key(self.old), parse_verifier_key(self.new)
        if name != other or self.old == self.new:
            raise ValueError("a log's key is followed by another key of the same log")
        text = f"{LABEL}\n{self.old}\n{self.new}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"
        if not _TEXT.fullmatch(text):
            raise ValueError("a succession has two keys, a size and 32 bytes of root")
        return text

    @classmethod
    def parse(cls, text: str) -> Succession:
        """Read the text back; ValueError unless ``text()`` would write exactly this."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError("not a succession")
        parsed = cls(match[1], match[2], int(match[3]), exact_base64(match[4]))
        if parsed.text() != text:
            raise ValueError("not a succession")
        return parsed

    def signed(self, by_old: Sign, by_new: Sign) -> bytes:
        """The note, signed by the old key and then by the new one, each Ed25519 over the bytes it is given."""
        name, old = parse_verifier_key(self.old)
        _, new = parse_verifier_key(self.new)
        note = sign_note_by(self.text(), name, old, by_old)
        return note + signature_line(name, key_id(name, new) + by_new(self.text().encode())).encode()

    @classmethod
    def open(cls, note: bytes) -> Succession:
        """What a note says; SealBroken unless exactly the two keys it names have signed it, the old one first."""
        try:
            text, signatures = split_note(note)
            found = cls.parse(text)
            wanted = [(name, key_id(name, public)) for name, public in map(parse_verifier_key, (found.old, found.new))]
        except ValueError:
            raise SealBroken("not the succession of a log's key") from None
        if [(name, blob[:4]) for name, blob in signatures] != wanted:
            raise SealBroken("a succession is signed by the old key and by the new one, and by nobody else")
        open_note(note, (found.old, found.new))
        return found


@dataclass(frozen=True)
class LogKeys:
    """The key that signs a log now, and each that did before with the size at which it ended."""

    key: str
    ended: Mapping[str, int] = field(default_factory=dict)

    def open(self, note: bytes) -> Checkpoint:
        """The checkpoint in a note; SealBroken unless a key of this log signed it in its own time."""
        return open_checkpoint(note, self.signer(note))

    def signer(self, note: bytes) -> str:
        """Which of the keys has signed a checkpoint in its own time; SealBroken if none has."""
        size = open_checkpoint(note, self.key, *self.ended).size
        name, signatures = parse_verifier_key(self.key)[0], split_note(note)[1]
        ids = {blob[:4] for signed_by, blob in signatures if signed_by == name}
        for key, ended in ((self.key, None), *self.ended.items()):
            if key_id(*parse_verifier_key(key)) in ids and (ended is None or size <= ended):
                return key
        raise SealBroken("the key that signed this was followed by another before")


def follow(key: str, notes: Iterable[bytes]) -> LogKeys:
    """Go from a key one knows along the successions of its log to the one that signs now.

    notes    from the first change to the last
    raises   SealBroken if one is false, does not follow the one before, or none of them has to do with ``key``
    """
    links = chain(notes)
    if links and key not in {links[-1].new, *(link.old for link in links)}:
        raise SealBroken("the successions are not of this key")
    return LogKeys(links[-1].new if links else key, {link.old: link.size for link in links})


def chain(notes: Iterable[bytes]) -> Sequence[Succession]:
    """Each change of the log's key in its order; SealBroken unless each begins where the one before ended."""
    links: list[Succession] = []
    for note in notes:
        link = Succession.open(note)
        if links and (links[-1].new != link.old or links[-1].size > link.size):
            raise SealBroken("a succession does not follow the one before it")
        links.append(link)
    if len({link.new for link in links} | {link.old for link in links[:1]}) != len(links) + bool(links):
        raise SealBroken("a key of the log comes back after it ended")
    return links


def until(key: str, notes: Sequence[bytes]) -> Sequence[bytes]:
    """Of the successions those by which a key came to sign: none for the first key."""
    return notes[: next((n for n, link in enumerate(chain(notes)) if link.old == key), len(notes))]


def must_not_be_followed(key: str, notes: Iterable[bytes]) -> None:
    """Raises LogForked if another key has taken the place of this one: two would sign two logs."""
    if key in {link.old for link in chain(notes)}:
        raise LogForked("another key has taken the place of the one that this process holds.")
