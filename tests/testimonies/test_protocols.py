"""Publishing what is asked, and keeping what is answered: by whom, in which state, under which version."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from app.errors import Conflict, NotFound, Unprocessable
from app.testimonies import actions as testimonies
from app.testimonies import answers, paper, protocols, queries
from app.testimonies.answers import AnswersRead, RecordAnswers
from app.testimonies.forms import MoveOn, ReadAccount
from app.testimonies.questions import Answer, Protocol, named
from app.testimonies.session_forms import PrintProtocol
from app.work import Justification
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, opening, with_an_onlooker
from tests.world import World, words


def changed(**fields: Any) -> Protocol:
    return Protocol.model_validate(protocols.shipped().model_dump(mode="json", by_alias=True) | fields)


def sheet(**given: Any) -> RecordAnswers:
    told = tuple(Answer.model_validate({"question": key, **words.answer(value)}) for key, value in given.items())
    return RecordAnswers(protocol=named(protocols.shipped().bytes()), language="ar", answers=told)


def read(world: World, testimony: UUID) -> AnswersRead:
    form = ReadAccount(justification=Justification.INTAKE, cites=testimony)
    view: AnswersRead = world.do("intake", answers.read_answers, form, subject=testimony)
    return view


def told(view: AnswersRead) -> list[tuple[str, Any]]:
    found = []
    for each in view.answers:
        assert each.question is not None
        assert each.answer is not None
        found.append((each.question.read(), next(iter(json.loads(each.answer.read()).values()))))
    return found


def promised(world: World) -> UUID:
    """A conversation under a promise that was read out to the witness."""
    reference = world.case()
    world.hand_to_legal(reference)
    world.promise(reference)
    return world.testimony(reference, upto="IN_SESSION")


@pytest.fixture
def protocol(world: World) -> UUID:
    return world.protocol()


# publishing


def test_whoever_leads_intake_publishes_what_is_asked(world: World, log: Log) -> None:
    climb(
        world, log, protocols.publish,
        Rung("anonymous", "denied", "no-rule"),
        Rung("administrator", "denied", "no-rule"),
        Rung("legal-lead", "denied", "no-rule"),
        Rung("intake", "denied", "no-rule"),
        Rung("intake-lead", "done", "intake-lead-publishes-protocols"),
        Rung("intake-lead", "conflict", "none"),
        Rung("intake-lead", "conflict", "none", form=changed(title=changed().sections[0].title)),
        Rung("intake-lead", "done", "intake-lead-publishes-protocols", form=changed(version="2026-12")),
        form=protocols.shipped(),
    )  # fmt: skip

    lines = world.office.ask(world["legal"], protocols.versions)
    assert [(line.name, line.version) for line in lines] == [("interview", "2026-12"), ("interview", "2026-11")]
    assert world.office.ask(world["intake"], protocols.show, lines[1].id).questions() == protocols.shipped()


def test_every_colleague_may_read_what_is_asked_and_nobody_a_version_there_is_not(world: World, protocol: UUID) -> None:
    for login in ("administrator", "auditor", "protection", "narrative-lead"):
        assert world.office.ask(world[login], protocols.show, protocol).name == "interview"
        with pytest.raises(NotFound):
            world.office.ask(world[login], protocols.show, uuid4())


def test_a_version_is_named_by_the_hash_of_its_bytes(world: World, protocol: UUID, database: Database) -> None:
    with database.connect("owner") as owner:
        found = owner.execute("SELECT sha256, body FROM protocols").fetchone()
    assert found is not None

    assert found[0] == hashlib.sha256(bytes(found[1])).hexdigest()
    assert world.office.ask(world["intake"], protocols.show, protocol).sha256 == found[0]


@pytest.mark.parametrize("role", ["app", "owner"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE protocols SET version = '2030-01'", "DELETE FROM protocols", "TRUNCATE protocols CASCADE"],
)
def test_the_database_changes_no_version_for_anybody(
    database: Database, protocol: UUID, role: str, statement: str
) -> None:
    assert protocol
    with database.connect(role) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(statement.encode())

    assert refused.value.sqlstate == ("42501" if role == "app" else "AM002")


def test_the_database_takes_no_version_under_another_name(database: Database, protocol: UUID) -> None:
    copied = (
        "INSERT INTO protocols SELECT name, '2031-01', {name}, body || ' ', published_by, published_at, "
        "gen_random_uuid() FROM protocols"
    )
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.CheckViolation):
            owner.execute(copied.format(name="repeat('0', 64)").encode())
        owner.rollback()
        owner.execute("SET session_replication_role = replica")
        # The control: by its own name it comes in.
        owner.execute(copied.format(name="encode(sha256(body || ' '), 'hex')").encode())
        owner.rollback()


# answering


@pytest.mark.domain("D43")
def test_an_answer_is_kept_sealed_and_a_later_one_stands_beside_it(world: World, log: Log, protocol: UUID) -> None:
    reference = with_an_onlooker(world)
    testimony = world.testimony(reference, upto="IN_SESSION")
    world.hand_to_legal(reference)
    canary = world.canary()

    climb(
        world, log, answers.record,
        Rung("anonymous", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("legal", "denied", "no-rule"),
        Rung("intake", "done", "intake-takes-accounts"),
        form=sheet(at_ease=["YES"], needed=canary, papers=["NONE"]), subject=testimony,
    )  # fmt: skip
    # The same again is nothing new; another answer stands beside the first.
    assert world.answers(testimony, protocol, papers=["NONE"], at_ease=["NO"]).kept == 1

    view = read(world, testimony)
    assert told(view) == [("at_ease", ["YES"]), ("needed", canary), ("papers", ["NONE"]), ("at_ease", ["NO"])]
    assert (view.protocol.id, view.language.read()) == (protocol, "ar")  # type: ignore[union-attr]


def test_reading_answers_has_its_ladder(world: World, log: Log, protocol: UUID) -> None:
    reference = with_an_onlooker(world)
    testimony = world.testimony(reference, upto="IN_SESSION")
    world.answers(testimony, protocol, next_talk=world.canary())
    row = world.row("intake", reference, "protocol_answers")
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    whole = ReadAccount(justification=Justification.INTAKE, cites=testimony)
    demand = ReadAccount(justification=Justification.DEMAND)
    one, asked = opening("INTAKE", "answer", cites=testimony), opening("DEMAND", "answer")

    for action, form, unsaid, subject in (
        (answers.read_answers, whole, demand, testimony), (answers.open_answer, one, asked, row)
    ):  # fmt: skip
        climb(
            world, log, action,
            Rung("narrative-lead", "not_found", "none"),
            Rung("protection", "not_found", "none"),
            Rung("legal", "denied", "demand-in-words", form=unsaid),
            Rung("intake", "denied", "no-rule", form=form.model_copy(update={"cites": None})),
            Rung("intake", "done", "intake-reads-accounts"),
            form=form, subject=subject,
        )  # fmt: skip
    view = world.do("intake", answers.open_answer, one, subject=row)
    assert set(view.values) == {"answer"}


@pytest.mark.domain("D43")
@pytest.mark.parametrize("given", [{"in_own_words": "It was"}, {"own_part": "I did"}])
def test_without_a_promise_no_other_question_is_answered(
    world: World, log: Log, protocol: UUID, given: dict[str, str]
) -> None:
    assert protocol
    testimony = world.testimony(world.case(), upto="IN_SESSION")

    climb(world, log, answers.record, Rung("intake", "conflict", "none"), form=sheet(**given), subject=testimony)
    with pytest.raises(Conflict) as refused:
        world.do("intake", answers.record, sheet(**given), subject=testimony)
    assert "stop, repeat the limits" in refused.value.sentence
    assert read(world, testimony).answers == ()

    # The control: with one on file it is.
    under = promised(world)
    world.do("intake", answers.record, sheet(**given), subject=under)
    assert told(read(world, under)) == [*given.items()]
    about = world.office.ask(world["intake"], queries.show, under).reference
    laid = [row for row in world.show("intake", about).records if row.table == "use_restrictions"]
    assert [row.clear["testimony_id"] for row in laid] == [str(under)], "the answers carry it together"


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"needed": "water"}, Conflict),
        ({"at_ease": ["NO"], "needed": "water"}, Conflict),
        ({"taken_when": {"precision": "YEAR", "year": 2019}}, Conflict),
        ({"no_such": "words"}, Unprocessable),
        ({"papers": ["PERHAPS"]}, Unprocessable),
        ({"papers": "none"}, Unprocessable),
        ({"next_talk": "w" * 501}, Unprocessable),
    ],
)
def test_what_is_not_asked_or_does_not_fit_is_refused(
    world: World, log: Log, protocol: UUID, given: dict[str, Any], refusal: type[Conflict | Unprocessable]
) -> None:
    assert protocol
    testimony = world.testimony(world.case(), upto="IN_SESSION")

    climb(world, log, answers.record, Rung("intake", refusal.code, "none"), form=sheet(**given), subject=testimony)
    assert read(world, testimony).answers == ()


def test_a_condition_is_met_by_what_was_answered_before(world: World, protocol: UUID) -> None:
    testimony = world.testimony(world.case(), upto="IN_SESSION")
    world.answers(testimony, protocol, papers=["TAKEN"])

    world.answers(testimony, protocol, taken_when={"precision": "SEASON", "year": 2019, "words": "before the harvest"})
    world.answers(testimony, protocol, papers=["NONE"])

    with pytest.raises(Conflict):
        world.answers(testimony, protocol, taken_when={"precision": "YEAR", "year": 2020})


@pytest.mark.parametrize("upto", ["TRIAGED", "READY", "SEALED"])
def test_questions_are_asked_between_the_beginning_and_the_seal(
    world: World, log: Log, protocol: UUID, upto: str
) -> None:
    assert protocol
    testimony = world.testimony(world.case(), upto=upto)

    climb(
        world, log, answers.record, Rung("intake", "conflict", "none"), form=sheet(papers=["NONE"]), subject=testimony
    )


def test_a_sheet_that_did_not_see_a_colleagues_answers_is_refused(world: World, protocol: UUID) -> None:
    testimony = world.testimony(world.case(), upto="IN_SESSION")
    seen = sheet(papers=["NONE"]).model_copy(update={"after": 0})
    world.answers(testimony, protocol, by="intake-lead", papers=["WITH_ME"])

    with pytest.raises(Conflict):
        world.do("intake", answers.record, seen, subject=testimony)

    world.do("intake", answers.record, seen.model_copy(update={"after": 1}), subject=testimony)
    assert told(read(world, testimony))[-1] == ("papers", ["NONE"])


# versions


def test_a_new_version_changes_no_old_answer_and_asks_only_accounts_to_come(world: World, protocol: UUID) -> None:
    begun, later = (world.testimony(world.case(), upto="IN_SESSION") for _ in range(2))
    world.answers(begun, protocol, papers=["TAKEN"])
    before = read(world, begun)
    sections = [section.model_dump(mode="json", by_alias=True) for section in protocols.shipped().sections]
    sections[4]["questions"] = sections[4]["questions"][:1]
    new = world.protocol(version="2026-12", sections=sections)

    after = read(world, begun)
    assert (after.protocol, told(after)) == (before.protocol, told(before))
    # It goes on with its own version, whose questions the new one has no more; and with no other.
    world.answers(begun, protocol, taken_when={"precision": "YEAR", "year": 2019})
    with pytest.raises(Conflict):
        world.answers(begun, new, called=["YES"])
    view = read(world, later)
    assert view.protocol is not None
    assert view.protocol.id == new
    with pytest.raises(Conflict):
        world.do("intake", answers.record, sheet(called=["YES"]).model_copy(update={"protocol": "0" * 64}),
                 subject=later)  # fmt: skip


def test_sheets_are_printed_with_the_version_in_force_and_entered_under_it(world: World, protocol: UUID) -> None:
    reference = world.case()
    testimony = world.testimony(reference, upto="TRIAGED")
    form = PrintProtocol(language="fr", carried_by="S-2")
    printed = world.do("intake", paper.print_protocol, form, subject=testimony)
    world.protocol(version="2026-12")

    assert (printed.protocol.id, printed.admissions) == (protocol, False)
    view = read(world, testimony)
    assert view.protocol is not None
    assert view.protocol.id == protocol


def test_an_office_without_a_protocol_prints_its_sheets_all_the_same(world: World) -> None:
    testimony = world.testimony(world.case(), upto="TRIAGED")

    printed = world.do(
        "intake", paper.print_protocol, PrintProtocol(language="fr", carried_by="S-2"), subject=testimony
    )

    assert printed.protocol is None
    assert read(world, testimony).protocol is None


def test_the_seal_of_an_account_covers_its_answers(world: World, protocol: UUID) -> None:
    seals = []
    for answered in ("NONE", "TAKEN"):
        testimony = world.testimony(world.case(), upto="SEGMENTED")
        world.answers(testimony, protocol, papers=[answered])
        world.do("intake", testimonies.move, MoveOn(to="SEALED"), subject=testimony)
        opened = world.open(
            "intake", testimonies.open_testimony, testimony, "seal", justification="INTAKE", cites=testimony
        )
        (row,) = read(world, testimony).answers
        seals.append((json.loads(opened["seal"] or "")["sha256"], row))

    assert seals[0][0] != seals[1][0]
