"""The languages of the pages: catalogues are read as text and compiled in memory at start.

A request sets its language once; templates and words read it from there. English is the
message itself. Digits are Latin in every language: references, dates and numbers must be
comparable between colleagues.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, tzinfo
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale, dates
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

# Each by its own name, as a reader of that language looks for it.
LANGUAGES: Final[Mapping[str, str]] = {"en": "English", "ar": "العربية", "fr": "Français"}
# British order of day and month; "en" alone would mean the American one.
_REGIONS: Final = {"en": "en_GB"}

_language: ContextVar[str] = ContextVar("language", default="en")
_zone: ContextVar[tzinfo] = ContextVar("zone", default=UTC)


def N_(message: str) -> str:  # noqa: N802 (the name that extracting tools look for)
    """Mark a sentence for the catalogues where it stands in a table; it is translated when it is shown."""
    return message


def language() -> str:
    """The language of this request."""
    return _language.get()


@contextmanager
def spoken(name: str, zone: tzinfo = UTC) -> Iterator[None]:
    """Speak a language, by the office's clock, while something is shown; an unknown one is English."""
    words, clock = _language.set(name if name in LANGUAGES else "en"), _zone.set(zone)
    try:
        yield
    finally:
        _language.reset(words)
        _zone.reset(clock)


class Catalogues:
    """The sentences of one area in every language.

    folder  holds ``<language>/LC_MESSAGES/<domain>.po``; a language without a file speaks English
    """

    def __init__(self, folder: Path, domain: str) -> None:
        self._spoken = {name: _compiled(folder / name / "LC_MESSAGES" / f"{domain}.po") for name in LANGUAGES}

    def gettext(self, message: str) -> str:
        """A sentence in the language of this request."""
        return self._spoken[language()].gettext(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """A counted sentence; Arabic has six forms."""
        return self._spoken[language()].ngettext(one, many, count)

    def pgettext(self, context: str, message: str) -> str:
        """A word that means different things in different places."""
        return self._spoken[language()].pgettext(context, message)

    def npgettext(self, context: str, one: str, many: str, count: int) -> str:
        return self._spoken[language()].npgettext(context, one, many, count)


def direction() -> str:
    """``ltr`` or ``rtl``, of the language of this request."""
    return Locale.parse(language()).text_direction


def day(when: date | datetime | str | None) -> str:
    """A day with its month as a word; a day that came as text is read first."""
    if when is None:
        return ""
    read = date.fromisoformat(when[:10]) if isinstance(when, str) else when
    return dates.format_date(read, "d MMMM y", locale=_locale())


def moment(when: datetime | str | None) -> str:
    """A day and the minute, by the office's clock."""
    if when is None:
        return ""
    read = datetime.fromisoformat(when) if isinstance(when, str) else when
    return dates.format_datetime(read, "d MMM y, HH:mm", tzinfo=_zone.get(), locale=_locale())


def ago(when: datetime, now: datetime) -> str:
    """How long ago or how soon, roughly, in words."""
    return dates.format_timedelta(when - now, add_direction=True, locale=_locale())


def _locale() -> Locale:
    return Locale.parse(_REGIONS.get(language(), language()))


def _compiled(path: Path) -> gettext.NullTranslations:
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file)
    machine = BytesIO()
    write_mo(machine, catalogue)
    machine.seek(0)
    return gettext.GNUTranslations(machine)
