"""What one holds no grant of does not exist: at every address one answer, and an entry for whoever tried."""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection
from uuid import UUID

import httpx
import pytest

from app.cases import erasing
from app.clock import uuid7
from app.pseudonyms import references
from tests.api.conftest import Client, Staff
from tests.api.doors import ADDRESSED, ENDINGS, ORIGIN, QUESTIONS, Ask, Scene, send
from tests.edge.served import serving
from tests.ladder import CANARY, Log
from tests.world import World
from tests.world.build import CORE

# Who holds no grant of the case: two whose role never does, and an intake officer of today.
OUTSIDE = ("administrator", "auditor", "newcomer")
NOTHING = {"error": {"code": "not_found", "sentence": "There is nothing here for you."}}
# Not ".." itself: a client folds it away before sending, so it would only try another address.
MALFORMED = ("x", "0", "2222", "ABCD-EFGH-I", "z" * 36, "Q" * 1000, "01a0c451574e753ea138849f02d123af",
             "{01a0c451-574e-753e-a138-849f02d123af}", "%2e%2e", "a;b", "a//b")  # fmt: skip


def _says(answer: httpx.Response) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    return answer.status_code, answer.content, tuple(sorted(answer.headers.multi_items()))


@pytest.mark.abuse("E02")
@pytest.mark.domain("D34")
def test_another_persons_row_an_unknown_one_and_a_malformed_one_look_alike(
    staff: Staff, world: World, log: Log
) -> None:
    scene = Scene.set(world)
    world.invite("newcomer", roles=("intake_officer",))
    log.fresh()

    # What is asked in a conversation, and who is on duty, is the office's own: every colleague may read it.
    for ask in (each for each in ADDRESSED if "/protocols/" not in each.path and "/shifts/" not in each.path):
        # A submission and the register are sealed to the whole intake team, a newcomer in it included.
        teams = "submission" in ask.path or "/interpreters/" in ask.path
        # An administrator sees that a colleague is signed in, and may not end a single session.
        outside = OUTSIDE[1 if "/sign-outs/" in ask.path else 0 : 2 if teams else 3]
        # An auditor is told of every broken glass, to judge it, and of inquiries; filters are their own.
        told = ("/break_glasses/{row}", "/inquiries/{row}", "/kept_filters/{row}")
        for login in (each for each in outside if each != "auditor" or not any(part in ask.path for part in told)):
            theirs = ask.path.replace("{row}", str(world["legal"].actor.sign_in)) if "/sign-outs/" in ask.path else None
            known = send(staff, scene, ask, login, path=theirs) if theirs else send(staff, scene, ask, login)
            assert known.json() == NOTHING, f"{ask} by {login}: {known.text}"
            # Some bodies are made by a question of somebody else's: an entry of theirs.
            code = world.members[login].code
            said = [(one.operation, one.outcome) for one in log.fresh() if one.actor == code]
            assert said == [("refuse", "not_found")], f"{ask} by {login}"
            unknown = send(staff, scene, ask, login, path=_with(ask, references.draw(), uuid7()))
            assert _says(unknown) == _says(known), f"{ask} by {login}"
            assert [one.outcome for one in log.fresh() if one.actor == code] == ["not_found"], f"{ask} by {login}"


@pytest.mark.abuse("E02")
def test_a_malformed_address_looks_like_an_unknown_one(staff: Staff, world: World) -> None:
    scene = Scene.set(world)
    nothing = send(staff, scene, QUESTIONS[4], path=f"/api/cases/{references.draw()}")

    for ask in ADDRESSED:
        for spelt in MALFORMED:
            path = ask.path.replace("{reference}", spelt).replace("{row}", spelt)
            assert _says(send(staff, scene, ask, path=path)) == _says(nothing), f"{ask}: {spelt[:40]}"


BEYOND_THE_WALL = {
    "intake": {
        "mitigation_factors", "mitigation_steps", "second_readings", "threat_assessments", "residences", "needs",
        "check_ins", "handoffs",
    },
    "protection": {
        "testimonies", "segments", "prior_accounts", "consents", "attachments", "justifications",
        "mitigation_factors", "mitigation_steps", "second_readings", "submission_files",
    },
}  # fmt: skip


@pytest.mark.abuse("E02")
def test_a_row_of_another_compartment_of_my_own_case_does_not_exist(staff: Staff, world: World, log: Log) -> None:
    scene = Scene.set(world)
    nothing = send(staff, scene, QUESTIONS[4], path=f"/api/cases/{references.draw()}")
    log.fresh()

    for login, beyond in BEYOND_THE_WALL.items():
        for ask in (one for one in ADDRESSED if one.path.split("/")[2] in beyond):
            assert _says(send(staff, scene, ask, login)) == _says(nothing), f"{ask} by {login}"
            assert [one.outcome for one in log.fresh()] == ["not_found"], f"{ask} by {login}"


