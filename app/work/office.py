"""The office: the one boundary where things are decided, done, recorded and committed.

The order in ``_run`` is the promise: subject through the caller's scope, rule, action,
entry, commit, and only then an answer. FastAPI runs the exit code of a ``yield``
dependency after the client has its answer, so the commit is here and nowhere else.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Select, select, update
from sqlalchemy import Row as Answered
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import clock
from app.audit.append import Draft, append
from app.db import CaseRow, StrayWrite, Table
from app.errors import Conflict, NotFound, PlantedKey, Refusal, SealBroken, StepUpNeeded, Unavailable, Unprocessable
from app.keyholders.register import Register
from app.policy.actor import Circumstances, Subject
from app.policy.engine import Granted, Policy
from app.pseudonyms import references
from app.settings import Settings
from app.work import circumstances, expected, stepping
from app.work.actions import ACTIONS, Action, Query
from app.work.caller import Caller
from app.work.forms import Form, Justification, Reasoned, Stated
from app.work.plain import Disclosure
from app.work.subjects import Found, Standing
from app.work.work import Reading, Unrecorded, Work

log = logging.getLogger("amana.office")


class Kept(Table):
    """An answer kept for an idempotency key: clear states only, found again by the key's hash."""

    __tablename__ = "kept_answers"
    unguarded = "a copy of an answer whose action has its entry"

    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    # Which of our processes keeps it: the database shows each door its own.
    host: Mapped[str]
    # Keyed by the caller's own random key, which is not stored: it tells nothing of the form.
    form_mac: Mapped[bytes]
    answer: Mapped[str | None]
    at: Mapped[datetime]


class Replayed(dict[str, Any]):
    """The answer of an earlier identical request."""


