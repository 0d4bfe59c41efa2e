"""Spellings of one name, Arabic or Latin, brought to one *skeleton*: its consonants, in classes that writers confuse.

محمد, Mohammed and Muhamad are ``MHMD``. A skeleton is never shown and never stored: only what is keyed
from two of them, or from one and a year of birth, is (marks.py). Nothing here knows a person.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Which class each Arabic letter belongs to. What is missing is written in one spelling and left out in another.
_ARABIC: Final = {
    "ب": "B", "پ": "B", "ت": "T", "ط": "T", "ث": "T", "ج": "G", "غ": "G", "گ": "G", "ژ": "G", "چ": "X", "ش": "X",
    "ح": "H", "خ": "H", "ه": "H", "ة": "H", "د": "D", "ذ": "D", "ض": "D", "ظ": "D", "ز": "D", "ر": "R",
    "س": "S", "ص": "S", "ف": "F", "ڤ": "F", "ق": "K", "ك": "K", "ل": "L", "م": "M", "ن": "N",
}  # fmt: skip
# Alif with or without hamza, letters of Persian and Urdu keyboards, and what carries a hamza.
_ARABIC_FORMS: Final = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ؤ": "و", "ئ": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه",
     "ۀ": "ه", "ۃ": "ة"}
)  # fmt: skip
# Latin letters with marks that stand for two letters; every other mark is simply dropped.
_MARKED: Final = str.maketrans(
    {"ş": "sh", "š": "sh", "ś": "sh", "ç": "ch", "č": "ch", "ğ": "gh", "ġ": "gh", "ž": "zh", "ḫ": "kh", "ḵ": "kh",
     "ḏ": "dh", "ṯ": "th", "ı": "i", "ß": "ss", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe"}
)  # fmt: skip
# Numbers that stand for letters in messages: Mo7ammed.
_DIGITS: Final = str.maketrans({"2": "", "3": "", "5": "kh", "6": "t", "7": "h", "8": "gh", "9": "q"})
# Longest first.
_LATIN: Final = (
    ("tch", "X"), ("sch", "X"), ("sh", "X"), ("ch", "X"), ("kh", "H"), ("gh", "G"), ("dj", "G"), ("dh", "D"),
    ("th", "T"), ("ph", "F"), ("zh", "G"), ("ck", "K"), ("ce", "S"), ("ci", "S"), ("cy", "S"),
    ("b", "B"), ("p", "B"), ("t", "T"), ("g", "G"), ("j", "G"),
    ("h", "H"), ("d", "D"), ("z", "D"), ("r", "R"), ("s", "S"), ("f", "F"), ("v", "F"), ("k", "K"), ("q", "K"),
    ("c", "K"), ("l", "L"), ("m", "M"), ("n", "N"), ("x", "KS"),
)  # fmt: skip
_CLASS: Final = dict(_LATIN)
_LETTERS: Final = re.compile("|".join(spelt for spelt, _ in _LATIN))
# Names that crossed into another language and lost a consonant on the way.
_ALIASES: Final = {
    "mehmet": "mohammed", "mohd": "mohammed", "mehmed": "mohammed", "muhd": "mohammed", "mamadou": "mohammed",
    "joseph": "yusuf", "josef": "yusuf", "jusuf": "yusuf", "yousef": "yusuf", "osman": "othman", "usman": "othman",
    "ousmane": "othman", "ayse": "aisha", "aysa": "aisha", "cemal": "jamal", "cihad": "jihad", "cuma": "juma",
    "hatice": "khadija", "hadice": "khadija", "jacob": "yaqub", "yakub": "yaqub", "jakub": "yaqub", "david": "daud",
    "davud": "daud", "dawud": "daud", "dawood": "daud", "moses": "musa", "hayat": "haya", "حياة": "haya",
    "nimat": "nima", "ahmet": "ahmed", "achmed": "ahmed", "achmet": "ahmed", "murat": "murad", "jasin": "yasin",
    "halit": "khaled",
    "mahmut": "mahmoud", "الياس": "elias", "الهام": "elham", "الطاف": "altaf", "ilyas": "elias",
}  # fmt: skip
_ARTICLES: Final = frozenset(
    {"al", "el", "ul", "il", "l", "ad", "ed", "ud", "as", "es", "us", "ash", "esh", "ush", "at", "et", "ut", "ar", "er",
     "ur", "an", "en", "un", "az", "ez", "uz", "ال"}
)  # fmt: skip
# Son, daughter, father and mother of: who says them says them one day and leaves them out the next.
_LINKS: Final = frozenset(
    {"bin", "ibn", "ben", "bint", "bent", "ould", "abu", "abou", "abo", "abi", "umm", "oum", "om", "بن", "ابن", "بنت",
     "ابو", "ابي", "ام", "ولد"}
)  # fmt: skip
# The second half of a name written as one word or as two.
_TAILS: Final = frozenset(
    {"din", "dine", "deen", "eddin", "eddine", "uddin", "addin", "ddine", "allah", "ullah", "llah", "دين", "الدين",
     "الله", "لله"}
)  # fmt: skip
_SERVANT: Final = frozenset({"abd", "abdul", "abdel", "abdal", "abdu", "abdur", "abder", "عبد"})
_APART: Final = re.compile(r"[\s\-‐‑–_.,،/]+")


def parts_of(name: str) -> tuple[str, ...]:
    """The parts of a name as it was written, each brought to one form; articles and links left out.

    "Abd al-Rahman" is one part, and so are "عبد الرحمن" and "Salah ad-Din".
    """
    found: list[str] = []
    tokens = [token for token in _APART.split(_plain(name)) if token]
    open_ended = False
    for place, token in enumerate(tokens):
        last = place == len(tokens) - 1
        if token in _ARTICLES and not last:
            continue
        if (open_ended or token in _TAILS) and found:
            found[-1] += "\x1f" + token
            open_ended = False
        elif token in _SERVANT and not last:
            found.append(token)
            open_ended = True
        elif token not in _LINKS or (last and not found):
            found.append(token)
    return tuple(found)


def skeleton(part: str) -> str:
    """The consonants of one part, as classes; "A" for a part that has none.

    Vowels, glides inside a word and a last h are dropped in both scripts: one writer's
    Fatimah is another's Fatima. A doubled letter counts once.
    """
    classes = "".join(_classes(half) for half in part.split("\x1f"))
    classes = re.sub(r"(.)\1+", r"\1", classes)
    shortened = classes.rstrip("H")
    return shortened or classes or "A"


def skeletons(name: str) -> tuple[str, ...]:
    """The skeletons of a whole name, part by part, in the order they were written."""
    return tuple(skeleton(part) for part in parts_of(name))


def _plain(name: str) -> str:
    """One form for what is typed alike and stored differently: presentation forms, marks, case."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_MARKED)
    bare = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    bare = unicodedata.normalize("NFC", bare).replace("\u0640", "").translate(_ARABIC_FORMS)
    return "".join(c for c in bare if c.isalnum() or _APART.match(c))


