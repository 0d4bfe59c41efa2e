"""Key pairs of people, teams, witnesses, services and escrow, and what they were granted.

Holding a grant of a compartment's key *is* the right to see its rows. Nothing here
decides who ought to hold one: that is policy. This folder only keeps keys sealed.
"""
