"""A real installation: made once, in a folder of its own, with its recovery key on paper."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import text

from app.accounts import undertakings
from app.accounts.forms import AcceptInvitation
from app.accounts.signin import SignIns
from app.cli import installation, key_files
from app.cli.database import database
from app.cli.errand import office_as
from app.crypto import hpke, kdf, shares
from app.errors import SignInRefused
from app.keyholders.manager import FileKeyManager
from app.keyholders.register import Register
from app.settings import Settings
from tests.cli.driving import Amana, processes_in

SURE = ("--no-input", "--i-have-no-backup")


def settings_of(amana: Amana) -> Settings:
    return Settings.read(amana.environ())


def paper(amana: Amana) -> tuple[str, str]:
    return "--shares-file", str(amana.home.parent / "shares")


def test_the_folder_and_all_in_it_belong_to_one_account_alone(real: Amana) -> None:
    assert real.home.stat().st_mode & 0o777 == 0o700
    for name in ("unlock", "installation", "keys/staff.key", "keys/log.key", "keys/log.trust", "register.trust"):
        assert (real.home / name).stat().st_mode & 0o777 == 0o600
    assert not (real.home / "postgres" / "unlock").exists()


def test_nothing_runs_afterwards(real: Amana) -> None:
    assert processes_in(real.home) == []


def test_three_shares_give_the_recovery_key_that_the_office_seals_to(real: Amana) -> None:
    lines = (real.home.parent / "shares").read_text().splitlines()

    secret = shares.join([lines[4], lines[0], lines[2]])

    private = hpke.PrivateKey.from_raw(kdf.derive(secret, "amana/escrow/v1", hpke.PRIVATE_BYTES))
    with database(settings_of(real)) as roles, roles.using("owner") as owner, owner.connect() as connection:
        kept = connection.execute(
            text("SELECT public FROM public_keys JOIN keyholders ON id = keyholder_id WHERE kind = 'escrow'")
        ).scalar_one()
    assert len(lines) == 5
    assert bytes(kept) == private.public


def test_the_shares_stand_nowhere_in_the_folder(real: Amana) -> None:
    lines = (real.home.parent / "shares").read_text().splitlines()
    found = [f for f in real.home.rglob("*") if f.is_file() and any(line.encode() in f.read_bytes() for line in lines)]

    assert (real.home.parent / "shares").stat().st_mode & 0o777 == 0o600
    assert found == []


def test_init_says_loudly_where_the_shares_are_and_gives_each_founder_a_code(amana: Amana) -> None:
    done = amana.run("init", *SURE, *paper(amana), "--json")

    logins = [each["login"] for each in done.json["invitations"]]
    assert "ALL FIVE RECOVERY SHARES ARE IN ONE FILE" in done.err
    assert logins == ["administrator", "intake-lead", "legal-lead", "protection-lead", "narrative-lead"]
    assert all(re.fullmatch(r"[A-Z2-7-]{20,40}", each["invitation"]) for each in done.json["invitations"])


def test_an_invitation_opens_an_account_once(amana: Amana) -> None:
    done = amana.run("init", *SURE, *paper(amana), "--json")
    code = done.json["invitations"][1]["invitation"]
    settings = settings_of(amana)
    manager = FileKeyManager.open(settings.keys_folder / "staff.key", settings.unlock_path)
    form = AcceptInvitation(code=code, passphrase="a long walk along the river", undertaking=undertakings.VERSION)

    with database(settings) as roles, office_as(settings, roles, "app", Register.of(manager)) as office:
        signins = SignIns(office, manager, settings)
        enrolled = signins.accept(form)
        with pytest.raises(SignInRefused):
            signins.accept(form)

    assert enrolled.login_name == "intake-lead"


def test_a_folder_that_is_set_up_is_refused_and_not_a_byte_changes(real: Amana) -> None:
    before = real.fingerprint("keys", "unlock", "installation")

    done = real.run("init", *SURE, "--shares-file", str(real.home.parent / "others"))

    assert done.code == 2
    assert "holds an installation already" in done.err
    assert real.fingerprint("keys", "unlock", "installation") == before
    assert not (real.home.parent / "others").exists()


def test_a_folder_with_something_else_in_it_is_refused(amana: Amana) -> None:
    amana.home.mkdir()
    (amana.home / "letters.txt").write_text("mine")

    done = amana.run("init", *SURE, *paper(amana))

    assert done.code == 2
    assert [each.name for each in amana.home.iterdir()] == ["letters.txt"]


def test_a_set_up_that_did_not_come_to_its_end_is_not_taken_for_one(amana: Amana) -> None:
    installation.make(settings_of(amana), "real")

    again = amana.run("init", *SURE, *paper(amana))
    keys = amana.run("keys", "check")

    assert (again.code, keys.code) == (2, 2)
    assert "did not come to its end" in again.err
    assert "did not come to its end" in keys.err


def test_without_a_tested_backup_it_must_be_said(amana: Amana) -> None:
    done = amana.run("init", "--no-input", *paper(amana))

    assert done.code == 2
    assert "--i-have-no-backup" in done.err
    assert not amana.home.exists()


@pytest.mark.parametrize("day", ["yesterday", "2020-01-01", "2999-01-01"])
def test_the_day_of_a_backup_is_a_day_within_the_last_year(amana: Amana, day: str) -> None:
    done = amana.run("init", "--no-input", *paper(amana), "--backup-tested", day)

    assert done.code == 2
    assert not amana.home.exists()


def test_without_a_terminal_the_shares_need_a_file(amana: Amana) -> None:
    done = amana.run("init", "--no-input", "--i-have-no-backup")

    assert done.code == 2
    assert "--shares-file" in done.err
    assert not amana.home.exists()


def test_shares_are_never_written_over_something(amana: Amana) -> None:
    (amana.home.parent / "shares").write_text("the shares of another office")

    done = amana.run("init", *SURE, *paper(amana))

    assert done.code == 2
    assert (amana.home.parent / "shares").read_text() == "the shares of another office"


def test_founders_may_come_from_a_file(amana: Amana) -> None:
    people = amana.home.parent / "people.json"
    people.write_text(json.dumps([
        {"login_name": "vera", "display_name": "Vera L.", "role": "administrator"},
        {"login_name": "mariam", "display_name": "Mariam H.", "role": "intake_officer", "team": "intake"},
    ]))  # fmt: skip

    done = amana.run("init", *SURE, *paper(amana), "--people", str(people), "--json")

    assert [each["login"] for each in done.json["invitations"]] == ["vera", "mariam"]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"login_name": "vera"}]', '[{"login_name": "v"}]'])
def test_a_file_of_founders_that_is_none_is_refused_before_anything_is_made(amana: Amana, content: str) -> None:
    people = amana.home.parent / "people.json"
    people.write_text(content)

    done = amana.run("init", *SURE, *paper(amana), "--people", str(people))

    assert done.code == 2
    assert not amana.home.exists()


@pytest.mark.domain("D49")
@pytest.mark.abuse("L04")
@pytest.mark.parametrize(
    ("secret", "mode", "told"),
    [
        (None, 0o600, "missing"),
        ("", 0o600, "empty, a default or too short"),
        ("changeme", 0o600, "empty, a default or too short"),
        ("a long and private sentence", 0o644, "can be read by others"),
    ],
)
def test_a_secret_of_ones_own_that_protects_nothing_is_refused(
    amana: Amana, secret: str | None, mode: int, told: str
) -> None:
    unlock = amana.home.parent / "secret"
    if secret is not None:
        unlock.write_text(secret)
        unlock.chmod(mode)

    done = amana.run("init", *SURE, *paper(amana), env={"AMANA_UNLOCK_FILE": str(unlock)})

    assert done.code == 2
    assert told in done.err
    assert list(amana.home.iterdir()) == []


def test_a_secret_of_ones_own_that_protects_is_taken(amana: Amana) -> None:
    """The control of the four above; the secret then lies nowhere in the folder."""
    unlock = amana.home.parent / "secret"
    unlock.write_text("a long and private sentence")
    unlock.chmod(0o600)
    amana.more["AMANA_UNLOCK_FILE"] = str(unlock)

    assert amana.run("init", *SURE, *paper(amana)).code == 0
    assert amana.run("keys", "check").code == 0
    assert not (amana.home / "unlock").exists()


def test_every_installation_names_its_log_differently(amana: Amana, real: Amana) -> None:
    installation.make(settings_of(amana), "real")

    mine, other = (key_files.log_key(settings_of(each)) for each in (amana, real))
    assert mine.split("+")[0] != other.split("+")[0]
