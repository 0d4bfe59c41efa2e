"""The parts under the commands: what is printed, what a process does to itself, who uses the database."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli import demonstration, installation, key_files, speech
from app.cli.database import Roles, database
from app.embedded import Embedded
from app.errors import CannotStart
from app.settings import Settings
from tests.cli.driving import Amana
from tests.cli.nursery import ROOT
from tests.world import exhibits

# speech


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("[red]not red[/red]", "[red]not red[/red]"),
        ("\x1b[31mred", "<U+001B>[31mred"),
        ("a\u202eb", "a<U+202E>b"),
        ("one\ntwo\r", "one<U+000A>two<U+000D>"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("يوسف", "يوسف"),
    ],
)
def test_nothing_printed_is_obeyed_by_a_terminal(text: str, shown: str) -> None:
    assert speech.visible(text) == shown


def test_results_go_to_stdout_and_talk_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    speech.answer({"b": 1, "a": "ä"}, ["one", "two"], as_json=False)
    speech.say("by the way")
    said = capsys.readouterr()

    assert said.out == "one\ntwo\n"
    assert said.err == "by the way\n"


def test_json_is_one_object_with_sorted_keys(capsys: pytest.CaptureFixture[str]) -> None:
    speech.answer({"b": 1, "a": "ä"}, ["one"], as_json=True)

    out = capsys.readouterr().out
    assert out == '{"a": "ä", "b": 1}\n'
    assert json.loads(out) == {"a": "ä", "b": 1}


def test_without_a_terminal_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with speech.progress("entries", 10) as done:
        done(5)

    assert capsys.readouterr() == ("", "")


# process


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.abuse("K05")
def test_a_hardened_process_leaves_no_core_and_lets_nobody_attach() -> None:
    """Asked of the kernel: PR_GET_DUMPABLE is 3. The control is the same question before."""
    asked = (
        "import ctypes, os, resource; from app.cli import process; libc = ctypes.CDLL(None);"
        "print(libc.prctl(3, 0, 0, 0, 0)); process.harden();"
        "print(libc.prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE), oct(os.umask(0)))"
    )

    assert python(asked).stdout.splitlines() == ["1", "0 (0, 0) 0o77"]


@pytest.mark.abuse("K05")
def test_a_hardened_process_that_crashes_writes_no_core_file(tmp_path: Path) -> None:
    code = (
        "import os, signal; from app.cli import process; process.harden();"
        f"os.chdir({str(tmp_path)!r}); os.kill(os.getpid(), signal.SIGSEGV)"
    )

    assert python(code).returncode == -11
    assert list(tmp_path.iterdir()) == []


# One account that is not root: whoever is root may look into everything. Then as a program of it is born.
_AS_SOMEBODY = """
import ctypes, os, sys, time
from app.cli import process
libc = ctypes.CDLL(None, use_errno=True)
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
libc.prctl(4, 1, 0, 0, 0)
# Where the kernel lets only a parent attach, this says that everybody may, so that the rest decides alone.
libc.prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)
"""
_ATTACH = """
answer = libc.ptrace(16, int(sys.argv[1]), None, None)
print(os.strerror(ctypes.get_errno()) if answer else "attached")
try:
    open(f"/proc/{sys.argv[1]}/mem", "rb").close(); print("read")
except OSError as refused:
    print(refused.strerror)
