"""Outside witnesses: they sign what they saw, never two histories; and what they signed binds the log."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.audit.canonical import commitment
from app.audit.checkpoint import open_checkpoint
from app.audit.cosignature import cosign, cosigners
from app.audit.cosigning import Answered, Cosigning, cosigned, request_for
from app.audit.export import check_export, write_export
from app.audit.note import COSIGNATURE, split_note, verifier_key
from app.audit.tiles import TileFolder
from app.audit.tree import consistency_proof
from app.audit.trust import Trust
from app.errors import CannotStart, LogForked, SealBroken
from app.witness import Refused, Witness, found
from tests.audit.sample_log import OTHER_SEED, SEED, entries, entry, key, leaves, public, signed
from tests.kit import verify_log
from tests.kit.verify_log import verify

LOG = entries(700)
NAMES = ("counsel", "university", "partner")


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return made(tmp_path, "counsel")


def made(under: Path, name: str, *logs: str) -> Witness:
    found(under / name, f"{name}.example")
    for each in logs or (key(),):
        Witness(under / name).trust(each)
    return Witness(under / name)


def tiles_of(folder: Path, size: int) -> TileFolder:
    """A log as it is published, up to here."""
    tiles = TileFolder(folder)
    tiles.append_entries(0, [commitment(*each) for each in LOG[:size]])
    tiles.append(0, leaves(LOG[:size]))
    tiles.write_checkpoint(signed(LOG[:size]))
    return tiles


def grown(tiles: TileFolder, before: int, size: int) -> None:
    tiles.append_entries(before, [commitment(*each) for each in LOG[before:size]])
    tiles.append(before, leaves(LOG[before:size]))
    tiles.write_checkpoint(signed(LOG[:size]))


def asking(*witnesses: Witness) -> Callable[[str, bytes], Answered]:
    """What the door does, without a socket; tests/cli does it with one."""
    by_address = {f"http://{each.name}/add-checkpoint": each for each in witnesses}

    def ask(address: str, body: bytes) -> Answered:
        if address not in by_address:
            return Answered(0, "")
        try:
            return Answered(200, by_address[address].add_checkpoint(body))
        except Refused as refused:
            return Answered(refused.status, "" if refused.size is None else f"{refused.size}\n")

    return ask


def trust_of(*witnesses: Witness, quorum: str = "") -> Trust:
    lines = [f"log {key()}", *(f"witness {each.name} {each.key} http://{each.name}" for each in witnesses)]
    lines.append(f"group enough {quorum or 'all'} {' '.join(each.name for each in witnesses)}")
    return Trust.parse("\n".join([*lines, "quorum enough"]))


def request(old: int, size: int, *, seed: bytes = SEED, proof: int | None = None) -> bytes:
    hashes = consistency_proof(old if proof is None else proof, size, hash_of(size))
    return request_for(old, hashes, signed(LOG[:size], seed))


def hash_of(size: int) -> Callable[[int, int], bytes]:
    def hash_at(height: int, index: int) -> bytes:
        level = leaves(LOG[index << height : (index + 1) << height])
        while len(level) > 1:
            level = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=True)]
        return level[0]

    return hash_at


# what a witness signs


def test_a_cosignature_is_what_the_published_format_says() -> None:
    note = signed(LOG[:5])
    text = split_note(note)[0]

    line = cosign(text, "counsel.example", OTHER_SEED, at=1_790_000_000)

    name, encoded = line.removeprefix("— ").split()
    blob = base64.b64decode(encoded)
    identity = hashlib.sha256(b"counsel.example\n\x04" + public(OTHER_SEED)).digest()[:4]
    assert (name, blob[:4], struct.unpack(">Q", blob[4:12])) == ("counsel.example", identity, (1_790_000_000,))
    said = b"cosignature/v1\ntime 1790000000\n" + text.encode()
    Ed25519PublicKey.from_public_bytes(public(OTHER_SEED)).verify(blob[12:], said)
    known = verifier_key("counsel.example", public(OTHER_SEED), COSIGNATURE)
    assert cosigners(note + line.encode(), [known]) == {known: 1_790_000_000}


@pytest.mark.abuse("G06")
def test_one_flipped_bit_of_a_cosignature_condemns_the_note() -> None:
    note = signed(LOG[:5])
    line = cosign(split_note(note)[0], "counsel.example", OTHER_SEED, at=1_790_000_000)
    known = verifier_key("counsel.example", public(OTHER_SEED), COSIGNATURE)
    name, blob = line.removeprefix("— ").split()[0], base64.b64decode(line.split()[2])

    for at in range(4, len(blob)):
        false = bytearray(blob)
        false[at] ^= 1
        spoilt = f"— {name} {base64.b64encode(bytes(false)).decode()}\n"
        with pytest.raises(SealBroken):
            cosigners(note + spoilt.encode(), [known])


def test_a_logs_signature_is_no_witness_and_a_witness_none_of_a_log() -> None:
    note = signed(LOG[:5])
    with pytest.raises(ValueError, match="verifier key"):
        cosigners(note, [key()])
    with pytest.raises(SealBroken):
        open_checkpoint(note, verifier_key("counsel.example", public(OTHER_SEED), COSIGNATURE))


# what a witness refuses


@pytest.mark.domain("D33")
def test_a_log_that_grows_is_signed_each_time(witness: Witness) -> None:
    for old, size in ((0, 5), (5, 5), (5, 256), (256, 257), (257, 700)):
        line = witness.add_checkpoint(request(old, size))
        assert cosigners(signed(LOG[:size]) + line.encode(), [witness.key])


@pytest.mark.parametrize(
    ("what", "status", "size"),
    [
        ("an older size than it saw", 409, 256),
        ("a newer size than it saw", 409, 256),
        ("a proof of another step", 422, None),
        ("a proof that is cut", 422, None),
        ("another log's name", 404, None),
        ("another key under the same name", 403, None),
        ("a smaller tree", 400, None),
        ("no note", 400, None),
        ("a size with a sign", 400, None),
        ("a size spelt twice", 400, None),
        ("too many hashes", 400, None),
        ("a hash of another length", 400, None),
        ("no empty line", 400, None),
        ("bytes that are no text", 400, None),
    ],
)
def test_what_does_not_fit_is_refused_as_the_protocol_says(
    witness: Witness, what: str, status: int, size: int | None
) -> None:
    witness.add_checkpoint(request(0, 256))
    good = request(256, 700)
    spoilt: dict[str, Callable[[], bytes]] = {
        "an older size than it saw": lambda: request(5, 700),
        "a newer size than it saw": lambda: request(257, 700),
        "a proof of another step": lambda: request(256, 700, proof=255),
        "a proof that is cut": lambda: b"old 256\n\n" + good.partition(b"\n\n")[2],
        "another log's name": lambda: request_for(256, [], signed(LOG[:700], SEED, "else.example/log")),
        "another key under the same name": lambda: request(256, 700, seed=OTHER_SEED),
        "a smaller tree": lambda: request_for(256, [], signed(LOG[:255])),
        "no note": lambda: b"old 256\n\nhello",
        "a size with a sign": lambda: good.replace(b"old 256", b"old +256"),
        "a size spelt twice": lambda: good.replace(b"old 256", b"old 0256"),
        "too many hashes": lambda: request_for(256, [bytes(32)] * 64, signed(LOG)),
        "a hash of another length": lambda: request_for(256, [bytes(31)], signed(LOG)),
        "no empty line": lambda: b"old 256",
        "bytes that are no text": lambda: b"\xff\xfe" + good,
    }

    with pytest.raises(Refused) as refused:
        witness.add_checkpoint(spoilt[what]())

    assert (refused.value.status, refused.value.size) == (status, size)
    assert witness.add_checkpoint(good)


@pytest.mark.abuse("G05")
def test_two_histories_of_one_size_are_never_both_signed(witness: Witness) -> None:
    other = [*LOG[:4], LOG[9]]
    witness.add_checkpoint(request(0, 5))

    for old in (0, 5):
        with pytest.raises(Refused) as refused:
            witness.add_checkpoint(request_for(old, [], signed(other)))
        assert (refused.value.status, refused.value.size) == (409, 5)


def test_of_two_histories_at_one_moment_one_is_signed(witness: Witness) -> None:
    others = [signed([*LOG[:4], LOG[9 + n]]) for n in range(8)]

    def attempt(note: bytes) -> int:
        try:
            witness.add_checkpoint(request_for(0, [], note))
        except Refused as refused:
            return refused.status
        return 200

    with ThreadPoolExecutor(8) as crowd:
        assert sorted(crowd.map(attempt, others)) == [200, *[409] * 7]


def test_what_was_seen_outlives_the_process(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(request(0, 256))

    with pytest.raises(Refused) as refused:
        Witness(tmp_path / "counsel").add_checkpoint(request(0, 256))

    assert refused.value.size == 256


def test_a_folder_that_others_may_read_or_that_is_none_of_a_witness_is_refused(tmp_path: Path) -> None:
    made(tmp_path, "counsel")
    (tmp_path / "counsel" / "key").chmod(0o644)
    with pytest.raises(CannotStart, match="read by others"):
        Witness(tmp_path / "counsel")
    with pytest.raises(CannotStart, match="no witness's folder"):
        Witness(tmp_path / "nothing")
    with pytest.raises(CannotStart, match="in use"):
        found(tmp_path / "counsel", "counsel.example")
    with pytest.raises(CannotStart, match="no blanks"):
        found(tmp_path / "other", "two words")


def test_a_log_under_another_key_is_not_watched_by_the_way(witness: Witness) -> None:
    with pytest.raises(CannotStart, match="another key"):
        witness.trust(key(OTHER_SEED))
    with pytest.raises(CannotStart, match="no log's"):
        witness.trust(witness.key)


# the trust file


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "log {log}",
        "quorum none",
        "log {log}\nquorum none\nquorum none",
        "log {log}\nquorum nobody",
        "log {witness}\nquorum none",
        "log {log}\nwitness a {log}\nquorum a",
        "log {log}\nwitness a {witness}\nwitness a {witness}\nquorum a",
        "log {log}\nwitness a {witness}\nwitness b {witness}\nquorum b",
        "log {log}\nwitness none {witness}\nquorum none",
        "log {log}\nwitness a {witness}\ngroup g 2 a\nquorum g",
        "log {log}\nwitness a {witness}\ngroup g 0 a\nquorum g",
        "log {log}\nwitness a {witness}\ngroup g any a a\nquorum g",
        "log {log}\nwitness a {witness}\ngroup g any b\nquorum g",
        "log {log}\nwitness a\nquorum a",
        "log {log}\nbelieve everybody\nquorum none",
    ],
)
def test_a_trust_file_that_is_not_to_be_relied_on_is_refused_by_both(witness: Witness, wrong: str) -> None:
    text = wrong.format(log=key(), witness=witness.key)
    with pytest.raises(ValueError, match="trust file"):
        Trust.parse(text)
    with pytest.raises((ValueError, IndexError)):
        verify_log.Trust.parse(text, exported=False)


def test_a_quorum_is_counted_through_groups(tmp_path: Path) -> None:
    one, two, three = (made(tmp_path, name) for name in NAMES)
    trust = Trust.parse(
        f"log {key()} https://log.example # ours\n"
        + "".join(f"witness {each.name} {each.key}\n" for each in (one, two, three))
        + f"group abroad any {two.name} {three.name}\ngroup enough all {one.name} abroad\nquorum enough\n"
    )

    assert [trust.met(keys) for keys in ((), [one.key], [two.key, three.key], [one.key, three.key])] == [
        False, False, False, True,
    ]  # fmt: skip
    assert Trust.parse(trust.text()).text() == trust.text()
    assert "https" not in trust.text()


# carrying checkpoints to them


def test_each_new_checkpoint_is_carried_to_every_witness(tmp_path: Path) -> None:
    witnesses = [made(tmp_path, name) for name in NAMES]
    tiles, trust = tiles_of(tmp_path / "log", 5), trust_of(*witnesses)
    carrier = Cosigning(tiles, trust, key(), asking(*witnesses))

    assert carrier.round()
    grown(tiles, 5, 300)
    assert carrier.round()

    note = tiles.read_checkpoint() or b""
    assert set(cosigners(note, trust.keys)) == {each.key for each in witnesses}
    seen = cosigned(tiles, trust, key())
    assert seen is not None
    assert seen.size == 300


def test_one_that_is_gone_is_not_waited_for_and_is_told_from_enough(tmp_path: Path) -> None:
    one, two, three = (made(tmp_path, name) for name in NAMES)
    tiles, trust = tiles_of(tmp_path / "log", 5), trust_of(one, two, three, quorum="2")

    assert not Cosigning(tiles, trust, key(), asking(one)).round()
    assert cosigned(tiles, trust, key()) is None
    assert Cosigning(tiles, trust, key(), asking(one, two)).round()
    grown(tiles, 5, 9)
    assert not Cosigning(tiles, trust, key(), asking()).round()

    seen = cosigned(tiles, trust, key())
    assert seen is not None
    assert seen.size == 5


def test_a_worker_that_forgot_asks_from_where_the_witness_stands(witness: Witness, tmp_path: Path) -> None:
    tiles, trust = tiles_of(tmp_path / "log", 256), trust_of(witness)
    Cosigning(tiles, trust, key(), asking(witness)).round()
    grown(tiles, 256, 700)

    assert Cosigning(tiles, trust, key(), asking(witness)).round()


@pytest.mark.abuse("G04")
def test_an_old_log_brought_back_is_told_by_its_witness(witness: Witness, tmp_path: Path) -> None:
    trust = trust_of(witness)
    Cosigning(tiles_of(tmp_path / "log", 300), trust, key(), asking(witness)).round()

    with pytest.raises(LogForked, match="has seen 300 entries"):
        Cosigning(tiles_of(tmp_path / "restored", 256), trust, key(), asking(witness)).round()


@pytest.mark.parametrize("lines", ["", "hello\n", "— counsel.example AAAA\n", "{other}"])
def test_an_answer_without_the_witnesss_own_line_adds_nothing(witness: Witness, tmp_path: Path, lines: str) -> None:
    tiles, trust = tiles_of(tmp_path / "log", 5), trust_of(witness)
    note = tiles.read_checkpoint() or b""
    forged = cosign(split_note(note)[0], witness.name, OTHER_SEED, at=1)

    carrier = Cosigning(tiles, trust, key(), lambda _address, _body: Answered(200, lines.format(other=forged)))

    assert not carrier.round()
    assert tiles.read_checkpoint() == note


def test_a_line_that_comes_late_does_not_bring_an_older_checkpoint_back(witness: Witness, tmp_path: Path) -> None:
    tiles = tiles_of(tmp_path / "log", 5)
    old = tiles.read_checkpoint() or b""
    line = witness.add_checkpoint(request_for(0, [], old))
    grown(tiles, 5, 9)

    tiles.add_signature(old.rpartition(b"\n\n")[0] + b"\n", line.encode())

    assert tiles.read_checkpoint() == signed(LOG[:9])


# what it is worth to a stranger


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Path, Path, list[Witness]]:
    """An export that two of three witnesses signed, and a stranger's own trust file."""
    witnesses = [made(tmp_path, name) for name in NAMES]
    tiles, trust = tiles_of(tmp_path / "log", 300), trust_of(*witnesses, quorum="2")
    Cosigning(tiles, trust, key(), asking(*witnesses[:2])).round()
    write_export(tmp_path / "out", LOG[:300], tiles.read_cosigned() or b"", trust.text())
    (tmp_path / "mine").write_text(trust.text())
    return tmp_path / "out", tmp_path / "mine", witnesses


