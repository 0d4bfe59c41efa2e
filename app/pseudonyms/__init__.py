"""Names that say nothing: case references, staff codes, call signs.

Random, never in sequence, never derived from anything about a person. This folder
knows no person and no case.
"""
