"""What every page of the staff has around it, and the two ways out of a route: show, or save.

A template gets the view of the page, this frame, and the state of its form if it has one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import clock
from app.accounts import queries as accounts
from app.accounts.forms import GiveFactor
from app.accounts.stepping import NotConfirmed
from app.accounts.views import Me
from app.edge import languages, pages, sheets
from app.edge.desk import Desk
from app.edge.languages import LANGUAGES, N_, Catalogues
from app.edge.refusals import retry_headers
from app.edge.render import as_json
from app.edge.sheets import Mistakes, Sheet
from app.edge.static import Static
from app.errors import Conflict, Denied, Refusal, StepUpNeeded, TooManyTries, Unprocessable
from app.web.session import LANGUAGE, page_token, step_up
from app.web.words import WORDS, word
from app.work import Action, Caller, Form

HERE: Final = Path(__file__).parent

catalogues: Final = Catalogues(HERE / "locale", "staff")
static: Final = Static(HERE / "static")
templates: Final = pages.environment(
    "web", catalogues, static,
    said=lambda code, table: catalogues.gettext(word(str(code), table)),
    offered=lambda table: [(code, catalogues.gettext(words)) for code, words in WORDS[table].items()],
    moment=languages.moment,
    ago=lambda when: languages.ago(when, clock.now()),
    anchor=sheets.anchor,
    codes=json.loads,
)  # fmt: skip

Fields = Mapping[str, Sequence[str]]
# Where a form has a second factor: digits, a code on paper, or what a security key has signed.
FACTORS: Final = (
    "code", "recovery_code", "key.credential", "key.client_data", "key.authenticator_data", "key.signature",
)  # fmt: skip


@dataclass(frozen=True)
class Link:
    """One item of the navigation."""

    words: str
    href: str
    here: bool = False


@dataclass(frozen=True)
class Frame:
    """What a page shows around its view. ``user`` is empty for those who are not signed in."""

    language: str
    direction: str
    csrf: str = ""
    user: str = ""
    name: str = ""
    roles: tuple[str, ...] = ()
    navigation: tuple[Link, ...] = ()
    shortcuts: bool = True
    idle_seconds: int = 0
    demo: bool = False
    tour: bool = False


# At most five, the rest is reached from Today. Nobody's menu names what they may not do.
_CASES: Final = (N_("Cases"), "/cases")
_HANDOFFS: Final = (N_("Hand-offs"), "/hand-offs")
_MENUS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "intake_officer": ((N_("Arrivals"), "/arrivals"), (N_("Testimonies"), "/testimonies"), _CASES, _HANDOFFS),
    "legal_reviewer": ((N_("Reviews"), "/reviews"), _CASES, _HANDOFFS),
    "caseworker": (_CASES, (N_("Check-ins"), "/check-ins"), _HANDOFFS),
    "narrative_editor": ((N_("Coding"), "/coding"), _CASES),
    "auditor": (
        (N_("Log"), "/audit"),
        (N_("Signs"), "/audit/signs"),
        (N_("Inquiries"), "/audit/inquiries"),
        (N_("Verify"), "/audit/verify"),
    ),
    "administrator": ((N_("People"), "/admin/people"), (N_("Health"), "/admin/health")),
}


def show(
    request: Request, desk: Desk, visitor: Caller | None, template: str, view: Any = None, *,
    here: str = "", sheet: Sheet | None = None, status: int = 200, language: str = "",
) -> HTMLResponse:  # fmt: skip
    """One page: its view and its form in the frame of whoever looks at it.

    here      the address of the menu's item this page belongs to
    language  for what somebody else will read: a sheet of paper; otherwise the visitor's own
    """
    me: Me | None = desk.ask(visitor, accounts.me) if visitor is not None else None
    with languages.spoken(language or (me.language if me is not None else language_of(request)), desk.zone):
        frame = _frame(request, desk, visitor, me, here)
        text = templates.get_template(template).render(view=view, frame=frame, sheet=sheet)
    return HTMLResponse(text, status)


def save(
    request: Request, desk: Desk, visitor: Caller, given: Fields, action: Action, *,
    then: str | Callable[[Any], str], again: Callable[[Sheet, int], Response], subject: object = None,
    shape: Callable[[dict[str, Sequence[str]]], Mapping[str, Sequence[str]]] | None = None,
    step: tuple[Action, object] | None = None,
) -> Response:  # fmt: skip
    """Do what a page's form asks for and go on to the next page; otherwise the same page with what was typed.

    step    the action and the subject that a second factor in the form is for
    then    where to go: an address, or one made from the answer as JSON
    again   shows the page with the sheet it is given
    shape   changes the fields before they are read, where a page asks differently than the form
    """

    def shown(answer: Any) -> Response:
        return RedirectResponse(then if isinstance(then, str) else then(as_json(answer)), 303)

    return do(
        request, desk, visitor, given, action, shown=shown, again=again, subject=subject, shape=shape, step=step
    )  # fmt: skip


def do(
    request: Request, desk: Desk, visitor: Caller, given: Fields, action: Action, *,
    shown: Callable[[Any], Response], again: Callable[[Sheet, int], Response], subject: object = None,
    shape: Callable[[dict[str, Sequence[str]]], Mapping[str, Sequence[str]]] | None = None,
    step: tuple[Action, object] | None = None,
) -> Response:  # fmt: skip
    """As ``save``, with a page of its own for an answer that is told once and kept nowhere."""
    fields = {name: list(values) for name, values in given.items() if name not in {"csrf", "once"}}
    once = next(iter(given.get("once", ())), "")
    try:
        # The rest is read first: a code serves once, and is not to be spent on a form that does not fit.
        given_factor = second_factor(desk, step, fields) if step else None
        form = read(desk, action, shape(dict(fields)) if shape else fields)
        if given_factor is not None:
            step_up(request, desk, visitor, given_factor)
        answer = desk.do(visitor, action, form, subject=subject, idempotency=once if action.creates and once else None)
    except (Conflict, Denied, StepUpNeeded, TooManyTries, Unprocessable) as refusal:
        answered = again(sheet(request).typed(fields, mistakes_of(refusal)), refusal.status)
        answered.headers.update(retry_headers(refusal))
        return answered
    return shown(answer)


def mistakes_of(refusal: Refusal) -> Mapping[str, str]:
    """What did not fit, beside the field that it is about."""
    if isinstance(refusal, Mistakes):
        return refusal.found
    return {"code" if isinstance(refusal, NotConfirmed | StepUpNeeded) else "": refusal.sentence}


def second_factor(desk: Desk, step: tuple[Action, object], fields: dict[str, list[str]]) -> GiveFactor | None:
    """Take the second factor out of a form's fields; None where none was typed. Raises Mistakes."""
    typed = {name: fields.pop(name, []) for name in FACTORS}
    typed = {name: values for name, values in typed.items() if any(value.strip() for value in values)}
    if not typed:
        return None
    action, subject = step
    return sheets.read(GiveFactor, {**typed, "action": [action.name], "subject": [str(subject)]}, desk.zone)


