"""Check an exported access log without asking, or trusting, the system that wrote it.

    python verify_log.py FOLDER [--trust FILE] [--checkpoints FOLDER_OR_FILE] [--json]

    exit 0   intact
    exit 3   broken; the first bad entry is named
    exit 1   could not be checked

This one file needs Python 3.11 or later and the package `cryptography`, for one signature. It
shares nothing with the product: it was written from the published formats, which are

    RFC 6962         the hash tree                c2sp.org/signed-note      signatures
    RFC 8785         the one way to write JSON    c2sp.org/tlog-checkpoint  size and root
    c2sp.org/tlog-policy   the trust file         c2sp.org/tlog-tiles       files of hashes
    c2sp.org/tlog-cosignature   what a witness signs

WHAT IS IN THE FOLDER

    bodies.jsonl     line i is entry i. Either   {"body":{...},"salt":"<32 hex digits>"}
                     or, once the body's term is over,   {"erased":"<64 hex digits>"}
    tile/entries/..  for each entry its commitment, SHA-256(salt || body): it stays when the
                     body is erased, and is what the tree is built over
    tile/0/..        for each entry its leaf hash, SHA-256(0x00 || commitment)
    tile/1/.. etc.   hashes over 256 hashes of the level below: SHA-256(0x01 || left || right)
    checkpoint       name of the log, number of entries, root of the tree; signed
    trust            the public keys that must have signed
    succession/1 ..  only if the log's key was changed: each change, signed by the old key and the new

HOW IT IS CHECKED

 1. The signature of the checkpoint is checked. Every log's key in `trust` must have signed, and
    of the outside witnesses it names as many as its quorum says. With --trust, as many of YOURS.
    If the log's key was changed, each change must be signed by the key before it, in an unbroken row
    from a key in YOUR trust file; and an old key's checkpoints count only up to where it ended.
 2. bodies.jsonl is read once, from first to last. Each commitment and each hash up to the root
    is computed anew and compared with what the folder holds. Stored hashes are never used to
    compute others, so a false one cannot vouch for anything.
 3. The root so found must be the signed one; and the root after n entries must be the one in
    each checkpoint of n entries that YOU saved earlier. This finds a log that was rewritten and
    signed again, forked, or cut. Without --checkpoints, only step 1 binds the log to the past.
 4. In each case the numbers of its entries (subjects[].seq) must run 1, 2, 3 ... without a gap,
    so that nothing about the case is held back. An erased entry may stand for one of them.
 5. The folder must hold exactly these files and nothing else.

WHAT THIS CANNOT SHOW

 *  That everything that happened was entered. A person with full control of the running server
    could have read without an entry; this proof does not exclude that.
 *  That the key is the right one, unless you bring it yourself with --trust, or one before it.
 *  That a body was erased lawfully. How many are erased is printed; ask for the reason.
 *  That the time in an entry is true. An entry is only no younger than the first checkpoint
    over it that somebody outside has kept.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    sys.exit("COULD NOT CHECK: this Python lacks the package 'cryptography' (pip install cryptography)")

INTACT, NOT_CHECKED, BROKEN = 0, 1, 3
WIDTH = 256  # hashes in a full tile
ED25519 = b"\x01"  # signature type of c2sp.org/signed-note: a log's
COSIGNATURE = b"\x04"  # of c2sp.org/tlog-cosignature: a witness's


class Broken(Exception):
    """The log is not what was signed. ``index`` is the first bad entry, where one can be named."""

    def __init__(self, problem: str, index: int | None = None) -> None:
        super().__init__(problem)
        self.index = index


class NotChecked(Exception):
    """Something needed for checking is missing or cannot be used."""


@dataclass(frozen=True)
class Verdict:
    """What was found. ``root`` is base64, as in a checkpoint; ``erased`` counts entries without a body."""

    ok: bool
    code: int
    size: int
    root: str
    bad_index: int | None
    problem: str
    erased: int = 0


# ---------------------------------------------------------------- keys, notes and checkpoints


@dataclass(frozen=True)
class Key:
    """A verifier key: ``<name>+<8 hex digits of key id>+<base64 of type || public key>``."""

    name: str
    id: bytes
    public: bytes
    witness: bool = False

    @staticmethod
    def parse(text: str, kind: bytes = ED25519) -> Key:
        name, id_hex, encoded = text.split("+", 2)
        material = exact_base64(encoded)
        identity = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
        if material[:1] != kind or len(material) != 33:
            raise ValueError("not an Ed25519 key of a log, or of a witness where one is named")
        if not name or any(c.isspace() for c in name) or identity.hex() != id_hex:
            raise ValueError("key id and key do not belong together")
        return Key(name, identity, material[1:], kind == COSIGNATURE)

    def verify(self, signature: bytes, text: str) -> bool:
        """A log signs the text; a witness signs when it saw it, too (c2sp.org/tlog-cosignature)."""
        if self.witness:
            if len(signature) != 72:
                return False
            text = f"cosignature/v1\ntime {int.from_bytes(signature[:8], 'big')}\n{text}"
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass
class Trust:
    """A trust file: the log's keys, its witnesses, and how many of them must have signed."""

    logs: list[Key]
    names: dict[str, Key | tuple[int, list[str]]]  # a witness, or a group: how many of which names
    quorum: str = "none"

    @staticmethod
    def parse(text: str, *, exported: bool) -> Trust:
        """exported   one blank between words, no comments, no addresses: it has one way to be written"""
        trust, quorums = Trust([], {}), 0
        for line in text.split("\n")[: -1 if exported else None]:
            words = line.split(" ") if exported else line.partition("#")[0].split()
            if words:
                quorums += trust.take(words, exported)
        if not trust.logs or quorums != 1 or (exported and not text.endswith(f"\nquorum {trust.quorum}\n")):
            raise ValueError("it needs a 'log' line and, at its end, one line 'quorum'")
        return trust

    def take(self, words: list[str], exported: bool) -> bool:
        kind, *rest = words
        address = 0 if exported else 1
        if kind == "log" and 0 <= len(rest) - 1 <= address:
            self.logs.append(Key.parse(rest[0]))
        elif kind == "witness" and 0 <= len(rest) - 2 <= address and self.fresh(rest[0]):
            key = Key.parse(rest[1], COSIGNATURE)
            if key in self.names.values():
                raise ValueError("one witness under two names would count twice")
            self.names[rest[0]] = key
        elif kind == "group" and len(rest) > 2 and self.fresh(rest[0]):
            members = rest[2:]
            needed = {"all": len(members), "any": 1}.get(rest[1]) or int(rest[1])
            if not 1 <= needed <= len(set(members)) == len(members) or not set(members) <= set(self.names):
                raise ValueError("a group has members that were named before, each once, and needs some of them")
            self.names[rest[0]] = needed, members
        elif kind == "quorum" and len(rest) == 1 and (rest[0] == "none" or rest[0] in self.names):
            self.quorum = rest[0]
            return True
        else:
            raise ValueError(f"not a line of a trust file: {' '.join(words)!a}")
        return False

    def fresh(self, name: str) -> bool:
        return name != "none" and name not in self.names

    def witnesses(self) -> list[Key]:
        return [each for each in self.names.values() if isinstance(each, Key)]

    def met(self, signed: list[Key], name: str | None = None) -> bool:
        """Whether those who signed are as many as the quorum asks for."""
        name = self.quorum if name is None else name
        if name == "none":
            return True
        wanted = self.names[name]
        if isinstance(wanted, Key):
            return wanted in signed
        return sum(self.met(signed, member) for member in wanted[1]) >= wanted[0]


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes

    @staticmethod
    def parse(text: str) -> Checkpoint:
        match = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([^\n]+)\n", text)
        root = exact_base64(match[3]) if match else b""
        if not match or len(root) != 32:
            raise ValueError("not a checkpoint of three lines")
        return Checkpoint(match[1], int(match[2]), root)


