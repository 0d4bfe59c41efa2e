"""The worker: gives entries their place in the tree, signs checkpoints, does due work, sweeps orphans.

It alone holds the log's signing key. It opens no case: a service holds no grant. Of the office it
loads what is due to it and no more.
"""

from __future__ import annotations

import json
import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app import clock, jobs, presence
from app.audit import sequencer
from app.audit.cosigning import Cosigning
from app.audit.note import parse_verifier_key
from app.audit.sequencer import Sequencer
from app.audit.succession import LogKeys
from app.audit.tiles import TileFolder
from app.audit.trust import Trust
from app.errors import CannotStart, Conflict, LogForked, Refusal
from app.intake.models import SubmissionFile
from app.keyholders.backends import open_keys
from app.keyholders.manager import InstalledKeys
from app.oversight import clocks
from app.protection import escalating
from app.settings import Settings
from app.testimonies.custody import lapse
from app.testimonies.models import ARRIVING_MAX, Attachment
from app.work import Caller, Office
from app.work.actions import ACTIONS
from app.work.files import FileStore

log = logging.getLogger("amana.worker")

CHORES_SECONDS: Final = 2.0
SWEEP_SECONDS: Final = 3600.0
# A new checkpoint comes every few minutes; nobody waits for its witnesses.
COSIGN_SECONDS: Final = 5.0
# So often the moment is kept with which the next run compares its clock.
KEPT_SECONDS: Final = 60.0
# People are called on a thread of their own: a step may be this late, and waits for no other work.
ALARM_SECONDS: Final = 1.0
MEND_SECONDS: Final = 60.0
# A job that fails is tried again after this long, times the tries it has had.
RETRY: Final = timedelta(minutes=1)
# Due work that destroys: after a long jump of the clock it waits for a person.
DESTROYS: Final = frozenset({"attachment.erase"})


