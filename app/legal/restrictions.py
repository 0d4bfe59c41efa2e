"""What may be done with words that were said under a promise: uses, subjects, forums and their effects. Pure.

A promise is somebody else's: a court's, a prosecutor's, a statute's. Here stands only what follows from it for each
use of each passage, and whether the passage may leave. What nothing settles counts as barred for whatever leaves.
The templates are starting points: counsel in the forum confirms them, and the record says who did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class Use(StrEnum):
    """What somebody would do with the words."""

    DIRECT = "DIRECT"
    DERIVATIVE = "DERIVATIVE"
    IMPEACHMENT = "IMPEACHMENT"
    SENTENCING_RANGE = "SENTENCING_RANGE"
    IMMIGRATION = "IMMIGRATION"
    CIVIL = "CIVIL"
    INTELLIGENCE = "INTELLIGENCE"
    MEDIA = "MEDIA"


class Subject(StrEnum):
    """Against whom: the one who speaks, or somebody they speak of."""

    DECLARANT = "DECLARANT"
    THIRD_PARTY = "THIRD_PARTY"


class Effect(StrEnum):
    BARRED = "BARRED"
    UNSETTLED = "UNSETTLED"
    ALLOWED = "ALLOWED"


class Answer(StrEnum):
    """May this leave? WITHOUT_OWN_ACTS: only with every word cut that speaks against the witness."""

    LEAVES = "LEAVES"
    WITHOUT_OWN_ACTS = "WITHOUT_OWN_ACTS"
    STAYS = "STAYS"


class Kind(StrEnum):
    """What sort of promise it is."""

    IMMUNITY_ORDER = "IMMUNITY_ORDER"
    IMMUNITY_NOTICE = "IMMUNITY_NOTICE"
    USE_UNDERTAKING = "USE_UNDERTAKING"
    PROFFER = "PROFFER"
    SENTENCING_PROTECTION = "SENTENCING_PROTECTION"
    COURT_CONFIDENTIALITY = "COURT_CONFIDENTIALITY"
    TRUTH_AGREEMENT = "TRUTH_AGREEMENT"
    INQUIRY_PROMISE = "INQUIRY_PROMISE"
    AGENCY_POLICY = "AGENCY_POLICY"
    NONE = "NONE"


class Strength(StrEnum):
    """Where a promise comes from. Never ordered and never reckoned with: it does not say whether it will hold."""

    STATUTE = "STATUTE"
    COURT_ORDER = "COURT_ORDER"
    PROSECUTOR_UNDERTAKING = "PROSECUTOR_UNDERTAKING"
    CONTRACT = "CONTRACT"
    POLICY = "POLICY"
    NONE = "NONE"


class Body(StrEnum):
    CRIMINAL_COURT = "CRIMINAL_COURT"
    ASYLUM = "ASYLUM"
    CIVIL = "CIVIL"
    INQUIRY = "INQUIRY"
    INTERNATIONAL_COURT = "INTERNATIONAL_COURT"
    INTELLIGENCE = "INTELLIGENCE"
    PRESS = "PRESS"


@dataclass(frozen=True)
class Forum:
    """Before whom: a jurisdiction's code and a body. What one promises binds no other."""

    jurisdiction: str
    body: Body


@dataclass(frozen=True)
class Rule:
    """One line of a template, or of a promise."""

    use: Use
    subject: Subject
    effect: Effect


@dataclass(frozen=True)
class Template:
    """What a kind of promise says of itself. Whatever it does not name is unsettled.

    stated          it holds in stated proceedings, or for stated offences, alone
    ends_with_body  it ends with the body that gave it, unless the promise says that it does not
    contract        two parties agreed on it, and no law: said in red wherever it is shown
    """

    rules: tuple[Rule, ...] = ()
    stated: bool = False
    ends_with_body: bool = False
    contract: bool = False


@dataclass(frozen=True)
class Restriction:
    """One rule on one passage: in which forums, and from when to when.

    since   when the words were said, or when the rule was laid on them
    until   when it ended; None while it stands. A promise that lapses ends no rule.
    """

    use: Use
    subject: Subject
    effect: Effect
    forums: frozenset[Forum]
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Verdict:
    """What holds for one use of one passage."""

    at_statement: Effect
    now: Effect
    leaves: bool


_RANK: Final[Mapping[Effect, int]] = {Effect.ALLOWED: 0, Effect.UNSETTLED: 1, Effect.BARRED: 2}
_WITNESS: Final = Subject.DECLARANT


def _bars(*uses: Use) -> tuple[Rule, ...]:
    return tuple(Rule(use, _WITNESS, Effect.BARRED) for use in uses)


