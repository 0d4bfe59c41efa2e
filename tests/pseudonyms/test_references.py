"""Case references say nothing, are never in order, and every single slip in one is seen."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest

from app.errors import NotFound
from app.pseudonyms import references
from app.pseudonyms.references import ALPHABET, PLACES

SAMPLES = [references.draw() for _ in range(60)]


def bare(reference: str) -> str:
    return reference.replace("-", "")


def opens(text: str) -> bool:
    try:
        references.read(text)
    except NotFound:
        return False
    return True


@pytest.mark.parametrize("reference", SAMPLES[:20], ids=range(20))
def test_every_single_wrong_character_is_found(reference: str) -> None:
    right = bare(reference)
    wrong = [right[:n] + c + right[n + 1 :] for n in range(len(right)) for c in ALPHABET if c != right[n]]

    assert len(wrong) == 9 * 20
    assert [text for text in wrong if opens(text)] == []


@pytest.mark.parametrize("reference", SAMPLES, ids=range(60))
def test_every_swap_of_two_neighbours_is_found(reference: str) -> None:
    right = bare(reference)
    swapped = {right[:n] + right[n + 1] + right[n] + right[n + 2 :] for n in range(len(right) - 1)} - {right}

    assert swapped
    assert [text for text in swapped if opens(text)] == []


def test_the_check_can_fail() -> None:
    """The control: nine characters of the alphabet are a reference about once in twenty-three."""
    right = bare(SAMPLES[0])
    others = [right[:6] + a + b + c for a in ALPHABET for b in ALPHABET for c in ALPHABET]

    found = sum(opens(text) for text in others) / len(others)

    assert 0.03 < found < 0.06


def test_a_reference_has_its_one_written_form() -> None:
    for reference in SAMPLES:
        assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]", reference)
        assert references.read(reference) == reference


@pytest.mark.parametrize("drawn", SAMPLES[:10], ids=range(10))
def test_case_blanks_and_hyphens_do_not_matter(drawn: str) -> None:
    letters = bare(drawn)
    forms = [
        letters,
        letters.lower(),
        " ".join(letters),
        f"  {drawn}\n",
        drawn.replace("-", "–"),
        drawn.replace("-", "‑"),
        drawn.replace("-", "."),
        f"{letters[:3]} {letters[3:6]} {letters[6:]}",
    ]

    assert {references.read(form) for form in forms} == {drawn}


@pytest.mark.parametrize("script", ["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"], ids=["arabic", "persian"])
def test_digits_of_another_script_are_read(script: str) -> None:
    with_digit = next(r for r in iter(references.draw, None) if any(c.isdigit() for c in r))

    typed = "".join(script[int(c)] if c.isdigit() else c for c in with_digit)

    assert typed != with_digit
    assert references.read(typed) == with_digit


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "K7QM", "K7QM-4TDP", "K7QM-4TDP-XX", "AAAA-AAAA-A", "K7QM-4TDP-0", "½" * 9, "²" * 9,
        "K7QM4TDPX" * 4, "x" * 41, "\x00" * 9, "\u202e" * 9, "' OR 1=1 --", "../../etc", "𝟛" * 9,
    ],
)  # fmt: skip
def test_what_is_no_reference_is_answered_like_one_that_does_not_exist(text: str) -> None:
    with pytest.raises(NotFound) as refused:
        references.read(text)

    assert refused.value.sentence == NotFound.sentence


def test_no_word_can_appear_and_no_two_characters_look_alike() -> None:
    assert not set(ALPHABET) & set("AEIOUÄÖÜ")
    for alike in ("0O", "1IL", "5S", "2Z", "8B", "UV"):
        assert len(set(alike) & set(ALPHABET)) <= 1
    assert len(ALPHABET) == len(set(ALPHABET)) == 21


@pytest.mark.abuse("C06")
def test_references_are_never_in_order() -> None:
    drawn = [references.draw() for _ in range(400)]

    rising = sum(a < b for a, b in pairwise(drawn))

    assert len(set(drawn)) == 400
    assert 150 < rising < 250


def test_every_character_is_drawn_as_often_as_every_other() -> None:
    """Chi-square over the first eight places, 20 degrees of freedom: above 60 less than once in 100,000 runs."""
    drawn = Counter("".join(bare(references.draw())[:PLACES] for _ in range(4000)))
    expected = 4000 * PLACES / len(ALPHABET)

    assert sum((drawn[c] - expected) ** 2 / expected for c in ALPHABET) < 60


def test_that_measure_finds_a_draw_that_favours_one_character() -> None:
    favoured = Counter(dict.fromkeys(ALPHABET, 1500)) + Counter({"3": 320})
    expected = favoured.total() / len(ALPHABET)

    assert sum((favoured[c] - expected) ** 2 / expected for c in ALPHABET) > 60


def test_staff_codes_are_drawn_from_the_same_alphabet_and_do_not_repeat() -> None:
    codes = {references.staff_code() for _ in range(500)}

    assert len(codes) == 500
    assert all(re.fullmatch(rf"S-[{ALPHABET}]{{6}}", code) for code in codes)


def test_a_staff_code_is_no_case_reference() -> None:
    assert not any(opens(references.staff_code()) for _ in range(500))
