"""What the log says of a day's work: every operation, every reason, and not a word of content."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
import pytest
from pydantic import ValidationError

from app import clock
from app.audit.append import CaseSubject, Draft, NotACode, append
from app.cases import actions as cases
from app.cases.forms import OpenCase, Opening, SendHandoff
from app.db import sealed_columns, tables
from app.errors import NotFound, SealBroken
from app.people import actions as people
from app.testimonies import actions as testimonies
from app.work import Justification, Office, Work
from app.work.actions import ACTIONS, Action
from tests.conftest import Clock, Database
from tests.work.story import Story, count, entries
from tests.world import World

EVIL = {
    "a new line": "one\r\ntwo",
    "a terminal's colours": "\x1b[31mred\x1b[0m",
    "a NUL": "nul\x00",
    "a line of Unicode": "one\u2028two",
    "a megabyte": "A" * 1_000_000,
    "a sentence": "the teacher from M",
    "a name": "محمد",
    "nothing": "",
}

# What opens more than one named field.
WHOLE = {
    "attachment.download": ["file_key"],
    "testimony.read": [
        "answer", "language", "reader", "reason", "classes", "language", "reason", "text", "classes", "language",
        "speaker", "text", "kind", "words",
        "counsel", "frame", "own_words", "statement_language", "reason", "rules",
    ],
    "terms.read": ["conditions", "exceptions", "issuer", "kind", "proceedings", "rules", "strength"],
    "restriction.judge": ["rules"],
    "mention.read": ["kind", "name"],
    "answer.read": ["answer", "language", "question", "statement_language"],
    "claim.read": [
        "basis", "information_grade", "method", "proposition", "source_grade", "sources", "verification",
    ],
    "mitigation.read": ["against", "contrary_evidence", "evidence", "finding", "passages", "reasons", "words"],
    "session.prepare": [
        "dialects", "gender", "languages", "origin", "ties", "caution", "forum", "jurisdiction", "said_on",
    ],
}  # fmt: skip


@pytest.mark.domain("D01")
@pytest.mark.abuse("G13")
def test_no_entry_holds_a_word_of_content(story: Story, world: World, database: Database) -> None:
    shown = {name: look.take(world) for name, look in story.looks.items()}
    log = json.dumps(entries(database), ensure_ascii=False)

    # The control: the marks were there to be seen, by those who may.
    mute = {name for name, text in shown.items() if not any(mark in text for mark in story.marks)}
    codes = {"approach.open", "exposure.open", "restriction.judge"}
    assert mute == {"attachment.download", *codes}, (
        "a download gives a key; red line, exposure and judgement give codes"
    )
    assert [mark for mark in story.marks if mark in log] == []
    assert "CANARY" not in log
    assert "Geheimnis" not in log


@pytest.mark.abuse("G13")
def test_the_marks_stand_in_every_sealed_field_that_takes_words(story: Story, world: World) -> None:
    """Of every table with sealed fields the story opens at least one, so the hunt above covers them all."""
    opened = {opened.__tablename__ for name in story.looks for opened in ACTIONS[name].opens}

    # Of the index and its questions nobody is shown a field; tests/people/test_lookups.py hunts there.
    # What was typed when a session ended opens by its writer's own key, at sign-in.
    unshown = {"known_marks", "look_ups", "rescues"}
    assert {name for name, table in tables().items() if sealed_columns(table)} - unshown == opened


@pytest.mark.domain("D02")
def test_a_day_yields_five_of_the_six_operations_and_erases_nothing(
    story: Story, world: World, database: Database
) -> None:
    """LED Art. 25 names six; erasing a case takes two who mean it, and happens in nobody's ordinary work."""
    for look in story.looks.values():
        look.take(world)

    operations = {e["operation"] for e in entries(database) if any(s["case"] == story.reference for s in e["subjects"])}

    assert {"collect", "alter", "consult", "disclose", "combine"} <= operations
    assert "erase" not in operations


