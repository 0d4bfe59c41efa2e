"""What is done about keys, by the custodians, by whoever runs the machine, and by those who hold them."""

from __future__ import annotations

from typing import Final

from app.edge.languages import N_

ACTIONS: Final = {
    "custodians.replace": N_("Dealt the recovery key anew"),
    "custodians.reseal": N_("Sealed old keys to the recovery key anew"),
    "custodians.test": N_("Tried the shares of the recovery key"),
    "custodians.recover_case": N_("The custodians gave a case back"),
    "custodians.recover_team": N_("The custodians named a lead"),
    "custodians.shares": N_("Asked when the shares are to be tried"),
    "custodians.given": N_("Asked what the custodians gave"),
    "compartment.renew": N_("Drew a key of a case anew"),
    "key.rotate_team": N_("Drew a team's key anew"),
    "key.order_renewal": N_("Ordered keys of cases to be drawn anew"),
    "key.rotate_pepper": N_("Renewed what is added to passphrases"),
    "key.rotate_installed": N_("Drew a key of the installation anew"),
    "key.move": N_("Moved the keys of the installation"),
    "key.retire_pepper": N_("Destroyed what was once added to passphrases"),
}