@pytest.mark.domain("D33")
def test_a_stranger_checks_the_witnesses_too(exported: tuple[Path, Path, list[Witness]]) -> None:
    folder, mine, _ = exported
    assert verify(folder, trust=mine).ok
    assert check_export(folder).intact


@pytest.mark.domain("D33")
@pytest.mark.abuse("G05")
def test_a_log_written_anew_by_who_holds_its_key_lacks_the_witnesses(
    exported: tuple[Path, Path, list[Witness]], tmp_path: Path
) -> None:
    _, mine, _ = exported
    other = [*LOG[:40], entry(40, actor="P-9999"), *LOG[41:300]]
    without = Trust.parse(f"log {key()}\nquorum none")
    write_export(tmp_path / "forged", other, signed(other), without.text())

    # Whoever brings no trust of their own has nothing to tell it by.
    assert verify(tmp_path / "forged").ok
    found_out = verify(tmp_path / "forged", trust=mine)

    assert found_out.code == 3
    assert "fewer witnesses" in found_out.problem


@pytest.mark.parametrize("edit", ["drop", "twice", "move", "foreign"])
def test_lines_of_witnesses_cannot_be_edited(exported: tuple[Path, Path, list[Witness]], edit: str) -> None:
    folder, mine, witnesses = exported
    path = folder / "checkpoint"
    head, _, tail = path.read_text(encoding="utf-8").rpartition("\n\n")
    lines = tail.splitlines(keepends=True)
    strange = cosign(head + "\n", "nobody.example", OTHER_SEED, at=1)
    moved = cosign(split_note(signed(LOG[:299]))[0], witnesses[2].name, OTHER_SEED, at=1)
    edited = {
        "drop": lines[:-1], "twice": [*lines, lines[-1]], "move": [*lines, moved], "foreign": [*lines, strange],
    }[edit]  # fmt: skip
    path.write_text(f"{head}\n\n{''.join(edited)}", encoding="utf-8")

    assert verify(folder, trust=mine).code == 3
