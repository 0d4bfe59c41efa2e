"""A receipt: what a witness wrote on paper is read again, however it is typed."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.crypto import receipts
from app.errors import NotAReceipt

ENTROPY = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
ENGLISH = receipts.to_words(ENTROPY)
DIGITS = receipts.to_digits(ENTROPY)
sixteen = st.binary(min_size=16, max_size=16)


def is_nothing(text: str, language: str = "english") -> None:
    with pytest.raises(NotAReceipt) as refused:
        receipts.read(text, language)
    assert refused.value.sentence == NotAReceipt.sentence
    assert refused.value.__cause__ is None


@settings(max_examples=60)
@given(sixteen, st.sampled_from(receipts.LANGUAGES))
def test_words_are_read_again_in_their_own_language(entropy: bytes, language: str) -> None:
    assert receipts.read(receipts.to_words(entropy, language), language) == entropy


@given(sixteen)
def test_digits_are_read_again_on_a_page_of_any_language(entropy: bytes) -> None:
    assert receipts.read(receipts.to_digits(entropy), "arabic") == entropy


def test_words_are_those_of_bip39() -> None:
    assert receipts.to_words(bytes(16)) == "abandon " * 11 + "about"
    assert receipts.to_words(b"\xff" * 16) == "zoo " * 11 + "wrong"
    assert (
        receipts.to_words(b"\x7f" * 16) == "legal winner thank year wave sausage worth useful legal winner thank yellow"
    )


@pytest.mark.abuse("C03")
@pytest.mark.parametrize(
    "text",
    [
        ENGLISH.upper(),
        ENGLISH.title(),
        f"\n  {ENGLISH}\t",
        ENGLISH.replace(" ", "\u00a0"),
        ENGLISH.replace(" ", "\u3000"),
        ENGLISH.replace(" ", "-"),
        ENGLISH.replace(" ", " – "),
        ENGLISH.replace(" ", "\r\n"),
        "\u200e" + ENGLISH.replace(" ", "\u200f \u202c"),
        ENGLISH.replace("a", "a\u0301").replace("e", "\u00e8"),
        "".join(chr(ord(c) + 0xFEE0) if c != " " else c for c in ENGLISH),
    ],
)
def test_case_blanks_hyphens_and_accents_do_not_matter_in_words(text: str) -> None:
    assert receipts.read(text) == ENTROPY


@pytest.mark.abuse("C03")
@pytest.mark.parametrize("zero", ["0", "\u0660", "\u06f0", "\u0966", "\u09e6", "\uff10", "\U0001d7ce"])
@pytest.mark.parametrize("between", ["", " ", "-", " - ", "\n", "\u2212", "\u200f \u200e"])
def test_kind_of_digit_blanks_and_hyphens_do_not_matter_in_digits(zero: str, between: str) -> None:
    groups = ["".join(chr(ord(zero) + int(digit)) for digit in group) for group in DIGITS.split()]
    assert receipts.read(between.join(groups), "persian") == ENTROPY


@pytest.mark.abuse("C03")
def test_blanks_inside_a_group_of_digits_do_not_matter() -> None:
    assert receipts.read(" ".join(DIGITS.replace(" ", ""))) == ENTROPY


@pytest.mark.abuse("C03")
def test_accents_left_out_are_forgiven_in_every_list() -> None:
    for language in receipts.LANGUAGES:
        written = receipts.to_words(ENTROPY, language)
        bare = "".join(c for c in unicodedata.normalize("NFKD", written) if unicodedata.category(c) != "Mn")
        assert receipts.read(bare, language) == ENTROPY


@pytest.mark.abuse("C03")
def test_turkish_letters_typed_on_another_keyboard_are_the_same_receipt() -> None:
    entropy = next(e for e in numbered() if "ı" in receipts.to_words(e, "turkish"))
    written = receipts.to_words(entropy, "turkish")
    for typed in (written.replace("ı", "i"), written.replace("ı", "I"), written.replace("i", "İ").upper()):
        assert receipts.read(typed, "turkish") == entropy


@pytest.mark.abuse("C03")
def test_chinese_needs_no_blanks_between_its_words() -> None:
    for language in ("chinese_simplified", "chinese_traditional"):
        written = receipts.to_words(ENTROPY, language)
        assert receipts.read(written.replace(" ", ""), language) == ENTROPY
        assert receipts.read(written, language) == ENTROPY


def test_a_list_of_another_language_is_found_from_any_page() -> None:
    for language in receipts.LANGUAGES[:10]:
        written = receipts.to_words(ENTROPY, language)
        assert receipts.read(written, "english") == ENTROPY
        assert receipts.read(written, "kurdish") == ENTROPY


def test_the_list_of_the_page_is_tried_first() -> None:
    # English and French share 123 words, at other places; a receipt made of these alone and
    # right in both comes up less than once in 2^52 draws, so one is composed here.
    shared = sorted(receipts._places("english").keys() & receipts._places("french").keys())
    tries = ([shared[(7 * n + n // 123 * place + place) % 123] for place in range(12)] for n in range(50_000))
    words = next(w for w in tries if all(receipts._read_words(w, name) for name in ("english", "french")))
    english, french = (receipts.read(" ".join(words), name) for name in ("english", "french"))
    assert english != french
    assert receipts.to_words(english, "english") == " ".join(words)
    assert receipts.read(receipts.to_words(french, "french"), "french") == french


def test_the_two_chinese_lists_never_disagree() -> None:
    simplified, traditional = (receipts._places(f"chinese_{kind}") for kind in ("simplified", "traditional"))
    shared = simplified.keys() & traditional.keys()
    assert len(shared) == 1275
    assert all(simplified[word] == traditional[word] for word in shared)


def numbered() -> Iterator[bytes]:
    """Entropies that are the same in every run."""
    return (hashlib.sha256(number.to_bytes(4, "big")).digest()[:16] for number in range(10_000))


@pytest.mark.abuse("C03")
@pytest.mark.parametrize("count", [0, 1, 6, 11, 13, 24])
def test_a_part_of_a_receipt_is_nothing(count: int) -> None:
    words = ENGLISH.split() * 2
    is_nothing(" ".join(words[:count]))


@pytest.mark.abuse("C03")
def test_words_cut_short_are_nothing_even_where_they_are_unambiguous() -> None:
    is_nothing(" ".join(word[:4] for word in ENGLISH.split()))


@pytest.mark.abuse("C03")
def test_a_changed_word_is_another_receipt_or_none_never_this_one() -> None:
    words, refused = ENGLISH.split(), 0
    for place in range(12):
        for other in receipts._list("english")[::97]:
            changed = " ".join([*words[:place], other, *words[place + 1 :]])
            try:
                assert (receipts.read(changed) == ENTROPY) == (changed == ENGLISH)
            except NotAReceipt:
                refused += 1
    # The checksum has 4 bits: about fifteen in sixteen of these are refused.
    assert refused > 12 * 22 * 0.8


@pytest.mark.abuse("C03")
def test_a_wrong_digit_or_two_exchanged_are_always_found() -> None:
    digits = DIGITS.replace(" ", "")
    for place, other in itertools.product(range(48), "0123456789"):
        if digits[place] != other:
            is_nothing(digits[:place] + other + digits[place + 1 :])
    for place in range(47):
        if digits[place] != digits[place + 1] and place % 6 != 5:
            is_nothing(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :])


def test_the_check_digit_finds_every_slip_in_every_group() -> None:
    for number in range(0, 65_536, 7):
        five = f"{number:05d}"
        group = five + str(receipts._damm(five))
        assert receipts._damm(group) == 0
        place = number % 5
        wrong = str((int(group[place]) + 1 + number % 9) % 10)
        assert receipts._damm(group[:place] + wrong + group[place + 1 :]) != 0 or wrong == group[place]
        swapped = group[:place] + group[place + 1] + group[place] + group[place + 2 :]
        assert receipts._damm(swapped) != 0 or swapped == group


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "0",
        "\x00",
        "\ud800",
        "²" * 48,
        DIGITS[:-1],
        DIGITS + "0",
        DIGITS.replace(" ", "."),
        DIGITS.replace(" ", ","),
        ENGLISH + " 1",
        " ".join(f"{number} {word}" for number, word in enumerate(ENGLISH.split(), 1)),
        ENGLISH.replace(" ", ""),
        ENGLISH + " " + DIGITS,
        "a" * 1_000_000,
        ENGLISH + " " * 2_000,
        "\u0301" * 900,
    ],
)
def test_what_has_another_shape_is_nothing(text: str) -> None:
    is_nothing(text)


def test_a_group_above_sixteen_bits_is_nothing() -> None:
    for number in ("65536", "99999"):
        is_nothing(" ".join([number + str(receipts._damm(number)), *DIGITS.split()[1:]]))


@given(st.text(max_size=120))
def test_any_text_is_a_receipt_or_politely_none(text: str) -> None:
    with contextlib.suppress(NotAReceipt):
        assert len(receipts.read(text)) == 16


def test_no_two_words_of_a_list_fold_into_one() -> None:
    for language in receipts.LANGUAGES:
        assert len(receipts._places(language)) == 2048


def test_handle_and_seed_are_derived_from_all_bits_and_are_not_cut_from_them() -> None:
    keys = receipts.receipt_keys(ENTROPY)
    assert len(keys.handle) == len(keys.seed) == 32
    assert keys.handle != keys.seed
    for bit in range(128):
        other = receipts.receipt_keys((int.from_bytes(ENTROPY, "big") ^ 1 << bit).to_bytes(16, "big"))
        assert other.handle != keys.handle
        assert other.seed != keys.seed


def test_receipt_keys_show_nothing_of_themselves() -> None:
    keys = receipts.receipt_keys(ENTROPY)
    assert repr(keys) == str(keys) == "ReceiptKeys()"


def test_a_frightening_draw_is_drawn_again() -> None:
    frightening = next(e for e in numbered() if "prison" in receipts.to_words(e).split())
    draws = iter([frightening, frightening, ENTROPY])
    assert receipts.draw(lambda length: next(draws)) == ENTROPY
    assert next(draws, None) is None


def test_a_thousand_draws_frighten_nobody_and_are_all_different() -> None:
    drawn = {receipts.draw() for _ in range(1_000)}
    assert len(drawn) == 1_000
    for entropy in drawn:
        assert receipts.FRIGHTENING.isdisjoint(receipts.to_words(entropy).split())


def test_the_frightening_words_are_forty_of_the_english_list() -> None:
    assert len(receipts.FRIGHTENING) == 40
    assert set(receipts._list("english")) >= receipts.FRIGHTENING
    assert {"bomb", "gun", "prison", "soldier", "weapon", "witness"} <= receipts.FRIGHTENING


def test_lengths_and_languages_that_do_not_exist_are_defects() -> None:
    for length in (0, 15, 17, 32):
        for function in (receipts.to_words, receipts.to_digits, receipts.receipt_keys):
            with pytest.raises(ValueError, match="16 bytes"):
                function(os.urandom(length))
    with pytest.raises(ValueError, match="list"):
        receipts.to_words(ENTROPY, "../english")
