"""What may be known of the log without reading it, what the log knows of oneself, and how the house is."""

from __future__ import annotations

import os
import platform
import resource
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import column, func, select, table

from app.audit.models import SAID, EntryBody, SignedCheckpoint
from app.oversight import clocks
from app.oversight.filters import chosen, made_since
from app.oversight.forms import AskLog
from app.oversight.models import LogCheck
from app.oversight.outside import outside
from app.oversight.views import Badge, Health, Mine, Numbers
from app.work import Reading, query

PAGE = 25
# How far back the tiles of an auditor look, today among them.
LOOK_BACK_DAYS: Final = 7
# How far back somebody is shown what they opened: older entries may have lost their bodies.
MINE_DAYS: Final = 90
OPENINGS: Final = ("consult", "disclose", "combine")


@query("log.badge")
def badge(reading: Reading, *desks: str) -> Badge:
    """Whether the log was whole when it was last checked, and how far it is signed.

    desks  whose page asks, by scope: the auditor's, the administrator's, or either
    """
    reading.need(*(desks or ("log", "accounts")))
    last = reading.first(LogCheck, order=LogCheck.at.desc())
    signed = reading.first(SignedCheckpoint, order=SignedCheckpoint.size.desc())
    if last is None:
        state, size, checked_at, bad_index, problem = "unchecked", 0, None, None, ""
    else:
        state = "intact" if last.intact else "broken"
        size, checked_at, bad_index, problem = last.size, last.at, last.bad_index, last.problem
    return Badge(
        state=state,  # type: ignore[arg-type]
        size=size,
        checked_at=checked_at,
        bad_index=bad_index,
        problem=problem,
        signed=signed.size if signed else 0,
        signed_at=signed.at if signed else None,
        note=signed.note if signed else "",
        now=reading.now,
        outside=outside(reading.settings, reading.now),
    )


@query("log.numbers")
def numbers(reading: Reading) -> Numbers:
    """How many entries of the last days ask for an auditor's eye."""
    reading.need("log")

    def number(form: AskLog) -> int:
        return int(reading.execute(select(func.count()).select_from(chosen(reading, form).subquery()))[0][0])

    return Numbers(*(number(form) for form in asked.run(reading)))


@query("log.asked")
def asked(reading: Reading) -> tuple[AskLog, AskLog, AskLog, AskLog]:
    """The filters behind those numbers, for the links that lead to their lists."""
    since = reading.today - timedelta(days=LOOK_BACK_DAYS - 1)
    return (
        AskLog(refused=True, from_day=since),
        AskLog(operation="consult", nights=True, unexpected=True, from_day=since),
        AskLog(operation="combine", unexpected=True, from_day=since),
        AskLog(alarms=True, from_day=since),
    )


@query("log.mine")
def mine(reading: Reading, page: int = 0) -> tuple[Mine, ...]:
    """What I opened in the last ninety days, newest first, 25 a page: my own entries and nobody else's."""
    statement = (
        reading.rows(EntryBody)
        .where(
            # An auditor is given everybody's.
            SAID["actor"] == reading.actor.code,
            SAID["operation"].in_(OPENINGS),
            made_since(reading.now - timedelta(days=MINE_DAYS)),
        )
        .order_by(EntryBody.entry.desc())
        .limit(PAGE)
        .offset(PAGE * page)
    )
    return tuple(mine_of(body.view) for (body,) in reading.execute(statement))


@query("office.health")
def health(reading: Reading) -> Health:
    """How this installation is, as far as the staff's process knows it without a secret."""
    reading.need("accounts")
    settings, log = reading.settings, badge.run(reading)
    ((server,),) = reading.execute(select(func.current_setting("server_version_num")))
    ((revision,),) = reading.execute(select(column("version_num")).select_from(table("alembic_version")))
    disk = os.statvfs(_there(settings.home))
    clock = clocks.read(reading.execute(clocks.newest()))
    percent = 100 * disk.f_bavail // max(1, disk.f_blocks)
    return Health(
        python=platform.python_version(),
        database=f"{int(server) // 10_000}.{int(server) % 10_000}",
        revision=revision,
        rules=len(reading.policy.rules),
        rules_hash=reading.policy.hash,
        profile=settings.profile,
        zone=settings.office_zone,
        tls=settings.tls != "none",
        demo=settings.demo,
        signed=log.signed,
        signed_at=log.signed_at,
        checked_at=log.checked_at,
        state=log.state,
        free_percent=percent,
        free_mib=disk.f_bavail * disk.f_frsize >> 20,
        disk_low=percent < settings.disk_free_percent_min,
        core_files=resource.getrlimit(resource.RLIMIT_CORE)[0] != 0,
        jumped=clock.seconds if clock else None,
        jumped_at=clock.at if clock else None,
    )


def mine_of(view: dict[str, object]) -> Mine:
    """An entry of one's own, as it is shown to whoever made it."""
    subjects = view["subjects"]
    assert isinstance(subjects, list)
    return Mine(
        at=str(view["at"]),
        operation=str(view["operation"]),
        action=str(view["action"]),
        cases=tuple(str(subject["case"]) for subject in subjects),
        justification=str(view["justification"]) if "justification" in view else None,
    )


def _there(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    folder = folder.absolute()
    return folder if folder.exists() else _there(folder.parent)
