"""Files as witnesses bring them: a photograph that knows where it was taken, a letter that knows
its author, a voice. Made here byte by byte; nobody is in them."""

from __future__ import annotations

import math
import struct
import zlib

# A red square of one pixel as JPEG would need tables; this is the smallest baseline image, grey.
_JPEG_BODY = bytes.fromhex(
    "ffdb004300" + "01" * 64 + "ffc0000b080001000101011100"
    "ffc40014000100000000000000000000000000000009ffc40014100100000000000000000000000000000000"
    "ffda0008010100003f0037ffd9"
)


def photograph(*, latitude: float = 12.5, longitude: float = 41.25) -> bytes:
    """A JPEG whose EXIF block holds a camera's serial number and a place."""
    exif = _exif(latitude, longitude)
    return b"\xff\xd8" + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + _JPEG_BODY


def letter(author: str = "A. Invented", text: str = "What I could not say in the room.") -> bytes:
    """A PDF of one page whose information block names an author."""
    drawing = f"BT /F1 12 Tf 60 760 Td ({text}) Tj ET".encode("latin-1")
    packed = zlib.compress(drawing)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Author ({author}) /Producer (an office program) >>".encode("latin-1"),
    ]
    return _pdf(objects)


def voice(seconds: float = 0.5, *, tone: float = 220.0) -> bytes:
    """A WAV file, mono, 8,000 samples of 16 bits a second: one tone."""
    rate = 8000
    samples = (int(9000 * math.sin(2 * math.pi * tone * n / rate)) for n in range(int(seconds * rate)))
    sound = b"".join(struct.pack("<h", sample) for sample in samples)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(sound)) + sound
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _pdf(objects: list[bytes]) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + table + end % (len(objects) + 1, len(objects), len(out))


def _exif(latitude: float, longitude: float) -> bytes:
    """TIFF, big-endian: a first directory that points to one with four GPS tags; serial number last."""
    serial = b"SN-0042-INVENTED\x00"
    gps_at = 8 + 2 + 2 * 12 + 4
    numbers_at = gps_at + 2 + 4 * 12 + 4
    serial_at = numbers_at + 48
    first = struct.pack(">H", 2)
    first += struct.pack(">HHII", 0x8825, 4, 1, gps_at)
    first += struct.pack(">HHII", 0xA431, 2, len(serial), serial_at) + struct.pack(">I", 0)
    gps = struct.pack(">H", 4)
    gps += struct.pack(">HHI4s", 1, 2, 2, b"N\x00\x00\x00") + struct.pack(">HHII", 2, 5, 3, numbers_at)
    gps += struct.pack(">HHI4s", 3, 2, 2, b"E\x00\x00\x00") + struct.pack(">HHII", 4, 5, 3, numbers_at + 24)
    gps += struct.pack(">I", 0)
    return b"Exif\x00\x00MM\x00*\x00\x00\x00\x08" + first + gps + _degrees(latitude) + _degrees(longitude) + serial


def _degrees(value: float) -> bytes:
    """Degrees, minutes and seconds as three fractions of unsigned 32 bits."""
    minutes = (value % 1) * 60
    return struct.pack(">IIIIII", int(value), 1, int(minutes), 1, round((minutes % 1) * 6000), 100)
