"""Declaring what the system can do. An action is not callable: only the office runs it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

from app.audit.append import OPERATIONS
from app.db import Table
from app.work.forms import Form

ACTIONS: Final[dict[str, Action]] = {}
QUERIES: Final[dict[str, Query]] = {}


@dataclass(frozen=True, eq=False)
class Action:
    """One thing that can be done.

    on         the table of its subject, fetched through the caller's scope; None if it has none
    operation  what the entry says it was (audit.append.OPERATIONS)
    opens      tables whose sealed values it may open one item at a time
    creates    its answer is clear states only, so it may be kept for an idempotency key
    about      what a rule may know of a colleague the form names: (work, subject, form) -> facts
    second     the action needs a second signature (stored dual control comes with legal)
    keyless    also for somebody whose role asks for a security key that they have not added yet
    reaches    whose keys count for it: HELD, those of everyday work; WOKEN, besides those that a
               broken glass woke; ASLEEP, besides those that sleep, to break the glass or to tell of it
    """

    name: str
    run: Callable[..., Any]
    form: type[Form] | None
    on: type[Table] | None
    operation: str
    opens: tuple[type[Table], ...] = ()
    creates: bool = False
    about: Callable[..., dict[str, Any]] | None = None
    second: bool = False
    reaches: str = "HELD"
    keyless: bool = False

    @property
    def discloses(self) -> bool:
        """Whether it gives out what was sealed."""
        return bool(self.opens)


@dataclass(frozen=True, eq=False)
class Query:
    """One question that discloses nothing sealed."""

    name: str
    run: Callable[..., Any]
    reaches: str = "HELD"
    keyless: bool = False


def action(
    name: str,
    *,
    operation: str,
    on: type[Table] | None = None,
    opens: tuple[type[Table], ...] = (),
    creates: bool = False,
    about: Callable[..., dict[str, Any]] | None = None,
    second: bool = False,
    reaches: str = "HELD",
    keyless: bool = False,
) -> Callable[[Callable[..., Any]], Action]:
    """Register a function as an action; its ``form`` parameter's type is its form.

    raises   TypeError for an unknown operation, and for a name that another action has
    """
    if operation not in OPERATIONS:
        raise TypeError(f"{name}: {operation} is not an operation")

    def register(run: Callable[..., Any]) -> Action:
        if name in ACTIONS:
            raise TypeError(f"two actions are called {name}")
        made = Action(name, run, _form_of(run), on, operation, opens, creates, about, second, reaches, keyless)
        ACTIONS[name] = made
        return made

    return register


def query(name: str, *, reaches: str = "HELD", keyless: bool = False) -> Callable[[Callable[..., Any]], Query]:
    """Register a function as a query; it is given a Reading, which can open and add nothing."""

    def register(run: Callable[..., Any]) -> Query:
        if name in QUERIES:
            raise TypeError(f"two queries are called {name}")
        QUERIES[name] = Query(name, run, reaches, keyless)
        return QUERIES[name]

    return register


def opening_of(table: str) -> Action | None:
    """The action that opens single values of a table, by the table's name."""
    for made in ACTIONS.values():
        # What reads several tables at once opens them whole; so does what asks for no field by its name.
        single = made.form is not None and "fields" in made.form.model_fields
        if single and [opened.__tablename__ for opened in made.opens] == [table]:
            return made
    return None


def _form_of(run: Callable[..., Any]) -> type[Form] | None:
    if "form" not in inspect.signature(run).parameters:
        return None
    form = get_type_hints(run)["form"]
    if not (isinstance(form, type) and issubclass(form, Form)):
        raise TypeError(f"{run.__name__}: form must be a Form")
    return form
