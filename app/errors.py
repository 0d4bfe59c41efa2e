"""What may cross a boundary when something is not done.

Three kinds, never mixed. A *refusal* is an answer: a stable code, a status and a
sentence that is safe to show to anyone, nothing of the row. An *alarm* wakes
somebody and has one type for every way it can happen. All else is a defect.
"""

from __future__ import annotations


class Refusal(Exception):
    """An answer that says no. Subclasses fix code, status and sentence."""

    code: str = "refused"
    status: int = 400
    sentence: str = "This was refused."

    def __init__(self, sentence: str | None = None, *, rule: str | None = None) -> None:
        if sentence is not None:
            self.sentence = sentence
        self.rule = rule
        super().__init__(self.code)


class NotFound(Refusal):
    """Also the answer for what exists and is not yours: the two cannot be told apart."""

    code, status, sentence = "not_found", 404, "There is nothing here for you."


class Denied(Refusal):
    """A grant is held, but a rule says no. ``rule`` is the @id of the deciding policy."""

    code, status, sentence = "denied", 403, "A rule does not allow this."


class NotSignedIn(Refusal):
    code, status, sentence = "signed_out", 401, "Please sign in."


class SignInRefused(Refusal):
    """One answer for every way a sign-in can fail."""

    code, status, sentence = "signin.refused", 401, "These particulars do not open an account."


class TooManyTries(Refusal):
    code, status, sentence = "signin.wait", 429, "Too many tries. Please wait a little."

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = seconds


class TooManyLookUps(Refusal):
    code, status = "lookup.wait", 429
    sentence = "You have asked as often as one person may in an hour. Please wait, or ask a colleague."


class TooManyCases(Refusal):
    code, status = "quota.cases", 429
    sentence = (
        "You have opened as many different cases as one person may in this time. Please wait, or ask a colleague."
    )


class StepUpNeeded(Refusal):
    code, status = "step_up.needed", 403
    sentence = "Please confirm with your second factor first."


class KeyNeeded(Refusal):
    """Whoever is in a role that asks for a security key, and has none: they add one, and nothing else."""

    code, status = "key.needed", 403
    sentence = "Your role signs in with a security key. Add yours first; until then nothing else opens."


class Conflict(Refusal):
    """The state does not allow it now."""

    code, status, sentence = "conflict", 409, "The present state does not allow this."


class Unprocessable(Refusal):
    code, status, sentence = "invalid", 422, "This could not be understood."


class TooLarge(Refusal):
    code, status, sentence = "too_large", 413, "This is larger than allowed."


class Unavailable(Refusal):
    """Busy, or something needed is out of reach: nothing was done, nothing shown."""

    code, status = "unavailable", 503
    sentence = "This cannot be recorded now, so nothing was done and nothing is shown."


class NotAReceipt(Refusal):
    """Every way in which a receipt can be wrong."""

    code, status, sentence = "receipt.none", 404, "This receipt opens nothing."


class Alarm(Exception):
    """Something that must not happen has happened. Wakes somebody; shown as an incident.

    ``code`` is how the log calls it.
    """

    code: str = "alarm"


class SealBroken(Alarm):
    """A seal does not open: wrong key, moved, altered, cut short. One type for all of them."""

    code = "seal.broken"


class PlantedKey(Alarm):
    """A key, a member or a grant that nobody of the office made. Nothing is sealed to it."""

    code = "key.planted"


class LogForked(Alarm):
    """The log does not extend its last checkpoint."""

    code = "log.forked"


class CannotStart(Exception):
    """The surroundings are unsafe or incomplete; the text says what would help."""
