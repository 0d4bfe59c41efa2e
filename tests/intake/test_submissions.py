"""What comes through the portal: kept once, opened by intake alone, taken into a case whole."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

import pytest

from app.accounts import actions as accounts
from app.accounts import witnesses
from app.accounts.forms import LeaveTeam
from app.clock import now
from app.errors import Conflict, NotFound, NotSignedIn
from app.intake import actions as intake
from app.intake import queries
from app.intake.forms import Link, Receive, ReceivedFile, Triage
from app.intake.models import Submission, SubmissionState
from app.intake.views import Acknowledged
from app.testimonies import actions as testimonies
from app.testimonies.forms import OpenFile
from app.work import Caller
from app.work.forms import Justification
from tests.cases.canaries import file_of
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, next_request, opening
from tests.world import World


def waiting(world: World, reference: str, login: str = "intake") -> UUID:
    """The row of a submission, as it stands in the queue."""
    lines = world.office.ask(world[login], queries.queue)
    found: UUID = next(line.id for line in lines if line.reference == reference)
    return found


def a_file(world: World, content: bytes, name: str) -> ReceivedFile:
    assert world.files is not None
    key = b"a key of one file, 32 bytes long"
    with world.files.receive(key) as incoming:
        incoming.write(content)
        kept = incoming.finish()
    return ReceivedFile(
        blob=kept.blob, size_bytes=kept.size_bytes, sha256=kept.sha256, key=key, file_name=name, media_type=None
    )


def send(world: World, receipt: str, account: str, **given: Any) -> Any:
    """Send with a receipt, as the portal's door does: the receipt itself is the idempotency key."""
    new = witnesses.new_witness(receipt, "en")
    form = Receive(
        witness_id=new.id, handle_hash=new.handle_hash, looking_hash=new.looking_hash, witness_public=new.public,
        witness_sealed_private=new.sealed_private,
        **{"account": account, "language": "en", "contact": None, "danger": False, **given},
    )  # fmt: skip
    return world.portal.perform(
        Caller.anonymous("portal"), intake.receive, form, idempotency=new.idempotency, render=asdict
    )


def draw() -> str:
    return witnesses.draw("en").digits


def test_anybody_sends_and_nobody_signed_in_needs_to(world: World, log: Log) -> None:
    new = witnesses.new_witness(draw(), "en")
    form = Receive(
        witness_id=new.id, handle_hash=new.handle_hash, looking_hash=new.looking_hash, witness_public=new.public,
        witness_sealed_private=new.sealed_private,
        account=world.canary(), language="en", contact=world.canary(), danger=False,
    )  # fmt: skip

    climb(
        world, log, intake.receive,
        Rung("intake", "denied", "no-rule"),
        Rung("administrator", "denied", "no-rule"),
        Rung("operator", "denied", "no-rule"),
        Rung("anonymous", "done", "anybody-submits"),
        form=form,
    )  # fmt: skip


@pytest.mark.abuse("A13")
def test_the_same_receipt_sent_twice_gets_the_same_answer_and_is_kept_once(world: World, log: Log) -> None:
    receipt, account = draw(), world.canary()

    first = send(world, receipt, account)
    again = send(world, receipt, account)

    assert again == asdict(first)
    assert len(world.office.ask(world["intake"], queries.queue)) == 1


@pytest.mark.abuse("A13")
@pytest.mark.parametrize("other", [{"account": "other words"}, {"danger": True}, {"contact": "by the well"}])
def test_the_same_receipt_with_other_words_is_refused(world: World, other: dict[str, Any]) -> None:
    receipt = draw()
    send(world, receipt, "words")

    with pytest.raises(Conflict):
        send(world, receipt, **({"account": "words"} | other))

    assert len(world.office.ask(world["intake"], queries.queue)) == 1


def test_without_the_idempotency_key_a_receipt_still_makes_one_submission(world: World) -> None:
    receipt = draw()
    send(world, receipt, "words")
    new = witnesses.new_witness(receipt, "en")
    form = Receive(
        witness_id=new.id, handle_hash=new.handle_hash, looking_hash=new.looking_hash, witness_public=new.public,
        witness_sealed_private=new.sealed_private, account="words", language="en", contact=None, danger=False,
    )  # fmt: skip

    with pytest.raises(Conflict):
        world.portal.perform(Caller.anonymous("portal"), intake.receive, form)


