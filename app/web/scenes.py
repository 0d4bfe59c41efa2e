"""What the eight scenes show, and what their buttons do. Every result is asked of the product itself."""

# ruff: noqa: E501  sentences are easier to read in their own lines
from __future__ import annotations

import asyncio
import hashlib
import re
import time
from typing import Any, Final

from fastapi import Request

from app.cases import actions as cases
from app.cases import queries as case_queries
from app.cases.forms import GiveGrant, Opening
from app.edge.desk import Desk
from app.edge.languages import N_
from app.errors import Refusal, Unavailable
from app.legal import leaving
from app.legal.forms import AskLeaving
from app.legal.restrictions import Body, Subject, Use
from app.oversight import actions as oversight
from app.oversight.forms import AskLog
from app.testimonies import actions as testimonies
from app.testimonies import queries as testimony_queries
from app.testimonies.forms import BeginTestimony, MoveOn
from app.web.session import COOKIE
from app.web.tour import Going, Line, Scene, Step, Tour
from app.work import Caller, Justification

LATER: Final = N_("These six digits are used already. Wait half a minute and press the button again.")
# A reference of the right shape that nobody was given.
INVENTED: Final = "7777-7777-R"
PLACED_SECONDS: Final = 3.0
LEGAL: Final = "legal_reviewer"
_TOKEN: Final = re.compile(rb'name="csrf" value="[^"]*"')


def _went(login: str, tab: str) -> Going:
    """To the story case, as somebody; the tab behind its address, if any."""
    return Going(login, lambda tour, _desk, _caller: f"/cases/{tour.story}{tab}")


def _newest(tour: Tour, desk: Desk, **about: Any) -> Any:
    """The newest entry of the log like this, as the second auditor is told it; None if there is none.

    It has its number a moment after it was made.
    """
    auditor = tour.come(desk, "auditor2")
    until = time.monotonic() + PLACED_SECONDS
    while True:
        found = desk.do(auditor, oversight.ask, AskLog(**about)).entries
        if not found or found[0].place is not None or time.monotonic() > until:
            return found[0] if found else None
        time.sleep(0.2)


def _number(entry: Any) -> str:
    return "?" if entry is None or entry.place is None else str(entry.place)


# 1 and 2: the office


def _take_down(tour: Tour, desk: Desk, caller: Caller) -> str:
    """The account of the story case that is being taken, taken up again if it is paused; a new one where none is."""
    held = desk.ask(caller, testimony_queries.of_case, tour.story).accounts
    going = [account for account in held if account.state in {"IN_SESSION", "PAUSED"}]
    if going:
        row = going[-1].id
        if going[-1].state == "PAUSED":
            desk.do(caller, testimonies.move, MoveOn(to="IN_SESSION"), subject=row)
        return f"/testimonies/{row}/account"
    begun = [account.id for account in held if account.state == "TRIAGED"]
    row = begun[-1] if begun else desk.do(caller, testimonies.begin, BeginTestimony(), subject=tour.story).id
    return f"/testimonies/{row}/limits"


def _limits(tour: Tour, desk: Desk, caller: Caller) -> str:
    held = desk.ask(caller, testimony_queries.of_case, tour.story).accounts
    return f"/testimonies/{held[-1].id}/limits"


def _recorded(tour: Tour, desk: Desk, _request: Request) -> tuple[Line, ...]:
    entry = _newest(tour, desk, case=tour.story, action="testimony.record")
    if entry is None or entry.body["host"] == "cli":
        return (Line(N_("Nothing has been recorded here since the demonstration was made. Type the account first.")),)
    return (
        Line(
            N_("Entry %(entry)s of the log: an account was recorded, %(at)s, in the case %(case)s."),
            {"entry": _number(entry), "at": (entry.body["at"], "moment"), "case": tour.story},
        ),
        Line(N_("The case has a reference and no name: not in the title of the page, not in its address, not in the log.")),
        Line(N_("What you typed was sealed before it was stored. The log holds no word of it.")),
    )  # fmt: skip


def _looked(tour: Tour, desk: Desk, _request: Request) -> tuple[Line, ...]:
    entry = _newest(tour, desk, case=tour.story, operation="consult", justification="LEGAL_ASSESSMENT", outcome="done")
    if entry is None:
        return (Line(N_("Nobody has opened anything of this case yet. Give a reason as the legal reviewer first.")),)
    return (
        Line(
            N_("Entry %(entry)s: %(role)s, %(at)s, reason: %(why)s."),
            {
                "entry": _number(entry), "role": (entry.body["roles"][0], "role"), "at": (entry.body["at"], "moment"),
                "why": (entry.body.get("justification") or "", "justification"),
            },
        ),
        Line(N_("The entry was there before the first word was shown, and holds no word of what was shown.")),
        Line(N_("Whoever lacks a key is not told that there is something behind it.")),
    )  # fmt: skip


# 3: the administrator


