"""The decision: actor + action + subject + circumstances -> the rule that allows, or Denied.

Pure: reads its files once, then only evaluates. The SHA-256 of the rule files goes into
every entry, so that an entry can be judged by the rules that were in force.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import cedarpy

from app.errors import CannotStart, Denied, KeyNeeded, StepUpNeeded
from app.policy.actor import Actor, Circumstances, Kind, Subject

FOLDER: Final = Path(__file__).resolve().parents[2] / "policies"
SCOPE: Final = "scope."
KINDS: Final[tuple[Kind, ...]] = ("User", "Witness", "Anonymous", "Operator", "Service")


@dataclass(frozen=True)
class Rule:
    """One rule as its authors wrote it: id, the sentence a refusal may show, effect, text.

    asks  "second factor" for a rule that forbids only until one is given
    """

    id: str
    says: str
    effect: str
    actions: frozenset[str]
    text: str
    asks: str = ""


@dataclass(frozen=True)
class Granted:
    """That a rule allows, and which."""

    rule: str
    policy_hash: str


class Policy:
    """The rules of one installation.

    of   the actions that one process knows, where it is not all of them: checking the rules of the others takes
         half a second of each start, and what it does not know it refuses. The hash is that of all rules.
    """

    def __init__(self, texts: dict[str, str], schema: str, of: Iterable[str] | None = None) -> None:
        self.rules = _by_id(rule for text in texts.values() for rule in _rules(text))
        whole = "\n".join(texts[name] for name in sorted(texts))
        self.hash = hashlib.sha256((schema + whole).encode()).hexdigest()
        self.actions = frozenset(name for rule in self.rules.values() for name in rule.actions)
        mine = self.actions if of is None else frozenset(of) | {n for n in self.actions if n.startswith(SCOPE)}
        full_schema = schema + _declarations(self.actions)
        checked = cedarpy.validate_policies(
            "\n".join(rule.text for rule in self.rules.values() if rule.actions & mine), full_schema
        )
        if not checked.validation_passed:
            raise CannotStart("policies/ is not valid: " + "; ".join(str(e) for e in checked.errors[:3]))
        # A rule names its actions, so only those that name an action can decide it.
        self._sets = {name: cedarpy.PolicySet.from_str(self._naming(name)) for name in self.actions & mine}
        self._schema = cedarpy.Schema.from_str(full_schema)

    @classmethod
    def read(cls, folder: Path = FOLDER, of: Iterable[str] | None = None) -> Policy:
        """The rules of a folder; raises CannotStart if they do not parse or fit the schema."""
        texts = {path.name: path.read_text() for path in sorted(folder.glob("*.cedar"))}
        return cls(texts, (folder / "schema.cedarschema").read_text(), of)

    def decide(
        self, actor: Actor, action: str, subject: Subject | None = None, given: Circumstances | None = None
    ) -> Granted:
        """The rule that allows this. Raises Denied naming the rule that forbids, or ``no-rule``.

        raises  StepUpNeeded where a fresh second factor is all that is missing
        """
        subject, given = subject or Subject(), given or Circumstances()
        if action not in self._sets:
            raise Denied(rule="no-rule")
        result = cedarpy.is_authorized(
            {
                "principal": {"type": actor.kind, "id": actor.code},
                "action": {"type": "Action", "id": action},
                "resource": {"type": "Record", "id": subject.table},
                "context": given.context(),
            },
            self._sets[action],
            [actor.entity(), subject.entity()],
            self._schema,
        )
        ids = sorted(result.diagnostics.id_annotations_by_reason.values())
        if result.diagnostics.errors:
            raise Denied(rule="rule-error")
        if result.allowed:
            return Granted(ids[0], self.hash)
        firm = [each for each in ids if not self.rules[each].asks]
        if ids and not firm:
            # Whoever would be refused all the same is not asked for a code in vain.
            self.decide(actor, action, subject, replace(given, stepped=True))
            raise StepUpNeeded(rule=ids[0])
        rule = self.rules.get(firm[0]) if firm else None
        raise Denied(rule.says if rule else None, rule=rule.id if rule else "no-rule")

    def _naming(self, action: str) -> str:
        return "\n".join(rule.text for rule in self.rules.values() if action in rule.actions)

    def allows(self, actor: Actor, action: str) -> bool:
        """Whether any rule lets this kind of caller do this, all else unsaid."""
        try:
            self.decide(actor, action)
        except Denied:
            return False
        return True

    def steps(self, action: str) -> bool:
        """Whether some rule may ask for a fresh second factor before this action."""
        return any(rule.asks and action in rule.actions for rule in self.rules.values())

    def scopes(self, actor: Actor) -> frozenset[str]:
        """Which row scopes this caller may use; cached, since it follows from kind and roles."""
        return _scopes(self, actor.kind, actor.roles)

    def lacks_key(self, actor: Actor) -> str:
        """The rule that keeps this caller from all work until they have added a security key; "" for none."""
        return _lacks_key(self, actor.roles, actor.keyed) if actor.kind == "User" else ""

    def must_have_key(self, actor: Actor, keyless: bool) -> None:
        """Raise KeyNeeded before anything that is not for those who have no key yet."""
        rule = "" if keyless else self.lacks_key(actor)
        if rule:
            raise KeyNeeded(rule=rule)

    def about(self, action: str) -> list[Rule]:
        """Every rule that speaks of an action, permits first."""
        found = [rule for rule in self.rules.values() if action in rule.actions]
        return sorted(found, key=lambda rule: (rule.effect != "permit", rule.id))

    def must_match(self, actions: Iterable[str], *, whole: bool = True) -> None:
        """CannotStart with an action without a rule, or a rule without an action (L04).

        whole   whether these are all actions there are; a process with one door has only its own
        """
        known = set(actions)
        mine = {name for name in self.actions if not name.startswith(SCOPE)}
        if missing := sorted(known - mine):
            raise CannotStart(f"No rule in policies/ speaks of: {', '.join(missing)}")
        if whole and (stray := sorted(mine - known)):
            raise CannotStart(f"Rules in policies/ speak of what is not an action: {', '.join(stray)}")


@lru_cache(maxsize=256)
def _scopes(policy: Policy, kind: Kind, roles: frozenset[str]) -> frozenset[str]:
    actor = Actor(kind, "scopes", roles=roles)
    names = [name for name in policy.actions if name.startswith(SCOPE)]
    return frozenset(name.removeprefix(SCOPE) for name in names if policy.allows(actor, name))


@lru_cache(maxsize=256)
def _lacks_key(policy: Policy, roles: frozenset[str], keyed: bool) -> str:
    try:
        policy.decide(Actor("User", "scopes", roles=roles, keyed=keyed), "scope.office")
    except Denied as denied:
        return denied.rule or "no-rule"
    return ""


def _rules(text: str) -> list[Rule]:
    """Take the rules apart through Cedar's own parser, for their annotations and actions."""
    parsed = json.loads(cedarpy.policies_to_json_str(text))
    rules = []
    for body in parsed["staticPolicies"].values():
        notes = body.get("annotations", {})
        if "id" not in notes or "says" not in notes:
            raise CannotStart("Every rule in policies/ needs an @id and a sentence in @says.")
        scope = body["action"]
        named = [e["id"] for e in scope.get("entities", [])] + ([scope["entity"]["id"]] if "entity" in scope else [])
        if not named:
            raise CannotStart(f"Rule {notes['id']} names no action; rules here are never for everything.")
        source = cedarpy.policies_from_json_str(
            json.dumps({"staticPolicies": {"p": body}, "templates": {}, "templateLinks": []})
        )
        rules.append(Rule(notes["id"], notes["says"], body["effect"], frozenset(named), source, notes.get("asks", "")))
    return rules


def _by_id(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Rules by their @id, which no two share, in whatever files: an entry names one rule."""
    found: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in found:
            raise CannotStart(f"Two rules in policies/ share an @id: {rule.id}")
        found[rule.id] = rule
    return found


def _declarations(actions: Iterable[str]) -> str:
    """Every action takes the same shape of question, so the schema file need not list them."""
    kinds = ", ".join(KINDS)
    return "".join(
        f'\naction "{name}" appliesTo {{ principal: [{kinds}], resource: [Record], context: Circumstances }};'
        for name in sorted(actions)
    )
