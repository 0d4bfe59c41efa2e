"""What the three processes ask of the kernel in a full run: whom they connect to, and which calls they need.

Read with strace, from their first instruction to their last.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.proxy import CHEAP
from tests.kit import adapter
from tests.kit.processes import REPOSITORY

STRACE = shutil.which("strace")
ANALYZE = shutil.which("systemd-analyze")
UNITS = ("staff", "portal", "worker")
MARK = "CANARY-5d1c0a7e93b24f6880aa61cd"
# More than any reader keeps in memory, and the mark so often that each piece of it holds one.
MARKED = (MARK.encode() + b" ") * 75_000
# Every way to write, and what has a name in the file system or is a file without one.
WRITES = r"write|pwrite64|writev|pwritev2?|sendfile|splice|copy_file_range|mmap"
A_FILE = r"/"

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(STRACE is None, reason="strace is not installed here"),
]


@dataclass
class Trace:
    """Lines of strace by unit, where the database's socket lies, and a mark that came in with files."""

    lines: dict[str, list[str]]
    socket: str
    mark: str = ""

    def calls(self, unit: str) -> set[str]:
        return {found[1] for line in self.lines[unit] if (found := re.match(r"(?:\d+ +)?([a-z0-9_]+)\(", line))}

    def held(self, unit: str, call: str, where: str) -> list[str]:
        """Lines of calls of this kind, on something of this kind, that hold the mark."""
        shape = re.compile(rf"(?:\d+ +)?(?:<\.\.\. )?(?:{call})\(\d+<{where}")
        return [line for line in self.lines[unit] if self.mark in line and shape.match(line)]

    def connected(self, unit: str) -> set[str]:
        """Every address a process connected to, as strace writes it."""
        return {
            address
            for line in self.lines[unit]
            if re.match(r"(?:\d+ +)?connect\(", line)
            for address in re.findall(r"\{sa_family=[^}]*\}", line)
        }


@pytest.fixture(scope="module")
def trace() -> Iterator[Trace]:
    """A whole small run: start, sign-in, a submission, an opening, the log, the end."""
    folder = Path(tempfile.mkdtemp(prefix="amana-trace-"))
    assert STRACE is not None
    with adapter.start(folder, env=CHEAP) as product:
        case = product.seed(1).cases[0]
        product.kill("app")
        product.kill("worker")
        for service in product._services:
            service.start((STRACE, "-f", "-qq", "-y", "-s", "200", "-o", str(folder / f"{service.name}.trace")))
        product._await_health(product._services)
        intake = product.login("intake_officer", "intake")
        receipt, reference = product.submit("What was seen from the roof.", [("roof.txt", MARKED)])
        assert product.upload(intake, case, "roof.txt", MARKED).status == 201
        assert product.lookup(receipt) is not None
        assert product.read(intake, reference, "submissions.account").status == 200
        assert product.cli("audit", "checkpoint").code == 0
        socket = product.app_url.rsplit("host=", 1)[1].replace("%2F", "/")
        product.stop()
    lines = {unit: (folder / f"{unit}.trace").read_text(errors="replace").splitlines() for unit in UNITS}
    yield Trace(lines, socket, MARK)
    shutil.rmtree(folder, ignore_errors=True)


def foreign(addresses: set[str], socket: str) -> set[str]:
    """Those that are neither the database's socket nor a question to this machine about its own accounts."""
    own = {f'sun_path="{socket}/.s.PGSQL.5432"', 'sun_path="/var/run/nscd/socket"'}
    return {address for address in addresses if not any(each in address for each in own)}


@pytest.mark.abuse("K07")
@pytest.mark.parametrize("unit", UNITS)
def test_a_process_connects_to_its_database_and_to_nobody_else(trace: Trace, unit: str) -> None:
    connected = trace.connected(unit)

    assert any(trace.socket in address for address in connected), "the trace shows no connection at all"
    assert foreign(connected, trace.socket) == set()


def test_a_connection_elsewhere_is_found(tmp_path: Path) -> None:
    """The control: a program that asks another machine, under the same strace."""
    assert STRACE is not None
    program = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('192.0.2.1', 53))"
    out = tmp_path / "trace"
    subprocess.run([STRACE, "-f", "-qq", "-o", out, "python3", "-c", program], check=False, capture_output=True)
    trace = Trace({"other": out.read_text().splitlines()}, "/nowhere")

    assert "192.0.2.1" in str(foreign(trace.connected("other"), trace.socket))


@pytest.mark.abuse("B08")
@pytest.mark.parametrize("unit", ["staff", "portal"])
def test_no_byte_of_a_file_that_is_sent_is_written_in_clear(trace: Trace, unit: str) -> None:
    """Neither to a file with a name nor to one without; that it came in, and was written sealed, is seen as well."""
    assert len(MARKED) == 2_400_000
    assert trace.held(unit, "recvfrom|read|recvmsg", "(?:socket|TCP)") != [], "the control: it came in"
    sealed = [line for line in trace.lines[unit] if re.match(r"(?:\d+ +)?write\(\d+</[^>]*/attachments/", line)]
    assert len(sealed) > 10, "the control: files are written here"

    assert trace.held(unit, WRITES, A_FILE) == []


@pytest.mark.parametrize(
    "file", ["tempfile.TemporaryFile()", "os.fdopen(os.memfd_create('x'), 'wb')", "tempfile.NamedTemporaryFile()"]
)
def test_a_file_written_in_clear_is_found_with_a_name_or_without(tmp_path: Path, file: str) -> None:
    """The control: as the framework's own reader of forms does it, under the same strace."""
    assert STRACE is not None
    program = f"import os, tempfile; f = {file}; f.write(b'{MARK} ' * 100); f.flush()"
    out = tmp_path / "trace"
    subprocess.run([STRACE, "-f", "-qq", "-y", "-s", "200", "-o", out, "python3", "-c", program], check=True)

    assert Trace({"other": out.read_text().splitlines()}, "/nowhere", MARK).held("other", WRITES, A_FILE) != []


@pytest.mark.abuse("L03")
@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")
@pytest.mark.parametrize("unit", UNITS)
def test_a_process_makes_no_call_that_its_unit_forbids(trace: Trace, unit: str) -> None:
    """No unit was started by systemd here; but what it would have refused was looked for."""
    text = (REPOSITORY / "deploy" / "systemd" / f"amana-{unit}.service").read_text()
    first, second = re.findall(r"^SystemCallFilter=(~?)(.*)$", text, re.MULTILINE)
    assert (first[0], second[0]) == ("", "~")
    allowed = members(first[1].split()) - members(second[1].split())

    # Read by the dynamic loader before a filter could be asked, or made by the one who starts us.
    assert trace.calls(unit) - allowed == set()
    assert "mount" not in allowed
    assert len(trace.calls(unit)) > 40


def members(names: list[str]) -> set[str]:
    """The calls of systemd's sets, and of the sets within them."""
    assert ANALYZE is not None
    found: set[str] = set()
    for name in names:
        told = subprocess.run(
            [ANALYZE, "syscall-filter", "--no-pager", name], capture_output=True, text=True, check=True
        )
        inside = [line.strip() for line in told.stdout.splitlines()[1:] if line.strip() and "#" not in line]
        found |= {each for each in inside if not each.startswith("@")}
        found |= members([each for each in inside if each.startswith("@")])
    return found