# Which version of these templates a promise was drafted from stands on the promise.
TEMPLATES_VERSION: Final = "2026-11"
TEMPLATES: Final[Mapping[Kind, Template]] = {
    # 18 USC 6002: perjury, false statement and failure to comply are excepted.
    Kind.IMMUNITY_ORDER: Template(_bars(Use.DIRECT, Use.DERIVATIVE)),
    # SOCPA 2005 s.71.
    Kind.IMMUNITY_NOTICE: Template(_bars(Use.DIRECT), stated=True),
    # SOCPA 2005 s.72.
    Kind.USE_UNDERTAKING: Template(_bars(Use.DIRECT), stated=True),
    # What is found by way of the words, and contradicting the witness with them, is what a proffer leaves open.
    Kind.PROFFER: Template(
        (
            *_bars(Use.DIRECT),
            Rule(Use.DERIVATIVE, _WITNESS, Effect.ALLOWED),
            Rule(Use.IMPEACHMENT, _WITNESS, Effect.ALLOWED),
        ),
        contract=True,
    ),
    # USSG 1B1.8.
    Kind.SENTENCING_PROTECTION: Template(_bars(Use.SENTENCING_RANGE), contract=True),
    # ICC Rule 74: offences against that Court's own justice are excepted.
    Kind.COURT_CONFIDENTIALITY: Template(_bars(Use.DIRECT, Use.DERIVATIVE)),
    # Colombia, Law 1424/2010 and C-771/2011.
    Kind.TRUTH_AGREEMENT: Template((*_bars(Use.DIRECT), Rule(Use.DIRECT, Subject.THIRD_PARTY, Effect.ALLOWED))),
    Kind.INQUIRY_PROMISE: Template(_bars(Use.DIRECT), stated=True, ends_with_body=True),
    Kind.AGENCY_POLICY: Template(),
    Kind.NONE: Template(),
}


def stricter(one: Effect, other: Effect) -> Effect:
    """The stricter of two: barred, then unsettled, then allowed."""
    return one if _RANK[one] >= _RANK[other] else other


def tightens(before: Effect, after: Effect) -> bool:
    """Whether a change makes something stricter. Only such a one may be made without an instrument."""
    return _RANK[after] > _RANK[before]


def rules_of(kind: Kind, barred: Iterable[tuple[Use, Subject]] = ()) -> tuple[Rule, ...]:
    """The rules of a promise: its template's, and what a reviewer bars beyond it. Nothing becomes looser."""
    found = {(rule.use, rule.subject): rule.effect for rule in TEMPLATES[kind].rules}
    found |= dict.fromkeys(barred, Effect.BARRED)
    return tuple(Rule(use, subject, found[use, subject]) for use, subject in sorted(found))


def admits(rules: Iterable[Rule]) -> bool:
    """Whether an admission may be kept under these rules: only if something bars its direct use against the witness."""
    return any(rule == Rule(Use.DIRECT, _WITNESS, Effect.BARRED) for rule in rules)


def ends_with_body(kind: Kind, *, survives_organisation: bool) -> bool:
    """Whether what a promise laid on words ends when the body that gave it is no more."""
    return TEMPLATES[kind].ends_with_body and not survives_organisation


def effect(
    restrictions: Iterable[Restriction], subject: Subject, use: Use, forum: Forum, *, at: datetime
) -> Effect:  # fmt: skip
    """The strictest effect among the rules on a passage that match and are in force; unsettled if none does."""
    found: Effect | None = None
    for rule in restrictions:
        if rule.use is not use or rule.subject is not subject or forum not in rule.forums:
            continue
        if rule.since > at or (rule.until is not None and at >= rule.until):
            continue
        if rule.effect is Effect.BARRED:
            return Effect.BARRED
        if found is None or _RANK[rule.effect] > _RANK[found]:
            found = rule.effect
    return Effect.UNSETTLED if found is None else found


def may_leave(at_statement: Effect, now: Effect, *, agreed: bool) -> bool:
    """Whether a passage may leave: allowed when it was said, allowed now, and agreed to by the witness (T2)."""
    return at_statement is Effect.ALLOWED and now is Effect.ALLOWED and agreed


def judge(
    restrictions: Iterable[Restriction], subject: Subject, use: Use, forum: Forum, *,
    said_at: datetime, now: datetime, agreed: bool,
) -> Verdict:  # fmt: skip
    """What holds for one use of one passage, when it was said and now, and whether it may leave."""
    rules = tuple(restrictions)
    then = effect(rules, subject, use, forum, at=said_at)
    today = effect(rules, subject, use, forum, at=now)
    return Verdict(then, today, may_leave(then, today, agreed=agreed))


def packed(rules: Iterable[Rule], forums: Iterable[Forum]) -> dict[str, list[list[str]]]:
    """Rules and the forums they hold in, as they are sealed: codes alone."""
    return {
        "rules": sorted([str(rule.use), str(rule.subject), str(rule.effect)] for rule in rules),
        "forums": sorted([forum.jurisdiction, str(forum.body)] for forum in forums),
    }


def unpacked(
    held: Mapping[str, Sequence[Sequence[str]]], *, since: datetime, until: datetime | None = None
) -> tuple[Restriction, ...]:
    """The same on a passage, read again."""
    forums = frozenset(Forum(jurisdiction, Body(body)) for jurisdiction, body in held["forums"])
    return tuple(
        Restriction(Use(use), Subject(subject), Effect(effect), forums, since, until)
        for use, subject, effect in held["rules"]
    )


def answer(
    own: Verdict, declarant: Verdict, subject: Subject, *, incriminates: bool
) -> Answer:  # fmt: skip
    """Whether a passage leaves for a use; against somebody else only without what incriminates the witness.

    own        what holds for the subject that was asked about
    declarant  what holds for the same use against the witness
    """
    if not own.leaves:
        return Answer.STAYS
    if subject is _WITNESS or declarant.leaves:
        return Answer.LEAVES
    return Answer.STAYS if incriminates else Answer.WITHOUT_OWN_ACTS