def _compared(tour: Tour, desk: Desk, request: Request) -> tuple[Line, ...]:
    tour.come(desk, "administrator")
    cookie = f"{COOKIE}={tour.tokens['administrator']}"
    real, invented = (asyncio.run(_answer(request, f"/cases/{each}", cookie)) for each in (tour.story, INVENTED))
    same = (
        N_("The same bytes: %(hash)s for both addresses.")
        if real == invented
        else N_("They differ: %(hash)s, %(other)s.")
    )
    return (
        Line(N_("To an administrator /cases/%(case)s answers %(status)s."), {"case": tour.story, "status": real[0]}),
        Line(N_("The invented /cases/%(case)s answers %(status)s."), {"case": INVENTED, "status": invented[0]}),
        Line(same, {"hash": _fingerprint(real[1]), "other": _fingerprint(invented[1])}),
    )


async def _answer(request: Request, path: str, cookie: str) -> tuple[int, bytes]:
    """What this program answers; without the token of its forms, which is another one on every page."""
    came: list[Any] = []
    sent = [(b"host", request.headers["host"].encode()), (b"cookie", cookie.encode())]
    scope = {
        **request.scope, "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": sent, "state": {}, "path_params": {},
    }  # fmt: skip
    for name in ("endpoint", "route", "router"):
        scope.pop(name, None)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        came.append(message)

    await request.app(scope, receive, send)
    page = b"".join(message.get("body", b"") for message in came)
    return came[0]["status"], _TOKEN.sub(b"", page)


def _fingerprint(page: bytes) -> str:
    return hashlib.sha256(page).hexdigest()[:16]


def _own_key(tour: Tour, desk: Desk, _request: Request) -> tuple[Line, ...]:
    me = tour.come(desk, "administrator")
    code = str(me.actor.code)
    said = _refused(desk, me, cases.give, GiveGrant(user=code, compartments=frozenset({"TESTIMONY"})), tour.story)
    entry = _newest(tour, desk, actor=code, action="grant.give", refused=True)
    return (
        Line(N_("The product answers: “%(said)s”"), {"said": (said, "sentence")}),
        Line(N_("A key is given by somebody who holds it. An administrator holds none, so there is nothing to give.")),
        Line(N_("The attempt is entry %(entry)s of the log, under the administrator's own code."), {"entry": _number(entry)}),
    )  # fmt: skip


def _refused(desk: Desk, who: Caller, action: Any, form: Any, subject: object) -> str:
    try:
        desk.do(who, action, form, subject=subject)
    except Refusal as refusal:
        return refusal.sentence
    raise AssertionError("an administrator was let through")


# 6: no log, no look


def _passage(tour: Tour, desk: Desk, legal: Caller) -> tuple[object, Opening]:
    """A passage of the story case, and the form that opens it for the note that is written about it."""
    records = desk.ask(legal, case_queries.show, tour.story).records
    row = {each.table: each.id for each in reversed(records)}
    form = Opening(fields=("text",), justification=Justification.LEGAL_ASSESSMENT, cites=row["mitigation_assessments"])
    return row["segments"], form


def _in_silence(tour: Tour, desk: Desk, _request: Request) -> tuple[Line, ...]:
    legal = tour.come(desk, "legal")
    row, form = _passage(tour, desk, legal)
    about = {"case": tour.story, "action": "segment.open"}
    before = _newest(tour, desk, **about)
    try:
        tour.silent().perform(legal, testimonies.open_segment, form, subject=row)
    except Unavailable as refusal:
        said = refusal.sentence
    else:
        raise AssertionError("something was opened without an entry")
    after = _newest(tour, desk, **about)
    if (before and before.id) != (after and after.id):
        raise AssertionError("an entry was written by a database that takes nothing in")
    desk.do(legal, testimonies.open_segment, form, subject=row)
    then = _newest(tour, desk, **about)
    return (
        Line(N_("The product answers: “%(said)s”"), {"said": (said, "sentence")}),
        Line(N_("No byte of the passage left, and the log has no new entry: its newest about a passage of this case is still %(entry)s."), {"entry": _number(before)}),
        Line(N_("With the database writing again, the same opening works and is entry %(entry)s."), {"entry": _number(then)}),
    )  # fmt: skip


# 7: the witness's side


def _who_looked(tour: Tour, desk: Desk, _request: Request) -> tuple[Line, ...]:
    told = desk.ask(tour.come(desk, "intake"), case_queries.looked, tour.story)
    looks = [look for look in told if look.operation == "consult" and look.outcome == "done" and LEGAL in look.roles]
    if not looks:
        return (Line(N_("Nobody has opened anything of this case yet. Give a reason as the legal reviewer first.")),)
    return (
        Line(
            N_("Entry %(entry)s of this case: opened by: %(role)s, %(at)s, reason: %(why)s."),
            {
                "entry": looks[0].seq, "role": (looks[0].roles[0], "role"), "at": (looks[0].at, "moment"),
                "why": (looks[0].justification or "", "justification"),
            },
        ),
        Line(N_("The entries of a case are numbered without a gap, so the witness's lawyer sees that none is missing.")),
    )  # fmt: skip


