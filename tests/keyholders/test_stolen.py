"""What a thief can read: of the database, the files and the key manager's secrets, alone and together."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import UUID

import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import witnesses
from app.accounts.models import SignIn, User
from app.accounts.tokens import token_hash, token_key
from app.crypto import boxes, fields, hpke, passphrases
from app.db import tables
from app.errors import NotAReceipt, SealBroken
from app.intake.models import Submission
from app.keyholders import grants, holders
from app.keyholders.grants import COMPARTMENTS
from app.keyholders.keyring import Keyring
from app.keyholders.manager import FileKeyManager
from app.keyholders.models import Envelope, Grant, Membership
from app.settings import Settings
from tests.conftest import Database
from tests.keyholders.stored import cells, opens
from tests.kit.hunt import hits, spellings
from tests.work.story import PNG, Story
from tests.world import World, words


def everything(database: Database, *folders: Path) -> bytes:
    """All that lies in the tables, cell by cell, and in the files: one long haystack."""
    found: list[bytes] = []
    with database.connect("owner") as owner:
        for name in [*sorted(tables()), *_scratch(database)]:
            for row in owner.execute(SQL("SELECT * FROM {}").format(Identifier(name))):
                found += [_as_bytes(value) for value in row]
    found += [path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return b"\x00".join(found)


def _scratch(database: Database) -> list[str]:
    with database.connect("owner") as owner:
        rows = owner.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'scratch%'").fetchall()
    return [str(name) for (name,) in rows]


def _as_bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def sentences(story: Story) -> list[str]:
    """Every mark of the story, and the words of the invented office that it borrowed."""
    person = words.person(0)
    borrowed = [person["legal_name"], *words.passages("ar")[0].text.split("،")[:2], words.own_words("ar")]
    return [*story.marks, *borrowed, "CANARY", "Geheimnis", "insulin", "Lindenweg", "blue kettle"]


@pytest.mark.domain("D31")
@pytest.mark.abuse("K01")
def test_a_stolen_database_and_its_files_hold_no_word(
    story: Story, world: World, database: Database, settings: Settings
) -> None:
    for look in story.looks.values():
        look.take(world)

    haystack = everything(database, settings.attachments_folder, settings.keys_folder)

    assert len(haystack) > 100_000
    assert hits(haystack, sentences(story)) == []
    assert not any(text in haystack for text in spellings(PNG[8:48]))


@pytest.mark.domain("D31")
@pytest.mark.parametrize("spelling", range(8))
def test_the_hunt_finds_what_is_planted_in_any_spelling(world: World, database: Database, spelling: int) -> None:
    """The control: one plain row in a scratch table."""
    secret = "the flat above the bakery in Kleinhausen"
    with database.connect("owner") as owner:
        owner.execute("CREATE TABLE scratch_plain (held bytea)")
        owner.execute("INSERT INTO scratch_plain VALUES (%s)", [b"before " + spellings(secret)[spelling] + b" after"])
    try:
        assert hits(everything(database), [secret]) == [secret]
    finally:
        with database.connect("owner") as owner:
            owner.execute("DROP TABLE scratch_plain")


@pytest.mark.domain("D31")
def test_the_hunt_finds_what_lies_in_a_file(world: World, database: Database, tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "x").write_bytes(PNG)

    assert hits(everything(database, tmp_path), ["CANARY-in-a-file"]) == ["CANARY-in-a-file"]


@pytest.mark.abuse("K01")
def test_no_hash_of_content_lies_beside_its_ciphertext(story: Story, database: Database, settings: Settings) -> None:
    """A plain hash of a short value is the value: names and numbers are guessed by the million."""
    haystack = everything(database, settings.attachments_folder)

    for text in [*story.marks, PNG.decode("latin-1")]:
        raw = PNG if text.startswith("\x89") else text.encode()
        for kind in (hashlib.sha256, hashlib.sha1, hashlib.md5, hashlib.blake2b):
            digest = kind(raw).digest()
            assert digest not in haystack
            assert digest.hex().encode() not in haystack


@pytest.mark.abuse("H09")
def test_a_passphrase_is_nowhere_and_neither_is_a_token_or_a_receipt(
    story: Story, world: World, database: Database, settings: Settings
) -> None:
    haystack = everything(database, settings.keys_folder)
    members = world.members.values()
    secrets = [secret for m in members for secret in (m.passphrase, m.token, *m.recovery)]

    assert hits(haystack, [story.receipt, *secrets]) == []
    assert not any(member.totp in haystack for member in members)


def readable(database: Database, ring: Keyring) -> set[str]:
    """The compartments of the one case that this keyring opens, tried on every grant and cell there is."""
    found = set()
    with Session(database.engine("owner")) as session:
        for grant in session.scalars(select(Grant)):
            info = grants.grant_info(grant.case_id, grant.compartment, grant.generation, grant.keyholder_id)
            try:
                private = ring.private(grant.keyholder_id, grant.keyholder_generation)
                key = hpke.open_with(private, grant.sealed_key, info=info)
            except SealBroken:
                continue
            if all(opens(stored, key) for stored in cells(database, grant.compartment)):
                found.add(grant.compartment)
    return found


@pytest.mark.abuse("H09")
def test_the_database_and_the_key_managers_secrets_still_lack_a_passphrase(
    story: Story, world: World, database: Database, manager: FileKeyManager, settings: Settings
) -> None:
    """With one passphrase broken: that person's compartments, and nobody else's."""

    def try_phrase(login: str, phrase: str) -> hpke.PrivateKey:
        with Session(database.engine("owner")) as session:
            user = session.scalars(select(User).where(User.login_name == login)).one()
            assert user.salt is not None
            assert user.sealed_private is not None
            digest = passphrases.stretch(
                passphrases.normal_form(phrase), user.salt, memory_mib=settings.argon2_memory_mib,
                passes=settings.argon2_passes, lanes=settings.argon2_lanes,
            )  # fmt: skip
            key = passphrases.wrapping_key(digest, manager.pepper(digest))
            return hpke.PrivateKey.from_raw(boxes.open_box(key, user.sealed_private, context=user.id.bytes))

    with pytest.raises(SealBroken):
        try_phrase("intake", world.members["legal"].passphrase)
    broken = try_phrase("intake", world.members["intake"].passphrase)

    assert readable(database, _ring(database, "intake", broken)) == {"IDENTITY", "TESTIMONY", "RELEASE"}
    assert readable(database, _ring(database, "auditor", broken)) == set()


@pytest.mark.abuse("H09")
def test_a_broken_passphrase_without_the_key_managers_pepper_opens_nothing(
    world: World, database: Database, settings: Settings
) -> None:
    with Session(database.engine("owner")) as session:
        user = session.scalars(select(User).where(User.login_name == "intake")).one()
        assert user.salt is not None
        assert user.sealed_private is not None
        phrase = passphrases.normal_form(world.members["intake"].passphrase)
        digest = passphrases.stretch(
            phrase, user.salt, memory_mib=settings.argon2_memory_mib,
            passes=settings.argon2_passes, lanes=settings.argon2_lanes,
        )  # fmt: skip
        for pepper in (b"\x00" * 32, digest, FileKeyManager({"pepper": b"x" * 32}).pepper(digest)):
            with pytest.raises(SealBroken):
                boxes.open_box(passphrases.wrapping_key(digest, pepper), user.sealed_private, context=user.id.bytes)


@pytest.mark.abuse("H09")
def test_one_session_cookie_opens_that_persons_compartments_only(
    story: Story, world: World, database: Database
) -> None:
    token = world.members["protection"].token
    with Session(database.engine("owner")) as session:
        stolen = session.scalars(select(SignIn).where(SignIn.token_hash == token_hash(token))).one()
        others = session.scalars(select(SignIn).where(SignIn.id != stolen.id)).all()
        raw = boxes.open_box(token_key(token), stolen.sealed_private, context=stolen.id.bytes)
        for other in others:
            with pytest.raises(SealBroken):
                boxes.open_box(token_key(token), other.sealed_private, context=other.id.bytes)

    ring = _ring(database, "protection", hpke.PrivateKey.from_raw(raw))

    assert readable(database, ring) == {"IDENTITY", "THREAT", "CARE", "LOCATION"}


@pytest.mark.abuse("H09")
def test_a_receipt_opens_what_was_sent_with_it_and_no_case(story: Story, world: World, database: Database) -> None:
    other, _ = world.submit("Somebody else's words.")
    witness = witnesses.witness(world.portal, story.receipt, "en")
    stranger = witnesses.witness(world.portal, other, "en")
    assert witness.keyring is not None
    assert stranger.keyring is not None

    with Session(database.engine("owner")) as session:
        submission = session.scalars(select(Submission).where(Submission.reference == story.submission)).one()
        envelope = session.get_one(Envelope, submission.envelope_id)
        key = grants.open_envelope(witness.keyring, envelope)
        cell = fields.Cell("submissions", "account", submission.id, envelope.id, "ENVELOPE", 1)
        assert fields.open_cell(key, cell, submission.account.raw).decode() in story.marks
        with pytest.raises(SealBroken):
            grants.open_envelope(stranger.keyring, envelope)
    assert readable(database, witness.keyring) == set()


@pytest.mark.abuse("H09")
def test_a_receipt_that_was_never_issued_finds_nothing(world: World) -> None:
    drawn = witnesses.draw("en").words
    assert drawn is not None

    with pytest.raises(NotAReceipt):
        witnesses.witness(world.portal, drawn, "en")


def test_who_sealed_an_envelope_cannot_open_it_again(story: Story, world: World, database: Database) -> None:
    """A hand-off is for the team it went to: its sender's keyring does not open it."""
    sender = world["protection"].keyring
    reader = world["legal"].keyring
    assert sender is not None
    assert reader is not None
    with Session(database.engine("owner")) as session:
        legal = holders.team(session, "legal").id
        envelope = session.scalars(select(Envelope).where(Envelope.team_id == legal)).one()
        assert len(grants.open_envelope(reader, envelope)) == 32
        with pytest.raises(SealBroken):
            grants.open_envelope(sender, envelope)