@pytest.mark.abuse("C07")
def test_the_entry_of_a_submission_says_that_it_came_and_nothing_of_whom(world: World, log: Log) -> None:
    world.submit(world.canary(), contact=world.canary(), danger=True)

    said = log.last()

    assert (said.action, said.actor, said.roles, said.operation) == ("submission.receive", "anonymous", [], "collect")
    assert said.host == "portal"
    assert said.codes == {"danger": True, "files": 0}


def test_the_queue_is_the_intake_teams_and_shows_the_day_only(world: World) -> None:
    _, reference = world.submit()

    (line,) = world.office.ask(world["intake"], queries.queue)

    assert (line.reference, line.state, line.danger, line.files) == (reference, "RECEIVED", False, 0)
    assert len(line.day) == len("2026-09-21")
    for login in ("legal", "protection", "narrative-lead", "auditor", "administrator"):
        assert world.office.ask(world[login], queries.queue) == ()


def test_an_intake_officer_reads_a_submission_they_cite(world: World, log: Log) -> None:
    account = world.canary()
    _, reference = world.submit(account)
    row = waiting(world, reference)

    view = climb(
        world, log, intake.open_submission,
        Rung("legal", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=opening("TRIAGE", "account")),
        Rung("intake", "denied", "no-rule", form=opening("INTAKE", "account", cites=row)),
        Rung("intake", "denied", "no-rule", form=opening("LIFE_AT_RISK", "account", words="now")),
        Rung("intake", "invalid", "none", form=opening("TRIAGE", "reference", cites=row)),
        Rung("intake", "done", "intake-reads-submissions"),
        Rung("intake-lead", "done", "intake-reads-submissions", form=opening("WITNESS_REQUEST", "account")),
        form=opening("TRIAGE", "account", cites=row), subject=reference,
    )  # fmt: skip

    assert view.values["account"].read() == account


def test_the_first_reading_shows_the_witness_that_somebody_read(world: World) -> None:
    receipt, reference = world.submit()

    def asked() -> str:
        state: str = world.portal.ask(witnesses.witness(world.portal, receipt, "en"), queries.state).state
        return state

    assert asked() == "RECEIVED"

    form = opening("TRIAGE", "language", cites=waiting(world, reference))
    world.do("intake", intake.open_submission, form, subject=reference)
    assert asked() == "OPENED"
    world.do("intake", intake.triage, Triage(decision="INTERVIEW"), subject=reference)
    world.do("intake", intake.open_submission, form, subject=reference)
    assert asked() == "TRIAGED"