def exact_base64(text: str) -> bytes:
    """Base64 in its one proper spelling: two spellings would be a place to hide a bit."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 is not in its one proper form")
    return raw


def split_note(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """A signed note's text, and name and (key id || signature) of each signature line."""
    whole = note.decode("utf-8")
    if any(ord(c) < 0x20 and c != "\n" for c in whole):
        raise ValueError("control characters in a signed note")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise ValueError("a signed note ends with signature lines after an empty line")
    signatures = []
    for line in lines[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^\\s+]+) ([^\\s]+)", line)
        if not match:
            raise ValueError("not a signature line")
        signatures.append((match[1], exact_base64(match[2])))
    return text + "\n", signatures


def open_checkpoint(note: bytes, keys: list[Key], *, all_of_them: bool) -> tuple[Checkpoint, list[Key]]:
    """The checkpoint in a signed note and who signed it; ValueError unless a log's key vouches for it.

    all_of_them   the export's own checkpoint: each log's key has signed once, of the witnesses
                  some, and nobody else has. Otherwise one log's key is enough and unknown ones
                  are ignored, as signed-note says, because a checkpoint kept by others may
                  carry others' signatures too.
    """
    text, signatures = split_note(note)
    known = {(key.name, key.id): key for key in keys}
    found = []
    for name, blob in signatures:
        key = known.get((name, blob[:4]))
        if key is None:
            if all_of_them:
                raise ValueError(f"signed by a key the trust file does not name: {name!a}")
            continue
        if not key.verify(blob[4:], text):
            raise ValueError(f"the signature of {name!a} is false")
        found.append(key)
    logs = [key for key in found if not key.witness]
    wanted = [key for key in keys if not key.witness]
    if not logs or (all_of_them and (len(set(found)) != len(found) or set(logs) != set(wanted))):
        raise ValueError("it is not signed once by each key of the trust file")
    checkpoint = Checkpoint.parse(text)
    if any(key.name != checkpoint.origin for key in logs):
        raise ValueError(f"the checkpoint is of another log: {checkpoint.origin!a}")
    return checkpoint, found


