"""Promises of others: drafted by one, signed by another, read out, laid on what is said, ended without freeing it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from app import clock
from app.cases.forms import Opening
from app.errors import Conflict, Denied, NotFound
from app.legal import assurances, leaving, queries
from app.legal.forms import AskLeaving, DraftAssurance, SignAssurance
from app.testimonies import actions as testimonies
from app.testimonies import forms, sessions, terms
from app.testimonies import queries as accounts
from app.testimonies.terms import ReadStatement, StatementLine
from app.work import Justification
from tests.ladder import CANARY, Log
from tests.world import World, words

ADMISSION = forms.Passage(text="I drove the lorry.", classes=frozenset({"SELF_INCRIMINATING"}))
OTHER = forms.Passage(text="They kept the stores by the river.")


def promised(world: World, **given: Any) -> tuple[str, UUID]:
    """A case in which a prosecutor promised something; the promise's row."""
    reference = world.case()
    world.hand_to_legal(reference)
    return reference, world.promise(reference, **given)


def line(world: World, account: UUID) -> StatementLine:
    found: StatementLine = world.office.ask(world["intake"], terms.standing_of, account)
    return found


def record(world: World, account: UUID, *passages: forms.Passage) -> Any:
    form = forms.RecordAccount(language="en", segments=passages)
    return world.do("intake", testimonies.record, form, subject=account)


def laid(world: World, reference: str, account: UUID) -> list[dict[str, Any]]:
    """What is laid on the passages of an account, as an officer opens it."""
    rows = [row for row in world.show("intake", reference).records if row.table == "use_restrictions"]
    mine = [row for row in rows if row.clear["testimony_id"] == str(account)]
    opened = [
        world.open("intake", terms.open_restriction, row.id, "rules", justification="INTAKE", cites=account)["rules"]
        for row in mine
    ]
    return [json.loads(told or "{}") | row.clear for told, row in zip(opened, mine, strict=True)]


def judged(world: World, account: UUID, promise: UUID, use: str = "DERIVATIVE", **asked: str) -> list[tuple[str, ...]]:
    question = {"use": use, "subject": "DECLARANT", "jurisdiction": "US", "body": "CRIMINAL_COURT", **asked}
    form = AskLeaving.model_validate(question | {"justification": "ASSURANCE", "cites": promise})
    view = world.do("legal", leaving.judge, form, subject=account)
    return [(each.at_statement.read(), each.now.read(), each.answer.read()) for each in view.passages]


# two people


def test_a_promise_is_in_force_when_a_second_reviewer_signs_it(world: World, log: Log) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    promise = world.drafted(reference)
    before = world.office.ask(world["legal"], queries.assurances, reference)
    log.fresh()

    world.signed(promise)

    said = log.last()
    after = world.office.ask(world["legal"], queries.assurances, reference)
    assert (said.action, said.operation, said.rule) == ("assurance.sign", "alter", "legal-seconds-promises")
    assert [each.state for each in (*before, *after)] == ["OFFERED", "IN_FORCE"]
    assert after[0].signed_by == world.members["legal-lead"].code != after[0].drafted_by


def test_nobody_signs_what_they_drafted(world: World, log: Log) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    promise = world.drafted(reference)
    log.fresh()

    with pytest.raises(Denied) as refused:
        world.do("legal", assurances.sign, SignAssurance(verified="called back"), subject=promise)

    assert refused.value.rule == "nobody-signs-what-they-drafted"
    assert [(said.operation, said.outcome) for said in log.fresh()] == [("refuse", "denied")]


def test_a_promise_waits_for_everybody_but_whoever_drafted_it(world: World) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    promise = world.drafted(reference)

    waiting = {who: world.office.ask(world[who], queries.waiting) for who in ("legal", "legal-lead", "intake")}

    assert [each.id for each in waiting["legal-lead"]] == [promise]
    assert waiting["legal"] == waiting["intake"] == ()


