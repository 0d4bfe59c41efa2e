"""The verbs by which somebody who has never read the program drives it.

Everything goes through a door that a user or an operator has: HTTP, the command line, a signal,
a process's surroundings. A verb never retries, never asserts and never raises on a refusal: it
returns what came back. ``KitBroken`` means that the kit itself failed, or that the product does
not have the feature yet. Names and argument order are frozen; additions are keyword-only.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json as jsons
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NoReturn, cast

from tests.kit import knowledge, processes, server, table, wire
from tests.kit.nginx import NGINX, OFFICE, PORTAL, Places
from tests.kit.processes import Done, KitBroken, Refused, Service, Surroundings
from tests.kit.server import Database
from tests.kit.wire import Answer, FilePart

__all__ = [
    "Action", "Answer", "Canary", "Cast", "Compartment", "Done", "Door", "KitBroken", "Part", "Product", "Refused",
    "Role", "Session", "Verified", "kinds", "start",
]  # fmt: skip

Role = Literal[
    "intake_officer", "legal_reviewer", "caseworker", "auditor", "narrative_editor", "reid_reviewer", "approver",
    "key_custodian", "administrator",
]  # fmt: skip
Compartment = Literal["IDENTITY", "LOCATION", "TESTIMONY", "LEGAL", "CARE", "THREAT", "RELEASE"]
Door = Literal["staff", "portal", "api"]
Part = Literal["app", "worker", "postgres", "key_manager", "all"]

COMPARTMENTS: tuple[Compartment, ...] = ("IDENTITY", "LOCATION", "TESTIMONY", "LEGAL", "CARE", "THREAT", "RELEASE")
COOKIE = "amana_session"
# The second worker, in a folder of its own.
ELSEWHERE = "worker2"
FRONT = "nginx"
TOTP_SECONDS = 30
ENTRIES_A_PAGE = 50
SEED_SECONDS = 300.0
_COOKIE = re.compile(rf"^{COOKIE}=([A-Za-z0-9_-]{{20,}})", re.MULTILINE)
_CSRF = re.compile(r'name="csrf"\s+value="([^"]+)"')


@dataclass
class Session:
    """A signed-in caller. On the portal the role is ``witness`` and the name the submission's reference."""

    door: Door
    role: str
    name: str
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Canary:
    """A mark that was put into one sealed field of one case, or of one submission."""

    text: str
    table: str
    column: str
    case: str
    compartment: Compartment | None


@dataclass
class Cast:
    """Who and what was seeded. people: by role and by duty; grants: person -> case -> held."""

    people: dict[str, list[str]]
    cases: list[str]
    receipts: dict[str, str]
    canaries: list[Canary]
    grants: dict[str, dict[str, set[Compartment]]]


@dataclass
class Action:
    """One thing that can be done. form: one valid example, without what stands in the address."""

    name: str
    door: Door
    method: str
    path: str
    discloses: bool
    roles: set[Role]
    states: set[str]
    form: dict[str, Any]


@dataclass
class Verified:
    """What the independent verifier says. code: 0 intact, 1 could not check, 3 broken."""

    ok: bool
    code: int
    size: int
    root: str
    bad_index: int | None
    problem: str


def start(
    folder: Path, *, profile: str = "ngo", apps: int = 1, workers: int = 1, database: str = "embedded",
    key_manager: str = "file", proxy: bool = False, lossy: bool = False, faulty: bool = False,
    env: Mapping[str, str] | None = None,
) -> Product:  # fmt: skip
    """Set up an installation in ``folder`` and start its services; wait 60 s for health.

    raises   Refused for a wrong start; KitBroken for what is not built yet
    """
    for name, wanted in {"lossy": lossy, "faulty": faulty}.items():
        if wanted:
            _not_built(name)
    if key_manager != "file":
        _not_built("key_manager")
    if proxy and NGINX is None:
        raise KitBroken("proxy needs the program nginx, which is not installed here (Debian: nginx-light)")
    if not 0 <= workers <= 2:
        raise KitBroken("not built: more than two workers")
    *ports, portal_port = processes.free_ports(apps + 1)
    here = Surroundings(folder.absolute(), ports[0], portal_port, profile, dict(env or {}))
    here.make()
    product = Product(here, ports, workers, server.of(here, database), proxy=proxy)
    try:
        product._set_up()
        product.restart()
    except (Refused, KitBroken):
        # What did start must not stay behind alone.
        product.stop()
        raise
    return product


def kinds() -> list[str]:
    """The kinds of fault there will be."""
    return list(knowledge.KINDS)


