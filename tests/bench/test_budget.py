"""How many statements a request may cost. Trips to the database are what our promise is paid in:
milliseconds differ from machine to machine, these numbers do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.cases import actions as cases
from app.cases import queries
from app.cases.forms import OpenCase
from app.testimonies import actions as testimonies
from app.testimonies.forms import Passage, RecordAccount
from tests.world import World


@contextmanager
def counted(*engines: Engine) -> Iterator[list[str]]:
    """The statements sent meanwhile. BEGIN and COMMIT are not among them."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def read(world: World) -> Callable[[], Any]:
    reference = world.case()
    testimony = world.testimony(reference)
    segment = world.row("intake", reference, "segments")
    return lambda: world.open(
        "intake", testimonies.open_segment, segment, "text", "language", "speaker",
        justification="INTAKE", cites=testimony,
    )  # fmt: skip


def read_again(world: World) -> Callable[[], Any]:
    opened = read(world)
    opened()
    return opened


def record(world: World) -> Callable[[], Any]:
    testimony = world.testimony(world.case(), upto="IN_SESSION")
    form = RecordAccount(language="ar", segments=tuple(Passage(text=f"passage {number}") for number in range(10)))
    return lambda: world.do("intake", testimonies.record, form, subject=testimony)


def send(world: World) -> Callable[[], Any]:
    return lambda: world.submit()


def begin(world: World) -> Callable[[], Any]:
    return lambda: world.do("intake", cases.open_case, OpenCase())


def listed(world: World) -> Callable[[], Any]:
    for _ in range(3):
        world.case()
    return lambda: world.office.ask(world["intake"], queries.cases)


def who(world: World) -> Callable[[], Any]:
    token = world.members["intake"].token
    world.signins.caller(token)  # a minute went by: the session is touched, as it is a few times a minute
    return lambda: world.signins.caller(token)


# The first opening of a case in a sign-in notes its side of the wall, and is counted with the others under the
# reader's lock: four more than the next ones. Recording asks
# whether a colleague's draft of this step holds words that whoever keeps it has not seen, and whether anybody
# promised something that is laid on the passages.
@pytest.mark.parametrize(
    ("work", "most"), [(read, 7), (read_again, 3), (record, 13), (send, 8), (begin, 15), (listed, 2), (who, 1)],
    ids=[
        "open an account", "open it again", "record ten passages", "send one in", "open a case", "list cases",
        "know who calls",
    ],
)  # fmt: skip
def test_a_request_costs_no_more_statements_than_this(
    world: World, app_engine: Engine, portal_engine: Engine, work: Callable[[World], Callable[[], Any]], most: int
) -> None:
    asked = work(world)

    with counted(app_engine, portal_engine) as sent:
        asked()

    assert 0 < len(sent) <= most, "\n".join(" ".join(statement.split())[:110] for statement in sent)


def test_recording_costs_the_same_however_many_passages_there_are(world: World, app_engine: Engine) -> None:
    spent = []
    for passages in (1, 40):
        testimony = world.testimony(world.case(), upto="IN_SESSION")
        form = RecordAccount(language="ar", segments=tuple(Passage(text="words") for _ in range(passages)))
        with counted(app_engine) as sent:
            world.do("intake", testimonies.record, form, subject=testimony)
        spent.append(len(sent))

    assert spent[0] == spent[1]


def test_a_sheet_of_answers_costs_the_same_however_many_questions_it_answers(world: World, app_engine: Engine) -> None:
    """With or without earlier answers; none of it is spent on the questions themselves once they are known."""
    protocol, spent = world.protocol(), []
    every = {
        "at_ease": ["YES"], "needed": "water", "who_knows": ["NOBODY"], "called": ["YES"], "papers": ["TAKEN"],
        "taken_when": {"precision": "YEAR", "year": 2019}, "way_home": ["YES"], "next_talk": "at noon",
    }  # fmt: skip
    for sheet in ({"papers": ["NONE"]}, every):
        testimony = world.testimony(world.case(), upto="IN_SESSION")
        for given in (sheet, {"called": ["NO"]}):
            with counted(app_engine) as sent:
                world.answers(testimony, protocol, **given)
            spent.append(len(sent))

    # One of them is the test's own: it asks for the name of the version. To open earlier answers costs two more.
    assert spent[:2] == spent[2:], spent
    assert max(spent) <= 17 + 1, spent


def test_the_count_sees_what_is_sent(world: World, app_engine: Engine) -> None:
    with counted(app_engine) as none:
        pass
    with counted(app_engine) as sent:
        world.case()
        world.case()

    assert none == []
    assert len(sent) > 20