class Office:
    """Performs actions and answers queries for every door of one process."""

    def __init__(
        self,
        engine: Engine,
        policy: Policy,
        *,
        settings: Settings | None = None,
        host: str = "app",
        register: Register | None = None,
    ) -> None:
        self._engine = engine
        self._settings = settings or Settings()
        self.policy = policy
        self.host = host
        # What this process knows of the office's own keys; without it nothing is sealed to anybody.
        self.register = register
        # Set by whoever keeps sign-ins: raises NotSignedIn if a caller is no longer who they were.
        self.recheck: Callable[[Session, Caller], None] = lambda _session, _caller: None
        # The same of a colleague, to be asked together with the subject of an action.
        self.standing: Standing | None = None

    def perform(
        self,
        caller: Caller,
        action: Action,
        form: Form | None = None,
        *,
        subject: object = None,
        idempotency: str | None = None,
        render: Callable[[Any], dict[str, Any]] | None = None,
    ) -> Any:
        """Do one thing and return its view, after the commit.

        subject      the outside address of the action's subject: an id or a reference
        idempotency  the caller's random key; an identical repeat gets the kept answer
        raises       Refusal (an entry of its own is committed first), Alarm, or a defect
        """
        try:
            with self._session() as session, session.begin():
                return self._run(session, caller, action, form, subject, idempotency, render)
        except Refusal as refusal:
            self._refused(caller, action.name, form, subject, refusal)
            raise
        except (SealBroken, PlantedKey) as alarm:
            self._alarm(caller, action, alarm.code)
            raise
        except (DBAPIError, PoolTimeout) as problem:
            failed = _failed(problem)
            if isinstance(failed, Conflict):
                self._refused(caller, action.name, form, subject, failed)
            raise failed from None

    def ask(self, caller: Caller, query: Query, *given: Any, **more: Any) -> Any:
        """Answer a question that discloses nothing sealed, in a read-only transaction."""
        try:
            with self._session(hallway=False) as session, session.begin():
                # Said with BEGIN, so that it costs no trip of its own.
                session.connection(execution_options={"postgresql_readonly": True})
                return self._query(session, caller, query, *given, **more)
        except Refusal as refusal:
            self._refused(caller, query.name, None, given[0] if given else None, refusal)
            raise
        except (DBAPIError, PoolTimeout) as problem:
            raise _failed(problem) from None

    def _query(self, session: Session, caller: Caller, query: Query, *given: Any, **more: Any) -> Any:
        self.policy.must_have_key(caller.actor, query.keyless)
        reading = Reading(session, caller, self.policy, clock.now(), self._settings, query.reaches)
        return query.run(reading, *given, **more)

    def close(self) -> None:
        """Give the connections back, at the end of a process."""
        self._engine.dispose()

    def look_up(self, question: Select[*tuple[Any, ...]], given: dict[str, Any]) -> Sequence[Answered[Any]]:
        """The answer to one question that changes nothing; a transaction around it would be two trips more.

        Only for what a door must know before it has a caller: who is behind a token.
        Raises StrayWrite for a statement that is no question.
        """
        if not isinstance(question, Select):
            raise StrayWrite("a look-up that is no question")
        try:
            # Without a session, which costs as much as the answer: nothing here is loaded to be changed.
            with self._engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                return connection.execute(question, given).all()
        except (DBAPIError, PoolTimeout) as problem:
            raise _failed(problem) from None

    def housekeep(self, run: Callable[[Session], Any]) -> Any:
        """A transaction for unguarded tables only: idle touches, throttles, looking up a sign-in.

        The database itself refuses its commit if it changed anything that needs an entry.
        """
        try:
            with self._session() as session, session.begin():
                return run(session)
        except (DBAPIError, PoolTimeout) as problem:
            raise _failed(problem) from None

    def _session(self, *, hallway: bool = True) -> Session:
        """A session that knows the register and, for actions, may write."""
        info = {"hallway": hallway, "register": self.register}
        return Session(self._engine, info=info, expire_on_commit=False)

    def _run(
        self,
        session: Session,
        caller: Caller,
        action: Action,
        form: Form | None,
        address: object,
        idempotency: str | None,
        render: Callable[[Any], dict[str, Any]] | None,
    ) -> Any:
        work = Work(session, caller, self.policy, clock.now(), self._settings, action.reaches)
        standing = self.standing if caller.actor.kind == "User" and caller.actor.sign_in is not None else None
        repeatable = idempotency is not None and action.creates
        self.policy.must_have_key(caller.actor, action.keyless)
        # A body may arrive slowly: between the head and the end of a request somebody can be shut out.
        if standing is None or action.on is None or repeatable:
            self.recheck(session, caller)
        if idempotency is not None and action.creates:
            kept = _keep(session, caller, action, form, address, idempotency, work.now, self.host)
            if kept is not None:
                return kept
        # a. The subject is fetched through the caller's own scope: no grant, no case.
        found = work.subject(action, address, form, standing)
        row = found.row if found is not None else None
        before = work.visited(form, row) if isinstance(form, Reasoned) else None
        glass = work.glass(found)
        if glass is not None and isinstance(form, Reasoned) and form.cites == glass.id:
            before = bytes(glass.commitment)
        facts, given = self._facts(work, action, found, form), circumstances.given(work, found, form, before, glass)
        # b. A rule decides, knowing the row's facts.
        granted = self._decide(work, caller, action, row, form, facts, given)
        _refuse_lost_words(form, row)
        if found is not None and action.discloses:
            work.count(found, urgent=given.justification == Justification.LIFE_AT_RISK)
        # c. The action itself; its model refuses what the state does not allow.
        arguments: list[Any] = [work] + ([row] if row is not None else [])
        # A form of which nothing has to be filled in need not be brought.
        arguments += [form or action.form()] if action.form is not None else []
        view = action.run(*arguments)
        if isinstance(form, Reasoned) and form.words and isinstance(row, CaseRow):
            work.justify(row.case_id, str(row.compartment), form.words)
        work.under(before)
        session.flush()
        # d. What was touched must have been said.
        if not work.recorded:
            raise Unrecorded(f"{action.name} recorded nothing")
        base = self._draft(caller, action.name, action.operation, form, granted, work.now)
        why = expected.opening(session, caller.actor, at=work.now) if action.discloses else None
        number = self._append(session, work, base, why)
        # Whoever is shown something is told under which entry.
        view = replace(view, entry=number) if isinstance(view, Disclosure) else view
        if idempotency is not None and action.creates and render is not None:
            _keep_answer(session, idempotency, caller, render(view))
        return view

    def _decide(
        self, work: Work, caller: Caller, action: Action, row: Table | None, form: Form | None,
        facts: Subject, given: Circumstances,
    ) -> Granted:  # fmt: skip
        """The rule that allows this; where only a second factor is missing, one that was given for it is used up."""
        try:
            return self.policy.decide(caller.actor, action.name, facts, given)
        except StepUpNeeded:
            visit = form.visit if isinstance(form, Reasoned) else None
            if not stepping.use(work.session, caller.actor, action, row, visit, at=work.now):
                raise
        return self.policy.decide(caller.actor, action.name, facts, replace(given, stepped=True))

    def _append(self, session: Session, work: Work, base: Draft, why: str | None) -> int | None:
        """The action's entry, and one of its own for each case it joined. Returns its number in its one case.

        why   a code for why an auditor need not look at it first, if there is one
        """
        draft = work.draft(base)
        draft = replace(draft, codes={**draft.codes, "expected": why}) if why else draft
        append(session, draft)
        for case in work.combined():
            both = tuple(replace(s, seq=None) for s in draft.subjects if s.case_id == case)
            own = expected.joining(session, work.actor, case, at=work.now)
            codes: dict[str, str | int | bool | UUID] = {"expected": own} if own else {}
            append(session, replace(draft, operation="combine", subjects=both, fields=(), codes=codes, words=None))
        planted = session.info.get("planted", 0)
        if planted:
            # They were left out, so the action went on; whoever reads the log has to know of them.
            again = tuple(replace(subject, seq=None) for subject in draft.subjects)
            found = replace(draft, operation="key", outcome=PlantedKey.code, fields=(), words=None, subjects=again)
            append(session, replace(found, codes={"planted": planted}))
        return draft.subjects[0].seq if len(draft.subjects) == 1 else None

    def _facts(self, work: Work, action: Action, found: Found | None, form: Form | None) -> Subject:
        row = found.row if found is not None else None
        target = action.about(work, row, form) if action.about is not None else {}
        if found is None:
            return Subject(**target)
        row, seen = found.row, found.known.seen
        compartment = str(row.compartment) if isinstance(row, CaseRow) else "none"
        if compartment not in {"LOCATION", "TESTIMONY"}:
            seen = frozenset()
        return Subject(
            table=row.__tablename__, compartment=compartment, held=found.known.held, woken=found.known.woken, seen=seen,
            apart=found.known.apart,
            **(row.facts() | target),
        )  # fmt: skip

    def _draft(
        self, caller: Caller, name: str, operation: str, form: Form | None, granted: Granted, at: datetime
    ) -> Draft:  # fmt: skip
        reason = form if isinstance(form, Stated) else None
        return Draft(
            operation=operation,
            action=name,
            actor=caller.actor.code,
            roles=caller.actor.roles,
            at=at,
            rule=granted.rule,
            policy_hash=granted.policy_hash,
            justification=reason.justification.value if reason else "none",
            cites=reason.cites if reason else None,
            request=caller.request,
            host=self.host,
        )

    def _refused(self, caller: Caller, name: str, form: Form | None, address: object, refusal: Refusal) -> None:
        """One entry of its own for a refusal of somebody we know. Nobody is told less for it.

        Refusals of anonymous callers are counted at the edge, not logged one by one: a
        stranger must not be able to fill the log.
        """
        if not caller.actor.known:
            return
        granted = Granted(refusal.rule or "none", self.policy.hash)
        base = self._draft(caller, name, "refuse", form, granted, clock.now())
        sought = address if address is not None else getattr(form, "reference", None)
        draft = replace(base, outcome=refusal.code, sought=_sought(sought), codes=_target(address))
        try:
            with self._session() as session, session.begin():
                append(session, draft)
        except (DBAPIError, PoolTimeout) as problem:
            raise _failed(problem) from None

    def _alarm(self, caller: Caller, action: Action, code: str) -> None:
        granted = Granted("none", self.policy.hash)
        draft = replace(self._draft(caller, action.name, "refuse", None, granted, clock.now()), outcome=code)
        with self._session() as session, session.begin():
            append(session, draft)
        log.critical("%s: %s", code, action.name)


