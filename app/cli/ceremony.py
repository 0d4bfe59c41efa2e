"""The table at which custodians sit down one after another: a terminal, and nothing else.

A share is shown, or typed, on the terminal's other screen, which leaves nothing to scroll back to. None
goes into a file, an argument, a variable of the surroundings or the log.
"""

from __future__ import annotations

import secrets
import sys
from typing import Final

from rich.console import Console

from app.cli.speech import ask as asked
from app.cli.speech import say, visible
from app.crypto import shares
from app.errors import CannotStart
from app.keyholders.custodians import Dealt, Sets, key_of

# How often a share that does not fit may be typed again.
TRIES: Final = 3
# How many words somebody types back from their paper.
BACK: Final = 2


class Table:
    """One terminal. Raises CannotStart where there is none: a pipe has a file or a program at its other end."""

    def __init__(self) -> None:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise CannotStart(
                "The custodians sit down at a terminal: shares are neither read from nor written to files."
            )
        self._console = Console(stderr=True, markup=False, highlight=False)

    def deal(self, dealt: Dealt) -> None:
        """Show each share alone until its custodian has typed two of its words back from the paper.

        raises   CannotStart if the shares do not give the key back: then nobody was given anything that counts
        """
        for number, line in enumerate(dealt.lines, 1):
            while not self._copied(dealt, number, line):
                say("That is not what stands there. It is shown once more.")
        some = secrets.SystemRandom().sample(dealt.lines, dealt.needed)
        if key_of(shares.join(some)).public != dealt.private.public:
            raise CannotStart("These shares do not give the key back. Destroy the papers and begin again.")

    def collect(self, sets: Sets, why: str) -> list[str]:
        """As many shares as their set needs, each told at once whether it belongs.

        raises   BadShare naming the one that does not fit after three tries; SharesDoNotJoin if somebody
                 gives an empty one: they are too few
        """
        given: list[str] = []
        wrong = 0
        while True:
            position = len(given) + 1
            line = self._typed(position, why)
            if not line:
                raise shares.SharesDoNotJoin
            try:
                generation, number = sets.place(line, position, given)
            except shares.BadShare as bad:
                wrong += 1
                if wrong == TRIES:
                    raise
                say(bad.sentence)
                continue
            wrong = 0
            given.append(line)
            say(f"Share number {position} is good (number {number} of its set).")
            if len(given) == sets.needed(generation):
                return given

    def _copied(self, dealt: Dealt, number: int, line: str) -> bool:
        words = line.split()
        wanted = sorted(secrets.SystemRandom().sample(range(len(words)), BACK))
        with self._console.screen():
            self._say(f"Recovery share {number} of {len(dealt.lines)}. Copy it on paper, for one custodian alone.", "")
            for row in range(0, len(words), 5):
                self._say("   ".join(f"{n + 1:>2} {words[n]:<9}" for n in range(row, min(row + 5, len(words)))))
            self._say("", f"Any {dealt.needed} of them open every case. It is not shown again.")
            asked("Enter when it is copied:")
        with self._console.screen():
            self._say(f"Recovery share {number} of {len(dealt.lines)}: read from your paper.", "")
            typed = [shares.spelled(asked(f"Word {place + 1}:")) for place in wanted]
        return typed == [words[place] for place in wanted]

    def _typed(self, position: int, why: str) -> str:
        words: list[str] = []
        with self._console.screen():
            self._say(why, "", f"Share number {position}: its {shares.WORDS} words, in as many lines as you like.")
            self._say("Four letters of a word are enough. An empty line ends.", "")
            while len(words) < shares.WORDS:
                typed = shares.spelled(asked(">"))
                if not typed:
                    break
                words += typed.split()
        return " ".join(words)

    def _say(self, *lines: str) -> None:
        for line in lines:
            self._console.print(visible(line))
