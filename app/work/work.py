"""What an action holds in its hand, and what a query holds.

``Work`` can fetch, open, seal, add, grant and must record. ``Reading`` can only read
rows in the caller's scope, in a read-only transaction.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Select, select
from sqlalchemy.orm import Session

from app import jobs
from app.audit.append import CaseSubject, Draft, name_subjects
from app.db import CaseRow, EnvelopeRow, Row, Table, tables
from app.errors import Conflict, NotFound
from app.keyholders import grants, holders, reach
from app.keyholders.models import BreakGlass, Envelope, Grant, Keyholder
from app.policy.actor import Actor
from app.policy.engine import Policy
from app.settings import Settings
from app.work import quotas, stepping, subjects, wall
from app.work.actions import Action
from app.work.caller import Caller
from app.work.forms import CITES, Form, Justification, Reasoned
from app.work.marking import Marking
from app.work.plain import Plain
from app.work.rows import addressed, bound, case_of, scoped
from app.work.seals import Seals, compartment_in, compartment_of
from app.work.subjects import Cited, Found, Standing

R = TypeVar("R", bound=Table)
Sealable = CaseRow | EnvelopeRow


class Unrecorded(RuntimeError):
    """An action touched something and did not say so: a defect; everything is rolled back."""


class Reading:
    """Rows in a caller's scope. Has no ``open``, ``seal`` or ``add``."""

    def __init__(
        self, session: Session, caller: Caller, policy: Policy, at: datetime, settings: Settings,
        reaches: str = "HELD",
    ) -> None:  # fmt: skip
        self._session = session
        self._reaches = reaches
        self.caller = caller
        self.policy = policy
        self.now = at
        self.settings = settings
        # What statements made once for all callers are run with.
        self._bound = bound(caller.actor, at, reaches)

    @property
    def actor(self) -> Actor:
        """Who asks, as the rules know them."""
        return self.caller.actor

    @property
    def today(self) -> date:
        """The day it is in the office."""
        return self.now.astimezone(self.settings.zone).date()

    def need(self, *scopes: str) -> None:
        """For what belongs to no row: NotFound unless a rule lets this caller use one of these scopes."""
        if not self.policy.scopes(self.actor) & set(scopes):
            raise NotFound

    def rows(self, table: type[R]) -> Select[R]:
        """The rows of a table this caller can be given, to be narrowed further and then run here. Raises NoScope."""
        return scoped(table, self.policy.scopes(self.actor))

    def all(self, table: type[R], *conditions: ColumnElement[bool], order: Any = None, limit: int = 50) -> Sequence[R]:
        """At most ``limit`` rows in scope."""
        statement = self.rows(table).where(*conditions).limit(limit)
        return self._session.scalars(statement if order is None else statement.order_by(order), self._bound).all()

    def one(self, table: type[R], *conditions: ColumnElement[bool]) -> R:
        """The one row in scope; NotFound if there is none, whether or not it exists elsewhere."""
        found = self._session.scalars(self.rows(table).where(*conditions), self._bound).one_or_none()
        if found is None:
            raise NotFound
        return found

    def first(self, table: type[R], *conditions: ColumnElement[bool], order: Any = None) -> R | None:
        """The first row in scope, if there is one."""
        return next(iter(self.all(table, *conditions, order=order, limit=1)), None)

    def fetch(self, table: type[R], key: object) -> R:
        """A row by its outside address: an id, or a case's reference."""
        column = table.__mapper__.columns[table.addressed_by]
        return self.one(table, column == addressed(column, key))

    def execute(self, statement: Select[*tuple[Any, ...]] | CompoundSelect[Any], **given: object) -> Sequence[Any]:
        """Run a statement built from ``rows``; for joins and counts of what is in scope."""
        return self._session.execute(statement, {**self._bound, **given}).all()

    def stepped(self, case: UUID) -> bool:
        """Whether a second factor given for this visit of a case still opens who it is about."""
        return stepping.lasts(self._session, self.actor, case, at=self.now)

    def held(self, case: UUID) -> frozenset[str]:
        """The compartments of a case that the caller's keyring can open now."""
        return self.held_in([case]).get(case, frozenset())

    def held_in(self, cases: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
        """The same for several cases in one question."""
        return reach.held(self._session, self.actor.keyholders, cases, at=self.now, reaching=self._bound)

    def held_by(self, holder: UUID, case: Table) -> frozenset[str]:
        """The compartments of a case that somebody holds, by themself or through their teams."""
        teams = {m.team_id for m in holders.memberships_of(self._session, holder)}
        found = reach.held(self._session, {holder, *teams}, case_of(case), at=self.now)
        return next(iter(found.values()), frozenset())

    def cited(self, form: Reasoned, row: Table | None, found: Cited | None = None) -> bool:
        """Whether the form cites an item of the row's case of the kind its code asks for.

        found  where the item stands, if that was asked with the row
        What lies in no case yet can only serve itself: a submission, or the one a file came with.
        """
        if isinstance(row, EnvelopeRow) and form.justification is Justification.TRIAGE:
            return form.cites is not None and form.cites in {row.id, getattr(row, "submission_id", None)}
        case = row.case_id if isinstance(row, CaseRow) else None
        if row is not None and row.__tablename__ == "cases":
            case = next(iter(case_of(row)))
        kinds = CITES.get(Justification(form.justification))
        if kinds is None or form.cites is None:
            return kinds is None
        agreed = form.justification is Justification.AGREED_DISCLOSURE
        if agreed and not (case is not None and subjects.agreed(self._session, form.cites, case, today=self.today)):
            return False
        if self.actor.kind == "Service":
            # It need not hold the account to cite a consent, and cites nothing else.
            return agreed
        allowed = self.policy.scopes(self.actor)
        found = found or subjects.cited(self._session, form.cites, kinds, allowed=allowed, given=self._bound)
        return found.stands(case)

    def visited(self, form: Reasoned, row: Table | None) -> bytes | None:
        """The commitment of the words given when the visit began, for an opening during it.

        Raises Conflict unless the visit is the caller's own, of this session, not over, and
        for this row's case and reason. Identity and place need a reveal of their own row.
        """
        if form.visit is None:
            return None
        visits = tables()["visits"]
        columns = visits.__mapper__.columns
        visit: Any = self.first(visits, columns["id"] == form.visit)
        fits = (
            visit is not None
            and isinstance(row, CaseRow)
            and (visit.case_id, visit.sign_in) == (row.case_id, self.actor.sign_in)
            and (visit.justification, visit.cites) == (form.justification.value, form.cites)
            and (visit.row_id == row.id or (visit.row_id is None and not _revealed(row)))
            and (visit.fields is None or set(getattr(form, "fields", ())) <= set(visit.fields.split()))
            and self.now < visit.until
        )
        if not fits:
            raise Conflict("This visit is over. Open the case again.")
        return None if visit.commitment is None else bytes(visit.commitment)


class Work(Reading):
    """One action under way: its transaction, its keys, and the entry that is being written."""

    def __init__(
        self, session: Session, caller: Caller, policy: Policy, at: datetime, settings: Settings,
        reaches: str = "HELD",
    ) -> None:  # fmt: skip
        super().__init__(session, caller, policy, at, settings, reaches)
        self._seals = Seals(session, caller.keyring, at, self._bound)
        self._touched: set[UUID] = set()
        self._rows: list[UUID] = []
        self._fields: list[str] = []
        self._codes: dict[str, str | int | bool | UUID] = {}
        self._recipient: UUID | None = None
        self._words: bytes | None = None
        self._opened: dict[UUID, set[str]] = {}
        # The sides that this sign-in had opened before; and the case that was counted as newly opened.
        self._past: dict[UUID, frozenset[str]] = {}
        self._counted = wall.Counted()
        self.recorded = False

    # rows

    def subject(self, action: Action, address: object, form: Form | None, standing: Standing | None) -> Found | None:
        """An action's subject by its outside address, and what decides whether it may be touched; None if it has none.

        raises  NotSignedIn where ``standing`` is asked, and NotFound as ``fetch``
        """
        table = action.on
        if table is None:
            return None
        reason = form if isinstance(form, Reasoned) and self.actor.kind != "Service" else None
        found = subjects.fetch(
            self._session, self.caller, table, addressed(table.__mapper__.columns[table.addressed_by], address),
            allowed=self.policy.scopes(self.actor), given=self._bound, standing=standing, opens=table in action.opens,
            kinds=CITES.get(reason.justification, ()) if reason else (), cites=reason.cites if reason else None,
        )  # fmt: skip
        self._past |= dict.fromkeys(case_of(found.row), found.known.here)
        if found.key is not None:
            self._seals.offer(found.key)
        return found

    def count(self, found: Found, *, urgent: bool) -> None:
        """Count the case among those the caller opens, if it is newly opened. Raises TooManyCases beyond a cap."""
        self._counted = quotas.count(self._session, self.caller, found, self.settings, at=self.now, urgent=urgent)
        if self._counted.alarm is not None:
            self._codes |= {"alarm": self._counted.alarm, "distinct": self._counted.cases}

    def add(self, row: Row) -> None:
        """Store a new row at the end of the action."""
        self._session.add(row)
        self._touched |= case_of(row)

    def flush(self) -> None:
        """Send pending rows now, so that a constraint speaks here and not at the commit."""
        self._session.flush()

    def lock(self, row: Table, *, shared: bool = False) -> None:
        """Take a row for this action alone, or beside others who need it unchanged, as it is now and not as read."""
        self._session.refresh(row, with_for_update={"read": True} if shared else True)

    @property
    def session(self) -> Session:
        """For ``steps`` of accounts and cases that keep their own tables; never for a door."""
        return self._session

    # seals

    def seal(self, row: Sealable, column: str, text: str | bytes | None) -> None:
        """Seal a value into a cell of a row that has its id. None leaves it empty."""
        self._note(row, column)
        if text is None:
            setattr(row, column, None)
            return
        plain = text.encode() if isinstance(text, str) else text
        setattr(row, column, self._seals.seal(row, column, plain))

    def open(self, row: Sealable, column: str) -> Plain | None:
        """Open a cell to the caller: the entry will name the field, the row and the case."""
        self._note(row, column)
        # The red line of a case stands on every page of a visit: it joins nobody to their account.
        if isinstance(row, CaseRow) and not row.opens_with_visit:
            self._opened.setdefault(row.case_id, set()).add(compartment_of(row))
        return self._seals.open(row, column)

    def room(self, row: Sealable, column: str) -> int:
        """At most how many bytes a cell holds. Opens nothing: whoever has the row can count them."""
        return self._seals.room(row, column)

    def fresh(self, secret: bytes) -> Plain:
        """A secret this action has just drawn, on its way to the door that needs it now."""
        return Plain(secret)

    def _note(self, row: Sealable, column: str) -> None:
        self._fields.append(f"{row.__tablename__}.{column}")
        self._rows.append(row.id)
        self._touched |= case_of(row)

    def glass(self, found: Found | None) -> BreakGlass | None:
        """The broken glass under which this subject is reached; None where an everyday grant reaches it."""
        reached = found is not None and compartment_in(found.row) in found.known.woken
        return wall.glass(self._session, self.actor, case_of(found.row), at=self.now) if found and reached else None

    # keys

    def open_case_keys(self, case: UUID, to: dict[str, list[UUID]], by_name: Collection[str] = ()) -> None:
        """Make the seven compartment keys of a new case and seal them to their first holders."""
        grants.open_case(self._session, case, to, by=self._me(), at=self.now, by_name=by_name)
        self._session.flush()

    def give(
        self, case: UUID, compartment: str, holder: UUID, until: datetime | None = None, *, dormant: bool = False
    ) -> Grant:  # fmt: skip
        """Grant a compartment I hold. Raises SealBroken if I hold it only in name."""
        self._touched.add(case)
        return self._seals.give(case, compartment, holder, by=self._me(), until=until, dormant=dormant)

    def by_name(self, case: UUID) -> frozenset[str]:
        """The compartments of a case that named people alone may hold."""
        return grants.by_name(self._session, case)

    def take(self, case: UUID, compartment: str, holder: UUID | None) -> int:
        """A new generation, without a holder or for all who have it; returns how many cells were re-sealed."""
        self._touched.add(case)
        return self._seals.rotate(case, compartment, without=holder, by=self._me())

    def limit(
        self, case: UUID, compartment: str, holders: Collection[UUID], *, until: datetime, was: datetime | None = None
    ) -> int:  # fmt: skip
        """Give what these holders have of a compartment an end; see ``grants.limit``."""
        self._touched.add(case)
        return self._seals.limit(case, compartment, holders, by=self._me(), until=until, was=was)

    def granted(self, case: UUID, compartment: str) -> Sequence[Grant]:
        """Everybody who holds a compartment now, escrow among them."""
        return grants.holders_of(self._session, case, compartment, at=self.now)

    def team(self, name: str) -> Keyholder:
        """A team's key holder; Unavailable while its lead has not signed up."""
        return holders.team(self._session, name)

    def envelope(self, team: str, *, witness: UUID | None = None, public: bytes | None = None) -> Envelope:
        """A fresh envelope to a team (and a witness) for rows of this action."""
        return self.envelope_to(self.team(team).id, witness=witness, public=public)

    def envelope_to(self, holder: UUID, *, witness: UUID | None = None, public: bytes | None = None) -> Envelope:
        """The same to any key holder: a colleague's own key opens it, and no team's."""
        made, key = grants.seal_envelope(self._session, holder, at=self.now, witness=witness, witness_public=public)
        self._seals.remember(made.id, "ENVELOPE", 1, key)
        self._session.flush()
        return made

    def marking(self) -> Marking:
        """The index by which the intake team asks whether somebody is known."""
        return Marking(self._session, self._seals, self.caller.keyring, self.now)

    def _me(self) -> UUID:
        return self.caller.keyring.holder if self.caller.keyring is not None else UUID(int=0)

    # the entry

    def record(
        self, subject: Row | None = None, *, case: UUID | None = None, recipient: UUID | None = None,
        **codes: str | int | bool | UUID,
    ) -> None:  # fmt: skip
        """Say what this action was about: a row or a case, and codes, numbers, ids. Text does not fit."""
        self.recorded = True
        self._codes.update(codes)
        self._recipient = recipient or self._recipient
        if case is not None:
            self._touched.add(case)
        if subject is not None:
            self._rows.append(subject.id)
            self._touched |= case_of(subject)

    def justify(self, case: UUID, compartment: str, words: str) -> bytes:
        """Keep free words sealed under the compartment they explain; the entry gets their commitment."""
        salt = secrets.token_bytes(16)
        packed = json.dumps({"salt": salt.hex(), "words": words}, ensure_ascii=False)
        row: Any = tables()["justifications"](case_id=case, compartment=compartment, at=self.now)
        row.words = self._seals.seal(row, "words", packed.encode())
        self._session.add(row)
        self._touched.add(case)
        self._words = hashlib.sha256(salt + words.encode()).digest()
        return self._words

    def under(self, commitment: bytes | None) -> None:
        """The words behind this action were given before, when a visit began."""
        self._words = self._words or commitment

    def later(self, action: str, subject: UUID, at: datetime) -> None:
        """Ask the worker for an action on a row, at a time, in this transaction."""
        jobs.later(self._session, action, subject, at)

    def subjects(self) -> tuple[CaseSubject, ...]:
        """The cases this action has touched so far, with their references."""
        columns = tables()["cases"].__mapper__.columns
        wanted = select(columns["id"], columns["reference"]).where(columns["id"].in_(self._touched))
        return tuple(CaseSubject(case, reference) for case, reference in self._session.execute(wanted).all())

    def _numbered(self) -> tuple[CaseSubject, ...]:
        """Every case this action touched, with its reference and its next number, for one entry."""
        if not self._touched:
            return ()
        named = name_subjects(self._session, self._touched, tuple(dict.fromkeys(self._rows)))
        if len(named) != len(self._touched):
            raise Unrecorded("a case without a reference")
        return named

    def draft(self, base: Draft) -> Draft:
        """The entry of this action, from its beginning and all that was recorded since."""
        subjects = self._numbered()
        return replace(
            base, subjects=subjects, rows=() if subjects else tuple(dict.fromkeys(self._rows)),
            fields=tuple(self._fields), recipient=self._recipient, words=self._words, codes=self._codes,
        )  # fmt: skip

    def combined(self) -> list[UUID]:
        """Cases of which this sign-in has now opened both who and what, and had not before."""
        return wall.joined(self._session, self.actor, self._opened, self._past, at=self.now, counted=self._counted)


def _revealed(row: CaseRow) -> bool:
    """Whether a row is shown only by a reveal of its own."""
    return compartment_of(row) in wall.WHO and not row.opens_with_visit
