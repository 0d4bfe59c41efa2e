"""Files that say more than they show, and files that lie. Every person and place in them is invented."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO
from typing import Final

from PIL import Image, PngImagePlugin

from app.cleaning import room
from tests.world import exhibits

# Stands in every place beside the content; what is hunted for afterwards.
MARK: Final = b"CANARY-0123456789abcdef01234567"
WORDS: Final = MARK.decode()
DOCUMENT: Final = (
    '<w:document xmlns:w="w" xmlns:w14="w14"><w:body><w:p w:rsidR="00AB12CD" w14:paraId="11223344">'
    f'<w:ins w:author="{WORDS}" w:date="2015-03-01T10:00:00Z"><w:t>What I said stays.</w:t></w:ins>'
    "</w:p></w:body></w:document>"
)
RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"


def cleaned(data: bytes) -> tuple[room.Cleaned, bytes]:
    """What the closed room makes of a file; raises NotCleaned."""
    kind = room.kind_of(data[: room.HEAD_BYTES])
    if kind is None:
        raise room.NotCleaned("UNKNOWN_TYPE")
    out = bytearray()
    made = room.clean([data[at : at + 100_000] for at in range(0, len(data), 100_000)], kind, out.extend)
    return made, bytes(out)


def why_not(data: bytes) -> str:
    try:
        cleaned(data)
    except room.NotCleaned as no:
        return no.why
    return ""


def jpeg(size: tuple[int, int] = (64, 48)) -> bytes:
    """A photograph with a maker, a serial number, a place, a remark and bytes behind its end."""
    exif = Image.Exif()
    exif[0x010F] = WORDS
    exif[0xA431] = WORDS
    exif[0x8825] = {1: "N", 2: (12.0, 30.0, 1.5), 3: "E", 4: (41.0, 15.0, 2.5), 27: MARK}
    out = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(
        out, "JPEG", exif=exif, comment=MARK, xmp=b"<x:xmpmeta>" + MARK + b"</x:xmpmeta>"
    )
    return out.getvalue() + MARK


def png() -> bytes:
    info, out = PngImagePlugin.PngInfo(), BytesIO()
    info.add_text("Author", WORDS)
    info.add_itxt("XML:com.adobe.xmp", WORDS)
    Image.new("RGB", (40, 30), (1, 2, 3)).save(out, "PNG", pnginfo=info)
    return out.getvalue() + MARK


def pdf() -> bytes:
    """A page with a photograph in it, whose author, history and script name somebody."""
    out = BytesIO()
    Image.open(BytesIO(jpeg())).save(out, "PDF", author=WORDS, title=WORDS)
    import pikepdf

    with pikepdf.open(out) as document:
        name = pikepdf.String(WORDS)
        with document.open_metadata() as history:
            history["dc:creator"] = [WORDS]
        document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=name)
        document.attachments["list.txt"] = MARK
        page = document.pages[0].obj
        page.PieceInfo = pikepdf.Dictionary(Private=name)
        page.Annots = pikepdf.Array(
            [pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[0, 0, 1, 1], T=name)]
        )
        for image in page.Resources.XObject.values():
            image.write(jpeg().removesuffix(MARK), filter=pikepdf.Name.DCTDecode)
        kept = BytesIO()
        document.save(kept, compress_streams=False)
    return kept.getvalue()


def docx(**more: bytes) -> bytes:
    """A document with an author in every place where a word processor writes one."""
    core = f"<cp:c><dc:creator>{WORDS}</dc:creator><cp:lastModifiedBy>{WORDS}</cp:lastModifiedBy></cp:c>"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/docProps/core.xml" ContentType="c"/>'
        '<Override PartName="/word/document.xml" ContentType="d"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="t" Target="word/document.xml"/>'
        '<Relationship Id="r2" Type="t" Target="docProps/core.xml"/></Relationships>',
        "word/document.xml": DOCUMENT,
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r3" Type="image" '
        f'Target="media/image1.jpeg"/><Relationship Id="r4" Type="t" TargetMode="External" Target="https://{WORDS}/t.dotm"/>'
        "</Relationships>",
        "docProps/core.xml": core,
        "docProps/app.xml": f"<Properties><Company>{WORDS}</Company></Properties>",
        "customXml/item1.xml": f"<x>{WORDS}</x>",
        "word/settings.xml": '<w:settings xmlns:w="w"><w:rsids><w:rsid w:val="00AB12CD"/></w:rsids>'
        f'<w:attachedTemplate r:id="{WORDS}"/></w:settings>',
        "word/people.xml": f"<p>{WORDS}</p>",
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
        packed.writestr("word/media/image1.jpeg", jpeg())
        for name, content in more.items():
            packed.writestr(name, content)
    return out.getvalue()


def wav() -> bytes:
    sound = exhibits.voice()
    tags = b"LIST" + struct.pack("<I", 12 + len(MARK) + 1) + b"INFOIART" + struct.pack("<I", len(MARK)) + MARK + b"\0"
    body = sound[8:] + tags
    return b"RIFF" + struct.pack("<I", len(body)) + body


def mp3() -> bytes:
    """Silence of one second, between a tag of the second version and one of the first."""
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    size = len(MARK) + 20
    tag = b"ID3\x04\x00\x00" + bytes([size >> 21, size >> 14 & 127, size >> 7 & 127, size & 127]) + MARK + bytes(20)
    return tag + frame * 38 + b"TAG" + MARK + bytes(125 - len(MARK))


def flac() -> bytes:
    about = b"\x00\x00\x00\x22" + bytes(34)
    remarks = b"\x84" + len(MARK).to_bytes(3, "big") + MARK
    return b"fLaC" + about + remarks + b"\xff\xf8" + bytes(100)


def ogg(tags: bytes = MARK) -> bytes:
    """An Opus voice note: head, remarks, one page of sound."""

    def page(number: int, flags: int, content: bytes) -> bytes:
        laces = b"\xff" * (len(content) // 255) + bytes([len(content) % 255])
        return (
            b"OggS\0"
            + bytes([flags])
            + bytes(8)
            + b"abcd"
            + struct.pack("<II", number, 0)
            + bytes([len(laces)])
            + laces
            + content
        )

    head = b"OpusHead\x01\x01" + bytes(9)
    said = b"OpusTags" + struct.pack("<I", len(tags)) + tags + struct.pack("<I", 0)
    return page(0, 2, head) + page(1, 0, said) + page(2, 4, b"\xf8\xff\xfe" * 20)


def m4a(handler: bytes = b"soun") -> bytes:
    """A recording as a telephone makes it: with its day and its place."""

    def box(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", 8 + len(content)) + name + content

    dates = bytes(4) + b"\xda\xdb\xdc\xdd" * 2 + bytes(80)
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(12) + MARK)))
    movie = box(b"moov", box(b"mvhd", dates) + track + box(b"udta", box(b"\xa9xyz", MARK)))
    return box(b"ftyp", b"M4A \0\0\0\0") + movie + box(b"mdat", b"sound" * 20) + box(b"uuid", MARK)


TELLING: Final = {
    "a photograph": jpeg, "a drawing": png, "a PDF": pdf, "a document": docx, "a WAV": wav, "an MP3": mp3,
    "a FLAC": flac, "a voice note": ogg, "a telephone's recording": m4a,
}  # fmt: skip
