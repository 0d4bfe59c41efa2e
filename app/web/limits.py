"""The statement of limits as it is true today, put into each language it may be read out in.

With no promise on file it says so. With one it is made from its terms, which are sealed: showing them is an opening.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import Request
from markupsafe import Markup

from app.edge import languages
from app.edge.desk import Desk
from app.errors import Conflict, Denied
from app.testimonies import terms
from app.testimonies.terms import PromiseRead, ReadStatement, StatementLine
from app.testimonies.views import AccountView
from app.web.casefile import prefetched
from app.web.frame import reads_in, templates
from app.work import Caller, Justification

_PLAIN: Final = "intake/statement.html"
_PROMISED: Final = "intake/promised.html"


@dataclass(frozen=True)
class Statement:
    """The statement in one language, as it is read out."""

    language: str
    direction: str
    text: Markup


@dataclass(frozen=True)
class LimitsPage:
    """The step at which the limits are read out. The first statement is in the visitor's own language."""

    account: AccountView
    statement: str
    statements: tuple[Statement, ...] = ()
    refusal: str = ""


def limits_page(request: Request, desk: Desk, visitor: Caller, account: AccountView) -> LimitsPage:
    """What is read out now; opened for the account it is read to."""
    line: StatementLine = desk.ask(visitor, terms.standing_of, account.id)
    promises: tuple[PromiseRead, ...] = ()
    if line.promised:
        if prefetched(request):
            return LimitsPage(account, line.version)
        form = ReadStatement(justification=Justification.INTAKE, cites=account.id)
        try:
            promises = desk.do(visitor, terms.read_statement, form, subject=account.id).promises
        except (Denied, Conflict) as refusal:
            return LimitsPage(account, line.version, refusal=refusal.sentence)
    own = reads_in(desk, visitor)
    spoken = (own, *(each for each in languages.LANGUAGES if each != own))
    return LimitsPage(account, line.version, tuple(_spoken(desk, each, promises) for each in spoken))


def _spoken(desk: Desk, language: str, promises: tuple[PromiseRead, ...]) -> Statement:
    with languages.spoken(language, desk.zone):
        template = templates.get_template(_PROMISED if promises else _PLAIN)
        # The template has escaped whatever it was given.
        text = Markup(template.render(promises=promises))  # noqa: S704
        return Statement(languages.language(), languages.direction(), text)
