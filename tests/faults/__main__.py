"""``make kills``: a campaign of kills. ROUNDS of each victim, SEED to repeat one."""

from __future__ import annotations

import os
import secrets
import sys

from tests.faults.killing import campaign


def main() -> None:
    """Run the campaign named in the surroundings and end with its code."""
    rounds = int(os.environ.get("ROUNDS", "200"))
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    print(f"{rounds} kills of the programs, {rounds} of PostgreSQL, seed {seed}", flush=True)
    sys.exit(campaign(rounds, seed))


main()
