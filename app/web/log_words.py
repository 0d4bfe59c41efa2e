"""What the codes of the log are called: how something ended, and which number was reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

OUTCOMES: Final = {
    "done": N_("Done"),
    "denied": N_("Refused by a rule"),
    "not_found": N_("Nothing there for them"),
    "conflict": N_("The state did not allow it"),
    "invalid": N_("Not understood"),
    "unavailable": N_("Could not be recorded"),
    "seal.broken": N_("A seal did not open"),
    "key.planted": N_("A key that nobody here made"),
    "step_up.needed": N_("Second factor missing"),
    "step_up.refused": N_("Second factor not right"),
    "factors.few": N_("Fewer than two second factors"),
    "key.needed": N_("Had no security key yet"),
    "key.refused": N_("Security key could not be added"),
    "signed_out": N_("Was signed out"),
    "signin.refused": N_("Did not get in"),
    "signin.covered": N_("A second factor was missing to come back"),
    "signin.wait": N_("Had to wait"),
    "lookup.wait": N_("Asked too often"),
    "quota.cases": N_("Opened too many cases"),
    "too_large": N_("Too large"),
    "receipt.none": N_("A receipt that opens nothing"),
    "passphrase.unconfirmed": N_("Passphrase not confirmed"),
    "passphrase.weak": N_("Passphrase too weak"),
}
ALARMS: Final = {
    "cases.soon": N_("Many cases within ten minutes"),
    "cases.today": N_("Many cases in one day"),
    "reveals.today": N_("Many names or places in one day"),
    "cases.night": N_("Many cases in one night"),
    "key.copied": N_("There are two of one security key"),
    "in_vain": N_("Many look-ups that met nobody"),
}

EXPECTED: Final = {"on_duty": N_("while on duty"), "own_session": N_("in their own interview")}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {"outcome": OUTCOMES, "alarm": ALARMS, "expected": EXPECTED}
