"""Reading an account: by role, by compartment, for a reason that cites what it serves, and never with the place."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.cases import actions as cases
from app.errors import NotFound
from app.testimonies import actions as testimonies
from app.testimonies.forms import BeginAttachment, OpenFile, Passage
from app.work import Action
from app.work.forms import Justification
from tests.cases.canaries import plant
from tests.conftest import Database
from tests.ladder import Log, Rung, climb, end_roles, grant, opening, outside_the_team
from tests.world import World

# Each action that opens a part of an account, the table, and a field of it.
OPENS: list[tuple[Action, str, str]] = [
    (testimonies.open_testimony, "testimonies", "own_words"),
    (testimonies.open_segment, "segments", "text"),
    (testimonies.open_prior, "prior_accounts", "account"),
    (testimonies.open_consent, "consents", "conditions"),
    (testimonies.open_attachment, "attachments", "file_name"),
]
NAMES = [action.name for action, _, _ in OPENS]


@pytest.mark.domain("D01")
@pytest.mark.parametrize(("action", "table", "field"), OPENS, ids=NAMES)
def test_an_officer_reads_for_what_they_cite_and_a_caseworker_never(
    world: World, log: Log, action: Action, table: str, field: str
) -> None:
    planted = plant(world)
    row, testimony = planted.rows[table], planted.rows["testimonies"]
    elsewhere = world.testimony(world.case(), upto="TRIAGED")
    world.invite("another", roles=("intake_officer",))

    view = climb(
        world, log, action,
        Rung("another", "not_found", "none"),
        Rung("protection", "not_found", "none"),
        Rung("narrative-lead", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=opening("INTAKE", field)),
        Rung("intake", "denied", "no-rule", form=opening("INTAKE", field, cites=elsewhere)),
        Rung("intake", "denied", "no-rule", form=opening("LEGAL_ASSESSMENT", field, cites=testimony)),
        Rung("intake", "denied", "no-rule", form=opening("SAFETY", field, words="to be safe")),
        Rung("intake", "done", "intake-reads-accounts", form=opening("WITNESS_REQUEST", field)),
        Rung("intake", "done", "intake-reads-accounts"),
        form=opening("INTAKE", field, cites=testimony), subject=row,
    )  # fmt: skip

    assert view.values[field].read() == planted.canaries[f"{table}.{field}"]


@pytest.mark.parametrize(("action", "table", "field"), OPENS, ids=NAMES)
def test_a_legal_reviewer_reads_for_an_assessment_or_in_words_for_a_demand(
    world: World, log: Log, action: Action, table: str, field: str
) -> None:
    planted = plant(world)
    note = planted.rows["mitigation_assessments"]

    climb(
        world, log, action,
        Rung("legal", "denied", "no-rule", form=opening("LEGAL_ASSESSMENT", field)),
        Rung("legal", "denied", "no-rule", form=opening("INTAKE", field, cites=planted.rows["testimonies"])),
        Rung("legal", "denied", "demand-in-words", form=opening("DEMAND", field)),
        Rung("legal", "done", "legal-reads-accounts", form=opening("DEMAND", field, words=world.canary())),
        Rung("legal", "done", "legal-reads-accounts", form=opening("ASSURANCE", field)),
        Rung("legal", "done", "legal-reads-accounts"),
        form=opening("LEGAL_ASSESSMENT", field, cites=note), subject=planted.rows[table],
    )  # fmt: skip


@pytest.mark.parametrize(("action", "table", "field"), OPENS, ids=NAMES)
def test_two_hats_do_not_open_an_account(world: World, log: Log, action: Action, table: str, field: str) -> None:
    """Intake officer and caseworker in one person: the account may be granted, and stays shut."""
    planted = plant(world)
    outside_the_team(world, "two-hats", "intake_officer", "caseworker")
    world.do("intake", cases.give, grant(world, "two-hats", "TESTIMONY"), subject=planted.reference)
    # How a consent was given is no account; whoever asks for it has to know its conditions.
    last = ("done", "intake-reads-accounts") if table == "consents" else ("denied", "no-account-for-caseworkers")

    climb(
        world, log, action, Rung("two-hats", *last),
        form=opening("WITNESS_REQUEST", field), subject=planted.rows[table],
    )  # fmt: skip


@pytest.mark.abuse("E08")
def test_who_can_open_the_place_cannot_open_the_account_though_both_keys_are_there(world: World, log: Log) -> None:
    """The place was granted first, by name and for an hour; then the whole team was given the account."""
    reference = world.case()
    segment = _segment(world, reference)
    world.do("protection-lead", cases.give, grant(world, "legal", "LOCATION", hours=1), subject=reference)
    world.hand_to_legal(reference)
    assert {"LOCATION", "TESTIMONY"} <= set(world.show("legal", reference).held)

    climb(
        world, log, testimonies.open_segment,
        Rung("legal", "denied", "no-account-for-who-holds-the-place"),
        form=opening("ASSURANCE", "text"), subject=segment,
    )  # fmt: skip


def test_only_fields_that_are_asked_for_are_opened(world: World, log: Log) -> None:
    reference = world.case()
    segment = _segment(world, reference)
    log.fresh()

    seen = world.open("intake", testimonies.open_segment, segment, "speaker", justification="WITNESS_REQUEST")

    assert seen == {"speaker": "WITNESS"}
    assert log.last().fields == ["segments.speaker"]


@pytest.mark.parametrize("field", ["file_key", "blob", "state", "case_id", "nothing"])
def test_a_file_key_is_shown_to_nobody(world: World, log: Log, field: str) -> None:
    file = world.attach(world.case(), b"bytes", "a.txt", "text/plain")

    climb(
        world, log, testimonies.open_attachment, Rung("intake", "invalid", "none"),
        form=opening("WITNESS_REQUEST", field), subject=file,
    )  # fmt: skip


def test_a_case_does_not_offer_the_key_of_a_file(world: World) -> None:
    reference = world.case()
    world.attach(reference, b"bytes", "a.txt", "text/plain")

    offered = {line.table: line.fields for line in world.show("intake", reference).records}

    assert "file_name" in offered["attachments"]
    assert "file_key" not in offered["attachments"]


@pytest.mark.domain("D01")
def test_one_opening_makes_one_entry_that_holds_none_of_its_words(world: World, log: Log) -> None:
    canary, reference = world.canary(), world.case()
    segment = _segment(world, reference, f"It was {canary} who said so.")
    log.fresh()

    world.open("intake", testimonies.open_segment, segment, "text", justification="WITNESS_REQUEST")

    (said,) = log.fresh()
    assert (said.operation, said.cases, said.fields) == ("consult", [reference], ["segments.text"])
    assert canary not in str(said.view)
    assert "who said so" not in str(said.view)


@pytest.mark.abuse("E04")
@pytest.mark.parametrize("login", ["intake", "legal"])
def test_a_role_taken_away_is_gone_at_the_next_request(world: World, log: Log, database: Database, login: str) -> None:
    planted = plant(world)
    row, form = planted.rows["segments"], opening("WITNESS_REQUEST", "text")
    assert world.do(login, testimonies.open_segment, form, subject=row).values["text"]

    end_roles(database, world, login)

    # The grant is there still, so the row is found; the role that may read it is not.
    climb(world, log, testimonies.open_segment, Rung(login, "denied", "no-rule"), form=form, subject=row)


def test_the_original_comes_back_byte_for_byte_and_only_to_who_may(world: World, log: Log) -> None:
    reference, content = world.case(), world.canary().encode() * 2000
    file = world.attach(reference, content, "letter.txt", "text/plain")
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    assert world.files is not None

    def form(why: str, words: str | None = None) -> OpenFile:
        return OpenFile(justification=Justification(why), words=words)

    opened = climb(
        world, log, testimonies.download,
        Rung("protection", "not_found", "none"),
        Rung("auditor", "not_found", "none"),
        Rung("administrator", "not_found", "none"),
        Rung("intake", "denied", "no-rule", form=form("SAFETY")),
        Rung("legal", "denied", "demand-in-words", form=form("DEMAND")),
        Rung("legal", "done", "legal-reads-accounts", form=form("DEMAND", "order 44 of the court")),
        Rung("intake", "done", "intake-reads-accounts"),
        form=form("WITNESS_REQUEST"), subject=file,
    )  # fmt: skip

    assert b"".join(world.files.read(opened.blob, opened.key.raw())) == content
    assert opened.size_bytes == len(content)


def test_a_file_that_never_arrived_is_not_there(world: World) -> None:
    begun = world.do("intake", testimonies.begin_attachment, BeginAttachment(), subject=world.case())
    form = OpenFile(justification=Justification.WITNESS_REQUEST)

    with pytest.raises(NotFound):
        world.do("intake", testimonies.download, form, subject=begun.id)


def _segment(world: World, reference: str, text: str = "words") -> UUID:
    world.testimony(reference, segments=(Passage(text=text),))
    return world.row("intake", reference, "segments")