@pytest.mark.domain("D02")
def test_a_case_from_its_first_day_to_its_last_yields_all_six_operations(world: World, database: Database) -> None:
    """LED Art. 25: collection, alteration, consultation, disclosure, combination, erasure."""
    reference = world.case()
    person, account = world.person(reference).id, world.testimony(reference)
    world.open("intake", people.reveal, person, "legal_name", justification="INTAKE", cites=account)
    segment = world.row("intake", reference, "segments")
    world.open("intake", testimonies.open_segment, segment, "text", justification="INTAKE", cites=account)
    told = SendHandoff(kind="NEED", to_team="protection", words="winter shoes")
    world.do("intake", cases.send, told, subject=reference)
    world.hand_to_legal(reference)

    world.destroyed(reference)

    said = [e for e in entries(database) if any(s["case"] == reference for s in e["subjects"])]
    assert {"collect", "alter", "consult", "disclose", "combine", "erase"} <= {e["operation"] for e in said}
    assert [e["action"] for e in said if e["operation"] == "erase"] == ["case.destroy"]
    numbers = sorted(s["seq"] for e in said for s in e["subjects"] if s["case"] == reference)
    assert numbers == list(range(1, len(said) + 1)), "to its end without a gap"


@pytest.mark.domain("D02")
def test_every_opening_says_who_why_what_and_by_which_rule(story: Story, world: World, database: Database) -> None:
    for name, look in story.looks.items():
        look.take(world)
        entry = [e for e in entries(database) if e["action"] == name and e["operation"] != "combine"][-1]

        assert entry["actor"] == world[look.login].actor.code
        assert entry["justification"] == look.justification
        assert entry.get("cites") == (str(look.cites) if look.cites else None)
        assert entry["policy"]["rule"] in world.office.policy.rules
        assert entry["policy"]["set"] == world.office.policy.hash
        assert entry["outcome"] == "done"
        assert [field.split(".")[1] for field in entry["fields"]] == WHOLE.get(name, [look.column])


def test_free_words_stand_in_the_log_as_a_commitment_and_are_sealed(
    story: Story, world: World, database: Database
) -> None:
    reason = story.looks["justification.open"].take(world)
    kept = json.loads(reason)
    entry = next(e for e in entries(database) if e.get("justification") == "DEMAND")

    assert kept["words"] in story.marks
    assert len(bytes.fromhex(entry["words"])) == 32
    assert kept["words"] not in json.dumps(entry, ensure_ascii=False)


# combine


def test_joining_who_and_what_is_noted_once_for_a_sign_in(story: Story, world: World, database: Database) -> None:
    def combined() -> int:
        return sum(e["operation"] == "combine" for e in entries(database))

    start = combined()
    world.sign_in("intake")
    story.looks["person.reveal"].take(world)
    assert combined() == start

    story.looks["segment.open"].take(world)
    assert combined() == start + 1

    story.looks["person.reveal"].take(world)
    story.looks["segment.open"].take(world)
    assert combined() == start + 1


def test_another_sign_in_that_joins_them_is_noted_again(story: Story, world: World, database: Database) -> None:
    for _ in range(2):
        world.sign_in("intake")
        story.looks["segment.open"].take(world)
        story.looks["person.reveal"].take(world)

    noted = [e for e in entries(database) if e["operation"] == "combine"]

    assert len(noted) == 2
    assert {e["subjects"][0]["case"] for e in noted} == {story.reference}


def test_one_half_in_each_of_two_sign_ins_is_no_combination(story: Story, world: World, database: Database) -> None:
    world.sign_in("intake")
    story.looks["segment.open"].take(world)
    world.sign_in("intake")
    story.looks["person.reveal"].take(world)

    assert [e for e in entries(database) if e["operation"] == "combine"] == []


def test_who_of_one_case_and_what_of_another_are_no_combination(story: Story, world: World, database: Database) -> None:
    world.sign_in("intake")
    other = world.case()
    world.person(other)
    testimony = world.testimony(other)
    segment = world.row("intake", other, "segments")
    world.open("intake", testimonies.open_segment, segment, "text", justification="INTAKE", cites=testimony)
    story.looks["person.reveal"].take(world)

    assert [e for e in entries(database) if e["operation"] == "combine"] == []


