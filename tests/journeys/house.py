"""An office that was set up by the real command, and its people as they come to the real doors: over HTTP.

Nothing here knows the program from inside. Whoever sits here has what was handed to them: an
invitation, what an authenticator shows, and recovery codes on paper.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.accounts.rules import STEP_SECONDS, totp_at
from app.accounts.undertakings import VERSION
from tests.cli.driving import Amana, Done, wait_for

# Who begins: in a file that the operator writes for `amana init`.
FOUNDERS = (
    {"login_name": "vera", "display_name": "Vera L.", "role": "administrator"},
    {"login_name": "mariam", "display_name": "Mariam H.", "role": "intake_officer", "team": "intake"},
    {"login_name": "amelie", "display_name": "Amélie R.", "role": "legal_reviewer", "team": "legal"},
    {"login_name": "ines", "display_name": "Ines C.", "role": "caseworker", "team": "protection"},
)
# Whom the administrator invites, and by whom they are let into a team; the last is in none yet.
INVITED = (
    ("jonas", "intake_officer", "mariam", "intake"),
    ("tariq", "legal_reviewer", "amelie", "legal"),
    ("samuel", "caseworker", "ines", "protection"),
    ("nadia", "auditor", "", ""),
    ("newcomer", "intake_officer", "", ""),
)


@dataclass
class Colleague:
    """Somebody signed in. ``heard`` is all that the office ever answered them."""

    login: str
    code: str
    codes: list[str]
    door: httpx.Client
    heard: list[bytes] = field(default_factory=list)

    def get(self, path: str) -> httpx.Response:
        return self._heard(self.door.get(path))

    def post(self, path: str, body: Any = None, *, confirm: str = "", **more: Any) -> httpx.Response:
        """Ask; and once more with a code from paper where ``confirm`` names the action and one is asked for."""
        answer = self._post(path, body, **more)
        if confirm and answer.status_code == 403 and answer.json()["error"]["code"] == "step_up.needed":
            # What is not there yet is about whoever makes it.
            about = path.split("/")[3] if path.count("/") > 2 else self.code
            factor = {"action": confirm, "subject": about, "recovery_code": self.codes.pop(0)}
            stepped = self._post("/api/step-ups", factor)
            assert stepped.status_code == 201
            self.door.headers["Authorization"] = f"Bearer {stepped.json()['token']}"
            answer = self._post(path, body, **more)
        return answer

    def kept(self, path: str, body: Any = None, *, confirm: str = "", **more: Any) -> Any:
        """The same, and it must have been let through: what was answered."""
        answer = self.post(path, body, confirm=confirm, **more)
        assert answer.status_code in {200, 201}, f"{self.login}, {path}: {answer.text}"
        return answer.json()

    def _post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        sent = more if body is None and more else {"json": body or {}, **more}
        return self._heard(self.door.post(path, **sent))

    def _heard(self, answer: httpx.Response) -> httpx.Response:
        self.heard.append(json.dumps(answer.headers.multi_items()).encode() + answer.content)
        return answer


@dataclass
class House:
    """One installation that runs, with everybody in it. ``marks`` are what was typed anywhere."""

    amana: Amana
    staff: dict[str, Colleague] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    doors: list[httpx.Client] = field(default_factory=list)

    def __getitem__(self, login: str) -> Colleague:
        return self.staff[login]

    def said(self, words: str) -> str:
        """Words as somebody types them here: with a mark in them that stands nowhere else."""
        self.marks.append(f"CANARY-{secrets.token_hex(12)}")
        return f"{words} {self.marks[-1]}"

    def operator(self, *words: str) -> Done:
        return self.amana.run(*words)

    def door(self, *, portal: bool = False, token: str = "") -> httpx.Client:
        """A line of one's own to one of the two doors."""
        port = self.amana.portal_port if portal else self.amana.port
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        made = httpx.Client(base_url=f"http://localhost:{port}", headers=headers, timeout=60)
        self.doors.append(made)
        return made

    def arrives(self, login: str, invitation: str) -> None:
        """Somebody uses their invitation, writes down what they are shown once, and signs in with it."""
        passphrase, door = f"{login} counts the boats on the river", self.door()
        form = {"code": invitation, "passphrase": passphrase, "undertaking": VERSION}
        enrolled = door.post("/api/invitations/accept", json=form).json()
        secret = enrolled["totp_secret"]
        shown = totp_at(base64.b32decode(secret + "=" * (-len(secret) % 8)), int(time.time()) // STEP_SECONDS)
        signed = door.post("/api/sign-in", json={"login_name": login, "passphrase": passphrase, "code": shown})
        assert signed.status_code == 200, signed.text
        told = signed.json()
        self.staff[login] = Colleague(
            login, told["user"], enrolled["recovery_codes"], self.door(token=told["token"])
        )  # fmt: skip

    def invite(self, login: str, role: str, lead: str, team: str) -> None:
        """The administrator invites; whoever leads the team then gives the newcomer its key."""
        form = {"login_name": login, "display_name": login.title(), "roles": [role]}
        self.arrives(login, self["vera"].kept("/api/people", form, confirm="account.invite")["invitation"])
        if team:
            path = f"/api/people/{self[login].code}/team"
            self[lead].kept(path, {"team": team, "deputy": False}, confirm="team.add")


@contextmanager
def founded(amana: Amana, folder: Path) -> Iterator[House]:
    """Set up, started and staffed; ended in order afterwards."""
    people = folder / "people.json"
    people.write_text(json.dumps(FOUNDERS))
    words = ("--people", str(people), "--shares-file", str(folder / "shares"))
    made = amana.run("init", "--no-input", "--i-have-no-backup", "--json", *words)
    assert made.code == 0, made.err
    house = House(amana)
    with ExitStack() as running:
        for service in (("serve", "--staff"), ("serve", "--portal"), ("worker",)):
            running.enter_context(amana.running(*service))
        wait_for(lambda: amana.serves() and amana.serves(portal=True), 60)
        for each in made.json["invitations"]:
            house.arrives(each["login"], each["invitation"])
        for newcomer in INVITED:
            house.invite(*newcomer)
        yield house
        for door in house.doors:
            door.close()
