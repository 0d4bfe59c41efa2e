"""The demonstration: an invented office in the middle of its work, on the first day it is opened.

Eight synthetic people came to it, and each role finds something waiting. Beside them stand the 58
synthetic public reports of the programme.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from app.accounts import actions as accounts
from app.accounts.forms import Invite
from app.cases import actions as cases
from app.cases.forms import Opening, SendHandoff
from app.errors import Refusal
from app.intake import actions as intake
from app.intake.forms import Link, Triage
from app.protection import actions as protection
from app.protection.forms import SettleCheckIn
from app.testimonies import actions as testimonies
from app.testimonies.forms import MoveOn, Passage
from app.testimonies.rules import SegmentClass
from app.work import Action, Justification
from tests.world import exhibits, planted, programme, words
from tests.world.build import World
from tests.world.cast import Filled
from tests.world.figures import published


def demonstration(world: World) -> Filled:
    """Fill a founded office: eight cases that came to it, what waits for each role, the programme."""
    with planted.noted() as told:
        filled = _written(world)
    return replace(filled, planted=told)


def small(world: World) -> Filled:
    """Two of the eight and one look, where only the keys and the log are tried."""
    with planted.noted() as told:
        cases = [_from_the_portal(world), _being_read_back(world)]
        _for_the_auditor(world, cases[-1])
        _second_account(world, cases[-1], "IN_SESSION", "PAUSED")
    return Filled(cases, planted=told)


def _written(world: World) -> Filled:
    protocol = world.protocol()
    asked = _from_the_portal(world)
    drafts = [_draft(world, state, language) for state, language in (
        ("LIMITS_EXPLAINED", "fr"), ("READY", "en"), ("IN_SESSION", "ar"),
    )]  # fmt: skip
    read_back = _being_read_back(world)
    _asked_and_answered(world, read_back, protocol)
    came = [asked, *drafts, _for_legal(world), read_back, _watched_over(world), _complete(world)]
    _arrivals(world)
    world.on_duty("protection")
    _for_the_administrator(world)
    _for_the_auditor(world, came[-1])
    return Filled([*came, *programme.build(world, programme.plan(published.read()))])


# the eight


def _from_the_portal(world: World) -> str:
    """A submission that was triaged and taken into a case; the account is about to be taken."""
    _, reference = world.submit()
    world.do("intake", intake.triage, Triage(decision="INTERVIEW"), subject=reference)
    case = world.case(origin="PORTAL")
    world.do("intake", intake.link, Link(case=case), subject=reference)
    # Printed for a talk in a place where no machine may be; the sheets have not come back yet.
    world.print_protocol(world.testimony(case, upto="TRIAGED"))
    return case


def _draft(world: World, state: str, language: str) -> str:
    """A case whose account stands at one state; from READY on there is a person to it."""
    reference = world.case(origin="REFERRAL" if state == "READY" else "DIRECT")
    if state != "LIMITS_EXPLAINED":
        world.person(reference)
    world.testimony(reference, upto=state, language=language)
    if state == "LIMITS_EXPLAINED":
        # They agreed to care inside the office, so that lawyer and readiness can be settled next.
        world.consents(reference, "T1")
    return reference


def _for_legal(world: World) -> str:
    """Handed to the legal team this morning, and nobody has taken it up."""
    reference = _draft(world, "RECORDED", "fr")
    world.hand_to_legal(reference)
    return reference


def _being_read_back(world: World) -> str:
    """A first note, a call due today; a prosecutor promised something, and a second account was given under it."""
    reference = world.whole_case("en", upto="READ_BACK", origin="REFERRAL")
    world.check_in(reference, days=1 / 12)
    world.promise(reference)
    # Another waits for its second signature.
    world.drafted(reference, by="legal-lead", kind="SENTENCING_PROTECTION", conditions=None, exceptions=None)
    admitted = Passage(
        text="I drove the lorry twice that winter.", classes=frozenset({SegmentClass.SELF_INCRIMINATING})
    )
    said = (admitted, *words.passages("en"))
    _second_account(world, reference, "RECORDED", "TRANSCRIBED", "TRANSLATED", segments=said)
    return reference


def _asked_and_answered(world: World, reference: str, protocol: UUID) -> None:
    """Questions of the office and their answers, one of which was corrected later."""
    account = world.row("intake", reference, "testimonies")
    world.answers(account, protocol, at_ease=["NO"], who_knows=["FAMILY"], papers=["TAKEN"], way_home=["NOT_ASKED"])
    when = {"precision": "SEASON", "year": 2019, "words": "before the olives"}
    world.answers(account, protocol, taken_when=when, way_home=["YES"], next_talk="In the evening, through the portal.")


def _watched_over(world: World) -> str:
    """A call was missed; what was told on the way waits to be filed by legal, a danger by protection."""
    reference = _draft(world, "SEGMENTED", "ar")
    world.contact(reference)
    world.hand_to_protection(reference)
    world.threat(reference, level="CRITICAL")
    world.residence(reference)
    missed = SettleCheckIn(state="MISSED", outcome="The telephone rang and nobody took it.")
    # Due in a moment, and noted when the rest is written and that moment is over.
    rang = world.check_in(reference, days=2 / 86400)
    _pass_on(world, "intake", reference, "protection", "SAFETY", "Somebody waited outside after the last session.")
    _pass_on(
        world, "protection", reference, "legal", "STATEMENT",
        "On the way she said that she had been asked before, at the border.",
    )  # fmt: skip
    _second_account(world, reference, "RECORDED", "TRANSCRIBED")
    world.wait(2)
    world.do("protection", protection.settle_check_in, missed, subject=rang)
    return reference


def _complete(world: World) -> str:
    """An account that is sealed, with files; a consent that was given and taken back; a talk that went well."""
    reference = world.whole_case("ar", upto="SEALED")
    world.attach(reference, exhibits.photograph(), "the house with the green door.jpg", "image/jpeg")
    world.attach(reference, exhibits.letter(), "letter to my sister.pdf", "application/pdf")
    world.attach(reference, exhibits.voice(), "what he said on the phone.wav", "audio/wav")
    agreed = world.consents(reference, "T4", "T5")[1]
    world.do("intake", testimonies.withdraw, subject=agreed.id)
    met = SettleCheckIn(state="MET_OK", outcome="Tired, and sleeping again.")
    world.do("protection", protection.settle_check_in, met, subject=world.check_in(reference, days=1))
    world.interpreter(languages=("ar", "fr"), dialects="of the coast", origin="Port Amal")
    _, code = world.interpreter(languages=("ar", "en"), gender="MALE", origin="the Reed Hills")
    _second_account(world, reference, "IN_SESSION", "PAUSED", interpreter=code)
    return reference


def _second_account(world: World, reference: str, upto: str, *then: str, **given: Any) -> None:
    """A further account of the same witness, so that every state there is can be seen."""
    testimony = world.testimony(reference, upto=upto, language="en", **given)
    for state in then:
        world.do("intake", testimonies.move, MoveOn.model_validate({"to": state}), subject=testimony)


def _pass_on(world: World, who: str, reference: str, team: str, kind: str, said: str) -> None:
    form = SendHandoff.model_validate({"kind": kind, "to_team": team, "words": said})
    world.do(who, cases.send, form, subject=reference)


# what waits


def _arrivals(world: World) -> None:
    """Three have written and wait: one in danger, one nobody has opened, one that is triaged."""
    world.submit("Je voudrais parler à quelqu'un, mais pas au téléphone. " * 3, language="fr", danger=True)
    world.submit(contact="the bookshop, in the morning")
    _, triaged = world.submit("Before I say more I would like to know who reads this. " * 3)
    world.do("intake", intake.triage, Triage(decision="INTERVIEW"), subject=triaged)


def _for_the_administrator(world: World) -> None:
    """Somebody was invited and has not come yet."""
    form = Invite(login_name="joana.prins", display_name="Joana Prins", roles=frozenset({"caseworker"}))
    world.do("administrator", accounts.invite, form)


def _for_the_auditor(world: World, reference: str) -> None:
    """Openings with their reasons, and two that were refused: across the wall, and without what it serves."""
    segment = world.row("legal", reference, "segments")
    note = world.row("legal", reference, "mitigation_assessments")
    world.open("legal", testimonies.open_segment, segment, "text", justification="LEGAL_ASSESSMENT", cites=note)
    _refused(world, "protection", testimonies.open_segment, segment, Justification.SAFETY)
    _refused(world, "intake", testimonies.open_segment, segment, Justification.INTAKE)


def _refused(world: World, who: str, action: Action, row: UUID, why: Justification) -> None:
    try:
        world.do(who, action, Opening(fields=("text",), justification=why), subject=row)
    except Refusal:
        return
    raise AssertionError(f"{who} was let through")
