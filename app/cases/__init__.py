"""The case: its reference, state and pathway; holds and clearances; who holds which of its keys."""
