"""The hallway: everything the system can do is an action, everything it may tell is a query.

``Office.perform`` decides by policy, opens a transaction, runs the action with a ``Work``
in its hand, insists that what was touched is recorded, appends the entry and commits.
Only then is there an answer.
"""

from app.work.actions import Action, Query, action, query
from app.work.caller import Caller
from app.work.forms import Form, Justification, Reasoned, Stated, Words
from app.work.office import Office, Replayed
from app.work.plain import Disclosure, Plain
from app.work.work import Reading, Unrecorded, Work

__all__ = [
    "Action",
    "Caller",
    "Disclosure",
    "Form",
    "Justification",
    "Office",
    "Plain",
    "Query",
    "Reading",
    "Reasoned",
    "Replayed",
    "Stated",
    "Unrecorded",
    "Words",
    "Work",
    "action",
    "query",
]