class Product:
    """One installation under way. As a context manager: leaving it stops, and keeps the folder."""

    def __init__(
        self, here: Surroundings, ports: Sequence[int], workers: int, database: Database, *, proxy: bool = False
    ) -> None:  # fmt: skip
        self.folder = here.folder
        self.last = Answer(0, [], b"", None, 0.0)
        self._here = here
        self._database = database
        self._offset = 0.0
        self._ports, self._wanted = list(ports), workers
        self._services: list[Service] = []
        self._recording: list[Answer] | None = None
        self._members: dict[str, dict[str, Any]] = {}
        self._steps: dict[str, int] = {}
        self._cast: Cast | None = None
        self._codes: dict[str, str] = {}
        self._csrf: dict[str, str] = {}
        self._drawn: dict[str, str] = {}
        self._rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        # Of what stands in no case's records: what a step of a machine made last.
        self._made: dict[tuple[str, str], str] = {}
        # Which case was looked at last, by whom, and the records it showed; until something is sent.
        self._seen: tuple[tuple[str, str, str], list[dict[str, Any]]] | None = None
        self._auditor: Session | None = None
        self._facts_kept: dict[str, Any] | None = None
        self._actions: dict[str, Action] = {}
        self._proxy = _in_front(here, ports) if proxy else None
        self.urls: dict[Door, list[str]] = _urls(list(ports), [here.portal_port], self._proxy)

    def __enter__(self) -> Product:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> dict[Door, str]:
        """The base URL of each door; of several apps the first."""
        return {door: urls[0] for door, urls in self.urls.items()}

    @property
    def trust(self) -> Path | None:
        """The certificates of a product behind the proxy; None without one."""
        return None if self._proxy is None else self._proxy.trust

    @property
    def owner_url(self) -> str:
        """The database as its owner, for drills that go around the product."""
        return self._database.url("owner")

    @property
    def app_url(self) -> str:
        """The database as the staff app's role."""
        return self._database.url("app")

    # --- doors

    def http(
        self, method: str, path: str, *, door: Door = "staff", session: Session | None = None, json: Any = None,
        form: Mapping[str, Any] | None = None, files: Sequence[FilePart] | None = None, data: bytes | None = None,
        headers: Mapping[str, str] | None = None, timeout: float = 30.0,
    ) -> Answer:  # fmt: skip
        """One request. Adds the session's cookies and headers and, to a page's form, its CSRF token and origin.

        files     (field, file name, content, media type); ``form`` then holds the fields before them
        returns   what came back, redirects too; status 0 with the reason in the body if nothing came
        """
        base = self.url[door]
        self._seen = None
        more: dict[str, str] = {}
        if session is not None:
            more |= session.headers
            if session.cookies:
                more["Cookie"] = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
            if form is not None and files is None and session.cookies:
                form = {"csrf": self._page_token(session), **form}
                # Behind the proxy a browser asks at the port of every https address, which it does not name.
                more["Origin"] = base if self._proxy is None else "https://localhost"
        body, described = wire.content(json_=json, form=form, files=files, data=data)
        self.last = wire.exchange(
            base, method, path, body=body, headers={**described, **more, **(headers or {})}, timeout=timeout,
            trust=self.trust,
        )  # fmt: skip
        self._learn(self.last)
        renewed = _COOKIE.findall("\n".join(value for name, value in self.last.headers if name == "set-cookie"))
        if session is not None and session.cookies and renewed:
            _goes_on(session, renewed[-1])
        return self.last

    def raw(self, data: bytes, *, door: Door = "portal", wait: float = 5.0) -> bytes:
        """Bytes on a socket of a door, bytes back."""
        port = self._here.portal_port if door == "portal" else self._here.port
        if self._proxy is not None:
            port = self._proxy.portal if door == "portal" else self._proxy.staff
        begun = time.monotonic()
        came = wire.bytes_on(port, data, wait, self.trust)
        if self._recording is not None:
            self._recording.append(wire.read_answer(came, time.monotonic() - begun))
        return came

    def cli(self, *words: str, stdin: bytes = b"", timeout: float = 120.0) -> Done:
        """The ``amana`` command in this product's surroundings."""
        return self._here.command(*words, stdin=stdin, timeout=timeout)

    # --- processes

    def stop(self, seconds: float = 10.0) -> int:
        """SIGTERM to all; what has not ended in time is killed. The exit code of the app."""
        self._end(self._services, seconds)
        # An embedded server went with the last service; one of our own was started by us.
        self._database.stop()
        return next((service.process.returncode for service in self._services if service.process is not None), 0)

    def kill(self, part: Part = "all") -> None:
        """SIGKILL, children too. Nothing is started again."""
        pids = self._pids_of(part)
        processes.kill([pid for each in pids for pid in (each, *processes.children(each))])
        for service in self._services:
            service.wait(0.1)

    def restart(self, part: Part = "all") -> float:
        """Stop what runs of this part and start it; the seconds until it, or for the database all, is healthy."""
        begun = time.monotonic()
        if part == "key_manager":
            _not_built("key_manager")
        if part in {"postgres", "all"}:
            self._end(self._services if part == "all" else [], 10.0)
            self._database.stop()
            # The embedded server comes with the first service.
            self._database.start() if part == "postgres" else self._database.begin()
        mine = self._of(part)
        self._end(mine, 10.0)
        before = processes.clock_before(self._offset)
        for service in mine:
            if service.name == ELSEWHERE:
                self._tell_of_database(service)
            service.start(before)
        # Of two parts that died the one is brought back while the other is still away.
        self._await_health(mine or self._services)
        return time.monotonic() - begun

    def cut(self, *, torn: bool = False) -> float:
        _not_built("cut")

    def healthy(self) -> bool:
        """Whether every door answers well, and the worker runs."""
        return self._well(self._services)

    def _well(self, services: Sequence[Service]) -> bool:
        front = self._proxy is None or all(service.name != FRONT for service in services) or self._proxy.listens()
        return front and all(service.healthy() for service in services)

    def pids(self) -> dict[Part, list[int]]:
        """The processes of each part. The key manager is a file, and has none."""
        parts: tuple[Part, ...] = ("app", "worker", "postgres", "key_manager")
        found: dict[Part, list[int]] = {part: self._pids_of(part) for part in parts}
        return found | {"all": [pid for part in parts for pid in found[part]]}

    def memory_bytes(self) -> int:
        """Resident memory of the app's processes together."""
        return sum(processes.resident_bytes(pid) for pid in self._pids_of("app"))

    def files(self) -> Iterator[Path]:
        """Every file the product may have written: data, logs, temporary and run folders, what it printed.

        Without the demonstration's own list of what it invented: it is ours, and full of marks.
        """
        roots = [self._here.home, self._here.temporary, self._here.said, *self._database.folders()]
        roots += [] if self._proxy is None else [self._proxy.folder]
        for path in dict.fromkeys(path for root in roots for path in sorted(root.rglob("*"))):
            if path.is_file() and not path.is_symlink() and path != self._here.home / "cast.json":
                yield path

    def logs(self) -> bytes:
        """What the services printed, and what PostgreSQL wrote since the start."""
        return b"".join(path.read_bytes() for path in sorted(self._here.said.iterdir())) + self._database.said()

    def set_clock(self, offset: float) -> None:
        """Seconds from real time, for app and worker, which are restarted; the database keeps real time."""
        processes.clock_before(offset)
        self._offset = offset
        self.restart("app")
        self.restart("worker")

    def fault(self, kind: str, on: bool = True) -> None:
        _not_built("fault")

    def record(self) -> AbstractContextManager[list[Answer]]:
        """Every exchange of every door while open, kept by a proxy in front before the caller has its answer."""
        return self._record()

    # --- people and witnesses

    def seed(self, n: int = 20, *, seed: int = 1) -> Cast:
        """Found and fill an empty office: each role and duty twice, n cases over all states, marks in all fields."""
        path = self.folder / "cast.json"
        words = ("demo", "seed", "--cases", str(n), "--seed", str(seed), "--cast", str(path))
        done = self.cli(*words, timeout=SEED_SECONDS)
        if done.code:
            raise KitBroken(f"seeding ended with {done.code}: {done.err[-500:].decode(errors='replace')}")
        told = jsons.loads(path.read_text(encoding="utf-8"))
        self._members = told["members"]
        self._codes = {login: member["code"] for login, member in self._members.items()}
        self._steps = {login: member["last_step"] for login, member in self._members.items()}
        self._cast = Cast(
            people=told["people"], cases=told["cases"], receipts=told["receipts"],
            canaries=[Canary(**canary) for canary in told["canaries"]],
            grants={who: {case: set(held) for case, held in cases.items()} for who, cases in told["grants"].items()},
        )  # fmt: skip
        return self._cast

    def login(self, role: Role, user: str | None = None) -> Session:
        """Sign in with passphrase and second factor. A session that was refused holds no token; ``last`` says why."""
        if self._cast is None:
            raise KitBroken("nobody works here yet: seed first")
        login = user or self._cast.people[role][0]
        member = self._members[login]
        form = {"login_name": login, "passphrase": member["passphrase"], "code": self._next_code(login)}
        entered = self.http("POST", "/api/sign-in", door="api", json=form)
        if entered.status != 200:
            return Session("staff", role, login)
        session = Session("staff", role, login)
        _goes_on(session, entered.json["token"])
        return session

    def code_of(self, user: str) -> str:
        """By which code the log, and whatever is about a colleague, names them."""
        return self._codes.get(user, user)

    def step_up(self, session: Session, action: str, case: str) -> Answer:
        """Give a second factor for one action about one case: a recovery code while there is one, else six digits.

        case   a reference, or the address of the row in it that the action is about
        """
        login = session.name
        if len(self._members[login]["recovery"]) == 1:
            self._draw_codes(session)
        codes = self._members[login]["recovery"]
        factor = {"recovery_code": codes.pop(0)} if codes else {"code": self._next_code(login)}
        form = {"action": action, "subject": case, **factor}
        stepped = self.http("POST", "/api/step-ups", session=session, json=form)
        if stepped.status == 201:
            _goes_on(session, stepped.json["token"])
        return stepped

    def _draw_codes(self, session: Session) -> None:
        """With the last recovery code draw others, as somebody does whose paper is used up."""
        member = self._members[session.name]
        form = {"which": "CODES", "passphrase": member["passphrase"], "recovery_code": member["recovery"][0]}
        drawn = self.http("POST", "/api/me/factor", session=session, json=form)
        if drawn.status == 200:
            member["recovery"] = list(drawn.json["recovery_codes"])
            _goes_on(session, drawn.json["token"])

    def visit(self, session: Session, case: str) -> Answer:
        """Begin a visit of the whole case, for a reason this role may give: one factor then opens all of identity."""
        form = self._reason(session, case, "persons", None, None)
        words = {"compartment": "IDENTITY"} if "words" in form else {}
        return self.http("POST", f"/api/cases/{case}/visits", session=session, json={**form, **words})

    def _stepping_up(self, session: Session, action: str, about: str, path: str, form: dict[str, Any]) -> Answer:
        """Ask, and once more with a second factor where the product asks for one."""
        answer = self.http("POST", path, session=session, json=form)
        if _step_up_needed(answer):
            self.step_up(session, action, about)
            answer = self.http("POST", path, session=session, json=form)
        return answer

    def submit(self, text: str, files: Sequence[tuple[str, bytes]] = (), idem: str | None = None) -> tuple[str, str]:
        """Send a submission as a witness does: draw a receipt, then send. The same ``idem``: the same receipt.

        returns   receipt and reference in the intake queue; two empty texts if it was refused
        """
        receipt = self._receipt(idem)
        form = {"receipt": receipt, "account": text}
        if not receipt:
            return "", ""
        if files:
            parts = [("file", name, content, "application/octet-stream") for name, content in files]
            fields = {"submission": jsons.dumps(form, ensure_ascii=False)}
            sent = self.http("POST", "/portal/submissions", door="portal", form=fields, files=parts, timeout=120)
        else:
            sent = self.http("POST", "/portal/submissions", door="portal", json=form)
        return (receipt, sent.json["reference"]) if sent.status == 201 else ("", "")

    def lookup(self, receipt: str) -> Session | None:
        """The witness returns with the receipt; None if it opens nothing."""
        told = self.http("POST", "/portal/state", door="portal", json={"receipt": receipt})
        return Session("portal", "witness", told.json["reference"]) if told.status == 200 else None

    def add(self, receipt: str, text: str, files: Sequence[tuple[str, bytes]] = ()) -> Answer:
        _not_built("add")

    def lookers(self, receipt: str) -> list[dict[str, Any]]:
        """Who looked, the newest first: ``day``, ``roles``, ``did``, ``how``, ``why``; none for a wrong receipt."""
        found: list[dict[str, Any]] = []
        more = True
        while more:
            asked = {"receipt": receipt, "page": len(found) // 50}
            told = self.http("POST", "/portal/looked", door="portal", json=asked)
            if told.status != 200:
                return []
            found += told.json["looks"]
            more = told.json["more"]
        return found

    def consent(self, receipt: str, scope: str, until: str | None = None) -> Answer:
        _not_built("consent")

    def withdraw(self, receipt: str, scope: str | None = None) -> Answer:
        _not_built("withdraw")

    # --- cases

    def read(
        self, session: Session, case: str, field: str, *, justification: str | None = None, cites: str | None = None
    ) -> Answer:
        """Open one field, "table.column", of the newest row of a case that has it.

        justification, cites   None: a code this role may use, an item of the case that fits it; "" for cites: none
        returns                json["value"] beside the product's own answer when it was opened
        """
        table, column = field.split(".")
        row = self._row(session, case, table, column)
        form = {"fields": [column], **self._reason(session, case, table, justification, cites)}
        address = case if table == "submissions" else row
        action, path = knowledge.REVEALS.get(table, ""), f"/api/{table}/{address}/open"
        answer = self.http("POST", path, session=session, json=form)
        if _step_up_needed(answer):
            # One second factor then opens all of identity for as long as the visit goes on.
            self.visit(session, case)
            self.step_up(session, action, str(address))
            answer = self.http("POST", path, session=session, json=form)
        if answer.status == 200:
            answer.json["value"] = answer.json["values"][column]
        return answer

    def upload(
        self, session: Session, case: str, name: str, content: bytes, *, type: str = "application/octet-stream"
    ) -> Answer:
        """Send a file into a case; json["attachment"] names it when it was kept."""
        parts = [("file", name, content, type)]
        answer = self.http("POST", f"/api/cases/{case}/attachments", session=session, files=parts, timeout=300)
        if answer.status == 201:
            answer.json["attachment"] = answer.json["id"]
        return answer

    def download(
        self, session: Session, case: str, attachment: str, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Fetch the original of an attachment, for a reason this role may give."""
        form = self._reason(session, case, "attachments", None, None)
        path = f"/api/attachments/{attachment}/download"
        return self.http("POST", path, session=session, json=form, headers=headers, timeout=300)

    def assign(
        self, session: Session, case: str, user: str, compartments: set[Compartment], until: str | None = None
    ) -> Answer:
        """Let a colleague, by name in the cast or by code, hold compartments of a case."""
        form = {"user": self.code_of(user), "compartments": sorted(compartments)}
        if until is not None:
            form["until"] = until
        return self._stepping_up(session, "grant.give", case, f"/api/cases/{case}/grants", form)

    def revoke(self, session: Session, case: str, user: str) -> Answer:
        """Take from a colleague every compartment of a case that this session sees them hold."""
        code = self.code_of(user)
        shown = self.http("GET", f"/api/cases/{case}", session=session)
        grants = shown.json["grants"] if shown.status == 200 else []
        held = sorted({grant["compartment"] for grant in grants if grant["holder"] == code}) or list(COMPARTMENTS)
        form = {"user": code, "compartments": held}
        return self._stepping_up(session, "grant.revoke", case, f"/api/cases/{case}/grants/revoke", form)

    def advance(self, session: Session, case: str, state: str, *, machine: str = "testimony") -> Answer:
        """Take one step of a machine of the domain, to the state named. ``case``: of a submission its reference."""
        if machine not in knowledge.MACHINES:
            raise KitBroken(f"not built: the machine {machine} comes with a later issue")
        table, step_to = knowledge.MACHINES[machine]
        rows = self._records(session, case, table)
        present = rows[-1]["clear"].get("state") if rows else None
        step = step_to(state, present)
        row = str(rows[-1]["id"] if rows else self._made.get((case, table), uuid.uuid4()))
        if machine == "retention" and (waiting := self._waiting(session, case, state)):
            step, row = knowledge.retention_agreed(state), waiting
        form = {name: case if value == "{case}" else value for name, value in step.form.items()}
        about = {"row": row, "case": case, "me": self.code_of(session.name)}[step.about]
        answer = self._stepping_up(session, step.action, about, step.path.format(case=case, row=row), form)
        if answer.status == 201:
            self._made[case, table] = answer.json["id"]
        return answer

    def _waiting(self, session: Session, case: str, state: str) -> str | None:
        """What was proposed for this case and waits for a second signature."""
        shown = self.http("GET", f"/api/cases/{case}/ending", session=session)
        kind = "DESTROY" if state == "DESTROYED" else "CLOSE"
        waiting = shown.json["waiting"] if shown.status == 200 else []
        return next((str(line["id"]) for line in waiting if line["kind"] == kind), None)

    def draft(self, session: Session, case: str, text: str, audience: str) -> tuple[str, Answer]:
        _not_built("draft")

    def approve(self, session: Session, release: str) -> Answer:
        _not_built("approve")

    def release(self, session: Session, case: str, recipient: str) -> Answer:
        _not_built("release")

    def collect(self, session: Session, release: str) -> Answer:
        _not_built("collect")

    def export(self, session: Session, case: str, kind: str, recipient: str) -> Answer:
        _not_built("export")

    def erase(self, session: Session, case: str) -> Answer:
        """Have a case destroyed, which takes two people: the first to call wants it, another agrees to it."""
        return self.advance(session, case, "DESTROYED", machine="retention")

    def act(self, session: Session, action: str, case: str | None, form: dict[str, Any]) -> Answer:
        """Do any action by its name. ``form`` may name the ``row`` or ``user`` of the address; else the newest row."""
        found = self._known().get(action)
        if found is None:
            raise KitBroken(f"there is no action {action} behind a door")
        given = dict(form)
        names = {"reference": case or "", "user": self.code_of(given.pop("user", "")) if "{user}" in found.path else ""}
        if "{row}" in found.path:
            table = found.path.split("/")[2]
            names["row"] = str(given.pop("row", None) or self._row(session, case or "", table, None))
        return self.http(found.method, found.path.format(**names), door=found.door, session=session, json=given)

    # --- what the product says of itself

    def actions(self) -> list[Action]:
        """Everything that can be done behind a door."""
        return copy.deepcopy(list(self._known().values()))

    def _known(self) -> dict[str, Action]:
        if not self._actions:
            examples, columns = knowledge.forms(), self.columns()
            allowed: dict[str, set[Role]] = {}
            for rule in self._facts()["rules"]:
                if rule["grant"] and rule["allowed"]:
                    allowed.setdefault(rule["action"], set()).add(rule["role"])
            made = (_action(known, allowed, examples, columns) for known in self._facts()["actions"])
            self._actions = {action.name: action for action in made}
        return self._actions

    def routes(self) -> list[tuple[Door, str, str]]:
        """Every address that is served: door, method, path."""
        return [(route["door"], route["method"], route["path"]) for route in self._facts()["routes"]]

    def policy(self) -> Iterator[tuple[Role, str, str, bool, bool, bool]]:
        """Role, action, state, grant, consent, allowed: by the rules, and by the states of the domain.

        No rule asks for a consent; what takes words from the witness does (T1).
        """
        on = {known["name"]: known["on"] for known in self._facts()["actions"]}
        for rule in self._facts()["rules"]:
            name = rule["action"]
            if name not in on:
                continue
            for state in knowledge.STATES_OF.get(on[name] or "", ("none",)):
                possible = state in knowledge.STATES.get(name, {state})
                for consent in (False, True):
                    agreed = consent or name not in knowledge.AGREED
                    yield rule["role"], name, state, rule["grant"], consent, rule["allowed"] and possible and agreed

    def limits(self) -> dict[str, Any]:
        """The numbers in force; which kinds of export and classes of keys there are."""
        return {"export_kinds": [], "key_classes": list(knowledge.KEY_CLASSES), **self._facts()["limits"]}

    def openapi(self) -> dict[str, Any]:
        """The interface for programs, every bound in it."""
        return self._told("openapi")

    def columns(self) -> list[tuple[str, str, Compartment | None]]:
        """Table, column, compartment if sealed under one. Sealed to a team by an envelope: None."""
        return [(c["table"], c["column"], c["compartment"]) for c in self._facts()["columns"]]

    # --- the log

    def entries(self, since: int = 0) -> list[dict[str, Any]]:
        """Entries in their order, as the auditor is shown them, from a place on; ``index`` is the place.

        Asking makes entries itself. Those that have no place yet come last, with ``index`` None.
        """
        found: dict[str, dict[str, Any]] = {}
        behind: str | None = None
        while True:
            # Newest first, each page behind the last entry of the one before: what is added meanwhile moves nothing.
            page = self._log_page(behind)
            found |= {line["id"]: {**line["body"], "index": line["place"]} for line in page}
            behind = page[-1]["id"] if page else None
            if len(page) < ENTRIES_A_PAGE or all(line["place"] is not None and line["place"] < since for line in page):
                break
        kept = [entry for entry in found.values() if entry["index"] is None or entry["index"] >= since]
        return sorted(kept, key=lambda entry: (entry["index"] is None, entry["index"] or 0, entry["id"]))

    def checkpoint(self) -> bytes:
        """The newest checkpoint; waits until every committed entry has its place under one."""
        done = self.cli("audit", "checkpoint", "--json")
        if done.code:
            raise KitBroken(f"no checkpoint: {done.err.decode(errors='replace')}")
        note: str = jsons.loads(done.out)["note"]
        return note.encode()

    def export_log(self, folder: Path) -> Path:
        """Write what strangers read into a new folder."""
        done = self.cli("audit", "export", str(folder))
        if done.code:
            raise KitBroken(f"no export: {done.err.decode(errors='replace')}")
        return folder

    def verify(self, log_dir: Path, *, checkpoints: Path | None = None) -> Verified:
        """Check an exported folder with the verifier that shares nothing with the product."""
        words = [sys.executable, str(Path(__file__).with_name("verify_log.py")), str(log_dir), "--json"]
        if checkpoints is not None:
            words += ["--checkpoints", str(checkpoints)]
        done = subprocess.run(words, capture_output=True, check=False, timeout=300)
        return Verified(**jsons.loads(done.stdout))

    # --- keys, and what comes later

    def backup(self, out: Path) -> Done:
        _not_built("backup")

    def restore(self, file: Path, into: Path) -> Product:
        _not_built("restore")

    def rotate(self, key_class: str) -> Done:
        """Draw every key of a class anew, while everything runs."""
        return self.cli("keys", "rotate", key_class)

    @property
    def shares(self) -> list[str]:
        """The recovery key's shares, which a seeded office keeps in a file: five, of which any three do."""
        return (self._here.home / "shares").read_text(encoding="utf-8").splitlines()

    def recover(
        self, user: str, shares: Sequence[str], *, case: str | None = None, beside: str | None = None,
        team: str | None = None,
    ) -> Done:  # fmt: skip
        """The custodians' ceremony at a terminal, to which these shares are brought.

        team   make ``user`` its lead; else a case is given back, to two: ``user`` and ``beside``
        case   None: the last that was seeded; beside: None: the other of the same role
        """
        if self._cast is None:
            raise KitBroken("nobody works here yet: seed first")
        words = ["custodians", "recover", "--run-by", "nobody", "--to", self.code_of(user)]
        if team is not None:
            words += ["--team", team]
        else:
            words += ["--case", case or self._cast.cases[-1], "--to", self.code_of(beside or self._other(user))]
        program = [sys.executable, "-m", "app.cli", *words]
        return table.sit_down(program, self._here.environ(), shares, seconds=120)

    def _other(self, user: str) -> str:
        """A colleague of the same role."""
        assert self._cast is not None
        same = next(names for names in self._cast.people.values() if user in names)
        return next((name for name in same if name != user), user)

    # --- how it is done: processes

    def _set_up(self) -> None:
        """Make the data folder: everything but an office, which whoever seeds it founds."""
        self._database.make()
        self._here.more = self._database.environ() | dict(self._here.more)
        made = self.cli("demo", "prepare", timeout=processes.HEALTH_SECONDS)
        (self._here.said / "set-up.log").write_bytes(made.out + made.err)
        if made.code < 0:
            raise KitBroken(f"set-up did not come to its end: {made.err[-500:].decode(errors='replace')}")
        if made.code:
            raise Refused(made.code, (made.out + made.err).decode(errors="replace"))
        front = {} if self._proxy is None else {"AMANA_TLS": "proxy", "AMANA_PUBLIC_NAME": "localhost"}
        self._services = [*_doors(self._here, self._ports, front), *_workers(self._here, self._wanted)]
        if self._proxy is not None:
            self._proxy.make()
            said = self._here.said / "nginx.log"
            self._services.append(Service(FRONT, (), self._here.environ(), said, program=self._proxy.words()))

    def _tell_of_database(self, service: Service) -> None:
        """A worker in a folder of its own is told where the database is, as on another machine."""
        if not processes.wait_until(self._database.ready, processes.HEALTH_SECONDS):
            raise KitBroken("the database that a second worker needs did not come up")
        for variable, role in (("AMANA_DATABASE_URL", "app"), ("AMANA_SEQUENCER_URL", "sequencer")):
            service.environ[variable] = self._database.url(role).replace("postgresql:", "postgresql+psycopg:")

    def _await_health(self, awaited: Sequence[Service]) -> None:
        def decided() -> bool:
            return self._well(awaited) or any(service.process and service.pid is None for service in awaited)

        processes.wait_until(decided, processes.HEALTH_SECONDS)
        for service in awaited:
            if service.process is not None and service.pid is None:
                raise Refused(service.process.returncode, service.said.read_text(errors="replace")[-2000:])
        if not self._well(awaited):
            raise KitBroken(f"not healthy within {processes.HEALTH_SECONDS:.0f} s")

    def _end(self, services: Sequence[Service], seconds: float) -> None:
        running = [service for service in services if service.pid is not None]
        for service in running:
            cast(subprocess.Popen[bytes], service.process).terminate()
        deadline = time.monotonic() + seconds + processes.DATABASE_STOP_SECONDS
        for service in running:
            if service.wait(max(0.0, deadline - time.monotonic())) is None and service.pid is not None:
                processes.kill([service.pid, *processes.children(service.pid)])
                service.wait(5)

    def _of(self, part: Part) -> list[Service]:
        if part == "app":
            return [service for service in self._services if service.port]
        if part == "worker":
            return [service for service in self._services if service.words == ("worker",)]
        return self._services if part == "all" else []

    def _pids_of(self, part: Part) -> list[int]:
        if part == "postgres":
            return self._database.pids()
        running = [service.pid for service in self._of(part) if service.pid is not None]
        return running + (self._database.pids() if part == "all" else [])

    # --- how it is done: doors

    @contextmanager
    def _record(self) -> Iterator[list[Answer]]:
        kept: list[Answer] = []
        before = self.urls
        staff = [wire.Front(_port(url), kept, self.trust) for url in before["staff"]]
        portal = [wire.Front(_port(url), kept, self.trust) for url in before["portal"]]
        self.urls, self._recording = _urls([f.port for f in staff], [f.port for f in portal]), kept
        try:
            yield kept
        finally:
            self.urls, self._recording = before, None
            for front in (*staff, *portal):
                front.shutdown()
                front.server_close()

    def _page_token(self, session: Session) -> str:
        """The token that a page of this session carries in its forms, read from one of its pages."""
        token = session.cookies.get(COOKIE, "")
        if token not in self._csrf:
            cookie = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
            page = wire.exchange(
                self.url["staff"], "GET", "/today", body=None, headers={"Cookie": cookie}, timeout=30, trust=self.trust
            )
            found = _CSRF.search(page.body.decode("utf-8", "replace"))
            self._csrf[token] = found.group(1) if found else ""
        return self._csrf[token]

    def _next_code(self, login: str) -> str:
        """The six digits of the smallest step that is not used up, when it is time for them."""
        step = max(self._steps.get(login, 0) + 1, self._now() // TOTP_SECONDS - 1)
        processes.wait_until(lambda: self._now() // TOTP_SECONDS >= step - 1, 3 * TOTP_SECONDS)
        self._steps[login] = step
        return _totp(self._members[login]["totp"], step)

    def _now(self) -> int:
        return int(time.time() + self._offset)

    def _receipt(self, idem: str | None) -> str:
        if idem is not None and idem in self._drawn:
            return self._drawn[idem]
        drawn = self.http("POST", "/portal/receipts", door="portal", json={})
        receipt = str(drawn.json["words"]) if drawn.status == 201 else ""
        if idem is not None and receipt:
            self._drawn[idem] = receipt
        return receipt

    # --- how it is done: rows and reasons

    def _learn(self, answer: Answer) -> None:
        """Remember the rows a case was seen to have, so that others can be sent after them."""
        told = answer.json
        if answer.status == 200 and isinstance(told, dict) and {"reference", "records"} <= set(told):
            for record in told["records"]:
                known = self._rows.setdefault((told["reference"], record["table"]), [])
                known[:] = [*(old for old in known if old["id"] != record["id"]), record]

    def _records(self, session: Session, case: str, table: str) -> list[dict[str, Any]]:
        """The rows of a table in a case as this session sees them; else as anybody saw them before.

        A verb looks at a case once, however much of it it has to know.
        """
        if table == "submissions":
            return self._submissions(session, case)
        who = (session.name, session.role, case)
        if self._seen is None or self._seen[0] != who:
            shown = self.http("GET", f"/api/cases/{case}", session=session)
            self._seen = who, shown.json["records"] if shown.status == 200 else []
        seen = [record for record in self._seen[1] if record["table"] == table]
        return seen or self._rows.get((case, table), [])

    def _submissions(self, session: Session, reference: str) -> list[dict[str, Any]]:
        for page in range(1000):
            queue = self.http("GET", f"/api/submissions?page={page}", session=session)
            lines = queue.json if queue.status == 200 else []
            found = [line for line in lines if line["reference"] == reference]
            if found or not lines:
                return [{"id": line["id"], "fields": [], "clear": {"state": line["state"]}} for line in found]
        return []

    def _row(self, session: Session, case: str, table: str, column: str | None) -> str:
        """The newest row with this field. One that nobody ever saw is asked for by an id nothing has."""
        records = self._records(session, case, table)
        having = [record for record in records if column in record["fields"]] or records
        return str(having[-1]["id"]) if having else str(uuid.uuid4())

    def _reason(self, session: Session, case: str, table: str, code: str | None, cites: str | None) -> dict[str, str]:
        """Justification, cited item and words for an opening."""
        tried = knowledge.reasons(session.role, table)
        if code is not None:
            own = [reason for reason in tried if reason.code == code]
            tried = tuple(own) or (knowledge.Reason(code, knowledge.CITED_BY.get(code, ())),)
        for reason in tried:
            item = cites if cites is not None else self._cited(session, case, reason)
            if item is not None or not reason.cites or reason is tried[-1]:
                break
        form = {"justification": reason.code}
        if item:
            form["cites"] = item
        return form | ({"words": knowledge.WORDS} if reason.words else {})

    def _cited(self, session: Session, case: str, reason: knowledge.Reason) -> str | None:
        rows = (self._records(session, case, table) for table in reason.cites)
        return next((str(found[-1]["id"]) for found in rows if found), None)

    def _log_page(self, behind: str | None) -> list[dict[str, Any]]:
        if self._auditor is None:
            self._auditor = self.login("auditor")
        page = self.http("POST", "/api/log/entries", session=self._auditor, json={"before": behind} if behind else {})
        if page.status == 401 and self._auditor.headers:
            # An idle session has ended. One that was refused when it was asked for is the kit's failure.
            self._auditor = None
            return self._log_page(behind)
        if page.status != 200:
            raise KitBroken(f"the auditor's door answered {page.status}")
        lines: list[dict[str, Any]] = page.json["entries"]
        return lines

    def _facts(self) -> dict[str, Any]:
        if self._facts_kept is None:
            self._facts_kept = self._told("facts", "--json")
        return self._facts_kept

    def _told(self, *words: str) -> dict[str, Any]:
        done = self.cli(*words)
        if done.code:
            raise KitBroken(f"amana {words[0]} ended with {done.code}: {done.err.decode(errors='replace')[-500:]}")
        told: dict[str, Any] = jsons.loads(done.out)
        return told


def _step_up_needed(answer: Answer) -> bool:
    return answer.status == 403 and bool(answer.json["error"]["code"] == "step_up.needed")


def _goes_on(session: Session, token: str) -> None:
    """One token serves the pages as their cookie and the interface for programs as a header."""
    session.cookies, session.headers = {COOKIE: token}, {"Authorization": f"Bearer {token}"}


def _not_built(verb: str) -> NoReturn:
    raise KitBroken(f"not built: {verb} comes with {knowledge.COMES_WITH[verb]}")


def _doors(here: Surroundings, ports: Sequence[int], front: Mapping[str, str]) -> list[Service]:
    staff = [
        Service(f"staff{n or ''}", ("serve", "--staff"), here.environ(AMANA_PORT=str(port), **front),
                here.said / f"staff{n or ''}.log", port)
        for n, port in enumerate(ports)
    ]  # fmt: skip
    # Where the database is not embedded, each door is told its own role's URL and no other's.
    own = {"AMANA_DATABASE_URL": here.more["AMANA_PORTAL_URL"]} if "AMANA_PORTAL_URL" in here.more else {}
    said = here.said / "portal.log"
    portal = Service("portal", ("serve", "--portal"), here.environ(**own, **front), said, here.portal_port)
    return [*staff, portal]


def _workers(here: Surroundings, count: int) -> list[Service]:
    first = Service("worker", ("worker",), here.environ(), here.said / "worker.log")
    return [first, *([_elsewhere(here)] if count > 1 else [])][:count]


def _elsewhere(here: Surroundings) -> Service:
    """A second worker as the runbook has it: a home of its own, the log's key, and the shared log and files."""
    home = here.folder / "home2"
    (home / "keys").mkdir(mode=0o700, parents=True)
    home.chmod(0o700)
    for name in ("installation", "unlock", "keys/log.key", "keys/log.trust"):
        shutil.copy2(here.home / name, home / name)
    for name in ("log", "attachments"):
        (here.home / name).mkdir(mode=0o700, exist_ok=True)
        (home / name).symlink_to(here.home / name)
    return Service(ELSEWHERE, ("worker",), here.environ(AMANA_HOME=str(home)), here.said / "worker2.log")


def _in_front(here: Surroundings, ports: Sequence[int]) -> Places:
    """The shipped proxy before these ports: each door at a port of its own, so that both go by a name that is known."""
    plain, staff, portal = processes.free_ports(3)
    behind = {
        "staff": tuple(f"127.0.0.1:{port}" for port in ports),
        "portal": (f"127.0.0.1:{here.portal_port}",),
    }
    names = dict.fromkeys((OFFICE, PORTAL), "localhost")
    return Places(here.folder / "proxy", plain, staff, portal, behind, names)


def _urls(staff: Sequence[int], portal: Sequence[int], front: Places | None = None) -> dict[Door, list[str]]:
    theirs, ours = ([f"http://localhost:{port}" for port in ports] for ports in (portal, staff))
    if front is not None:
        theirs, ours = [f"https://localhost:{front.portal}"], [f"https://localhost:{front.staff}"]
    return {"staff": ours, "portal": theirs, "api": list(ours)}


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def _totp(secret: str, step: int) -> str:
    """RFC 6238 with HMAC-SHA1 and six digits, as an authenticator on a phone reckons it."""
    raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(raw, step.to_bytes(8, "big"), hashlib.sha1).digest()
    place = mac[-1] & 0x0F
    return f"{(int.from_bytes(mac[place : place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def _action(
    known: Mapping[str, Any], allowed: Mapping[str, set[Role]], examples: Mapping[str, dict[str, Any]],
    columns: Sequence[tuple[str, str, str | None]],
) -> Action:  # fmt: skip
    name, on = known["name"], known["on"]
    form = examples.get(name)
    if form is None:
        # What opens something names the fields; the first that is sealed is as good an example as any.
        sealed = [column for table, column, compartment in columns if table == on and compartment is not None]
        form = {"fields": sealed[:1] or ["words"], "justification": "WITNESS_REQUEST"}
    states = knowledge.STATES.get(name, frozenset(knowledge.STATES_OF.get(on or "", ())))
    roles = set(allowed.get(name, ()))
    return Action(name, known["door"], known["method"], known["path"], known["discloses"], roles, set(states), form)