@pytest.mark.parametrize("who", ["intake", "protection", "auditor", "administrator"])
def test_no_other_desk_writes_or_reads_a_promise(world: World, who: str) -> None:
    reference, promise = promised(world)
    form = DraftAssurance.model_validate({**words.assurance(), "starts_on": clock.now().date()})
    opening = Opening(fields=("issuer",), justification=Justification.WITNESS_REQUEST)

    with pytest.raises((Denied, NotFound)):
        world.do(who, assurances.draft, form, subject=reference)
    with pytest.raises(NotFound):
        world.do(who, assurances.open_assurance, opening, subject=promise)


def test_what_is_not_signed_is_read_out_to_nobody(world: World) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    promise = world.drafted(reference)
    account = world.testimony(reference, upto="TRIAGED")

    world.do("legal-lead", assurances.decline, subject=promise)

    assert line(world, account) == StatementLine("2026-11", promised=False, admits=False, again=False)
    with pytest.raises(Conflict):
        world.signed(promise)


@pytest.mark.parametrize(
    "changed",
    [
        {"instrument": None},
        {"attachment": UUID(int=1)},
        {"kind": "USE_UNDERTAKING"},
        {"ends_on": "2020-01-01"},
        {"jurisdiction": "France"},
        {"bodies": []},
        {"kind": "PARDON"},
    ],
    ids=["no instrument", "two instruments", "unstated", "ends before it starts", "no code", "nowhere", "no kind"],
)
def test_a_promise_that_is_not_whole_is_none(changed: dict[str, Any]) -> None:
    whole = {**words.assurance(), "starts_on": "2026-01-05"}

    assert DraftAssurance.model_validate(whole)
    with pytest.raises(ValidationError):
        DraftAssurance.model_validate(whole | changed)


def test_the_hash_of_an_instrument_is_that_of_its_file(world: World) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    file = world.attach(reference, b"the letter", "letter.txt", "text/plain")

    promise = world.drafted(reference, instrument=None, attachment=file)

    told = world.open(
        "legal", assurances.open_assurance, promise, "instrument_sha256", justification="ASSURANCE", cites=promise
    )
    kept = world.open("intake", testimonies.open_attachment, file, "original_sha256", justification="WITNESS_REQUEST")
    assert told["instrument_sha256"] == kept["original_sha256"]


# what is read out


@pytest.mark.domain("D43")
def test_with_no_promise_no_admission_is_kept(world: World) -> None:
    reference = world.case()
    account = world.testimony(reference, upto="IN_SESSION")

    with pytest.raises(Conflict) as refused:
        record(world, account, ADMISSION)

    assert "No promise is on file" in refused.value.sentence


def test_under_a_promise_an_admission_is_kept_and_carries_it(world: World) -> None:
    reference, promise = promised(world)
    account = world.testimony(reference, upto="IN_SESSION")

    record(world, account, ADMISSION, OTHER)

    found = laid(world, reference, account)
    view = world.office.ask(world["intake"], accounts.show, account)
    assert (view.admissions, view.statement_version) == (True, "2026-11.1")
    assert [each["assurance_id"] for each in found] == [str(promise)] * 2
    assert found[0]["rules"] == [
        ["DERIVATIVE", "DECLARANT", "ALLOWED"], ["DIRECT", "DECLARANT", "BARRED"],
        ["IMPEACHMENT", "DECLARANT", "ALLOWED"],
    ]  # fmt: skip


def test_a_policy_that_bars_nothing_lets_no_admission_be_kept(world: World) -> None:
    reference, _ = promised(world, kind="AGENCY_POLICY", strength="POLICY")
    account = world.testimony(reference, upto="IN_SESSION")

    with pytest.raises(Conflict) as refused:
        record(world, account, ADMISSION)

    assert "No promise is on file" in refused.value.sentence


