"""``amana witness``: a small independent witness of somebody else's log. It belongs on another machine, at others'."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from app.cli import process
from app.cli.door import Json, group
from app.cli.speech import answer, say
from app.errors import CannotStart
from app.witness import Witness, door, found

witness = group("A witness of other people's logs: it signs what it saw and never two histories.")

Folder = Annotated[Path, typer.Argument(help="The witness's own folder.")]
DRAIN_SECONDS = 5


@witness.command("init")
def init_(
    folder: Folder, name: Annotated[str, typer.Option(help="Without blanks, such as counsel.example/witness.")],
    json_: Json = False,
) -> None:  # fmt: skip
    """Make a witness; its key, for the trust files of whoever relies on it, on stdout."""
    key = found(folder, name)
    answer({"key": key}, [key], as_json=json_)


@witness.command("trust")
def trust_(
    folder: Folder, key: Annotated[str, typer.Argument(help="The log's verifier key, given on paper.")],
    json_: Json = False,
) -> None:  # fmt: skip
    """Watch over one more log, from its first checkpoint that comes."""
    kept = Witness(folder)
    kept.trust(key)
    answer({"key": kept.key}, ["Watched from now on. Start again what serves this folder."], as_json=json_)


@witness.command("follow")
def follow_(
    folder: Folder,
    change: Annotated[Path, typer.Argument(help="The change as the log publishes it: succession/1, succession/2 …")],
    json_: Json = False,
) -> None:
    """Go on with a log whose key was changed, if the key that is watched vouches for the new one."""
    if not change.is_file():
        raise CannotStart(f"{change} is missing.")
    key = Witness(folder).follow(change.read_bytes())
    answer({"key": key}, [f"{key} from now on. Start again what serves this folder."], as_json=json_)


@witness.command("serve")
def serve_(
    folder: Folder, host: Annotated[str, typer.Option(help="127.0.0.1: put a proxy with TLS in front.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8110,
) -> None:  # fmt: skip
    """Answer logs that ask, until told to end."""
    process.harden()
    kept = Witness(folder)
    say(f"{kept.key}\nPOST http://{host}:{port}/add-checkpoint")
    uvicorn.run(
        door(kept), host=host, port=port, ws="none", access_log=False, server_header=False, date_header=False,
        proxy_headers=False, log_config=None, timeout_keep_alive=10, timeout_graceful_shutdown=DRAIN_SECONDS,
        limit_concurrency=64,
    )  # fmt: skip
