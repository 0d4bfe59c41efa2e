"""What the codes of a case's end are called: what a witness may choose, what waits for a second, what was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.edge.languages import N_

TABLES: Final = {"retention_choices": N_("What becomes of the case")}
FIELDS: Final = {"custodian": N_("Archive")}
DEEDS: Final = {
    "retention.record": N_("Recorded what is to become of the case"),
    "retention.open": N_("Read what is to become of the case"),
    "closing.propose": N_("Proposed to close the case"),
    "case.close": N_("Closed the case, as the second"),
    "case.reopen": N_("Opened the case again"),
    "case.ending": N_("Looked at how the case ends"),
    "hold.set": N_("Set a legal hold"),
    "hold.propose_lift": N_("Proposed to lift a legal hold"),
    "hold.lift": N_("Lifted a legal hold, as the second"),
    "destruction.propose": N_("Proposed to destroy the case"),
    "case.destroy": N_("Destroyed the case, as the second"),
    "proposal.drop": N_("Dropped a proposal"),
    "proposal.list": N_("Listed what waits for a second"),
    "proposal.count": N_("Counted what waits for a second"),
    "attachment.erase": N_("Removed the files of a destroyed case"),
    "erasure.finish": N_("Had the database forget destroyed cases"),
    "erasure.waiting": N_("Looked at unfinished erasures"),
}
RETENTION: Final = {
    "DESTROY_AT_CLOSE": N_("Destroy it as soon as it is closed"),
    "KEEP_2Y": N_("Keep it for two years"),
    "ARCHIVE": N_("Give it to an archive"),
}
PROPOSALS: Final = {
    "CLOSE": N_("Close the case"),
    "LIFT": N_("Lift a legal hold"),
    "DESTROY": N_("Destroy the case"),
}
OFFERED: Final = {
    "TAKEN": N_("They took copies"),
    "DECLINED": N_("They wanted none"),
    "OUT_OF_REACH": N_("They could not be reached"),
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "retention": RETENTION,
    "proposal": PROPOSALS,
    "offered": OFFERED,
}
