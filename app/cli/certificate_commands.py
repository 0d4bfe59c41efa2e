"""``amana certificate``: the office's own certificate, where it has one."""

from __future__ import annotations

from app.cli import installation, local_certificate, process
from app.cli.door import Json, group, settings_here
from app.cli.speech import answer

certificate = group("The office's own certificate, where its name is a local one.")


@certificate.command("renew")
def renew_(json_: Json = False) -> None:
    """A fresh certificate and key for ninety days, by the same authority. Then reload nginx."""
    process.harden()
    settings = settings_here()
    installation.require(settings)
    until = local_certificate.renew(settings)
    answer(
        {"until": until},
        [f"The certificate holds until {until}. Copy it and its key to nginx, and reload it."],
        as_json=json_,
    )
