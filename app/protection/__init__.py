"""Keeping a person safe: threats to them, where they are, what they need, when we speak next.

Knows no account. The threat *to* a person is here; a risk *from* them never is.
"""
