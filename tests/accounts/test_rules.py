"""Passphrases, one-time codes and waiting: pure rules, checked against what is published."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from app.accounts import rules
from app.errors import Unprocessable

RFC_6238_SECRET = b"12345678901234567890"
# RFC 6238, appendix B, SHA-1: seconds since 1970 and eight digits, of which we use the last six.
RFC_6238 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
# RFC 4226, appendix D: the first ten values of the counter.
RFC_4226 = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@pytest.mark.parametrize(("seconds", "digits"), RFC_6238)
def test_codes_are_those_of_the_standard(seconds: int, digits: str) -> None:
    assert rules.totp_at(RFC_6238_SECRET, seconds // rules.STEP_SECONDS) == digits[-6:]


@pytest.mark.parametrize(("counter", "digits"), list(enumerate(RFC_4226)))
def test_counters_are_those_of_the_standard(counter: int, digits: str) -> None:
    assert rules.totp_at(RFC_6238_SECRET, counter) == digits


@pytest.mark.parametrize(("step_offset", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_one_step_before_and_after_its_time(step_offset: int, accepted: bool) -> None:
    now = 1_790_000_000
    step = now // rules.STEP_SECONDS + step_offset

    found = rules.totp_step(RFC_6238_SECRET, rules.totp_at(RFC_6238_SECRET, step), now)

    assert found == (step if accepted else None)


@pytest.mark.parametrize("digits", ["", "00000", "0000000", "abcdef", "٠٠٠٠٠٠", "12 345"])
def test_what_is_no_code_matches_no_step(digits: str) -> None:
    assert rules.totp_step(RFC_6238_SECRET, digits, 59) is None


def test_a_phone_that_is_searched_shows_a_neutral_word() -> None:
    uri = rules.totp_uri(RFC_6238_SECRET, "intake")

    assert uri.startswith("otpauth://totp/office:intake?")
    assert f"secret={base64.b32encode(RFC_6238_SECRET).decode()}&issuer=office" in uri
    assert "amana" not in uri.lower()


def check(passphrase: str, login: str = "mariam") -> None:
    rules.check_passphrase(passphrase, login, shortest=15, longest=128)


@pytest.mark.parametrize(
    "passphrase",
    [
        "seven herons on a canal",
        "no capitals no digits needed",
        "حصان أزرق فوق الجبل البعيد",
        "15 characters ok",
        "ab cd ef gh ij k",
        "🕊 doves over the roof",
        "x" * 5 + "abcdefghij" * 12,
        "mariam lives in a house with eleven windows",
    ],
)
def test_several_words_in_any_script_will_do(passphrase: str) -> None:
    check(passphrase)


@pytest.mark.parametrize("passphrase", ["", "short", "x" * 14, "fourteen chars", "abcdefghij" * 13])
def test_a_passphrase_has_fifteen_to_a_hundred_and_twenty_eight_characters(passphrase: str) -> None:
    with pytest.raises(rules.WeakPassphrase):
        check(passphrase)


def blocked() -> list[str]:
    lines = (Path(rules.__file__).parent / "blocklist.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("entry", blocked())
def test_each_line_of_the_blocklist_is_refused(entry: str) -> None:
    with pytest.raises(rules.WeakPassphrase):
        check(entry)


@pytest.mark.parametrize("change", [str.upper, str.title, lambda text: " ".join(text), lambda text: f"  {text}!!!"])
def test_dressing_up_a_common_passphrase_does_not_help(change: object) -> None:
    assert callable(change)
    with pytest.raises(rules.WeakPassphrase):
        check(change("correcthorsebatterystaple"))


@pytest.mark.parametrize("passphrase", ["a" * 20, "abababababababababab", "1111 2222 3333 4444", "..............a.."])
def test_a_few_characters_over_and_over_are_refused(passphrase: str) -> None:
    with pytest.raises(rules.WeakPassphrase):
        check(passphrase)


@pytest.mark.parametrize("passphrase", ["mariam-mariam-1", "Mariam 123456789", "xx mariam 2026 xx"])
def test_a_passphrase_is_not_built_on_the_name_of_the_account(passphrase: str) -> None:
    with pytest.raises(rules.WeakPassphrase):
        check(passphrase)


def test_a_refused_passphrase_is_not_repeated() -> None:
    for passphrase in ("CANARY-short", "CANARY-" + "a" * 130, "mariam-CANARY-x"):
        with pytest.raises(Unprocessable) as caught:
            check(passphrase)
        assert "CANARY" not in caught.value.sentence + str(caught.value)


def test_a_recovery_code_has_a_hundred_and_twenty_bits_and_is_drawn_afresh() -> None:
    codes = {rules.recovery_code() for _ in range(200)}

    assert len(codes) == 200
    assert {len(base64.b32decode(code.replace("-", ""))) * 8 for code in codes} == {120}


def test_a_one_use_code_is_found_however_it_is_typed() -> None:
    code = rules.recovery_code()

    for typed in (code.lower(), code.replace("-", ""), f" {code} ", code.replace("-", " ")):
        assert rules.code_hash(typed) == rules.code_hash(code)
    assert rules.code_hash(code[:-1]) != rules.code_hash(code)


def test_waiting_begins_at_the_fifth_failure_doubles_and_has_an_end() -> None:
    waits = [rules.wait_seconds(tries, delay_from=5, longest=900) for tries in range(0, 20)]

    assert waits[:5] == [0] * 5
    assert waits[5:15] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert set(waits[15:]) == {900}


def test_a_count_without_end_waits_no_longer_than_the_longest() -> None:
    assert rules.wait_seconds(10**6, delay_from=5, longest=900) == 900
