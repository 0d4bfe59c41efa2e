"""The told story of tests/work: a case with a mark in every sealed field."""

from tests.work.conftest import story

__all__ = ["story"]
