"""Write the golden vectors with the product's own code: ``python -m tests.vectors.make``.

What is determined by its inputs is made afresh and must come out as it lies here; what is
drawn at random (HPKE, attachments, shares) is made once, kept, and must still open.
Ends with 1 if a file moved or an old one no longer opens.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.crypto import boxes, chunks, fields, hpke, kdf, receipts, shares, signing
from tests.vectors.readers import Given, stored, verdict

HERE = Path(__file__).parent
Document = dict[str, Any]
KEY = bytes(range(32))
NONCE = bytes(range(100, 112))
ENTROPY = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
CELL: Given = {
    "table": "testimonies",
    "column": "account",
    "row": "01890a5d-ac96-774b-bcce-b302099a8057",
    "case": "01890a5d-ac96-774b-bcce-b302099a8058",
    "compartment": "TESTIMONY",
    "generation": 3,
}


def cases(document: str, prop: str, outcome: str, given: list[Given]) -> Document:
    """A vector file's content; the outputs are what the product says today."""
    done = [{"in": one, "out": verdict(document, one)} for one in given]
    return {"format": document, "property": prop, "outcome": outcome, "cases": done}


def kdf_file() -> Document:
    shapes = [("amana/box/v1", "", 32), ("amana/field/v1", "0004726f7773", 32), ("amana/x/v1", "00ff", 100)]
    given = [
        {"function": function, "key": KEY.hex(), "label": label, "length": length, "context": context}
        for function in ("derive", "expand")
        for label, context, length in shapes
    ]
    return cases("kdf", "A key made from a key depends on label, context and length.", "same", given)


def statement_files() -> Iterator[tuple[str, Document]]:
    """A grant of the account to one holder, without an end; and texts that only their lengths tell apart."""
    case, holder = UUID(CELL["case"]).bytes.hex(), UUID(CELL["row"]).bytes.hex()
    grant = [case, b"TESTIMONY".hex(), "0003", holder, "0001", "aabbcc", ""]
    hours = [*grant[:-1], (1_790_000_000_000_000).to_bytes(8, "big").hex()]
    parts = [grant, hours, [], [""], ["", ""], ["6162", "63"], ["61", "6263"], ["616263"]]
    facts = [{"label": "amana/register/holder/v1", "parts": each} for each in parts]
    yield "statement", cases("statement", "A fact is written in one way, whatever its parts.", "same", facts)
    tags = [{"key": KEY.hex(), "label": "amana/grant-tag/v1", "parts": each} for each in (grant, hours, [])]
    yield "tag", cases("tag", "A grant's tag depends on key, holder and end.", "same", tags)


def field_given(plaintext: bytes = b"she was seven", key: bytes = KEY, **moved: Any) -> Given:
    """A field sealed in CELL, said to lie where ``moved`` puts it."""
    sealed = fields.seal(KEY, cell(CELL), plaintext, nonce=NONCE)
    return {"key": key.hex(), "cell": CELL | moved, "sealed": sealed.hex()}


def cell(given: Given) -> fields.Cell:
    return fields.Cell(**given | {"row": UUID(given["row"]), "case": UUID(given["case"])})


def field_files() -> Iterator[tuple[str, Document]]:
    lengths = (0, 1, 28, 29, 60, 61, 508, 509, 1020, 1021)
    opening = [field_given(bytes(i % 251 for i in range(n))) for n in lengths]
    opening.append(field_given("أمانة".encode()))
    yield "seal_opens", cases("field", "A field opens in its own cell, at every bucket.", "same", opening)
    elsewhere = "01890a5d-ac96-774b-bcce-b302099a8059"
    moves: dict[str, Given] = {
        "table": {"table": "persons"},
        "column": {"column": "summary"},
        "row": {"row": elsewhere},
        "case": {"case": elsewhere},
        "compartment": {"compartment": "IDENTITY"},
        "generation": {"generation": 4},
    }
    for name, moved in moves.items():
        words = f"A field moved to another {name} does not open."
        yield f"seal_wrong_{name}", cases("field", words, "broken", [field_given(**moved)])
    blurred = field_given(table="testimoniesa", column="ccount")
    words = "A letter may not wander from the column's name to the table's."
    yield "seal_blurred_names", cases("field", words, "broken", [blurred])
    wrong = field_given(key=bytes(32))
    yield "seal_wrong_key", cases("field", "A field does not open under another key.", "broken", [wrong])
    yield (
        "seal_altered",
        cases("field", "Each altered byte breaks a field.", "broken", altered(field_given())),
    )
    yield "seal_truncated", cases("field", "Each cut breaks a field.", "broken", truncated(field_given()))
    words = "A field has one padding; another is broken even under the right key."
    yield "seal_wrong_padding", cases("field", words, "broken", misfilled())


