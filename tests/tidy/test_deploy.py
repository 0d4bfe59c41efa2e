"""What an operator copies says the same as the program: caps, keys by process, hardening, the way back."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from app.audit.tiles import TileFolder
from app.audit.tree import root as tree_root
from app.cli.database import VARIABLES
from app.cli.schema import FOLDER
from app.embedded.durability import FLOORS
from app.embedded.settings import ROLES, ROLES_SQL, SETTINGS
from app.errors import LogForked
from app.settings import Settings
from tests.audit import sample_log
from tests.tidy.test_docs import ROOT, RUNBOOK, amana_commands

DEPLOY = ROOT / "deploy"
NGINX = (DEPLOY / "nginx.conf").read_text("utf-8")
COMPOSE = (DEPLOY / "compose.yaml").read_text("utf-8")
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
UNITS = {path.stem.removeprefix("amana-"): path.read_text("utf-8") for path in (DEPLOY / "systemd").glob("*.service")}
DOORS = ("staff", "portal", "worker")

# What each unit must say. Two may differ: how it reaches others, and which secrets it may not see.
HARDENED = {
    "LimitCORE=0", "MemorySwapMax=0", "PrivateTmp=yes", "ProtectSystem=strict", "ProtectHome=yes",
    "ProtectProc=invisible", "PrivateDevices=yes", "PrivateUsers=yes", "NoNewPrivileges=yes",
    "CapabilityBoundingSet=", "RestrictNamespaces=yes", "MemoryDenyWriteExecute=yes",
    "SystemCallFilter=@system-service", "UMask=0077", "User=amana",
}  # fmt: skip


def directive(unit: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)


def service(name: str) -> str:
    """One service of the compose file, as text."""
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)
    assert found is not None
    return found[1]


def server(name: str) -> str:
    """One TLS server of the proxy, as text."""
    found = re.search(rf"listen 443 ssl;\n\s+server_name {re.escape(name)};\n(.*?)\n    \}}", NGINX, re.DOTALL)
    assert found is not None
    return found[1]


def cap(server_text: str, prefix: str) -> int:
    """MiB that the proxy lets through under a prefix; the server's own cap for the rest."""
    block = re.search(rf"location {re.escape(prefix)} \{{(.*?)\}}", server_text, re.DOTALL)
    found = re.search(r"client_max_body_size (\d+)m;", block[1] if block else server_text)
    found = found or re.search(r"client_max_body_size (\d+)m;", server_text)
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize(
    ("name", "files", "most"),
    [
        ("amana.office.example", "/api/cases", "attachment_mib_max"),
        ("amana.office.example", "/api/uploads", "attachment_mib_max"),
        ("amana.office.example", "/files", "attachment_mib_max"),
        ("portal.office.example", "/portal/submissions", "submission_file_mib_max"),
    ],
)
def test_the_proxy_lets_through_as_much_as_the_program_and_no_more(name: str, files: str, most: str) -> None:
    settings = Settings()

    assert cap(server(name), "/") == settings.body_mib_max
    assert cap(server(name), files) == getattr(settings, most) + 1
    assert f'"{files}"' in (ROOT / "app" / "main.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("access_log", "off"),
        ("client_header_timeout", "10s"),
        ("client_body_timeout", "20s"),
        ("proxy_request_buffering", "off"),
        ("proxy_buffering", "off"),
        ("proxy_max_temp_file_size", "0"),
        ("ssl_protocols", "TLSv1.2 TLSv1.3"),
        ("ssl_session_tickets", "off"),
    ],
)
def test_the_proxy_writes_nothing_down_and_waits_for_nobody(name: str, value: str) -> None:
    assert re.findall(rf"^ +{name} +(.*);$", NGINX, re.MULTILINE) == [value]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"])
def test_the_proxy_passes_no_claim_about_who_calls(header: str) -> None:
    assert f'proxy_set_header {header} "";' in NGINX


def test_no_limit_of_the_proxy_is_set_by_address() -> None:
    assert re.findall(r"limit_(?:req|conn)|binary_remote_addr|\bdeny\b", NGINX) == []


def test_there_is_a_unit_for_each_process_and_it_starts_what_exists() -> None:
    started = {name: directive(unit, "ExecStart")[0].split(" app.cli ")[1].split() for name, unit in UNITS.items()}

    assert started == {"staff": ["serve", "--staff"], "portal": ["serve", "--portal"], "worker": ["worker"]}
    assert {words[0] for words in started.values()} <= amana_commands()


@pytest.mark.parametrize("name", DOORS)
def test_every_unit_is_hardened(name: str) -> None:
    assert HARDENED - set(UNITS[name].splitlines()) == set()


def test_a_unit_that_lacks_one_line_is_found() -> None:
    assert HARDENED - set(UNITS["staff"].replace("LimitCORE=0\n", "").splitlines()) == {"LimitCORE=0"}


def test_no_unit_sees_the_key_file_of_another() -> None:
    hidden = {name: " ".join(directive(unit, "InaccessiblePaths")).split() for name, unit in UNITS.items()}

    assert hidden["staff"] == ["-/var/lib/amana/keys/log.key", "-/etc/amana"]
    assert hidden["worker"] == ["-/var/lib/amana/keys/staff.key", "-/etc/amana"]
    assert {"-/var/lib/amana/keys", "-/etc/amana"} <= set(hidden["portal"])
    assert re.findall(r"AMANA_UNLOCK_FILE|LoadCredential", UNITS["portal"]) == []


