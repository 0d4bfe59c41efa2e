"""Cryptography, pure: bytes in, bytes or one alarm out. No database, no settings, no clock.

README.md here is the format specification; tests/vectors holds the golden bytes.
"""
