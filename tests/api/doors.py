"""Every address of the staff door, with a body its action accepts and the members whom a rule lets through.

The table is written by hand from the design, not derived from the product: a test walks the
product's own routes and fails when one is missing here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import httpx
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from app.accounts import security_keys
from app.accounts.undertakings import VERSION
from app.edge.render import as_json
from app.errors import Conflict
from app.oversight import actions as oversight
from app.oversight import inquiries
from app.oversight.forms import AskLog, AskThem
from app.testimonies import protocols
from app.testimonies.questions import named
from tests.api.conftest import Client, Staff, program_of
from tests.cases.canaries import Planted, plant
from tests.world import World
from tests.world.build import CORE
from tests.world.keys import SoftKey

# Those whom a test of cases does without, by their roles: they make every role of the office complete.
BESIDE: Final = {
    "narrative": "narrative_editor",
    "reid": "reid_reviewer",
    "approver": "approver",
    "custodian": "key_custodian",
}
EVERYBODY: Final = frozenset(CORE | BESIDE.keys())
INTAKE: Final = frozenset({"intake", "intake-lead"})
LEGAL: Final = frozenset({"legal", "legal-lead"})
SAFETY: Final = frozenset({"protection", "protection-lead"})
NARRATIVE: Final = frozenset({"narrative-lead", "narrative"})
HOLDERS: Final = INTAKE | LEGAL | SAFETY | {"narrative-lead"}
LEADS: Final = frozenset({"intake-lead", "legal-lead", "protection-lead", "narrative-lead"})
ADMINISTRATOR: Final = frozenset({"administrator"})
AUDITOR: Final = frozenset({"auditor"})

ORIGIN: Final = "http://localhost:8000"
# Members for whom a spare colleague is invited, so that what one does leaves another's try possible.
SPARED: Final = ("intake", "intake-lead", "legal", "legal-lead", "administrator")


@dataclass
class Scene:
    """A case with a canary in every field, and spare colleagues and programs to grant to, to remove and to end."""

    world: World
    planted: Planted
    spare: dict[str, str] = field(default_factory=dict)
    programs: dict[str, str] = field(default_factory=dict)
    # One of the entries of whoever is inquired into.
    entry: str = ""

    @classmethod
    def set(cls, world: World) -> Scene:
        scene: Scene = world.begin("scene", cls._set)
        return scene

    @classmethod
    def _set(cls, world: World) -> Scene:
        for login, role in BESIDE.items():
            world.invite(login, roles=(role,))
        scene = cls(world, plant(world))
        for number, login in enumerate(SPARED):
            scene.spare[login] = world.invite(f"spare{number}", roles=("intake_officer",)).code
            scene.programs[login] = world.service("intake").user
        theirs = world.do("auditor", oversight.ask, AskLog(actor=world.members["intake"].code))
        scene.entry = str(theirs.entries[0].id)
        # Before anybody compares what is stored: nobody has to draw codes in the middle of it.
        for login in world.members:
            world.codes_for(login, 6)
        # Everybody's idle time begins anew, so that a request alone changes no row.
        for member in world.members.values():
            member.caller = world.signins.caller(member.token)
        return scene

    def address(self, ask: Ask, login: str = "") -> str:
        """The address with the scene's own ids in it."""
        reference = self.planted.submission if "/submissions/" in ask.path else self.planted.reference
        reference = self.planted.report if ask.path.endswith("/public-reports") else reference
        reference = self.planted.inside if ask.path.endswith("/came-out") else reference
        spared = self.programs if "/services/" in ask.path else self.spare
        user = spared.get(login, spared["intake"])
        user = self.world.members["protection"].code if ask.path.endswith("/rota") else user
        path = ask.path.replace("{reference}", reference).replace("{user}", user)
        return path.replace("{row}", str(self.row_of(ask, login))) if "{row}" in path else path

    def row_of(self, ask: Ask, login: str) -> UUID:
        if "/sign-outs/" in ask.path:
            return self.world[login or ask.by].actor.sign_in or UUID(int=0)
        return self.planted.rows[ask.path.split("/")[2].replace("uploads", "attachments")]

    def spare_of(self, login: str) -> str:
        return self.spare.get(login, self.spare["intake"])


Body = Callable[[Scene, str], dict[str, Any]]


@dataclass(frozen=True)
class Ask:
    """One address.

    may    members of the cast whom the rules let through with this body; ``by`` is one of them
    kind   ``json``, ``file`` (multipart) or ``page``
    """

    method: str
    path: str
    may: frozenset[str]
    body: Body | None = None
    kind: str = "json"
    status: int = 200

    @property
    def by(self) -> str:
        return min(self.may)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def send(staff: Staff, scene: Scene, ask: Ask, login: str = "", **more: Any) -> httpx.Response:
    """Ask as a member, with the body of the table unless another is given."""
    client: Client = staff[login or ask.by]
    path = more.pop("path", None) or scene.address(ask, login or ask.by)
    if ask.method == "POST" and not {"json", "content", "files", "data"} & set(more):
        if ask.kind == "file":
            more["files"] = {"file": ("a.txt", b"words", "text/plain")}
        else:
            more["json"] = ask.body(scene, login or ask.by) if ask.body else {}
    answer = client.ask(ask.method, path, **more)
    if path == "/api/me/factor" and answer.status_code == 200:
        # Whoever has drawn their authenticator anew signs in with what it shows from then on.
        member, secret = scene.world.members[login or ask.by], answer.json()["totp_secret"]
        member.totp = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return answer


def routes_of(door: ASGIApp) -> set[tuple[str, str]]:
    """Every method and path a door answers to."""
    return {(method, route.path) for route in _routes(program_of(door).routes) for method in route.methods or ()}