@pytest.mark.abuse("H01")
def test_an_envelope_pointed_at_another_team_stays_shut(story: Story, world: World, database: Database) -> None:
    reader = world["protection"].keyring
    assert reader is not None
    with Session(database.engine("owner")) as session:
        legal, protection = holders.team(session, "legal").id, holders.team(session, "protection").id
        envelope = session.scalars(select(Envelope).where(Envelope.team_id == legal)).one()
        envelope.team_id = protection
        with session.no_autoflush, pytest.raises(SealBroken):
            grants.open_envelope(reader, envelope)
        session.rollback()


def test_nobodys_keyring_opens_every_compartment(story: Story, world: World, database: Database) -> None:
    for login in ("intake", "intake-lead", "legal", "legal-lead", "protection", "protection-lead"):
        ring = world.signins.caller(world.members[login].token).keyring
        assert ring is not None
        opened = readable(database, ring)
        assert opened
        assert opened < set(COMPARTMENTS)
        assert not {"TESTIMONY", "LOCATION"} <= opened


def _ring(database: Database, login: str, private: hpke.PrivateKey) -> Keyring:
    with Session(database.engine("owner")) as session:
        holder: UUID | None = session.scalar(select(User.keyholder_id).where(User.login_name == login))
        assert holder is not None
        mine = select(Membership).where(Membership.member_id == holder, Membership.ended_at.is_(None))
        return Keyring(holder, private, memberships=session.scalars(mine).all())
