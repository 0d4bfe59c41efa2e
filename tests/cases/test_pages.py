"""No answer is a list of everything: pages have an end, whatever is in the database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import app.api.routes
import app.web.routes
from app import clock
from app.accounts import actions as accounts
from app.accounts import queries as colleagues
from app.accounts import rota
from app.accounts.forms import Invite
from app.cases import actions, conflicts, ending, ending_queries, glass, queries, recovery, takeovers, timeline
from app.cases.forms import RecoverCase, SendHandoff
from app.intake import queries as intake
from app.keyholders import custodians
from app.legal import queries as legal_queries
from app.narratives import queries as coding
from app.oversight import actions as oversight
from app.oversight import inquiries
from app.oversight import queries as oversight_queries
from app.oversight.forms import AskLog
from app.people import actions as people
from app.policy.actor import OPERATOR
from app.testimonies import drafts, protocols, sessions
from app.testimonies import queries as accounts_taken
from app.testimonies.forms import Passage
from app.testimonies.session_forms import RegisterInterpreter
from app.work import Caller
from app.work.actions import QUERIES
from tests.conftest import Clock
from tests.ladder import grant
from tests.world import World

# Every question is registered once the doors that ask are there.
assert app.api.routes
assert app.web.routes
ROWS_MAX = 50
# Each question there is, and the test here that fills its page. A new question has to be entered.
PAGED = {
    "case.list", "submission.list", "submission.arrivals", "account.list", "account.people", "case.looked",
    "draft.list", "handoff.list", "log.mine", "testimony.list", "review.list", "check_in.list", "escalation.list",
    "threat.overdue",
    "interpreter.list", "protocol.list", "proposal.list",
    "assurance.waiting", "mitigation.waiting", "mitigation.returned", "mitigation.running",
    "rota.list", "break_glass.list", "inquiry.list",
    "conflict.list",
    "takeover.list", "takeover.held", "takeover.show", "custodians.given",
    "coding.waiting", "case.timeline", "submission.looked",
}  # fmt: skip
# What belongs to one case or one row: its parts have an end of their own.
SINGLE = {
    "case.visiting", "case.sides", "case.ending", "proposal.count", "erasure.waiting",
    "case.count", "case.show", "submission.state", "submission.show", "account.me", "account.one", "account.attention",
    "account.colleague", "account.sessions", "account.second_factors", "account.devices", "account.codes_left",
    "key.ages", "team.show", "log.badge", "log.numbers",
    "log.asked", "log.kept", "inquiry.show", "inquiry.count", "inquiry.entries", "office.health", "service.list",
    "custodians.shares", "coding.count",
    "team.alarms",
    "draft.case", "draft.waiting",
    "testimony.show", "testimony.case", "attachment.show", "custody.list",
    "consent.list", "handoff.count", "handoff.show", "review.count",
    "lookup.waiting", "safety.count", "check_in.show", "check_in.case",
    "escalation.show", "escalation.case", "mitigation.list", "mitigation.course", "paper.show",
    "assurance.list", "terms.standing",
    "protocol.show", "undertaking.show", "case.stepped",
    "rota.now", "break_glass.show", "break_glass.count", "break_glass.records",
    "conflict.of_case", "takeover.leavers",
}  # fmt: skip

# What one chooses from is whole, and holds colleagues alone: whoever stood on a second page could be asked by nobody.
WHOLE = {"account.at_work"}


@pytest.mark.domain("D10")
def test_every_question_there_is_has_a_page_or_one_answer() -> None:
    assert set(QUERIES) == PAGED | SINGLE | WHOLE


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
def test_the_rota_comes_fifty_lines_a_page(world: World) -> None:
    code, now = world.members["protection"].code, clock.now()
    for day in range(52):
        start = now + timedelta(days=day)
        form = rota.SetShift(rung=1, starts_at=start, ends_at=start + timedelta(hours=12))
        world.do("protection-lead", rota.set_shift, form, subject=code)

    pages = [world.office.ask(world["auditor"], rota.rota, page=page) for page in range(2)]

    assert [len(page) for page in pages] == [ROWS_MAX, 2]
    assert len({line.id for page in pages for line in page}) == 52


@pytest.mark.domain("D10")
def test_broken_glasses_come_twenty_five_a_page_each_once(world: World) -> None:
    world.on_duty("protection")
    reference = world.whole_case("en")
    made = set()
    for _ in range(27):
        made.add(broken := world.break_glass(reference))
        world.do("protection", glass.end, subject=broken)

    pages = [world.office.ask(world["auditor"], glass.glasses, page=page) for page in range(2)]

    assert [len(page) for page in pages] == [25, 2]
    assert {line.id for page in pages for line in page} == made


@pytest.mark.domain("D10")
def test_promises_that_wait_come_twenty_five_a_page_the_longest_waiting_first(
    world: World, standing_clock: Clock
) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    made = []
    for _ in range(27):
        made.append(world.drafted(reference))
        standing_clock.move(seconds=1)

    pages = [world.office.ask(world["legal-lead"], legal_queries.waiting, page=page) for page in range(2)]

    assert [len(page) for page in pages] == [25, 2]
    assert [line.id for page in pages for line in page] == made


@pytest.mark.domain("D10")
def test_days_that_run_come_twenty_five_a_page_the_earliest_first(world: World) -> None:
    today, made = clock.now().date(), {}
    for number in range(27):
        declared = today - timedelta(days=200 - number)
        made[reference := world.case()] = declared
        world.stepped(reference, "NOT_RAISED", by="legal-lead", clock="FULL_ACCOUNT", runs_from=declared)

    pages = [world.office.ask(world["legal-lead"], legal_queries.running, page) for page in range(2)]

    assert [len(page) for page in pages] == [25, 2]
    assert [line.reference for page in pages for line in page] == [*made]


@pytest.mark.domain("D10")
def test_conflicts_come_twenty_five_a_page_each_once(world: World) -> None:
    made = {world.apart(world.case(), "administrator", by="intake-lead") for _ in range(27)}

    pages = [world.office.ask(world["auditor"], conflicts.conflicts, page=page) for page in range(2)]

    assert [len(page) for page in pages] == [25, 2]
    assert {line.id for page in pages for line in page} == made


@pytest.mark.domain("D10")
def test_a_colleagues_cases_come_twenty_five_a_page_what_they_alone_hold_first(world: World) -> None:
    code = world.members["intake"].code
    made = {world.case() for _ in range(51)}
    alone, shared = f"{max(made)}", made - {max(made)}
    for reference in shared:
        world.do("intake", actions.give, grant(world, "narrative-lead", "RELEASE"), subject=reference)

    pages = [world.office.ask(world["intake-lead"], takeovers.held, code, page=page) for page in range(4)]

    assert [len(page) for page in pages] == [25, 25, 1, 0]
    assert (pages[0][0].reference, pages[0][0].alone) == (alone, ("RELEASE",))
    assert [line.reference for page in pages for line in page][1:] == sorted(shared)
    assert {line.alone for page in pages for line in page[page is pages[0] :]} == {()}


@pytest.mark.domain("D10")
def test_what_i_passed_on_comes_twenty_five_a_page_and_so_do_its_cases(world: World) -> None:
    for _ in range(27):
        world.case()
    made = {world.take_over("intake", "intake-lead", by="intake")[0] for _ in range(27)}

    lists = [world.office.ask(world["intake"], takeovers.takeovers, page=page) for page in range(2)]
    shown = [world.office.ask(world["intake"], takeovers.show, min(made), page=page) for page in range(3)]

    assert [len(page) for page in lists] == [25, 2]
    assert {view.id for page in lists for view in page} == made
    assert {(view.cases, view.done, view.refused) for page in lists for view in page} == {(27, 0, 0)}
    assert [(view.cases, len(view.lines)) for view in shown] == [(27, 25), (27, 2), (27, 0)]
    assert len({line.id for view in shown for line in view.lines}) == 27


@pytest.mark.abuse("H07")
@pytest.mark.domain("D10")
def test_what_the_custodians_gave_comes_twenty_five_a_page_the_newest_first(
    world: World, standing_clock: Clock
) -> None:
    ring = world.office.housekeep(lambda session: custodians.joined(session, world.dealt.lines[1:4]))
    world.invite("intake2", roles=("intake_officer",))
    named, made = frozenset(world.members[login].code for login in ("intake2", "protection")), []
    for reference in [world.case() for _ in range(27)]:
        form = RecoverCase(case=reference, to=named, run_by=frozenset())
        world.office.perform(Caller(OPERATOR, ring, host="cli"), recovery.recover_case, form)
        made.append(reference)
        standing_clock.move(seconds=1)

    pages = [world.office.ask(world["protection"], recovery.given_to_me, page=page) for page in range(2)]

    assert [len(page) for page in pages] == [25, 2]
    assert [line.reference for page in pages for line in page] == made[::-1]
    assert {line.compartments for page in pages for line in page} == {("CARE", "LOCATION", "THREAT")}


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
