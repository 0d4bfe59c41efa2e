"""The commands. Each reads its words, does one thing through the parts beside it, and answers.

There is no command that exports a case, a list of cases or a name: a terminal holds no
key of any case. A command's part of the program is loaded when the command is said: whoever
asks for a code does not wait for two hundred modules of which none is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import typer

from app.cli import process
from app.cli.door import Door, group

# The first word, and the module and the group in it that hold the command or the commands of that name.
PARTS: Final = {
    "init": ("office_commands", "office"),
    "doctor": ("office_commands", "office"),
    "openapi": ("office_commands", "office"),
    "facts": ("office_commands", "office"),
    "run": ("service_commands", "services"),
    "serve": ("service_commands", "services"),
    "worker": ("service_commands", "services"),
    "db": ("database_commands", "db"),
    "witness": ("witness_commands", "witness"),
    "demo": ("demo_commands", "demo"),
    "audit": ("audit_commands", "audit"),
    "erase": ("rewriting", "erase"),
    "policy": ("lookup_commands", "policy"),
    "people": ("lookup_commands", "people"),
    "keys": ("key_commands", "keys"),
    "certificate": ("certificate_commands", "certificate"),
    "custodians": ("custodian_commands", "custodians"),
}


class Parts(Door):
    """Finds a command by its word and loads its part then."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The first words, in the order they are shown."""
        return list(PARTS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command or the group of commands of this word; None if there is none."""
        if cmd_name not in PARTS:
            return None
        module, name = PARTS[cmd_name]
        with process.unswept():
            part: Any = typer.main.get_group(getattr(import_module(f"app.cli.{module}"), name))
        if name == cmd_name:
            part.name = cmd_name
            return part
        return part.commands[cmd_name]


app = group("Amana: testimony kept in trust. The operator's commands; none of them opens a case.", Parts)


@app.callback()
def amana() -> None:
    """Amana: testimony kept in trust. The operator's commands; none of them opens a case."""