def _routes(routes: Sequence[Any]) -> Iterator[APIRoute]:
    """The routes of a program and of what was included in it; anything of another kind is an error."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from _routes(route.original_router.routes)


def plain(**given: Any) -> Body:
    return lambda _scene, _login: given


def reasoned(why: str, cites: str) -> Body:
    def body(scene: Scene, _login: str) -> dict[str, Any]:
        return {"justification": why, "cites": str(scene.planted.rows[cites])}

    return body


def opening(field: str, why: str, cites: str | None = None, words: str | None = None) -> Body:
    def body(scene: Scene, _login: str) -> dict[str, Any]:
        cited = str(scene.planted.rows[cites]) if cites else None
        return {"fields": [field], "justification": why, "cites": cited, "words": words}

    return body


def _post(path: str, may: frozenset[str], body: Body | None = None, status: int = 200) -> Ask:
    return Ask("POST", path, may, body, status=status)


_CONSENT = {
    "tier": "T4", "granted": True, "text_version": "2026-10", "language": "ar", "how_given": "SPOKEN",
    "custody_status": "FREE", "guard_present": False, "conditions": "none",
}  # fmt: skip
_PERSON = {
    "legal_name": "Amina Rahmani", "name_arabic": "أمينة", "aliases": ["Mina"],
    "birth_date": {"precision": "YEAR", "words": "spring", "year": 1991}, "sex": "FEMALE",
    "nationalities": ["TN"], "languages": ["ar"], "category": ["WITNESS"],
}  # fmt: skip
_CLAIM = {
    "about": "WITNESS",
    "name_use": "LEGAL",
    "basis": "STATEMENT",
    "source": "a family book",
    "arabic": {"given": "أمينة"},
    "latin": {"given": "Amina", "family": "Rahmani"},
    "birth_date": {"precision": "YEAR", "year": 1991},
}
_NOTE = {
    "factor": "TIMELINESS", "finding": "MET", "reasons": "early", "passages": [],
    "contrary_evidence": "none found",
}  # fmt: skip
_PROMISE = {
    "kind": "USE_UNDERTAKING", "strength": "PROSECUTOR_UNDERTAKING", "issuer": "a prosecutor", "basis": "a letter",
    "instrument": "We shall not use it.", "jurisdiction": "GB", "bodies": ["CRIMINAL_COURT", "CIVIL"],
    "proceedings": "the case of the depot", "conditions": "the whole of it", "exceptions": "a false statement",
    "barred": ["MEDIA"], "starts_on": "2026-01-05", "ends_on": "2027-01-05", "survives_organisation": True,
}  # fmt: skip
_STEP = {"seen": 1, "authority": "a court", "happened_on": "2026-01-05", "reason": "its letter"}
_THREAT = {"level": "HIGH", "fear_in_own_words": "they know", "findings": "two calls", "measures": "no telephone"}
_READING = opening("text", "INTAKE", "testimonies")


def _grant(scene: Scene, login: str) -> dict[str, Any]:
    return {"user": scene.spare_of(login), "compartments": ["TESTIMONY"]}


def _leaving(scene: Scene, login: str) -> dict[str, Any]:
    asked = {"use": "DERIVATIVE", "subject": "THIRD_PARTY", "jurisdiction": "US", "body": "CRIMINAL_COURT"}
    return asked | reasoned("ASSURANCE", "assurances")(scene, login)


def _draft(scene: Scene, _login: str) -> dict[str, Any]:
    return {
        "step": "LIMITS", "testimony": str(scene.planted.rows["testimonies"]), "version": 0, "typing": True,
        "fields": [{"name": "own_words", "values": ["I can stop"]}],
    }  # fmt: skip


def _link(scene: Scene, _login: str) -> dict[str, Any]:
    return {"case": scene.planted.reference}


def _passphrase(scene: Scene, login: str) -> dict[str, Any]:
    """The same passphrase again, so that the member can still sign in with it; each second factor once."""
    passphrase = scene.world.members[login].passphrase
    return {"passphrase": passphrase, "new_passphrase": passphrase, **scene.world.factor(login)}


def _lost(scene: Scene, login: str) -> dict[str, Any]:
    """The authenticator is lost: with a recovery code it is drawn anew."""
    me = scene.world.members[login]
    code, me.recovery = me.recovery[0], me.recovery[1:]
    return {"which": "AUTHENTICATOR", "passphrase": me.passphrase, "recovery_code": code}


def _explained(scene: Scene, _login: str) -> dict[str, Any]:
    """Whoever is inquired into hears of it once they are asked."""
    with suppress(Conflict):
        scene.world.do(
            "auditor", inquiries.ask_them, AskThem(question="WHY_THIS"), subject=scene.planted.rows["inquiries"]
        )
    return {"answer": "MY_TASK"}


def _amended(scene: Scene, _login: str) -> dict[str, Any]:
    return {"segment": str(scene.planted.rows["segments"]), "text": "so", "language": "ar", "reason": "a slip"}


def _version(scene: Scene, _login: str) -> dict[str, Any]:
    passage = {"segment": str(scene.planted.rows["segments"]), "text": "so it was"}
    return {"kind": "TRANSLATION", "language": "en", "passages": [passage]}


def _entered(scene: Scene, _login: str) -> dict[str, Any]:
    return {
        "collected_on": "2026-01-05", "scan": str(scene.planted.rows["attachments"]), "own_words": "I see",
        "counsel": "DECLINED", "counsel_reason": "none wanted",
        "session": {"place": "OFFICE", "custody_status": "FREE", "guard_present": False, "why_again": "more time"},
        "account": {"language": "ar", "segments": [{"text": "I went"}]},
    }  # fmt: skip


def _protocol(_scene: Scene, login: str) -> dict[str, Any]:
    """The questions that come with the program, as a version of its own for each who tries."""
    told: dict[str, Any] = protocols.shipped().model_dump(mode="json", by_alias=True, exclude_none=True)
    return told | {"version": f"2027-01.{len(login)}"}


def _answers(_scene: Scene, _login: str) -> dict[str, Any]:
    return {
        "protocol": named(protocols.shipped().bytes()), "language": "ar", "after": None,
        "answers": [{"question": "way_home", "chosen": ["YES"]}, {"question": "next_talk", "words": "at noon"}],
    }  # fmt: skip


def _key(scene: Scene, login: str) -> dict[str, Any]:
    """A security key that has just answered, with a second factor given for it."""
    world, caller = scene.world, scene.world[login or "intake"]
    asked = as_json(world.signins.keys.to_add(caller))
    world.step_up(login or "intake", security_keys.add, caller.actor.code)
    return {"name": "the blue one", "new": SoftKey().make(asked)}


ACTIONS: Final = (
    _post("/api/me/preferences", EVERYBODY, plain(language="ar", shortcuts=False)),
    _post("/api/me/passphrase", EVERYBODY, _passphrase),
    _post("/api/me/factor", EVERYBODY, _lost),
    _post("/api/step-ups", HOLDERS, lambda scene, login: {
        "action": "grant.give", "subject": scene.planted.reference, **scene.world.factor(login)}, 201),
    _post("/api/me/security-keys/challenge", EVERYBODY, plain(action="grant.give", subject="S-222222")),
    _post("/api/me/security-keys/begin", EVERYBODY),
    _post("/api/me/security-keys", EVERYBODY, _key, 201),
    _post("/api/security_keys/{row}/rename", frozenset({"intake"}), plain(name="the other one")),
    _post("/api/me/undertaking", EVERYBODY, plain(version=VERSION, language="fr"), 201),
    _post("/api/people", ADMINISTRATOR, lambda _s, login: {
        "login_name": f"new-{login}", "display_name": "Somebody New", "roles": ["caseworker"]}, 201),
    _post("/api/people/{user}/team", frozenset({"intake-lead"}), plain(team="intake", deputy=False)),
    _post("/api/teams/reseal", INTAKE, plain(team="intake")),
    _post("/api/people/{user}/rota", frozenset({"protection-lead"}), plain(
        rung=2, starts_at="2026-12-01T10:00:00Z", ends_at="2026-12-02T10:00:00Z"), 201),
    _post("/api/break-glass", frozenset({"protection"}), lambda scene, _login: {
        "reference": scene.planted.reference, "justification": "LIFE_AT_RISK", "words": "Men at the door."}, 201),
    _post("/api/break_glasses/{row}/review", AUDITOR, plain(verdict="JUSTIFIED", why="IN_GOOD_FAITH")),
    _post("/api/services", frozenset({"legal-lead"}), plain(
        team="legal", name="a program", purpose="ARCHIVE", ends_at="2026-12-01T10:00:00Z"), 201),
    _post("/api/cases", INTAKE, plain(pathway="ADULT"), 201),
    _post("/api/cases/{reference}/hand-over", INTAKE | LEGAL | SAFETY, plain(team="legal")),
    _post(
        "/api/cases/{reference}/conflicts",
        LEADS,
        lambda scene, login: {
            "reason": "SAME_TOWN",
            "words": "they went to one school",
            "about": scene.world.members["administrator"].code,
        },
        201,
    ),
    _post("/api/cases/{reference}/mentions", INTAKE, plain(kind="UNIT", name="the gate guard"), 201),
    _post("/api/cases/{reference}/mentions/tie", INTAKE, lambda scene, _login: {
        "chip": scene.planted.chips[0], "other": scene.planted.chips[1]}, 201),
    _post("/api/cases/{reference}/came-out", frozenset({"intake", "protection"})),
    _post("/api/cases/{reference}/grants", INTAKE | LEGAL, _grant, 201),
    _post("/api/cases/{reference}/visits", HOLDERS, plain(justification="WITNESS_REQUEST")),
    _post("/api/visits/{row}/leave", frozenset({"intake"})),
    _post("/api/cases/{reference}/grants/revoke", INTAKE | LEGAL, _grant),
    _post("/api/cases/{reference}/handoffs", INTAKE | LEGAL | SAFETY,
          plain(kind="SAFETY", to_team="protection", words="be careful"), 201),
    _post("/api/cases/{reference}/person", INTAKE | SAFETY, plain(**_PERSON), 201),
    _post("/api/cases/{reference}/documents", INTAKE | SAFETY,
          plain(kind="PASSPORT", condition="LOST", number="N 1", issuer="a town"), 201),
    _post("/api/cases/{reference}/approach", INTAKE | SAFETY, plain(codes=["PORTAL_ONLY"]), 201),
    _post("/api/cases/{reference}/contacts", INTAKE | SAFETY,
          plain(channel="PHONE", address="+00 555", safe_hours="late", opening_words="hello",
                who_must_not_know="all"), 201),
    _post("/api/cases/{reference}/claims", INTAKE | SAFETY, plain(**_CLAIM), 201),
    _post("/api/cases/{reference}/same-person", INTAKE,
          plain(finding="UNRESOLVED", attributes=["CONTACT"], asked="S-345678", reasons="no answer yet"), 201),
    _post("/api/look-ups", INTAKE, plain(
        name="Idris Tamimi", birth_date={"precision": "YEAR", "year": 1990}, justification="SAME_PERSON",
        document_number="N 4471 902", contact="+00 555 0142")),
    _post("/api/look-ups/find", INTAKE, plain(document_number="N 4471 902")),
    _post("/api/look-ups/file", INTAKE),
    _post("/api/cases/{reference}/testimonies", INTAKE, plain(admissions=False), 201),
    _post("/api/cases/{reference}/consents", INTAKE, plain(**_CONSENT), 201),
    _post("/api/cases/{reference}/mitigation", LEGAL, plain(**_NOTE), 201),
    # The planted one is being assessed already.
    _post("/api/cases/{reference}/mitigation/take", LEGAL, status=409),
    _post("/api/cases/{reference}/mitigation/move", LEGAL,
          plain(to="NOT_RAISED", whose="WITNESS", clock="MET", **_STEP), 201),
    # "legal" has opened the account, so somebody else writes the report; it is not yet time for one.
    _post("/api/cases/{reference}/mitigation/report", LEGAL - {"legal"},
          plain(instrument="He named the depot.", uninvolved=True, **_STEP), status=409),
    # Of one that came back with questions; "legal" wrote it.
    _post("/api/mitigation_assessments/{row}/propose", LEGAL, plain(version=8)),
    _post("/api/mitigation_assessments/{row}/withdraw", frozenset({"legal"}), plain(version=8)),
    _post("/api/mitigation_assessments/{row}/return", LEGAL - {"legal"}, plain(version=8, words="which hearing?")),
    _post("/api/mitigation_assessments/{row}/sign", LEGAL - {"legal"}, plain(version=8, answer="SIGNED")),
    _post("/api/cases/{reference}/assurances", LEGAL, plain(**_PROMISE), 201),
    # Of what is revoked already; "legal" drafted it.
    _post("/api/assurances/{row}/sign", LEGAL - {"legal"}, plain(verified="called back")),
    _post("/api/assurances/{row}/decline", LEGAL, plain()),
    _post("/api/assurances/{row}/revoke", LEGAL, plain(by="the court", heard=True, words="its order")),
    _post("/api/assurances/{row}/lapse", LEGAL, plain(cause="BODY_ENDED", words="it was dissolved")),
    _post("/api/segments/{row}/tighten", LEGAL, plain(
        use="MEDIA", subject="DECLARANT", jurisdiction="FR", bodies=["PRESS"], reason="they asked twice"), 201),
    _post("/api/cases/{reference}/threats", SAFETY, plain(**_THREAT), 201),
    _post("/api/cases/{reference}/residences", SAFETY, plain(place="a flat", since="May", who_knows="two"), 201),
    _post("/api/cases/{reference}/needs", SAFETY, plain(kind="MEDICINE", words="insulin"), 201),
    _post("/api/cases/{reference}/check-ins", SAFETY, plain(due_at="2026-12-01T10:00:00Z", agreed_word="kettle"), 201),
    _post("/api/cases/{reference}/public-reports", INTAKE, plain(
        source_title="A paper", source_url="https://paper.example", left_in="2015-07", nationality="not said",
        sex="MALE"), 201),
    _post("/api/public_reports/{row}/codes", NARRATIVE, plain(codes=["N1a"]), 201),
    _post("/api/testimonies/{row}/limits", INTAKE,
          plain(statement_version="2026-10", language="ar", own_words="I understood")),
    _post("/api/testimonies/{row}/ready", INTAKE, plain(counsel="DECLINED", counsel_reason="no lawyer wanted")),
    _post("/api/testimonies/{row}/session", INTAKE,
          plain(place="OFFICE", custody_status="FREE", guard_present=False, interpreter_code="I-7346", device="R-1")),
    _post("/api/testimonies/{row}/session/prepare", INTAKE, reasoned("INTAKE", "testimonies")),
    _post("/api/testimonies/{row}/session/events", INTAKE, plain(kind="CAME_IN", words="a doctor", who="D-1"), 201),
    _post("/api/testimonies/{row}/session/interpreter", INTAKE, plain(home_district="a town")),
    _post("/api/testimonies/{row}/session/unprompted", INTAKE, plain()),
    _post("/api/testimonies/{row}/session/interpreter/report", INTAKE,
          plain(found="SAME_GROUP", words="be careful", interpreter_code="I-7346")),
    _post("/api/protocols", frozenset({"intake-lead"}), _protocol, 201),
    _post("/api/testimonies/{row}/answers", INTAKE, _answers, 201),
    _post("/api/testimonies/{row}/amendments", INTAKE, _amended, 201),
    _post("/api/testimonies/{row}/versions", INTAKE, _version, 201),
    _post("/api/testimonies/{row}/paper", INTAKE, plain(language="ar", carried_by="S-2"), 201),
    _post("/api/paper_sessions/{row}/enter", INTAKE, _entered, 201),
    _post("/api/interpreters", INTAKE, plain(
        languages=["ar"], dialects="of the coast", gender="MALE", origin="a town", ties="none", vetting="seen",
        undertaking_until="2027-01-01"), 201),
    _post("/api/interpreters/{row}/undertaking", INTAKE, plain(undertaking_until="2027-01-01")),
    _post("/api/cases/{reference}/prior-accounts", INTAKE, plain(
        forum="POLICE", jurisdiction="TN", said_on="in May", caution="UNKNOWN", account="words"), 201),
    _post("/api/testimonies/{row}/account", INTAKE,
          plain(language="ar", segments=[{"text": "I went", "speaker": "WITNESS", "classes": ["NARRATIVE"]}]), 201),
    _post("/api/testimonies/{row}/move", INTAKE, plain(to="SEGMENTED")),
    _post("/api/cases/{reference}/claimed", INTAKE | LEGAL, plain(
        proposition="It burned in March.", basis="STATEMENT", method="compared", codes=["P-1"], outside=["a paper"],
        verification="CORROBORATED", source_grade="C", information_grade="2"), 201),
    _post("/api/testimonies/{row}/claimed", INTAKE, reasoned("INTAKE", "testimonies")),
    _post("/api/testimonies/{row}/read-back", INTAKE,
          plain(reader="I-7346", language="ar", answer="REFUSED", reason="It is too much today."), 201),
    _post("/api/testimonies/{row}/safety", INTAKE,
          plain(in_danger=False, found_out=False, others=False, hurt=False), 201),
    _post("/api/testimonies/{row}/safety/alert", INTAKE,
          plain(in_danger=True, found_out=False, others=False, hurt=False, words="the brother knows the street"), 201),
    _post("/api/cases/{reference}/drafts", INTAKE, _draft, 201),
    _post("/api/rescues/{row}/take-up", frozenset({"intake"})),
    _post("/api/consents/{row}/withdraw", INTAKE | LEGAL),
    _post("/api/escalations/{row}/acknowledge", SAFETY, plain()),
    _post("/api/escalations/{row}/report", SAFETY, plain(state="LOCATED")),
    _post("/api/check_ins/{row}/settle", SAFETY, plain(state="MET_OK", outcome="well")),
    _post("/api/submissions/{reference}/triage", INTAKE, plain(decision="INTERVIEW")),
    _post("/api/submissions/{reference}/link", INTAKE, _link),
    _post("/api/attachments/{row}/working-copy", INTAKE, reasoned("INTAKE", "testimonies"), 201),
    _post("/api/attachments/{row}/preview", INTAKE, reasoned("INTAKE", "testimonies")),  # an original is not shown
    _post("/api/cases/{reference}/uploads", INTAKE,
          plain(size_bytes=9, fingerprint="0" * 64, file_name="a", media_type="a/b"), 201),
    _post("/api/attachments/{row}/custody", INTAKE,
          plain(kind="HANDED_OVER", from_whom="us", to_whom="a court", why="its order", seal="INTACT"), 201),
    _post("/api/log/entries", AUDITOR, plain(
        case="A", actor="S-333333", action="case.open", operation="collect", outcome="done",
        since="2026-01-01T00:00:00Z", until="2027-01-01T00:00:00Z", justification="INTAKE", rule="no-rule")),
    _post("/api/log/verify", AUDITOR | ADMINISTRATOR),
    # Of a clock that has not jumped there is nothing to say.
    _post("/api/clock", ADMINISTRATOR, plain()),
    _post("/api/log/signs", AUDITOR),
    _post("/api/log/sample", AUDITOR),
    _post("/api/log/figures", AUDITOR),
    _post("/api/log/case-report", AUDITOR, lambda scene, _login: {"reference": scene.planted.reference}),
    _post("/api/log/filters", AUDITOR, plain(operation="combine", days=7), 201),
    _post("/api/people/{user}/inquiries", AUDITOR, plain(reason="NIGHT"), 201),
    _post("/api/inquiries/{row}/ask", AUDITOR, plain(question="WHY_THEN")),
    _post("/api/inquiries/{row}/answer", frozenset({"intake"}), _explained),
    _post("/api/inquiries/{row}/entries", AUDITOR, lambda scene, _login: {"entry": scene.entry}),
)  # fmt: skip

OPENINGS: Final = (
    _post("/api/persons/{row}/open", INTAKE, opening("legal_name", "INTAKE", "testimonies")),
    _post("/api/identity_documents/{row}/open", INTAKE, opening("number", "INTAKE", "testimonies")),
    _post("/api/approaches/{row}/open", INTAKE, opening("codes", "INTAKE", "testimonies")),
    _post("/api/identity_claims/{row}/open", INTAKE, opening("source", "INTAKE", "testimonies")),
    _post("/api/same_person_findings/{row}/open", INTAKE, opening("reasons", "SAME_PERSON")),
    _post("/api/contact_channels/{row}/open", INTAKE, opening("address", "INTAKE", "testimonies")),
    _post("/api/testimonies/{row}/open", INTAKE, opening("own_words", "INTAKE", "testimonies")),
    _post("/api/testimonies/{row}/read", INTAKE, reasoned("INTAKE", "testimonies")),
    _post("/api/testimonies/{row}/limits/read", INTAKE, reasoned("INTAKE", "testimonies")),
    _post("/api/testimonies/{row}/leaving", LEGAL, _leaving),
    _post("/api/terms_of_use/{row}/open", INTAKE, opening("issuer", "INTAKE", "testimonies")),
    _post("/api/use_restrictions/{row}/open", INTAKE, opening("reason", "INTAKE", "testimonies")),
    _post("/api/assurances/{row}/open", LEGAL, opening("issuer", "ASSURANCE", "assurances")),
    _post("/api/testimonies/{row}/answers/read", INTAKE, reasoned("INTAKE", "testimonies")),
    _post("/api/protocol_answers/{row}/open", INTAKE, opening("answer", "INTAKE", "testimonies")),
    _post("/api/mentions/{row}/read", INTAKE, reasoned("INTAKE", "testimonies")),
    _post("/api/mentions/{row}/open", INTAKE, opening("name", "INTAKE", "testimonies")),
    _post("/api/segments/{row}/open", INTAKE, _READING),
    _post("/api/drafts/{row}/open", INTAKE, opening("words", "INTAKE", "testimonies")),
    _post("/api/safety_answers/{row}/open", INTAKE, opening("answers", "INTAKE", "testimonies")),
    _post("/api/prior_accounts/{row}/open", INTAKE, opening("account", "INTAKE", "testimonies")),
    _post("/api/segment_versions/{row}/open", INTAKE, opening("text", "INTAKE", "testimonies")),
    _post("/api/claims/{row}/open", INTAKE, opening("proposition", "INTAKE", "testimonies")),
    _post("/api/read_backs/{row}/open", INTAKE, opening("reason", "INTAKE", "testimonies")),
    _post("/api/session_events/{row}/open", INTAKE, opening("words", "INTAKE", "testimonies")),
    _post("/api/exposure_events/{row}/open", INTAKE, opening("person", "INTAKE", "testimonies")),
    _post("/api/paper_sessions/{row}/open", INTAKE, opening("carried_by", "INTAKE", "testimonies")),
    _post("/api/interpreters/{row}/open", INTAKE, opening("vetting", "INTAKE", "testimonies")),
    _post("/api/consents/{row}/open", INTAKE, opening("conditions", "INTAKE", "testimonies")),
    _post("/api/attachments/{row}/open", INTAKE, opening("file_name", "INTAKE", "testimonies")),
    _post("/api/attachments/{row}/download", INTAKE, reasoned("INTAKE", "testimonies")),
    _post("/api/custody_events/{row}/open", INTAKE, opening("why", "INTAKE", "testimonies")),
    _post("/api/mitigation_factors/{row}/open", LEGAL,
          opening("reasons", "LEGAL_ASSESSMENT", "mitigation_assessments")),
    _post("/api/second_readings/{row}/open", LEGAL,
          opening("words", "LEGAL_ASSESSMENT", "mitigation_assessments")),
    _post("/api/mitigation_steps/{row}/open", LEGAL,
          opening("reason", "LEGAL_ASSESSMENT", "mitigation_assessments")),
    _post("/api/mitigation_assessments/{row}/read", LEGAL, reasoned("LEGAL_ASSESSMENT", "mitigation_assessments")),
    _post("/api/threat_assessments/{row}/open", SAFETY, opening("findings", "SAFETY", "threat_assessments")),
    _post("/api/residences/{row}/open", SAFETY, opening("place", "SAFETY", "threat_assessments", "to fetch them")),
    _post("/api/needs/{row}/open", SAFETY, opening("words", "CARE", "needs")),
    _post("/api/check_ins/{row}/open", SAFETY, opening("agreed_word", "SAFETY", "threat_assessments")),
    _post("/api/public_reports/{row}/open", INTAKE | NARRATIVE,
          opening("source_title", "RELEASE_WORK", "public_reports")),
    _post("/api/codings/{row}/open", NARRATIVE, opening("codes", "RELEASE_WORK", "public_reports")),
    _post("/api/handoffs/{row}/open", SAFETY, opening("words", "SAFETY", "threat_assessments")),
    # What nobody has read is not filed.
    _post("/api/handoffs/{row}/file", SAFETY),
    _post("/api/retention_choices/{row}/open", INTAKE | LEGAL, opening("custodian", "WITNESS_REQUEST")),
    _post("/api/justifications/{row}/open", INTAKE | LEGAL, opening("words", "INCIDENT")),
    _post("/api/submissions/{reference}/open", INTAKE, opening("account", "TRIAGE", "submissions")),
    _post("/api/submission_files/{row}/open", INTAKE, opening("file_name", "TRIAGE", "submissions")),
)  # fmt: skip

# What ends a membership, an account or a session comes last, where the others have been tried.
ENDINGS: Final = (
    _post("/api/security_keys/{row}/remove", frozenset({"intake"})),
    _post("/api/inquiries/{row}/close", AUDITOR, plain(outcome="LAWFUL")),
    _post("/api/kept_filters/{row}/drop", AUDITOR, plain()),
    # Nobody there holds a case: who may is told so, who may not is refused.
    _post(
        "/api/people/{user}/takeover",
        frozenset({"intake-lead", "legal-lead", "protection-lead"}),
        lambda scene, _login: {"kind": "LEAVING", "to": scene.world.members["intake-lead"].code},
        201,
    ),
    _post("/api/takeovers/{row}/go-on", frozenset({"intake"})),
    _post("/api/takeover_cases/{row}/pass", frozenset({"intake"})),
    _post("/api/conflicts/{row}/lift", LEADS, plain(words="it was a mistake")),
    _post("/api/break_glasses/{row}/end", frozenset({"protection"}), plain()),
    _post(
        "/api/shifts/{row}/take-over",
        frozenset({"protection"}),
        lambda scene, _login: {"to": scene.world.members["protection-lead"].code},
    ),
    _post("/api/shifts/{row}/cut", frozenset({"protection-lead"}), plain()),
    _post("/api/drafts/{row}/discard", frozenset({"intake"})),
    _post(
        "/api/cases/{reference}/retention",
        INTAKE | SAFETY,
        plain(choice="ARCHIVE", language="ar", how_given="SIGNED", custodian_code="ARCH-2", custodian="an archive"),
        201,
    ),
    _post("/api/cases/{reference}/holds", LEGAL, plain(words="a court may ask"), 201),
    # What waits is to be lifted, by "legal": it is neither closed nor destroyed, and is lifted by another.
    _post("/api/holds/{row}/lift", LEGAL, plain(), 201),
    _post("/api/proposals/{row}/close", LEGAL - {"legal"}, plain()),
    _post("/api/proposals/{row}/destroy", LEGAL - {"legal"} | SAFETY, plain()),
    _post("/api/proposals/{row}/lift", LEGAL - {"legal"}, plain()),
    _post("/api/proposals/{row}/drop", INTAKE | LEGAL | SAFETY, plain()),
    _post("/api/cases/{reference}/destruction", INTAKE, plain(offered="TAKEN"), 201),
    _post("/api/cases/{reference}/closing", INTAKE | SAFETY, plain(), 201),
    _post("/api/cases/{reference}/reopen", INTAKE | SAFETY, plain(words="they came back")),
    _post("/api/people/{user}/team/remove", frozenset({"administrator", "intake-lead"}), plain(team="intake")),
    # Nobody here is still invited: who may is told so, who may not is refused.
    _post("/api/people/{user}/invite", ADMINISTRATOR, lambda _s, _l: {}),
    _post("/api/people/{user}/sign-out", ADMINISTRATOR),
    _post("/api/services/{user}/end", frozenset({"administrator", "intake-lead"})),
    _post("/api/people/{user}/disable", ADMINISTRATOR, plain(why="LEFT")),
    _post("/api/sign-outs/{row}", EVERYBODY),
    _post("/api/sign-out", EVERYBODY),
    _post("/api/sign-out-everywhere", EVERYBODY),
)

UPLOAD: Final = Ask("POST", "/api/cases/{reference}/attachments", INTAKE, kind="file", status=201)

QUESTIONS: Final = (
    Ask("GET", "/api/me", EVERYBODY),
    Ask("GET", "/api/me/second-factors", EVERYBODY),
    Ask("GET", "/api/me/sessions", EVERYBODY),
    Ask("GET", "/api/me/devices", EVERYBODY),
    Ask("GET", "/api/me/undertaking", EVERYBODY),
    Ask("GET", "/api/me/opened", EVERYBODY),
    Ask("GET", "/api/people", EVERYBODY),
    Ask("GET", "/api/rota", EVERYBODY),
    Ask("GET", "/api/rota/now", EVERYBODY),
    Ask("GET", "/api/log/filters", EVERYBODY),
    Ask("GET", "/api/inquiries", EVERYBODY),
    Ask("GET", "/api/inquiries/count", EVERYBODY),
    Ask("GET", "/api/inquiries/{row}", AUDITOR),
    Ask("GET", "/api/break_glasses", EVERYBODY),
    Ask("GET", "/api/people/{user}/held", LEADS),
    Ask("GET", "/api/leavers", EVERYBODY),
    Ask("GET", "/api/takeovers", EVERYBODY),
    Ask("GET", "/api/takeovers/{row}", frozenset({"intake"})),
    Ask("GET", "/api/conflicts", EVERYBODY),
    Ask("GET", "/api/cases/{reference}/conflicts", HOLDERS),
    Ask("GET", "/api/break_glasses/count", EVERYBODY),
    Ask("GET", "/api/break_glasses/{row}", LEADS | AUDITOR | {"protection"}),
    Ask("GET", "/api/break_glasses/{row}/records", frozenset({"protection"})),
    Ask("GET", "/api/services", EVERYBODY),
    Ask("GET", "/api/cases", EVERYBODY),
    Ask("GET", "/api/cases/count", EVERYBODY),
    Ask("GET", "/api/cases/{reference}", HOLDERS),
    Ask("GET", "/api/cases/{reference}/looked", HOLDERS),
    Ask("GET", "/api/cases/{reference}/timeline", HOLDERS),
    Ask("GET", "/api/cases/{reference}/testimonies", INTAKE | LEGAL),
    Ask("GET", "/api/cases/{reference}/consents", INTAKE | LEGAL),
    Ask("GET", "/api/testimonies", EVERYBODY),
    Ask("GET", "/api/testimonies/{row}", INTAKE | LEGAL),
    Ask("GET", "/api/interpreters", EVERYBODY),
    Ask("GET", "/api/protocols", EVERYBODY),
    Ask("GET", "/api/protocols/{row}", EVERYBODY),
    Ask("GET", "/api/paper_sessions/{row}", INTAKE | LEGAL),
    Ask("GET", "/api/uploads/{row}", INTAKE | LEGAL),
    Ask("GET", "/api/cases/{reference}/custody", INTAKE | LEGAL),
    Ask("GET", "/api/cases/{reference}/drafts", HOLDERS),
    Ask("GET", "/api/drafts", EVERYBODY),
    Ask("GET", "/api/rescues", EVERYBODY),
    Ask("GET", "/api/arrivals", EVERYBODY),
    Ask("GET", "/api/cases/{reference}/visits", HOLDERS),
    Ask("GET", "/api/submissions", EVERYBODY),
    Ask("GET", "/api/submissions/{reference}", INTAKE),
    Ask("GET", "/api/cases/{reference}/mitigation", LEGAL),
    Ask("GET", "/api/mitigation/waiting", EVERYBODY),
    Ask("GET", "/api/mitigation/returned", EVERYBODY),
    Ask("GET", "/api/cases/{reference}/mitigation/course", LEGAL),
    Ask("GET", "/api/mitigation/running", EVERYBODY),
    Ask("GET", "/api/cases/{reference}/assurances", LEGAL),
    Ask("GET", "/api/assurances", EVERYBODY),
    Ask("GET", "/api/testimonies/{row}/limits", INTAKE | LEGAL),
    Ask("GET", "/api/reviews", EVERYBODY),
    Ask("GET", "/api/reviews/count", EVERYBODY),
    Ask("GET", "/api/cases/{reference}/check-ins", HOLDERS),
    Ask("GET", "/api/cases/{reference}/escalations", HOLDERS),
    Ask("GET", "/api/escalations", EVERYBODY),
    Ask("GET", "/api/escalations/{row}", SAFETY),
    Ask("GET", "/api/check_ins", EVERYBODY),
    Ask("GET", "/api/check_ins/{row}", SAFETY),
    Ask("GET", "/api/threats", EVERYBODY),
    Ask("GET", "/api/codings/waiting", EVERYBODY),
    Ask("GET", "/api/codings/count", EVERYBODY),
    Ask("GET", "/api/safety/count", EVERYBODY),
    Ask("GET", "/api/cases/{reference}/ending", HOLDERS),
    Ask("GET", "/api/proposals", EVERYBODY),
    Ask("GET", "/api/proposals/count", EVERYBODY),
    Ask("GET", "/api/handoffs", EVERYBODY),
    Ask("GET", "/api/handoffs/count", EVERYBODY),
    Ask("GET", "/api/handoffs/{row}", SAFETY),
)

# Doors for those who are not signed in yet, and pages; tests of their own visit them. So it is with
# single entries, which have no number before the sequencer has placed them, and with the bytes of a file.
OPEN: Final = (
    ("POST", "/api/sign-in"),
    ("POST", "/api/sign-in/challenge"),
    ("POST", "/api/invitations/accept"),
    # For whoever's session is covered: they are nobody until they have come back.
    ("POST", "/api/session/return"),
    ("POST", "/api/session/return/challenge"),
    ("GET", "/api/reference"),
    ("GET", "/healthz"),
    ("POST", "/api/log/entry"),
    ("POST", "/api/log/looked"),
    # Only of whoever is asked, once they are.
    ("GET", "/api/inquiries/{row}/entries"),
    ("PUT", "/api/uploads/{row}"),
)
_INTAKE_PAGES: Final = (
    ("GET", "/arrivals"), ("GET", "/arrivals/{reference}"), ("POST", "/arrivals/{reference}/open"),
    ("POST", "/arrivals/{reference}/triage"), ("GET", "/arrivals/{reference}/take"),
    ("POST", "/arrivals/{reference}/take"), ("GET", "/testimonies"),
    ("GET", "/drafts"), ("POST", "/drafts/{row}/discard"), ("POST", "/testimonies/{row}/draft/{name}"),
    ("POST", "/cases/{reference}/consent/{tier}/draft"),
    *((method, f"/testimonies/{page}") for method in ("GET", "POST") for page in (
        "new", "{row}/safety", "{row}/limits", "{row}/ready", "{row}/session", "{row}/account",
        "{row}/move/{name}", "{row}/hand-over", "{row}/session/{kind}", "{row}/beside/{kind}", "{row}/paper",
        "{row}/protocol")),
    ("GET", "/protocols"), ("POST", "/protocols"), ("GET", "/protocols/{row}"),
    *((method, page) for method in ("GET", "POST") for page in (
        "/interpreters/new", "/paper/{row}", "/cases/{reference}/told-before", "/cases/{reference}/mentions")),
    ("GET", "/interpreters"), ("POST", "/interpreters/{row}/undertaking"), ("GET", "/testimonies/{row}/sealed"),
    ("GET", "/testimonies/{row}"),
    ("GET", "/cases/{reference}/claimed"), ("GET", "/cases/{reference}/consent"), ("GET", "/cases/{reference}/person"),
    *((method, f"/cases/{{reference}}/{page}") for method in ("GET", "POST") for page in (
        "testimony", "claimed/add", "consent/{tier}", "consent/{tier}/withdraw", "{kind}/new")),
    ("GET", "/files/{reference}"), ("POST", "/files/{reference}"), ("POST", "/files/{reference}/begin"),
    ("GET", "/files/{reference}/slices/{row}"), ("PUT", "/files/{reference}/slices/{row}"),
    ("POST", "/files/{reference}/{row}/copy"), ("POST", "/files/{reference}/{row}/download"),
    ("GET", "/files/{reference}/{row}/look"), ("GET", "/files/{reference}/{row}/custody"),
    ("POST", "/files/{reference}/{row}/custody"),
    ("POST", "/cases/{reference}/mentions/tie"),
    ("GET", "/search"), ("POST", "/search/find"), ("POST", "/search/known"),
)  # fmt: skip
PAGES: Final = (
    ("GET", "/"), ("GET", "/today"), ("GET", "/sign-in"), ("POST", "/sign-in"),
    ("POST", "/sign-in/challenge"), ("GET", "/invitation"),
    ("GET", "/session/return"), ("POST", "/session/return"), ("POST", "/session/return/challenge"),
    ("POST", "/invitation"), ("POST", "/sign-out"), ("GET", "/signed-out"), ("POST", "/stay"),
    ("GET", "/cases"), ("POST", "/cases"), ("GET", "/cases/{reference}"), ("GET", "/cases/{reference}/looked"),
    ("GET", "/cases/{reference}/timeline"), ("GET", "/cases/{reference}/open"), ("POST", "/cases/{reference}/open"),
    ("POST", "/cases/{reference}/leave"),
    ("GET", "/cases/{reference}/reveal/{row}"), ("POST", "/cases/{reference}/reveal/{row}"),
    ("GET", "/cases/{reference}/keys"), ("POST", "/cases/{reference}/keys/hand-over"),
    ("POST", "/cases/{reference}/keys/came-out"),
    ("POST", "/cases/{reference}/keys/give"), ("POST", "/cases/{reference}/keys/take"),
    ("GET", "/cases/{reference}/conflict"), ("POST", "/cases/{reference}/conflict"),
    ("GET", "/take-overs"), ("GET", "/take-over/{code}"), ("POST", "/take-over/{code}"),
    ("GET", "/take-overs/{row}"), ("POST", "/take-overs/{row}"),
    ("POST", "/cases/{reference}/conflict/{row}/lift"), ("GET", "/audit/conflicts"),
    ("GET", "/audit"), ("GET", "/audit/verify"), ("POST", "/audit/verify"), ("GET", "/audit/{number}"),
    ("GET", "/audit/{number}/proof"), ("POST", "/audit/filters/keep"), ("POST", "/audit/filters/{row}/drop"),
    ("GET", "/audit/signs"), ("POST", "/audit/signs/looked"), ("GET", "/audit/figures"), ("GET", "/audit/cases"),
    ("GET", "/audit/cases/{reference}"), ("GET", "/audit/inquiries"), ("POST", "/audit/inquiries"),
    ("GET", "/audit/inquiries/{row}"), ("GET", "/audit/inquiries/{row}/report"),
    ("POST", "/audit/inquiries/{row}/{step}"), ("GET", "/inquiries/{row}"), ("POST", "/inquiries/{row}"),
    ("GET", "/admin/people"), ("GET", "/admin/people/invite"), ("POST", "/admin/people/invite"),
    ("GET", "/admin/people/{code}"), ("POST", "/admin/people/{code}/invite"), ("POST", "/admin/people/{code}/sign-out"),
    ("GET", "/admin/people/{code}/shut"), ("POST", "/admin/people/{code}/shut"), ("GET", "/admin/health"),
    ("POST", "/admin/health"),
    ("GET", "/break-glass"), ("POST", "/break-glass"), ("GET", "/break-glass/{row}"),
    ("POST", "/break-glass/{row}/open/{record}"), ("POST", "/break-glass/{row}/end"),
    ("POST", "/break-glass/{row}/review"), ("GET", "/rota"), ("POST", "/rota"), ("POST", "/rota/{row}/cut"),
    ("POST", "/rota/{row}/pass"),
    ("GET", "/me"), ("POST", "/me/preferences"), ("GET", "/me/passphrase"), ("POST", "/me/passphrase"),
    ("GET", "/me/passphrase/changed"), ("GET", "/me/factor"), ("POST", "/me/factor"),
    ("GET", "/me/undertaking"), ("POST", "/me/undertaking"), ("GET", "/me/opened"),
    ("GET", "/me/second-factors"), ("POST", "/me/security-keys/challenge"), ("POST", "/me/security-keys/begin"),
    ("GET", "/me/second-factors/add"), ("POST", "/me/second-factors/add"), ("GET", "/me/second-factors/{row}"),
    ("POST", "/me/second-factors/{row}/rename"), ("POST", "/me/second-factors/{row}/remove"),
    ("POST", "/me/sessions/end"),
    ("POST", "/me/sessions/{session}/end"), ("GET", "/teams/{name}"), ("POST", "/teams/{name}/add"),
    ("GET", "/teams/{name}/remove/{code}"), ("POST", "/teams/{name}/remove/{code}"), ("GET", "/help/{topic}"),
    ("GET", "/second-signatures"), ("GET", "/cases/{reference}/ending"),
    ("GET", "/cases/{reference}/ending/{kind}"), ("POST", "/cases/{reference}/ending/{kind}"),
    ("GET", "/cases/{reference}/proposals/{row}"), ("POST", "/cases/{reference}/proposals/{row}"),
    ("POST", "/cases/{reference}/proposals/{row}/drop"), ("POST", "/cases/{reference}/holds/{row}/lift"),
    ("GET", "/reviews"), ("POST", "/reviews/{reference}/take"), ("GET", "/cases/{reference}/legal"),
    *((method, f"/cases/{{reference}}/legal/{page}") for method in ("GET", "POST") for page in (
        "promises/new", "promises/{row}/{kind}", "leaving", "tighten/{row}")),
    ("GET", "/cases/{reference}/legal/promises"), ("GET", "/cases/{reference}/legal/course"),
    ("GET", "/cases/{reference}/legal/course/{step}"), ("POST", "/cases/{reference}/legal/course/{step}"),
    ("GET", "/cases/{reference}/legal/factor/{factor}"), ("POST", "/cases/{reference}/legal/factor/{factor}"),
    ("GET", "/cases/{reference}/legal/assessment/{row}"), ("GET", "/cases/{reference}/legal/assessment/{row}/compare"),
    ("POST", "/cases/{reference}/legal/assessment/{row}/{step}"),
    ("GET", "/hand-offs"), ("GET", "/hand-offs/{row}"), ("POST", "/hand-offs/{row}/open"),
    ("POST", "/hand-offs/{row}/file"), ("GET", "/cases/{reference}/pass-on"), ("POST", "/cases/{reference}/pass-on"),
    ("GET", "/coding"), ("GET", "/check-ins"),
    ("GET", "/alarms"), ("GET", "/alarms/{row}"),
    ("POST", "/alarms/{row}/acknowledge"), ("POST", "/alarms/{row}/report"),
    ("GET", "/threats"), ("GET", "/check-ins/{row}"),
    ("POST", "/check-ins/{row}"),
    ("POST", "/check-ins/{row}/word"), ("GET", "/cases/{reference}/threat"), ("GET", "/cases/{reference}/plan"),
    ("GET", "/cases/{reference}/moves"), ("GET", "/cases/{reference}/protection/{kind}"),
    ("POST", "/cases/{reference}/protection/{kind}"),
    ("GET", "/static/{name}"), ("GET", "/robots.txt"), ("GET", "/favicon.ico"),
    *_INTAKE_PAGES,
)  # fmt: skip

SIGNED_IN: Final = (*QUESTIONS, *ACTIONS, UPLOAD, *OPENINGS, *ENDINGS)
# Those that read a JSON body.
BODIED: Final = tuple(ask for ask in SIGNED_IN if ask.method == "POST" and ask.kind == "json")
ADDRESSED: Final = tuple(ask for ask in SIGNED_IN if "{reference}" in ask.path or "{row}" in ask.path)


def everything(answer: httpx.Response) -> str:
    """All that an answer says: its line, its headers and its body."""
    return json.dumps([answer.status_code, sorted(answer.headers.multi_items())]) + answer.text
