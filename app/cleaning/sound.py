"""Recordings: the sound as it is, out of its container, with the parts of the container that sound needs.

Nothing is decoded. What is not on a short list for its kind is left out, whatever it is.
"""

from __future__ import annotations

import zlib
from typing import Final

from app.cleaning.kinds import Copy, Unclean


def sound(data: bytes) -> Copy:
    """WAV, FLAC, Ogg (Vorbis, Opus), MP3 or M4A without names, places, dates, covers and remarks."""
    if data[:4] == b"RIFF":
        return _wav(data)
    if data[:4] == b"fLaC":
        return _flac(data)
    if data[:4] == b"OggS":
        return _ogg(data)
    return _mp4(data) if data[4:8] == b"ftyp" else _mp3(data)


def _wav(data: bytes) -> Copy:
    kept, removed, at, known = b"", set(), 12, b""
    ends = 8 + int.from_bytes(data[4:8], "little")
    if ends < len(data):
        data = data[:ends]
        removed.add("TRAILING_BYTES")
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        whole = data[at : at + 8 + size]
        if len(whole) < 8 + size:
            raise Unclean("MALFORMED")
        if name in (b"fmt ", b"fact", b"data"):
            kept, known = kept + whole + b"\0" * (size % 2), known + name
        else:
            removed.add("TAGS")
        at += 8 + size + size % 2
    if b"fmt " not in known or b"data" not in known:
        raise Unclean("MALFORMED")
    body = b"WAVE" + kept
    return Copy(b"RIFF" + len(body).to_bytes(4, "little") + body, "audio/wav", frozenset(removed))


def _flac(data: bytes) -> Copy:
    blocks, removed, at, last = [], set(), 4, False
    while not last:
        if len(data) < at + 4:
            raise Unclean("MALFORMED")
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        if kind in (0, 3):  # what the stream is, and where to jump to
            blocks.append((kind, data[at + 4 : at + 4 + size]))
        else:
            removed.add("COVER" if kind == 6 else "TAGS")
        at += 4 + size
    if not blocks or blocks[0][0] != 0 or len(blocks[0][1]) != 34 or data[at : at + 1] != b"\xff":
        raise Unclean("MALFORMED")
    out = b"fLaC"
    for number, (kind, block) in enumerate(blocks, 1):
        out += bytes([kind | (0x80 if number == len(blocks) else 0)]) + len(block).to_bytes(3, "big") + block
    return Copy(out + data[at:], "audio/flac", frozenset(removed))


# Kilobits by index: the third layer of the first version, then of the two later ones.
_RATES: Final = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_HERTZ: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mp3(data: bytes) -> Copy:
    """Frame by frame; what lies before, between and after frames is dropped."""
    out, at, removed, frames = [], 0, set[str](), 0
    while at + 4 <= len(data):
        if data[at : at + 3] == b"ID3" and len(data) >= at + 10:
            sizes = data[at + 6 : at + 10]
            at += 10 + (sizes[0] << 21 | sizes[1] << 14 | sizes[2] << 7 | sizes[3])
            removed.add("TAGS")
            continue
        size = _frame(data[at : at + 4])
        if size and at + size <= len(data):
            out.append(data[at : at + size])
            at, frames = at + size, frames + 1
            continue
        removed.add("TAGS")
        following = data.find(b"\xff", at + 1)
        at = following if following >= 0 else len(data)
    removed |= {"TAGS"} if at < len(data) else set()
    # Three in a row is what tells a recording from bytes that look like one frame.
    if frames < 3:
        raise Unclean("MALFORMED")
    return Copy(b"".join(out), "audio/mpeg", frozenset(removed))


