"""The witness's door, and the staff's behind it."""

from tests.api.conftest import heard, portal, portal_door, staff, staff_door
from tests.ladder import log

__all__ = ["heard", "log", "portal", "portal_door", "staff", "staff_door"]