# ---------------------------------------------------------------- a log whose key was changed


@dataclass(frozen=True)
class Change:
    """From ``size`` entries under ``root`` on the new key signs, and the old one no more."""

    old: Key
    new: Key
    size: int
    root: bytes

    @staticmethod
    def open(note: bytes) -> Change:
        """ValueError unless both keys signed it, the old one first, and nobody else.

        text   amana/log-succession/v1, then on a line each: old key, new key, size, base64 of the root
        """
        text, signatures = split_note(note)
        if not re.fullmatch(r"amana/log-succession/v1\n\S+\n\S+\n(0|[1-9][0-9]{0,18})\n\S+\n", text):
            raise ValueError("not the change of a log's key")
        _, old, new, size, root, _ = text.split("\n")
        found = Change(Key.parse(old), Key.parse(new), int(size), exact_base64(root))
        keys = (found.old, found.new)
        if keys[0] == keys[1] or keys[0].name != keys[1].name or len(found.root) != 32:
            raise ValueError("a log's key is followed by another key of the same log")
        if [(name, blob[:4]) for name, blob in signatures] != [(key.name, key.id) for key in keys]:
            raise ValueError("it is not signed by the old key and the new one, and by nobody else")
        if not all(key.verify(blob[4:], text) for key, (_, blob) in zip(keys, signatures, strict=True)):
            raise ValueError("the signature of one of its keys is false")
        return found


def read_changes(folder: Path, signed: Checkpoint, logs: list[Key]) -> list[Change]:
    """The changes of the log's key, first to last. Broken unless they lead to the key that signed the export."""
    changes: list[Change] = []
    while (folder / "succession" / str(len(changes) + 1)).is_file():
        name = f"succession/{len(changes) + 1}"
        try:
            change = Change.open(read_file(folder, name))
        except ValueError as problem:
            raise Broken(f"{name}: {problem}") from None
        if changes and (changes[-1].new != change.old or changes[-1].size > change.size):
            raise Broken(f"{name} does not follow the change before it")
        changes.append(change)
    keys = [change.old for change in changes[:1]] + [change.new for change in changes]
    if len(set(keys)) != len(keys):
        raise Broken("succession: a key comes back after it ended")
    if changes and (logs != [changes[-1].new] or changes[-1].size > signed.size):
        raise Broken("succession: the changes of the log's key do not lead to the key that signed this")
    return changes


