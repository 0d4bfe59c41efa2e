"""The formats of app/crypto/README.md, written a second time from that page.

Nothing of the product is imported: stdlib and the primitives of ``cryptography`` only,
and from the word list packages only their text files. Run as ``python -m
tests.crypto.second`` it checks every vector of these formats and ends with one line.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib.util
import json
import struct
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

VECTORS = Path(__file__).parents[1] / "vectors"
Given = dict[str, Any]


class Broken(Exception):
    """The bytes do not do what they claim."""


def insist(condition: bool) -> None:
    if not condition:
        raise Broken


# -- keys from keys ---------------------------------------------------------------------


def hkdf_expand(prk: bytes, info: bytes, length: int, hash_name: str = "sha256") -> bytes:
    """RFC 5869, section 2.3."""
    block, stream, count = b"", b"", 0
    while len(stream) < length:
        count += 1
        block = hmac.digest(prk, block + info + bytes([count]), hash_name)
        stream += block
    return stream[:length]


def hkdf_extract(salt: bytes, secret: bytes) -> bytes:
    """RFC 5869, section 2.2."""
    return hmac.digest(salt or bytes(32), secret, "sha256")


def expand(key: bytes, label: str, context: bytes = b"", length: int = 32) -> bytes:
    return hkdf_expand(key, label.encode() + b"\0" + context, length)


def derive(key: bytes, label: str, context: bytes = b"", length: int = 32) -> bytes:
    return expand(hkdf_extract(b"", key), label, context, length)


def commitment(key: bytes) -> bytes:
    return hmac.digest(key, b"amana/commitment/v1", "sha256")


def kdf(given: Given) -> str:
    key, context = bytes.fromhex(given["key"]), bytes.fromhex(given["context"])
    function = {"derive": derive, "expand": expand}[given["function"]]
    return function(key, given["label"], context, given["length"]).hex()


def statement(given: Given) -> str:
    out = bytearray(given["label"].encode() + b"\0")
    for part in map(bytes.fromhex, given["parts"]):
        out += struct.pack(">I", len(part)) + part
    return out.hex()


def tag(given: Given) -> str:
    key = expand(bytes.fromhex(given["key"]), given["label"])
    return hmac.digest(key, bytes.fromhex(statement(given)), "sha256").hex()


# -- seals under a key ------------------------------------------------------------------


def gcm_open(key: bytes, nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
    insist(len(nonce) == 12 and len(ciphertext) >= 16)
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, associated)
    except InvalidTag:
        raise Broken from None


def named(text: str) -> bytes:
    return struct.pack(">H", len(text.encode())) + text.encode()


def field(given: Given) -> str:
    """Open a sealed field; then seal it again and expect the same bytes."""
    cell, sealed = given["cell"], bytes.fromhex(given["sealed"])
    place = named(cell["table"]) + named(cell["column"])
    key = expand(bytes.fromhex(given["key"]), "amana/field/v1", place)
    generation = struct.pack(">H", cell["generation"])
    associated = b"\x01" + place + UUID(cell["row"]).bytes + UUID(cell["case"]).bytes
    associated += named(cell["compartment"]) + generation
    insist(sealed[:11] == b"\x01" + generation + commitment(key)[:8])
    padded = gcm_open(key, sealed[11:23], sealed[23:], associated)
    plain = unpadded(padded)
    insist(sealed[23:] == AESGCM(key).encrypt(sealed[11:23], padded, associated))
    return plain.hex()


def unpadded(padded: bytes) -> bytes:
    insist(len(padded) >= 32)
    (length,) = struct.unpack(">I", padded[:4])
    used = 4 + length
    buckets = [32, 64, 128, 256, 512, (used + 511) // 512 * 512]
    insist(len(padded) == min(size for size in buckets if size >= used))
    insist(not any(padded[used:]))
    return padded[4:used]


def box(given: Given) -> str:
    key = expand(bytes.fromhex(given["key"]), "amana/box/v1")
    sealed = bytes.fromhex(given["sealed"])
    insist(sealed[:33] == b"\x01" + commitment(key))
    return gcm_open(key, sealed[33:45], sealed[45:], b"\x01" + bytes.fromhex(given["context"])).hex()


# -- seals to a key holder --------------------------------------------------------------

SUITE = b"HPKE" + struct.pack(">HHH", 0x647A, 0x0001, 0x0002)


def labeled_extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
    """RFC 9180, section 4."""
    return hkdf_extract(salt, b"HPKE-v1" + SUITE + label + secret)


def labeled_expand(prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """RFC 9180, section 4."""
    return hkdf_expand(prk, struct.pack(">H", length) + b"HPKE-v1" + SUITE + label + info, length)


def x_wing(private: bytes, enc: bytes) -> bytes:
    """Decapsulation of draft-connolly-cfrg-xwing-kem, with the two seeds kept apart."""
    post_quantum = MLKEM768PrivateKey.from_seed_bytes(private[:64])
    classical = X25519PrivateKey.from_private_bytes(private[64:])
    try:
        first = post_quantum.decapsulate(enc[:1088])
        second = classical.exchange(X25519PublicKey.from_public_bytes(enc[1088:]))
    except ValueError:
        raise Broken from None
    own = classical.public_key().public_bytes_raw()
    return hashlib.sha3_256(first + second + enc[1088:] + own + rb"\.//^" + b"\\").digest()


def hpke(given: Given) -> str:
    sealed, info = bytes.fromhex(given["sealed"]), bytes.fromhex(given["info"])
    insist(sealed[:1] == b"\x01" and len(sealed) >= 1137)
    shared = x_wing(bytes.fromhex(given["private"]), sealed[1:1121])
    context = b"\0" + labeled_extract(b"", b"psk_id_hash", b"") + labeled_extract(b"", b"info_hash", info)
    secret = labeled_extract(shared, b"secret", b"")
    key = labeled_expand(secret, b"key", context, 32)
    nonce = labeled_expand(secret, b"base_nonce", context, 12)
    return gcm_open(key, nonce, sealed[1121:], b"").hex()


# -- attachments ------------------------------------------------------------------------


def stored(given: Given) -> bytes:
    """The sealed file a vector speaks of: whole, or cut out of a whole one by slices."""
    if "sealed" in given:
        return base64.b64decode(given["sealed"])
    cases = json.loads((VECTORS / "chunks_open.json").read_text())["cases"]
    whole = base64.b64decode(cases[given["of"]]["in"]["sealed"])
    parts = [whole[start:end] for start, end in given["slices"]]
    return b"".join(parts) + bytes.fromhex(given.get("then", ""))


def chunks(given: Given) -> str:
    """c2sp.org/chunked-encryption, Cobblestone-256: SHA-512 and AES-256-GCM."""
    sealed = stored(given)
    insist(len(sealed) >= 56 + 16)
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + sealed[:24] + b"amana/attachment/v1"
    stream = hkdf_expand(bytes.fromhex(given["key"]), info, 76, "sha512")
    insist(sealed[24:56] == stream[44:])
    plain, at, number, size = b"", 56, 0, 16384
    while size == 16384:
        nonce = int.from_bytes(stream[32:44], "big") ^ number
        piece = gcm_open(stream[:32], nonce.to_bytes(12, "big"), sealed[at : at + 16400], b"")
        plain, at, number, size = plain + piece, at + 16400, number + 1, len(piece)
    insist(at >= len(sealed))
    return hashlib.sha256(plain).hexdigest()


# -- receipts ---------------------------------------------------------------------------

MARKS = ("Mn", "Cf")


def word_list(package: str, name: str) -> list[str]:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / name).read_text("utf-8").split()


def bip39(language: str) -> list[str]:
    return word_list("mnemonic", f"wordlist/{language}.txt")


def damm_digit(digits: str) -> str:
    """The check digit, by the same quasigroup written as rows of a permutation table."""
    table = "0317598642709215486342068713591750983426612304597836742095815869720134894536201794386172052581436790"
    interim = 0
    for digit in digits:
        interim = int(table[10 * interim + int(digit)])
    return str(interim)


def receipt_shown(given: Given) -> str:
    entropy = bytes.fromhex(given["entropy"])
    if given["as"] == "digits":
        fives = [f"{number:05}" for number in struct.unpack(">8H", entropy)]
        return " ".join(five + damm_digit(five) for five in fives)
    bits = f"{int.from_bytes(entropy, 'big'):0128b}" + f"{hashlib.sha256(entropy).digest()[0]:08b}"[:4]
    words = bip39(given["as"])
    return " ".join(unicodedata.normalize("NFC", words[int(bits[at : at + 11], 2)]) for at in range(0, 132, 11))


def receipt_keys(given: Given) -> str:
    entropy = bytes.fromhex(given["entropy"])
    return (derive(entropy, "amana/receipt-handle/v1") + derive(entropy, "amana/receipt-seed/v1")).hex()


def canonical(text: str) -> str:
    parted = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    kept = [character for character in parted if unicodedata.category(character) not in MARKS]
    dashes = {c: " " for c in kept if unicodedata.category(c) == "Pd" or c == "\u2212"}
    digits = {c: str(unicodedata.digit(c)) for c in kept if c.isdecimal()}
    return " ".join("".join((dashes | digits).get(c, c) for c in kept).split())


def receipt_read(given: Given) -> str:
    text = canonical(given["text"])
    joined = text.replace(" ", "")
    if any("0" <= character <= "9" for character in text):
        return read_digits(joined)
    lists = [given["language"], *given["otherwise"]]
    for language in lists:
        words = list(joined) if language.startswith("chinese") else text.split()
        known = [canonical(word) for word in bip39(language)]
        if len(words) == 12 and set(words) <= set(known):
            bits = "".join(f"{known.index(word):011b}" for word in words)
            entropy = int(bits[:128], 2).to_bytes(16, "big")
            if f"{hashlib.sha256(entropy).digest()[0]:08b}"[:4] == bits[128:]:
                return entropy.hex()
    raise Broken


def read_digits(joined: str) -> str:
    insist(len(joined) == 48 and joined.isdigit())
    groups = [joined[at : at + 6] for at in range(0, 48, 6)]
    insist(all(damm_digit(group[:5]) == group[5] and int(group[:5]) < 65536 for group in groups))
    return struct.pack(">8H", *(int(group[:5]) for group in groups)).hex()


# -- passphrases, shares, signatures ----------------------------------------------------


def passphrase(given: Given) -> str:
    text = unicodedata.normalize("NFKC", given["passphrase"]).encode()
    slow = Argon2id(
        salt=bytes.fromhex(given["salt"]),
        length=32,
        iterations=given["passes"],
        lanes=given["lanes"],
        memory_cost=given["memory_mib"] * 1024,
    )
    return derive(slow.derive(text) + bytes.fromhex(given["peppered"]), "amana/passphrase/v1").hex()


def times(a: int, b: int) -> int:
    """Multiplication in GF(256) with the polynomial x^8 + x^4 + x^3 + x + 1."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def inverse(a: int) -> int:
    return next(b for b in range(256) if times(a, b) == 1)


