"""``python -m app.cli``, which is what ``amana`` runs."""

from __future__ import annotations

import logging

from app.cli.commands import app

# Our own words only, on stderr; a library's text may hold values.
logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
app(prog_name="amana")
