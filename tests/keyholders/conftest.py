"""The told story of tests/work, a case with a mark in every sealed field; and the log."""

from tests.ladder import log
from tests.work.conftest import story

__all__ = ["log", "story"]