def interpolate(points: dict[int, bytes], x: int) -> bytes:
    """The value at ``x`` of the polynomials through the points, byte by byte."""
    total = bytes(len(next(iter(points.values()))))
    for own, value in points.items():
        basis = 1
        for other in points.keys() - {own}:
            basis = times(basis, times(x ^ other, inverse(own ^ other)))
        total = bytes(t ^ times(basis, v) for t, v in zip(total, value, strict=True))
    return total


def rs1024(values: list[int]) -> int:
    """SLIP-0039, checksum."""
    generator = (
        0xE0E040, 0x1C1C080, 0x3838100, 0x7070200, 0xE0E0009,
        0x1C0C2412, 0x38086C24, 0x3090FC48, 0x21B1F890, 0x3F3F120,
    )  # fmt: skip
    check = 1
    for value in values:
        top, check = check >> 20, (check & 0xFFFFF) << 10 ^ value
        for bit in range(10):
            check ^= generator[bit] if top >> bit & 1 else 0
    return check


def share(line: str) -> tuple[int, int, int, int, bytes]:
    """identifier and extendable flag, exponent, k, index, value of a one-group share."""
    words = word_list("shamir_mnemonic", "wordlist.txt")
    insist(set(line.split()) <= set(words))
    values = [words.index(word) for word in line.split()]
    insist(rs1024([*b"shamir_extendable", *values]) == 1)
    head = values[0] << 30 | values[1] << 20 | values[2] << 10 | values[3]
    value = 0
    for word in values[4:-3]:
        value = value << 10 | word
    length = len(values[4:-3]) * 10 // 16 * 2
    return head >> 24, head >> 20 & 15, (head & 15) + 1, head >> 4 & 15, value.to_bytes(length, "big")


