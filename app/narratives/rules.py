"""The coding frame: which reasons for leaving are told apart. Pure, versioned, replaceable for another group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Frame:
    """One version of the frame.

    version  stands beside every coding in clear, so that old codings are read by their own frame
    codes    code -> what it means; its narrative is its first two characters
    """

    version: str
    narratives: Mapping[str, str]
    codes: Mapping[str, str]


# The four narratives of the report of 2015 (ICSR), in words of our own.
FRAME: Final = Frame(
    version="2015-09",
    narratives={
        "N1": "fights other Sunni groups rather than the regime",
        "N2": "brutality against Sunnis",
        "N3": "conduct that is corrupt and against the faith",
        "N4": "a harsh and dull life",
    },
    codes={
        "N1a": "infighting",
        "N1b": "rivals called by name",
        "N1c": "paranoia, and executions for treason",
        "N2a": "bystanders killed",
        "N2b": "hostages killed",
        "N2c": "villagers harmed",
        "N2d": "its own fighters harmed",
        "N3a": "privileges of foreigners",
        "N3b": "favouritism",
        "N3c": "inequality and racism",
        "N3d": "hypocrisy",
        "N4a": "shortages",
        "N4b": "dull duty",
        "N4c": "menial work",
        "N4d": "used as cannon fodder",
        "N4e": "chosen as a suicide bomber",
    },
)

# A first coder and a second who is somebody else.
CODERS_MAX: Final = 2


def window_holds(left_in: str) -> bool:
    """Whether "2015-07" or "2014-01..2014-08" is a month, or a window that does not end before it begins."""
    months = left_in.split("..")
    return all(1 <= int(month[5:]) <= 12 for month in months) and months == sorted(months)
