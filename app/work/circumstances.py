"""What a rule may know of the circumstances of a request: the reason that was stated, and what stands behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from app.keyholders.models import BreakGlass
from app.policy.actor import Circumstances
from app.work.forms import Form, Reasoned, Stated
from app.work.subjects import Found
from app.work.work import Work

# A grant that ends within this time is a box: looked into and shut again.
BOXED_HOURS_MAX: Final = 8


def given(
    work: Work, found: Found | None, form: Form | None, before: bytes | None, glass: BreakGlass | None
) -> Circumstances:  # fmt: skip
    """The circumstances of one request.

    before  commitment of words that were given earlier and still stand for this
    glass   under which the subject is reached, if no everyday key reaches it
    """
    until = getattr(form, "until", None)
    fresh_since = work.now - timedelta(minutes=work.settings.step_up_minutes_max)
    plain = Circumstances(
        profile=work.settings.profile, compartments=frozenset(getattr(form, "compartments", ())),
        boxed=until is not None and until <= work.now + timedelta(hours=BOXED_HOURS_MAX),
        fresh=work.actor.second_factor_at is not None and work.actor.second_factor_at > fresh_since,
    )  # fmt: skip
    if not isinstance(form, Stated):
        return plain
    said = replace(plain, justification=form.justification.value, words=form.words is not None, boxed=False)
    if not isinstance(form, Reasoned):
        return said
    row, cited = (found.row, found.cited) if found is not None else (None, None)
    # Under a broken glass nothing else serves as a reason, and the second factor that broke it was given for these
    # openings: while somebody may be dying nobody is sent to look for digits again.
    serves = work.cited(form, row, cited) if glass is None else form.cites == glass.id
    words = said.words or before is not None
    return replace(said, cited=serves, words=words, stepped=glass is not None and serves)