# G10: nothing that could forge, break or fill the log gets into it


def _draft(**given: Any) -> Draft:
    fields: dict[str, Any] = {
        "operation": "consult", "action": "case.open", "actor": "S-TESTER", "at": clock.now(), **given
    }  # fmt: skip
    return Draft(**fields)


@pytest.mark.abuse("G10")
@pytest.mark.parametrize("text", EVIL.values(), ids=EVIL)
@pytest.mark.parametrize(
    "field",
    ["operation", "action", "actor", "rule", "policy_hash", "purpose", "justification", "outcome", "host"],
)
def test_a_logged_field_takes_a_code_and_nothing_else(
    office: Office, world: World, database: Database, field: str, text: str
) -> None:
    before = count(database, "entries")

    with pytest.raises(NotACode):
        office.housekeep(lambda session: append(session, _draft(**{field: text})))

    assert count(database, "entries") == before


@pytest.mark.abuse("G10")
@pytest.mark.parametrize("text", [t for t in EVIL.values() if t], ids=[n for n, t in EVIL.items() if t])
def test_a_logged_list_takes_codes_and_nothing_else(
    office: Office, world: World, database: Database, text: str
) -> None:
    before = count(database, "entries")
    drafts = (
        _draft(roles=[text]),
        _draft(fields=(text,)),
        _draft(sought=text),
        _draft(codes={"state": text}),
        _draft(codes={text: 1}),
    )

    for draft in drafts:
        with pytest.raises(NotACode):
            office.housekeep(partial(append, draft=draft))

    assert count(database, "entries") == before


@pytest.mark.abuse("G10")
def test_a_reference_in_the_log_is_a_code(office: Office, world: World, database: Database) -> None:
    world.case()
    with database.connect("owner") as owner:
        found = owner.execute("SELECT id FROM cases").fetchone()
    assert found is not None

    with pytest.raises(NotACode):
        office.housekeep(lambda s: append(s, _draft(subjects=(CaseSubject(found[0], "one\r\ntwo"),))))


@pytest.mark.abuse("G10")
@pytest.mark.parametrize("text", EVIL.values(), ids=EVIL)
def test_an_action_that_would_log_words_does_nothing_at_all(world: World, database: Database, text: str) -> None:
    def run(work: Work, form: OpenCase) -> None:
        assert isinstance(cases.open_case.run(work, form).reference, str)
        work.record(word=text)

    careless = Action("case.open", run, OpenCase, None, "collect")

    with pytest.raises(NotACode):
        world.do("intake", careless, OpenCase())

    assert count(database, "cases") == 0


@pytest.mark.abuse("G10")
@pytest.mark.parametrize("text", EVIL.values(), ids=EVIL)
def test_no_form_lets_words_into_a_logged_field(text: str) -> None:
    for wrong in ({"fields": (text,)}, {"justification": text}, {"cites": text}):
        given: dict[str, Any] = {"fields": ("text",), "justification": Justification.INTAKE, **wrong}
        with pytest.raises(ValidationError) as refused:
            Opening(**given)
        if len(text) > 3:
            assert text[:40] not in str(refused.value)


@pytest.mark.abuse("G10")
@pytest.mark.parametrize("text", EVIL.values(), ids=EVIL)
def test_what_somebody_asked_for_reaches_the_log_only_as_a_reference(
    world: World, database: Database, text: str
) -> None:
    form = Opening(fields=("text",), justification=Justification.INTAKE)
    for action in (cases.hand_over, testimonies.open_segment, people.reveal):
        with pytest.raises(NotFound):
            world.do("intake", action, form, subject=text)

    last = entries(database)[-1]

    assert (last["operation"], last["outcome"]) == ("refuse", "not_found")
    assert "sought" not in last
    assert len(json.dumps(last)) < 1000


@pytest.mark.abuse("G10")
def test_a_justification_of_a_megabyte_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(ValidationError):
        Opening(fields=("text",), justification=Justification.INTAKE, words="A" * 1_000_000)


