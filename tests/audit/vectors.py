"""The log's golden vectors, as the product makes them now: ``python -m tests.audit.vectors``.

Everything in them is determined by its inputs, so each file must come out as it lies in
tests/vectors. A checkpoint that must be refused is signed all the same: what refuses it is its form.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.audit.canonical import canonical, commitment
from app.audit.checkpoint import Checkpoint
from app.audit.note import sign_note
from app.audit.tree import consistency_proof, inclusion_proof, leaf_hash, root
from tests.audit.sample_log import ORIGIN, OTHER_SEED, SEED, body, entries, entry, key, leaves, salt
from tests.audit.test_tree import reader

FOLDER = Path(__file__).parent.parent / "vectors"
Document = dict[str, Any]

LOG = entries(5)
TEXT = Checkpoint(ORIGIN, len(LOG), root(leaves(LOG))).text()


def document(form: str, prop: str, outcome: str, cases: list[dict[str, Any]]) -> Document:
    return {"format": form, "property": prop, "outcome": outcome, "cases": cases}


def leaf_document() -> Document:
    bodies = [body(0), body(1, host='\u0623\u0645\u0627\u0646\u0629 \U0001f600\ufb33 \x1b\u2028"'), {}]
    bodies.append({"\ufb33": 1, "\U0001f600": [True, None, -5], "a": "", "A": 2**53 - 1})
    cases = []
    for index, each in enumerate(bodies):
        raw = canonical(each)
        data = commitment(salt(index), raw)
        given = {"body": each, "salt": salt(index).hex()}
        out = {"canonical": raw.hex(), "commitment": data.hex(), "leaf": leaf_hash(data).hex()}
        cases.append({"in": given, "out": out})
    return document("audit_leaf", "A body and a salt give one leaf.", "same", cases)


def root_document() -> Document:
    hashes = leaves(entries(300))
    sizes = (0, 1, 2, 3, 4, 5, 7, 8, 9, 255, 256, 257, 300)
    cases = [{"in": {"leaves": [h.hex() for h in hashes[:s]]}, "out": root(hashes[:s]).hex()} for s in sizes]
    return document("audit_root", "Leaf hashes give one root.", "same", cases)


def proof_document() -> Document:
    hashes = leaves(entries(13))
    cases = [
        {
            "in": {"leaves": [each.hex() for each in hashes], "index": index, "old": old},
            "out": {
                "inclusion": [each.hex() for each in inclusion_proof(index, 13, reader(hashes))],
                "consistency": [each.hex() for each in consistency_proof(old, 13, reader(hashes))],
            },
        }
        for index, old in ((0, 1), (5, 4), (8, 6), (11, 8), (12, 13))
    ]
    return document("audit_proof", "Proofs in a tree of 13 leaves.", "same", cases)


def checkpoint_documents() -> Iterator[tuple[str, Document]]:
    good = sign_note(TEXT, ORIGIN, SEED)
    out = {"origin": ORIGIN, "size": len(LOG), "root": root(leaves(LOG)).hex()}
    yield "audit_checkpoint_opens", checkpoints("A signed checkpoint opens with its key.", [good], out)
    size, last = f"\n{len(LOG)}\n", TEXT[-4:]
    misspelt = {
        "trailing_space": ("No blank at the end of a line.", TEXT.replace(size, f"\n{len(LOG)} \n")),
        "leading_zero": ("No leading zero in the size.", TEXT.replace(size, f"\n0{len(LOG)}\n")),
        "extension_line": ("No fourth line.", TEXT + "more\n"),
        "no_root": ("No root, no checkpoint.", TEXT.rpartition("\n")[0].rpartition("\n")[0] + "\n"),
        "second_spelling": ("Base64 has one spelling.", TEXT.replace(last, next_spelling(last))),
        "other_origin": ("The origin is the key's name.", TEXT.replace(ORIGIN, ORIGIN + "2")),
    }
    for name, (words, text) in misspelt.items():
        assert text != TEXT
        yield f"audit_checkpoint_{name}", checkpoints(words, [sign_note(text, ORIGIN, SEED)], None)
    words = "A key one does not know vouches for nothing."
    unknown = [sign_note(TEXT, ORIGIN, OTHER_SEED), sign_note(TEXT, "amana.example/2", SEED)]
    yield "audit_checkpoint_unknown_key", checkpoints(words, unknown, None)
    bent = [good.replace(b"\n5\n", b"\n6\n"), good.replace(b"amana", b"amanb", 1), good[:-1], good + b"\n"]
    bent += [good.replace("—".encode(), b"--"), good.replace(b"\n", b"\r\n"), good[:-3] + b"+\n"]
    yield "audit_checkpoint_altered", checkpoints("Any change breaks the note.", bent, None)


def next_spelling(end: str) -> str:
    """The same 32 bytes spelt another way: the last letter's two lowest bits mean nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return end[:-3] + alphabet[alphabet.index(end[-3]) + 1] + end[-2:]


def checkpoints(words: str, notes: list[bytes], out: Any) -> Document:
    cases = [{"in": {"key": key(), "note": note.decode()}, "out": out} for note in notes]
    return document("audit_checkpoint", words, "broken" if out is None else "same", cases)


def line_document() -> Document:
    """Lines of bodies.jsonl that are no entry, however good the rest of the log may be."""
    raw, good_salt = entry(0)[1], salt(0).hex().encode()
    good = b'{"body":' + raw + b',"salt":"' + good_salt + b'"}'
    bent = [
        good.replace(b",", b", ", 1),
        good.replace(good_salt, good_salt[:-2]),
        good.replace(good_salt, good_salt.upper()),
        good.replace(b'"body"', b'"Body"'),
        good.replace(raw, b"[]"),
        good.replace(raw, b'{"a":1.0}'),
        good.replace(raw, b'{"b":1,"a":1}'),
        good.replace(raw, b'{"a":1,"a":1}'),
        good + b" ",
        b'{"erased":"' + b"0" * 62 + b'"}',
        b'{"erased":"' + b"AB" * 32 + b'"}',
        b"{}",
        b"",
    ]
    cases = [{"in": {"line": line.decode()}, "out": None} for line in bent]
    return document("audit_line", "A line of the export has one spelling.", "broken", cases)


def documents() -> Iterator[tuple[str, Document]]:
    """Every vector file of the log, by name."""
    yield "audit_leaf", leaf_document()
    yield "audit_root", root_document()
    yield "audit_proof", proof_document()
    yield "audit_line_refused", line_document()
    yield from checkpoint_documents()


def written(document: Document) -> str:
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def main() -> int:
    moved = []
    for name, each in documents():
        path = FOLDER / f"{name}.json"
        if not path.exists() or path.read_text("utf-8") != written(each):
            path.write_text(written(each), "utf-8")
            moved.append(path.name)
    print("moved: " + ", ".join(moved) if moved else "nothing moved")
    return 1 if moved else 0


if __name__ == "__main__":
    sys.exit(main())
