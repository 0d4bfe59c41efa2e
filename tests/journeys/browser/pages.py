"""Every page there is, by role. Whoever adds a page adds its address here, and nowhere else.

An address may hold {case} and the other names of ``NAMED``: each stands for the first one that the person is
shown on a page of their own. A page that only answers a form is an ``After``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = {"en": "ltr", "ar": "rtl", "fr": "ltr"}

# Name in an address -> the page it is found on, and what its link looks like there.
NAMED: dict[str, tuple[str, re.Pattern[str]]] = {
    "case": ("/", re.compile(r'href="/cases/([^/"?#]+)"')),
    "team": ("/me", re.compile(r'href="/teams/([a-z]+)"')),
    "entry": ("/audit", re.compile(r'href="/audit/([0-9]+)"')),
    "colleague": ("/admin/people", re.compile(r'href="/admin/people/(S-[^/"?#]+)"')),
}

# Who stands for a role, by sign-in name.
PEOPLE = {
    "intake": "intake_officer",
    "legal": "legal_reviewer",
    "protection": "caseworker",
    "narrative": "narrative_editor",
    "reid": "reid_reviewer",
    "approver": "approver",
    "auditor": "auditor",
    "administrator": "administrator",
    "custodian": "key_custodian",
}

# Before anybody has signed in.
ANYBODY: tuple[str, ...] = ("/sign-in", "/invitation")
# For everybody who has.
EVERYBODY: tuple[str, ...] = (
    "/", "/me", "/me/opened", "/me/passphrase", "/me/passphrase/changed", "/help/words", "/help/keys",
    "/help/outsiders", "/help/accessibility", "/help/shortcuts",
)  # fmt: skip
# By role, besides.
OF_ROLE: dict[str, tuple[str, ...]] = {
    "intake_officer": ("/cases/{case}", "/teams/{team}"),
    "legal_reviewer": ("/cases/{case}",),
    "caseworker": ("/cases/{case}",),
    "auditor": ("/audit", "/audit?refused=yes", "/audit/{entry}", "/audit/verify"),
    "administrator": (
        "/admin/people",
        "/admin/people/invite",
        "/admin/people/{colleague}",
        "/admin/people/{colleague}/shut",
        "/admin/health",
    ),
}
# Links that a walk along the pages must not follow, each with its reason.
NOT_PAGES: dict[str, str] = {}


@dataclass(frozen=True)
class After:
    """A page that comes only as the answer to something done on another."""

    name: str
    role: str | None
    address: str
    do: Callable[[Page], None]
    status: int


def _send_nothing(page: Page) -> None:
    page.locator("main form button, form button").last.click()


AFTER: tuple[After, ...] = (After("nothing typed at sign-in", None, "/sign-in", _send_nothing, 422),)


def addresses(role: str | None) -> tuple[str, ...]:
    """What somebody of this role can look at; None for a stranger."""
    return ANYBODY if role is None else (*EVERYBODY, *OF_ROLE.get(role, ()))


def pattern(address: str) -> str:
    """An address of a page as it stands in these lists: what it names is taken out again."""
    path = re.sub(r"[?#].*", "", address)
    path = re.sub(r"^/cases/(?!new\b)[^/]+", "/cases/{case}", path)
    path = re.sub(r"^/teams/[a-z]+", "/teams/{team}", path)
    path = re.sub(r"^/audit/[0-9]+", "/audit/{entry}", path)
    return re.sub(r"^/admin/people/S-[^/]+", "/admin/people/{colleague}", path)


def speak(page: Page, language: str) -> None:
    """Have the pages that follow in this language, as the person at the screen would choose it."""
    page.goto(re.sub(r"^(https?://[^/]+).*", r"\1/me", page.url))
    page.locator(f'[name=language][value="{language}"]').check()
    page.locator('form[action="/me/preferences"] button').click()
