"""The room: what comes out of it says nothing beside its content, and what is in it reaches nothing."""

from __future__ import annotations

import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from PIL import Image

from app.cleaning import room
from app.cleaning.docx import MEMBERS_MAX
from app.cleaning.room import NotCleaned
from tests.cleaning.files import MARK, TELLING, cleaned, docx, flac, jpeg, m4a, mp3, ogg, png, wav, why_not
from tests.world import exhibits

ROOT: Final = Path(__file__).parents[2]
# Each thing that a file which has taken over the process might try; the last line runs only if it may.
TRIES: Final = {
    "read a file": "open('/etc/hostname')",
    "write a file": "open('/tmp/a-copy-of-evidence', 'w')",
    "write a file without a name": "os.write(os.memfd_create('x'), b'x')",
    "reach the network": "socket.socket()",
    "start a program": "os.posix_spawn('/bin/true', ['true'], {})",
    "make a child": "os.fork()",
    "look at another process": "os.kill(os.getppid(), 0)",
    "look at folders": "os.listdir('/')",
}


def unpacked(data: bytes) -> bytes:
    """A file with whatever it has packed: members of an archive, streams of a PDF."""
    out = data
    if data[:2] == b"PK":
        with zipfile.ZipFile(BytesIO(data)) as packed:
            out += b"".join(name.encode() + packed.read(name) for name in packed.namelist())
    if data[:4] == b"%PDF":
        import pikepdf

        with pikepdf.open(BytesIO(data)) as document:
            streams = [each for each in document.objects if isinstance(each, pikepdf.Stream)]
            out += b"".join(each.read_raw_bytes() for each in streams)
            plain = BytesIO()
            document.save(plain, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
            out += plain.getvalue()
    return out


@pytest.mark.abuse("B04")
@pytest.mark.parametrize("what", TELLING)
def test_what_a_file_says_beside_its_content_is_gone(what: str) -> None:
    original = TELLING[what]()

    made, copy = cleaned(original)

    assert MARK in unpacked(original), "the control: the original has it"
    assert MARK not in unpacked(copy)
    assert made.removed, "and the copy says so"


@pytest.mark.abuse("B04")
def test_a_photograph_with_a_place_goes_in_and_none_comes_out() -> None:
    for original in (jpeg(), exhibits.photograph()):
        made, copy = cleaned(original)

        assert Image.open(BytesIO(original)).getexif().get_ifd(0x8825), "the control"
        assert not Image.open(BytesIO(copy)).getexif()
        assert b"Exif" not in copy
        assert "PLACE" in made.removed


def test_the_content_stays() -> None:
    assert Image.open(BytesIO(cleaned(jpeg())[1])).getpixel((5, 5))[0] > 180  # type: ignore[index]
    assert b"What I said stays." in unpacked(cleaned(docx())[1])
    assert b"What I could not say in the room." in _page_text(cleaned(exhibits.letter())[1])
    assert cleaned(wav())[1] == exhibits.voice()
    assert cleaned(mp3())[1] == (b"\xff\xfb\x90\x00" + bytes(413)) * 38
    assert cleaned(flac())[1].endswith(b"\xff\xf8" + bytes(100))
    assert b"sound" * 20 in cleaned(m4a())[1]
    assert len(cleaned(m4a())[1]) == len(m4a()), "no place in the file moves"


def test_a_voice_note_is_one_after_it_too() -> None:
    """Its remarks may take several pages; the pages behind them are numbered and summed anew."""
    for tags in (MARK, MARK * 200):
        copy = cleaned(ogg(tags))[1]

        assert [copy[at + 18 : at + 22] for at in _pages(copy)] == [struct.pack("<I", number) for number in range(3)]
        assert copy.count(b"OpusTags") == 1
        assert copy.endswith(b"\xf8\xff\xfe" * 20)
        assert all(_sum(copy, at) == struct.unpack("<I", copy[at + 22 : at + 26])[0] for at in _pages(copy))


def test_a_document_has_no_line_to_a_part_that_is_gone() -> None:
    with zipfile.ZipFile(BytesIO(cleaned(docx())[1])) as packed:
        names = set(packed.namelist())
        assert names == {
            "[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/_rels/document.xml.rels",
            "word/settings.xml", "word/media/image1.jpeg",
        }  # fmt: skip
        assert b"docProps" not in packed.read("_rels/.rels") + packed.read("[Content_Types].xml")
        assert b"dotm" not in packed.read("word/_rels/document.xml.rels")
        assert {each.date_time for each in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def _bomb(name: str = "word/document.xml", size: int = 300 * 1024 * 1024) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed, packed.open(name, "w") as member:
        for _ in range(size // (1024 * 1024)):
            member.write(bytes(1024 * 1024))
    return out.getvalue()


def _many() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for number in range(MEMBERS_MAX + 1):
            packed.writestr(str(number), b"")
    return out.getvalue()


def _overlapping() -> bytes:
    """Two members of the directory that share one body."""
    whole = docx()
    at = whole.index(b"PK\x01\x02", whole.index(b"PK\x01\x02") + 4)
    first = whole.index(b"PK\x01\x02")
    return whole[: at + 42] + whole[first + 42 : first + 46] + whole[at + 46 :]


def _wide() -> bytes:
    """A picture whose head claims four thousand million pixels."""
    head = struct.pack(">IIBBBBB", 65_535, 65_535, 8, 2, 0, 0, 0)
    import zlib

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def _moving() -> bytes:
    out, frames = BytesIO(), [Image.new("RGB", (4, 4), (n, 0, 0)) for n in range(3)]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def _locked() -> bytes:
    import pikepdf

    out = BytesIO()
    with pikepdf.open(BytesIO(exhibits.letter())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    return out.getvalue()


HOSTILE: Final[dict[str, tuple[Callable[[], bytes], set[str]]]] = {
    "a document that unpacks to 300 MiB": (_bomb, {"TOO_LARGE"}),
    "a document of too many members": (_many, {"TOO_MANY"}),
    "members that share bytes": (_overlapping, {"MALFORMED"}),
    "a document with an entity": (
        lambda: docx(**{"word/styles.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"}),
        {"UNKNOWN_PART"},
    ),
    "a document with a drawing nobody can look into": (
        lambda: docx(**{"word/media/image2.emf": b"x"}),
        {"UNKNOWN_PART"},
    ),
    "an archive that is no document": (lambda: _bomb("other.txt", 1024 * 1024), {"UNKNOWN_TYPE"}),
    "a picture of four thousand million pixels": (_wide, {"TOO_LARGE", "MALFORMED"}),
    "a picture that moves": (_moving, {"MOVING"}),
    "a locked PDF": (_locked, {"ENCRYPTED"}),
    "a page called PDF": (lambda: b"%PDF-<html><script>alert(1)</script>", {"MALFORMED"}),
    "a film": (lambda: m4a(b"vide"), {"UNKNOWN_PART"}),
    "half a photograph": (lambda: jpeg((2000, 1500))[:9000], {"MALFORMED"}),
    "half a document": (lambda: docx()[:-30], {"MALFORMED"}),
    "a drawing with a script": (lambda: b"<svg><script>alert(1)</script></svg>", {"UNKNOWN_TYPE"}),
    "a program": (lambda: b"MZ" + bytes(200), {"UNKNOWN_TYPE"}),
    "a shortcut": (lambda: b"[InternetShortcut]\r\nURL=//evil", {"UNKNOWN_TYPE"}),
    "nothing": (lambda: b"", {"UNKNOWN_TYPE"}),
}


@pytest.mark.abuse("B01")
@pytest.mark.abuse("B02")
@pytest.mark.abuse("B09")
@pytest.mark.parametrize("what", HOSTILE)
def test_what_cannot_be_cleaned_has_no_copy_and_says_why(what: str) -> None:
    make, reasons = HOSTILE[what]

    assert why_not(make()) in reasons


@pytest.mark.abuse("B03")
def test_a_file_that_is_two_at_once_comes_out_as_one() -> None:
    page = b"<html><script>alert(1)</script></html>"
    for original in (jpeg() + page, png() + page, page.join([exhibits.letter(), b""]), wav() + page):
        assert page not in cleaned(original)[1]


@pytest.mark.abuse("B01")
def test_a_file_past_the_cap_is_read_to_its_end_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "BYTES_MAX", 1000)

    assert why_not(jpeg((800, 600))) == "TOO_LARGE"


@pytest.mark.abuse("B11")
@pytest.mark.parametrize("what", TRIES)
def test_from_inside_nothing_can_be_reached(what: str) -> None:
    """The control is the same line in a process that is not shut in."""
    before = "import os, socket, sys; sys.path.insert(0, sys.argv[1]); from app.cleaning.shut import shut; "
    outcomes = []
    for shutting in ("pass", "shut()"):
        code = before + f"{shutting}\ntry:\n    {TRIES[what]}\nexcept OSError:\n    os._exit(7)\nos._exit(0)"
        # A child that was made ends with it; one line each, so no harm is done.
        ran = subprocess.run(
            [sys.executable, "-I", "-c", code, str(ROOT)], capture_output=True, timeout=30, check=False
        )
        outcomes.append(ran.returncode)

    assert outcomes == [0, 7]
    Path("/tmp/a-copy-of-evidence").unlink(missing_ok=True)


TELL: Final = """
def tell(kind, size, rest):
    os.write(1, b'{"media_type": "%b", "removed": [], "bytes": %d}\\n%b' % (kind.encode(), size, rest))
"""
LOOPS: Final = {
    "loops": "while True: pass",
    "eats two gibibytes": "x = bytearray(2 * 1024 ** 3)",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "answers with other words": "tell('text/html', 0, b'')",
    "answers with too much": "tell('image/png', 1, b'abc')",
    "answers nothing": "pass",
}


@pytest.fixture
def taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A room in which a file has taken over: shut in as always, then running its own line."""

    def run(line: str) -> None:
        program = tmp_path / "inside.py"
        program.write_text(
            f"import os, sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom app.cleaning.shut import shut\n"
            f"shut()\nwhile os.read(0, 1 << 20): pass\n{TELL}{line}\n"
        )
        monkeypatch.setattr(room, "INSIDE", program)

    return run


@pytest.mark.abuse("B11")
@pytest.mark.parametrize("what", LOOPS)
def test_a_file_that_takes_the_room_over_gets_no_copy_and_no_time(taken_over: Callable[[str], None], what: str) -> None:
    taken_over(LOOPS[what])
    began = time.monotonic()

    assert why_not(jpeg()) == "STOPPED"
    assert time.monotonic() - began < room.SECONDS_MAX + 5


def test_the_original_is_read_to_its_end_although_nobody_listens(taken_over: Callable[[str], None]) -> None:
    """Else a broken seal behind the place where the room gave up would stay unnoticed."""
    taken_over("pass")
    read: list[int] = []

    def source() -> Iterator[bytes]:
        for number in range(200):
            read.append(number)
            yield b"\xff\xd8\xff" + bytes(100_000)

    with pytest.raises(NotCleaned):
        room.clean(source(), "picture", lambda _: None)

    assert len(read) == 200


def test_where_the_kernel_shuts_nothing_in_nothing_is_parsed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "inside.py"
    program.write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom app.cleaning import inside, shut\n"
        "shut.platform.machine = lambda: 'another'\ninside.main('picture')\n"
    )
    monkeypatch.setattr(room, "INSIDE", program)

    assert why_not(jpeg()) == "NO_ROOM"


def _page_text(data: bytes) -> bytes:
    import pikepdf

    with pikepdf.open(BytesIO(data)) as document:
        return document.pages[0].Contents.read_bytes()


def _pages(data: bytes) -> list[int]:
    return [at for at in range(len(data)) if data[at : at + 4] == b"OggS"]


def _sum(data: bytes, at: int) -> int:
    """The sum of a page, bit by bit, as the format's own text says it."""
    table = data[at + 27 : at + 27 + data[at + 26]]
    page = bytearray(data[at : at + 27 + len(table) + sum(table)])
    page[22:26] = bytes(4)
    total = 0
    for byte in page:
        total ^= byte << 24
        for _ in range(8):
            total = (total << 1 ^ (0x04C11DB7 if total & 0x80000000 else 0)) & 0xFFFFFFFF
    return total
