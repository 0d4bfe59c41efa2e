"""Asking a virus scanner: its two answers, and that nothing else counts as one."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from app.cleaning.scanner import Finding, Scanner
from app.errors import CannotStart, SealBroken
from app.settings import Settings
from tests.kit.clamd import EICAR, NAME, Clamd, running

HELD: Final = Finding("HELD")
# More than a socket takes in while nobody reads.
LONG: Final = (b"x" * 1_000_000,) * 30
REAL: Final = shutil.which("clamd")


@pytest.fixture
def clamd() -> Iterator[Clamd]:
    with running() as there:
        yield there


def quick(address: str) -> Scanner:
    # 30 MB go through in it on a machine with other work.
    return Scanner(address, piece_seconds=1, whole_seconds=2)


@pytest.mark.abuse("B06")
@pytest.mark.parametrize("at", ["a port", "a socket"])
def test_a_file_is_flagged_by_what_it_holds_in_whatever_pieces_it_comes(at: str) -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "s" if at == "a socket" else None) as clamd:
        scanner = Scanner(clamd.address)

        assert scanner.look([EICAR]) == Finding("FLAGGED", NAME)
        assert scanner.look([b"before ", b"", EICAR[:7], EICAR[7:], b" behind"]) == Finding("FLAGGED", NAME)
        assert scanner.look([b"before ", EICAR[:7], b"", EICAR[8:]]) == Finding("CLEAN"), "the control"
        assert scanner.look([]) == Finding("CLEAN")
        assert clamd.seen[1] == b"before " + EICAR + b" behind"


@pytest.mark.abuse("B06")
def test_a_scanner_that_is_not_there_holds_the_file_back(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    assert quick(f"127.0.0.1:{port}").look([b"words"]) == HELD
    assert quick(str(tmp_path / "no socket")).look([b"words"]) == HELD


@pytest.mark.abuse("B06")
def test_a_scanner_that_hangs_holds_the_file_back_in_bounded_time(clamd: Clamd) -> None:
    began, held = time.monotonic(), []

    clamd.silent = True
    held.append(quick(clamd.address).look([b"words"]))
    clamd.silent, clamd.deaf = False, True
    held += [quick(clamd.address).look([b"words"]), quick(clamd.address).look(LONG)]
    took = time.monotonic() - began
    clamd.deaf = False

    assert held == [HELD, HELD, HELD]
    assert took < 10
    assert quick(clamd.address).look(LONG) == Finding("CLEAN"), "the control: the same file, the same time"


def test_a_file_that_goes_too_slowly_is_too_long_whole(clamd: Clamd) -> None:
    def slowly() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.05)
            yield b"x"

    assert Scanner(clamd.address, piece_seconds=10, whole_seconds=0.4).look(slowly()) == HELD


@pytest.mark.abuse("B06")
@pytest.mark.parametrize(
    "said",
    [
        b"", b"\0", b"OK\0", b"stream: OK", b"stream: OK\n", b"stream: OK\0stream: OK\0", b"stream:  FOUND\0",
        b"stream: OK FOUND OK\0", b"stream: \xff\xfe FOUND\0", b"stream: a\r\nb FOUND\0", b"stream: OK \0",
        b"INSTREAM size limit exceeded. ERROR\0", b"stream: lstat() failed. ERROR\0", b"HTTP/1.1 200 OK\r\n\r\n",
        b"stream: " + b"x" * 201 + b" FOUND\0", b"x" * 5000,
    ],
    ids=range(16),
)  # fmt: skip
def test_whatever_is_no_clear_answer_holds_the_file_back(clamd: Clamd, said: bytes) -> None:
    clamd.reply = said

    assert quick(clamd.address).look([b"words"]) == HELD

    clamd.reply = b"stream: OK\0"
    assert quick(clamd.address).look([b"words"]) == Finding("CLEAN"), "the control"


def test_a_file_whose_seal_is_broken_is_an_alarm_and_no_finding(clamd: Clamd) -> None:
    def broken() -> Iterator[bytes]:
        yield b"words"
        raise SealBroken

    with pytest.raises(SealBroken):
        Scanner(clamd.address).look(broken())


@pytest.mark.parametrize(
    "address", ["", "/run/clamav/clamd.ctl", "127.0.0.1:3310", "[::1]:3310", "10.1.2.3:3310", "[fd00::5]:3310"]
)
def test_a_scanner_is_a_socket_or_stands_inside(address: str) -> None:
    assert Settings.read({"AMANA_SCANNER": address}).scanner == address


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8:3310", "clamav:3310", "localhost:3310", "0.0.0.0:3310", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
        "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:99999999", "[2001:4860:4860::8888]:3310", "clamd.ctl", " ",
    ],
)  # fmt: skip
def test_files_are_never_sent_to_a_name_or_outside(address: str) -> None:
    with pytest.raises(CannotStart, match="AMANA_SCANNER"):
        Settings.read({"AMANA_SCANNER": address})


@pytest.mark.abuse("B06")
@pytest.mark.skipif(REAL is None, reason="clamd is not installed here")
def test_a_real_clamd_gives_the_answers_that_are_expected_of_it() -> None:
    assert REAL is not None
    with tempfile.TemporaryDirectory() as folder:
        socket_path, signatures = Path(folder) / "clamd.ctl", Path(folder) / "signatures"
        signatures.mkdir()
        # A signature of our own: in clear a name, any kind of file, anywhere, and the bytes.
        (signatures / "own.ndb").write_text(f"{NAME}:0:*:{EICAR.hex()}\n")
        settings = Path(folder) / "clamd.conf"
        settings.write_text(
            f"LocalSocket {socket_path}\nDatabaseDirectory {signatures}\nForeground yes\n"
            f"TemporaryDirectory {folder}\nStreamMaxLength 1M\n"
        )
        with subprocess.Popen([REAL, "-c", str(settings)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as clamd:
            try:
                until = time.monotonic() + 60
                while not socket_path.exists() and clamd.poll() is None and time.monotonic() < until:
                    time.sleep(0.1)
                scanner = Scanner(str(socket_path))

                assert scanner.look([b"before ", EICAR]) == Finding("FLAGGED", f"{NAME}.UNOFFICIAL")
                assert scanner.look([b"before ", EICAR[1:]]) == Finding("CLEAN"), "the control"
                assert scanner.look(LONG) == HELD, "longer than it takes"
            finally:
                clamd.kill()