@dataclass
class Bells:
    """What signals ask for: to end, and to sign a checkpoint now."""

    ending: threading.Event = field(default_factory=threading.Event)
    signing: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        """SIGTERM and SIGINT end the worker, SIGUSR1 signs a checkpoint. Main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ending.set())
        signal.signal(signal.SIGUSR1, lambda *_: self.signing.set())

    def sign_now(self) -> bool:
        """Whether a checkpoint was asked for since the last time."""
        asked = self.signing.is_set()
        self.signing.clear()
        return asked


def run(
    settings: Settings, office: Office, engine: Engine, keys: LogKeys, trust: Trust, bells: Bells | None = None
) -> int:
    """Work until told to end. Returns the process's exit code: 0, or 3 if the log is forked.

    engine   of the sequencer's role
    keys     the log's verifier key, which names the log, and those before it
    trust    whom the log is shown to, so that they sign that they saw it
    """
    bells = bells or Bells()
    maker = open_sequencer(settings, engine, keys)
    with presence.only_worker(presence.path(settings)):
        bells.listen()
        helpers = [threading.Thread(target=_chores, args=(settings, office, bells.ending), name="chores", daemon=True)]
        helpers.append(threading.Thread(target=_alarms, args=(office, bells.ending), name="alarms", daemon=True))
        if trust.witnesses:
            carrier = Cosigning(maker.tiles, trust, keys.key)
            helpers.append(
                threading.Thread(target=_cosign, args=(maker, carrier, bells.ending), name="cosigning", daemon=True)
            )
        for helper in helpers:
            helper.start()
        try:
            sequencer.run(
                maker, tick_ms=settings.tree_tick_ms, minutes=settings.checkpoint_minutes,
                stopped=bells.ending.wait, sign_now=bells.sign_now,
            )  # fmt: skip
        except LogForked as found:
            log.critical("%s Nothing was signed. RUNBOOK.md says what to do.", found)
            return presence.FORKED
        finally:
            bells.ending.set()
            for helper in helpers:
                helper.join(timeout=5)
    return 0


def open_sequencer(settings: Settings, engine: Engine, keys: LogKeys) -> Sequencer:
    """A sequencer with the signing key of the log that ``keys`` name; raises as ``check_key``."""
    manager, generation = check_key(settings, keys.key)
    origin, public = parse_verifier_key(keys.key)
    sign = partial(manager.sign, generation=generation)
    return Sequencer(
        engine, TileFolder(settings.log_folder), origin=origin, sign=sign, public=public, ended=keys.ended
    )  # fmt: skip


def check_key(settings: Settings, key: str) -> tuple[InstalledKeys, int]:
    """The log's key file, opened, and which generation in it is this key.

    raises  CannotStart if it is missing, open to others, or of another log
    """
    manager, public = open_keys(settings, "log"), parse_verifier_key(key)[1]
    for generation in manager.generations("log"):
        if manager.public(generation) == public:
            return manager, generation
    raise CannotStart("keys/log.key is not the key that keys/log.trust names. Restore both from one backup.")


def _chores(settings: Settings, office: Office, ending: threading.Event) -> None:
    """Due work every few seconds, orphans once an hour, beside the sequencer and never in its way."""
    files = FileStore(settings.attachments_folder, bytes_max=0)
    watch = ClockWatch(settings.home / "run" / "clock.json")
    swept_at = -SWEEP_SECONDS
    while not ending.wait(CHORES_SECONDS):
        _try("due work", lambda: _all_due(office, watch))
        if time.monotonic() - swept_at >= SWEEP_SECONDS:
            swept_at = time.monotonic()
            _try("the sweep", lambda: sweep(office, files, watch))


def _alarms(office: Office, ending: threading.Event) -> None:
    """Call people who are due to be called. Held by nothing: neither by other due work nor by a clock that jumped."""
    mended_at = -MEND_SECONDS
    while not ending.wait(ALARM_SECONDS):
        if time.monotonic() - mended_at >= MEND_SECONDS:
            mended_at = time.monotonic()
            _try("looking for lost alarms", lambda: mend(office))
        _try("an alarm", lambda: ring(office))


def mend(office: Office) -> None:
    """Ask again for each alarm that nobody is to give."""
    office.housekeep(lambda session: escalating.mend(session, clock.now()))


def ring(office: Office) -> None:
    """Give every alarm that is due."""
    while office.housekeep(lambda session: do_due(session, office, only=escalating.ALARMS)):
        pass


def _cosign(maker: Sequencer, carrier: Cosigning, ending: threading.Event) -> None:
    """Carry each new checkpoint to the witnesses, beside the sequencer: they may be slow, or gone."""
    while not ending.wait(COSIGN_SECONDS):
        if maker.leading:
            try:
                carrier.round()
            except LogForked as found:
                # They may be wrong or lie, and nobody outside shall be able to stop the log: it is said aloud.
                log.critical("%s The database may be an old one. RUNBOOK.md says what to do.", found)
            except Exception as problem:  # noqa: BLE001  the next round tries again
                log.error("asking the witnesses failed: %s", type(problem).__name__)


def _try(what: str, do: Callable[[], object]) -> None:
    """One chore. What goes wrong is said by its kind, since its text may hold values, and tried again."""
    try:
        do()
    except Exception as problem:  # noqa: BLE001  one chore must not end the others; all are retried
        log.error("%s failed: %s", what, type(problem).__name__)


class ClockWatch:
    """Notices that the clock jumped, while this runs and between two runs: an entry says so.

    path  keeps the last moment by both clocks, so that a clock set while nothing ran is noticed too
    """

    def __init__(self, path: Path, mark: Callable[[], clock.Mark] = clock.mark) -> None:
        self._path, self._mark = path, mark
        self._last = self._kept()

    def look(self, office: Office) -> None:
        """Compare with the last look. Raises if the entry could not be written; then the next look sees the same."""
        now = self._mark()
        moved = round(clock.jumped(self._last, now)) if self._last else 0
        if abs(moved) > clocks.JUMP_SECONDS_MAX:
            office.perform(Caller.service("worker"), clocks.jump, clocks.Jumped(seconds=moved))
            log.warning("the clock jumped by %d seconds", moved)
        elif self._last and now.at - self._last.at < KEPT_SECONDS:
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(now)))
        fresh.replace(self._path)
        self._last = now

    def _kept(self) -> clock.Mark | None:
        """The mark of an earlier run; None where there is none that can be read."""
        try:
            return clock.Mark(**json.loads(self._path.read_text()))
        except (OSError, ValueError, TypeError):
            return None


def sweep(office: Office, files: FileStore, watch: ClockWatch | None = None) -> int:
    """Give up uploads that did not end in their time, then remove sealed bytes that no row names.

    Returns how many files were removed; bytes younger than a day stay, since a row may be about to name them.
    After a long jump of the clock nobody knows what is older, so nothing goes until a person has looked.
    """
    if watch is not None:
        watch.look(office)
    if office.housekeep(clocks.waiting) is not None:
        return 0
    for row in office.housekeep(_overdue):
        try:
            office.perform(Caller.service("worker"), lapse, subject=row)
        except Conflict:
            # Its last byte came at this very moment.
            continue
    swept = files.sweep(office.housekeep(_named))
    if swept:
        log.info("swept %d files of interrupted uploads", swept)
    return swept


def _named(session: Session) -> frozenset[str]:
    kept = session.scalars(select(Attachment.blob).where(Attachment.blob.is_not(None)))
    sent = session.scalars(select(SubmissionFile.blob))
    coming = session.scalars(select(Attachment.id).where(Attachment.state == "INCOMING"))
    return frozenset(str(name) for names in (kept, sent, coming) for name in names)


def _overdue(session: Session) -> Sequence[UUID]:
    late = Attachment.received_at < clock.now() - ARRIVING_MAX
    return session.scalars(select(Attachment.id).where(Attachment.state == "INCOMING", late)).all()


def _all_due(office: Office, watch: ClockWatch) -> None:
    # First, so that nothing is destroyed by a clock that has just jumped.
    watch.look(office)
    while office.housekeep(lambda session: do_due(session, office)):
        pass


def do_due(session: Session, office: Office, *, only: frozenset[str] = frozenset()) -> bool:
    """Do the most overdue job, if any. Its row stays locked meanwhile, so no second worker takes it.

    At least once: a crash between the action's commit and this one's does it again, and an
    action that was done already answers Conflict, which settles it.
    """
    held = DESTROYS if clocks.waiting(session) is not None else frozenset()
    job = jobs.claim(session, clock.now(), but=held, only=only)
    if job is None:
        return False
    job.tries += 1
    try:
        _perform(office, job)
        job.done_at = clock.now()
    except Refusal as refusal:
        _put_off(job, refusal.code, settled=refusal.status < 500)
    except Exception as problem:  # noqa: BLE001  a job that always fails must not stop those behind it
        _put_off(job, type(problem).__name__, settled=False)
    return True


def _put_off(job: jobs.Job, why: str, *, settled: bool) -> None:
    log.warning("job %s: %s, try %d", job.action, why, job.tries)
    if settled:
        job.done_at = clock.now()
    else:
        job.due_at = clock.now() + RETRY * job.tries


def _perform(office: Office, job: jobs.Job) -> Any:
    return office.perform(Caller.service("worker"), ACTIONS[job.action], subject=job.subject_id)
