"""An invented office: its people, its cases, its words. Also what `make run` shows on a first day.

Everybody here is made up. Nothing is borrowed from a report about a real person.
"""

from tests.world.build import Member, World

__all__ = ["Member", "World"]
