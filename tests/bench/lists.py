"""Whether the list of one's cases stays as quick when the office has a hundred times as many.

Rows by the hundred thousand are copied from one real case, in the database and with the guards
aside: the throwaway cluster is ours. They are right in number, size and order; the sealed keys in
them are copies too and open nothing, which no list asks of them.
"""

from __future__ import annotations

import itertools
from typing import Final

from psycopg import sql

from app.cases.models import Case, Clearance
from app.cases.queries import PAGE
from app.db import Table
from app.keyholders.models import CaseKey, Grant
from app.pseudonyms import references
from tests.bench.asking import Void, in_turn, once, request
from tests.bench.desk import ISSUE, ROUNDS
from tests.bench.figures import Paper, at_most, middle_and_range, seen
from tests.bench.ground import Ground

COPIED: Final[tuple[type[Table], ...]] = (Case, CaseKey, Grant, Clearance)
# What a copied row has of its own; everything else is the first case's.
OWN: Final = {
    "cases.id": "fresh.id",
    "cases.reference": "fresh.reference",
    "cases.opened_at": "now() - fresh.n * interval '1 minute'",
    "case_id": "fresh.id",
    "id": "gen_random_uuid()",
}
FEW: Final = 30
OFFICER, SECOND = "intake", "intake-second"


def lists(paper: Paper, ground: Ground, sizes: tuple[int, ...], count: int) -> None:
    """The first page at each size, for whoever holds all of them; at the last, for who holds thirty."""
    paper.title("The list of my cases")
    ground.world.invite(SECOND, name="Somebody New", roles=("intake_officer",))
    ground.world.case()
    found: dict[int, float] = {}
    for size in sizes:
        _fill(ground, size)
        found[size] = _measure(paper, ground, OFFICER, f"list {PAGE} of {size:,}", PAGE, count)
    if len(sizes) > 1:
        name = f"list of {max(sizes):,} over list of {min(sizes):,}"
        how = "minutes lie between the two: read the time on a core beside it"
        paper.add(at_most(ISSUE, name, found[max(sizes)] / found[min(sizes)], "x", 1.5, how))
    _give_few(ground)
    name = f"list my {FEW}, the oldest of {max(sizes):,}"
    _measure(paper, ground, SECOND, name, min(FEW, PAGE), count)


def _measure(paper: Paper, ground: Ground, login: str, name: str, rows: int, count: int) -> float:
    asked = request(ground.staff_port, "GET", "/api/cases", token=ground.token(login))
    answer = once(ground.staff_port, asked)
    if answer.status != 200 or len(answer.read()) != rows:
        raise Void(f"{name}: {answer.status}, not a page of {rows}")
    twin = ground.side(
        "twin",
        ground.twin_port,
        itertools.repeat(request(ground.twin_port, "GET", "/cases", token=ground.twin_token)),
    )
    ours = ground.side("staff", ground.staff_port, itertools.repeat(asked))
    for clients in (8, 1):
        in_turn((twin, ours), rounds=ROUNDS, count=count, clients=clients)
        rates = f"{middle_and_range(ours.rates)} against {middle_and_range(twin.rates)}/s"
        if clients == 8:
            paper.add(seen(ISSUE, f"{name}, 8 at once: p50", ours.p50, "ms", rates))
    how = f"p99 {ours.p99:.1f}; twin p50 {twin.p50:.2f} over 64; {len(answer.body):,} bytes"
    paper.add(at_most(ISSUE, f"{name}, 1 at once: p50", ours.p50, "ms", 10, how))
    paper.add(seen(ISSUE, f"{name}: time on a core", ours.cpu_ms, "ms", f"the twin {twin.cpu_ms:.2f}"))
    return ours.p50


def _fill(ground: Ground, size: int) -> None:
    """Bring the cases of the office to this many, all opened by the officer."""
    wanted = size - int(ground.ask_owner("SELECT count(*) FROM cases")[0][0])
    with ground.owner() as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("CREATE TEMP TABLE fresh (n serial, id uuid DEFAULT gen_random_uuid(), reference text)")
        with owner.cursor().copy("COPY fresh (reference) FROM STDIN") as copy:
            # Among a hundred thousand two are drawn alike in one run of seven.
            for reference in _references(max(0, wanted)):
                copy.write_row((reference,))
        for table in COPIED:
            owner.execute(_copying(table))
    with ground.owner(autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE cases, case_keys, grants, clearances")


def _references(count: int) -> set[str]:
    drawn: set[str] = set()
    while len(drawn) < count:
        drawn.add(references.draw())
    return drawn


def _copying(table: type[Table]) -> sql.Composed:
    name = table.__tablename__
    columns = [column.name for column in table.__mapper__.columns]
    values = [OWN.get(f"{name}.{each}") or OWN.get(each) or f"first.{each}" for each in columns]
    key = "id" if table is Case else "case_id"
    return sql.SQL(
        "INSERT INTO {} ({}) SELECT {} FROM fresh, {} AS first WHERE first.{} = (SELECT min(id::text)::uuid FROM cases"
        " WHERE id NOT IN (SELECT id FROM fresh))"
    ).format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.SQL(each) for each in values),
        sql.Identifier(name), sql.Identifier(key),
    )  # fmt: skip


def _give_few(ground: Ground) -> None:
    """Let the second officer hold thirty of the oldest: the worst place for a list that begins at the newest."""
    keyring = ground.world[SECOND].keyring
    assert keyring is not None
    columns = [column.name for column in Grant.__mapper__.columns]
    values = ["gen_random_uuid()" if c == "id" else "%s" if c == "keyholder_id" else f"g.{c}" for c in columns]
    ground.ask_owner(
        f"INSERT INTO grants ({', '.join(columns)}) SELECT DISTINCT ON (g.case_id) {', '.join(values)} FROM grants g "
        "JOIN (SELECT id FROM cases ORDER BY opened_at LIMIT %s) AS oldest ON oldest.id = g.case_id "
        "WHERE g.compartment = 'TESTIMONY'",
        keyring.holder, FEW, aside=True,
    )  # fmt: skip