def altered(good: Given) -> list[Given]:
    sealed = bytes.fromhex(good["sealed"])
    flips = [sealed[:at] + bytes([sealed[at] ^ 1 << at % 8]) + sealed[at + 1 :] for at in range(len(sealed))]
    return [good | {"sealed": flip.hex()} for flip in flips]


def truncated(good: Given) -> list[Given]:
    sealed = bytes.fromhex(good["sealed"])
    lengths = (0, 1, 10, 11, 22, 23, 38, 39, len(sealed) - 1)
    return [good | {"sealed": sealed[:length].hex()} for length in lengths] + [
        good | {"sealed": (sealed + b"\0").hex()}
    ]


def misfilled() -> list[Given]:
    """Fields sealed with the right key and cell around a padding nobody should make."""
    wrong = [
        b"",
        b"\0\0\0",
        b"\0\0\0\x05hello" + bytes(22) + b"x",
        b"\0\0\0\x05hello" + bytes(55),
        b"\0\0\0\x1d" + bytes(28),
        b"\xff\xff\xff\xff" + bytes(28),
    ]
    good = field_given()
    header = bytes.fromhex(good["sealed"])[:23]
    key = kdf.expand(KEY, "amana/field/v1", context=b"\0\x0btestimonies\0\x07account")
    place = b"\x01\0\x0btestimonies\0\x07account" + UUID(CELL["row"]).bytes + UUID(CELL["case"]).bytes
    associated = place + b"\0\x09TESTIMONY\0\x03"
    return [good | {"sealed": (header + AESGCM(key).encrypt(NONCE, fill, associated)).hex()} for fill in wrong]


def box_files() -> Iterator[tuple[str, Document]]:
    opening = [
        {
            "key": KEY.hex(),
            "context": context.hex(),
            "sealed": boxes.seal_box(KEY, plain, context=context, nonce=NONCE).hex(),
        }
        for plain, context in ((b"", b""), (b"a wrapped secret", b"person:1"), (bytes(96), b"session"))
    ]
    good = opening[1]
    yield "box_opens", cases("box", "A box opens under its key and context.", "same", opening)
    wrong = [good | {"context": b"person:2".hex()}, good | {"context": ""}]
    yield "box_wrong_context", cases("box", "A box does not open for another context.", "broken", wrong)
    wrong = [good | {"key": bytes(32).hex()}]
    yield "box_wrong_key", cases("box", "A box does not open under another key.", "broken", wrong)
    yield "box_altered", cases("box", "Each altered byte breaks a box.", "broken", altered(good))


def hpke_files() -> Iterator[tuple[str, Document]]:
    words = "What is sealed to a key holder opens with the private key and the same info."
    opening = kept("hpke_opens", hpke_drawn)
    yield "hpke_opens", cases("hpke", words, "same", opening)
    good = opening[1]
    wrong = [good | {"info": b"grant:2".hex()}, good | {"info": ""}]
    yield "hpke_wrong_info", cases("hpke", "Another info does not open.", "broken", wrong)
    wrong = [good | {"private": opening[0]["private"]}]
    yield "hpke_wrong_holder", cases("hpke", "Another holder's key does not open.", "broken", wrong)
    sealed = bytes.fromhex(good["sealed"])
    spots = (0, 1, 1088, 1089, 1120, 1121, len(sealed) - 17, len(sealed) - 1)
    flips = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in spots]
    cuts = [sealed[:length] for length in (0, 1, 1120, 1121, 1136, len(sealed) - 1)]
    zero = sealed[:1089] + bytes(32) + sealed[1121:]
    wrong = [good | {"sealed": bad.hex()} for bad in (*flips, *cuts, sealed + b"\0", zero)]
    yield "hpke_altered", cases("hpke", "An altered or cut text does not open.", "broken", wrong)


def hpke_drawn() -> list[Given]:
    drawn = []
    for number, plain in enumerate((b"", b"a compartment key of 32 bytes...", bytes(2000))):
        private = hpke.PrivateKey.from_raw(bytes(range(number, number + 96)))
        info = f"grant:{number}".encode()
        sealed = hpke.seal_to(private.public, plain, info=info)
        drawn.append({"private": private.raw.hex(), "info": info.hex(), "sealed": sealed.hex()})
    return drawn


