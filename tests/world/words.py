"""Invented words of invented people, long enough and in enough scripts to be like the real thing."""

from __future__ import annotations

# ruff: noqa: E501  prose is easier to read in its own lines
from typing import Any

from app.testimonies.forms import Passage
from app.testimonies.rules import SegmentClass

_NAMES = (
    ("Yusuf Darwish al-Amin", "يوسف درويش الأمين", ("Abu Layth",), ("SY",), ("ar", "de")),
    ("Amina Rahmani", "أمينة رحماني", (), ("TN",), ("ar", "fr")),
    ("Bilal Marchetti", "بلال ماركيتي", ("Billy",), ("BE",), ("fr", "nl")),
    ("Noor Saadi", "نور السعدي", (), ("IQ",), ("ar", "ku")),
    ("Daniel Hassan Keller", "دانيال حسن كيلر", (), ("DE",), ("de", "ar")),
    ("Hawa Diallo", "حواء ديالو", (), ("FR",), ("fr", "ff")),
    ("Idris Tamimi", "إدريس التميمي", ("the tall one",), ("JO",), ("ar", "en")),
)

_ARABIC = (
    "وصلت إلى هناك في بداية الربيع، وكنت أظن أنني جئت لأساعد الناس. في الأسبوع الأول أخذوا جواز سفري وقالوا إنني لن "
    "أحتاج إليه بعد اليوم. كان في البيت اثنا عشر رجلا من سبعة بلدان، ولم نكن نفهم بعضنا بعضا إلا بصعوبة. ",
    "كانوا يقولون لنا إن القتال ضد النظام، لكننا لم نر النظام. رأيت قتالا بين جماعات كانت بالأمس تصلي معا. حين سألت عن "
    "السبب قال لي المسؤول: من يسأل كثيرا لا يعيش طويلا. بعد ذلك لم أسأل أحدا شيئا، وبدأت أفكر كيف أخرج. ",
    "في الشتاء كان الخبز قليلا والماء باردا، وكان للأجانب بيوت أفضل من بيوت أهل المدينة. رأيت امرأة عجوزا تطلب الدقيق "
    "لأحفادها فطردوها من الباب. في تلك الليلة لم أستطع النوم، وقلت لنفسي: هذا ليس ما وعدونا به. ",
)
_FRENCH = (
    "Je suis parti parce qu'on m'avait dit que des familles étaient bombardées et que personne ne les aidait. Les premiers "
    "jours, on nous a logés dans une école vide ; on nous a pris nos téléphones et nos papiers, « pour les garder en sûreté ». ",
    "On m'a mis à la cuisine, puis à la garde de nuit. Ceux qui venaient d'Europe avaient de l'argent et se faisaient servir ; "
    "ceux qui étaient du village n'avaient rien. J'ai vu un homme battu devant tout le monde pour une cigarette. ",
    "Quand j'ai demandé à rentrer, on m'a répondu qu'on ne quitte pas sa famille. Deux semaines plus tard, un garçon de dix-neuf "
    "ans qui avait posé la même question n'était plus là, et personne n'a plus prononcé son nom. ",
)
_ENGLISH = (
    "I went because of the videos. There was a man in our street who had already gone, and he wrote that everybody was equal "
    "there. On the first day they gave me a list of things I would never need again. My name was on it. ",
    "Most of the work was waiting. We guarded a road on which nobody came. In the evenings they told us who had betrayed us "
    "that week, and it was always somebody who had eaten with us the week before. ",
    "What made me leave was small. A boy from the town asked me where I came from, and when I told him he said: then you can "
    "go home. I had not thought of it as something a person can simply say. ",
)
_TEXTS = {"ar": _ARABIC, "fr": _FRENCH, "en": _ENGLISH}

_OWN_WORDS = {
    "ar": "فهمت أن هذا ليس وعدا بعدم المحاسبة، وأنني أستطيع أن أتوقف متى شئت.",
    "fr": "J'ai compris que ce n'est pas une promesse, et que je peux m'arrêter quand je veux.",
    "en": "I understand that this is no promise, and that I can stop whenever I like.",
}

SUBMISSION = _ENGLISH[0] * 4 + "I would like to tell somebody the rest."


