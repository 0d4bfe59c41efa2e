"""A security key made of software: what a browser and a key in it would answer, right or wrong in one thing."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from app.accounts import security_keys
from app.accounts.forms import AddKey, AskKey, NewKey, ShownKey
from app.edge.render import as_json
from tests.world.build import World

NAME, ORIGIN = "localhost", "http://localhost:8000"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftKey:
    """One key for one account. ``count`` is how often it has signed; one that stays at 0 does not count."""

    label: str = "the blue one"
    counts: bool = True
    count: int = 0
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    # Under which the office keeps it, once it is added.
    row: UUID = field(default_factory=lambda: UUID(int=0))

    @property
    def number(self) -> bytes:
        point = self.private.public_key().public_numbers()
        return hashlib.sha512(point.x.to_bytes(32, "big")).digest()[:48]

    def copy(self) -> SoftKey:
        """The same key on another machine, which counts on its own."""
        return SoftKey(self.label, self.counts, self.count, self.private)

    def make(
        self, asked: dict[str, Any], *, origin: str = ORIGIN, name: str = NAME, flags: int = PRESENT | VERIFIED,
        fmt: str = "none", kind: str = "webauthn.create",
    ) -> dict[str, Any]:  # fmt: skip
        """What it answers to being added."""
        point = self.private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        data = self._data(name, flags | ATTESTED) + bytes(16) + len(self.number).to_bytes(2, "big")
        attestation = {"fmt": fmt, "attStmt": {}, "authData": data + self.number + cbor2.dumps(cose)}
        client_data = self._client_data(kind, asked["challenge"], origin)
        return {"client_data": text(client_data), "attestation": text(cbor2.dumps(attestation)), "transports": "usb"}

    def sign(
        self, asked: dict[str, Any], *, origin: str = ORIGIN, name: str = NAME, flags: int = PRESENT | VERIFIED,
        kind: str = "webauthn.get", unasked: bool = False,
    ) -> dict[str, str]:  # fmt: skip
        """What it answers to a question. AssertionError if it is not among those that may, but for ``unasked``."""
        assert unasked or text(self.number) in asked["keys"], "this key was not asked"
        self.count += self.counts
        data, client_data = self._data(name, flags), self._client_data(kind, asked["challenge"], origin)
        signature = self.private.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return {
            "credential": text(self.number), "client_data": text(client_data), "authenticator_data": text(data),
            "signature": text(signature),
        }  # fmt: skip

    def _data(self, name: str, flags: int) -> bytes:
        return hashlib.sha256(name.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def added(world: World, login: str, key: SoftKey | None = None) -> SoftKey:
    """A key of this colleague's, added in their own session after a second factor for that."""
    key = key or SoftKey()
    asked = as_json(world.signins.keys.to_add(world[login]))
    world.step_up(login, security_keys.add, world[login].actor.code)
    form = AddKey(name=key.label, new=NewKey(**key.make(asked)))
    key.row = world.signins.add_key(world[login], form).id
    return key


def shown(world: World, login: str, key: SoftKey, action: str, subject: object, **wrong: Any) -> ShownKey:
    """What the key signs to confirm an action of this colleague's."""
    asked = as_json(world.signins.keys.to_confirm(world[login], AskKey(action=action, subject=str(subject))))
    return ShownKey(**key.sign(asked, **wrong))