def _withdrawn(tour: Tour, desk: Desk, _request: Request) -> tuple[Line, ...]:
    intake, legal = tour.come(desk, "intake"), tour.come(desk, "legal")
    before = _agreed(tour, desk, legal)
    tier = next(each for each in desk.ask(intake, testimony_queries.consents, tour.story) if each.tier == "T2")
    if tier.state == "GRANTED":
        desk.do(intake, testimonies.withdraw, subject=tier.id)
    after = _agreed(tour, desk, legal)
    entry = _newest(tour, desk, case=tour.story, action="consent.withdraw")
    then = Line(N_("The reviewer asks again, a moment later: nothing may leave, since the witness does not agree.")) if not after else Line(N_("The reviewer may still use it."))  # fmt: skip
    return (
        Line(N_("Before, the reviewer asked whether passages may leave for a court: the witness agreed.")) if before
        else Line(N_("The witness has taken back the consent to legal use already.")),
        Line(N_("Taken back: entry %(entry)s. It holds from that commit on."), {"entry": _number(entry)}),
        then,
    )  # fmt: skip


def _agreed(tour: Tour, desk: Desk, legal: Caller) -> bool:
    """Whether the reviewer, who asks whether passages may leave, is told that the witness agrees to it."""
    records = desk.ask(legal, case_queries.show, tour.story).records
    row = {each.table: each.id for each in reversed(records)}
    form = AskLeaving(
        justification=Justification.LEGAL_ASSESSMENT, cites=row["mitigation_assessments"], use=Use.DIRECT,
        subject=Subject.DECLARANT, jurisdiction="FR", body=Body.CRIMINAL_COURT,
    )  # fmt: skip
    agreed: bool = desk.do(legal, leaving.judge, form, subject=row["testimonies"]).agreed
    return agreed


SCENES: Final = (
    Scene(
        N_("Somebody tells what they lived through"),
        (
            N_("An intake officer takes an account. What protects these words is read out first: here nobody has promised anything yet, so no admissions are recorded."),
            N_("Sign in as the officer, type a sentence in Arabic and one in English, and keep them. Then come back here by the line at the top of every page."),
        ),
        (
            Step("limits", N_("Sign in as the intake officer: what was read out"), lambda *_: Going("intake", _limits)),
            Step("take", N_("Sign in as the intake officer: type the account"), lambda *_: Going("intake", _take_down)),
            Step("told", N_("What just happened"), _recorded),
        ),
        ("كان المفتاح تحت شجرة الزيتون.", "The key was under the olive tree."),
    ),
    Scene(
        N_("The same address, other eyes"),
        (
            N_("Four people at one address: what they see is what they hold keys for."),
            N_("The legal reviewer sees the passages after one reason, and no name. The caseworker sees the place, and the account is kept from that role. The auditor sees who looked, when and why, and no word of it."),
        ),
        (
            Step("legal", N_("Sign in as the legal reviewer"), lambda *_: _went("legal", "")),
            Step("protection", N_("Sign in as the caseworker"), lambda *_: _went("protection", "")),
            Step("auditor", N_("Sign in as the auditor"), lambda *_: Going("auditor", lambda tour, *_: f"/audit/cases/{tour.story}")),
            Step("told", N_("What just happened"), _looked),
        ),
    ),
    Scene(
        N_("The administrator"),
        (
            N_("An administrator runs the machine and lets people in. Reading is another matter."),
            N_("The address of the case and one that was made up get the same answer. And an administrator who wants to give themself the key is refused."),
        ),
        (
            Step("compare", N_("Ask for both addresses as the administrator"), _compared),
            Step("key", N_("Give myself the key"), _own_key),
            Step("see", N_("Sign in as the administrator and look for yourself"), lambda *_: _went("administrator2", "")),
        ),
    ),
    Scene(
        N_("The thief"),
        (
            N_("Somebody steals the database, every file of it, and the key files, but not the secret that opens them."),
            N_("In a second terminal, in the same folder, say:"),
        ),
        template="tour/thief.html",
    ),
    Scene(
        N_("The forger"),
        (
            N_("The owner of the database changes who looked, on a copy of everything."),
            N_("In a second terminal, in the same folder, say:"),
        ),
        template="tour/forger.html",
    ),
    Scene(
        N_("The log is switched off"),
        (
            N_("Who looked is written down before anything is shown. So where nothing can be written down, nothing is shown."),
            N_("The button lets the legal reviewer open a passage through a database that takes nothing in, as a full disk or a standby does. Then once more with the ordinary one."),
        ),
        (Step("open", N_("Open a passage while nothing can be recorded"), _in_silence),),
    ),
    Scene(
        N_("The witness's side"),
        (
            N_("A witness can ask who looked, and is told by role, time and reason, from the log."),
            N_("And a witness can take back a consent: whoever was about to use the words is refused at once."),
        ),
        (
            Step("looked", N_("Who looked?"), _who_looked),
            Step("withdraw", N_("Take back the consent to legal use"), _withdrawn),
        ),
    ),
    Scene(N_("What it cannot do"), (), template="tour/limits.html"),
)  # fmt: skip
