"""What the figures rest on, and that each control can fail."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, HTTPException
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app import main
from tests.bench import bare
from tests.bench.asking import Round, Side, Void
from tests.bench.desk import must_match
from tests.bench.figures import Paper, at_least, at_most, quantile
from tests.conftest import Database


def test_the_twin_is_served_as_the_product_is(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(uvicorn, "run", lambda _program, **settings: given.append(settings))

    main.serve(FastAPI(), "127.0.0.1", 8000)
    bare.serve(FastAPI(), 8000)

    ours, twins = given
    assert twins.keys() == ours.keys() - {"fd", "http"}
    assert {name: ours[name] for name in twins} == twins


def test_the_twin_imports_nothing_that_would_slow_it() -> None:
    imported = [
        line for line in Path(bare.__file__).read_text().splitlines() if line.startswith(("from app", "import app"))
    ]

    assert imported == ["from app.clock import uuid7"]


@pytest.mark.parametrize("entries", [0, 9, 11])
def test_a_run_whose_entries_are_not_its_openings_is_void(entries: int) -> None:
    must_match(10, 10)
    with pytest.raises(Void, match="10 openings"):
        must_match(entries, 10)


def test_an_answer_of_another_status_is_a_refusal() -> None:
    side = Side("ours", 0, iter(()), pid=0, expects=201)
    side.rounds.append(Round((1.0, 2.0, 3.0), 1.0, Counter({201: 2, 503: 1})))

    assert (side.answers, side.refused) == (2, 1)


@pytest.mark.parametrize(("share", "value"), [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0), (0.001, 1.0)])
def test_a_quantile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert quantile([float(n) for n in range(1, 101)], share) == value


def test_a_missed_goal_stays_in_the_table_and_in_the_file(tmp_path: Path) -> None:
    shown: list[str] = []
    paper = Paper(show=shown.append)
    paper.add(at_most("figures", "quick enough", 12.0, "ms", 10))
    paper.add(at_least("figures", "often enough", 12.0, "/s", 10))
    paper.write(tmp_path / "build" / "bench.json")

    assert ["MISSED" in line for line in shown] == [True, False]
    assert '"ok": false' in (tmp_path / "build" / "bench.json").read_text()


def test_a_later_run_adds_its_rows_and_takes_the_place_of_its_own(tmp_path: Path) -> None:
    where = tmp_path / "bench.json"
    for value, name in ((1.0, "one"), (2.0, "two"), (3.0, "one")):
        paper = Paper(show=lambda _line: None)
        paper.add(at_most("3", name, value, "ms", 10))
        paper.write(where)

    assert [(row["name"], row["value"]) for row in json.loads(where.read_text())] == [("two", 2.0), ("one", 3.0)]


def test_the_twin_takes_a_repeated_submission_once_and_knows_whose_receipt_it_was(database: Database) -> None:
    """It does the same job: what it is measured by must not be less than what is asked of ours."""
    bare.settle(database.addresses.urls["owner"], "somebody")
    engine = create_engine(database.addresses.urls["app"])
    try:
        form = bare.Submit(receipt="three words here", account="I would like to tell somebody.")
        # In this process the product's guard listens; in the twin's own there is none.
        with Session(engine, info={"hallway": True}) as session:
            first = bare.submit(form, session)
        with Session(engine, info={"hallway": True}) as session:
            assert bare.submit(form, session) == first
            assert session.scalar(select(func.count()).select_from(bare.Submission)) == 1
            with pytest.raises(HTTPException):
                bare.submit(form.model_copy(update={"account": "Something else."}), session)
    finally:
        engine.dispose()
        with database.connect("owner") as owner:
            for table in reversed(bare.Base.metadata.sorted_tables):
                owner.execute(f"DROP TABLE {table.name}".encode())
