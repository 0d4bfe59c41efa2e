"""No answer is a list of everything: pages have an end, whatever is in the database."""

from __future__ import annotations

from datetime import date

import pytest

import app.api.routes
import app.web.routes
from app.accounts import actions as accounts
from app.accounts import queries as colleagues
from app.accounts.forms import Invite
from app.cases import actions, ending, ending_queries, queries, timeline
from app.cases.forms import SendHandoff
from app.intake import queries as intake
from app.narratives import queries as coding
from app.oversight import actions as oversight
from app.oversight import inquiries
from app.oversight import queries as oversight_queries
from app.oversight.forms import AskLog
from app.people import actions as people
from app.testimonies import drafts, protocols, sessions
from app.testimonies import queries as accounts_taken
from app.testimonies.forms import Passage
from app.testimonies.session_forms import RegisterInterpreter
from app.work.actions import QUERIES
from tests.world import World

# Every question is registered once the doors that ask are there.
assert app.api.routes
assert app.web.routes
ROWS_MAX = 50
# Each question there is, and the test here that fills its page. A new question has to be entered.
PAGED = {
    "case.list", "submission.list", "submission.arrivals", "account.list", "account.people", "case.looked",
    "draft.list", "handoff.list", "log.mine", "testimony.list", "review.list", "check_in.list", "threat.overdue",
    "interpreter.list", "protocol.list", "proposal.list",
    "assurance.waiting",
    "rota.list", "break_glass.list", "inquiry.list",
    "conflict.list",
    "takeover.list",
    "coding.waiting", "case.timeline",
}  # fmt: skip
# What belongs to one case or one row: its parts have an end of their own.
SINGLE = {
    "case.visiting", "case.sides", "case.ending", "proposal.count", "erasure.waiting",
    "case.count", "case.show", "submission.state", "submission.show", "account.me", "account.one", "account.attention",
    "account.sessions", "account.second_factors", "account.devices", "account.codes_left",
    "key.ages", "team.show", "log.badge", "log.numbers",
    "log.asked", "log.kept", "inquiry.show", "inquiry.count", "inquiry.entries", "office.health", "service.list",
    "custodians.given", "custodians.shares", "coding.count",
    "team.alarms",
    "draft.case", "draft.waiting",
    "testimony.show", "testimony.case", "attachment.show", "custody.list",
    "consent.list", "handoff.count", "handoff.show", "review.count",
    "lookup.waiting", "safety.count", "check_in.show", "check_in.case", "mitigation.list", "paper.show",
    "assurance.list", "terms.standing",
    "protocol.show", "undertaking.show", "case.stepped",
    "rota.now", "break_glass.show", "break_glass.count", "break_glass.records",
    "conflict.of_case", "takeover.held", "takeover.leavers", "takeover.show",
}  # fmt: skip


@pytest.mark.domain("D10")
def test_every_question_there_is_has_a_page_or_one_answer() -> None:
    assert set(QUERIES) == PAGED | SINGLE


@pytest.mark.domain("D10")
@pytest.mark.abuse("E06")
def test_my_cases_come_twenty_five_a_page_each_once(world: World) -> None:
    made = {world.case() for _ in range(53)}

    pages = [world.office.ask(world["intake"], queries.cases, page=page) for page in range(4)]

    assert [len(page) for page in pages] == [25, 25, 3, 0]
    assert {line.reference for page in pages for line in page} == made
    assert world.office.ask(world["intake"], queries.count) == 53


@pytest.mark.domain("D10")
def test_the_queue_comes_twenty_five_a_page_danger_first(world: World) -> None:
    quiet = {world.submit()[1] for _ in range(26)}
    _, urgent = world.submit(danger=True)

    first, second = (world.office.ask(world["intake"], intake.queue, page=page) for page in range(2))

    assert (len(first), len(second)) == (25, 2)
    assert first[0].reference == urgent
    assert {line.reference for line in (*first[1:], *second)} == quiet


@pytest.mark.domain("D10")
def test_arrivals_come_twenty_five_a_page_danger_first_and_are_counted_whole(world: World) -> None:
    quiet = {world.submit()[1] for _ in range(26)}
    _, urgent = world.submit(danger=True)

    first, second = (world.office.ask(world["intake"], intake.arrivals, page=page) for page in range(2))

    assert (first.total, len(first.lines), second.total, len(second.lines)) == (27, 25, 27, 2)
    assert first.lines[0].reference == urgent
    assert {line.reference for line in (*first.lines[1:], *second.lines)} == quiet


@pytest.mark.domain("D10")
def test_accounts_under_way_come_twenty_five_a_page_each_once(world: World) -> None:
    reference = world.case()
    made = {world.testimony(reference, upto="TRIAGED") for _ in range(27)}

    first, second = (world.office.ask(world["intake"], accounts_taken.accounts, page=page) for page in range(2))

    assert (first.total, len(first.lines), second.total, len(second.lines)) == (27, 25, 27, 2)
    assert {line.id for line in (*first.lines, *second.lines)} == made


@pytest.mark.domain("D10")
def test_my_drafts_come_twenty_five_a_page_the_newest_first(world: World) -> None:
    reference, typed = world.case(), drafts.written({"own_words": ("I see",)})
    saved = [
        world.do(
            "intake", drafts.save, drafts.SaveDraft(step="LIMITS", testimony=account, fields=typed), subject=reference,
        ).id
        for account in (world.testimony(reference, upto="TRIAGED") for _ in range(27))
    ]  # fmt: skip

    first, second = (world.office.ask(world["intake"], drafts.mine, page=page) for page in range(2))

    assert (first.total, len(first.lines), second.total, len(second.lines)) == (27, 25, 27, 2)
    assert {line.id for line in (*first.lines, *second.lines)} == set(saved)
    assert world.office.ask(world["intake-lead"], drafts.mine).total == 0


