"""Security keys at the door: added, signing in, confirming, and every way in which one is not what it should be."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event
from starlette.types import ASGIApp

from app.accounts import rules, security_keys
from app.accounts.challenges import ENDS_SECONDS
from app.accounts.forms import KeyMade, ShownKey, SignInForm
from app.edge.render import as_json
from app.errors import NotFound, SignInRefused
from app.settings import Settings
from app.work.actions import ACTIONS, QUERIES
from tests.api.conftest import Client, Staff
from tests.conftest import Clock
from tests.ladder import Log
from tests.world import World
from tests.world.keys import PRESENT, VERIFIED, SoftKey, added, text

BASE = "http://localhost:8000"
ASKED = ("administrator", "key_custodian", "auditor", "legal_reviewer", "approver")


@pytest.fixture
def strict(strict_door: ASGIApp, world: World) -> Staff:
    return Staff(strict_door, world)


def question(client: Client, login: str) -> dict[str, Any]:
    asked: dict[str, Any] = client.post("/api/sign-in/challenge", {"login_name": login}).json()
    return asked


def enter(client: Client, world: World, login: str, key: dict[str, str], **other: Any) -> httpx.Response:
    """A sign-in with what a key has signed."""
    member = world.members.get(login)
    passphrase = member.passphrase if member else "a passphrase of nobody"
    told = {"login_name": login, "passphrase": passphrase, "key": key}
    return client.post("/api/sign-in", told | other)


def confirm(client: Client, key: SoftKey, action: str, subject: object, **sent: Any) -> httpx.Response:
    """A step-up by a key; ``sent`` is what is told in the place of what the key was asked."""
    about = {"action": action, "subject": str(subject)}
    asked = client.post("/api/me/security-keys/challenge", about).json()
    return client.post("/api/step-ups", about | {"key": key.sign(asked)} | sent)


def begun(client: Client) -> dict[str, Any]:
    asked: dict[str, Any] = client.post("/api/me/security-keys/begin").json()
    return asked


def stepped(client: Client, world: World, login: str) -> None:
    """A second factor for adding a key, given at this door."""
    about = {"action": "security_key.add", "subject": world.members[login].code}
    client.post("/api/step-ups", about | world.factor(login)).raise_for_status()


def add(client: Client, world: World, login: str, key: SoftKey, name: str = "blue") -> httpx.Response:
    stepped(client, world, login)
    return client.post("/api/me/security-keys", {"name": name, "new": key.make(begun(client))})


# signing in


def test_a_key_is_added_and_signs_in(staff: Staff, stranger: Client, world: World, log: Log) -> None:
    key = SoftKey()
    log.fresh()

    made = add(staff["intake"], world, "intake", key)
    entered = enter(stranger, world, "intake", key.sign(question(stranger, "intake")))

    assert (made.status_code, entered.status_code) == (201, 200), entered.text
    told = {entry.action: entry for entry in log.fresh()}
    assert told["security_key.add"].operation == "key"
    assert told["signin.enter"].codes == {"account": world.members["intake"].code, "factor": "key"}
    (line,) = staff["intake"].get("/api/me/second-factors").json()["keys"]
    assert (line["name"], line["last_used_at"] is not None) == ("blue", True)


@pytest.mark.abuse("D04")
def test_what_a_key_signed_once_signs_in_once(stranger: Client, world: World) -> None:
    key = added(world, "intake")
    signed = key.sign(question(stranger, "intake"))

    with ThreadPoolExecutor(12) as people:
        answers = list(people.map(lambda _: enter(stranger, world, "intake", signed).status_code, range(12)))

    assert Counter(answers)[200] == 1
    assert set(answers) <= {200, 401, 429, 503}
    assert enter(stranger, world, "intake", signed).status_code in {401, 429}


def _of_another_name(client: Client, key: SoftKey) -> dict[str, str]:
    return key.sign(question(client, "legal"), unasked=True)


def _made_up(client: Client, key: SoftKey) -> dict[str, str]:
    return key.sign(question(client, "intake") | {"challenge": text(b"c" * 56)})


def _altered(client: Client, key: SoftKey) -> dict[str, str]:
    asked = question(client, "intake")
    return key.sign(asked) | {"signature": key.sign(asked)["client_data"]}


def _with(**wrong: Any) -> Callable[[Client, SoftKey], dict[str, str]]:
    return lambda client, key: key.sign(question(client, "intake"), **wrong)


WRONG: dict[str, Callable[[Client, SoftKey], dict[str, str]]] = {
    "another origin": _with(origin="http://amana.example:8000"),
    "another port": _with(origin="http://localhost:8001"),
    "another name": _with(name="amana.example"),
    "nobody verified": _with(flags=PRESENT),
    "nobody present": _with(flags=VERIFIED),
    "an answer to being added": _with(kind="webauthn.create"),
    "a question to another name": _of_another_name,
    "a question nobody asked": _made_up,
    "a signature of something else": _altered,
    "a key nobody has": lambda client, _: SoftKey().sign(question(client, "intake"), unasked=True),
    "bytes that are no JSON": lambda client, key: _with()(client, key) | {"client_data": text(b"\xff{")},
    "JSON as deep as it fits": lambda client, key: _with()(client, key) | {"client_data": text(b"[" * 1500)},
    "a challenge that is no text": lambda client, key: (
        _with()(client, key) | {"client_data": text(b'{"type":"webauthn.get","challenge":7,"origin":""}')}
    ),
    "a number that no bytes have": lambda client, key: _with()(client, key) | {"credential": "A"},
}


@pytest.mark.abuse("D01")
@pytest.mark.abuse("D09")
@pytest.mark.parametrize("wrong", WRONG)
def test_every_way_to_be_wrong_gets_the_answer_of_all_others(stranger: Client, world: World, wrong: str) -> None:
    key = added(world, "intake")
    refused = stranger.post(
        "/api/sign-in", {"login_name": "intake", "passphrase": "not this one at all", "code": "000000"}
    )

    answer = enter(stranger, world, "intake", WRONG[wrong](stranger, key))

    assert (answer.status_code, answer.json()) == (401, refused.json())
    assert enter(stranger, world, "intake", key.sign(question(stranger, "intake"))).status_code == 200, "the control"


def test_a_colleagues_key_opens_no_account_but_theirs(stranger: Client, world: World) -> None:
    mine, theirs = added(world, "intake"), added(world, "legal")

    assert enter(stranger, world, "intake", theirs.sign(question(stranger, "intake"), unasked=True)).status_code == 401
    assert enter(stranger, world, "legal", mine.sign(question(stranger, "legal"), unasked=True)).status_code == 401
    assert enter(stranger, world, "legal", theirs.sign(question(stranger, "legal"))).status_code == 200


def test_a_question_is_good_for_two_minutes(stranger: Client, world: World, standing_clock: Clock) -> None:
    key = added(world, "intake")
    first, second = question(stranger, "intake"), question(stranger, "intake")

    standing_clock.move(seconds=ENDS_SECONDS - 5)
    assert enter(stranger, world, "intake", key.sign(first)).status_code == 200, "the control"
    standing_clock.move(seconds=6)

    assert enter(stranger, world, "intake", key.sign(second)).status_code == 401


def test_a_question_from_after_the_clock_was_put_back_is_none(
    stranger: Client, world: World, standing_clock: Clock
) -> None:
    key = added(world, "intake")
    asked = question(stranger, "intake")

    standing_clock.move(hours=-2)

    assert enter(stranger, world, "intake", key.sign(asked)).status_code == 401


def test_a_copy_of_a_key_is_refused_and_somebody_is_told(stranger: Client, world: World, log: Log) -> None:
    key = added(world, "intake")
    copy = key.copy()
    for _ in range(2):
        assert enter(stranger, world, "intake", key.sign(question(stranger, "intake"))).status_code == 200
    log.fresh()

    answer = enter(stranger, world, "intake", copy.sign(question(stranger, "intake")))

    assert answer.status_code == 401
    (said,) = log.fresh()
    assert (said.action, said.actor) == ("signin.suspect_key", "signin")
    assert said.codes == {"account": world.members["intake"].code, "alarm": "key.copied"}
    assert enter(stranger, world, "intake", key.sign(question(stranger, "intake"))).status_code == 200


def test_a_copy_is_noticed_whatever_passphrase_comes_with_it(stranger: Client, world: World, log: Log) -> None:
    key = added(world, "intake")
    copy = key.copy()
    enter(stranger, world, "intake", key.sign(question(stranger, "intake")))
    log.fresh()

    enter(stranger, world, "intake", copy.sign(question(stranger, "intake")), passphrase="some other passphrase")
    wrong = enter(stranger, world, "intake", key.sign(question(stranger, "intake")), passphrase="some other passphrase")

    assert wrong.status_code == 401
    assert [entry.action for entry in log.fresh()] == ["signin.suspect_key"], "once, for the copy alone"


def test_a_key_that_does_not_count_is_no_copy(stranger: Client, world: World, log: Log) -> None:
    key = added(world, "intake", SoftKey(counts=False))
    log.fresh()

    answers = [enter(stranger, world, "intake", key.sign(question(stranger, "intake"))).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert {entry.action for entry in log.fresh()} == {"signin.enter"}


@pytest.mark.abuse("D03")
def test_a_stranger_who_fails_a_hundred_times_locks_nobody_out_who_shows_their_key(
    stranger: Client, world: World, standing_clock: Clock, settings: Settings
) -> None:
    key = added(world, "intake")
    tried = 0
    while tried < 100:
        wrong = {"login_name": "intake", "passphrase": "guessing at it", "code": "000000"}
        answer = stranger.post("/api/sign-in", wrong)
        tried += 1
        if answer.status_code == 429:
            standing_clock.move(seconds=min(int(answer.headers["retry-after"]), 900))
    member = world.members["intake"]
    digits = {"login_name": "intake", "passphrase": member.passphrase, "code": world.code("intake")}
    assert stranger.post("/api/sign-in", digits).status_code == 429, "the control"

    assert enter(stranger, world, "intake", key.sign(question(stranger, "intake"))).status_code == 200


@pytest.mark.abuse("D02")
def test_who_has_the_key_guesses_at_the_passphrase_no_longer_than_others(
    stranger: Client, world: World, settings: Settings
) -> None:
    key = added(world, "intake")

    answers = [
        enter(stranger, world, "intake", key.sign(question(stranger, "intake")), passphrase="guessing").status_code
        for _ in range(settings.signin_delay_from_try + 2)
    ]

    assert answers == [401] * settings.signin_delay_from_try + [429, 429]


@pytest.mark.abuse("D01")
def test_a_strangers_question_is_answered_alike_for_a_name_nobody_has(stranger: Client, world: World) -> None:
    keys = [added(world, "intake") for _ in range(2)]
    asked = {login: [question(stranger, login) for _ in range(2)] for login in ("intake", "legal", "nobody", "noone")}

    for first, again in asked.values():
        assert len(first["keys"]) == len(set(first["keys"])) == 5
        assert first["keys"] == again["keys"] == sorted(first["keys"], key=_raw)
        assert first["challenge"] != again["challenge"]
        assert set(first["transports"]) == {""}
        assert {name: first[name] for name in ("rp_id", "timeout_ms")} == {"rp_id": "localhost", "timeout_ms": 120_000}
    assert {text(key.number) for key in keys} < set(asked["intake"][0]["keys"])
    assert not set(asked["nobody"][0]["keys"]) & set(asked["noone"][0]["keys"])


@pytest.mark.abuse("D01")
def test_a_name_nobody_has_is_asked_of_the_database_as_often(world: World, app_engine: Engine) -> None:
    added(world, "intake")
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(app_engine, "before_cursor_execute", note)
    told = {}
    try:
        for login in ("intake", "legal", "nobody"):
            asked.clear()
            question = as_json(world.signins.keys.to_sign_in(login))
            key = ShownKey(**SoftKey().sign(question, unasked=True))
            with pytest.raises(SignInRefused):
                world.signins.enter(SignInForm(login_name=login, passphrase="guessing at this one", key=key))
            told[login] = list(asked)
    finally:
        event.remove(app_engine, "before_cursor_execute", note)

    assert told["intake"] == told["legal"] == told["nobody"]
    assert len(told["nobody"]) > 3


def _raw(number: str) -> bytes:
    return base64.urlsafe_b64decode(number + "=" * (-len(number) % 4))


@pytest.mark.parametrize("given", [{}, {"code": "000000", "recovery_code": "A" * 24}])
def test_one_second_factor_is_given_and_no_two(stranger: Client, given: dict[str, str]) -> None:
    told = {"login_name": "intake", "passphrase": "whatever it may be"}

    assert stranger.post("/api/sign-in", told | given).status_code == 422


# confirming


@pytest.mark.abuse("D15")
def test_a_key_confirms_one_action_about_one_case_in_one_session(staff: Staff, world: World, log: Log) -> None:
    key = added(world, "intake")
    reference, other = world.case(), world.case()
    client = staff["intake"]
    client.step_up = None
    about = {"action": "grant.give", "subject": reference}
    asked = client.post("/api/me/security-keys/challenge", about).json()
    signed = key.sign(asked)
    log.steps = True
    log.fresh()

    for wrong in ({"subject": other}, {"action": "grant.revoke"}):
        assert client.post("/api/step-ups", about | wrong | {"key": signed}).status_code == 422
    before = world.members["intake"].token
    world.sign_in("intake")
    assert staff["intake"].post("/api/step-ups", about | {"key": signed}).status_code == 422, "another session"
    world.members["intake"].token = before
    assert client.post("/api/step-ups", about | {"key": signed}).status_code == 201
    assert client.post("/api/step-ups", about | {"key": signed}).status_code == 422, "a second time"

    steps = [entry for entry in log.fresh() if entry.action == "signin.step_up"]
    assert [entry.outcome for entry in steps] == [*["step_up.refused"] * 3, "done", "step_up.refused"]
    assert steps[3].codes["factor"] == "key"
    grant = {"user": world.members["legal"].code, "compartments": ["TESTIMONY"]}
    assert client.post(f"/api/cases/{reference}/grants", grant).status_code == 201
    assert client.post(f"/api/cases/{other}/grants", grant).json()["error"]["code"] == "step_up.needed"


def test_a_passphrase_is_changed_with_a_key(staff: Staff, stranger: Client, world: World) -> None:
    key, member = added(world, "intake"), world.members["intake"]
    about = {"action": "account.change_passphrase", "subject": member.code}
    asked = staff["intake"].post("/api/me/security-keys/challenge", about).json()
    changed = {"passphrase": member.passphrase, "new_passphrase": "four herons on the long wall"}

    assert staff["intake"].post("/api/me/passphrase", changed | {"key": key.sign(asked)}).status_code == 200

    member.passphrase = changed["new_passphrase"]
    assert enter(stranger, world, "intake", key.sign(question(stranger, "intake"))).status_code == 200


# adding and removing


def test_a_key_is_added_after_a_second_factor_and_not_without(staff: Staff, world: World, log: Log) -> None:
    client = staff["intake"]
    client.step_up = None
    log.fresh()

    answer = client.post("/api/me/security-keys", {"name": "blue", "new": SoftKey().make(begun(client))})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "step_up.needed")
    assert client.get("/api/me/second-factors").json()["keys"] == []


NOT_TAKEN: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "http://amana.example"},
    "another name": {"name": "amana.example"},
    "nobody verified": {"flags": PRESENT},
    "a maker's mark": {"fmt": "tpm"},
    "an answer to signing in": {"kind": "webauthn.get"},
}


@pytest.mark.parametrize("wrong", NOT_TAKEN)
def test_a_new_key_that_does_not_answer_as_it_should_is_not_taken(staff: Staff, world: World, wrong: str) -> None:
    client, key = staff["intake"], SoftKey()
    stepped(client, world, "intake")

    answer = client.post("/api/me/security-keys", {"name": "x", "new": key.make(begun(client), **NOT_TAKEN[wrong])})

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "key.refused")
    assert client.post("/api/me/security-keys", {"name": "x", "new": key.make(begun(client))}).status_code == 201


@pytest.mark.parametrize("place", range(0, 220, 9))
def test_bytes_that_no_key_has_made_are_refused_and_break_nothing(staff: Staff, world: World, place: int) -> None:
    client = staff["intake"]
    made = SoftKey().make(begun(client))
    raw = bytearray(_raw(made["attestation"]))
    raw[place % len(raw)] ^= 0xFF

    for attestation in (bytes(raw), bytes(raw[:place]) or b"\x80"):
        answer = client.post("/api/me/security-keys", {"name": "x", "new": made | {"attestation": text(attestation)}})
        # A flipped bit of the key's own number or point is another key: it lacks the second factor only.
        assert answer.status_code in {403, 422}


def test_what_a_new_key_answered_is_good_once_in_its_session(staff: Staff, world: World) -> None:
    client, key = staff["intake"], SoftKey()
    new = key.make(begun(client))
    stepped(staff["legal"], world, "legal")
    assert staff["legal"].post("/api/me/security-keys", {"name": "x", "new": new}).status_code == 422
    stepped(client, world, "intake")
    assert client.post("/api/me/security-keys", {"name": "x", "new": new}).status_code == 201

    stepped(client, world, "intake")

    assert client.post("/api/me/security-keys", {"name": "x", "new": new}).status_code == 422


def test_one_key_is_of_one_account_and_an_account_has_five(staff: Staff, world: World) -> None:
    key = added(world, "intake")
    assert add(staff["legal"], world, "legal", key).status_code == 409
    for _ in range(4):
        added(world, "intake")

    sixth = add(staff["intake"], world, "intake", SoftKey())

    assert sixth.status_code == 409
    assert "five" in sixth.json()["error"]["sentence"]


def test_a_removed_key_opens_nothing_and_the_others_do(staff: Staff, stranger: Client, world: World) -> None:
    first, second = added(world, "intake"), added(world, "intake", SoftKey(label="the red one"))
    lines = {line["name"]: line["id"] for line in staff["intake"].get("/api/me/second-factors").json()["keys"]}

    address = f"/api/security_keys/{lines['the blue one']}"
    assert staff["intake"].post(f"{address}/rename", {"name": "the lost one"}).status_code == 200
    assert staff["intake"].post(f"{address}/remove").status_code == 200

    asked = question(stranger, "intake")
    assert text(first.number) not in asked["keys"]
    assert enter(stranger, world, "intake", first.sign(asked, unasked=True)).status_code == 401
    assert enter(stranger, world, "intake", second.sign(question(stranger, "intake"))).status_code == 200
    for again in ("rename", "remove"):
        sent = {"name": "x"} if again == "rename" else None
        assert staff["intake"].post(f"{address}/{again}", sent).status_code == 409


@pytest.mark.abuse("D09")
def test_nobody_reads_renames_or_removes_the_key_of_another(staff: Staff, world: World, log: Log) -> None:
    added(world, "intake")
    (line,) = staff["intake"].get("/api/me/second-factors").json()["keys"]

    for login in sorted(set(world.members) - {"intake"}):
        client = staff[login]
        assert client.get("/api/me/second-factors").json()["keys"] == []
        for end, body in (("rename", {"name": "mine"}), ("remove", None)):
            log.fresh()
            assert client.post(f"/api/security_keys/{line['id']}/{end}", body).status_code == 404
            assert log.last().outcome == "not_found"


def test_nobody_adds_a_key_to_the_account_of_another(world: World, log: Log) -> None:
    form = KeyMade(name="x", credential_id=b"c" * 32, public_key=b"p" * 77, sign_count=0, transports="")
    for login in ("administrator", "intake-lead", "auditor"):
        log.fresh()
        with pytest.raises(NotFound):
            world.office.perform(world[login], security_keys.add, form, subject=world.members["intake"].code)
        assert log.last().outcome == "not_found"


# roles that sign in with a key


def arrive(door: Client, world: World, login: str, **given: str) -> httpx.Response:
    member = world.members[login]
    return door.post("/api/sign-in", {"login_name": login, "passphrase": member.passphrase, **given})


def in_role(world: World, role: str) -> str:
    return world.invite(f"a-{role.replace('_', '-')}"[:20], roles=(role,)).login


@pytest.mark.parametrize("role", rules.ROLES)
def test_a_role_that_is_asked_for_a_key_adds_one_and_does_nothing_else_before(
    strict_door: ASGIApp, world: World, log: Log, role: str
) -> None:
    login = in_role(world, role)
    door = Client(strict_door, BASE)
    entered = arrive(door, world, login, code=world.code(login))
    client = Client(strict_door, BASE, token=entered.json()["token"])
    log.fresh()

    answers = [client.get(path) for path in ("/api/people", "/api/me/sessions")]
    answers.append(client.post("/api/me/preferences", {"language": "fr"}))

    if role not in ASKED:
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        return
    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [(403, "key.needed")] * 3
    said = log.fresh()
    assert {(entry.outcome, entry.rule) for entry in said} == {("key.needed", "roles-with-a-security-key")}
    assert client.get("/api/me/second-factors").json() | {"keys": [], "codes_left": 8} == {
        "keys": [], "codes_left": 8, "asked": True, "digits": True,
    }  # fmt: skip

    assert add(client, world, login, SoftKey()).status_code == 201

    assert client.get("/api/people").status_code == 200
    assert client.get("/api/me/second-factors").json()["digits"] is False


def test_whoever_has_the_key_of_their_role_gives_no_digits_any_more(
    strict_door: ASGIApp, world: World, standing_clock: Clock
) -> None:
    door, key, member = Client(strict_door, BASE), added(world, "auditor"), world.members["auditor"]
    standing_clock.move(minutes=1)

    assert arrive(door, world, "auditor", code=world.code("auditor")).status_code == 401
    assert arrive(door, world, "auditor", recovery_code=member.recovery[-1]).status_code == 200, "the key is lost"
    entered = enter(door, world, "auditor", key.sign(question(door, "auditor")))
    about = {"action": "security_key.add", "subject": member.code}
    client = Client(strict_door, BASE, token=entered.json()["token"])
    assert client.post("/api/step-ups", about | {"code": world.code("auditor")}).status_code == 422
    assert confirm(client, key, **about).status_code == 201

    relaxed = Client(strict_door, BASE)
    added(world, "intake")
    assert arrive(relaxed, world, "intake", code=world.code("intake")).status_code == 200, "no role of theirs asks"


def test_the_last_key_of_such_a_role_stays(strict: Staff, world: World) -> None:
    key = added(world, "auditor")
    client = strict["auditor"]
    client.step_up = None
    (line,) = client.get("/api/me/second-factors").json()["keys"]
    address = f"/api/security_keys/{line['id']}/remove"
    confirm(client, key, "security_key.remove", line["id"]).raise_for_status()

    refused = client.post(address)

    assert (refused.status_code, "last" in refused.json()["error"]["sentence"]) == (409, True)
    added(world, "auditor")
    confirm(client, key, "security_key.remove", line["id"]).raise_for_status()
    assert client.post(address).status_code == 200


def test_what_may_be_done_without_the_key_is_this_and_no_more() -> None:
    open_to = {each.name for each in ACTIONS.values() if each.keyless}
    open_to |= {each.name for each in QUERIES.values() if each.keyless}

    assert open_to == {
        "account.me", "account.second_factors", "security_key.add", "signin.step_up", "signin.come_back",
        "signin.leave", "signin.leave_everywhere",
    }  # fmt: skip
