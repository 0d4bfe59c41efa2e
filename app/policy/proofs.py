"""What the rules promise, proved for every request there can be, or refuted with one in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from app.policy.engine import Policy
from app.policy.formula import Asked, Formula, Formulas, Words

try:
    import z3
except ModuleNotFoundError:
    z3 = None

ACCOUNT: Final = (
    "testimony.open", "testimony.read", "segment.open", "prior_account.open", "attachment.open", "attachment.download",
    "version.open", "session_event.open", "exposure.open", "paper.open", "session.prepare",
    "attachment.copy", "attachment.preview", "custody.open", "answer.open", "answer.read",
    "mention.read", "mention.open", "claim.open", "claim.read", "read_back.open",
    "terms.open", "terms.read", "restriction.open", "restriction.judge",
)  # fmt: skip
IDENTITY: Final = (
    "person.reveal", "person.reveal_document", "person.reveal_contact", "person.reveal_claim", "person.reveal_finding",
)  # fmt: skip
PLACE: Final = ("location.reveal",)
# What a broken glass reaches; that nothing else does is said where actions are declared.
UNDER_GLASS: Final = (
    *(name for name in IDENTITY if name != "person.reveal_finding"), *PLACE, "approach.open", "threat.open",
    "checkin.open",
)  # fmt: skip
# The rule that keeps somebody from everything about a case.
APART: Final = "apart-from-the-case"
READERS: Final = ("intake_officer", "legal_reviewer", "caseworker", "narrative_editor")
AT_THE_DOOR: Final = frozenset({"submission.receive", "account.accept", "signin.enter", "scope.staff"})
Must = Callable[[Asked], Formula]


@dataclass(frozen=True)
class Claim:
    """Whoever is allowed one of these actions, ``must`` holds of the request."""

    id: str
    says: str
    actions: tuple[str, ...]
    must: Must


@dataclass(frozen=True)
class Verdict:
    """A claim proved, or the action and the request that refute it."""

    claim: Claim
    action: str = ""
    request: tuple[tuple[str, str], ...] = ()

    @property
    def holds(self) -> bool:
        """Whether no request refutes it."""
        return not self.action


def claims(policy: Policy, opening: Iterable[str]) -> tuple[Claim, ...]:
    """Every claim; ``opening`` names the actions that give out what was sealed."""
    every = tuple(sorted(policy.actions))
    return (
        _openings(tuple(sorted(opening))) + _walls() + _glass() + _keys() + _people() + _apart(policy) + _others(every)
    )


def prove(policy: Policy, opening: Iterable[str]) -> Iterator[Verdict]:
    """Each claim in turn, as it is decided; raises NotUnderstood for a rule that has no formula."""
    formulas = Formulas(policy)
    for claim in claims(policy, opening):
        yield verdict(formulas, claim)


def matrix(policy: Policy, roles: Iterable[str], compartments: Iterable[str]) -> dict[str, dict[str, str]]:
    """Action by role, each held alone: "" never, otherwise the keys without which never, "its key" or "may"."""
    formulas = Formulas(policy)
    asked, held = formulas.asked, tuple(compartments)
    found: dict[str, dict[str, str]] = {}
    for action in sorted(policy.actions):
        solver = z3.Solver()
        solver.add(formulas.allowed(action), asked.is_("User"))
        found[action] = {role: _cell(solver, asked, role, held) for role in roles}
    return found


def _cell(solver: Formula, asked: Asked, role: str, keys: tuple[str, ...]) -> str:
    alone = asked.only("principal.roles", role)
    if not _possible(solver, alone):
        return ""
    if _possible(solver, alone, asked.none("resource.held")):
        return "may"
    needed = [key for key in keys if not _possible(solver, alone, z3.Not(asked.has("resource.held", key)))]
    # The key of whatever compartment the row lies under: never without one, and each will do for some row.
    return " ".join(needed) or "its key"


@dataclass(frozen=True)
class Change:
    """A request that two sets of rules answer differently."""

    action: str
    allowed_by: str
    request: tuple[tuple[str, str], ...]


def changes(old: Policy, new: Policy) -> Iterator[Change]:
    """For each action one request that only the old rules allow, and one that only the new ones do."""
    words = Words()
    before, after = Formulas(old, words), Formulas(new, words)
    for action in sorted(old.actions | new.actions):
        for name, here, there in (("old", before, after), ("new", after, before)):
            found = _example(here, here.allowed(action), z3.Not(there.allowed(action)))
            if found is not None:
                yield Change(action, name, found)


def verdict(formulas: Formulas, claim: Claim) -> Verdict:
    """Whether a claim holds of these rules; the first action that refutes it, with a request."""
    must = claim.must(formulas.asked)
    for action in claim.actions:
        found = _example(formulas, formulas.allowed(action), z3.Not(must))
        if found is not None:
            return Verdict(claim, action, found)
    return Verdict(claim)


def _example(formulas: Formulas, *conditions: Formula) -> tuple[tuple[str, str], ...] | None:
    """A request of which all this is true, in words; None if there is none, and that is proved."""
    solver = z3.Solver()
    solver.add(formulas.asked.real(), *conditions)
    if not _possible(solver):
        return None
    # The barest one: what is left in it is what matters.
    for bare in formulas.asked.barer():
        solver.push()
        solver.add(bare)
        if not _possible(solver):
            solver.pop()
    _possible(solver)
    return tuple(formulas.asked.told(solver.model()).items())


def _possible(solver: Formula, *more: Formula) -> bool:
    answer = solver.check(*more)
    if answer == z3.unknown:
        raise RuntimeError(f"the prover gave up: {solver.reason_unknown()}")
    return bool(answer == z3.sat)


def _openings(opens: tuple[str, ...]) -> tuple[Claim, ...]:
    """Of everything that gives out what was sealed."""
    return (
        Claim("no-opening-without-a-role", "Nothing sealed is opened for somebody without a role that reads.", opens,
              lambda a: z3.Or(z3.And(a.is_("User"), a.has("principal.roles", *READERS)),
                              z3.And(a.is_("Service"), a.has("principal.roles", "service")))),
        Claim("auditors-open-nothing", "An auditor opens nothing, whatever else they are.", opens,
              lambda a: z3.Not(a.has("principal.roles", "auditor"))),
        Claim("administrators-open-nothing", "An administrator opens nothing, whatever else they are.", opens,
              lambda a: z3.Not(a.has("principal.roles", "administrator"))),
        Claim("a-stated-reason", "Nothing sealed is opened without a reason of the closed list.", opens,
              lambda a: z3.Not(a.says("context.justification", "none"))),
        Claim("an-undertaking-in-force", "Nobody opens anything whose undertaking of secrecy is not in force.", opens,
              lambda a: z3.Or(z3.Not(a.is_("User")), a.of("principal.undertaken"))),
        Claim("operators-open-nothing", "Whoever runs the command line opens nothing.", opens,
              lambda a: z3.Not(a.is_("Operator"))),
    )  # fmt: skip


def _walls() -> tuple[Claim, ...]:
    """Of account, place and name: who never sees which."""
    return (
        Claim("account-and-place-apart", "Nobody is given what somebody said who may open where they are.", ACCOUNT,
              lambda a: z3.Not(z3.Or(a.has("resource.held", "LOCATION"), a.has("resource.seen", "LOCATION")))),
        Claim("place-and-account-apart", "Nobody is given where somebody is who may open what they said.", PLACE,
              lambda a: z3.Not(z3.Or(a.has("resource.held", "TESTIMONY"), a.has("resource.seen", "TESTIMONY")))),
        Claim("identity-by-key", "Who somebody is, is opened only under a key to it.", IDENTITY,
              lambda a: a.has("resource.held", "IDENTITY")),
        Claim("place-by-key", "Where somebody is, is opened only under a key to it.", PLACE,
              lambda a: a.has("resource.held", "LOCATION")),
        Claim("reveals-after-a-second-factor",
              "Who or where somebody is, is shown to nobody without a second factor given for it.", IDENTITY + PLACE,
              lambda a: z3.Or(z3.Not(a.is_("User")), a.of("context.stepped"))),
        Claim("no-place-for-intake", "Intake staff never open where somebody is.", PLACE,
              lambda a: z3.Not(a.has("principal.roles", "intake_officer"))),
        Claim("no-account-for-caseworkers", "Caseworkers never open what somebody said.", ACCOUNT,
              lambda a: z3.Not(a.has("principal.roles", "caseworker"))),
        Claim("services-reveal-nobody", "A program reveals neither who somebody is nor where.", IDENTITY + PLACE,
              lambda a: z3.Not(a.is_("Service"))),
    )  # fmt: skip


def _glass() -> tuple[Claim, ...]:
    """Of the one way to who and where somebody is without an everyday key."""
    return (
        Claim("glass-only-on-duty", "Glass is broken by who is on duty, for a life, in words, just confirmed.",
              ("access.break_glass",),
              lambda a: z3.And(a.has("principal.teams", "duty"), a.has("resource.target_roles", "on_duty"),
                               a.says("context.justification", "LIFE_AT_RISK"), a.of("context.words"),
                               a.of("context.fresh"))),
        Claim("glass-and-account-apart", "Nobody breaks glass to where somebody is who may open what they said.",
              ("access.break_glass",),
              lambda a: z3.Not(z3.Or(a.has("resource.held", "TESTIMONY"), a.has("resource.seen", "TESTIMONY")))),
        Claim("glass-or-assignment", "What no everyday key opens is opened only under a broken glass, for a life.",
              UNDER_GLASS,
              lambda a: z3.Or(z3.Not(a.holds("resource.woken", "resource.compartment")),
                              z3.And(a.has("principal.teams", "duty"), a.says("context.justification", "LIFE_AT_RISK"),
                                     a.of("context.cited"), a.of("context.words")))),
        Claim("glass-judged-by-another", "Nobody judges a glass they broke; nobody but an auditor judges one.",
              ("break_glass.review",),
              lambda a: z3.And(a.has("principal.roles", "auditor"),
                               z3.Not(a.holds("resource.authors", "principal.code")))),
        Claim("inquiry-by-another", "Nobody inquires into themself; nobody but an auditor inquires.",
              ("inquiry.open", "inquiry.pick", "inquiry.ask", "inquiry.close"),
              lambda a: z3.And(a.has("principal.roles", "auditor"),
                               a.of("resource.target") != a.of("principal.code"))),
        Claim("inquiry-answered-by-oneself", "Whoever is asked answers, and nobody in their place.",
              ("inquiry.answer",),
              lambda a: a.of("resource.target") == a.of("principal.code")),
    )  # fmt: skip


def _keys() -> tuple[Claim, ...]:
    """Of giving keys away."""
    return (
        Claim("nobody-grants-themself", "Nobody gives a key to themself.", ("grant.give",),
              lambda a: a.of("resource.target") != a.of("principal.code")),
        Claim("no-key-one-does-not-hold", "Nobody gives or takes away a key they do not hold.",
              ("grant.give", "grant.revoke"),
              lambda a: z3.IsSubset(a.of("context.compartments"), a.of("resource.held"))),
        Claim("keys-after-a-second-factor", "No key is given or taken without a second factor given for it.",
              ("grant.give", "grant.revoke", "case.hand_over", "case.came_out"),
              lambda a: z3.Or(z3.Not(a.is_("User")), a.of("context.stepped"))),
        Claim("no-key-without-an-undertaking", "No key is given by or to somebody whose undertaking is not in force.",
              ("grant.give", "case.hand_over", "team.add"),
              lambda a: z3.And(z3.Or(z3.Not(a.is_("User")), a.of("principal.undertaken")),
                               a.of("resource.target_undertaken"))),
        Claim("inside-known-to-no-lead", "Who somebody inside a group is, is given to no lead and to no program.",
              ("grant.give",),
              lambda a: z3.Not(z3.And(a.has("resource.by_name", "IDENTITY"), a.has("context.compartments", "IDENTITY"),
                                      a.has("resource.target_roles", "team_lead", "service")))),
        Claim("services-know-nobody", "A program is given neither who somebody is nor where.", ("grant.give",),
              lambda a: z3.Or(z3.Not(a.has("resource.target_roles", "service")),
                              z3.Not(a.has("context.compartments", "IDENTITY", "LOCATION", "THREAT")))),
    )  # fmt: skip


def _people() -> tuple[Claim, ...]:
    """Of who may become what, and of second pairs of eyes."""
    return (
        Claim("second-is-somebody-else", "Whoever made something is not its second pair of eyes.",
              ("narrative.code", "case.close", "hold.lift", "case.destroy", "assurance.sign",
               "mitigation.sign", "mitigation.return", "mitigation.report"),
              lambda a: z3.Not(a.holds("resource.authors", "principal.code"))),
        Claim("auditor-alone", "Nobody becomes auditor beside another role.", ("account.invite",),
              lambda a: z3.Or(z3.Not(a.has("resource.target_roles", "auditor")),
                              a.only("resource.target_roles", "auditor"))),
        Claim("administrator-alone", "Nobody becomes administrator beside another role.", ("account.invite",),
              lambda a: z3.Or(z3.Not(a.has("resource.target_roles", "administrator")),
                              a.only("resource.target_roles", "administrator"))),
        Claim("wall-between-teams", "Nobody joins teams on both sides of the wall.", ("team.add",),
              lambda a: z3.Not(z3.And(a.has("resource.target_teams", "protection", "duty"),
                                      a.has("resource.target_teams", "intake", "legal")))),
        Claim("custodians-do-not-lead", "Whoever holds a share of the recovery key leads no team.", ("team.add",),
              lambda a: z3.Not(z3.And(a.has("resource.target_roles", "key_custodian"),
                                      a.has("resource.target_roles", "team_lead")))),
        Claim("keys-for-who-could-open-doors", "Who invites, oversees, recovers, reviews or approves works with a key.",
              ("scope.office",),
              lambda a: z3.Or(a.of("principal.keyed"), z3.Not(a.has(
                  "principal.roles", "administrator", "key_custodian", "auditor", "legal_reviewer", "approver")))),
        Claim("keys-added-after-a-second-factor", "No security key is added or removed without a second factor for it.",
              ("security_key.add", "security_key.remove"), lambda a: a.of("context.stepped")),
        Claim("colleagues-after-a-second-factor",
              "Nobody is let in, shut out, put on duty or given a team's key without a second factor given for it.",
              ("account.invite", "account.invite_again", "account.disable", "team.add", "team.remove", "service.make",
               "rota.set"),
              lambda a: z3.Or(z3.Not(a.is_("User")), a.of("context.stepped"))),
        Claim("signed-after-a-second-factor",
              "Nothing is signed, no hold moved and no case destroyed without a second factor given for it.",
              ("assurance.sign", "mitigation.sign", "mitigation.report", "hold.set", "hold.propose_lift", "hold.lift",
               "destruction.propose", "case.destroy"),
              lambda a: z3.Or(z3.Not(a.is_("User")), a.of("context.stepped"))),
        Claim("nobody-shuts-themself-out", "Nobody shuts their own account.", ("account.disable",),
              lambda a: z3.Not(a.holds("resource.authors", "principal.code"))),
    )  # fmt: skip


def _apart(policy: Policy) -> tuple[Claim, ...]:
    """Of those who are to have nothing to do with a case. That the list is whole, a test says: rules know no tables."""
    rule = policy.rules.get(APART)
    return (
        Claim("conflicted-people-are-permitted-nothing",
              "Nobody does anything about a case they have a declared conflict with.",
              tuple(sorted(rule.actions)) if rule else ("case.visit",), lambda a: z3.Not(a.of("resource.apart"))),
        Claim("no-key-to-who-is-apart", "No key of a case is given to somebody who has a declared conflict with it.",
              ("grant.give", "custodians.recover_case"), lambda a: z3.Not(a.of("resource.target_apart"))),
        Claim("conflicts-lifted-by-another", "Nobody lifts their own conflict of interest.", ("conflict.lift",),
              lambda a: a.of("resource.target") != a.of("principal.code")),
    )  # fmt: skip


def _others(every: tuple[str, ...]) -> tuple[Claim, ...]:
    """Of those who do not work here, and of those who never came to us."""
    return (
        Claim("strangers-at-the-door", "A stranger may send something in, sign up or sign in, and nothing else.",
              tuple(action for action in every if action not in AT_THE_DOOR), lambda a: z3.Not(a.is_("Anonymous"))),
        Claim("a-receipt-opens-its-own", "A receipt is good for what was sent with it, and nothing else.",
              tuple(action for action in every if action != "scope.receipt"), lambda a: z3.Not(a.is_("Witness"))),
        Claim("nobody-behind-a-report", "A public report never becomes a person, a consent or a plan.",
              ("person.record", "consent.record", "testimony.begin", "threat.assess", "location.record"),
              lambda a: z3.Not(a.says("resource.origin", "PUBLIC_REPORT"))),
        Claim("no-authority-tells-stories", "Where an authority runs this, it codes nobody's story.",
              ("narrative.code",), lambda a: z3.Not(a.says("context.profile", "authority"))),
    )  # fmt: skip
