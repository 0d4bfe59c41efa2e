"""The staff door as a browser meets it."""

from tests.api.conftest import staff, staff_door, stranger
from tests.ladder import log

__all__ = ["log", "staff", "staff_door", "stranger"]