def chunk_files() -> Iterator[tuple[str, Document]]:
    opening = kept("chunks_open", chunks_drawn)
    words = "A file opens; one that fills its last chunk has an empty one after it."
    yield "chunks_open", cases("chunks", words, "same", opening)
    first, second, end = 56, 56 + 16400, 56 + 2 * 16400
    whole = len(stored(opening[3]))
    wrong: dict[str, tuple[str, list[Given]]] = {
        "truncated": (
            "A file cut anywhere, also between two chunks, is broken.",
            [{"of": 3, "slices": [[0, cut]]} for cut in (0, 23, 55, 56, 72, second, end, end + 15, whole - 1)]
            + [{"of": 2, "slices": [[0, second]]}],
        ),
        "reordered": (
            "Chunks exchanged, repeated or left out are broken.",
            [
                {"of": 3, "slices": [[0, first], [second, end], [first, second], [end, whole]]},
                {"of": 3, "slices": [[0, second], [first, whole]]},
                {"of": 3, "slices": [[0, first], [second, whole]]},
            ],
        ),
        "trailing": (
            "Bytes after the last chunk are broken.",
            [{"of": 3, "slices": [[0, whole]], "then": "00"}, {"of": 0, "slices": [[0, 72], [56, 72]]}],
        ),
        "altered": (
            "An altered salt, commitment, chunk or tag is broken.",
            [
                {"of": 3, "slices": [[0, at], [at + 1, at + 2], [at + 1, whole]]}
                for at in (0, 24, 55, 56, second - 1, second, whole - 2)
            ],
        ),
    }
    for name, (words, given) in wrong.items():
        given = [{"key": KEY.hex()} | one for one in given]
        yield f"chunks_{name}", cases("chunks", words, "broken", given)
    other = [{"key": bytes(32).hex(), "of": 1, "slices": [[0, 73]]}]
    yield "chunks_wrong_key", cases("chunks", "Another key does not open a file.", "broken", other)


def chunks_drawn() -> list[Given]:
    drawn = []
    for length in (0, 1, 16384, 33000):
        sealer = chunks.Sealer(KEY)
        plain = bytes(i % 251 for i in range(length))
        sealed = sealer.header + sealer.update(plain) + sealer.finish()
        drawn.append({"key": KEY.hex(), "sealed": base64.b64encode(sealed).decode()})
    return drawn


def receipt_files() -> Iterator[tuple[str, Document]]:
    entropies = (bytes(16), b"\xff" * 16, ENTROPY)
    shown = [
        {"entropy": entropy.hex(), "as": name} for entropy in entropies for name in (*receipts.LANGUAGES, "digits")
    ]
    yield "receipt_words", cases("receipt_shown", "How a receipt is written down.", "same", shown)
    keys = [{"entropy": entropy.hex()} for entropy in entropies]
    yield "receipt_keys", cases("receipt_keys", "Handle, then seed, of a receipt.", "same", keys)
    words = "However it is typed, it is the same receipt."
    yield "receipt_forms", cases("receipt_read", words, "same", [typed(text, name) for text, name in forms()])
    words = "Nothing partial, mistyped or of another shape is a receipt."
    yield (
        "receipt_refused",
        cases("receipt_read", words, "broken", [typed(text, "english") for text in refused()]),
    )


def typed(text: str, language: str) -> Given:
    others = [name for name in receipts.LANGUAGES if name != language]
    first = language if language in receipts.LANGUAGES else others.pop(0)
    return {"text": text, "language": first, "otherwise": others}


def forms() -> Iterator[tuple[str, str]]:
    english, digits = receipts.to_words(ENTROPY), receipts.to_digits(ENTROPY)
    yield english.upper(), "english"
    yield "  " + english.replace(" ", " - ") + "\n", "english"
    yield english.replace(" ", "\u00a0\t"), "french"
    yield "\u200e" + english + "\u200f", "arabic"
    spanish = receipts.to_words(bytes(16), "spanish")
    yield spanish, "spanish"
    yield spanish.replace("á", "a").title(), "spanish"
    yield spanish.replace("á", "a\u0301"), "english"
    yield receipts.to_words(ENTROPY, "turkish").replace("ı", "I"), "turkish"
    yield receipts.to_words(ENTROPY, "japanese").replace(" ", "\u3000"), "japanese"
    yield receipts.to_words(ENTROPY, "chinese_simplified").replace(" ", ""), "chinese_simplified"
    yield digits.replace(" ", ""), "english"
    yield digits.replace(" ", "-"), "english"
    for zero in ("\u0660", "\u06f0", "\u0966", "\uff10"):
        yield "".join(chr(ord(zero) + int(c)) if c != " " else c for c in digits), "arabic"


