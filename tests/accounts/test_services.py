"""A program with a token reads what it was granted by name, for what the witness agreed to, until its end."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.accounts import actions as accounts
from app.accounts import services
from app.accounts.forms import LeaveTeam, MakeService
from app.accounts.models import Service
from app.accounts.rules import SERVICE_PREFIX
from app.accounts.views import ServiceMade
from app.cases import actions as cases
from app.cases import queries
from app.cases.forms import GiveGrant, OpenCase, Opening, RevokeGrant
from app.crypto import boxes, hpke
from app.db import tables
from app.errors import Conflict, Denied, NotFound, NotSignedIn, PlantedKey, SealBroken, TooManyTries
from app.keyholders import grants
from app.keyholders.keyring import Keyring
from app.keyholders.models import Grant
from app.legal import actions as legal
from app.people import actions as people
from app.protection import actions as protection
from app.testimonies import actions as testimonies
from app.work import Action, Caller, Justification
from tests.conftest import Clock, Database
from tests.keyholders.stored import cells, holder_named, opens
from tests.keyholders.test_planted import plant
from tests.ladder import Log, Rung, climb, log
from tests.world import World

__all__ = ["log"]


def form(team: Any = "legal", *, days: float = 30, **given: Any) -> MakeService:
    fields = {"name": "reader", "purpose": "ARCHIVE", "ends_at": clock.now() + timedelta(days=days), **given}
    return MakeService(team=team, **fields)


def give(world: World, reference: str, made: ServiceMade, *compartments: Any, by: str, until: Any = None) -> Any:
    grant = GiveGrant(user=made.user, compartments=frozenset(compartments), until=until)
    return world.do(by, cases.give, grant, subject=reference)


def read(world: World, caller: Caller, action: Action, row: UUID, field: str, consent: UUID | None) -> str:
    opening = Opening(fields=(field,), justification=Justification.AGREED_DISCLOSURE, cites=consent)
    plain = world.office.perform(caller, action, opening, subject=row).values[field]
    assert plain is not None
    return str(plain.read())


class Reader:
    """A service of the legal team that holds the account of one whole case, and a consent to cite."""

    def __init__(self, world: World) -> None:
        self.reference = world.whole_case("en")
        self.made = world.service("legal")
        give(world, self.reference, self.made, "TESTIMONY", by="legal")
        self.consent: UUID = world.row("intake", self.reference, "consents")
        self.segment: UUID = world.row("intake", self.reference, "segments")
        self.caller = world.signins.caller(self.made.token)

    def read(self, world: World) -> str:
        return read(world, self.caller, testimonies.open_segment, self.segment, "text", self.consent)


@pytest.fixture
def reader(world: World) -> Reader:
    return Reader(world)


# who makes and ends one


def test_the_ladder_of_making_a_service(world: World, log: Log) -> None:
    made = climb(
        world, log, services.make,
        Rung("anonymous", "denied", "no-rule"),
        Rung("operator", "denied", "no-rule"),
        Rung("administrator", "denied", "no-rule"),
        Rung("auditor", "denied", "no-rule"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake-lead", "denied", "no-rule"),
        Rung("legal-lead", "conflict", "none", form(days=366)),
        Rung("legal-lead", "conflict", "none", form(days=-1)),
        Rung("legal-lead", "done", "lead-makes-services"),
        form=form(),
    )  # fmt: skip

    assert made.token.startswith(SERVICE_PREFIX)


def test_the_ladder_of_ending_a_service(world: World, log: Log) -> None:
    codes = [world.service("legal").user for _ in range(3)]

    climb(
        world, log, services.end,
        Rung("anonymous", "denied", "no-rule"),
        Rung("auditor", "denied", "no-rule"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake-lead", "denied", "no-rule"),
        Rung("administrator", "not_found", "none", subject="S-333333"),
        Rung("administrator", "done", "almost-anybody-ends-services"),
        Rung("administrator", "conflict", "none"),
        Rung("legal-lead", "done", "almost-anybody-ends-services", subject=codes[1]),
        subject=codes[0],
    )  # fmt: skip


def test_a_service_lasts_a_year_at_most_and_has_a_team_that_reads(world: World) -> None:
    assert world.do("legal-lead", services.make, form(days=365)).token
    with pytest.raises(Conflict):
        world.do("legal-lead", services.make, form(days=365.1))
    wrongs: list[dict[str, Any]] = [{"team": "narrative"}, {"purpose": "ANYTHING"}, {"name": ""}, {"ends_at": "never"}]
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            form(**{"team": "legal", **wrong})


# the token


def test_a_token_has_256_random_bits_and_is_stored_nowhere(
    world: World, database: Database, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    """The canary is the token itself; the hunt first finds what is there to be found."""
    made = world.service()
    caller = world.signins.caller(made.token)
    with pytest.raises(Denied):
        world.office.perform(caller, cases.open_case, OpenCase())
    secret = made.token.removeprefix(SERVICE_PREFIX)
    spelt = (made.token, secret, secret.encode().hex(), base64.urlsafe_b64decode(secret + "=").hex())

    assert len(base64.urlsafe_b64decode(secret + "=")) == 32
    assert world.service().token != made.token
    with database.connect("owner") as owner:
        stored = [
            row for name in tables() for (row,) in owner.execute(f"SELECT t::text FROM {name} t".encode()).fetchall()
        ]
    assert any(made.user in row for row in stored)
    assert [row for row in stored if any(mark in row for mark in spelt)] == []
    assert not any(mark in caplog.text for mark in spelt)
    assert made.token not in repr(caller)


def test_wrong_tokens_wait_and_the_right_one_never_does(world: World, settings: Any) -> None:
    made = world.service()
    wrong = SERVICE_PREFIX + "x" * 43

    for _ in range(settings.signin_delay_from_try):
        with pytest.raises(NotSignedIn):
            world.signins.caller(wrong)
    with pytest.raises(TooManyTries):
        world.signins.caller(wrong)
    assert world.signins.caller(made.token).actor.code == made.user
    assert world.signins.caller(world.members["intake"].token)


def test_a_token_of_another_shape_is_no_service(world: World) -> None:
    made = world.service()

    for wrong in (made.token[:-1], made.token.upper(), "x" + made.token[1:], made.token + "x" * 20, SERVICE_PREFIX):
        with pytest.raises(NotSignedIn):
            world.signins.caller(wrong)


# what it reads


def test_a_service_sees_nothing_until_it_is_granted_something(world: World) -> None:
    reference = world.whole_case("en")
    caller = world.signins.caller(world.service().token)

    assert world.office.ask(caller, queries.cases) == ()
    with pytest.raises(NotFound):
        world.office.ask(caller, queries.show, reference)


def test_a_service_reads_its_compartment_and_the_log_says_so(world: World, reader: Reader, log: Log) -> None:
    view = world.office.ask(reader.caller, queries.show, reader.reference)
    log.fresh()

    assert reader.read(world)

    assert view.held == ("TESTIMONY",)
    assert {record.compartment for record in view.records} == {"TESTIMONY"}
    said = log.last()
    assert (said.action, said.actor, said.roles) == ("segment.open", reader.made.user, ["service"])
    assert (said.rule, said.justification, said.cites) == (
        "service-reads-what-was-given", "AGREED_DISCLOSURE", str(reader.consent),
    )  # fmt: skip
    assert said.fields == ["segments.text"]
    assert said.cases == [reader.reference]


def test_without_a_consent_that_stands_a_service_reads_nothing(world: World, reader: Reader, log: Log) -> None:
    other = world.case()
    elsewhere = world.consents(other, "T4")[0].id
    refused = world.consents(reader.reference, "T5", granted=False)[0].id

    for cited in (None, elsewhere, refused, reader.segment):
        with pytest.raises(Denied):
            read(world, reader.caller, testimonies.open_segment, reader.segment, "text", cited)
    said = log.last()
    assert (said.operation, said.outcome, said.actor) == ("refuse", "denied", reader.made.user)


def test_a_withdrawal_ends_a_services_reading_at_once(world: World, reader: Reader) -> None:
    assert reader.read(world)

    world.do("intake", testimonies.withdraw, subject=reader.consent)

    with pytest.raises(Denied):
        reader.read(world)


@pytest.mark.domain("D38")
def test_a_consent_that_is_due_to_be_confirmed_is_cited_by_nobody(world: World, reader: Reader, log: Log) -> None:
    today = clock.now().date()
    # The control: one that is asked again in a year is cited until then.
    later = world.consents(reader.reference, "T3", adult_on=today + timedelta(days=365))[0].id
    due = world.consents(reader.reference, "T4", adult_on=today)[0].id
    assert read(world, reader.caller, testimonies.open_segment, reader.segment, "text", later)
    assert read(world, world["legal"], testimonies.open_segment, reader.segment, "text", later)

    for caller in (reader.caller, world["legal"], world["intake"]):
        with pytest.raises(Conflict) as refused:
            read(world, caller, testimonies.open_segment, reader.segment, "text", due)
        assert "asked again" in refused.value.sentence
        said = log.last()
        assert (said.operation, said.outcome, said.actor) == ("refuse", "conflict", caller.actor.code)


def test_people_cite_a_consent_that_stands_too(world: World, reader: Reader) -> None:
    refused = world.consents(reader.reference, "T5", granted=False)[0].id
    assert read(world, world["legal"], testimonies.open_segment, reader.segment, "text", reader.consent)

    for cited in (refused, reader.segment):
        with pytest.raises(Denied):
            read(world, world["legal"], testimonies.open_segment, reader.segment, "text", cited)


def test_a_service_of_legal_notes_and_one_of_needs_cite_a_consent_they_do_not_hold(world: World) -> None:
    reference = world.whole_case("en")
    consent = world.row("intake", reference, "consents")
    notes, needs = world.service("legal"), world.service("protection")
    give(world, reference, notes, "LEGAL", by="legal")
    give(world, reference, needs, "CARE", by="protection")
    tried: list[tuple[ServiceMade, Any, Action, str, str]] = [
        (notes, "legal", legal.open_factor, "mitigation_factors", "reasons"),
        (needs, "protection", protection.open_need, "needs", "words"),
    ]

    for made, login, action, table, field in tried:
        caller = world.signins.caller(made.token)
        row = world.row(login, reference, table)
        assert read(world, caller, action, row, field, consent)
        with pytest.raises(NotFound):
            read(world, caller, testimonies.open_consent, consent, "conditions", consent)


def test_a_service_does_nothing_that_people_do(world: World, reader: Reader) -> None:
    person = world.row("intake", reader.reference, "persons")
    form = Opening(fields=("legal_name",), justification=Justification.AGREED_DISCLOSURE, cites=reader.consent)

    with pytest.raises(NotFound):
        world.office.perform(reader.caller, people.reveal, form, subject=person)
    grant = GiveGrant(user=world.members["protection"].code, compartments=frozenset({"TESTIMONY"}))
    for action, brought, subject in (
        (cases.give, grant, reader.reference),
        (services.end, None, reader.made.user),
        (accounts.leave, None, None),
    ):
        with pytest.raises((Denied, NotFound)):
            world.office.perform(reader.caller, action, brought, subject=subject)


@pytest.mark.parametrize(
    ("team", "by", "compartments", "rule"),
    [
        ("legal", "intake", ("TESTIMONY",), "service-fed-by-its-team"),
        ("intake", "intake", ("IDENTITY",), "service-gets-what-its-team-reads"),
        ("intake", "intake", ("TESTIMONY", "IDENTITY"), "service-gets-what-its-team-reads"),
        ("protection", "protection", ("LOCATION",), "service-gets-what-its-team-reads"),
        ("protection", "protection", ("THREAT",), "service-gets-what-its-team-reads"),
        ("protection", "protection", ("CARE", "LOCATION"), "service-gets-what-its-team-reads"),
    ],
)
def test_a_service_is_never_given_who_or_where_somebody_is(
    world: World, log: Log, team: str, by: str, compartments: tuple[str, ...], rule: str
) -> None:
    reference = world.whole_case("en")
    made = world.service(team)

    with pytest.raises(Denied) as denied:
        give(world, reference, made, *compartments, by=by)

    forbidding = {"service-fed-by-its-team", "service-gets-what-its-team-reads"}
    assert denied.value.rule == rule or denied.value.rule not in forbidding
    assert world.office.ask(world.signins.caller(made.token), queries.cases) == ()


def test_a_grant_to_a_service_ends_with_it(world: World) -> None:
    reference = world.whole_case("en")
    made = world.service("legal", days=10)

    with pytest.raises(Conflict):
        give(world, reference, made, "TESTIMONY", by="legal", until=clock.now() + timedelta(days=11))
    given = give(world, reference, made, "TESTIMONY", by="legal")

    assert given.until == made.ends_at


# its end


def test_an_ended_service_is_out_at_once_and_its_grants_are_gone(
    world: World, reader: Reader, database: Database, log: Log
) -> None:
    assert reader.read(world)

    ended = world.do("legal-lead", services.end, subject=reader.made.user)

    assert ended.grants == 1
    with pytest.raises(NotSignedIn):
        reader.read(world)
    with pytest.raises(NotSignedIn):
        world.signins.caller(reader.made.token)
    assert stolen(database, reader.made.token) is None
    with pytest.raises(Conflict):
        give(world, reader.reference, reader.made, "TESTIMONY", by="legal")


def test_a_service_is_out_on_its_day(world: World, reader: Reader, standing_clock: Clock) -> None:
    standing_clock.move(days=29)
    assert world.signins.caller(reader.made.token)

    standing_clock.move(days=2)

    with pytest.raises(NotSignedIn):
        world.signins.caller(reader.made.token)
    with pytest.raises(NotSignedIn):
        reader.read(world)


def test_a_service_ends_with_its_makers_account(world: World, reader: Reader, log: Log) -> None:
    other = world.service("intake")

    world.do("administrator", accounts.disable, subject=world.members["legal-lead"].code)

    assert log.last().codes["services"] == 1
    with pytest.raises(NotSignedIn):
        world.signins.caller(reader.made.token)
    assert world.signins.caller(other.token)


def test_a_service_ends_when_its_maker_leaves_the_team(world: World, reader: Reader) -> None:
    world.do("administrator", accounts.leave_team, LeaveTeam(team="legal"), subject=world.members["legal-lead"].code)

    with pytest.raises(NotSignedIn):
        world.signins.caller(reader.made.token)


def test_a_rotation_carries_a_live_service_and_leaves_out_an_ended_one(
    world: World, reader: Reader, database: Database
) -> None:
    ended = world.service("legal")
    give(world, reader.reference, ended, "TESTIMONY", by="legal")
    world.do("legal-lead", services.end, subject=ended.user)

    lead = RevokeGrant(user=world.members["intake-lead"].code, compartments=frozenset({"TESTIMONY"}))
    world.do("intake", cases.revoke, lead, subject=reader.reference)

    assert reader.read(world)
    with Session(database.engine("owner")) as session:
        now = set(session.scalars(select(Grant.keyholder_id).where(Grant.generation == 2)))
    assert holder_named(database, "service", reader.made.user).id in now
    assert holder_named(database, "service", ended.user).id not in now


def test_what_a_service_holds_is_taken_from_it_like_from_a_colleague(world: World, reader: Reader) -> None:
    taken = RevokeGrant(user=reader.made.user, compartments=frozenset({"TESTIMONY"}))

    world.do("legal", cases.revoke, taken, subject=reader.reference)

    with pytest.raises(NotFound):
        reader.read(world)


# a stolen database


@pytest.mark.abuse("H09")
def test_a_stolen_database_opens_no_service_and_its_token_only_what_it_holds(
    world: World, reader: Reader, database: Database
) -> None:
    other = world.service("legal")
    private = stolen(database, reader.made.token)
    assert private is not None
    holder = holder_named(database, "service", reader.made.user).id
    ring = Keyring(holder, private)

    assert stolen(database, SERVICE_PREFIX + "A" * 43) is None
    assert readable(database, ring) == {"TESTIMONY"}
    theirs = stolen(database, other.token)
    assert theirs is not None
    assert readable(database, Keyring(holder_named(database, "service", other.user).id, theirs)) == set()


def test_no_membership_gives_a_service_a_teams_key(world: World, reader: Reader, database: Database) -> None:
    plant(
        database, "UPDATE memberships SET member_id = (SELECT keyholder_id FROM services) WHERE member_id = "
        "(SELECT keyholder_id FROM users WHERE login_name = 'legal')",
    )  # fmt: skip

    caller = world.signins.caller(reader.made.token)

    assert caller.actor.teams == frozenset()
    assert len(caller.actor.keyholders) == 1


@pytest.mark.abuse("H07")
def test_a_service_that_was_pointed_at_anothers_key_is_given_nothing(world: World, database: Database) -> None:
    reference = world.whole_case("en")
    made = world.service("legal")
    plant(
        database, "UPDATE services SET keyholder_id = (SELECT keyholder_id FROM users WHERE login_name = 'protection')"
    )

    with pytest.raises(PlantedKey):
        give(world, reference, made, "TESTIMONY", by="legal")


def test_services_are_listed_for_colleagues_without_their_keys(world: World) -> None:
    made = world.service("legal")

    (line,) = world.office.ask(world["auditor"], services.services)

    assert (line.user, line.team, line.purpose, line.ended_at) == (made.user, "legal", "ARCHIVE", None)
    assert line.made_by == world.members["legal-lead"].code
    assert world.office.ask(world.signins.caller(made.token), services.services) == ()


def stolen(database: Database, token: str) -> hpke.PrivateKey | None:
    """A service's private key, from a copy of the database and a token; None if they open none."""
    with Session(database.engine("owner")) as session:
        for service in session.scalars(select(Service)):
            try:
                raw = boxes.open_box(services._token_key(token), service.sealed_private, context=service.id.bytes)
            except SealBroken:
                continue
            return hpke.PrivateKey.from_raw(raw)
    return None


def readable(database: Database, ring: Keyring) -> set[str]:
    """The compartments of which a stolen keyring opens every cell there is."""
    found = set()
    with Session(database.engine("owner")) as session:
        for grant in session.scalars(select(Grant).where(Grant.keyholder_id.in_(ring.holders))):
            info = grants.grant_info(grant.case_id, grant.compartment, grant.generation, grant.keyholder_id)
            key = hpke.open_with(ring.private(grant.keyholder_id, 1), grant.sealed_key, info=info)
            stored = [each for each in cells(database, grant.compartment) if each.cell.case == grant.case_id]
            if stored and all(opens(each, key) for each in stored):
                found.add(grant.compartment)
    return found