@pytest.mark.abuse("E02")
def test_the_control_those_who_hold_it_are_not_told_that_it_does_not_exist(staff: Staff, world: World) -> None:
    scene = Scene.set(world)

    for ask in ADDRESSED:
        assert send(staff, scene, ask).status_code != 404, ask


@pytest.mark.domain("D34")
@pytest.mark.abuse("E05")
def test_lists_and_counts_know_nothing_of_the_cases_of_others(staff: Staff, world: World) -> None:
    lists = ("/api/cases", "/api/cases/count", "/api/submissions", "/api/cases?page=1", "/api/people")
    world.invite("newcomer", roles=("narrative_editor",))
    before = [_says(staff["newcomer"].get(path)) for path in lists]

    reference = world.whole_case()
    world.submit()

    assert [_says(staff["newcomer"].get(path)) for path in lists] == before
    assert reference in staff["intake"].get("/api/cases").text, "the control: its own officer sees it"
    assert staff["intake"].get("/api/cases/count").json() == 1
    assert len(staff["intake"].get("/api/submissions").json()) == 1


@pytest.mark.domain("D34")
def test_looking_for_a_case_is_on_record(staff: Staff, world: World, log: Log) -> None:
    reference = world.case()
    log.fresh()

    staff["legal"].get(f"/api/cases/{reference}")
    staff["legal"].get(f"/api/cases/{reference}/looked")

    said = log.fresh()
    assert [(one.operation, one.action, one.outcome) for one in said] == [
        ("refuse", "case.show", "not_found"),
        ("refuse", "case.looked", "not_found"),
    ]
    assert {one.sought for one in said} == {reference}
    assert {tuple(one.cases) for one in said} == {()}, "the entry does not say that it exists"


def test_a_question_that_is_answered_leaves_no_refusal(staff: Staff, world: World, log: Log) -> None:
    reference = world.case()
    log.fresh()

    assert staff["intake"].get(f"/api/cases/{reference}").status_code == 200
    assert log.fresh() == []


def _second_officer(staff: Staff, world: World) -> tuple[Client, str, str, list[tuple[str, str, object]]]:
    """An officer of their own case: their living session, their code, the case, and two things they may ask."""
    member = world.invite("second", roles=("intake_officer",))
    reference = world.case(by="second")
    testimony = world.testimony(reference, by="second")
    segment = world.row("second", reference, "segments")
    reason = {"fields": ["text"], "justification": "INTAKE", "cites": str(testimony)}
    asked: list[tuple[str, str, object]] = [
        ("GET", f"/api/cases/{reference}", None),
        ("POST", f"/api/segments/{segment}/open", reason),
    ]
    return Client(staff.program, ORIGIN, token=member.token), member.code, reference, asked


@pytest.mark.abuse("E04")
def test_a_revoked_grant_is_gone_at_the_next_request_of_a_living_session(staff: Staff, world: World) -> None:
    living, code, reference, asked = _second_officer(staff, world)
    assert [living.ask(m, p, json=b).status_code for m, p, b in asked] == [200, 200], "the control"

    body = {"user": code, "compartments": ["TESTIMONY", "IDENTITY"]}
    assert staff["intake-lead"].post(f"/api/cases/{reference}/grants/revoke", body).status_code == 200

    shown, opened = [living.ask(m, p, json=b) for m, p, b in asked]
    assert shown.json()["held"] == ["RELEASE"], "what only the officer holds, nobody else can take"
    assert shown.json()["records"] == []
    assert opened.json() == NOTHING


@pytest.mark.abuse("E04")
def test_a_shut_account_is_signed_out_at_the_next_request(staff: Staff, world: World) -> None:
    living, code, _reference, asked = _second_officer(staff, world)
    assert [living.ask(m, p, json=b).status_code for m, p, b in asked] == [200, 200], "the control"

    assert staff["administrator"].post(f"/api/people/{code}/disable", {}).status_code == 200

    assert [living.ask(m, p, json=b).status_code for m, p, b in asked] == [401, 401]


@pytest.mark.abuse("E04")
def test_a_removed_team_member_reads_the_queue_no_more(staff: Staff, world: World) -> None:
    member = world.invite("second", roles=("intake_officer",))
    world.submit()
    living = Client(staff.program, "http://localhost:8000", token=member.token)
    assert len(living.get("/api/submissions").json()) == 1, "the control"

    staff["intake-lead"].post(f"/api/people/{member.code}/team/remove", {"team": "intake"})

    assert living.get("/api/submissions").json() == []


