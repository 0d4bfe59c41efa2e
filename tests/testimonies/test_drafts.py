"""What is typed and not kept yet: saved sealed, never written over unseen, gone when its step is kept."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from app import clock
from app.errors import Conflict, NotFound
from app.testimonies import actions, drafts, forms
from app.work import Caller
from tests.ladder import Log, Rung, climb, close_every_case, opening, outside_the_team
from tests.world import World


@pytest.fixture
def account(world: World) -> tuple[str, UUID]:
    reference = world.case()
    return reference, world.testimony(reference, upto="TRIAGED")


def typed(account: UUID, words: str = "I can stop", **more: Any) -> drafts.SaveDraft:
    given: dict[str, Any] = {"step": "LIMITS", "testimony": account, "fields": drafts.written({"own_words": (words,)})}
    return drafts.SaveDraft(**{**given, **more})


def save(world: World, account: tuple[str, UUID], words: str, by: str = "intake", **more: Any) -> drafts.DraftSaved:
    saved: drafts.DraftSaved = world.do(by, drafts.save, typed(account[1], words, **more), subject=account[0])
    return saved


def read(world: World, draft: UUID, cites: UUID, by: str = "intake") -> dict[str, list[str]]:
    found = world.open(by, drafts.open_draft, draft, "words", justification="INTAKE", cites=cites)
    told: dict[str, list[str]] = json.loads(found["words"] or "")
    return told


def lines(world: World, reference: str, by: str = "intake") -> list[tuple[str, str, int]]:
    return [(each.step, each.state, each.version) for each in world.office.ask(world[by], drafts.of_case, reference)]


def limits(**more: Any) -> forms.ExplainLimits:
    return forms.ExplainLimits(statement_version="2026-10", language="ar", own_words="I can stop", **more)


# saving and opening


def test_what_was_typed_is_sealed_and_comes_back(world: World, account: tuple[str, UUID], log: Log) -> None:
    words = world.canary()

    saved = save(world, account, words)

    assert (saved.state, saved.version) == ("SAVED", 1)
    assert read(world, saved.id, account[1]) == {"own_words": [words]}


def test_every_save_and_every_opening_has_an_entry(world: World, account: tuple[str, UUID], log: Log) -> None:
    log.fresh()
    first = save(world, account, "I can", typing=True)
    save(world, account, "I can stop", version=1, typing=True)
    read(world, first.id, account[1])

    assert [(said.action, said.operation, said.codes) for said in log.fresh()] == [
        ("draft.save", "collect", {"step": "LIMITS", "version": 1, "aside": False}),
        ("draft.save", "collect", {"step": "LIMITS", "version": 2, "aside": False}),
        ("draft.open", "consult", None),
    ]


@pytest.mark.abuse("E02")
def test_who_saves_a_draft(world: World, account: tuple[str, UUID], log: Log) -> None:
    world.hand_to_legal(account[0])
    world.hand_to_protection(account[0])
    world.invite("another", roles=("intake_officer",))
    climb(
        world, log, drafts.save,
        Rung("another", "not_found", "none"),
        Rung("protection", "denied", "no-rule"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake-lead", "done", "intake-takes-accounts"),
        form=typed(account[1]), subject=account[0],
    )  # fmt: skip


@pytest.mark.abuse("E02")
def test_who_opens_a_draft(world: World, account: tuple[str, UUID], log: Log) -> None:
    draft = save(world, account, "I can stop").id
    world.hand_to_legal(account[0])
    world.hand_to_protection(account[0])
    world.invite("another", roles=("intake_officer",))
    climb(
        world, log, drafts.open_draft,
        Rung("another", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake", "denied", "no-rule", form=opening("INTAKE")),
        Rung("intake", "done", "intake-opens-drafts"),
        Rung("intake-lead", "done", "intake-opens-drafts"),
        form=opening("INTAKE", cites=account[1]), subject=draft,
    )  # fmt: skip


def test_who_throws_a_draft_away(world: World, account: tuple[str, UUID], log: Log) -> None:
    draft = save(world, account, "I can stop").id
    world.invite("another", roles=("intake_officer",))
    climb(
        world, log, drafts.discard,
        Rung("another", "not_found", "none"),
        Rung("intake-lead", "denied", "no-rule"),
        Rung("intake", "done", "own-draft-thrown-away"),
        Rung("intake", "conflict", "none"),
        subject=draft,
    )  # fmt: skip

    assert lines(world, account[0]) == []
    with pytest.raises(NotFound):
        read(world, draft, account[1])


def test_nothing_is_saved_in_a_case_that_is_closed(world: World, account: tuple[str, UUID], database: Any) -> None:
    close_every_case(database)

    with pytest.raises(Conflict) as refused:
        save(world, account, "I can stop")

    assert "closed" in refused.value.sentence


def test_an_account_of_another_case_is_none_of_this_one(world: World, account: tuple[str, UUID]) -> None:
    elsewhere = world.testimony(world.case(), upto="TRIAGED")

    with pytest.raises(NotFound):
        world.do("intake", drafts.save, typed(elsewhere), subject=account[0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": "SEAL"},
        {"step": "CONSENT_T1"},
        {"testimony": None},
        {"fields": [{"name": "Own Words", "values": ["a"]}]},
        {"fields": [{"name": "own_words", "values": ["a\x00"]}]},
        {"fields": [{"name": "own_words", "values": ["\ud800"]}]},
        {"fields": [{"name": "one", "values": ["a" * 300_000]}, {"name": "two", "values": ["b" * 100_001]}]},
        {"fields": [{"name": f"a{number}", "values": []} for number in range(2101)]},
        {"fields": [{"name": "own_words", "values": ["a"]}, {"name": "own_words", "values": ["b"]}]},
        {"version": -1},
    ],
    ids=["step", "tier", "no account", "name", "nul", "surrogate", "long", "many", "twice", "version"],
)
def test_what_no_page_sends_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        typed(uuid4(), **wrong)


# two people


def test_a_colleague_is_told_who_and_when_and_goes_on_with_it(world: World, account: tuple[str, UUID]) -> None:
    saved = save(world, account, "I can")

    (line,) = world.office.ask(world["intake-lead"], drafts.of_case, account[0])
    assert line.saved_by == world["intake"].actor.code
    assert 0 <= (clock.now() - line.saved_at).total_seconds() < 1
    assert read(world, line.id, account[1], by="intake-lead") == {"own_words": ["I can"]}
    gone_on = save(world, account, "I can stop", by="intake-lead", version=line.version)

    assert (gone_on.id, gone_on.state, gone_on.version) == (saved.id, "SAVED", 2)


@pytest.mark.domain("D53")
@pytest.mark.parametrize("version", [0, 1, 7])
def test_what_its_writer_has_not_seen_is_not_written_over(
    world: World, account: tuple[str, UUID], version: int
) -> None:
    save(world, account, "first")
    kept = save(world, account, "second", version=1)

    beside = save(world, account, "third", by="intake-lead", version=version)

    assert (beside.state, beside.id != kept.id) == ("ASIDE", True)
    assert read(world, kept.id, account[1]) == {"own_words": ["second"]}
    assert read(world, beside.id, account[1]) == {"own_words": ["third"]}
    assert lines(world, account[0]) == [("LIMITS", "SAVED", 2), ("LIMITS", "ASIDE", 3)]


def test_what_stood_aside_goes_when_its_writer_has_joined_it(world: World, account: tuple[str, UUID]) -> None:
    save(world, account, "hers")
    beside = save(world, account, "mine", by="intake-lead")

    save(world, account, "another's guess", version=1, aside=beside.id)
    assert len(lines(world, account[0])) == 2, "nobody else's text goes"
    save(world, account, "hers and mine", by="intake-lead", version=2, aside=beside.id)

    assert lines(world, account[0]) == [("LIMITS", "SAVED", 3)]


def test_a_page_of_a_draft_that_is_gone_writes_over_no_newer_one(world: World, account: tuple[str, UUID]) -> None:
    old = save(world, account, "old")
    world.do("intake", drafts.discard, subject=old.id)
    newer = save(world, account, "newer", by="intake-lead")

    late = save(world, account, "late", version=old.version)

    assert (newer.version, late.state) == (2, "ASIDE")


# the step is kept


def test_a_draft_is_gone_when_its_step_is_kept(world: World, account: tuple[str, UUID]) -> None:
    saved = save(world, account, "I can stop")

    world.do("intake", actions.explain_limits, limits(draft=1), subject=account[1])

    assert lines(world, account[0]) == []
    with pytest.raises(NotFound):
        read(world, saved.id, account[1])


@pytest.mark.parametrize(("by", "seen"), [("intake", 0), ("intake", 2), ("intake-lead", None)])
def test_a_step_is_not_kept_over_words_that_were_not_seen(
    world: World, account: tuple[str, UUID], by: str, seen: int | None
) -> None:
    save(world, account, "I can stop")

    with pytest.raises(Conflict) as refused:
        world.do(by, actions.explain_limits, limits(draft=seen), subject=account[1])

    assert "Both texts are kept" in refused.value.sentence

    assert lines(world, account[0]) == [("LIMITS", "SAVED", 1)]


def test_a_program_that_says_no_version_knows_its_own_draft(world: World, account: tuple[str, UUID]) -> None:
    save(world, account, "I can stop")

    world.do("intake", actions.explain_limits, limits(), subject=account[1])

    assert lines(world, account[0]) == []


def test_each_step_of_an_account_gives_its_draft_up(world: World, account: tuple[str, UUID]) -> None:
    reference, testimony = account
    world.do("intake", actions.explain_limits, limits(), subject=testimony)
    tiers = [f"CONSENT_{tier}" for tier in ("T1", "T2")]
    for step in (*tiers, "READY", "SESSION", "ACCOUNT", "READ_BACK", "SEGMENTS"):
        about = None if step in tiers else testimony
        form = drafts.SaveDraft(step=step, testimony=about, fields=drafts.written({"a": ("b",)}))
        world.do("intake", drafts.save, form, subject=reference)

    told = forms.RecordAccount(language="ar", segments=(forms.Passage(text="words"),))
    start = forms.StartSession(place="OFFICE", custody_status="FREE", guard_present=False)
    left = []
    for keep in (
        lambda: world.consents(reference, "T1", "T2"),
        lambda: world.do("intake", actions.ready, forms.MakeReady(counsel="OFFERED"), subject=testimony),
        lambda: world.do("intake", actions.start_session, start, subject=testimony),
        lambda: world.do("intake", actions.record, told, subject=testimony),
        lambda: world.read_back(testimony),
        lambda: world.do("intake", actions.move, forms.MoveOn(to="SEGMENTED"), subject=testimony),
    ):
        keep()
        left.append([step for step, _, _ in lines(world, reference)])

    assert left == [
        ["READY", "SESSION", "ACCOUNT", "READ_BACK", "SEGMENTS"],
        ["SESSION", "ACCOUNT", "READ_BACK", "SEGMENTS"],
        ["ACCOUNT", "READ_BACK", "SEGMENTS"],
        ["READ_BACK", "SEGMENTS"],
        ["SEGMENTS"],
        [],
    ]


# after the session


def left_behind(world: World, draft: drafts.SaveDraft, whose: str = "intake", reference: str | None = None) -> None:
    me = world[whose]
    assert me.actor.id is not None
    assert me.keyring is not None
    form = drafts.RescueDraft(user_id=me.actor.id, holder=me.keyring.holder, reference=reference, draft=draft)
    world.office.perform(Caller.service("signin"), drafts.rescue, form)


@pytest.mark.domain("D53")
def test_what_outlived_a_session_is_taken_up_by_whose_it_was(world: World, account: tuple[str, UUID], log: Log) -> None:
    words = world.canary()
    left_behind(world, typed(account[1], words))
    (row,) = world.office.ask(world["intake"], drafts.waiting)
    assert world.office.ask(world["intake-lead"], drafts.waiting) == ()

    taken = climb(
        world, log, drafts.take_up,
        Rung("intake-lead", "not_found", "none"),
        Rung("intake", "done", "own-words-taken-up"),
        Rung("intake", "conflict", "none"),
        subject=row,
    )  # fmt: skip

    assert read(world, taken.draft, account[1]) == {"own_words": [words]}
    assert world.office.ask(world["intake"], drafts.waiting) == ()


def test_what_outlived_a_session_stands_beside_what_came_meanwhile(world: World, account: tuple[str, UUID]) -> None:
    left_behind(world, typed(account[1], "late"))
    save(world, account, "meanwhile", by="intake-lead")
    (row,) = world.office.ask(world["intake"], drafts.waiting)

    taken = world.do("intake", drafts.take_up, subject=row)

    assert lines(world, account[0]) == [("LIMITS", "SAVED", 1), ("LIMITS", "ASIDE", 2)]
    assert read(world, taken.draft, account[1]) == {"own_words": ["late"]}


@pytest.mark.parametrize("step", ["LIMITS", "CONSENT_T4"])
def test_of_a_case_that_is_ones_own_no_longer_nothing_is_taken_up(world: World, step: str, log: Log) -> None:
    outside_the_team(world, "another", "intake_officer")
    reference = world.case()
    testimony = world.testimony(reference, upto="TRIAGED") if step == "LIMITS" else None
    form = drafts.SaveDraft(step=step, testimony=testimony, fields=drafts.written({"own_words": (world.canary(),)}))
    left_behind(world, form, "another", reference)
    (row,) = world.office.ask(world["another"], drafts.waiting)

    taken = world.do("another", drafts.take_up, subject=row)

    assert taken.draft is None
    assert world.office.ask(world["another"], drafts.waiting) == ()
    assert lines(world, reference) == []
    assert log.last().codes == {"kept": False}


def test_ended_sessions_leave_no_more_than_can_be_taken_up(world: World, account: tuple[str, UUID]) -> None:
    for _ in range(drafts.RESCUES_MAX):
        left_behind(world, typed(account[1]))

    with pytest.raises(Conflict) as refused:
        left_behind(world, typed(account[1]))

    assert "sign in" in refused.value.sentence