def read(desk: Desk, action: Action, fields: Fields) -> Form | None:
    """The form of an action from posted fields. Raises Mistakes."""
    return None if action.form is None else sheets.read(action.form, fields, desk.zone)


def sheet(request: Request, /, **values: str | Sequence[str]) -> Sheet:
    """An empty form of this session, with what is filled in already; a field may be called ``request`` too."""
    filled = {name: [value] if isinstance(value, str) else list(value) for name, value in values.items()}
    return Sheet(csrf=page_token(request), values=filled)


def reads_in(desk: Desk, visitor: Caller) -> str:
    """The language in which a visitor reads pages, for what is put into words before the page is shown."""
    me: Me = desk.ask(visitor, accounts.me)
    return me.language


def refused(request: Request, desk: Desk, visitor: Caller | None, refusal: Refusal) -> Response:
    """A refusal as a page: its sentence and its rule, and nothing of what was asked."""
    page = show(request, desk, visitor, "refused.html", refusal, status=refusal.status)
    page.headers.update(retry_headers(refusal))
    return page


def language_of(request: Request) -> str:
    """The language of a page before sign-in."""
    chosen = request.query_params.get("language") or request.cookies.get(LANGUAGE)
    return str(chosen) if chosen in LANGUAGES else "en"


def _frame(request: Request, desk: Desk, visitor: Caller | None, me: Me | None, here: str) -> Frame:
    if visitor is None or me is None:
        return Frame(languages.language(), languages.direction(), demo=desk.demo, tour=desk.tour)
    return Frame(
        languages.language(), languages.direction(), csrf=page_token(request), user=me.user, name=me.display_name,
        roles=me.roles, navigation=() if desk.office.policy.lacks_key(visitor.actor) else _menu(me, here),
        shortcuts=me.shortcuts, idle_seconds=visitor.idle_seconds, demo=desk.demo, tour=desk.tour,
    )  # fmt: skip


def _menu(me: Me, here: str) -> tuple[Link, ...]:
    items = [(N_("Today"), "/today")]
    for role in me.roles:
        items += [item for item in _MENUS.get(role, ()) if item not in items]
    items += [(N_("Team"), f"/teams/{team}") for team in me.leads]
    return tuple(Link(words, href, href == here) for words, href in items)