@pytest.mark.parametrize("decision", ["SAFETY_FIRST", "INTERVIEW", "INFORMATION_ONLY", "NOT_OURS", "ABUSE"])
def test_intake_decides_and_the_decision_is_sealed(world: World, log: Log, decision: Any) -> None:
    _, reference = world.submit()
    becomes = "DECLINED" if decision in {"NOT_OURS", "ABUSE"} else "TRIAGED"

    stored = climb(
        world, log, intake.triage,
        Rung("legal", "not_found", "none"),
        Rung("protection-lead", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("intake", "done", "intake-triages"),
        form=Triage(decision=decision), subject=reference,
    )  # fmt: skip

    assert stored.state == becomes
    seen = world.do("intake", intake.open_submission, opening("WITNESS_REQUEST", "decision"), subject=reference)
    assert seen.values["decision"].read() == decision
    assert decision not in str([said.view for said in log.fresh()])


@pytest.mark.abuse("F06")
def test_every_move_of_a_submission_is_in_the_table_or_refused() -> None:
    allowed = {
        "RECEIVED": {"OPENED", "TRIAGED", "LINKED", "DECLINED"},
        "OPENED": {"TRIAGED", "LINKED", "DECLINED"},
        "TRIAGED": {"LINKED", "DECLINED"},
        "LINKED": set(),
        "DECLINED": set(),
    }
    for here in SubmissionState:
        for there in SubmissionState:
            submission = Submission(state=here, state_at=now())
            if there in allowed[here]:
                submission.move(there, at=now())
                assert submission.state == there
                continue
            with pytest.raises(Conflict):
                submission.move(there, at=now())
            assert submission.state == here


def test_intake_takes_a_submission_into_a_case_they_hold(world: World, log: Log) -> None:
    account = world.canary()
    _, reference = world.submit(account, files=(a_file(world, b"a photograph", world.canary()),))
    mine = world.case()
    world.invite("another", roles=("intake_officer",))

    linked = climb(
        world, log, intake.link,
        Rung("legal", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        # In the team of the queue, but without a grant of the case it should go into.
        Rung("another", "not_found", "none"),
        Rung("intake", "not_found", "none", form=Link(case="K7QM-4TDP-X")),
        Rung("intake", "done", "intake-triages"),
        Rung("intake", "conflict", "none"),
        form=Link(case=mine), subject=reference,
    )  # fmt: skip

    assert (linked.reference, linked.attachments) == (mine, 1)
    seen = world.open(
        "intake", testimonies.open_prior, linked.prior_account, "account", "forum", "caution",
        justification="WITNESS_REQUEST",
    )  # fmt: skip
    # Nobody was warned before they typed into a portal: no court may be told otherwise.
    assert seen == {"account": account, "forum": "portal", "caution": "NOT_GIVEN"}


def test_a_file_that_was_linked_still_opens_and_is_not_copied(world: World, log: Log) -> None:
    content = world.canary().encode() * 3000
    _, reference = world.submit(files=(a_file(world, content, "photo.jpg"),))
    case = world.case()

    world.do("intake", intake.link, Link(case=case), subject=reference)

    file = world.row("intake", case, "attachments")
    form = OpenFile(justification=Justification.WITNESS_REQUEST)
    opened = world.do("intake", testimonies.download, form, subject=file)
    assert world.files is not None
    assert b"".join(world.files.read(opened.blob, opened.key.raw())) == content


def test_linking_says_in_the_log_which_case_took_it(world: World, log: Log) -> None:
    _, reference = world.submit()
    case = world.case()
    log.fresh()

    world.do("intake", intake.link, Link(case=case), subject=reference)

    said = log.last()
    assert (said.operation, said.cases) == ("alter", [case])
    assert {"submissions.account", "prior_accounts.account"} <= set(said.fields)


def test_nothing_is_linked_into_a_closed_case(world: World, database: Database) -> None:
    _, reference = world.submit()
    case = world.case()
    close_every_case(database)

    with pytest.raises(Conflict):
        world.do("intake", intake.link, Link(case=case), subject=reference)


@pytest.mark.parametrize("case", ["nonsense!", "K7QM-4TDP-Y", "' OR 1=1 --"])
def test_a_reference_that_is_none_is_nobodys_case(world: World, case: str) -> None:
    _, reference = world.submit()

    with pytest.raises(NotFound):
        world.do("intake", intake.link, Link(case=case), subject=reference)


def test_what_is_known_of_a_file_is_read_and_its_key_is_not(world: World, log: Log) -> None:
    name = world.canary()
    _, reference = world.submit(files=(a_file(world, b"x", name),))
    row = waiting(world, reference)

    view = climb(
        world, log, intake.open_file,
        Rung("legal", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=opening("TRIAGE", "file_name")),
        Rung("intake", "invalid", "none", form=opening("TRIAGE", "file_key", cites=row)),
        Rung("intake", "done", "intake-reads-submissions"),
        form=opening("TRIAGE", "file_name", cites=row), subject=file_of(world, row),
    )  # fmt: skip

    assert view.values["file_name"].read() == name


@pytest.mark.abuse("E04")
def test_whoever_left_the_team_opens_nothing_that_comes_after_nor_before(world: World, log: Log) -> None:
    _, before = world.submit(world.canary())
    stale = world["intake"]
    leave = LeaveTeam(team="intake")
    world.do("intake-lead", accounts.leave_team, leave, subject=world.members["intake"].code)
    _, after = world.submit(world.canary())

    next_request(world, "intake")
    for reference in (before, after):
        climb(
            world, log, intake.open_submission, Rung("intake", "not_found", "none"),
            form=opening("WITNESS_REQUEST", "account"), subject=reference,
        )  # fmt: skip

    # Even with the keys they took along: a request begun before they left ends here.
    with pytest.raises(NotSignedIn):
        world.office.perform(stale, intake.open_submission, opening("WITNESS_REQUEST", "account"), subject=after)
    assert log.last().outcome == "signed_out"


def test_whoever_stays_in_the_team_opens_both(world: World) -> None:
    first = world.submit("before")[1]
    world.do("intake-lead", accounts.leave_team, LeaveTeam(team="intake"), subject=world.members["intake"].code)
    second = world.submit("after")[1]
    next_request(world, "intake-lead")

    for reference, account in ((first, "before"), (second, "after")):
        form = opening("WITNESS_REQUEST", "account")
        seen = world.do("intake-lead", intake.open_submission, form, subject=reference)
        assert seen.values["account"].read() == account


def test_an_acknowledgement_is_a_reference_and_a_state() -> None:
    assert set(Acknowledged.__dataclass_fields__) == {"reference", "state"}
