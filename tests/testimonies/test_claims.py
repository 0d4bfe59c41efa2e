"""What is claimed in a case: rivals stand side by side with their sources, and none of them changes another."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import dict_row

from app.cases import actions as cases
from app.cases.forms import RevokeGrant
from app.errors import Conflict, NotFound
from app.testimonies import claims, versions
from app.testimonies.claims import AddClaim, ClaimRead, ClaimsRead, ReadClaims
from app.testimonies.forms import Passage
from app.testimonies.rules import SegmentClass
from app.testimonies.session_forms import Amend
from app.work import Justification
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, close_every_case, grant, opening, with_an_onlooker
from tests.testimonies.test_versions import segments
from tests.world import World


def claim(**given: Any) -> AddClaim:
    fields = {
        "proposition": "It burned in March.", "basis": "STATEMENT", "method": "Asked twice.", "codes": ("P-1",),
        "verification": "UNVERIFIED", "source_grade": "F", "information_grade": "6", **given,
    }  # fmt: skip
    return AddClaim(**fields)


def reading(why: str = "WITNESS_REQUEST", cites: UUID | None = None) -> ReadClaims:
    return ReadClaims(justification=Justification(why), cites=cites)


def read(world: World, testimony: UUID, who: str = "intake") -> list[list[ClaimRead]]:
    view: ClaimsRead = world.do(who, claims.read_claims, reading(), subject=testimony)
    return [list(group) for group in view.groups]


def said(one: ClaimRead, name: str = "proposition") -> str:
    value = one.values[name]
    return value.read() if value else ""


def stored(database: Database) -> dict[UUID, dict[str, Any]]:
    with database.connect("owner") as owner:
        rows = owner.cursor(row_factory=dict_row).execute("SELECT * FROM claims").fetchall()
    return {row["id"]: row for row in rows}


def test_a_claim_is_entered_by_who_works_with_the_account(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    testimony = world.testimony(reference)
    (segment, *_) = segments(world, reference)
    world.hand_to_protection(reference)
    world.invite("another", roles=("intake_officer",))
    form = claim(segment=segment, proposition=world.canary(), method=world.canary(), outside=(world.canary(),))

    climb(
        world, log, claims.add,
        Rung("another", "not_found", "none"),
        Rung("legal", "not_found", "none"),
        Rung("protection", "denied", "no-rule"),
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("intake", "done", "readers-enter-claims"),
        form=form, subject=reference,
    )  # fmt: skip
    world.hand_to_legal(reference)
    climb(world, log, claims.add, Rung("legal", "done", "readers-enter-claims"), form=form, subject=reference)
    assert testimony


@pytest.mark.domain("D17")
def test_rivals_stand_side_by_side_and_saving_one_changes_no_other(world: World, database: Database, log: Log) -> None:
    reference = world.case()
    testimony = world.testimony(reference)
    prior = world.told_before(reference, account="another year")
    file = world.attach(reference, b"a page", "page.png", "image/png")
    first = world.claimed(reference, proposition="It was 2014.", outside=(world.canary(),), information_grade="2")
    before = stored(database)
    world.hand_to_legal(reference)

    second = world.claimed(
        reference, beside=first, proposition="It was 2015.", outside=(), codes=("P-7",), priors=(prior,), files=(file,),
        verification="CONTRADICTED", by="legal",
    )  # fmt: skip
    third = world.claimed(reference, beside=second, proposition="It was 2014, looked at again.")
    other = world.claimed(reference, proposition="The road was closed.")

    # Not one byte of what was there is another one, so neither its words nor its grade, nor who judged it.
    after = stored(database)
    assert {key: after[key] for key in before} == before
    rivals, alone = read(world, testimony)
    assert [one.id for one in rivals] == [first, second, third]
    assert [said(one) for one in rivals] == ["It was 2014.", "It was 2015.", "It was 2014, looked at again."]
    assert [one.id for one in alone] == [other]
    assert [[(each.kind, each.value.read()) for each in one.sources] for one in rivals[1:2]] == [
        [("CODE", "P-7"), ("PRIOR", str(prior)), ("FILE", str(file))]
    ]
    assert [said(one, "verification") for one in rivals] == ["CONSISTENT_PUBLIC", "CONTRADICTED", "CONSISTENT_PUBLIC"]
    assert [said(one, "information_grade") for one in rivals] == ["2", "3", "3"]
    assert [one.verified_by for one in rivals] == [world.members[who].code for who in ("intake", "legal", "intake")]


@pytest.mark.domain("D17")
def test_claims_outlive_the_key_they_were_sealed_with(world: World) -> None:
    """Taking a grant back seals every row again: then too each says what it said."""
    reference = world.case()
    testimony = world.testimony(reference)
    first = world.claimed(reference, proposition="It was 2014.")
    world.claimed(reference, beside=first, proposition="It was 2015.")

    lead = RevokeGrant(user=world.members["intake-lead"].code, compartments=frozenset({"TESTIMONY"}))
    world.do("intake", cases.revoke, lead, subject=reference)

    (rivals,) = read(world, testimony)
    assert [said(one) for one in rivals] == ["It was 2014.", "It was 2015."]


def test_reading_them_is_for_who_reads_the_account_and_one_entry(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    testimony = world.testimony(reference)
    row = world.claimed(reference, proposition=world.canary())
    world.hand_to_protection(reference)

    for action, about, form, bare in (
        (claims.read_claims, testimony, reading(), reading("INTAKE")),
        (claims.open_claim, row, opening("WITNESS_REQUEST", "proposition"), opening("INTAKE", "proposition")),
    ):
        climb(
            world, log, action,
            Rung("protection", "not_found", "none"),
            Rung("narrative-lead", "not_found", "none"),
            Rung("legal", "not_found", "none"),
            Rung("intake", "denied", "no-rule", form=bare),
            Rung("intake", "done", "intake-reads-accounts"),
            form=form, subject=about,
        )  # fmt: skip


@pytest.mark.abuse("E08")
def test_who_holds_the_place_does_not_read_what_is_claimed(world: World, log: Log) -> None:
    reference = world.case()
    testimony = world.testimony(reference)
    world.claimed(reference)
    world.do("protection-lead", cases.give, grant(world, "legal", "LOCATION", hours=1), subject=reference)
    world.hand_to_legal(reference)

    climb(
        world, log, claims.read_claims, Rung("legal", "denied", "no-account-for-who-holds-the-place"),
        form=reading(), subject=testimony,
    )  # fmt: skip


@pytest.mark.parametrize("later", [False, True], ids=["folded from the first", "folded by a correction"])
def test_what_is_claimed_of_a_folded_passage_stays_shut_with_it(world: World, log: Log, later: bool) -> None:
    reference, hidden = world.case(), world.canary()
    shut = frozenset({SegmentClass.EXIT_METHOD})
    passages = (Passage(text="by night", classes=frozenset() if later else shut), Passage(text="open"))
    testimony = world.testimony(reference, segments=passages)
    one, two = segments(world, reference)
    row = world.claimed(reference, segment=one, proposition=hidden)
    world.claimed(reference, beside=row, proposition=hidden)
    world.claimed(reference, segment=two, proposition=hidden)
    if later:
        said_again = Amend(segment=one, text="words", language="ar", reason="a slip", classes=shut)
        world.do("intake", versions.amend, said_again, subject=testimony)

    folded, told = read(world, testimony)

    assert [(each.folded, each.values, each.sources) for each in folded] == [(True, {}, ())] * 2
    # The control: the very same words of another passage are read.
    assert [said(each) for each in told] == [hidden]
    opened = climb(
        world, log, claims.open_claim, Rung("intake", "done", "intake-reads-accounts"),
        form=opening("WITNESS_REQUEST", "proposition"), subject=row,
    )  # fmt: skip
    assert opened.values["proposition"].read() == hidden


@pytest.mark.parametrize("points", ["segment", "beside", "priors", "files"])
@pytest.mark.parametrize("elsewhere", [True, False], ids=["another case", "nowhere"])
def test_a_claim_points_to_nothing_outside_its_case(world: World, points: str, elsewhere: bool) -> None:
    other = world.case()
    world.testimony(other)
    theirs: dict[str, UUID] = {
        "segment": segments(world, other)[0], "beside": world.claimed(other), "priors": world.told_before(other),
        "files": world.attach(other, b"a page", "page.png", "image/png"),
    }  # fmt: skip
    row = theirs[points] if elsewhere else uuid4()

    given: dict[str, Any] = {points: (row,) if points in {"priors", "files"} else row}
    with pytest.raises(NotFound):
        world.claimed(world.case(), **given)


def test_a_claim_without_any_source_is_none(world: World) -> None:
    reference = world.case()
    world.testimony(reference)
    (segment, *_) = segments(world, reference)

    with pytest.raises(Conflict):
        world.claimed(reference, outside=())
    # A passage is a source, of a claim that nothing has borne out yet.
    world.claimed(reference, outside=(), segment=segment, verification="UNVERIFIED")
    for verification in ("CONSISTENT_PUBLIC", "CORROBORATED", "CONTRADICTED"):
        with pytest.raises(Conflict):
            world.claimed(reference, outside=(), segment=segment, verification=verification)


def test_a_closed_case_takes_no_claim(world: World, log: Log, database: Database) -> None:
    reference = world.case()
    close_every_case(database)

    climb(world, log, claims.add, Rung("intake", "conflict", "none"), form=claim(), subject=reference)
