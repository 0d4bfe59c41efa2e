"""The rules as formulas, so that a claim about every possible request can be proved and not only tried.

Cedar's own parser takes a rule apart. Each construct that our rules use has its formula here, and any
other raises: what is not understood is never taken for proved. Strings are only ever compared, so
they are numbers here, one for each word the rules name and endlessly many more; a set of strings is
a set of numbers. z3 is a tool of those who change rules (requirements-dev.in), not part of what runs.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

import cedarpy

from app.errors import CannotStart
from app.policy.actor import Actor, Circumstances, Subject
from app.policy.engine import KINDS, Policy, Rule

try:
    import z3
except ModuleNotFoundError:
    z3 = None

# What a formula is to z3, which says nothing of its types.
Formula = Any

# Every attribute a rule may ask about, with an empty value that shows its type.
SHAPES: Final[dict[str, dict[str, Any]]] = {
    "principal": Actor("User", "").entity()["attrs"],
    "resource": Subject().entity()["attrs"],
    "context": Circumstances().context(),
}


class NotUnderstood(RuntimeError):
    """A rule uses a construct that has no formula here: nothing is proved."""


@dataclass
class Words:
    """One number for each word; what was never named has a number of its own."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, word: str) -> Formula:
        """The number of a word, the same each time."""
        return z3.IntVal(self.numbers.setdefault(word, len(self.numbers)))

    def word(self, number: Formula) -> str:
        """The word of a number that a counterexample holds."""
        known = {each: word for word, each in self.numbers.items()}
        return known.get(number.as_long(), f"another ({number})")