def person(number: int) -> dict[str, Any]:
    """Particulars of one invented witness."""
    latin, arabic, aliases, nationalities, languages = _NAMES[number % len(_NAMES)]
    return {
        "legal_name": latin,
        "name_arabic": arabic,
        "aliases": aliases,
        "birth_date": {"precision": "SEASON", "words": "spring 1991", "year": 1991},
        "sex": "FEMALE" if number % 7 == 1 else "MALE",
        "nationalities": nationalities,
        "languages": languages,
        "category": ("WITNESS", "VICTIM"),
    }


def passages(language: str) -> tuple[Passage, ...]:
    """An account of several thousand characters in four segments."""
    first, second, third = _TEXTS[language]
    return (
        Passage(text=first * 5),
        Passage(text=second * 5, classes=frozenset({SegmentClass.THIRD_PARTY})),
        Passage(text=third * 5, classes=frozenset({SegmentClass.NARRATIVE})),
        Passage(text=first + second + third),
    )


def own_words(language: str) -> str:
    return _OWN_WORDS[language]


def assurance() -> dict[str, Any]:
    """A promise as a prosecutor's office may write one down: a proffer."""
    return {
        "kind": "PROFFER", "strength": "CONTRACT", "issuer": "District prosecutor, third section",
        "basis": "Letter of the third section", "instrument": "We will not offer what he tells us in our case in chief.",
        "jurisdiction": "US", "bodies": ["CRIMINAL_COURT"], "conditions": "He tells the whole of it.",
        "exceptions": "A false statement.",
    }  # fmt: skip


def note() -> dict[str, Any]:
    return {
        "factor": "TIMELINESS",
        "finding": "PARTLY",
        "reasons": "The will to speak was declared at the border, before any question about the group was put.",
        "passages": (),
        "contrary_evidence": "None found after looking in the record of arrival.",
    }


def step() -> dict[str, Any]:
    """A step of a mitigation as it is recorded; where it leads and whose it is, is told besides."""
    return {"authority": "The court of the third section", "reason": "A letter of theirs says so."}


def threat() -> dict[str, Any]:
    return {
        "level": "HIGH",
        "fear_in_own_words": "My cousin still prays with them. He knows where my mother buys bread.",
        "findings": "Two acquaintances asked for the witness by name in the home town within a month.",
        "measures": "No telephone; contact through the portal only.",
    }


def residence() -> dict[str, Any]:
    return {
        "place": "A flat above a bakery, Lindenweg 4, Kleinhausen",
        "since": "the second week of October",
        "who_knows": "two colleagues",
    }


def report() -> dict[str, Any]:
    return {
        "source_title": "An evening paper that does not exist, 3 March",
        "source_url": "https://paper.example/3-march",
        "left_in": "2015-07",
        "nationality": "not said",
        "sex": "MALE",
    }


def need() -> dict[str, Any]:
    return {"kind": "MEDICINE", "words": "Insulin, and a doctor who speaks Arabic."}


def claim() -> dict[str, Any]:
    """What one paper says of an invented witness."""
    return {
        "about": "WITNESS", "name_use": "LEGAL", "basis": "STATEMENT", "source": "a family book, seen at the talk",
        "arabic": {"given": "إدريس", "father": "سامي", "family": "التميمي"},
        "latin": {"given": "Idris", "family": "Tamimi"}, "birth_date": {"precision": "YEAR", "year": 1990},
    }  # fmt: skip


def question() -> dict[str, Any]:
    """Particulars of somebody who came to nobody."""
    return {
        "name": "Zeno Quispe", "birth_date": {"precision": "YEAR", "year": 1950}, "justification": "SAME_PERSON"
    }  # fmt: skip


def same_person() -> dict[str, Any]:
    """That somebody is somebody else, found by speaking with a colleague."""
    return {"finding": "NOT_SAME", "attributes": ("DOCUMENT_NUMBER", "NAME_AND_BIRTH"), "asked": "S-444444"}


def answer(value: Any) -> dict[str, Any]:
    """An answer to a question, under the name that its kind has in the form."""
    match value:
        case str():
            return {"words": value}
        case int():
            return {"number": value}
        case dict():
            return {"day": value}
    return {"chosen": list(value)}