def test_the_old_statement_does_not_count_where_a_promise_came(world: World) -> None:
    reference, _ = promised(world)
    account = world.testimony(reference, upto="TRIAGED")
    form = forms.ExplainLimits(statement_version="2026-11", language="ar", own_words="I see")

    with pytest.raises(Conflict) as refused:
        world.do("intake", testimonies.explain_limits, form, subject=account)

    assert "as it stands now" in refused.value.sentence


@pytest.mark.parametrize("upto", ["LIMITS_EXPLAINED", "READY"])
def test_nobody_is_asked_under_limits_that_are_no_longer_true(world: World, upto: str) -> None:
    reference, promise = promised(world)
    account = world.testimony(reference, upto=upto)
    world.revoked(promise)
    start = forms.StartSession(place="OFFICE", custody_status="FREE", guard_present=False)
    world.consents(reference, "T1", "T2")

    step: tuple[Any, Any] = (testimonies.start_session, start)
    if upto == "LIMITS_EXPLAINED":
        step = (testimonies.ready, forms.MakeReady(counsel="OFFERED"))
    with pytest.raises(Conflict) as refused:
        world.do("intake", *step, subject=account)
    assert "since the limits were read" in refused.value.sentence
    told = line(world, account)
    again = forms.ExplainLimits(statement_version=told.version, language="ar", own_words="It is off")
    world.do("intake", testimonies.explain_limits, again, subject=account)

    view = world.office.ask(world["intake"], accounts.show, account)
    assert (told.version, told.again) == ("2026-11.2", True)
    assert (view.state, view.admissions, view.statement_version) == (upto, False, "2026-11.2")


def test_a_promise_taken_back_during_the_session_ends_admissions_at_once(world: World) -> None:
    reference, promise = promised(world)
    account = world.testimony(reference, upto="IN_SESSION")
    world.revoked(promise)

    with pytest.raises(Conflict) as refused:
        record(world, account, ADMISSION)

    assert "No promise is on file" in refused.value.sentence
    world.do("intake", sessions.unprompted, subject=account)

    assert world.office.ask(world["intake"], accounts.show, account).state == "PAUSED"


def test_a_promise_ends_with_its_last_day(world: World, standing_clock: Any) -> None:
    reference, promise = promised(world, ends_on=clock.now().date())
    account = world.testimony(reference, upto="TRIAGED")
    before = line(world, account)

    standing_clock.move(days=2)
    world.sign_in("intake")
    world.sign_in("legal")

    assert (before.version, before.admits) == ("2026-11.1", True)
    assert (line(world, account).version, line(world, account).admits) == ("2026-11.2", False)
    told = world.office.ask(world["legal"], queries.assurances, reference)
    assert [(each.id, each.state) for each in told] == [(promise, "EXPIRED")]


def test_a_promise_that_begins_later_is_not_read_out_yet(world: World) -> None:
    reference, _ = promised(world, starts_on=clock.now().date() + timedelta(days=3))
    account = world.testimony(reference, upto="TRIAGED")

    assert line(world, account) == StatementLine("2026-11", promised=False, admits=False, again=False)


def test_reading_the_statement_out_is_an_opening_with_its_entry(world: World, log: Log) -> None:
    mark = world.canary()
    reference, _ = promised(world, conditions=mark)
    account = world.testimony(reference, upto="TRIAGED")
    log.fresh()

    form = ReadStatement(justification=Justification.INTAKE, cites=account)
    view = world.do("intake", terms.read_statement, form, subject=account)

    said = log.last()
    assert view.promises[0].values["conditions"].read() == mark
    assert (said.action, said.operation, said.cites) == ("terms.read", "consult", str(account))
    assert CANARY not in str(said.view)


# what becomes of the words


@pytest.mark.domain("D05")
def test_no_end_of_a_promise_frees_a_word_that_was_said_under_it(world: World) -> None:
    reference, promise = promised(world)
    account = world.testimony(reference, upto="IN_SESSION")
    record(world, account, ADMISSION)
    before = judged(world, account, promise, "DIRECT")

    world.revoked(promise)

    assert before == judged(world, account, promise, "DIRECT") == [("BARRED", "BARRED", "STAYS")]
    assert judged(world, account, promise) == [("ALLOWED", "ALLOWED", "LEAVES")]


