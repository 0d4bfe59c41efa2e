"""The recovery key on paper: any k custodians, and no k-1."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.crypto import shares

SECRET = bytes(range(32))


@settings(max_examples=12, deadline=None)
@given(
    st.integers(8, 48).map(lambda half: bytes(range(2 * half))),
    st.integers(2, 6),
    st.integers(0, 4),
    st.randoms(),
)
def test_any_k_shares_in_any_order_give_the_secret(secret: bytes, k: int, more: int, order: object) -> None:
    lines = shares.split(secret, k, k + more)
    assert len(lines) == k + more
    order.shuffle(lines)  # type: ignore[attr-defined]  # hypothesis's own Random
    assert shares.join(lines[:k]) == secret


def test_every_pair_of_three_custodians_is_enough_and_so_are_all_three() -> None:
    lines = shares.split(SECRET, 2, 3)
    for some in (*itertools.combinations(lines, 2), tuple(lines)):
        assert shares.join(some) == SECRET


def test_one_custodian_short_gives_nothing() -> None:
    lines = shares.split(SECRET, 3, 5)
    for some in itertools.combinations(lines, 2):
        with pytest.raises(shares.SharesDoNotJoin):
            shares.join(some)
    with pytest.raises(shares.SharesDoNotJoin):
        shares.join([])


@pytest.mark.parametrize("position", [1, 2, 3])
def test_a_mistyped_share_is_named_by_its_position(position: int) -> None:
    lines = shares.split(SECRET, 3, 3)
    words = lines[position - 1].split()
    words[7] = "academic" if words[7] != "academic" else "zero"
    lines[position - 1] = " ".join(words)
    with pytest.raises(shares.BadShare) as bad:
        shares.join(lines)
    assert bad.value.position == position
    assert f"number {position}" in bad.value.sentence


@pytest.mark.parametrize("line", ["", "word", "zero " * 33, "\x00"])
def test_a_line_that_is_no_share_is_named_by_its_position(line: str) -> None:
    with pytest.raises(shares.BadShare) as bad:
        shares.join([shares.split(SECRET, 2, 3)[0], line])
    assert bad.value.position == 2


@pytest.mark.parametrize("position", [1, 2, 3])
def test_a_share_of_another_secret_is_named_by_its_position(position: int) -> None:
    lines = shares.split(SECRET, 3, 4)[:2]
    lines.insert(position - 1, shares.split(SECRET, 3, 4)[2])
    with pytest.raises(shares.BadShare) as bad:
        shares.join(lines)
    assert bad.value.position == position


def test_a_share_given_twice_counts_once_and_is_named() -> None:
    one, two, _ = shares.split(SECRET, 2, 3)
    with pytest.raises(shares.BadShare) as bad:
        shares.join([one, two, one])
    assert bad.value.position == 3


def test_an_error_repeats_no_word_of_a_share() -> None:
    lines = shares.split(SECRET, 2, 3)
    wrong = lines[1].replace(lines[1].split()[6], "nonsense", 1)
    with pytest.raises(shares.BadShare) as bad:
        shares.join([lines[0], wrong])
    assert "nonsense" not in bad.value.sentence + repr(bad.value)
    assert bad.value.__cause__ is None


def test_upper_case_and_blanks_do_not_matter_in_a_share() -> None:
    one, two, _ = shares.split(SECRET, 2, 3)
    assert shares.join([one.upper(), "  " + two.replace(" ", "\n")]) == SECRET


def test_two_splits_of_one_secret_share_no_line() -> None:
    assert not set(shares.split(SECRET, 2, 3)) & set(shares.split(SECRET, 2, 3))


@pytest.mark.parametrize(("k", "n"), [(0, 3), (1, 1), (1, 3), (4, 3), (2, 17)])
def test_numbers_that_protect_nothing_or_cannot_be_met_are_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="custodian"):
        shares.split(SECRET, k, n)


@pytest.mark.parametrize("length", [0, 14, 17])
def test_a_secret_too_short_or_of_odd_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=r".+"):
        shares.split(bytes(length), 2, 3)
