"""The log of each story here; when the story ends, its canaries are hunted."""

from tests.ladder import log

__all__ = ["log"]
