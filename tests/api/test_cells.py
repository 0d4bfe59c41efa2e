"""Role, action, state, grant and consent, cell by cell: the live door against the rules and the domain (E01).

Who may is what `amana facts` says of the rules; in which state of an account, and whether the witness has to agree,
is written by hand from the domain. A cell is done, refused, or a conflict with how things stand: those without a
right must not learn how they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from app.api.doors import POSTS
from app.cases import actions as cases
from app.cli.facts import facts
from app.policy.engine import FOLDER, Policy
from app.settings import Settings
from app.testimonies import actions as testimonies
from app.testimonies import forms, queries
from app.work.actions import ACTIONS as KNOWN
from app.work.forms import Reasoned
from tests.api.conftest import Staff, program_of
from tests.api.doors import ACTIONS, OPENINGS, Ask, Scene, send
from tests.cases.canaries import Planted
from tests.drills import FULL, trials
from tests.kept import States
from tests.kit import knowledge
from tests.ladder import grant, outside_the_team
from tests.world import World

# Who holds of the case what their role may ever hold; and who of the same role holds nothing.
HOLDING = {
    "intake_officer": "intake", "legal_reviewer": "legal", "caseworker": "protection",
    "narrative_editor": "narrative-lead",
}  # fmt: skip
WITHOUT = {
    "intake_officer": "intake2", "legal_reviewer": "legal2", "caseworker": "protection2",
    "narrative_editor": "narrative2", "reid_reviewer": "reid", "approver": "approver", "auditor": "auditor",
    "key_custodian": "custodian", "administrator": "administrator",
}  # fmt: skip
CALLERS = [(role, login, True) for role, login in HOLDING.items()] + [
    (role, login, False) for role, login in WITHOUT.items()
]
# Nobody's account begins in the first state; it is there for those who come by appointment, one day.
STATES = tuple(state for state in knowledge.STATES_OF["testimonies"] if state != "REQUESTED")
SPOKEN = STATES[STATES.index("RECORDED") :]
# What is about a passage, of which there is none before anything was said.
OF_A_PASSAGE = {"amendment.add", "version.add"}
# The move that is tried in each state: a defined one where there is any.
NEXT = {
    "IN_SESSION": "PAUSED", "PAUSED": "IN_SESSION", "RECORDED": "TRANSCRIBED", "TRANSCRIBED": "TRANSLATED",
    "READ_BACK": "SEGMENTED", "SEGMENTED": "SEALED",
}  # fmt: skip
ASKS = tuple(ask for ask in ACTIONS + OPENINGS if ask.path.startswith("/api/testimonies/{row}/"))
NAMES = {door.path: door.action.name for door in POSTS}
# Of each kind in every run: nothing agreed and nothing said, ready, a break after a withdrawal, said.
SOME = (("TRIAGED", False), ("READY", True), ("PAUSED", False), ("RECORDED", True))
CASES = tuple((state, agreed) for state in STATES for agreed in (True, False)) if FULL else SOME
# Of those who are to be refused one in so many is tried.
STEP = trials(15, 1)


@dataclass(frozen=True)
class Cell:
    """Somebody at one address, of an account in one state."""

    role: str
    login: str
    holds: bool
    ask: Ask
    state: str
    agreed: bool

    @property
    def action(self) -> str:
        return NAMES[self.ask.path]

    def expected(self) -> str:
        """What the rules and the domain say."""
        if not allowed()[self.action, self.role, self.holds]:
            return "refused"
        possible = self.state in knowledge.STATES.get(self.action, STATES)
        if self.action == "testimony.move":
            possible = self.state in NEXT
        # A pause that ends takes words again.
        needed = self.action in knowledge.AGREED or (self.action, self.state) == ("testimony.move", "PAUSED")
        return "done" if possible and (self.agreed or not needed) else "conflict"


@cache
def allowed() -> dict[tuple[str, str, bool], bool]:
    return {(each["action"], each["role"], each["grant"]): each["allowed"] for each in facts(Settings())["rules"]}


@pytest.mark.drill
@pytest.mark.abuse("E01")
@pytest.mark.parametrize(("state", "agreed"), CASES)
def test_every_cell_is_as_the_rules_and_the_domain_say(
    staff: Staff, world: World, states: States, state: str, agreed: bool
) -> None:
    scene, tried, wrong = fresh(world, states, state, agreed), 0, []

    for cell in drawn(state, agreed):
        tried += 1
        found = outcome(staff, scene, cell)
        if found == "done" and KNOWN[cell.action].operation != "consult":
            scene = fresh(world, states, state, agreed)
        if found != cell.expected():
            wrong.append(f"{cell.login}: {cell.action} in {state}: {found} instead of {cell.expected()}")

    assert "\n".join(wrong) == ""
    assert tried > 20


@pytest.mark.abuse("E01")
def test_a_rule_planted_wrong_is_found(
    staff: Staff, world: World, states: States, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a rule lets legal write an account down, the table of who may does not know of it."""
    state, agreed = "PAUSED", False
    texts = {path.name: path.read_text() for path in FOLDER.glob("*.cedar")}
    texts["testimonies.cedar"] += (
        '@id("planted") @says("Planted.") permit (principal is User, action == Action::"testimony.record", resource) '
        'when { principal.roles.contains("legal_reviewer") && resource.held.contains("TESTIMONY") };'
    )
    planted = Policy(texts, (FOLDER / "schema.cedarschema").read_text())
    ask = next(each for each in ASKS if NAMES[each.path] == "testimony.record")
    cell = Cell("legal_reviewer", "legal", True, ask, state, agreed)

    before = outcome(staff, fresh(world, states, state, agreed), cell)
    monkeypatch.setattr(program_of(staff.program).state.desk.office, "policy", planted)
    after = outcome(staff, fresh(world, states, state, agreed), cell)

    assert (before, cell.expected(), after) == ("refused", "refused", "conflict")


