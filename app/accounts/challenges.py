"""What security keys are asked to sign, and whether they did (WebAuthn, by the library of that name).

A challenge is made of what it is for, and remembered only once a key has answered it: what is not stored
for strangers, strangers cannot fill. It is good for one thing, once, within two minutes.

    challenge = nonce[16] || ends at, seconds[8] || HMAC-SHA256(key from the pepper, what it is for || both)[32]

Before sign-in a browser has to be told which keys may answer, and so would every stranger be. Each name is
given five: those of its account, the rest invented from the name under the pepper, as all five are for a name
nobody has. Rejected: keys that name their account themselves, for they keep it where whoever holds the key and
its PIN can read it. What remains: who asks again and again sees that a list has changed, or that a key gives
its numbers a length no other kind has.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import parse_attestation_object, parse_client_data_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Algorithm
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticationCredential,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    RegistrationCredential,
)

from app import clock
from app.accounts import actions
from app.accounts.forms import AddKey, AskKey, KeyMade, KeySeen, ShownKey
from app.accounts.models import AccountState, SecurityKey, Throttle, User, goes_on
from app.accounts.security_keys import KEYS_MAX, KeyNotTaken
from app.accounts.views import KeyQuestion, NewKeyQuestion
from app.crypto import kdf
from app.errors import NotSignedIn
from app.keyholders.manager import KeyManager
from app.settings import Settings
from app.work import Caller, Office

ENDS_SECONDS: Final = 120
# How long the numbers are that common keys give themselves.
_LENGTHS: Final = (16, 20, 32, 48, 64)
_ALGORITHMS: Final = [Algorithm.ECDSA_SHA_256, Algorithm.EDDSA, Algorithm.RSASSA_PKCS1_v1_5_SHA_256]
# Who made a key is not asked. A browser still passes on what a key without a maker's mark says of itself.
_MAKERS: Final = frozenset({AttestationFormat.NONE, AttestationFormat.PACKED})
# What parsers of a library may raise on bytes that no key has made.
_NO_ANSWER: Final = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Purpose:
    """What one signature is good for: signing in by a name, confirming one action in one session, a new key."""

    parts: tuple[str, ...]

    @classmethod
    def to_sign_in(cls, login_name: str) -> Purpose:
        return cls(("sign-in", login_name))

    @classmethod
    def to_confirm(cls, caller: Caller, action: str, subject: str) -> Purpose:
        return cls(("confirm", _session(caller), action, subject))

    @classmethod
    def to_add(cls, caller: Caller) -> Purpose:
        return cls(("add", _session(caller)))

    def message(self) -> bytes:
        """All parts, none of which can run into the next."""
        return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in self.parts)


class Challenges:
    """The questions of one process that holds the pepper, and the answers to them."""

    def __init__(self, office: Office, manager: KeyManager, settings: Settings) -> None:
        self._office, self._manager = office, manager
        self._name, self._origin = settings.public_name, settings.origin(settings.port)
        # An answer by a key that nobody has is tried against this, so that it takes as long.
        point = ec.generate_private_key(ec.SECP256R1()).public_key()
        self._nobodys = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def to_sign_in(self, login_name: str) -> KeyQuestion:
        """Ask whoever has this name: of what is told, nothing says whether anybody has it."""
        wanted = (
            select(SecurityKey.credential_id).join(User, User.id == SecurityKey.user_id)
            .where(
                User.login_name == login_name, User.state.in_([AccountState.ENROLLED, AccountState.ACTIVE]),
                SecurityKey.removed_at.is_(None),
            )
        )  # fmt: skip
        own = [bytes(each) for each in self._office.housekeep(lambda s: s.scalars(wanted).all())]
        every = own + [self._invented(login_name, place) for place in range(KEYS_MAX)]
        # In the order of their own bytes, which says nothing of where they come from.
        return self._question(Purpose.to_sign_in(login_name), tuple((each, ()) for each in sorted(every[:KEYS_MAX])))

    def to_confirm(self, caller: Caller, form: AskKey) -> KeyQuestion:
        """Ask one of the caller's own keys to confirm an action."""
        keys = tuple((bytes(key.credential_id), tuple(filter(None, key.transports.split(","))))
                     for key in self._keys_of(caller))  # fmt: skip
        return self._question(Purpose.to_confirm(caller, form.action, form.subject), keys)

    def to_add(self, caller: Caller) -> NewKeyQuestion:
        """Ask for a key that is none of the caller's yet."""
        handle = hashlib.sha256(b"amana/key-owner/v1\x00" + _own(caller).bytes).digest()
        return NewKeyQuestion(
            challenge=_text(self._challenge(Purpose.to_add(caller))), rp_id=self._name, owner=_text(handle),
            owner_name=caller.actor.code, taken=tuple(_text(bytes(key.credential_id)) for key in self._keys_of(caller)),
            algorithms=tuple(int(each) for each in _ALGORITHMS), timeout_ms=1000 * ENDS_SECONDS,
        )  # fmt: skip

    def seen(self, purpose: Purpose, owner: UUID | None, shown: ShownKey) -> KeySeen | None:
        """The key that signed this challenge for this purpose, now and for the first time; None for all else.

        owner  whose key it has to be; None for a name nobody has
        """
        try:
            credential = _bytes(shown.credential)
            answer = AuthenticatorAssertionResponse(
                client_data_json=_bytes(shown.client_data),
                authenticator_data=_bytes(shown.authenticator_data), signature=_bytes(shown.signature),
            )  # fmt: skip
            # Ours is known by its mark, not by who brings it.
            challenge = parse_client_data_json(answer.client_data_json).challenge
        except _NO_ANSWER:
            return None
        wanted = select(SecurityKey.id, SecurityKey.public_key).where(
            SecurityKey.user_id == (owner or UUID(int=0)), SecurityKey.credential_id == credential,
            SecurityKey.removed_at.is_(None),
        )  # fmt: skip
        found = self._office.housekeep(lambda s: s.execute(wanted).one_or_none())
        try:
            verified = verify_authentication_response(
                credential=AuthenticationCredential(id=_text(credential), raw_id=credential, response=answer),
                expected_challenge=challenge, expected_rp_id=self._name, expected_origin=self._origin,
                credential_public_key=bytes(found.public_key) if found else self._nobodys,
                # Its count is judged where its row is locked, and what it says is told to the log.
                credential_current_sign_count=0, require_user_verification=True,
            )  # fmt: skip
        except _NO_ANSWER:
            return None
        if found is None or not self._use_up(purpose, challenge):
            return None
        return KeySeen(row=found.id, sign_count=verified.new_sign_count)

    def made(self, caller: Caller, form: AddKey) -> KeyMade:
        """The new key that answered. Raises KeyNotTaken for every way in which it did not."""
        try:
            answer = AuthenticatorAttestationResponse(
                client_data_json=_bytes(form.new.client_data), attestation_object=_bytes(form.new.attestation)
            )
            challenge = parse_client_data_json(answer.client_data_json).challenge
            told = parse_attestation_object(answer.attestation_object)
            if told.fmt not in _MAKERS or told.auth_data.attested_credential_data is None:
                raise KeyNotTaken
            number = told.auth_data.attested_credential_data.credential_id
            verified = verify_registration_response(
                credential=RegistrationCredential(id=_text(number), raw_id=number, response=answer),
                expected_challenge=challenge, expected_rp_id=self._name, expected_origin=self._origin,
                require_user_verification=True, supported_pub_key_algs=_ALGORITHMS,
            )  # fmt: skip
        except _NO_ANSWER:
            raise KeyNotTaken from None
        if not self._use_up(Purpose.to_add(caller), challenge):
            raise KeyNotTaken
        return KeyMade(
            name=form.name, credential_id=verified.credential_id, public_key=verified.credential_public_key,
            sign_count=verified.sign_count, transports=form.new.transports or "",
        )  # fmt: skip

    def look_for_copies(self, seen: KeySeen | None) -> None:
        """After a refusal: where the key's count did not go on there are two of it, and somebody is told."""
        if seen is None:
            return
        wanted = select(SecurityKey.sign_count, User.code).join(User, User.id == SecurityKey.user_id)
        wanted = wanted.where(SecurityKey.id == seen.row)
        count, code = self._office.housekeep(lambda s: s.execute(wanted).one())
        if not goes_on(count, seen.sign_count):
            self._office.perform(Caller.service("signin"), actions.suspect_key, subject=code)

    def _keys_of(self, caller: Caller) -> list[SecurityKey]:
        wanted = select(SecurityKey).where(SecurityKey.user_id == _own(caller), SecurityKey.removed_at.is_(None))
        return list(self._office.housekeep(lambda s: s.scalars(wanted.order_by(SecurityKey.added_at)).all()))

    def _question(self, purpose: Purpose, keys: tuple[tuple[bytes, tuple[str, ...]], ...]) -> KeyQuestion:
        return KeyQuestion(
            challenge=_text(self._challenge(purpose)), rp_id=self._name, timeout_ms=1000 * ENDS_SECONDS,
            keys=tuple(_text(each) for each, _ in keys), transports=tuple(",".join(how) for _, how in keys),
        )  # fmt: skip

    def _challenge(self, purpose: Purpose) -> bytes:
        ends = int(clock.now().timestamp()) + ENDS_SECONDS
        start = secrets.token_bytes(16) + ends.to_bytes(8, "big")
        return start + self._mark(purpose, start)

    def _mark(self, purpose: Purpose, start: bytes) -> bytes:
        key = self._manager.pepper(b"amana/key-challenge/v1")
        return hmac.digest(key, purpose.message() + start, hashlib.sha256)

    def _use_up(self, purpose: Purpose, challenge: bytes) -> bool:
        """Whether we asked this, for this, within its time, and nobody has answered it before."""
        start, mark = challenge[:24], challenge[24:]
        ends = int.from_bytes(start[16:], "big")
        if len(challenge) != 56 or not hmac.compare_digest(mark, self._mark(purpose, start)):
            return False
        if not 0 <= ends - clock.now().timestamp() <= ENDS_SECONDS:
            return False
        lane = hashlib.sha256(b"amana/key-challenge/used/v1\x00" + challenge).digest()
        used = insert(Throttle).values(lane=lane, tries=1, wait_until=None).on_conflict_do_nothing()
        first = used.returning(Throttle.lane)
        return self._office.housekeep(lambda s: s.execute(first).one_or_none()) is not None

    def _invented(self, login_name: str, place: int) -> bytes:
        """A number that no key has given itself, the same each time this name is asked for."""
        key = self._manager.pepper(b"amana/key-invented/v1")
        context = Purpose((login_name, str(place))).message()
        drawn = kdf.derive(key, "amana/key-invented/v1", 1 + max(_LENGTHS), context=context)
        return drawn[1 : 1 + _LENGTHS[drawn[0] % len(_LENGTHS)]]


def _session(caller: Caller) -> str:
    if caller.actor.sign_in is None:
        raise NotSignedIn
    return str(caller.actor.sign_in)


def _own(caller: Caller) -> UUID:
    if caller.actor.kind != "User" or caller.actor.id is None:
        raise NotSignedIn
    return caller.actor.id


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """Raises ValueError for a length that no bytes have."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