"""


@pytest.mark.abuse("K05")
@pytest.mark.parametrize(
    ("hardened", "told"),
    [("", ["attached", "read"]), ("process.harden()", ["Operation not permitted", "Permission denied"])],
    ids=["control", "hardened"],
)
def test_another_process_of_the_account_can_neither_attach_nor_read(hardened: str, told: list[str]) -> None:
    born = f"{_AS_SOMEBODY}\n{hardened}\nprint('there', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", born], stdout=subprocess.PIPE, text=True, cwd=ROOT) as victim:
        assert victim.stdout is not None
        try:
            assert victim.stdout.readline() == "there\n"
            tried = subprocess.run(
                [sys.executable, "-c", _AS_SOMEBODY + _ATTACH, str(victim.pid)],
                capture_output=True, text=True, cwd=ROOT, check=True,
            )  # fmt: skip
        finally:
            victim.kill()

    assert tried.stdout.splitlines() == told


def test_a_process_whose_parent_is_gone_already_does_not_begin() -> None:
    done = python("from app.cli import process; process.end_with(1 << 22); print('began')")

    assert done.returncode == 1
    assert done.stdout == ""


# the database and its users


def test_roles_print_without_their_passwords() -> None:
    roles = Roles({"app": "postgresql+psycopg://amana_app:very-secret@/amana"})

    assert repr(roles) == "Roles(app)"
    assert "very-secret" not in str(roles)


def test_a_role_that_was_not_given_is_named_by_its_variable() -> None:
    with pytest.raises(CannotStart, match="AMANA_OWNER_URL is not set"):
        Roles({}).url("owner")


def test_the_last_to_leave_stops_the_database_in_whatever_order(amana: Amana) -> None:
    settings = Settings.read(amana.environ())
    amana.home.mkdir(mode=0o700)
    server = Embedded(settings.postgres_folder)
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with database(settings):
            entered.set()
            leave.wait(60)

    with database(settings):
        helper = threading.Thread(target=other)
        helper.start()
        assert entered.wait(60)
        running = server.pid()
    still = server.pid()
    leave.set()
    helper.join()

    assert running is not None
    assert still == running
    assert server.pid() is None


# the mark of an installation


def test_the_mark_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = installation.Installation("real", "2026-01-01T00:00:00+00:00", backup_tested="2026-01-01")
    made.write(tmp_path)
    made.finished(tmp_path)

    assert installation.Installation.read(tmp_path) == replace(made, ready=True)
    assert (tmp_path / "installation").stat().st_mode & 0o777 == 0o600
    assert installation.Installation.read(tmp_path / "elsewhere") is None


@pytest.mark.parametrize("content", ["", "no json", '{"kind": "real"}', '{"kind": "real", "made_at": "", "more": 1}'])
def test_a_mark_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path, content: str) -> None:
    """Otherwise a spoilt file would make a filled folder look like an empty one."""
    (tmp_path / "installation").write_text(content)

    with pytest.raises(CannotStart, match="Restore it"):
        installation.Installation.read(tmp_path)


def test_emptying_a_folder_follows_no_link_out_of_it(tmp_path: Path) -> None:
    outside, home = tmp_path / "outside", tmp_path / "home"
    for folder in (outside, home / "inside"):
        folder.mkdir(parents=True)
        (folder / "file").write_text("kept")
    (home / "link").symlink_to(outside)

    installation.empty(home)

    assert list(home.iterdir()) == []
    assert (outside / "file").read_text() == "kept"


def test_a_file_of_secrets_that_others_could_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "cast.json"
    path.write_text("{}")
    path.chmod(0o644)

    with pytest.raises(CannotStart, match="can be read by others"):
        installation.private_text(path)
    path.chmod(0o600)
    assert installation.private_text(path) == "{}"


def test_a_log_without_its_public_key_is_refused(amana: Amana) -> None:
    settings = Settings.read(amana.environ())
    installation.make(settings, "real")
    assert key_files.log_key(settings).startswith("localhost/log/")

    settings.log_trust_path.write_text("quorum none\n")
    with pytest.raises(CannotStart, match="does not hold the log's key"):
        key_files.log_key(settings)
    settings.log_trust_path.unlink()
    with pytest.raises(CannotStart, match="missing"):
        key_files.log_key(settings)


# the second factors of the demonstration


def test_a_code_that_the_seeding_used_is_not_given_out_again() -> None:
    import time

    now = int(time.time()) // 30
    member = {"totp": "JBSWY3DPEHPK3PXP", "last_step": now - 10}

    fresh = demonstration.code_now(member)
    after = demonstration.code_now({**member, "last_step": int(time.time()) // 30})

    assert fresh != after


# exhibits


def test_the_exhibits_are_what_they_say() -> None:
    """By their own formats: a place in the picture, an author in the letter, a voice of half a second."""
    import io
    import wave

    picture, letter = exhibits.photograph(), exhibits.letter()
    with wave.open(io.BytesIO(exhibits.voice(0.5))) as sound:
        assert (sound.getnframes(), sound.getframerate()) == (4000, 8000)
    assert picture.startswith(b"\xff\xd8\xff\xe1")
    assert b"Exif\0\0MM\0*" in picture
    assert b"SN-0042-INVENTED" in picture
    assert letter.startswith(b"%PDF-1.4")
    assert b"/Author (A. Invented)" in letter
    assert letter[int(letter.split(b"startxref\n")[1].split()[0]) :].startswith(b"xref")


CROWD = """
import secrets, sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from app.cli import process
from app.crypto import passphrases

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) // 1024

def stretch(_):
    with places:
        passphrases.stretch("counts the boats on the river", secrets.token_bytes(16), memory_mib=19, passes=1)

if sys.argv[1:] == ["as a process of ours"]:
    process.harden()
places = threading.BoundedSemaphore(4)
stretch(0)
before = resident()
with ThreadPoolExecutor(16) as pool:
    list(pool.map(stretch, range(16)))
print(resident() - before)
"""


@pytest.mark.abuse("D10")
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what was freed with its threads")
def test_a_crowd_of_sign_ins_leaves_no_memory_behind() -> None:
    """Sixteen passphrases, four at a time. The control is the same program without what our processes do first."""
    grown = {
        how: int(subprocess.check_output([sys.executable, "-c", CROWD, *how], cwd=ROOT, text=True))
        for how in ((), ("as a process of ours",))
    }

    assert grown[()] > 100, "the control grew by so many MiB"
    assert grown[("as a process of ours",)] < 20
