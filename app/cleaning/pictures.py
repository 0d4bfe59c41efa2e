"""Photographs: decoded and encoded anew, so that nothing but the picture itself is left.

A photograph also stands inside documents; there its blocks are dropped and its picture stays as it is.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

# The plugins by name: a picture must not choose among forty parsers, and nothing can be loaded later.
from PIL import Image, ImageFile, ImageOps, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from app.cleaning.kinds import Copy, Unclean

PIXELS_MAX: Final = 50_000_000
_GPS, _THUMBNAIL = 0x8825, 1
_NAMES: Final = {
    "exif": "EXIF", "xmp": "XMP", "XML:com.adobe.xmp": "XMP", "photoshop": "IPTC", "icc_profile": "COLOUR_PROFILE",
    "comment": "COMMENT",
}  # fmt: skip
ImageFile.LOAD_TRUNCATED_IMAGES = False
Image.MAX_IMAGE_PIXELS = PIXELS_MAX
# Tags of EXIF are read from the same table as those of TIFF; loaded now, since later nothing can be.
TiffImagePlugin.ImageFileDirectory_v2()


def picture(data: bytes) -> Copy:
    """The picture alone, upright, as JPEG or PNG. One of many frames is no photograph."""
    jpeg = data[:2] == b"\xff\xd8"
    image: ImageFile.ImageFile = (
        JpegImagePlugin.JpegImageFile(BytesIO(data)) if jpeg else PngImagePlugin.PngImageFile(BytesIO(data))
    )
    # From the header: nothing has been decoded yet.
    if image.width * image.height > PIXELS_MAX:
        raise Unclean("TOO_LARGE")
    if getattr(image, "is_animated", False):
        raise Unclean("MOVING")
    image.load()
    removed = _found(image, data)
    upright = ImageOps.exif_transpose(image)
    kept = _plain_mode(upright, jpeg=jpeg)
    kept.info = {}
    out = BytesIO()
    if jpeg:
        kept.save(out, "JPEG", quality=92, optimize=False)
    else:
        kept.save(out, "PNG", compress_level=3)
    return Copy(out.getvalue(), "image/jpeg" if jpeg else "image/png", removed)


def without_blocks(jpeg: bytes) -> tuple[bytes, bool]:
    """A JPEG without its comments and application blocks, its picture untouched; and whether one was there.

    The first block (JFIF) and Adobe's (APP14) say how colours are meant, and nothing else.
    Raises Unclean for what is not a whole JPEG.
    """
    if jpeg[:2] != b"\xff\xd8":
        raise Unclean("UNKNOWN_PART")
    out, at, dropped = bytearray(b"\xff\xd8"), 2, False
    while jpeg[at : at + 2] != b"\xff\xda":
        if len(jpeg) < at + 4 or jpeg[at] != 0xFF:
            raise Unclean("MALFORMED")
        marker, size = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if size < 2:
            raise Unclean("MALFORMED")
        if marker == 0xFE or 0xE1 <= marker <= 0xED or marker == 0xEF or (marker == 0xEE and size > 16):
            dropped = True
        elif marker == 0xE0:
            # Its thumbnail is dropped: sixteen bytes are the block without one.
            out += b"\xff\xe0\x00\x10JFIF\x00" + jpeg[at + 9 : at + 16] + b"\x00\x00"
            dropped |= size != 16
        else:
            out += jpeg[at : at + 2 + size]
        at += 2 + size
    end = jpeg.rfind(b"\xff\xd9")
    if end < at:
        raise Unclean("MALFORMED")
    return bytes(out + jpeg[at : end + 2]), dropped or end + 2 < len(jpeg)


def _found(image: ImageFile.ImageFile, data: bytes) -> frozenset[str]:
    exif = image.getexif()
    found = {_NAMES[name] for name in image.info if name in _NAMES}
    found |= {"EXIF"} if len(exif) else set()
    found |= {"PLACE"} if exif.get_ifd(_GPS) else set()
    found |= {"THUMBNAIL"} if exif.get_ifd(_THUMBNAIL) else set()
    found |= {"TEXT"} if getattr(image, "text", None) else set()
    end = data.rfind(b"\xff\xd9") + 2 if data[:2] == b"\xff\xd8" else data.rfind(b"IEND") + 8
    return frozenset(found | ({"TRAILING_BYTES"} if 7 < end < len(data) else set()))


def _plain_mode(image: Image.Image, *, jpeg: bool) -> Image.Image:
    if jpeg:
        return image if image.mode in {"L", "RGB"} else image.convert("RGB")
    if image.mode in {"1", "L", "LA", "RGB", "RGBA", "I;16"}:
        # A single colour that stands for nothing is told beside the pixels, which are all that is kept.
        return image.convert("RGBA") if "transparency" in image.info else image
    return image.convert("RGBA")