class Asked:
    """Any request there can be: who asks, about what, with what said. One unknown for each attribute."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.kind = z3.Int("kind")
        self.attributes = {
            (of, name): _unknown(f"{of}.{name}", value) for of, shape in SHAPES.items() for name, value in shape.items()
        }

    def of(self, place: str) -> Formula:
        """An attribute by its place, as in ``principal.roles``."""
        whose, _, name = place.partition(".")
        return self.attributes[whose, name]

    def is_(self, kind: str) -> Formula:
        """That the caller is of this kind."""
        return self.kind == KINDS.index(kind)

    def says(self, place: str, word: str) -> Formula:
        """That a string is this word."""
        return self.of(place) == self.words.number(word)

    def has(self, place: str, *any_of: str) -> Formula:
        """That a set holds one of these words."""
        return z3.Or([z3.IsMember(self.words.number(word), self.of(place)) for word in any_of])

    def only(self, place: str, word: str) -> Formula:
        """That a set is this one word."""
        return self.of(place) == set_of([self.words.number(word)])

    def none(self, place: str) -> Formula:
        """That a set is empty."""
        return self.of(place) == set_of([])

    def holds(self, place: str, code: str) -> Formula:
        """That a set holds the string at another place."""
        return z3.IsMember(self.of(code), self.of(place))

    def real(self) -> Formula:
        """What every request is: of one of the five kinds."""
        return z3.And(self.kind >= 0, self.kind < len(KINDS))

    def barer(self) -> Iterator[Formula]:
        """Conditions that leave out what a request need not say, one at a time."""
        for unknown in self.attributes.values():
            if z3.is_bool(unknown):
                yield z3.Not(unknown)
            elif z3.is_int(unknown):
                yield unknown == self.words.number("none")
            else:
                yield unknown == set_of([])
                yield from [z3.Not(z3.IsMember(z3.IntVal(each), unknown)) for each in self.words.numbers.values()]

    def told(self, model: Formula) -> dict[str, str]:
        """A counterexample in words: every attribute that says something."""
        said = {"kind": KINDS[model.eval(self.kind, model_completion=True).as_long()]}
        for (of, name), unknown in self.attributes.items():
            value = model.eval(unknown, model_completion=True)
            if z3.is_bool(value):
                said[f"{of}.{name}"] = "yes" if z3.is_true(value) else ""
            elif z3.is_int(value):
                said[f"{of}.{name}"] = self.words.word(value).removeprefix("none")
            else:
                said[f"{of}.{name}"] = ", ".join(self._members(model, unknown))
        return {place: value for place, value in said.items() if value}

    def _members(self, model: Formula, unknown: Formula) -> list[str]:
        """Which words are in a set: those the rules name, and those that stand elsewhere in the request."""
        named = [z3.IntVal(number) for number in self.words.numbers.values()]
        elsewhere = [model.eval(each, model_completion=True) for each in self.attributes.values() if z3.is_int(each)]
        found = (
            number for number in named + elsewhere
            if z3.is_true(model.eval(z3.IsMember(number, unknown), model_completion=True))
        )  # fmt: skip
        return sorted({self.words.word(number) for number in found})


class Formulas:
    """When each action is allowed, as a formula over any request."""

    def __init__(self, policy: Policy, words: Words | None = None) -> None:
        needed()
        self.policy = policy
        self.asked = Asked(words or Words())

    def allowed(self, action: str) -> Formula:
        """That the rules allow this action: some permit, and no forbid."""
        rules = [rule for rule in self.policy.rules.values() if action in rule.actions]
        permits = [self.applies(rule) for rule in rules if rule.effect == "permit"]
        forbids = [self.applies(rule) for rule in rules if rule.effect == "forbid"]
        return z3.And(z3.Or(permits), z3.Not(z3.Or(forbids)))

    def applies(self, rule: Rule) -> Formula:
        """That a rule speaks of the request at hand, its action aside. Raises NotUnderstood for another head."""
        body = _taken_apart(rule.text)
        if body["resource"] != {"op": "All"} or body["action"]["op"] not in {"==", "in"}:
            raise NotUnderstood(rule.id)
        parts = [self._scope(body["principal"], rule.id)]
        for condition in body["conditions"]:
            said = self._formula(condition["body"], rule.id)
            parts.append(z3.Not(said) if condition["kind"] == "unless" else said)
        return z3.And(parts)

    def _scope(self, principal: dict[str, Any], rule: str) -> Formula:
        if principal == {"op": "All"}:
            return z3.BoolVal(True)
        if principal.keys() == {"op", "entity_type"} and principal["op"] == "is":
            return self.asked.is_(principal["entity_type"])
        raise NotUnderstood(f"{rule}: {principal}")

    def _formula(self, said: dict[str, Any], rule: str) -> Formula:
        ((kind, inner),) = said.items()
        if kind == ".":
            return self.asked.of(f"{inner['left']['Var']}.{inner['attr']}")
        if kind == "Value":
            return z3.BoolVal(inner) if isinstance(inner, bool) else self.asked.words.number(_word(inner, rule))
        if kind == "Set":
            return set_of([self._formula(each, rule) for each in inner])
        if kind == "!":
            return z3.Not(self._formula(inner["arg"], rule))
        if kind not in _BINARY:
            raise NotUnderstood(f"{rule}: {kind}")
        return _BINARY[kind](self._formula(inner["left"], rule), self._formula(inner["right"], rule))


@functools.cache
def _taken_apart(rule: str) -> dict[str, Any]:
    """One rule as Cedar's own parser reads it; every claim asks for most of them again."""
    (body,) = json.loads(cedarpy.policies_to_json_str(rule))["staticPolicies"].values()
    return cast(dict[str, Any], body)


def needed() -> None:
    """CannotStart where the prover is not installed."""
    if z3 is None:
        raise CannotStart("Proving needs z3, which make env brings and a deployment does not have.")


def _unknown(name: str, shown: Any) -> Formula:
    """An unknown of the type that a value shows. A bool first: to Python it is a number too."""
    if isinstance(shown, bool):
        return z3.Bool(name)
    return z3.Int(name) if isinstance(shown, str) else z3.Const(name, z3.SetSort(z3.IntSort()))


def set_of(members: list[Formula]) -> Formula:
    """The set of these numbers and no others."""
    made = z3.EmptySet(z3.IntSort())
    for each in members:
        made = z3.SetAdd(made, each)
    return made


def _word(value: Any, rule: str) -> str:
    if not isinstance(value, str):
        raise NotUnderstood(f"{rule}: {value!r}")
    return value


def _overlap(left: Formula, right: Formula) -> Formula:
    return z3.SetIntersect(left, right) != z3.EmptySet(z3.IntSort())


_BINARY: Final = {
    "&&": lambda left, right: z3.And(left, right),
    "||": lambda left, right: z3.Or(left, right),
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "contains": lambda left, right: z3.IsMember(right, left),
    "containsAll": lambda left, right: z3.IsSubset(right, left),
    "containsAny": _overlap,
}
