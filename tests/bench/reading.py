"""Reading the log among 10^4, 10^5 and 10^6 entries: ``make bench-log``.

Entries of a year are invented by a seed, spread over colleagues, cases and actions as an office's are,
and copied in by the database's owner. What is timed is the product's own action, its entry included.
"""

from __future__ import annotations

import os
import random as drawn  # noqa: TID251  # which entries there are must be repeatable
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
from sqlalchemy import event

from app import clock
from app.audit import append as writing
from app.audit.append import CaseSubject, Draft
from app.audit.canonical import canonical
from app.cli import installation, seeding
from app.cli.database import Roles, database, plain
from app.cli.migrating import migrate
from app.embedded import Embedded
from app.oversight import actions as oversight
from app.oversight import reports, signs
from app.oversight.forms import AskCase, AskLog
from app.oversight.views import LogPage
from app.pseudonyms import references
from app.settings import LEAST, Settings
from app.work import Action, Form
from tests.bench.asking import Void
from tests.bench.figures import Paper, at_most, machine, quantile, seen
from tests.world import World

SIZES: Final = tuple(int(size) for size in os.environ.get("ENTRIES", "10000,100000,1000000").split(","))
COUNT: Final = int(os.environ.get("REQUESTS", "40"))
ISSUE: Final = "6"
YEAR: Final = timedelta(days=365)
CASES: Final = 400
# What is done in an office, and how often of a hundred; some need a case, some a reason.
DEEDS: Final = (
    ("segment.open", "consult", "legal-reads-the-account", 22), ("person.reveal", "consult", "holder-reveals", 9),
    ("draft.save", "collect", "intake-writes-drafts", 20), ("case.visit", "consult", "holder-visits", 18),
    ("threat.open", "consult", "safety-reads-threats", 6), ("grant.give", "grant", "holder-gives-keys", 2),
    ("signin.enter", "sign-in", "anybody-signs-in", 9), ("testimony.record", "collect", "intake-records", 2),
    ("log.query", "verify", "auditor-reads-the-log", 3), ("case.list", "refuse", "no-rule", 4),
    ("submission.triage", "alter", "intake-judges", 3), ("person.reveal", "combine", "holder-reveals", 2),
)  # fmt: skip
WITHOUT_CASE: Final = frozenset({"sign-in", "verify", "refuse"})


@dataclass(frozen=True)
class Office:
    """Who works there, and on what."""

    colleagues: tuple[str, ...]
    cases: tuple[tuple[UUID, str], ...]


def main() -> int:
    """Every size, one after the other, in one office."""
    paper = Paper()
    for figure in machine():
        paper.add(figure)
    least: dict[str, Any] = {name: LEAST[name] for name in ("argon2_memory_mib", "argon2_passes", "argon2_lanes")}
    with tempfile.TemporaryDirectory(prefix="amana-log-") as folder:
        settings = Settings(home=Path(folder) / "office", demo=True, **least)
        made = installation.make(settings, "demonstration")
        with database(settings) as roles:
            migrate(roles.url("owner"))
            Embedded(settings.postgres_folder).grant_replica_role()
            with seeding.found_office(settings, roles) as world:
                made.finished(settings.home)
                office = settle(world, roles)
                found = {size: measured(paper, world, roles, office, size) for size in SIZES}
    for before, after in pairwise(SIZES):
        for name, ours in found[after].items():
            grew = ours / found[before][name]
            paper.add(at_most(ISSUE, f"{name}: {after:,} over {before:,}", grew, "x", 1.5))
    paper.write()
    return 0


