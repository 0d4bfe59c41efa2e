"""One name in two scripts and a dozen spellings comes to the same, and two names do not."""

from __future__ import annotations

import pytest

from app.people import marks
from app.people.spelling import parts_of, skeletons
from tests.bench.people import spellings


@pytest.mark.parametrize(
    "same",
    [
        ("محمد", "Mohammed", "Muhamad", "MOHAMED", "Mo7ammed", "Mehmet", "مُحَمَّد"),
        ("يوسف", "Yusuf", "Youssef", "Joseph"),
        ("عثمان", "Othman", "Uthmān", "Osman", "ʿUṯmān"),
        ("عبد الرحمن", "Abd al-Rahman", "Abdulrahman", "Abderrahmane", "Abdel Rahman"),
        ("صلاح الدين", "Salah ad-Din", "Salaheddine"),
        ("فاطمة", "Fatima", "Fatimah", "فاطمه"),
        ("أحمد المصري", "Ahmad al-Masri", "Ahmed Almasri", "احمد مصري", "Ahmet El Masry"),
        ("علي بن حسين", "Ali ibn Hussein", "Aly Ben Houcine", "علی حسین"),
        ("وليد", "Walid", "Oualid"),
        ("ﻣﺤﻤﺪ", "محـــمد"),
    ],
    ids=range(10),
)
def test_spellings_of_one_name_come_to_the_same(same: tuple[str, ...]) -> None:
    assert len({skeletons(spelling) for spelling in same}) == 1, {s: skeletons(s) for s in same}


@pytest.mark.parametrize(
    ("one", "other"), [("Khaled", "Walid"), ("حسن", "حسين علي"), ("Samir", "Amir"), ("Nour", "Omar"), ("Ali", "Wael")]
)
def test_two_names_stay_two(one: str, other: str) -> None:
    assert skeletons(one) != skeletons(other)


def test_nearly_all_spellings_of_the_lists_agree_and_compared_as_typed_none_would() -> None:
    pairs = [(arabic, latin) for arabic, *others in spellings() for latin in others]
    agree = sum(skeletons(arabic) == skeletons(latin) for arabic, latin in pairs)
    as_typed = sum(arabic.casefold() == latin.casefold() for arabic, latin in pairs)

    assert len(pairs) > 500
    assert agree / len(pairs) >= 0.98
    assert as_typed == 0


@pytest.mark.parametrize("nothing", ["", " ", "-", "ـ", "\u064b", "🙂", "\u202e"])
def test_what_says_nothing_has_no_part(nothing: str) -> None:
    assert parts_of(nothing) == ()


@pytest.mark.parametrize("odd", ["Al", "bin", "عبد", "ال", "x" * 200, "Ω Ж 王", "دين", "7", "a-b-c-d-e-f-g-h-i-j"])
def test_nothing_that_can_be_typed_breaks_it(odd: str) -> None:
    assert all(skeletons(odd))
    assert all(marks.of_question(odd, 1990))


def test_a_name_alone_is_never_a_text_of_its_own() -> None:
    assert marks.of_name("محمد") == ()
    assert marks.of_name("Mohammed Ali") == marks.of_name("علي محمد")
    assert len(marks.of_name("Mohammed Ali Hassan al-Masri", [1990])) == 6
    assert marks.of_question("Mohammed", None) == ()


def test_what_is_asked_meets_what_is_kept_a_year_aside() -> None:
    kept = set(marks.of_name("محمد علي حسن المصري", [1990]))

    for year, agreeing in ((1990, 6), (1991, 6), (1989, 6), (1995, 3)):
        assert len(kept & set(marks.of_question("Muhammad Aly Masri", year))) == agreeing, year


@pytest.mark.parametrize(
    ("one", "other"),
    [("N 4471-902", "n4471902"), ("٤٤٧١٩٠٢ ن", "4471902"), ("Ｎ４４７１９０２", "N 4471902")],
)
def test_a_number_of_a_document_is_letters_and_digits(one: str, other: str) -> None:
    assert marks.of_document(one) == marks.of_document(other) != ()


@pytest.mark.parametrize(
    ("one", "other"),
    [("+963 955 501 420", "0955501420"), ("00963 955-501-420", "٠٩٥٥٥٠١٤٢٠"), ("A.B@mail.example", "a.b@MAIL.example")],
)
def test_a_way_to_reach_somebody_is_one_however_it_is_written(one: str, other: str) -> None:
    assert marks.of_contact(one) == marks.of_contact(other) != ()


def test_a_short_number_identifies_nobody() -> None:
    assert marks.of_document("12") == marks.of_contact("117") == marks.of_alias("x") == ()
