"""What waits at the intake desk: each number from the question that also makes the list it links to."""

from __future__ import annotations

from typing import Final

from app import clock
from app.accounts import rota
from app.cases import queries as case_queries
from app.edge.desk import Desk
from app.edge.languages import N_
from app.intake import queries as arrivals
from app.testimonies import queries as accounts
from app.testimonies.drafts import Drafts, mine
from app.testimonies.rules import Step
from app.testimonies.views import AccountLine
from app.web.drafts import address_of
from app.web.duty import told
from app.web.today import TASKS_MAX, Block, Task, Tile
from app.work import Caller

# The first hours in which an arrival should be opened (the clock of the domain).
ARRIVAL_HOURS: Final = 72
ROLE: Final = "intake_officer"
_DO: Final = {
    Step.LIMITS: N_("Explain what protects these words"),
    Step.READY: N_("Settle lawyer and consent"),
    Step.SESSION: N_("Begin the conversation"),
    Step.ACCOUNT: N_("Record the account"),
    Step.READ_BACK: N_("Read the account back"),
    Step.SEGMENTS: N_("Check the passages"),
    Step.SEAL: N_("Seal the account"),
}
_GO_ON: Final = {
    "LIMITS": N_("Go on with your draft: what protects these words"),
    "SAFETY": N_("Go on with your draft: immediate safety"),
    "READY": N_("Go on with your draft: lawyer and readiness"),
    "SESSION": N_("Go on with your draft: the conversation begins"),
    "ACCOUNT": N_("Go on with your draft: the account"),
    "READ_BACK": N_("Go on with your draft: read back"),
    "SEGMENTS": N_("Go on with your draft: the passages"),
    "NOTE": N_("Go on with your draft: what happens in the conversation"),
    "REPORT": N_("Go on with your draft: the interpreter is no stranger"),
    "CORRECTION": N_("Go on with your draft: a correction"),
    "TRANSCRIPT": N_("Go on with your draft: a transcript"),
    "TRANSLATION": N_("Go on with your draft: a translation"),
}
_ASK: Final = N_("Go on with your draft: what the witness agrees to")


def waits(desk: Desk, visitor: Caller) -> Block:
    """Arrivals, accounts under way, read-backs; people in danger first."""
    queue = desk.ask(visitor, arrivals.arrivals)
    danger = desk.ask(visitor, arrivals.arrivals, danger=True)
    under_way = desk.ask(visitor, accounts.accounts)
    read_backs = desk.ask(visitor, accounts.accounts, step=Step.READ_BACK.value)
    begun: Drafts = desk.ask(visitor, mine)
    late = (queue.oldest_hours or 0) >= ARRIVAL_HOURS
    tiles = (
        Tile(N_("Arrivals in danger now"), danger.total, "/arrivals?danger=yes", urgent=True),
        Tile(N_("Arrivals waiting"), queue.total, "/arrivals", urgent=late, hours=queue.oldest_hours),
        Tile(N_("Testimonies being taken"), under_way.total, "/testimonies"),
        Tile(N_("My drafts"), begun.total, "/drafts"),
        Tile(N_("To be read back"), read_backs.total, "/testimonies?step=READ_BACK"),
        Tile(N_("Hand-offs for intake"), desk.ask(visitor, case_queries.count_handoffs), "/hand-offs"),
    )
    judged = tuple(
        Task(N_("Judge an arrival"), f"/arrivals/{line.reference}", line.reference, line.day, line.danger)
        for line in queue.lines
        if line.state != "TRIAGED" or line.danger
    )
    # Only step and reference stand here: that somebody began to write there, not a word of it.
    going_on = tuple(
        Task(
            _GO_ON.get(line.step, _ASK), address_of(line), line.reference, line.saved_at.date().isoformat(),
            # What is not sent has told nobody: whoever began to write of a danger goes on with it first.
            urgent=line.step in {"SAFETY", "REPORT"},
        )
        for line in begun.lines
    )  # fmt: skip
    alarms, broken = told(desk, visitor)
    return Block(
        ROLE,
        (*alarms, *tiles),
        tuple([*broken, *sorted(judged + going_on + tuple(map(_task, under_way.lines)), key=_most_urgent)][:TASKS_MAX]),
        on_duty=desk.ask(visitor, rota.on_duty_now),
        primary=(N_("Record a testimony"), "/testimonies/new"),
    )


def _task(line: AccountLine) -> Task:
    overdue = line.due is not None and line.due < clock.now()
    return Task(
        _DO[Step(line.step)],
        f"/testimonies/{line.id}",
        line.reference,
        (line.due or line.since).date().isoformat(),
        overdue,
    )


def _most_urgent(task: Task) -> tuple[bool, str]:
    """Danger and what is overdue, then what is due or has waited longest."""
    return not task.urgent, str(task.when)