def drawn(state: str, agreed: bool) -> Iterator[Cell]:
    """The cells of one kind of account; whoever may is always among them."""
    every = [
        Cell(role, login, holds, ask, state, agreed)
        for ask in ASKS
        for role, login, holds in CALLERS
        if NAMES[ask.path] not in OF_A_PASSAGE or state in SPOKEN
    ]
    return (cell for number, cell in enumerate(every) if number % STEP == 0 or cell.expected() != "refused")


def fresh(world: World, states: States, state: str, agreed: bool) -> Scene:
    """An account in this state, as it was before anybody tried anything."""
    states.put_back()
    scene: Scene = world.begin(f"cell_{state}_{agreed}".lower(), lambda it: _account(it, state, agreed))
    return scene


def outcome(staff: Staff, scene: Scene, cell: Cell) -> str:
    """What comes of it for the reason that fits best; "refused" if every reason is."""
    for body in _bodies(scene, cell):
        answer = send(staff, scene, cell.ask, cell.login, json=body)
        if answer.status_code not in {401, 403, 404}:
            return {cell.ask.status: "done", 409: "conflict"}.get(answer.status_code, f"{answer.status_code}")
    return "refused"


def _bodies(scene: Scene, cell: Cell) -> Iterator[dict[str, Any]]:
    body = cell.ask.body(scene, cell.login) if cell.ask.body else {}
    if cell.action == "testimony.move":
        body = {"to": NEXT.get(cell.state, "SEGMENTED")}
    (interpreter,) = scene.world.office.ask(scene.world["intake"], queries.interpreters)
    body = {name: interpreter.code if value == "I-7346" else value for name, value in body.items()}
    yield body
    form = KNOWN[cell.action].form
    if form is not None and issubclass(form, Reasoned):
        for reason in knowledge.reasons(cell.role, "testimonies"):
            cited = [scene.planted.rows[table] for table in reason.cites if table in scene.planted.rows]
            words = {"words": knowledge.WORDS} if "words" in form.model_fields else {}
            yield body | {"justification": reason.code, "cites": str(cited[0]) if cited else None} | words


def _account(world: World, state: str, agreed: bool) -> Scene:
    """An account in one state, everybody who may hold its case holding it; T1 agreed to now, or not any more."""
    for role, login in WITHOUT.items():
        if login not in world.members and role in HOLDING:
            outside_the_team(world, login, role)
        elif login not in world.members:
            world.invite(login, roles=(role,))
    for member in world.members.values():
        # Whose team has a new key since somebody left it.
        member.caller = world.signins.caller(member.token)
    reference = world.case()
    planted = Planted(reference=reference)
    planted.rows["protocols"] = world.protocol()
    _, interpreter = world.interpreter()
    planted.rows["testimonies"] = _upto(world, reference, state, interpreter)
    if state in SPOKEN:
        planted.rows["segments"] = world.row("intake", reference, "segments")
    world.hand_to_legal(reference)
    world.hand_to_protection(reference)
    planted.rows["assurances"] = world.drafted(reference)
    planted.rows["mitigation_assessments"] = world.note(reference)
    planted.rows["threat_assessments"] = world.threat(reference)
    world.do("intake", cases.give, grant(world, "narrative-lead", "RELEASE"), subject=reference)
    (newest,) = world.consents(reference, "T1")
    if not agreed:
        world.do("intake", testimonies.withdraw, subject=newest.id)
    for login in {login for _, login, _ in CALLERS}:
        world.codes_for(login, 6)
    return Scene(world, planted, spare={"intake": world.members["intake2"].code})


def _upto(world: World, reference: str, state: str, interpreter: str) -> Any:
    way = {"PAUSED": ("IN_SESSION",), "TRANSCRIBED": ("RECORDED",), "TRANSLATED": ("RECORDED",)}.get(state, (state,))
    account = world.testimony(reference, upto=way[0], interpreter=interpreter)
    if way != (state,):
        world.do("intake", testimonies.move, forms.MoveOn(to=state), subject=account)
    return account
