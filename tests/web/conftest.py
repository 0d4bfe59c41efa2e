"""The staff door as a browser meets it."""

from tests.api.conftest import heard, staff, staff_door, stranger, strict_door
from tests.ladder import log

__all__ = ["heard", "log", "staff", "staff_door", "stranger", "strict_door"]
