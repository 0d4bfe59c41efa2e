"""Golden vectors: one file for each property, one outcome in each file.

    {"format": .., "property": a sentence, "outcome": "same" | "broken", "cases": [{"in": {..}, "out": ".."}]}

``make.py`` writes them with the product's code; tests/crypto/second.py checks them with
other code. A vector once published stays and must have its outcome for ever.
"""
