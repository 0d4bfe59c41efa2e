"""What is written for a database in every place where something can be written: kept as words or refused as words.

Two questions at each door. Is anything answered but what any other word would get? And does a statement ever go to
the database with something typed as a part of it? The second needs no luck with the payload: a text that is put
into a statement is found there, whatever it does.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial
from itertools import cycle
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from app.api.doors import GETS
from tests.api.bodies import places, put, unfilled
from tests.api.conftest import Client, Staff
from tests.api.doors import ADDRESSED, BODIED, QUESTIONS, Ask, Scene, send
from tests.conftest import Database
from tests.drills import FULL, trials
from tests.hostile import SQL_PAYLOADS, TEMPLATES, hearing
from tests.world import World

pytestmark = [pytest.mark.abuse("A09"), pytest.mark.drill]
# An office of its own for each few payloads: what is kept makes every later question longer.
AT_ONCE = 10
SHARES = [SQL_PAYLOADS[start : start + AT_ONCE] for start in range(0, len(SQL_PAYLOADS), AT_ONCE)] if FULL else [()]
# Names that a program might read a wish from, and every name that a page or a list of ours does.
HEADERS = (
    "Authorization", "Cookie", "Idempotency-Key", "Range", "If-None-Match", "If-Modified-Since", "Upload-Offset",
    "Content-Range", "Accept", "Accept-Language", "Accept-Encoding", "Origin", "Referer", "User-Agent", "X-Request-Id",
    "X-Forwarded-For", "X-Forwarded-User", "Forwarded", "X-HTTP-Method-Override", "Sec-Fetch-Site", "Date",
)  # fmt: skip


@pytest.mark.parametrize("share", range(len(SHARES)))
def test_every_text_of_every_body_is_kept_as_words_or_refused(
    staff: Staff, world: World, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    kept = set()

    with hearing() as heard:
        # A case with one of them in every sealed field, as the office's own people would have written it down.
        monkeypatch.setattr(world, "canary", partial(next, cycle(each for each in SQL_PAYLOADS if _says(each))))
        scene = Scene.set(world)
        for number, ask in enumerate(BODIED):
            # In every run each place gets one of the payloads; in the drill each gets all of them.
            for payloads in _turns(number, share):
                for answer in _typed_everywhere(staff, scene, ask, payloads):
                    assert answer.status_code < 500, f"{ask}: {answer.status_code}"
                    if answer.status_code in {200, 201}:
                        kept.add(ask.path)

    assert heard.typed() == []
    assert len(kept) >= 55, "too few doors took any words at all"


def _typed_everywhere(staff: Staff, scene: Scene, ask: Ask, payloads: tuple[str, ...]) -> Iterator[Any]:
    """Payloads in all places of a body at once; then again in those alone that take free words."""
    body = ask.body(scene, ask.by) if ask.body else {}
    there = [*places(body), *unfilled(ask, body)]
    if not there:
        return
    spoilt = body
    for number, place in enumerate(there):
        spoilt = put(spoilt, place, payloads[number % len(payloads)])
    answer = send(staff, scene, ask, json=spoilt)
    yield answer
    if answer.status_code != 422:
        return
    # A list that came out empty is named beside what was in it; and what is wrong with a whole body names nothing.
    told = answer.json()["error"].get("fields", [])
    closed = {field["field"] for field in told if field["kind"] != "too_short"}
    free = [place for place in there if not any(_within(place, name) for name in closed)]
    for tried in (free, [place for place in free if place in set(places(body))]):
        given = ask.body(scene, ask.by) if ask.body else {}
        for number, place in enumerate(tried):
            given = put(given, place, payloads[number % len(payloads)])
        if tried:
            answer = send(staff, scene, ask, json=given)
            yield answer
        if answer.status_code != 422:
            return


def _turns(number: int, share: int) -> list[tuple[str, ...]]:
    """What the places of a body get: one payload each in every run; in the drill one after the other in all of them."""
    return [(each,) for each in SHARES[share]] if FULL else [_from(number)]


def _says(payload: str) -> bool:
    return any(sign.isalnum() for sign in payload)


def _within(place: tuple[str | int, ...], closed: str) -> bool:
    """Whether a place was refused: its own name, of whatever kind of value it was tried as, or something above it."""
    mine = ".".join(map(str, place))
    return closed == mine or closed.startswith(f"{mine}.") or mine.startswith(f"{closed}.")


def _from(number: int) -> tuple[str, ...]:
    """The payloads, beginning with another one each time."""
    start = number % len(SQL_PAYLOADS)
    return (*SQL_PAYLOADS[start:], *SQL_PAYLOADS[:start])


def test_a_payload_in_an_address_is_no_address_and_finds_nothing(staff: Staff, world: World) -> None:
    scene = Scene.set(world)
    nothing = staff["intake"].get("/api/cases/2222-2222-2").content
    filters = {door.path: door.filters for door in GETS}

    with hearing() as heard:
        for number, ask in enumerate(ADDRESSED):
            for payload in _from(number)[: trials(1, len(SQL_PAYLOADS))]:
                typed = quote(payload, safe="")
                path = ask.path.replace("{reference}", typed).replace("{row}", typed).replace("{user}", typed)
                answer = send(staff, scene, ask, path=path)
                assert (answer.status_code, answer.content) == (404, nothing), f"{ask}: {payload}"
        for number, ask in enumerate(QUESTIONS):
            for payload in _from(number)[: trials(1, len(SQL_PAYLOADS))]:
                typed = quote(payload, safe="")
                for names in (("page",), (*filters.get(ask.path, ()), "sort", "order", typed)):
                    asked = "&".join(f"{name}={typed}" for name in names)
                    answer = send(staff, scene, ask, path=f"{scene.address(ask)}?{asked}")
                    assert answer.status_code in {200, 404, 422}, f"{ask} {names}={payload}"

    assert heard.typed() == []


def test_a_payload_in_a_header_is_no_more_than_a_header(staff: Staff, world: World) -> None:
    door = staff["intake"]

    with hearing() as heard:
        for payload in SQL_PAYLOADS[: trials(3, len(SQL_PAYLOADS))]:
            for name in HEADERS:
                headers = {name: f"Bearer {payload}" if name == "Authorization" else payload}
                for answer in (
                    door.get("/api/me", headers=headers),
                    door.post("/api/cases", {"pathway": "NO_SUCH"}, headers=headers),
                ):
                    assert answer.status_code in {200, 400, 401, 403, 404, 415, 422}, f"{name}: {payload}"
            asked = door.post("/api/cases", {"pathway": "ADULT"}, headers={"Idempotency-Key": payload.ljust(16, "'")})
            again = door.post("/api/cases", {"pathway": "ADULT"}, headers={"Idempotency-Key": payload.ljust(16, "'")})
            assert (asked.status_code, asked.content) == (again.status_code, again.content)

    assert heard.typed() == []


@pytest.mark.abuse("A08")
def test_payloads_come_back_as_the_words_they_were(staff: Staff, world: World) -> None:
    scene = Scene.set(world)
    intake, reference = staff["intake"], scene.planted.reference
    reason = {"fields": ["address", "safe_hours", "opening_words"], "justification": "INTAKE",
              "cites": str(scene.planted.rows["testimonies"])}  # fmt: skip

    for payload in (*TEMPLATES, *SQL_PAYLOADS):
        given = {"address": payload, "safe_hours": payload, "opening_words": payload}
        kept = intake.post(f"/api/cases/{reference}/contacts", {"channel": "PHONE", **given})
        begun = time.perf_counter()
        back = intake.post(f"/api/contact_channels/{kept.json()['id']}/open", reason | {"words": f"asked: {payload}"})

        assert back.json()["values"] == given
        assert time.perf_counter() - begun < 4, "somebody slept"


def test_a_payload_as_a_name_signs_nobody_in(stranger: Client, world: World) -> None:
    member = world.members["intake"]
    known = stranger.post("/api/sign-in", {"login_name": "no-such", "passphrase": member.passphrase, "code": "000000"})

    for payload in (*SQL_PAYLOADS, *TEMPLATES, "intake' --", "intake%", "INTAKE", " intake"):
        body = {"login_name": payload, "passphrase": member.passphrase, "code": world.code("intake")}
        tried = stranger.post("/api/sign-in", body)
        assert (tried.status_code, tried.content) == (401, known.content), payload


def test_a_payload_at_the_witnesss_door_is_an_account_or_no_receipt(portal: Client, world: World) -> None:
    none = portal.post("/portal/state", {"receipt": "abandon " * 12}).content
    receipts = "/portal/receipts"

    with hearing() as heard:
        for payload in SQL_PAYLOADS:
            first, second = (portal.post(receipts, {"language": "en"}).json()["words"] for _ in range(2))
            said = {"account": payload, "contact": payload}
            file = (payload.replace('"', "'"), b"x", payload)
            sent = {"submission": (None, json.dumps(said | {"receipt": first})), "f": file}
            assert portal.ask("POST", "/portal/submissions", files=sent).status_code in {201, 400, 422}, payload
            assert portal.post("/portal/submissions", said | {"receipt": second}).status_code == 201, payload
            asked = portal.post("/portal/state", {"receipt": f"{payload} {payload} {payload}"})
            assert asked.status_code == 422 or (asked.status_code, asked.content) == (404, none), payload
            for spoilt in ({"language": payload}, {payload: payload}):
                assert portal.post(receipts, spoilt).status_code in {201, 422}, payload
            spoilt = {"receipt": f"{first} {payload}", "receipt_language": payload, "account": "x"}
            assert portal.post("/portal/submissions", spoilt).status_code in {404, 422}, payload

    assert heard.typed() == []


def test_a_text_that_is_put_into_a_statement_is_found_there(database: Database) -> None:
    """The control, with the quotes doubled as somebody would who thinks that this is enough."""
    for payload in SQL_PAYLOADS:
        doubled = payload.replace("'", "''").replace(":", "\\:")
        if not any(sign in payload for sign in ("pg_sleep", "1=1", "DROP", "'1'")):
            continue
        with hearing() as heard, database.engine("app").connect() as connection:
            connection.execute(text(f"SELECT '{doubled}'"))
        assert heard.typed(), payload