# ---------------------------------------------------------------- entries


def refuse_number(text: str) -> NoReturn:
    raise ValueError(f"no such number in an entry: {text[:20]!a}")


def whole_number(text: str) -> int:
    number = int(text)
    if abs(number) >= 2**53:
        refuse_number(text)
    return number


reader = json.JSONDecoder(parse_float=refuse_number, parse_constant=refuse_number, parse_int=whole_number)
writer = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
writer_as_sorted = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def sorted_as_utf16(value: Any) -> Any:
    """RFC 8785 sorts names as UTF-16, which beyond ASCII is not the order that Python sorts in."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: sorted_as_utf16(value[name]) for name in names}
    return [sorted_as_utf16(each) for each in value] if isinstance(value, list) else value


def read_body(raw: bytes) -> dict[str, Any]:
    """The body of an entry; ValueError unless written exactly as RFC 8785 would."""
    text = raw.decode("utf-8")
    try:
        body = reader.decode(text)
        again = writer.encode(body) if raw.isascii() else writer_as_sorted.encode(sorted_as_utf16(body))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(body, dict) or again != text:
        raise ValueError("the body is not canonical JSON")
    return body


def read_line(line: bytes) -> tuple[bytes, dict[str, Any] | None]:
    """Commitment and body of one line of bodies.jsonl; no body if it was erased."""
    if line.startswith(b'{"erased":"'):
        commitment = exact_hex(line[11:-3], 32)
        if line != b'{"erased":"%s"}\n' % commitment.hex().encode():
            raise ValueError("not a line of an erased entry")
        return commitment, None
    # {"body": is 8 bytes long; ,"salt":"<32 hex digits>"} and the newline are 44.
    if line[:8] != b'{"body":' or line[-44:-35] != b',"salt":"' or line[-3:] != b'"}\n':
        raise ValueError("not a line of an entry")
    raw, salt = line[8:-44], exact_hex(line[-35:-3], 16)
    return hashlib.sha256(salt + raw).digest(), read_body(raw)


def exact_hex(text: bytes, length: int) -> bytes:
    raw = bytes.fromhex(text.decode("ascii"))
    if len(raw) != length or raw.hex().encode() != text:
        raise ValueError("not lower-case hex of the right length")
    return raw


class CaseNumbers:
    """Do the entries of each case run 1, 2, 3 ...?

    Entries made in the same moment may stand in the log in either order, so a number that
    comes early waits until the ones before it have come.
    """

    def __init__(self) -> None:
        self.next: dict[str, int] = {}
        self.waiting: dict[str, dict[int, int]] = {}
        self.erased = 0

    def take(self, index: int, body: dict[str, Any] | None) -> None:
        if body is None:
            self.erased += 1
            return
        subjects = body.get("subjects", [])
        if not isinstance(subjects, list):
            raise Broken("subjects is not a list", index)
        for subject in subjects:
            self.number(index, subject)

    def number(self, index: int, subject: Any) -> None:
        case, seq = (subject.get("case"), subject.get("seq")) if isinstance(subject, dict) else (None, None)
        if not isinstance(case, str) or type(seq) is not int:
            raise Broken("a subject without a case and a number", index)
        expected, waiting = self.next.get(case, 1), self.waiting.setdefault(case, {})
        if seq < expected or seq in waiting:
            raise Broken(f"case {case!a} has two entries numbered {seq}", index)
        waiting[seq] = index
        while expected in waiting:
            del waiting[expected]
            expected += 1
        self.next[case] = expected

    def finish(self) -> None:
        """Broken if a case lacks more numbers than there are erased entries to explain them."""
        for case, waiting in self.waiting.items():
            if waiting and max(waiting) - self.next[case] + 1 - len(waiting) > self.erased:
                raise Broken(f"case {case!a} has no entry numbered {self.next[case]}", waiting[min(waiting)])


# ---------------------------------------------------------------- the tree and its files


class Tree:
    """The tree of RFC 6962, grown leaf by leaf.

    It keeps the roots of the complete subtrees, largest first: one for each 1 in the binary
    form of the size. A new leaf is joined with them as a 1 is added with carries.
    """

    def __init__(self) -> None:
        self.size = 0
        self.subtrees: list[bytes] = []

    def add(self, leaf: bytes) -> Iterator[tuple[int, bytes]]:
        """Add a leaf hash; gives (height, hash) of each complete subtree that ends with it."""
        height, carry, node = 0, self.size, leaf
        yield height, node
        while carry & 1:
            node = hashlib.sha256(b"\x01" + self.subtrees.pop() + node).digest()
            carry >>= 1
            height += 1
            yield height, node
        self.subtrees.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self.subtrees:
            return hashlib.sha256(b"").digest()
        node = self.subtrees[-1]
        for left in reversed(self.subtrees[:-1]):
            node = hashlib.sha256(b"\x01" + left + node).digest()
        return node


def tile_name(kind: str, number: int, width: int) -> str:
    """``tile/<kind>/x001/x234/067`` for number 1234067, with ``.p/<width>`` if not full."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["tile", kind, *("x" + group for group in groups[:-1]), groups[-1]])
    return path if width == WIDTH else f"{path}.p/{width}"


