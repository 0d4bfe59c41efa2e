"""Keys in a hardware module: drawn there, used there, and never out of it (PKCS#11).

A token for each purpose, as there is a file for each: ``<name>-staff`` and ``<name>-log``. What opens
it, the PIN, is the unlock secret. A key's label says what it is, its id the moment it was drawn.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import pkcs11
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass

from app import clock
from app.crypto import signing
from app.errors import CannotStart, SealBroken, Unavailable
from app.keyholders.manager import generations_among, key_name, newest_of
from app.private import read_private

_NONCE_BYTES: Final = 12
_TAG_BITS: Final = 128
_PUBLIC_BYTES: Final = 32
# The curve's name as PKCS#11 3.0 spells it: a DER PrintableString.
_CURVE: Final = b"\x13\x0cedwards25519"
# 32 bytes as a DER octet string.
_OCTETS: Final = b"\x04\x20"
_KEPT: Final = {Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True}
# Keys that sign; what else there is hashes or seals.
_SIGNS: Final = frozenset({"log", "register"})


class HardwareKeyManager:
    """Keys of one purpose on one token. Asked for a key it does not have, or gone: Unavailable."""

    def __init__(self, module: str, token: str, unlock: Path) -> None:
        """module   the vendor's library; token  by its label; unlock  a 0600 file with the PIN"""
        self._module, self._token, self._unlock = module, token, unlock
        # A session of a module does one thing at a time.
        self._turn = threading.RLock()
        self._session: Any = None
        self._keys: dict[tuple[str, ObjectClass], Any] = {}

    def __repr__(self) -> str:
        return f"<hardware key manager: {self._token}>"

    @classmethod
    def open(cls, module: str, token: str, unlock: Path) -> HardwareKeyManager:
        """Sign in to a token that holds keys; raises CannotStart and changes nothing."""
        opened = cls(module, token, unlock)
        opened._begin()
        if not opened._labels():
            raise CannotStart(f"The token {token} holds no keys. A new installation begins with: amana init")
        return opened

    @classmethod
    def reach(cls, module: str, token: str, unlock: Path) -> HardwareKeyManager:
        """Sign in to a token, whatever it holds: for moving keys there, or away."""
        reached = cls(module, token, unlock)
        reached._begin()
        return reached

    @classmethod
    def make(cls, module: str, token: str, unlock: Path, *names: str) -> HardwareKeyManager:
        """Draw the named keys on an empty token; CannotStart if it holds others."""
        made = cls(module, token, unlock)
        made._begin()
        if made._labels():
            raise CannotStart(f"The token {token} holds keys already. Nothing was changed.")
        for name in names:
            made._draw(name)
        return made

    def names(self) -> frozenset[str]:
        """Every key and generation on the token, by its label."""
        return frozenset(self._do(lambda: self._labels()))

    def take(self, name: str, key: bytes, since: datetime | None) -> None:
        """Take in a key that was drawn elsewhere. From then on it leaves the module as little as one drawn here."""
        at = since.isoformat(timespec="seconds").encode("ascii") if since else b"unknown"
        given = {Attribute.TOKEN: True, Attribute.LABEL: name, Attribute.ID: at}
        kept = {**given, **_KEPT, Attribute.PRIVATE: True}
        with self._turn:
            # What a taking that was cut has left is no key yet. The private half comes last, and says it is whole.
            self._do(lambda: self._destroy(name))
            for each in _as_objects(name, key, given, kept):
                self._do(partial(self._session.create_object, each))

    def answers_as(self, name: str, key: bytes) -> bool:
        """Whether the key of this name does what these bytes would do."""
        asked, nonce = secrets.token_bytes(32), secrets.token_bytes(_NONCE_BYTES)
        try:
            if _signs(name):
                signing.verify(signing.public(key), asked, self._signed(name, asked))
                return self._public(name) == signing.public(key)
            secret = ObjectClass.SECRET_KEY
            if name.partition(".")[0] == "wrap":
                sealed = bytes(self._do(lambda: self._gcm(name, nonce, asked, "encrypt", asked)))
                return AESGCM(key).decrypt(nonce, sealed, asked) == asked
            mark = bytes(self._do(lambda: self._key(name, secret).sign(asked, mechanism=Mechanism.SHA256_HMAC)))
            return hmac.compare_digest(mark, hmac.new(key, asked, hashlib.sha256).digest())
        except (SealBroken, InvalidTag, Unavailable):
            return False

    def clear(self) -> None:
        """Destroy every key on the token."""
        for name in self.names():
            with self._turn:
                self._do(partial(self._destroy, name))

    def newest_pepper(self) -> int:
        """The generation of the pepper that is used from now on."""
        return self._newest("pepper")

    def generations(self, name: str) -> tuple[int, ...]:
        """The generations of a key there are, oldest first."""
        return generations_among(self._do(lambda: self._labels()), name)

    def renew(self, name: str) -> int:
        """Draw a key anew; returns its generation. The old one stays."""
        with self._turn:
            generation = self._newest(name) + 1
            self._do(lambda: self._draw(key_name(name, generation)))
        return generation

    def retire(self, name: str, generation: int) -> None:
        """Destroy a key that a newer one has taken the place of: what is sealed under it opens no more.

        raises   ValueError for the newest, which is in use
        """
        with self._turn:
            if generation >= self._newest(name):
                raise ValueError("the newest is in use")
            self._do(lambda: self._destroy(key_name(name, generation)))

    def since(self, name: str) -> datetime | None:
        """When a key was drawn; None for one that somebody else put there."""
        kind = ObjectClass.PRIVATE_KEY if _signs(name) else ObjectClass.SECRET_KEY
        try:
            return datetime.fromisoformat(bytes(self._do(lambda: self._key(name, kind)[Attribute.ID])).decode("ascii"))
        except ValueError:
            return None

    def pepper(self, digest: bytes, generation: int | None = None) -> bytes:
        """HMAC-SHA256 of a passphrase digest, 32 bytes, made in the module."""
        name = key_name("pepper", generation or self.newest_pepper())
        key = ObjectClass.SECRET_KEY
        return bytes(self._do(lambda: self._key(name, key).sign(digest, mechanism=Mechanism.SHA256_HMAC)))

    def wrap(self, secret: bytes, *, context: bytes) -> bytes:
        """Seal a secret for one purpose, AES-256-GCM in the module."""
        nonce, name = secrets.token_bytes(_NONCE_BYTES), key_name("wrap", self._newest("wrap"))
        return nonce + bytes(self._do(lambda: self._gcm(name, nonce, context, "encrypt", secret)))

    def unwrap(self, sealed: bytes, *, context: bytes) -> bytes:
        """Open what ``wrap`` sealed for the same purpose, by any generation there still is. Raises SealBroken."""
        with self._turn:
            self._newest("wrap")
            for generation in reversed(self.generations("wrap")):
                with suppress(pkcs11.PKCS11Error):
                    name, nonce = key_name("wrap", generation), sealed[:_NONCE_BYTES]
                    return bytes(self._gcm(name, nonce, context, "decrypt", sealed[_NONCE_BYTES:]))
            # Modules have many words for a seal that does not open; one that still answers means this.
            self._do(lambda: self._session.generate_random(64))
            raise SealBroken("what was wrapped does not open")

    def sign(self, message: bytes, generation: int | None = None) -> bytes:
        """An Ed25519 signature, 64 bytes, by the log's key."""
        return self._signed(key_name("log", generation or self._newest("log")), message)

    def public(self, generation: int | None = None) -> bytes:
        """The public half of the log's key, 32 bytes."""
        return self._public(key_name("log", generation or self._newest("log")))

    def vouch(self, fact: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes, by the register's key."""
        return self._signed("register", fact)

    def register(self) -> bytes:
        """The public half of the register's key, 32 bytes."""
        return self._public("register")

    def _signed(self, name: str, message: bytes) -> bytes:
        key = ObjectClass.PRIVATE_KEY
        return bytes(self._do(lambda: self._key(name, key).sign(message, mechanism=Mechanism.EDDSA)))

    def _public(self, name: str) -> bytes:
        point = self._do(lambda: self._key(name, ObjectClass.PUBLIC_KEY)[Attribute.EC_POINT])
        # 32 bytes, by most modules in the wrapping of a DER octet string.
        return bytes(point)[-_PUBLIC_BYTES:]

    def _gcm(self, name: str, nonce: bytes, context: bytes, way: str, data: bytes) -> Any:
        sealing = getattr(self._key(name, ObjectClass.SECRET_KEY), way)
        return sealing(data, mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(nonce, context, _TAG_BITS))

    def _draw(self, name: str) -> None:
        """A key that is born in the module and stays there."""
        at = clock.now().isoformat(timespec="seconds").encode("ascii")
        given = {"store": True, "label": name, "id": at}
        # A drawing that was cut may have left a public half without its private one: two of a name are none.
        self._destroy(name)
        if _signs(name):
            curve = {Attribute.EC_PARAMS: _CURVE}
            born = self._session.create_domain_parameters(KeyType.EC_EDWARDS, curve, local=True)
            born.generate_keypair(
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, private_template=_KEPT,
                capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY, **given,
            )  # fmt: skip
        elif name.partition(".")[0] == "wrap":
            able = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
            self._session.generate_key(KeyType.AES, 256, capabilities=able, template=_KEPT, **given)
        else:
            self._session.generate_key(
                KeyType.GENERIC_SECRET, 256, capabilities=MechanismFlag.SIGN, template=_KEPT, **given
            )

    def _destroy(self, name: str) -> None:
        for kind in (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
            for key in list(self._session.get_objects({Attribute.CLASS: kind, Attribute.LABEL: name})):
                key.destroy()
            self._keys.pop((name, kind), None)

    def _newest(self, name: str) -> int:
        return newest_of(self.generations(name))

    def _labels(self) -> frozenset[str]:
        kinds = (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY)
        return frozenset(key.label for kind in kinds for key in self._session.get_objects({Attribute.CLASS: kind}))

    def _key(self, name: str, kind: ObjectClass) -> Any:
        if (name, kind) not in self._keys:
            wanted = {Attribute.CLASS: kind, Attribute.LABEL: name}
            found = list(self._session.get_objects(wanted))
            if len(found) != 1:
                raise Unavailable("The key manager of this process does not hold that key.")
            self._keys[name, kind] = found[0]
        return self._keys[name, kind]

    def _do(self, asked: Callable[[], Any]) -> Any:
        """One thing at a time; a module that went away is signed in to once more, then it is out of reach."""
        with self._turn:
            try:
                return asked()
            except pkcs11.PKCS11Error:
                try:
                    self._begin()
                    return asked()
                except (pkcs11.PKCS11Error, CannotStart):
                    raise Unavailable from None

    def _begin(self) -> None:
        self._keys.clear()
        pin = read_private(self._unlock).strip().decode(errors="replace")
        try:
            token = pkcs11.lib(self._module).get_token(token_label=self._token)
            self._session = _session(token, pin)
        except pkcs11.NoSuchToken:
            raise CannotStart(f"There is no token {self._token} in the hardware module.") from None
        except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid, pkcs11.PinLocked):
            raise CannotStart(f"The token {self._token} does not open with this unlock secret.") from None
        except (pkcs11.PKCS11Error, RuntimeError):
            raise CannotStart(f"The hardware module of {self._token} does not answer.") from None


def _as_objects(name: str, key: bytes, given: dict[Any, Any], kept: dict[Any, Any]) -> list[dict[Any, Any]]:
    """A key as a module is given it."""
    if _signs(name):
        pair = {Attribute.KEY_TYPE: KeyType.EC_EDWARDS, Attribute.EC_PARAMS: _CURVE}
        point = {Attribute.EC_POINT: _OCTETS + signing.public(key), Attribute.VERIFY: True}
        return [
            {**given, **pair, **point, Attribute.CLASS: ObjectClass.PUBLIC_KEY},
            {**kept, **pair, Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.VALUE: key, Attribute.SIGN: True},
        ]
    able: dict[Any, Any] = {Attribute.KEY_TYPE: KeyType.GENERIC_SECRET, Attribute.SIGN: True}
    if name.partition(".")[0] == "wrap":
        able = {Attribute.KEY_TYPE: KeyType.AES, Attribute.ENCRYPT: True, Attribute.DECRYPT: True}
    return [{**kept, **able, Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.VALUE: key}]


def _signs(name: str) -> bool:
    return name.partition(".")[0] in _SIGNS


def _session(token: Any, pin: str) -> Any:
    """A session of somebody who is signed in: a token knows its user once in a process, however many sessions."""
    try:
        return token.open(user_pin=pin, rw=True)
    except pkcs11.UserAlreadyLoggedIn:
        return token.open(rw=True)