def _classes(token: str) -> str:
    token = _ALIASES.get(token, token)
    return _of_arabic(token) if any("\u0600" <= c <= "\u06ff" for c in token) else _of_latin(token.translate(_DIGITS))


def _of_arabic(token: str) -> str:
    if token.startswith("ال") and len(token) > 4:
        token = token[2:]
    elif token.startswith("ابو") and len(token) > 5:
        token = token[3:]
    first = {"و": "W", "ي": "Y"}.get(token[:1], "") if len(token) > 2 else ""
    body = token[:-1] if token.endswith("ة") else token
    return first + "".join(_ARABIC.get(letter, "") for letter in body)


def _of_latin(token: str) -> str:
    servant = re.fullmatch(r"abd[aeiou]?l?(.{3,})", token)
    if servant is not None and token not in _SERVANT:
        return "BD" + _consonants(servant[1])
    attached = re.fullmatch(r"(?:al|el)([bcdfghjkmnpqrstvwxz].{3,}|[aeiou][^aeiou]{2}.{2,})", token) or re.fullmatch(
        r"abou?([bcdfghjklmnpqrstvwxz].{3,})", token
    )
    return _consonants(attached[1] if attached is not None else token)


def _consonants(token: str) -> str:
    """The classes of a Latin word. A glide counts only where it begins the word."""
    if token in _SERVANT:
        return "BD"
    first = ""
    if re.match(r"w|ou[aeiy]", token):
        first = "W"
    elif re.match(r"y[aeiou]", token):
        first = "Y"
    return first + "".join(_CLASS[spelt] for spelt in _LETTERS.findall(token))