def test_the_unlock_secret_is_handed_over_and_not_looked_for() -> None:
    for name in ("staff", "worker"):
        assert directive(UNITS[name], "LoadCredential") == ["unlock:/etc/amana/unlock"]
        assert "AMANA_UNLOCK_FILE=%d/unlock" in directive(UNITS[name], "Environment")


@pytest.mark.abuse("L03")
@pytest.mark.parametrize("name", DOORS)
def test_systemd_finds_little_to_say_against_a_unit(name: str) -> None:
    """The threshold is ten times the figure: at most 1.0 of 10."""
    assert exposure(DEPLOY / "systemd" / f"amana-{name}.service") <= 1.0


def test_a_bare_unit_is_found_exposed(tmp_path: Path) -> None:
    """The control."""
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")

    assert exposure(bare) > 9.0


def exposure(unit: Path) -> float:
    """What ``systemd-analyze security`` says of a unit it has only read."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    ran = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=10", "--no-pager", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", ran.stdout)
    assert found is not None, ran.stderr
    assert (ran.returncode == 0) == (float(found[1]) <= 1.0)
    return float(found[1])


@pytest.mark.parametrize("name", ["staff", "portal"])
def test_a_door_has_no_network_and_the_proxy_finds_its_socket(name: str) -> None:
    socket = (DEPLOY / "systemd" / f"amana-{name}.socket").read_text("utf-8")

    assert directive(UNITS[name], "PrivateNetwork") == ["yes"]
    assert directive(UNITS[name], "RestrictAddressFamilies") == ["AF_UNIX"]
    assert directive(UNITS[name], "Requires") == [f"amana-{name}.socket"]
    assert f"server unix:{directive(socket, 'ListenStream')[0]};" in NGINX
    assert directive(socket, "SocketMode") == ["0660"]


@pytest.mark.parametrize("name", DOORS)
def test_each_process_reads_its_own_environment_only(name: str) -> None:
    assert directive(UNITS[name], "EnvironmentFile") == [f"/etc/amana/{name}.env"]
    assert re.findall(r"env_file: \[(.*)\]", service(name)) == [f"{name}.env"]


def test_the_worker_is_not_started_again_over_a_forked_log() -> None:
    assert directive(UNITS["worker"], "RestartPreventExitStatus") == ["3"]


def test_containers_hold_only_their_own_key_file() -> None:
    seen = {name: set(re.findall(r"keys/([a-z.]+):ro", service(name))) for name in DOORS}

    assert seen == {"staff": {"staff.key"}, "portal": set(), "worker": {"log.key", "log.trust"}}
    assert "register.trust:ro" in service("portal")
    assert "unlock" not in re.sub(r"#.*", "", service("portal"))


@pytest.mark.parametrize("line", ["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "ulimits: {core: 0}"])
def test_containers_may_do_as_little(line: str) -> None:
    assert COMPOSE.count(line) == 2  # once for all of ours, once for PostgreSQL


def test_the_compose_file_and_the_image_say_how_far_they_were_tried() -> None:
    assert "NOT RUN HERE" in COMPOSE
    assert "NOT on the base that is named" in CONTAINERFILE


def copied(containerfile: str) -> list[str]:
    return re.findall(r"^COPY (\S+) ", containerfile, re.MULTILINE)


def test_the_image_holds_what_the_program_reads_and_nothing_else_may_reach_it() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}

    assert set(copied(CONTAINERFILE)) == let_in
    assert [path for path in copied(CONTAINERFILE) if not (ROOT / path).exists()] == []
    # Everything the program finds from its own place: rules, roles, migrations.
    assert {ROLES_SQL.parent, FOLDER} <= {ROOT / path for path in copied(CONTAINERFILE)}


def test_what_the_image_starts_exists_and_it_is_not_root() -> None:
    entry = re.findall(r'^ENTRYPOINT \["python", "-m", "(.+)"\]$', CONTAINERFILE, re.MULTILINE)
    commands = re.findall(r"^    command: \[(\w+)", COMPOSE, re.MULTILINE)

    assert [find_spec(f"{name}.__main__") is not None for name in entry] == [True]
    assert commands
    assert set(commands) <= amana_commands()
    assert CONTAINERFILE.rindex("USER 10001:10001") > CONTAINERFILE.rindex("RUN ")
    assert "dockerfile: deploy/Containerfile" in COMPOSE
    assert "--require-hashes" in CONTAINERFILE


def test_the_runbook_says_where_every_password_lies() -> None:
    assert [role for role in ROLES if f"| `amana_{role}` |" not in RUNBOOK] == []
    assert [name for name in VARIABLES.values() if name not in RUNBOOK] == []


def test_the_runbook_names_the_same_floors_and_settings_as_the_program() -> None:
    for major, minor in FLOORS.items():
        assert f"{major}.{minor}" in RUNBOOK
    for name in ("log_min_messages", "log_min_error_statement", "log_error_verbosity", "log_statement"):
        assert f"{name} = {SETTINGS[name]}" in RUNBOOK


def test_an_export_of_a_whole_database_mends_a_damaged_log_folder(tmp_path: Path) -> None:
    """The way back that the runbook names under 'The log does not extend its checkpoint'."""
    log = sample_log.entries(300)
    exported = TileFolder(sample_log.export(tmp_path / "export", log))
    damaged = TileFolder(tmp_path / "log")
    with pytest.raises(LogForked):
        damaged.rebuild_right_edge(300)

    shutil.copytree(exported.root / "tile", damaged.root / "tile")

    assert damaged.rebuild_right_edge(300).root() == tree_root(sample_log.leaves(log))