def shares(given: Given) -> str:
    """SLIP-0039 for one group, extendable, without a passphrase."""
    parsed = [share(line) for line in given["shares"]]
    identifier, exponent, k, _, _ = parsed[0]
    insist({one[:3] for one in parsed} == {(identifier, exponent, k)})
    points = {index: value for _, _, _, index, value in parsed}
    insist(len(points) == len(parsed) >= k)
    secret, check = interpolate(points, 255), interpolate(points, 254)
    insist(check[:4] == hmac.digest(check[4:], secret, "sha256")[:4])
    half = len(secret) // 2
    left, right = secret[:half], secret[half:]
    for turn in (3, 2, 1, 0):
        mask = hashlib.pbkdf2_hmac("sha256", bytes([turn]), right, 2500 << exponent, half)
        left, right = right, bytes(a ^ b for a, b in zip(left, mask, strict=True))
    return (right + left).hex()


def signature(given: Given) -> str:
    # No second implementation of the curve: these are the vectors of RFC 8032, section 7.1.
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(given["public"]))
        key.verify(bytes.fromhex(given["signature"]), bytes.fromhex(given["message"]))
    except (InvalidSignature, ValueError):
        raise Broken from None
    return "verified"


READERS: dict[str, Callable[[Given], str]] = {
    "kdf": kdf,
    "statement": statement,
    "tag": tag,
    "field": field,
    "box": box,
    "hpke": hpke,
    "chunks": chunks,
    "receipt_shown": receipt_shown,
    "receipt_keys": receipt_keys,
    "receipt_read": receipt_read,
    "passphrase": passphrase,
    "shares": shares,
    "signature": signature,
}


def disagreements(path: Path) -> list[str]:
    """Each case of one file that does not come out as the file says; empty when all do."""
    document = json.loads(path.read_text("utf-8"))
    wrong = []
    for number, case in enumerate(document["cases"]):
        try:
            found: str | None = READERS[document["format"]](case["in"])
        except Broken:
            found = None
        if found != (case["out"] if document["outcome"] == "same" else None):
            wrong.append(f"{path.name} case {number}")
    return wrong


def files() -> list[Path]:
    """The vectors of the formats written here; those of the log have readers of their own."""
    paths = sorted(VECTORS.glob("*.json"))
    return [path for path in paths if json.loads(path.read_text("utf-8"))["format"] in READERS]


def main() -> int:
    paths = files()
    wrong = [line for path in paths for line in disagreements(path)]
    print("\n".join(wrong) if wrong else f"{len(paths)} files of vectors: all as they say")
    return 1 if wrong or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