@pytest.mark.domain("D10")
def test_what_was_passed_on_comes_twenty_five_a_page(world: World) -> None:
    reference = world.case()
    for _ in range(27):
        form = SendHandoff(kind="NEED", to_team="protection", words="winter shoes")
        world.do("intake", actions.send, form, subject=reference)

    pages = [world.office.ask(world["protection"], queries.handoffs, page=page) for page in range(2)]

    assert [len(page) for page in pages] == [25, 2]


@pytest.mark.domain("D10")
def test_what_waits_for_a_second_comes_twenty_five_a_page_the_longest_waiting_first(world: World) -> None:
    references = [world.case() for _ in range(27)]
    for reference in references:
        world.do("intake", ending.propose_closing, subject=reference)

    pages = [world.office.ask(world["legal-lead"], ending_queries.waiting, page) for page in range(3)]

    assert [len(page) for page in pages] == [25, 2, 0]
    assert [line.reference for page in pages for line in page] == references
    assert world.office.ask(world["legal-lead"], ending_queries.count) == 27


def test_interpreters_come_twenty_five_a_page(world: World) -> None:
    form = RegisterInterpreter(
        languages=("ar",), gender="MALE", origin="a town", vetting="seen", undertaking_until=date(2030, 1, 1)
    )
    made = {world.do("intake", sessions.register, form).id for _ in range(27)}

    pages = [world.office.ask(world["intake"], accounts_taken.interpreters, page=page) for page in range(2)]

    assert [len(page) for page in pages] == [25, 2]
    assert {line.id for page in pages for line in page} == made


@pytest.mark.domain("D10")
def test_versions_of_a_protocol_come_twenty_five_a_page_the_newest_first(world: World) -> None:
    made = [world.protocol(version=f"2026-12.{number}") for number in range(27)]

    pages = [world.office.ask(world["legal"], protocols.versions, page=page) for page in range(2)]

    assert [len(page) for page in pages] == [25, 2]
    assert [line.id for page in pages for line in page] == made[::-1]


@pytest.mark.domain("D10")
def test_colleagues_come_fifty_a_page(world: World) -> None:
    for number in range(51):
        form = Invite(login_name=f"colleague{number:02}", display_name="C", roles=frozenset({"caseworker"}))
        world.do("administrator", accounts.invite, form)

    first, second = (world.office.ask(world["auditor"], colleagues.colleagues, page=page) for page in range(2))
    pages = [world.office.ask(world["administrator"], colleagues.people, page=page) for page in range(2)]

    assert len(first) == ROWS_MAX
    assert len(second) == len(world.members) + 1
    assert [len(page) for page in pages] == [len(first), len(second)]


@pytest.mark.domain("D10")
def test_who_looked_and_the_log_come_fifty_a_page(world: World) -> None:
    reference = world.case()
    for _ in range(51):
        world.document(reference)

    looks = world.office.ask(world["intake"], queries.looked, reference)
    log = world.do("auditor", oversight.ask, AskLog())

    assert (len(looks), len(log.entries)) == (ROWS_MAX, ROWS_MAX)
    assert len(world.office.ask(world["intake"], queries.looked, reference, page=1)) == 2
    first = world.do("auditor", oversight.ask, AskLog(case=reference)).entries
    assert len(world.do("auditor", oversight.ask, AskLog(case=reference, before=first[-1].id)).entries) == 2


@pytest.mark.domain("D10")
def test_inquiries_come_twenty_five_a_page_each_once(world: World) -> None:
    made = {world.inquiry("intake") for _ in range(27)}

    pages = [world.office.ask(world["auditor"], inquiries.inquiries, page=page) for page in range(2)]

    assert [len(page) for page in pages] == [25, 2]
    assert {line.id for page in pages for line in page} == made


@pytest.mark.domain("D10")
def test_what_i_opened_comes_twenty_five_a_page(world: World) -> None:
    reference = world.case()
    row = world.person(reference).id
    for _ in range(26):
        world.open("intake", people.reveal, row, "legal_name", justification="WITNESS_REQUEST")

    pages = [world.office.ask(world["intake"], oversight_queries.mine, page=page) for page in range(2)]

    assert [len(page) for page in pages] == [25, 1]


def test_a_long_account_of_one_case_is_shown_to_its_last_passage(world: World) -> None:
    reference = world.case()
    world.testimony(reference, segments=tuple(Passage(text=f"passage {number}") for number in range(51)))

    numbers = [line.clear["number"] for line in world.show("intake", reference).records if line.table == "segments"]

    assert numbers == [str(number) for number in range(1, 52)]


@pytest.mark.domain("D10")
def test_reports_to_code_come_twenty_five_a_page_the_longest_waiting_first(world: World) -> None:
    made = [world.case(origin="PUBLIC_REPORT") for _ in range(27)]
    for reference in made:
        world.report(reference)

    first, second = (world.office.ask(world["narrative-lead"], coding.waiting, page=page) for page in range(2))

    assert [line.reference for line in (*first, *second)] == made
    assert (len(first), len(second)) == (25, 2)
    assert world.office.ask(world["narrative-lead"], coding.count).first == 27


@pytest.mark.domain("D10")
def test_what_was_done_about_a_case_comes_twenty_five_a_page_each_once(world: World) -> None:
    reference = world.case()
    for _ in range(29):
        world.approach(reference)

    pages = [world.office.ask(world["intake"], timeline.timeline, reference, page=page) for page in range(3)]

    assert [(len(page.events), page.more) for page in pages] == [(25, True), (5, False), (0, False)]
    assert [event.seq for page in pages for event in page.events] == [*range(30, 0, -1)]