def check_actions(policy: Policy, *, whole: bool = True) -> None:
    """Refuse to start unless rules and actions are one-to-one; in a part of the office, unless each has a rule."""
    policy.must_match(ACTIONS, whole=whole)


def _sought(address: object) -> str | None:
    """The reference somebody asked for, if it is one; whether it exists makes no difference."""
    if not isinstance(address, str):
        return None
    try:
        return references.read(address)
    except NotFound:
        return None


def _refuse_lost_words(form: Form | None, row: Table | None) -> None:
    """Words are sealed under the case they explain; where there is none they would be lost, so they are not taken."""
    if isinstance(form, Reasoned) and form.words and not isinstance(row, CaseRow):
        raise Unprocessable("No words can be kept with this. Please leave them out.")


def _target(address: object) -> dict[str, str | int | bool | UUID]:
    return {"target": address} if isinstance(address, UUID) else {}


def _keep(
    session: Session,
    caller: Caller,
    action: Action,
    form: Form | None,
    address: object,
    key: str,
    at: datetime,
    host: str,
) -> Replayed | None:
    """Claim an idempotency key, waiting for one that is under way; the kept answer on a repeat."""
    if not 16 <= len(key) <= 128:
        raise Unprocessable("An idempotency key has 16 to 128 characters.")
    content = form.told() if form is not None else ""
    message = "\x00".join([action.name, str(address), content]).encode()
    mac = hmac.new(key.encode(), message, hashlib.sha256).digest()
    hashed = _key_hash(key, caller)
    claimed = session.execute(
        insert(Kept)
        .values(key_hash=hashed, host=host, form_mac=mac, answer=None, at=at)
        .on_conflict_do_nothing()
        .returning(Kept.key_hash)
    ).one_or_none()
    if claimed is not None:
        return None
    kept = session.execute(select(Kept).where(Kept.key_hash == hashed)).scalar_one()
    if not hmac.compare_digest(kept.form_mac, mac):
        raise Conflict("This idempotency key was used for something else.")
    return Replayed(json.loads(kept.answer or "{}"))


def _keep_answer(session: Session, key: str, caller: Caller, answer: dict[str, Any]) -> None:
    mine = update(Kept).where(Kept.key_hash == _key_hash(key, caller))
    told = json.dumps(answer, ensure_ascii=False)
    session.execute(mine.values(answer=told).execution_options(synchronize_session=False))


def _key_hash(key: str, caller: Caller) -> bytes:
    # Two callers' keys never meet: one could else probe another's answers.
    return hashlib.sha256(f"amana/idempotency/v1\x00{caller.actor.code}\x00{key}".encode()).digest()


def _failed(problem: Exception) -> Refusal:
    """The answer to a database failure. Its text holds values and is never shown or logged."""
    state = getattr(getattr(problem, "orig", None), "sqlstate", None)
    diag = getattr(getattr(problem, "orig", None), "diag", None)
    log.error("database: sqlstate=%s constraint=%s", state, getattr(diag, "constraint_name", None))
    # What is there already, or two times that overlap.
    if isinstance(problem, IntegrityError) and state in {"23505", "23P01"}:
        return Conflict("Somebody did this at the same moment.")
    return Unavailable()
