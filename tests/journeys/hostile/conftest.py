"""The browser of the folder beside, with the office that each test founds and fills for itself."""

from tests.api.conftest import staff_door
from tests.journeys.browser.conftest import browser, shelf

__all__ = ["browser", "shelf", "staff_door"]
