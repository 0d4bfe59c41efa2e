"""Giving and taking the keys of a case: who may, to whom, for how long, and what follows at once."""

from __future__ import annotations

from typing import Any

import pytest

from app.accounts import actions as accounts
from app.accounts import undertakings
from app.accounts.forms import AcceptInvitation, Invite
from app.cases import actions as cases
from app.cases.forms import GiveGrant, RevokeGrant
from app.errors import Conflict, NotFound
from app.people import actions as people
from app.testimonies import actions as testimonies
from tests.conftest import Clock
from tests.ladder import Log, Rung, climb, grant, outside_the_team, with_an_onlooker
from tests.world import World


def test_a_grant_needs_a_holder_who_works_on_the_case(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    world.hand_to_legal(reference)
    world.invite("intake2", roles=("intake_officer",))

    climb(
        world, log, cases.give,
        Rung("intake2", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        # A grant of one compartment is no right to pass on another, nor for every role to pass on its own.
        Rung("narrative-lead", "denied", "no-rule"),
        Rung("narrative-lead", "denied", "no-rule", form=grant(world, "intake2", "RELEASE")),
        Rung("legal", "denied", "no-rule", form=grant(world, "intake2", "IDENTITY")),
        Rung("intake", "done", "holder-grants"),
        Rung("intake", "conflict", "none"),
        form=grant(world, "intake2", "IDENTITY", "TESTIMONY"), subject=reference,
    )  # fmt: skip

    assert set(world.show("intake2", reference).held) == {"IDENTITY", "TESTIMONY"}


@pytest.mark.parametrize(
    ("giver", "to", "compartments", "hours", "rule"),
    [
        ("intake", "intake", ("RELEASE",), None, "nobody-grants-themself"),
        ("intake", "protection", ("TESTIMONY",), None, "account-only-for-intake-and-legal"),
        ("intake", "narrative-lead", ("TESTIMONY",), None, "account-only-for-intake-and-legal"),
        ("intake", "administrator", ("TESTIMONY",), None, "account-only-for-intake-and-legal"),
        ("intake", "auditor", ("IDENTITY",), None, "identity-boxed-for-legal"),
        ("intake", "legal", ("IDENTITY",), None, "identity-boxed-for-legal"),
        ("intake", "legal", ("IDENTITY",), 8.1, "identity-boxed-for-legal"),
        ("intake", "protection", ("RELEASE",), None, "release-only-for-narrative"),
        ("legal-lead", "intake", ("LEGAL",), None, "legal-only-for-legal"),
        ("legal-lead", "protection", ("LEGAL",), None, "legal-only-for-legal"),
        ("protection-lead", "intake", ("THREAT",), None, "threat-and-care-only-for-caseworkers"),
        ("protection-lead", "legal", ("CARE",), None, "threat-and-care-only-for-caseworkers"),
        ("protection-lead", "auditor", ("LOCATION",), None, "place-boxed-for-legal"),
        ("protection-lead", "intake", ("LOCATION",), None, "no-place-to-who-holds-the-account"),
        ("protection-lead", "legal2", ("LOCATION",), None, "place-boxed-for-legal"),
        ("protection-lead", "legal2", ("LOCATION",), 8.1, "place-boxed-for-legal"),
        # The team of "legal" holds the account, so nobody in it gets the place, however short.
        ("protection-lead", "legal", ("LOCATION",), 1, "no-place-to-who-holds-the-account"),
        ("protection-lead", "protection-lead", ("LOCATION",), None, "nobody-grants-themself"),
    ],
)
def test_what_a_compartment_is_for_decides_who_may_hold_it(
    world: World, log: Log, giver: str, to: str, compartments: tuple[str, ...], hours: float | None, rule: str
) -> None:
    reference = world.case()
    world.hand_to_legal(reference)
    if to == "legal2":
        outside_the_team(world, to, "legal_reviewer")

    climb(
        world, log, cases.give, Rung(giver, "denied", rule),
        form=grant(world, to, *compartments, hours=hours), subject=reference,
    )  # fmt: skip


def test_a_legal_reviewer_holds_a_name_for_hours_and_then_no_more(
    world: World, log: Log, standing_clock: Clock
) -> None:
    reference = world.whole_case()
    person, note = world.row("intake", reference, "persons"), world.row("legal", reference, "mitigation_assessments")
    world.do("intake", cases.give, grant(world, "legal", "IDENTITY", hours=1), subject=reference)

    def reveal() -> Any:
        return world.open(
            "legal", people.reveal, person, "legal_name",
            justification="LEGAL_ASSESSMENT", cites=note, words="to compare a signature",
        )  # fmt: skip

    assert reveal()["legal_name"]
    standing_clock.move(minutes=14)
    world.sign_in("legal")
    standing_clock.move(minutes=46, seconds=1)
    world.sign_in("legal")

    with pytest.raises(NotFound):
        reveal()
    assert "IDENTITY" not in world.show("legal", reference).held


def test_one_person_holds_account_or_place_and_never_both(world: World, log: Log) -> None:
    reference = world.case()
    outside_the_team(world, "legal2", "legal_reviewer")
    both = grant(world, "legal2", "TESTIMONY", "LOCATION", hours=1)
    world.do("protection-lead", cases.give, grant(world, "legal2", "LOCATION", hours=1), subject=reference)

    climb(
        world, log, cases.give,
        Rung("intake", "denied", "no-place-to-who-holds-the-account", form=grant(world, "legal2", "TESTIMONY")),
        Rung("intake", "denied", "no-place-to-who-holds-the-account"),
        form=both, subject=reference,
    )  # fmt: skip


def test_a_grant_cannot_end_before_it_begins(world: World) -> None:
    reference = world.case()

    with pytest.raises(Conflict, match="conflict"):
        world.do("intake", cases.give, grant(world, "intake-lead", "RELEASE", hours=-1), subject=reference)


def test_nothing_is_sealed_to_somebody_who_has_not_signed_in(world: World) -> None:
    reference = world.case()
    form = Invite(login_name="newcomer", display_name="New", roles=frozenset({"intake_officer"}))
    invited = world.do("administrator", accounts.invite, form)
    give = GiveGrant(user=invited.user, compartments=frozenset({"TESTIMONY"}))

    with pytest.raises(NotFound):
        world.do("intake", cases.give, give, subject=reference)
    world.signins.accept(
        AcceptInvitation(
            code=invited.invitation, passphrase="seven herons on a grey canal", undertaking=undertakings.VERSION
        )
    )
    with pytest.raises(Conflict):
        world.do("intake", cases.give, give, subject=reference)


def test_nothing_is_sealed_to_a_disabled_account_or_to_nobody(world: World) -> None:
    reference = world.case()
    world.do("administrator", accounts.disable, subject=world.members["intake-lead"].code)

    with pytest.raises(Conflict):
        world.do("intake", cases.give, grant(world, "intake-lead", "RELEASE"), subject=reference)
    nobody = GiveGrant(user="S-333333", compartments=frozenset({"RELEASE"}))
    with pytest.raises(NotFound):
        world.do("intake", cases.give, nobody, subject=reference)


def test_who_holds_a_compartment_takes_it_from_another(world: World, log: Log) -> None:
    reference = with_an_onlooker(world)
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    release = RevokeGrant(user=world.members["intake"].code, compartments=frozenset({"RELEASE"}))

    climb(
        world, log, cases.revoke,
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("narrative-lead", "denied", "no-rule", form=release),
        Rung("protection", "denied", "no-rule"),
        Rung("intake", "done", "holder-revokes"),
        Rung("intake", "not_found", "none"),
        form=RevokeGrant(team="legal", compartments=frozenset({"TESTIMONY"})), subject=reference,
    )  # fmt: skip


@pytest.mark.abuse("E04")
def test_after_a_revocation_the_next_request_is_refused(world: World, log: Log) -> None:
    reference = world.whole_case()
    segment, note = world.row("legal", reference, "segments"), world.row("legal", reference, "mitigation_assessments")
    why: dict[str, Any] = {"justification": "LEGAL_ASSESSMENT", "cites": note}
    before = world["legal"]
    assert world.open("legal", testimonies.open_segment, segment, "text", **why)["text"]

    form = RevokeGrant(team="legal", compartments=frozenset({"TESTIMONY"}))
    revoked = world.do("intake", cases.revoke, form, subject=reference)

    taken = log.last()
    # The very same caller, with the keys it had a moment ago.
    assert world["legal"] is before
    with pytest.raises(NotFound):
        world.open("legal", testimonies.open_segment, segment, "text", **why)
    assert revoked.resealed == taken.codes["resealed"] > 0
    assert world.open("intake", testimonies.open_segment, segment, "text", justification="WITNESS_REQUEST")["text"]


def test_a_revocation_names_exactly_one_holder(world: World) -> None:
    reference, code = world.case(), world.members["intake-lead"].code
    compartments: Any = frozenset({"TESTIMONY"})

    for form in (
        RevokeGrant(compartments=compartments),
        RevokeGrant(user=code, team="intake", compartments=compartments),
    ):
        with pytest.raises(Conflict):
            world.do("intake", cases.revoke, form, subject=reference)


def test_what_somebody_does_not_hold_cannot_be_taken_from_them(world: World) -> None:
    reference = world.case()
    form = Invite(login_name="newcomer", display_name="New", roles=frozenset({"intake_officer"}))
    newcomer = world.do("administrator", accounts.invite, form).user

    for code in (world.members["legal"].code, newcomer, "S-333333"):
        held = RevokeGrant(user=code, compartments=frozenset({"TESTIMONY"}))
        with pytest.raises(NotFound):
            world.do("intake", cases.revoke, held, subject=reference)


def test_a_revocation_of_two_compartments_is_whole_or_not_at_all(world: World) -> None:
    reference = world.case()
    form = RevokeGrant(
        user=world.members["intake-lead"].code, compartments=frozenset({"IDENTITY", "RELEASE"})
    )  # fmt: skip

    with pytest.raises(NotFound):
        world.do("intake", cases.revoke, form, subject=reference)

    assert "IDENTITY" in world.show("intake-lead", reference).held
