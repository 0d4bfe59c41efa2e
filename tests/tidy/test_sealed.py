"""Every sealed field is listed with its compartment and its term, and what is listed exists."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

import app.whole  # noqa: F401  every table is known once the program is
from app.db import CaseRow, EnvelopeRow, Table, sealed_columns, tables
from app.keyholders.grants import COMPARTMENTS
from tests.tidy.repository import ROOT

LIST = tomllib.loads((ROOT / "policies" / "sealed.toml").read_text())


@dataclass(frozen=True)
class Line:
    """One table as the list has it, or as the program has it."""

    compartment: str
    sealed: frozenset[str]


def listed(text: dict[str, Any]) -> dict[str, Line]:
    return {name: Line(row["compartment"], frozenset(row["sealed"])) for name, row in text["columns"].items()}


def built(known: dict[str, type[Table]]) -> dict[str, Line]:
    return {
        name: Line(_compartment(table), frozenset(sealed_columns(table)))
        for name, table in known.items()
        if sealed_columns(table)
    }


def _compartment(table: type[Table]) -> str:
    if issubclass(table, EnvelopeRow):
        return "ENVELOPE"
    assert issubclass(table, CaseRow)
    return table.compartment if isinstance(table.compartment, str) else "ROW"


def test_the_list_of_sealed_fields_is_the_programs_own() -> None:
    assert listed(LIST) == built(tables())


def test_a_field_that_is_missing_or_too_much_or_moved_is_found() -> None:
    right = listed(LIST)

    assert {**right, "persons": Line("IDENTITY", frozenset({"legal_name"}))} != built(tables())
    assert {name: line for name, line in right.items() if name != "needs"} != built(tables())
    assert {**right, "needs": Line("THREAT", right["needs"].sealed)} != built(tables())


def test_no_field_is_listed_twice() -> None:
    for name, row in LIST["columns"].items():
        assert len(row["sealed"]) == len(set(row["sealed"])), name


def test_every_sealed_field_has_a_term_that_the_list_explains() -> None:
    used = {row["retention"] for row in LIST["columns"].values()}

    assert used == set(LIST["retention"])
    assert all(len(why) > 20 for why in LIST["retention"].values())


def test_compartments_are_those_of_the_keys() -> None:
    assert {row["compartment"] for row in LIST["columns"].values()} <= {*COMPARTMENTS, "ENVELOPE", "ROW"}


def test_what_is_not_sealed_and_free_in_length_holds_no_words() -> None:
    """Clear text columns, by name: codes, states, references, notes signed by machines. A new one is looked at."""
    clear = {
        f"{name}.{column.key}"
        for name, table in tables().items()
        if issubclass(table, CaseRow | EnvelopeRow)
        for column in table.__table__.columns
        if column.type.python_type is str
    }
    endings = ("_by", ".state", ".kind", ".tier", "_team", ".text_version", ".statement_version", ".frame_version",
               ".blob", ".reference", ".compartment", ".step", ".chip", ".scanned", ".choice", ".factor",
               ".answer")  # fmt: skip

    assert [name for name in sorted(clear) if not name.endswith(endings)] == []
