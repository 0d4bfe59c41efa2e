"""Every command of the operator, as the program itself finds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import typer

from app.cli.commands import app


def every_command(group: Any = None, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of each command: ``("init",)``, ``("audit", "verify")``; not those of a group alone."""
    group = group or typer.main.get_command(app)
    context = click.Context(group)
    for word in group.list_commands(context):
        found = group.get_command(context, word)
        words = (*before, word)
        if hasattr(found, "list_commands"):
            yield from every_command(found, words)
        else:
            yield words