def tile_names(kind: str, count: int) -> Iterator[str]:
    yield from (tile_name(kind, number, WIDTH) for number in range(count // WIDTH))
    if count % WIDTH:
        yield tile_name(kind, count // WIDTH, count % WIDTH)


def expected_files(size: int, changes: int = 0) -> set[str]:
    """Every file of an export of this many entries, whose key was changed so often."""
    files = {"checkpoint", "trust", "bodies.jsonl", *tile_names("entries", size)}
    files.update(f"succession/{number + 1}" for number in range(changes))
    level = 0
    while size >> 8 * level:
        files.update(tile_names(str(level), size >> 8 * level))
        level += 1
    return files


class StoredTiles:
    """Reads the tiles of one level side by side with the values they should hold."""

    def __init__(self, folder: Path, kind: str, value_bytes: int, count: int) -> None:
        self.folder, self.kind, self.value_bytes, self.count = folder, kind, value_bytes, count
        self.position = 0
        self.tile = b""
        self.name = ""

    def compare(self, value: bytes, entry: int, last_entry: int) -> None:
        """Broken unless the next value in the tiles is this one, which covers these entries."""
        at = self.position % WIDTH * self.value_bytes
        if at == 0:
            width = min(WIDTH, self.count - self.position)
            self.name = tile_name(self.kind, self.position // WIDTH, width)
            self.tile = read_file(self.folder, self.name, entry)
        if self.tile[at : at + self.value_bytes] != value:
            where = f"entry {entry}" if entry == last_entry else f"entries {entry} to {last_entry}"
            raise Broken(f"{self.name} does not hold what follows from {where}", entry)
        self.position += 1
        at += self.value_bytes
        if (self.position == self.count or at == WIDTH * self.value_bytes) and len(self.tile) != at:
            raise Broken(f"{self.name} is too long", last_entry + 1)


def read_file(folder: Path, name: str, entry: int | None = None) -> bytes:
    path = folder / name
    if not path.is_file():
        raise Broken(f"{name} is missing", entry)
    return path.read_bytes()


# ---------------------------------------------------------------- the check itself


class Check:
    """One run over one folder. ``size`` and ``root`` are what the verdict will name."""

    def __init__(self, folder: Path, trust: Path | None, saved: Path | None) -> None:
        self.folder, self.trust, self.saved = folder, trust, saved
        self.size, self.root = 0, ""
        self.changes: list[Change] = []
        self.cases = CaseNumbers()

    def run(self) -> None:
        """Return if the log is intact; else raise Broken or NotChecked."""
        if not self.folder.is_dir():
            raise NotChecked("there is no such folder")
        named, yours = self.trusts()
        keys = [*named.logs, *named.witnesses()]
        try:
            note = read_file(self.folder, "checkpoint")
            signed, signers = open_checkpoint(note, keys, all_of_them=True)
        except ValueError as problem:
            raise Broken(f"checkpoint: {problem}") from None
        if not (named.met(signers) and (yours is None or yours.met(signers))):
            raise Broken("checkpoint: fewer witnesses have signed it than the trust file asks for")
        self.size, self.root = signed.size, base64.b64encode(signed.root).decode()
        self.changes = read_changes(self.folder, signed, named.logs)
        trusted = self.trusted(named.logs, yours)
        saved, unusable = self.saved_checkpoints(trusted, signed.origin)
        changed = [Checkpoint(signed.origin, change.size, change.root) for change in self.changes]
        roots = without_fork([*saved, *changed, signed])
        self.entries(signed, roots)
        self.no_other_files()
        if unusable:
            raise NotChecked(f"the log agrees with itself, but {unusable[0]}")

    def trusts(self) -> tuple[Trust, Trust | None]:
        """What the export says must have signed it, and what you say."""
        yours = None
        try:
            if self.trust:
                yours = Trust.parse(self.trust.read_text("utf-8"), exported=False)
        except ValueError as problem:
            raise NotChecked(f"your trust file: {problem}") from None
        try:
            named = Trust.parse(read_file(self.folder, "trust").decode("utf-8"), exported=True)
        except ValueError as problem:
            raise Broken(f"trust: {problem}") from None
        return named, yours

    def trusted(self, named: list[Key], yours: Trust | None) -> list[Key]:
        """The log's keys that you may rely on: yours, and what leads from one of them to the export's."""
        row = [change.old for change in self.changes] + named
        if yours is None:
            return row
        if not set(named) <= set(yours.logs) and not (self.changes and set(row) & set(yours.logs)):
            raise Broken("the export was signed with a key that your trust file does not name")
        return [*yours.logs, *(key for key in row if key not in yours.logs)]

    def saved_checkpoints(self, keys: list[Key], origin: str) -> tuple[list[Checkpoint], list[str]]:
        """The checkpoints kept earlier, and what is wrong with those that cannot be used."""
        if self.saved is None:
            return [], []
        paths = sorted(self.saved.iterdir()) if self.saved.is_dir() else [self.saved]
        ended = {change.old: change.size for change in self.changes}
        usable, unusable = [], []
        for path in (path for path in paths if not path.name.startswith(".")):
            try:
                checkpoint, signers = open_checkpoint(path.read_bytes(), keys, all_of_them=False)
                if checkpoint.origin != origin:
                    raise ValueError(f"it is of another log: {checkpoint.origin!a}")
                if all(checkpoint.size > ended.get(key, checkpoint.size) for key in signers):
                    raise Broken(f"{path.name!a} was signed with a key that had ended: a proof of a fork")
                usable.append(checkpoint)
            except ValueError as problem:
                unusable.append(f"{path.name!a} is not a checkpoint of this log: {problem}")
        if not usable and not unusable:
            raise NotChecked("there is no saved checkpoint to compare with")
        return usable, unusable

    def entries(self, signed: Checkpoint, roots: list[Checkpoint]) -> None:
        """Walk through all entries once, comparing everything on the way.

        A false commitment or hash is found at its own entry. If all of them were made anew to
        fit, the first root that differs is found; the forgery then begins somewhere after the
        last checkpoint that agreed, and that entry is the one named.
        """
        tree, agreed = Tree(), 0
        tiles = [StoredTiles(self.folder, "entries", 34, signed.size)]
        tiles += [StoredTiles(self.folder, str(n), 32, signed.size >> 8 * n) for n in range(8)]
        for index, commitment, body in self.lines(signed.size):
            agreed = compare_roots(tree, roots, agreed)
            tiles[0].compare(b"\x00\x20" + commitment, index, index)
            for height, node in tree.add(hashlib.sha256(b"\x00" + commitment).digest()):
                if height % 8 == 0:
                    tiles[1 + height // 8].compare(node, index + 1 - (1 << height), index)
            self.cases.take(index, body)
        compare_roots(tree, roots, agreed)
        if roots:
            raise Broken(f"a saved checkpoint has {roots[0].size} entries: the log was cut", signed.size)
        self.cases.finish()

    def lines(self, size: int) -> Iterator[tuple[int, bytes, dict[str, Any] | None]]:
        """Index, commitment and body of each entry."""
        if not (self.folder / "bodies.jsonl").is_file():
            raise Broken("bodies.jsonl is missing")
        with (self.folder / "bodies.jsonl").open("rb") as file:
            for index in range(size):
                line = file.readline()
                if not line:
                    raise Broken("bodies.jsonl ends before its time", index)
                try:
                    commitment, body = read_line(line)
                except ValueError as problem:
                    raise Broken(f"bodies.jsonl: {problem}", index) from None
                yield index, commitment, body
            if file.read(1):
                raise Broken("bodies.jsonl goes on after the last entry", size)

    def no_other_files(self) -> None:
        files = expected_files(self.size, len(self.changes))
        folders = {str(parent) for file in files for parent in Path(file).parents}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_symlink() or name not in (folders if path.is_dir() else files):
                raise Broken(f"this does not belong to an export: {name!a}")


def without_fork(checkpoints: list[Checkpoint]) -> list[Checkpoint]:
    """The checkpoints by size. Broken if two of one size differ: nobody may ever sign both."""
    roots: dict[int, Checkpoint] = {}
    for checkpoint in checkpoints:
        if roots.setdefault(checkpoint.size, checkpoint).root != checkpoint.root:
            raise Broken(f"two different logs of {checkpoint.size} entries were signed: a proof of a fork")
    return [roots[size] for size in sorted(roots)]


def compare_roots(tree: Tree, roots: list[Checkpoint], agreed: int) -> int:
    """Take from ``roots`` what has the tree's present size; Broken unless its root is the tree's.

    returns   the size of the last checkpoint that agreed
    """
    while roots and roots[0].size == tree.size:
        checkpoint = roots.pop(0)
        if checkpoint.root != tree.root():
            raise Broken(f"the entries before {tree.size} are not those that were signed", agreed)
        agreed = tree.size
    return agreed


def verify(folder: Path, trust: Path | None = None, checkpoints: Path | None = None) -> Verdict:
    """Check one exported folder and say what was found; raises nothing for what it holds."""
    check = Check(folder, trust, checkpoints)
    try:
        check.run()
    except Broken as found:
        return Verdict(False, BROKEN, check.size, check.root, found.index, str(found))
    except (NotChecked, OSError) as found:
        return Verdict(False, NOT_CHECKED, check.size, check.root, None, str(found))
    return Verdict(True, INTACT, check.size, check.root, None, "", check.cases.erased)


def in_words(verdict: Verdict, own_key: bool) -> str:
    if verdict.code == NOT_CHECKED:
        return f"COULD NOT BE CHECKED: {verdict.problem}"
    if verdict.code == BROKEN:
        where = "" if verdict.bad_index is None else f" First bad entry: {verdict.bad_index}."
        return f"BROKEN: {verdict.problem}.{where}"
    note = "" if own_key else "\nThe key was taken from the export itself: compare it with one you had before."
    return f"INTACT: {verdict.size} entries, {verdict.erased} of them erased, root {verdict.root}{note}"


def in_json(verdict: Verdict) -> str:
    names = ("ok", "code", "size", "root", "bad_index", "problem")
    return json.dumps({name: getattr(verdict, name) for name in names})


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check an exported access log.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trust", type=Path, help="your own trust file, with the key you expect")
    parser.add_argument("--checkpoints", type=Path, help="checkpoints you saved: a folder or one file")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    try:
        given = parser.parse_args(arguments)
    except SystemExit as end:
        return NOT_CHECKED if end.code else INTACT
    verdict = verify(given.folder, given.trust, given.checkpoints)
    print(in_json(verdict) if given.json else in_words(verdict, given.trust is not None))
    return verdict.code


if __name__ == "__main__":
    sys.exit(main())