def _frame(head: bytes) -> int:
    """The length of the frame that begins here; 0 if none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, rate, hertz, padding = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or rate in (0, 15) or hertz == 3:
        return 0
    kilobits = _RATES[0 if version == 3 else 1][rate]
    return (144 if version == 3 else 72) * kilobits * 1000 // _HERTZ[version][hertz] + padding


_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _ogg(data: bytes) -> Copy:
    """The second packet holds the remarks: an empty one takes its place, and the pages are numbered anew."""
    pages = _pages(data)
    if len({page[14:18] for page in pages}) != 1:
        raise Unclean("UNKNOWN_PART")
    first = _content(pages[0])
    if first.startswith(b"OpusHead"):
        packet, headers = b"OpusTags" + b"\0" * 8, 2
    elif first.startswith(b"\x01vorbis"):
        packet, headers = b"\x03vorbis" + b"\0" * 8 + b"\x01", 3
    else:
        raise Unclean("UNKNOWN_PART")
    packets, used = _packets(pages, headers)
    packets[1] = packet
    anew = [_page(pages[0], packets[:1], 0), _page(pages[1], packets[1:], 1)]
    anew += [_numbered(page, number) for number, page in enumerate(pages[used:], 2)]
    return Copy(b"".join(anew), "audio/ogg", frozenset({"TAGS"}))


def _pages(data: bytes) -> list[bytes]:
    pages, at = [], 0
    while at < len(data):
        if data[at : at + 5] != b"OggS\0" or len(data) < at + 27:
            raise Unclean("MALFORMED")
        table = data[at + 27 : at + 27 + data[at + 26]]
        size = 27 + len(table) + sum(table)
        if len(data) < at + size:
            raise Unclean("MALFORMED")
        pages.append(data[at : at + size])
        at += size
    if len(pages) < 3:
        raise Unclean("MALFORMED")
    return pages


def _content(page: bytes) -> bytes:
    return page[27 + page[26] :]


def _packets(pages: list[bytes], wanted: int) -> tuple[list[bytes], int]:
    """The first packets, and how many pages they fill; the next one has to begin a page, as the formats say."""
    packets, open_ = [], b""
    for used, page in enumerate(pages, 1):
        content, at = _content(page), 0
        for lace in page[27 : 27 + page[26]]:
            open_, at = open_ + content[at : at + lace], at + lace
            if lace < 255:
                packets.append(open_)
                open_ = b""
        if len(packets) >= wanted:
            if len(packets) != wanted or open_:
                raise Unclean("UNKNOWN_PART")
            return packets, used
    raise Unclean("MALFORMED")


def _page(like: bytes, packets: list[bytes], number: int) -> bytes:
    laces = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    if len(laces) > 255:
        raise Unclean("TOO_MANY")
    # It begins with a packet of its own, whatever the page did whose place it takes.
    head = like[:5] + bytes([like[5] & 0xFE]) + like[6:26] + bytes([len(laces)]) + laces
    return _numbered(head + b"".join(packets), number)


def _numbered(page: bytes, number: int) -> bytes:
    page = page[:18] + number.to_bytes(4, "little") + b"\0\0\0\0" + page[26:]
    # The sum of this format runs over bits the other way round than the one that zlib has.
    turned = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    total = int(f"{turned:032b}"[::-1], 2)
    return page[:22] + total.to_bytes(4, "little") + page[26:]


_BOXES: Final = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts"}
_KEPT: Final = {
    b"ftyp", b"mdat", b"mvhd", b"tkhd", b"mdhd", b"hdlr", b"smhd", b"dref", b"stsd", b"stts", b"stsc", b"stsz", b"stco",
    b"co64", b"elst", b"sgpd", b"sbgp", b"stss", b"ctts", b"free", *_BOXES,
}  # fmt: skip
_DATED: Final = (b"mvhd", b"tkhd", b"mdhd")


def _mp4(data: bytes) -> Copy:
    """Boxes that are not on the list become empty ones of their own length: no place in the file moves."""
    out, removed = bytearray(data), set[str]()
    if data[8:11] not in (b"M4A", b"mp4", b"iso", b"3gp", b"das"):
        raise Unclean("UNKNOWN_TYPE")
    _boxes(out, 0, len(out), removed, 0)
    return Copy(bytes(out), "audio/mp4", frozenset(removed))


def _boxes(out: bytearray, at: int, end: int, removed: set[str], depth: int) -> None:
    while at < end:
        size, name, inner = int.from_bytes(out[at : at + 4], "big"), bytes(out[at + 4 : at + 8]), at + 8
        if size == 1:
            size, inner = int.from_bytes(out[at + 8 : at + 16], "big"), at + 16
        if size == 0 and depth == 0:
            size = end - at
        if size < inner - at or at + size > end or depth > 8:
            raise Unclean("MALFORMED")
        _box(out, name, inner, at + size, removed, depth)
        if name not in _KEPT or name == b"free":
            removed |= {"TAGS"} if name != b"free" or any(out[inner : at + size]) else set()
            out[at + 4 : at + 8] = b"free"
            out[inner : at + size] = bytes(at + size - inner)
        at += size


def _box(out: bytearray, name: bytes, inner: int, end: int, removed: set[str], depth: int) -> None:
    if name in _BOXES:
        _boxes(out, inner, end, removed, depth + 1)
    elif name == b"hdlr":
        # A track of anything but sound: a film has faces, and some recorders write places into one.
        if bytes(out[inner + 8 : inner + 12]) != b"soun":
            raise Unclean("UNKNOWN_PART")
        out[inner + 12 : end] = bytes(end - inner - 12)
    elif name in _DATED:
        wide = 8 if out[inner] == 1 else 4
        removed |= {"DATES"} if any(out[inner + 4 : inner + 4 + 2 * wide]) else set()
        out[inner + 4 : inner + 4 + 2 * wide] = bytes(2 * wide)
