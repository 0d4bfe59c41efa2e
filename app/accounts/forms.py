"""What may come in about accounts."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.accounts.rules import TEAM_OF
from app.work.forms import Form, Line, Moment

Role = Literal[
    "intake_officer", "legal_reviewer", "caseworker", "narrative_editor", "reid_reviewer",
    "approver", "auditor", "key_custodian", "administrator",
]  # fmt: skip
Team = Literal["intake", "legal", "protection", "duty", "narrative"]
PageLanguage = Literal["en", "ar", "fr"]
WhyShut = Literal["LEFT", "LONG_ABSENCE", "DUTY_ENDED", "MISUSE_SUSPECTED", "MADE_BY_MISTAKE"]
WhichFactor = Literal["AUTHENTICATOR", "CODES"]
LoginName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{2,31}$")]
Passphrase = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Digits = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}$")]
StaffCode = Annotated[str, StringConstraints(pattern=r"^S-[3-9A-Z]{6}$")]
# Of each share of the recovery key its mark: none is more than sixteen at a table.
Marks = Annotated[tuple[bytes, ...], Field(min_length=2, max_length=16)]
Needed = Annotated[int, Field(ge=2, le=16)]
ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}\.[a-z_]{1,32}$")]
Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,2048}$")]
KeyName = Annotated[Line, StringConstraints(max_length=40)]
OneUse = Annotated[str, StringConstraints(min_length=20, max_length=80, pattern=r"^[A-Za-z0-9 -]+$")]


class Invite(Form):
    """A new colleague: how they sign in, how they are called here, what they will do."""

    login_name: LoginName
    display_name: Line
    roles: Annotated[frozenset[Role], Field(min_length=1, max_length=4)]


class Founder(Form):
    """One of the first people. Whoever founds a team works in it, so no administrator holds a team's key."""

    login_name: LoginName
    display_name: Line
    role: Role
    team: Team | None = None

    @model_validator(mode="after")
    def _works_there(self) -> Founder:
        if self.team is not None and TEAM_OF.get(self.role) != self.team:
            raise ValueError("a team is founded by somebody whose role works in it")
        return self


class Found(Form):
    """The first people of an office, the public half of its escrow key, and marks of its shares.

    needed   how many of the shares give the key back
    """

    founders: Annotated[tuple[Founder, ...], Field(min_length=1, max_length=12)]
    escrow_public: bytes
    marks: Marks
    needed: Needed


class Redeal(Form):
    """Another recovery key: its public half, marks of its shares, how many of them are needed."""

    escrow_public: bytes
    marks: Marks
    needed: Needed


class SharesSeen(Form):
    """Marks of the shares of the recovery key that were typed in and found good."""

    marks: Marks


class RecoverTeam(Form):
    """Whom the custodians make lead of a team that has none, and who runs the machine meanwhile."""

    team: Team
    to: StaffCode
    run_by: frozenset[StaffCode]


class RotateTeam(Form):
    """A new key pair for what is sealed to a team from now on."""

    team: Team


class RotatePepper(Form):
    """From which pepper to which."""

    old: Annotated[int, Field(ge=1)]
    new: Annotated[int, Field(ge=2)]


class RetirePepper(Form):
    """The pepper that is destroyed."""

    old: Annotated[int, Field(ge=1)]


class RotateInstalled(Form):
    """Which of the key manager's other keys, and from which generation to which."""

    key: Literal["wrap", "log", "register"]
    old: Annotated[int, Field(ge=1)]
    new: Annotated[int, Field(ge=2)]


class MoveKeys(Form):
    """Where the key manager keeps the installation's keys from now on."""

    to: Literal["module", "files"]


class OrderRenewal(Form):
    """Keys of cases drawn before this moment are to be drawn anew, so many at a time."""

    before: Moment
    portion: Annotated[int, Field(ge=1, le=5000)] = 500


class AcceptInvitation(Form):
    """What a newcomer sends: the one-use code, a passphrase of their own, and what they have read and sign.

    undertaking  the version of the undertaking of secrecy that was read
    """

    code: OneUse
    passphrase: Passphrase
    undertaking: Version
    language: PageLanguage = "en"


class Enrolment(Form):
    """The same, after the passphrase was stretched outside the transaction."""

    invite_hash: bytes
    salt: bytes
    pepper: int
    wrapping_key: bytes
    undertaking: Version
    language: PageLanguage = "en"


class SignUndertaking(Form):
    """The version of the undertaking of secrecy that was read, and in which language."""

    version: Version
    language: PageLanguage = "en"


class ShownKey(Form):
    """What a security key has signed: the answer of a browser, part by part, in base64url.

    authenticator_data  bound to the 37 bytes it has without extensions: none is asked for, and so nothing that a
                        stranger sends reaches a parser of CBOR
    """

    credential: Base64
    client_data: Base64
    authenticator_data: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{50}$")]
    signature: Base64


