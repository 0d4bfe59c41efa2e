"""The demonstration: an invented office in the middle of its work, on the first day it is opened."""

from __future__ import annotations

from typing import Any

from app.cases import actions as cases
from app.cases.forms import SendHandoff
from app.intake import actions as intake
from app.intake.forms import Link, Triage
from app.protection import actions as protection
from app.protection.forms import SettleCheckIn
from app.testimonies import actions as testimonies
from app.work import Action, Form
from tests.world import exhibits
from tests.world.build import World
from tests.world.cast import Filled

# Accounts that stopped at each step on their way.
UNDER_WAY = ("TRIAGED", "LIMITS_EXPLAINED", "READY", "IN_SESSION", "RECORDED", "READ_BACK", "SEGMENTED", "SEALED")
LANGUAGES = ("ar", "fr", "en")


def demonstration(world: World) -> Filled:
    """Fill a founded office: twelve cases, two submissions, files, a withdrawal."""
    whole = [world.whole_case(language) for language in LANGUAGES]
    drafts = [_draft(world, state, LANGUAGES[n % 3]) for n, state in enumerate(UNDER_WAY)]
    asked = _from_the_portal(world)
    _bring_files(world, whole[0])
    _withdraw(world, whole[1])
    _work_on(world, whole[2])
    world.submit("Je voudrais parler à quelqu'un, mais pas au téléphone. " * 3, language="fr", danger=True)
    return Filled([*whole, *drafts, asked])


def _draft(world: World, state: str, language: str) -> str:
    """A case whose account stands at one state; from READY on there is a person to it."""
    reference = world.case()
    if state not in {"TRIAGED", "LIMITS_EXPLAINED"}:
        world.person(reference)
    world.testimony(reference, upto=state, language=language)
    return reference


def _from_the_portal(world: World) -> str:
    """A submission that was triaged and taken into a case."""
    _, reference = world.submit()
    world.do("intake", intake.triage, Triage(decision="INTERVIEW"), subject=reference)
    case = world.case()
    world.do("intake", intake.link, Link(case=case), subject=reference)
    return case


def _bring_files(world: World, reference: str) -> None:
    world.attach(reference, exhibits.photograph(), "the house with the green door.jpg", "image/jpeg")
    world.attach(reference, exhibits.letter(), "letter to my sister.pdf", "application/pdf")
    world.attach(reference, exhibits.voice(), "what he said on the phone.wav", "audio/wav")


def _withdraw(world: World, reference: str) -> None:
    """The witness agreed to the use of an anonymised account, and thought better of it."""
    agreed = world.consents(reference, "T5")[0]
    world.do("intake", testimonies.withdraw, subject=agreed.id)


def _work_on(world: World, reference: str) -> None:
    """Things a team did on the day before: passed on, spoken, and looked into."""
    _as(world, "protection", cases.send, reference, SendHandoff(
        kind="STATEMENT", to_team="legal", words="On the way she said that she had been asked before, at the border.",
    ))  # fmt: skip
    planned = world.check_in(reference, days=1)
    settled = SettleCheckIn(state="MET_OK", outcome="Tired, and sleeping again.")
    world.do("protection", protection.settle_check_in, settled, subject=planned)
    segment, note = world.row("legal", reference, "segments"), world.row("legal", reference, "mitigation_assessments")
    world.open("legal", testimonies.open_segment, segment, "text", justification="LEGAL_ASSESSMENT", cites=note)


def _as(world: World, login: str, action: Action, reference: str, form: Form) -> Any:
    return world.do(login, action, form, subject=reference)