@pytest.mark.abuse("E07")
@pytest.mark.abuse("A16")
def test_no_second_spelling_reaches_a_door(staff: Staff, world: World) -> None:
    """Over a real line: a client library would tidy the address before it is sent."""
    scene = Scene.set(world)
    path = f"/api/cases/{scene.planted.reference}"
    plain = (path.replace("cases", "CASES"), path + ".json", path + "/looked/x")
    disguised = (
        path + "/", path.replace("/api", "//api"), path.replace("/api", "/%61pi"), path.replace("/api", "/x/../api"),
        path.replace("/api", "/x/%2e%2e/api"), path + ";v=1", path + "%00", path.replace("cases/", "cases;a=b/"),
        "/api/./cases", path + "%2flooked", path.replace("/api", "/api\\..\\api"), "@evil" + path,
    )  # fmt: skip

    with serving(staff.program) as port:
        assert _line(port, path, staff["intake"].token)[0] == 200, "the control"
        for spelt in (*plain, *disguised):
            status, location, body = _line(port, spelt, staff["intake"].token)
            assert (status, location) in {(404, None), (400, None)}, spelt
            assert scene.planted.reference not in body


def _line(port: int, path: str, token: str) -> tuple[int, str | None, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as line:
        line.putrequest("GET", path, skip_host=True)
        line.putheader("Host", "localhost:8000")
        line.putheader("Authorization", f"Bearer {token}")
        line.endheaders()
        answer = line.getresponse()
        return answer.status, answer.getheader("location"), answer.read().decode()


@pytest.mark.abuse("E07")
def test_a_method_is_what_it_says_and_no_header_or_field_changes_it(staff: Staff, world: World, log: Log) -> None:
    scene = Scene.set(world)
    person = next(ask for ask in ADDRESSED if ask.path == "/api/persons/{row}/open")
    log.fresh()

    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "POSTS"):
        for ask in (person, *ENDINGS):
            answer = staff["intake"].ask(method, scene.address(ask))
            assert answer.status_code == 405, f"{method} {ask}"
            assert CANARY not in answer.text
    for claim in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert staff["intake"].get(scene.address(person), headers={claim: "POST"}).status_code == 405
    assert staff["intake"].get(scene.address(person) + "?_method=POST").status_code == 405
    moved = staff["intake"].get("/api/me", headers={"X-Original-URL": scene.address(person), "X-Rewrite-URL": "/x"})
    assert moved.json()["user"] == world.members["intake"].code
    assert log.fresh() == []


def _with(ask: Ask, reference: str, row: UUID) -> str:
    return ask.path.replace("{reference}", reference).replace("{row}", str(row))


@pytest.mark.domain("D48")
@pytest.mark.abuse("E02")
def test_a_destroyed_case_answers_like_one_that_nobody_drew(staff: Staff, world: World, log: Log) -> None:
    """Byte for byte, at every address and for everybody, those included who held it an hour ago."""
    scene = Scene.set(world)
    held = send(staff, scene, QUESTIONS[6], "intake")
    _destroy(world, scene)
    log.fresh()

    # The office's own, and what came for nobody's case, go on.
    of_the_case = [ask for ask in ADDRESSED if not OF_THE_OFFICE & set(ask.path.split("/"))]
    for ask in of_the_case:
        for login in sorted(CORE):
            gone = send(staff, scene, ask, login)
            never = send(staff, scene, ask, login, path=_with(ask, references.draw(), uuid7()))
            assert _says(gone) == _says(never), f"{ask} by {login}"
            assert gone.json() == NOTHING, f"{ask} by {login}: {gone.text}"
            assert [one.outcome for one in log.fresh()] == ["not_found"] * 2, f"{ask} by {login}"

    assert held.status_code == 200, "the control: it was there"
    assert len(of_the_case) > 60
    assert all(scene.planted.reference not in staff[who].get("/api/cases").text for who in CORE)


# Addresses of rows that belong to no case, to another one, or to whoever made them.
OF_THE_OFFICE = {
    "protocols", "interpreters", "shifts", "sign-outs", "rescues", "public-reports", "public_reports", "codings",
    "came-out", "visits", "security_keys",
    # That somebody broke the glass is judged by an auditor, whatever became of the case.
    "break_glasses",
    # What an auditor asks a colleague, and what they ask the log by.
    "inquiries", "kept_filters",
    # What somebody began to pass on stays theirs; of a case that is gone it names nothing.
    "takeovers", "takeover_cases",
}  # fmt: skip


def _destroy(world: World, scene: Scene) -> None:
    """The scene's own case, with what came through the portal in it: its hold lifted, closed, destroyed, by two."""
    world.do("legal-lead", erasing.lift, subject=scene.planted.rows["proposals"])
    world.destroyed(scene.planted.reference)