class NewKey(Form):
    """What a new security key has answered, in base64url; transports are how a browser may reach it."""

    client_data: Base64
    attestation: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,8192}$")]
    transports: Annotated[str, StringConstraints(pattern=r"^[a-z-]{2,12}(,[a-z-]{2,12}){0,6}$")] | None = None


class KeySeen(Form):
    """A security key whose signature was found good: its row, and its count of signatures."""

    row: UUID
    sign_count: Annotated[int, Field(ge=0, lt=2**32)]


class AskStranger(Form):
    """By which name somebody is about to sign in with a security key."""

    login_name: Annotated[Line, StringConstraints(max_length=64)]


class AskKey(Form):
    """What a security key is about to confirm: an action, and what it is about."""

    action: ActionName
    subject: Annotated[Line, StringConstraints(max_length=64)]


class AddKey(Form):
    """A security key for one's own account, and what to call it."""

    name: KeyName
    new: NewKey


class KeyMade(Form):
    """The same, after its answer was found good."""

    name: KeyName
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: str


class RenameKey(Form):
    """What to call a security key of one's own."""

    name: KeyName


class GivesFactor(Form):
    """A second factor beside whatever else a form says: one of the three."""

    code: Digits | None = None
    recovery_code: OneUse | None = None
    key: ShownKey | None = None


class FactorSeen(Form):
    """The same, after a security key's signature was looked at; with none of the three nothing is confirmed."""

    code: Digits | None = None
    recovery_code: OneUse | None = None
    seen: KeySeen | None = None


class SignInForm(GivesFactor):
    """Name, passphrase, and the second factor: a security key, six digits, or a recovery code once."""

    login_name: Annotated[Line, StringConstraints(max_length=64)]
    passphrase: Passphrase
    device: Annotated[str, StringConstraints(min_length=24, max_length=64)] | None = None


class Entering(FactorSeen):
    """A sign-in whose passphrase has opened the key; what is left is the second factor.

    renewed   under a pepper that has taken the place of theirs: which one, the salt it was
              stretched with, and the key to seal with from now on
    """

    user_id: UUID
    private_raw: bytes
    renewed: tuple[int, bytes, bytes] | None = None


class Shut(Form):
    """Why an account is shut, as a code: it stands in the log, where no words may."""

    why: WhyShut | None = None


class Prefer(Form):
    """How one's own pages speak, and whether single keys do anything on them. What is left out stays."""

    language: PageLanguage | None = None
    shortcuts: bool | None = None


class ChangePassphrase(GivesFactor):
    """The present passphrase with a second factor, and the one that takes its place."""

    passphrase: Passphrase
    new_passphrase: Passphrase


class RenewFactor(GivesFactor):
    """Draw a lost second factor anew: the passphrase with a factor that is still there.

    which  AUTHENTICATOR: another secret for the six digits; CODES: other recovery codes
    """

    which: WhichFactor
    passphrase: Passphrase


class GiveFactor(GivesFactor):
    """A second factor for one action.

    action   by its name, as a refusal and the description of the interface know it
    subject  what the action is about: a row's id, a case's reference, a colleague's code; one's own code
             where it is about nothing that is there yet
    """

    action: ActionName
    subject: Annotated[Line, StringConstraints(max_length=64)]


class Confirming(FactorSeen):
    """The same, after a security key's signature was looked at; with none of the three nothing is confirmed."""

    action: ActionName
    subject: Annotated[Line, StringConstraints(max_length=64)]


class ComeBack(GivesFactor):
    """A second factor for a session that is covered: one of the three."""


class ComingBack(FactorSeen):
    """The same, after a security key's signature was looked at."""


class Rewrapping(FactorSeen):
    """The same, after both passphrases were stretched outside the transaction."""

    wrapping_key: bytes
    new_salt: bytes
    new_pepper: int
    new_wrapping_key: bytes


class Renewing(FactorSeen):
    """The same, after the passphrase was stretched outside the transaction."""

    which: WhichFactor
    wrapping_key: bytes


class JoinTeam(Form):
    """A lead lets somebody into the team, by sealing the team's key to them."""

    team: Team
    deputy: bool = False


class LeaveTeam(Form):
    team: Team


class Reseal(Form):
    """Seal to a team's present key what is sealed to an older one."""

    team: Team


class MakeService(Form):
    """A program that will read what it is granted, for one purpose, until a day within a year."""

    team: Literal["intake", "legal", "protection"]
    name: Line
    purpose: Literal["DISCLOSURE", "DOCUMENTATION", "ARCHIVE"]
    ends_at: Moment
