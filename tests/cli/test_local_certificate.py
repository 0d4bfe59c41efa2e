"""TLS for an office without a public name: made with it, renewed, and trusted by hand."""

from __future__ import annotations

import json
import re
import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app import clock
from app.cli import doctor, installation, local_certificate
from app.crypto import certificates
from app.errors import CannotStart
from app.settings import Settings
from tests.cli.driving import Amana
from tests.crypto.test_certificates import shaken

NAME = "amana.office.lan"
SURE = ("--no-input", "--i-have-no-backup")


@pytest.fixture
def named(tmp_path: Path) -> Settings:
    settings = replace(Settings(), home=tmp_path / "home", public_name=NAME)
    installation.make(settings, "real").finished(settings.home)
    local_certificate.make(settings)
    return settings


def pair(settings: Settings) -> tuple[bytes, bytes, bytes]:
    place = local_certificate.folder(settings)
    return tuple((place / name).read_bytes() for name in ("authority.pem", f"{NAME}.pem", f"{NAME}.key"))  # type: ignore[return-value]


def test_init_with_a_name_makes_an_office_that_browsers_can_trust(amana: Amana, tmp_path: Path) -> None:
    paper = ("--shares-file", str(amana.home.parent / "shares"))

    done = amana.run("init", *SURE, *paper, "--name", NAME, "--json")

    made = done.json["certificate"]
    assert done.code == 0
    assert made["name"] == NAME
    files = [Path(made[kind]).read_bytes() for kind in ("authority", "certificate", "key")]
    assert shaken(tmp_path, files[0], files[1], files[2], NAME)
    # The log is named for the office too.
    assert (amana.home / "keys" / "log.trust").read_text().startswith(f"log {NAME}/log/")


@pytest.mark.parametrize(
    "name",
    ["office", "Amana.office.lan", "a_b.lan", "-a.lan", "a..lan", "10.0.0.1", "a.lan\n", "x" * 64 + ".lan", ""],
)
def test_a_name_that_no_certificate_carries_is_refused_before_anything_is_made(amana: Amana, name: str) -> None:
    paper = ("--shares-file", str(amana.home.parent / "shares"))

    done = amana.run("init", *SURE, *paper, f"--name={name}")

    assert done.code == 2
    assert "--name takes a name" in done.err
    assert not amana.home.exists()
    assert not (amana.home.parent / "shares").exists()


def test_all_of_it_is_ours_alone_and_the_authoritys_key_is_sealed(named: Settings) -> None:
    place = local_certificate.folder(named)

    assert place.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o600}
    assert b"ENCRYPTED" in (place / "authority.key").read_bytes()
    assert b"ENCRYPTED" not in (place / f"{NAME}.key").read_bytes()


def test_a_renewed_certificate_is_trusted_by_whoever_trusted_the_first(named: Settings, tmp_path: Path) -> None:
    authority, first, old_key = pair(named)

    until = local_certificate.renew(named)

    same, second, key = pair(named)
    assert same == authority
    assert (second, key) != (first, old_key)
    assert until == certificates.until(second).date().isoformat()
    assert shaken(tmp_path, authority, second, key, NAME)
    assert not list(local_certificate.folder(named).glob(".*"))
    with pytest.raises(ssl.SSLError):
        # The control: a certificate beside another's key serves nobody.
        shaken(tmp_path, authority, second, old_key, NAME)


def test_an_authority_is_never_written_over(named: Settings) -> None:
    before = pair(named)

    with pytest.raises(CannotStart, match="holds an authority already"):
        local_certificate.make(named)

    assert pair(named) == before


def test_with_another_unlock_secret_nothing_is_renewed(named: Settings) -> None:
    before = pair(named)
    named.unlock_path.write_bytes(b"0" * 64)

    with pytest.raises(CannotStart, match="does not open with this unlock secret"):
        local_certificate.renew(named)

    assert pair(named) == before


def test_without_a_name_there_is_nothing_to_renew(real: Amana) -> None:
    done = real.run("certificate", "renew")

    assert done.code == 2
    assert "authority.pem is missing" in done.err


def test_the_sheet_tells_the_fingerprint_in_three_languages_and_needs_no_network(named: Settings) -> None:
    sheet = (local_certificate.folder(named) / "trust.html").read_text("utf-8")

    assert certificates.fingerprint(pair(named)[0]) in sheet
    assert [lang for lang in ("en", "ar", "fr") if f'lang="{lang}"' in sheet] == ["en", "ar", "fr"]
    assert set(re.findall(r"https?://[^/<]+", sheet)) == {f"https://{NAME}"}
    assert "<script" not in sheet


def findings(settings: Settings) -> list[doctor.Finding]:
    return list(doctor._certificate(settings))


def test_doctor_counts_the_days(named: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [f.level for f in findings(named)] == [doctor.Level.FINE]
    late = clock.now() + timedelta(days=70)
    monkeypatch.setattr(clock, "now", lambda: late)

    (found,) = findings(named)

    assert found.level == doctor.Level.ATTENTION
    assert "amana certificate renew" in found.words


def test_doctor_says_nothing_of_an_office_without_one(tmp_path: Path) -> None:
    assert findings(replace(Settings(), home=tmp_path)) == []


def test_the_mark_tells_what_was_made(named: Settings) -> None:
    told = local_certificate.told(named)

    assert all(Path(told[kind]).is_file() for kind in ("authority", "certificate", "key", "sheet"))
    assert json.loads(json.dumps(told)) == told
    assert any(told["fingerprint"] in line for line in local_certificate.lines(told))