def refused() -> Iterator[str]:
    english, digits = receipts.to_words(ENTROPY), receipts.to_digits(ENTROPY)
    words = english.split()
    yield from ("", " ", "0", "abandon", " ".join(words[:11]), english + " " + words[0])
    yield " ".join(word[:4] for word in words)
    yield " ".join(["zoo", *words[1:]])
    yield " ".join([*words[:11], "notaword"])
    yield from (digits[:-1], digits + "0", digits.replace("0", "9", 1), "655365 " + digits[7:])
    yield from (words[0] + " " + digits, digits.replace(" ", ".", 1))


def other_files() -> Iterator[tuple[str, Document]]:
    slow = [
        {
            "passphrase": text,
            "salt": bytes(range(16)).hex(),
            "memory_mib": memory,
            "passes": passes,
            "lanes": lanes,
            "peppered": KEY.hex(),
        }
        for text, memory, passes, lanes in (
            ("correct horse battery staple", 64, 3, 1),
            ("ﻻ ﻳﻨﺴﻰ ﺍﻟﻄﺮﻳﻖ １２３", 1, 1, 1),
            ("cafe\u0301 au lait, deux fois", 1, 2, 2),
        )
    ]
    words = "A passphrase in its normal form, stretched and peppered, gives the wrapping key."
    yield "passphrase", cases("passphrase", words, "same", slow)
    joined = kept("shares_join", shares_drawn)
    yield "shares_join", cases("shares", "Any k shares give the secret.", "same", joined)
    lines = joined[0]["shares"]
    wrong: list[Given] = [
        {"shares": lines[:1]},
        {"shares": [lines[0], lines[0]]},
        {"shares": [lines[0], joined[2]["shares"][0]]},
        {"shares": [lines[0], " ".join(reversed(lines[1].split()))]},
        {"shares": [lines[0], lines[1] + " nonsense"]},
    ]
    yield "shares_refused", cases("shares", "Too few, twice, strange, mistyped.", "broken", wrong)
    yield from signature_files()


def shares_drawn() -> list[Given]:
    two, three = shares.split(KEY, 2, 3), shares.split(bytes(96), 3, 5)
    return [{"shares": two[:2]}, {"shares": two[1:]}, {"shares": [three[4], three[0], three[2]]}]


def signature_files() -> Iterator[tuple[str, Document]]:
    given = [
        {"public": signing.public(seed).hex(), "message": message, "signature": signature}
        for seed, message, signature in RFC_8032
    ]
    yield "signature_verifies", cases("signature", "RFC 8032, section 7.1.", "same", given)
    good = given[1]
    wrong = [
        good | {"message": "73"},
        good | {"public": given[0]["public"]},
        good | {"public": "00"},
        good | {"signature": good["signature"][:-2]},
        good | {"signature": "00" * 64},
    ]
    yield "signature_refused", cases("signature", "Altered, or another's.", "broken", wrong)


RFC_8032 = (
    (
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
)


def kept(name: str, drawn: Callable[[], list[Given]]) -> list[Given]:
    """The inputs already published under this name, or new ones the first time."""
    path = HERE / f"{name}.json"
    if not path.exists():
        return drawn()
    return [case["in"] for case in json.loads(path.read_text("utf-8"))["cases"]]


def documents() -> Iterator[tuple[str, Document]]:
    """Every vector file by name, as the product makes it now."""
    yield "kdf", kdf_file()
    yield from statement_files()
    yield from field_files()
    yield from box_files()
    yield from hpke_files()
    yield from chunk_files()
    yield from receipt_files()
    yield from other_files()


def main() -> int:
    moved, failed = [], []
    for name, document in documents():
        path = HERE / f"{name}.json"
        text = json.dumps(document, indent=1, ensure_ascii=True) + "\n"
        if any((case["out"] is None) != (document["outcome"] == "broken") for case in document["cases"]):
            # Never written down: the product is wrong here, not the file.
            failed.append(path.name)
        elif not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            moved.append(path.name)
    for word, names in (("moved", moved), ("not as they say", failed)):
        if names:
            print(f"{word}: " + ", ".join(names))
    print("the vectors are not well" if moved or failed else "nothing moved")
    return 1 if moved or failed else 0


if __name__ == "__main__":
    sys.exit(main())