def settle(world: World, roles: Roles) -> Office:
    """Sixty codes, and four hundred cases copied in beside one real one."""
    real = world.case()
    made = [(clock.uuid7(), references.draw()) for _ in range(CASES - 1)]
    with psycopg.connect(plain(roles.url("owner"))) as owner:
        owner.execute("SET session_replication_role = replica")
        columns = [name for (name,) in owner.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'cases'").fetchall()]  # fmt: skip
        values = ", ".join({"id": "%s", "reference": "%s"}.get(name, name) for name in columns)
        order = [name for name in columns if name in {"id", "reference"}]
        for case, reference in made:
            given = [{"id": case, "reference": reference}[name] for name in order]
            statement = f"INSERT INTO cases ({', '.join(columns)}) SELECT {values} FROM cases WHERE reference = %s"
            owner.execute(statement.encode(), [*given, real])
    codes = {references.staff_code() for _ in range(59)} | {world.members["intake"].code}
    return Office(tuple(sorted(codes)), tuple(made))


def invented(office: Office, count: int, newest: datetime) -> Iterator[tuple[UUID, Draft]]:
    """Entries of the year before this moment, oldest first; their ids tell their time."""
    random = drawn.Random(count)
    weights = [deed[3] for deed in DEEDS]
    for number in range(count):
        at = newest - YEAR * ((count - number) / count)
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        action, operation, rule, _ = random.choices(DEEDS, weights)[0]
        case = () if operation in WITHOUT_CASE else (CaseSubject(*random.choice(office.cases), seq=number + 1),)
        reason = "WITNESS_REQUEST" if operation == "consult" and random.random() < 0.7 else "LEGAL_ASSESSMENT"
        draft = Draft(
            operation=operation, action=action, actor=random.choice(office.colleagues), at=at,
            roles=("legal_reviewer",), rule=rule, policy_hash="0" * 64, subjects=case,
            justification=reason if operation == "consult" else "none",
            outcome="not_found" if operation == "refuse" else "done",
            sought=random.choice(office.cases)[1] if operation == "refuse" else None,
            request=clock.uuid7(), host="bench",
            codes={"alarm": "cases.night", "distinct": 9} if random.random() < 0.0005 else {},
        )  # fmt: skip
        yield UUID(int=(int(at.timestamp() * 1000) << 80) | (0x7 << 76) | (0x2 << 62) | number), draft


def fill(roles: Roles, office: Office, size: int) -> None:
    """The log anew, with so many entries."""
    with psycopg.connect(plain(roles.url("owner"))) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("TRUNCATE entries, entry_bodies, entry_subjects, places")
        owner.execute(
            "CREATE TEMP TABLE made (entry uuid, place bigint, salt bytea, body bytea, case_id uuid, seq bigint)"
        )
        with owner.cursor().copy("COPY made FROM STDIN") as copy:
            for place, (entry, draft) in enumerate(invented(office, size, clock.now() - timedelta(minutes=5))):
                body = canonical(writing._view(entry, draft, [(s, s.seq or 1) for s in draft.subjects]))
                case = draft.subjects[0] if draft.subjects else None
                copy.write_row((entry, place, b"s" * 16, body, case and case.case_id, case and case.seq))
        owner.execute("INSERT INTO entries (id, commitment) SELECT entry, sha256(salt || body) FROM made")
        owner.execute("INSERT INTO places SELECT entry, place FROM made")
        owner.execute("INSERT INTO entry_subjects SELECT entry, case_id, seq FROM made WHERE case_id IS NOT NULL")
        owner.execute(
            "INSERT INTO entry_bodies SELECT entry, salt, body, convert_from(body, 'UTF8')::jsonb FROM made ORDER BY 1"
        )
    with psycopg.connect(plain(roles.url("owner")), autocommit=True) as owner:
        # As the server does by itself while entries come one by one.
        owner.execute("VACUUM ANALYZE entries, entry_bodies, entry_subjects, places")


def questions(office: Office) -> dict[str, AskLog]:
    """What an auditor asks: each filter alone, those asked together, and nothing that is there."""
    colleague, case = office.colleagues[7], office.cases[7][1]
    week = clock.now() - timedelta(days=7)
    return {
        "everything": AskLog(),
        "one colleague": AskLog(actor=colleague),
        "one case": AskLog(case=case),
        "one action": AskLog(action="grant.give"),
        "refusals": AskLog(refused=True),
        "an outcome": AskLog(outcome="not_found"),
        "a reason": AskLog(justification="WITNESS_REQUEST"),
        "a rule": AskLog(rule="holder-gives-keys"),
        "alarms": AskLog(alarms=True),
        "openings at night": AskLog(operation="consult", nights=True),
        "a week half a year ago": AskLog(since=week - timedelta(days=180), until=week - timedelta(days=173)),
        "a colleague in a case": AskLog(actor=colleague, case=case),
        "a colleague's reveals of a month": AskLog(actor=colleague, action="person.reveal", days=30),
        "a colleague's alarms": AskLog(actor=colleague, alarms=True),
        "a colleague who did no such thing": AskLog(actor=colleague, action="case.destroy"),
        "nobody": AskLog(actor="S-333333"),
    }


def measured(paper: Paper, world: World, roles: Roles, office: Office, size: int) -> dict[str, float]:
    """Each question in turn; how long the middle one of its answers took, in milliseconds."""
    paper.title(f"Reading a log of {size:,} entries")
    fill(roles, office, size)
    world.sign_in("auditor")
    _control(world)
    found = {}
    for name, form in questions(office).items():
        page: LogPage = world.do("auditor", oversight.ask, form)
        if page.older:
            # Deep in the list, where a page that is counted would read all before it.
            deep: LogPage = world.do("auditor", oversight.ask, replace_before(form, page))
            if not deep.entries:
                raise Void(f"{name}: nothing behind the first page")
        taken = sorted(_timed(world, form) for _ in range(COUNT))
        found[name] = statistics.median(taken)
        how = f"{len(page.entries)} entries; p99 {quantile(taken, 0.99):.0f}"
        paper.add(at_most(ISSUE, f"{size:,}: {name}, p50", found[name], "ms", 50, how))
    for name, action, asks in (
        ("the report of a case", reports.case_report, AskCase(reference=office.cases[7][1])),
        ("every sign", signs.signs, None), ("a month in numbers", reports.figures, None),
    ):  # fmt: skip
        taken = sorted(_timed(world, asks, action) for _ in range(5))
        paper.add(seen(ISSUE, f"{size:,}: {name}, p50 of five", statistics.median(taken), "ms"))
    return found


def replace_before(form: AskLog, page: LogPage) -> AskLog:
    """The next page of the same question."""
    return form.model_copy(update={"before": page.entries[-1].id})


def _timed(world: World, form: Form | None, action: Action = oversight.ask) -> float:
    begun = time.perf_counter()
    world.do("auditor", action, form)
    return (time.perf_counter() - begun) * 1000


def _control(world: World) -> None:
    """Twenty milliseconds of planted sleep in the database's every statement must be seen."""
    engine = world.office._engine

    def slow(*_given: Any) -> None:
        time.sleep(0.02)

    before = statistics.median(_timed(world, AskLog(actor="S-333333")) for _ in range(5))
    event.listen(engine, "before_cursor_execute", slow)
    try:
        held = statistics.median(_timed(world, AskLog(actor="S-333333")) for _ in range(5))
    finally:
        event.remove(engine, "before_cursor_execute", slow)
    if held < before + 15:
        raise Void(f"20 ms were planted, and {held - before:.1f} ms were measured")


if __name__ == "__main__":
    sys.exit(main())
