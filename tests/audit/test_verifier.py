"""The strangers' verifier: an untouched log passes, and nothing else does."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.audit.canonical import commitment
from app.audit.checkpoint import Checkpoint
from app.audit.export import Entry, trust_text
from app.audit.note import sign_note
from app.audit.tree import root
from tests.audit.sample_log import (
    ORIGIN,
    OTHER_SEED,
    SEED,
    Dice,
    body,
    entries,
    entry,
    export,
    files_of,
    key,
    leaves,
    save,
    signed,
    tampered,
)
from tests.drills import trials
from tests.kit import verify_log
from tests.kit.verify_log import Verdict, verify

SIZE = trials(600, 10_000)
LOG = entries(SIZE)
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("exported") / "log", LOG)


def assert_broken(verdict: Verdict, bad_index: int | None = None) -> None:
    assert (verdict.ok, verdict.code) == (False, 3), verdict
    assert verdict.bad_index == bad_index, verdict


# ---------------------------------------------------------------- controls


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 513, 700])
def test_an_untouched_log_passes(tmp_path: Path, size: int) -> None:
    log = entries(size)
    verdict = verify(export(tmp_path / "log", log), checkpoints=save(tmp_path / "saved", signed(log)))
    assert (verdict.ok, verdict.code, verdict.size, verdict.bad_index) == (True, 0, size, None)


@pytest.mark.domain("D33")
def test_an_untouched_log_agrees_with_every_checkpoint_kept_on_the_way(exported: Path, tmp_path: Path) -> None:
    notes = [signed(LOG[:size]) for size in (0, 1, 7, 255, 256, 257, 511, 512, 599, 600)]
    assert verify(exported, checkpoints=save(tmp_path / "saved", *notes)).ok


def test_a_log_with_erased_bodies_passes_and_says_how_many(tmp_path: Path) -> None:
    log: list[Entry] = [commitment(*each) if index % 3 else each for index, each in enumerate(LOG[:300])]
    verdict = verify(export(tmp_path / "log", log))
    assert verdict.ok
    assert verdict.erased == 200
    assert "200 of them erased" in verify_log.in_words(verdict, own_key=True)


def test_the_key_may_be_brought_from_outside(exported: Path, tmp_path: Path) -> None:
    mine = tmp_path / "trust"
    mine.write_text(f"# kept since March\n\n log {key()}\thttps://amana.example/ \nquorum none\n")
    assert verify(exported, trust=mine).ok


# ---------------------------------------------------------------- G01: random edits


def lines_of(files: Files) -> list[bytes]:
    return files["bodies.jsonl"].splitlines(keepends=True)


def with_lines(files: Files, lines: Sequence[bytes]) -> Files:
    return files | {"bodies.jsonl": b"".join(lines)}


def delete(files: Files, dice: Dice) -> tuple[Files, int]:
    lines, at = lines_of(files), dice.below(SIZE)
    return with_lines(files, lines[:at] + lines[at + 1 :]), at


def edit_body(files: Files, dice: Dice) -> tuple[Files, int]:
    lines, at = lines_of(files), dice.below(SIZE)
    lines[at] = lines[at].replace(b'"P-0412"', b'"P-%04d"' % dice.below(412))
    return with_lines(files, lines), at


def flip_in_line(files: Files, dice: Dice) -> tuple[Files, int]:
    """Any bit of any line; also one that makes or breaks a line end."""
    lines, at = lines_of(files), dice.below(SIZE)
    lines[at] = dice.flip(lines[at])
    return with_lines(files, lines), at


def exchange_salt(files: Files, dice: Dice) -> tuple[Files, int]:
    lines, at = lines_of(files), dice.below(SIZE)
    lines[at] = lines[at][:-35] + b"%032x" % dice.below(2**128) + lines[at][-3:]
    return with_lines(files, lines), at


def insert(files: Files, dice: Dice) -> tuple[Files, int]:
    lines, at = lines_of(files), dice.below(SIZE + 1)
    fresh = b'{"body":{"action":"case.open"},"salt":"%032x"}\n' % dice.below(2**128)
    return with_lines(files, [*lines[:at], fresh, *lines[at:]]), at


def swap(files: Files, dice: Dice) -> tuple[Files, int]:
    lines, first = lines_of(files), dice.below(SIZE - 1)
    second = dice.below(SIZE, first + 1)
    lines[first], lines[second] = lines[second], lines[first]
    return with_lines(files, lines), first


def duplicate(files: Files, dice: Dice) -> tuple[Files, int]:
    lines, at = lines_of(files), dice.below(SIZE)
    return with_lines(files, lines[: at + 1] + lines[at:]), at + 1


def claim_erased(files: Files, dice: Dice) -> tuple[Files, int]:
    """Hide what an entry said behind a commitment that is not its own."""
    lines, at = lines_of(files), dice.below(SIZE)
    lines[at] = b'{"erased":"%064x"}\n' % dice.below(2**256)
    return with_lines(files, lines), at


def cut_tail(files: Files, dice: Dice) -> tuple[Files, int]:
    at = dice.below(SIZE)
    return with_lines(files, lines_of(files)[:at]), at


def cut_inside_a_line(files: Files, dice: Dice) -> tuple[Files, int]:
    lines, at = lines_of(files), dice.below(SIZE)
    return with_lines(files, [*lines[:at], lines[at][: dice.below(len(lines[at]), 1)]]), at


def drawn(files: Files, folder: str, dice: Dice) -> str:
    """One of the tiles in a folder of an export."""
    names = sorted(name for name in files if name.startswith(folder))
    return names[dice.below(len(names))]


def flip_commitment(files: Files, dice: Dice) -> tuple[Files, int]:
    name = drawn(files, "tile/entries/", dice)
    bent = dice.flip(files[name])
    return files | {name: bent}, first_difference(files[name], bent) // 34 + 256 * int(name[13:16])


def flip_leaf(files: Files, dice: Dice) -> tuple[Files, int]:
    name = drawn(files, "tile/0/", dice)
    bent = dice.flip(files[name])
    return files | {name: bent}, first_difference(files[name], bent) // 32 + 256 * int(name[7:10])


def flip_node(files: Files, dice: Dice) -> tuple[Files, int]:
    name = drawn(files, "tile/1/", dice)
    bent = dice.flip(files[name])
    return files | {name: bent}, first_difference(files[name], bent) // 32 * 256


def first_difference(one: bytes, other: bytes) -> int:
    return next(at for at in range(len(one)) if one[at] != other[at])


EDITS = (
    delete, edit_body, flip_in_line, exchange_salt, insert, swap, duplicate, claim_erased,
    cut_tail, cut_inside_a_line, flip_commitment, flip_leaf, flip_node,
)  # fmt: skip


@pytest.mark.drill
@pytest.mark.abuse("G01")
@pytest.mark.abuse("G06")
def test_a_thousand_random_edits_are_found_and_the_first_bad_entry_named(exported: Path) -> None:
    dice, pristine = Dice(1), files_of(exported)
    for trial in range(1001):
        edited, expected = EDITS[trial % len(EDITS)](pristine, dice)
        with tampered(exported, pristine, edited):
            verdict = verify(exported)
        assert (verdict.code, verdict.bad_index) == (3, expected), (EDITS[trial % len(EDITS)], verdict)
    assert verify(exported).ok, "the log was put back as it was"


@pytest.mark.abuse("G06")
def test_a_thousand_flipped_bits_anywhere_in_an_export_are_found(exported: Path) -> None:
    dice, pristine = Dice(2), files_of(exported)
    names = sorted(pristine)
    for trial in range(1000):
        name = names[trial % len(names)]
        with tampered(exported, pristine, pristine | {name: dice.flip(pristine[name])}):
            assert verify(exported).code == 3, name


@pytest.mark.abuse("G01")
def test_a_line_after_the_last_entry_is_found(exported: Path) -> None:
    pristine = files_of(exported)
    for more in (lines_of(pristine)[-1], b"\n", b"x"):
        with tampered(exported, pristine, with_lines(pristine, [*lines_of(pristine), more])):
            assert_broken(verify(exported), SIZE)


@pytest.mark.abuse("G06")
@pytest.mark.parametrize("name", ["checkpoint", "trust"])
def test_no_bit_of_checkpoint_or_trust_file_can_be_flipped(exported: Path, name: str) -> None:
    pristine = files_of(exported)
    for at in range(len(pristine[name])):
        for bit in range(8):
            bent = bytearray(pristine[name])
            bent[at] ^= 1 << bit
            with tampered(exported, pristine, pristine | {name: bytes(bent)}):
                assert verify(exported).code == 3


@pytest.mark.abuse("G01")
def test_a_missing_file_is_found(exported: Path) -> None:
    pristine = files_of(exported)
    for name in pristine:
        with tampered(exported, pristine, {n: raw for n, raw in pristine.items() if n != name}):
            assert verify(exported).code == 3, name


@pytest.mark.abuse("G01")
@pytest.mark.parametrize(
    "name",
    ["notes.txt", ".hidden", "tile/0/003", "tile/0/002.p/87", "tile/2/000.p/1", "tile/entries/003", "x/y"],
)
def test_a_file_that_does_not_belong_is_found(tmp_path: Path, name: str) -> None:
    folder = export(tmp_path / "log", LOG)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()
    verdict = verify(folder)
    assert_broken(verdict)
    assert name.split("/")[0] in verdict.problem


def test_an_empty_folder_does_not_belong_either(tmp_path: Path) -> None:
    folder = export(tmp_path / "log", LOG[:3])
    (folder / "tile" / "1").mkdir()
    assert_broken(verify(folder))


@pytest.mark.parametrize("name", ["tile/0/000", "tile/0/002.p/88", "tile/entries/002.p/88", "tile/1/000.p/2"])
def test_a_tile_that_is_longer_than_it_should_be_is_found(exported: Path, name: str) -> None:
    pristine = files_of(exported)
    for more in (b"\0", bytes(32), bytes(34)):
        with tampered(exported, pristine, pristine | {name: pristine[name] + more}):
            assert verify(exported).code == 3


def test_a_link_in_place_of_a_file_is_found(tmp_path: Path) -> None:
    """A link could show one content to the verifier and another to the next reader."""
    folder = export(tmp_path / "log", LOG[:3])
    (folder / "trust").rename(tmp_path / "elsewhere")
    (folder / "trust").symlink_to(tmp_path / "elsewhere")
    assert_broken(verify(folder))


# ---------------------------------------------------------------- an attacker who rebuilds the whole tree


def alter(log: list[Entry], at: int) -> list[Entry]:
    return [*log[:at], entry(at, action="testimony.list"), *log[at + 1 :]]


def remove(log: list[Entry], at: int) -> list[Entry]:
    return log[:at] + log[at + 1 :]


def reorder(log: list[Entry], at: int) -> list[Entry]:
    return [*log[:at], log[at + 1], log[at], *log[at + 2 :]]


def cut(log: list[Entry], at: int) -> list[Entry]:
    return log[:at]


def slip_in(log: list[Entry], at: int) -> list[Entry]:
    return [*log[:at], entry(at, subjects=[]), *log[at:]]


FORGERIES = (alter, remove, reorder, cut, slip_in)


@pytest.mark.abuse("G01")
@pytest.mark.parametrize("forge", FORGERIES)
def test_a_tree_built_anew_does_not_fit_the_old_signature(
    tmp_path: Path, forge: Callable[[list[Entry], int], list[Entry]]
) -> None:
    forged = forge(list(LOG), 450)
    verdict = verify(export(tmp_path / "log", forged, note=signed(LOG)))
    assert verdict.code == 3


@pytest.mark.abuse("G02")
@pytest.mark.domain("D33")
@pytest.mark.parametrize("forge", FORGERIES)
def test_a_log_forged_and_signed_anew_is_found_by_one_checkpoint_kept_before(
    tmp_path: Path, forge: Callable[[list[Entry], int], list[Entry]]
) -> None:
    forged = forge(list(LOG), 450)
    folder = export(tmp_path / "log", forged, note=signed(forged))
    verdict = verify(folder, checkpoints=save(tmp_path / "saved", signed(LOG[:300]), signed(LOG[:500])))
    assert_broken(verdict, 450 if forge is cut else 300)


def test_what_was_forged_after_the_last_kept_checkpoint_is_not_found(tmp_path: Path) -> None:
    """Said honestly, and why checkpoints go out every few minutes."""
    forged = alter(list(LOG), 450)
    folder = export(tmp_path / "log", forged, note=signed(forged))
    assert verify(folder, checkpoints=save(tmp_path / "saved", signed(LOG[:450]))).ok


@pytest.mark.abuse("G02")
@pytest.mark.abuse("G03")
@pytest.mark.domain("D33")
@pytest.mark.parametrize("kept", [1, 7, 255, 256, 257, 600])
def test_a_log_cut_before_any_kept_checkpoint_is_found(tmp_path: Path, kept: int) -> None:
    saved = save(tmp_path / "saved", signed(LOG[:kept]))
    for left in {0, kept // 2, kept - 1}:
        folder = export(tmp_path / f"log-{left}", LOG[:left])
        assert_broken(verify(folder, checkpoints=saved), left)


@pytest.mark.abuse("G04")
def test_two_signed_trees_of_one_size_prove_the_fork(exported: Path, tmp_path: Path) -> None:
    other = alter(list(LOG), 10)[:300]
    saved = save(tmp_path / "saved", signed(LOG[:300]), signed(other))
    verdict = verify(exported, checkpoints=saved)
    assert_broken(verdict)
    assert "300" in verdict.problem
    assert "fork" in verdict.problem


@pytest.mark.abuse("G04")
def test_a_fork_of_the_present_size_is_proved_too(exported: Path, tmp_path: Path) -> None:
    saved = tmp_path / "one-file"
    saved.write_bytes(signed(alter(list(LOG), 10)))
    verdict = verify(exported, checkpoints=saved)
    assert_broken(verdict)
    assert "fork" in verdict.problem


# ---------------------------------------------------------------- G05: keys and checkpoints


@pytest.mark.abuse("G05")
@pytest.mark.parametrize(
    "note",
    [
        signed(LOG, OTHER_SEED),
        signed(LOG, origin="amana.example/other"),
        sign_note(Checkpoint("amana.example/other", SIZE, root(leaves(LOG))).text(), ORIGIN, SEED),
        sign_note(Checkpoint(ORIGIN, SIZE - 1, root(leaves(LOG))).text(), ORIGIN, SEED),
        sign_note(Checkpoint(ORIGIN, SIZE + 1, root(leaves(LOG))).text(), ORIGIN, SEED),
        sign_note(Checkpoint(ORIGIN, 10**18, root(leaves(LOG))).text(), ORIGIN, SEED),
        sign_note(Checkpoint(ORIGIN, SIZE, root(leaves(LOG)[1:])).text(), ORIGIN, SEED),
        sign_note(Checkpoint(ORIGIN, SIZE, root(leaves(LOG))).text() + "extension\n", ORIGIN, SEED),
        sign_note("nothing\n", ORIGIN, SEED),
        signed(LOG) + signed(LOG, OTHER_SEED).rpartition(b"\n\n")[2],
        signed(LOG) + signed(LOG).rpartition(b"\n\n")[2],
        b"",
    ],
    ids=[
        "unknown key", "other log", "other origin", "size too small", "size too large", "size absurd",
        "other root", "extension line", "no checkpoint", "one signature too many", "signed twice", "empty",
    ],
)  # fmt: skip
def test_an_export_under_a_wrong_checkpoint_is_refused(exported: Path, note: bytes) -> None:
    pristine = files_of(exported)
    with tampered(exported, pristine, pristine | {"checkpoint": note}):
        assert verify(exported).code == 3


@pytest.mark.abuse("G05")
def test_an_export_signed_with_a_key_one_does_not_trust_is_refused(tmp_path: Path) -> None:
    """A thief with a key of their own can make a log that agrees with itself, not one I trust."""
    theirs = export(tmp_path / "log", LOG, note=signed(LOG, OTHER_SEED), trust=trust_text(key(OTHER_SEED)))
    mine = tmp_path / "trust"
    mine.write_text(trust_text(key()))
    assert verify(theirs).ok
    assert_broken(verify(theirs, trust=mine))


@pytest.mark.abuse("G05")
def test_every_key_of_the_trust_file_must_have_signed(tmp_path: Path) -> None:
    folder = export(tmp_path / "log", LOG[:3], trust=trust_text(key(), key(OTHER_SEED)))
    assert_broken(verify(folder))
    second = signed(LOG[:3], OTHER_SEED).rpartition(b"\n\n")[2]
    (folder / "checkpoint").write_bytes(signed(LOG[:3]) + second)
    assert verify(folder).ok


@pytest.mark.parametrize(
    "trust",
    [
        "",
        "quorum none\n",
        f"log {key()}\n",
        f"log {key()}\nquorum any\n",
        f"log {key()}\nquorum none",
        f"# a comment\nlog {key()}\nquorum none\n",
        f"log  {key()}\nquorum none\n",
    ],
)
def test_the_export_has_one_way_to_write_its_trust_file(exported: Path, trust: str) -> None:
    pristine = files_of(exported)
    with tampered(exported, pristine, pristine | {"trust": trust.encode()}):
        assert_broken(verify(exported))


# ---------------------------------------------------------------- completeness per case


def log_of(*subjects: Sequence[tuple[str, int]]) -> list[tuple[bytes, bytes]]:
    """Entries, each about these (case, number) pairs."""
    return [
        entry(index, subjects=[{"case": case, "rows": [], "seq": seq} for case, seq in pairs])
        for index, pairs in enumerate(subjects)
    ]


A1, A2, A3, A4 = (("A", n) for n in range(1, 5))
B1, B2 = ("B", 1), ("B", 2)


@pytest.mark.parametrize(
    ("subjects", "bad_index"),
    [
        ([[A1], [B1], [], [A2, B2], [A3]], None),
        ([[A2], [A1], [A3]], None),
        ([[A1], [A3]], 1),
        ([[A1], [A3], [A4]], 1),
        ([[A2]], 0),
        ([[A1], [B1], [A4], [A2]], 2),
        ([[A1], [A2], [A2]], 2),
        ([[A1], [A3], [A3], [A2]], 2),
        ([[A1], [("A", 0)]], 1),
        ([[A1, A1]], 0),
    ],
)
def test_the_entries_of_a_case_run_from_one_without_a_gap(
    tmp_path: Path, subjects: list[list[tuple[str, int]]], bad_index: int | None
) -> None:
    verdict = verify(export(tmp_path / "log", log_of(*subjects)))
    assert (verdict.code, verdict.bad_index) == (0 if bad_index is None else 3, bad_index), verdict


def test_an_erased_entry_may_stand_for_one_number_of_a_case_and_no_more(tmp_path: Path) -> None:
    one_missing: list[Entry] = [*log_of([A1], [A2], [A3])]
    one_missing[1] = commitment(*log_of([A1], [A2])[1])
    assert verify(export(tmp_path / "one", one_missing)).ok
    two_missing: list[Entry] = [*log_of([A1], [A2], [A4])]
    two_missing[1] = commitment(*log_of([A1], [A2])[1])
    assert_broken(verify(export(tmp_path / "two", two_missing)), 2)


def subject(case: str, seq: int) -> dict[str, Any]:
    return {"case": case, "rows": [], "seq": seq}


@pytest.mark.parametrize(
    "subjects",
    [{}, "A", [None], [{}], [{"case": "A"}], [{"case": 1, "seq": 1}], [{"case": "A", "seq": True}]],
)
def test_a_subject_of_another_shape_is_found(tmp_path: Path, subjects: object) -> None:
    assert_broken(verify(export(tmp_path / "log", [entry(0, subjects=subjects)])), 0)


# ---------------------------------------------------------------- could not check


def test_what_cannot_be_checked_is_neither_intact_nor_broken(exported: Path, tmp_path: Path) -> None:
    empty, strange, witnesses = tmp_path / "empty", tmp_path / "strange", tmp_path / "witnesses"
    empty.mkdir()
    strange.write_bytes(b"not a checkpoint")
    witnesses.write_text(f"log {key()}\nwitness w {key(OTHER_SEED)}\nquorum w\n")
    verdicts = [
        verify(tmp_path / "nowhere"),
        verify(exported, checkpoints=empty),
        verify(exported, checkpoints=tmp_path / "nowhere"),
        verify(exported, checkpoints=strange),
        verify(exported, trust=strange),
        verify(exported, trust=tmp_path / "nowhere"),
        verify(exported, trust=witnesses),
    ]
    assert [(verdict.ok, verdict.code) for verdict in verdicts] == [(False, 1)] * 7


@pytest.mark.abuse("G05")
def test_a_saved_checkpoint_that_is_not_ours_is_never_counted_as_agreement(exported: Path, tmp_path: Path) -> None:
    foreign = signed(LOG[:300], OTHER_SEED)
    assert verify(exported, checkpoints=save(tmp_path / "foreign", foreign, signed(LOG[:300]))).code == 1
    older = signed(alter(list(LOG), 10)[:300])
    assert_broken(verify(exported, checkpoints=save(tmp_path / "both", foreign, older)), 0)


@pytest.mark.abuse("G05")
def test_a_checkpoint_of_another_trusted_log_does_not_count_for_this_one(exported: Path, tmp_path: Path) -> None:
    other = "amana.example/other"
    mine = tmp_path / "trust"
    mine.write_text(trust_text(key(), key(OTHER_SEED, other)))
    saved = save(tmp_path / "saved", signed(LOG[:300], OTHER_SEED, other))
    verdict = verify(exported, trust=mine, checkpoints=saved)
    assert (verdict.ok, verdict.code) == (False, 1)


def test_a_saved_checkpoint_may_carry_the_signatures_of_others(exported: Path, tmp_path: Path) -> None:
    cosigned = signed(LOG[:300]) + signed(LOG[:300], OTHER_SEED).rpartition(b"\n\n")[2]
    assert verify(exported, checkpoints=save(tmp_path / "saved", cosigned)).ok


# ---------------------------------------------------------------- the command


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-I", verify_log.__file__, *map(str, words)]
    return subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_speaks_json_on_one_line(exported: Path) -> None:
    done = run(exported, "--json")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    said = json.loads(done.stdout)
    assert said.keys() == {"ok", "code", "size", "root", "bad_index", "problem"}
    assert (said["ok"], said["code"], said["size"], said["bad_index"]) == (True, 0, SIZE, None)
    assert said["root"].encode() == (exported / "checkpoint").read_bytes().split(b"\n")[2]


def test_the_command_ends_with_the_code_of_its_verdict(exported: Path, tmp_path: Path) -> None:
    broken = export(tmp_path / "log", LOG)
    lines = (broken / "bodies.jsonl").read_bytes().splitlines(keepends=True)
    (broken / "bodies.jsonl").write_bytes(b"".join(lines[:10]))
    assert (run(exported).returncode, run(broken).returncode) == (0, 3)
    assert run(tmp_path / "nowhere").returncode == run().returncode == run("--what").returncode == 1
    assert "First bad entry: 10" in run(broken).stdout
    assert "compare it with one you had" in run(exported).stdout


@pytest.mark.abuse("G10")
def test_nothing_in_a_log_reaches_the_terminal_unescaped(tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07\u202e\r\nINTACT"
    log = [entry(0, subjects=[subject(evil, 2)])]
    folder = export(tmp_path / "log", log)
    (tmp_path / "saved").mkdir()
    for words in ([folder], [folder, "--json"]):
        assert_harmless(run(*words))
    extra = export(tmp_path / "extra", LOG[:1])
    (extra / "\x1b[2J\u202e").write_bytes(b"")
    assert_harmless(run(extra))


def assert_harmless(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 3
    assert done.stdout.count("\n") == 1
    assert done.stdout[:-1].isprintable()
    assert done.stderr == ""


def test_the_verifier_shares_no_code_with_the_product() -> None:
    """One file on the standard library and one signature check, so that a stranger can read all of it."""
    source = Path(verify_log.__file__).read_text("utf-8")
    modules = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            modules.add(str(node.module).split(".")[0])
    assert modules - sys.stdlib_module_names == {"cryptography"}


@pytest.mark.abuse("G12")
def test_a_million_entries_would_take_less_than_a_minute(tmp_path: Path) -> None:
    """A fiftieth of them in a fiftieth of the time; measured whole, see audit/README.md."""
    folder = export(tmp_path / "log", entries(20_000))
    began = time.process_time()
    assert verify(folder).ok
    assert time.process_time() - began < 60 / 50


def test_the_sample_log_is_what_it_says() -> None:
    """Guards the tests above: entries differ, so that swapping or repeating one is always an edit."""
    assert len({commitment(*each) for each in LOG}) == SIZE
    assert body(8)["subjects"][0]["seq"] == 2