@pytest.mark.abuse("G10")
def test_words_full_of_control_characters_are_sealed_as_they_are(
    story: Story, world: World, database: Database
) -> None:
    words = '\x1b[31mred\r\n{"operation": "erase"}\u2028'
    segment = story.looks["segment.open"].row
    form = Opening(fields=("text",), justification=Justification.DEMAND, words=words)
    world.do("legal", testimonies.open_segment, form, subject=segment)
    reason = world.row("legal", story.reference, "justifications")

    opened = world.open("legal", cases.open_justification, reason, "words", justification="INCIDENT")

    assert json.loads(str(opened["words"]))["words"] == words
    assert all("\x1b" not in json.dumps(e, ensure_ascii=False) for e in entries(database))


# numbers per case


def _numbers(database: Database, reference: str) -> list[int]:
    return [s["seq"] for e in entries(database) for s in e["subjects"] if s["case"] == reference]


def test_entries_of_a_case_are_numbered_without_gap(story: Story, world: World, database: Database) -> None:
    for look in story.looks.values():
        look.take(world)

    numbers = _numbers(database, story.reference)

    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 30


def test_many_at_once_leave_no_gap_and_no_number_twice(story: Story, world: World, database: Database) -> None:
    names = ["segment.open", "person.reveal", "threat.open", "mitigation.open"]
    before = len(_numbers(database, story.reference))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: story.looks[names[n % 4]].take(world), range(32)))

    numbers = sorted(_numbers(database, story.reference))
    combined = sum(e["operation"] == "combine" for e in entries(database))
    assert numbers == list(range(1, before + 32 + combined + 1))


def test_a_refused_opening_between_two_others_takes_no_number(story: Story, world: World, database: Database) -> None:
    before = len(_numbers(database, story.reference))
    with pytest.raises(NotFound):
        world.do("protection", testimonies.open_segment, story.looks["segment.open"].form(),
                 subject=story.looks["segment.open"].row)  # fmt: skip
    story.looks["segment.open"].take(world)

    assert _numbers(database, story.reference)[before:] == [before + 1]


@pytest.mark.parametrize("wanted", [0, 1, 1000])
def test_the_database_refuses_an_entry_out_of_order(story: Story, database: Database, wanted: int) -> None:
    with database.connect("app") as app:
        case, last = app.execute("SELECT case_id, max(seq) FROM entry_subjects GROUP BY case_id").fetchall()[0]
        app.execute("INSERT INTO entries (id, commitment) VALUES (gen_random_uuid(), sha256(''))")
        with pytest.raises(psycopg.DatabaseError, match="out of order") as refused:
            app.execute(
                "INSERT INTO entry_subjects (entry, case_id, seq) SELECT id, %s, %s FROM entries LIMIT 1",
                (case, last + wanted + 1),
            )
    assert refused.value.sqlstate == "AM003"


def test_the_database_refuses_a_number_that_was_taken_and_not_used(story: Story, database: Database) -> None:
    with database.connect("app") as app:
        app.execute("SELECT take_subject_seq(case_id) FROM entry_subjects LIMIT 1")
        with pytest.raises(psycopg.DatabaseError, match="taken and not used"):
            app.commit()


def test_a_seal_that_does_not_open_is_an_alarm_with_an_entry(
    story: Story, world: World, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with database.connect("owner") as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE segments SET text = set_byte(text, 40, 255 - get_byte(text, 40))")

    with pytest.raises(SealBroken):
        story.looks["segment.open"].take(world)

    last = entries(database)[-1]
    assert (last["action"], last["operation"], last["outcome"]) == ("segment.open", "refuse", "seal.broken")
    assert "CANARY" not in caplog.text


def test_the_order_of_the_log_survives_a_clock_that_moves_back(
    world: World, database: Database, standing_clock: Clock
) -> None:
    reference = world.case()
    standing_clock.move(hours=-2)
    world.person(reference)

    assert _numbers(database, reference) == [2, 1]
