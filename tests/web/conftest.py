"""The staff door as a browser meets it."""

from tests.api.conftest import staff, staff_door, stranger, strict_door
from tests.ladder import log

__all__ = ["log", "staff", "staff_door", "stranger", "strict_door"]