def test_what_an_inquiry_barred_is_unsettled_when_it_is_no_more_and_never_open(world: World) -> None:
    given = {"kind": "INQUIRY_PROMISE", "strength": "POLICY", "proceedings": "its own hearings"}
    reference, promise = promised(world, **given)
    account = world.testimony(reference, upto="IN_SESSION")
    record(world, account, OTHER)

    world.lapsed(promise, "BODY_ENDED")

    assert judged(world, account, promise, "DIRECT") == [("BARRED", "UNSETTLED", "STAYS")]


def test_a_promise_that_outlives_its_body_bars_on(world: World) -> None:
    given = {"kind": "INQUIRY_PROMISE", "strength": "POLICY", "proceedings": "its own hearings"}
    reference, promise = promised(world, survives_organisation=True, **given)
    account = world.testimony(reference, upto="IN_SESSION")
    record(world, account, OTHER)

    world.lapsed(promise, "BODY_ENDED")

    assert judged(world, account, promise, "DIRECT") == [("BARRED", "BARRED", "STAYS")]


def test_without_the_witness_nothing_leaves(world: World) -> None:
    reference, promise = promised(world)
    account = world.testimony(reference, upto="IN_SESSION")
    record(world, account, OTHER)
    before = judged(world, account, promise)

    consents = world.office.ask(world["intake"], accounts.consents, reference)
    agreed = next(each.id for each in consents if each.tier == "T2")
    world.do("legal", testimonies.withdraw, subject=agreed)

    assert before == [("ALLOWED", "ALLOWED", "LEAVES")]
    assert judged(world, account, promise) == [("ALLOWED", "ALLOWED", "STAYS")]


@pytest.mark.parametrize("elsewhere", [{"jurisdiction": "FR"}, {"body": "ASYLUM"}, {"subject": "THIRD_PARTY"}], ids=str)
def test_nothing_leaves_to_where_nobody_promised_anything(world: World, elsewhere: dict[str, str]) -> None:
    reference, promise = promised(world)
    account = world.testimony(reference, upto="IN_SESSION")
    record(world, account, OTHER)

    assert judged(world, account, promise, **elsewhere) == [("UNSETTLED", "UNSETTLED", "STAYS")]


@pytest.mark.domain("D06")
def test_what_incriminates_the_witness_stays_when_the_rest_leaves_against_others(world: World) -> None:
    reference, promise = promised(world, kind="TRUTH_AGREEMENT")
    account = world.testimony(reference, upto="IN_SESSION")
    record(world, account, OTHER, ADMISSION)

    told = judged(world, account, promise, "DIRECT", subject="THIRD_PARTY")

    assert [each[2] for each in told] == ["WITHOUT_OWN_ACTS", "STAYS"]


def test_a_reviewer_makes_a_passage_stricter_alone_and_at_once(world: World, log: Log) -> None:
    reference, promise = promised(world)
    account = world.testimony(reference, upto="IN_SESSION")
    first, _ = record(world, account, OTHER, OTHER).segments
    log.fresh()

    world.tightened(first)

    said = log.last()
    assert (said.action, said.rule) == ("restriction.tighten", "legal-tightens-restrictions")
    assert judged(world, account, promise) == [("ALLOWED", "BARRED", "STAYS"), ("ALLOWED", "ALLOWED", "LEAVES")]


def test_words_said_before_a_promise_are_under_none(world: World) -> None:
    reference = world.case()
    account = world.testimony(reference)
    world.hand_to_legal(reference)
    promise = world.promise(reference)

    assert {each[2] for each in judged(world, account, promise)} == {"STAYS"}
    assert laid(world, reference, account) == []
