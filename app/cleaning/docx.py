"""Word documents: the parts that carry the text are kept, by a list; all others and every author are left out."""

from __future__ import annotations

import codecs
import re
import zipfile
from io import BytesIO
from typing import Final
from xml.etree import ElementTree

from app.cleaning.kinds import Copy, Unclean
from app.cleaning.pictures import picture

# In this alphabet old names of members are written; loaded now, since later nothing can be.
codecs.lookup("cp437")
MEMBERS_MAX: Final = 2000
OPENED_BYTES_MAX: Final = 256 * 1024 * 1024
KIND: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# The parts that are kept; everything else is dropped, with every line that leads to it.
_KEPT: Final = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|word/(?:document|styles|numbering|settings|fontTable|webSettings|footnotes"
    r"|endnotes|comments|header[0-9]{1,3}|footer[0-9]{1,3}|theme/theme[0-9]{1,2})\.xml"
    r"|word/_rels/(?:document|footnotes|endnotes|comments|header[0-9]{1,3}|footer[0-9]{1,3})\.xml\.rels"
    r"|word/media/[A-Za-z0-9_-]{1,64}\.(?:jpe?g|png)"
)
_MEDIA: Final = re.compile(r"word/media/")
_DROPPED: Final = (
    ("docProps/", "AUTHOR"), ("customXml/", "CUSTOM_DATA"), ("word/people", "AUTHOR"), ("word/comments", "AUTHOR"),
    ("word/embeddings/", "EMBEDDED_FILES"), ("word/vba", "SCRIPT"), ("word/activeX/", "SCRIPT"),
)  # fmt: skip
# Who changed what and when; marks of one sitting, by which two documents can be told to come from one machine.
_AUTHORS: Final = re.compile(rb'(\b(?:w|w15|w16[a-z]*):(?:author|initials|userId|providerId))="[^"]*"')
_DATES: Final = re.compile(rb'\s\b(?:w|w16[a-z]*):(?:date|dateUtc)="[^"]*"')
_SITTINGS: Final = re.compile(
    rb'\s\b(?:w|w14):(?:rsid[A-Za-z]*|paraId|textId)="[^"]*"|<w:rsids>.*?</w:rsids>', re.DOTALL
)
_SETTINGS: Final = re.compile(
    rb"<(w:attachedTemplate|w:docVars|w15:docId|w14:docId|w:mailMerge)\b[^>]*?(?:/>|>.*?</\1>)", re.DOTALL
)


def docx(data: bytes) -> Copy:
    """The document's text, styles and pictures. Raises Unclean for what is none or hides its size."""
    if _members(data) > MEMBERS_MAX:
        raise Unclean("TOO_MANY")
    out, removed = BytesIO(), set[str]()
    with zipfile.ZipFile(BytesIO(data)) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as anew:
        members = packed.infolist()
        _judge(members)
        names = {member.filename for member in members}
        if not {"[Content_Types].xml", "word/document.xml"} <= names or len(names) != len(members):
            raise Unclean("UNKNOWN_TYPE")
        kept = {name for name in names if _KEPT.fullmatch(name)}
        for name in sorted(names - kept):
            if _MEDIA.match(name):
                raise Unclean("UNKNOWN_PART")
            removed |= {code for start, code in _DROPPED if name.startswith(start)} or {"OTHER_PARTS"}
        for member in members:
            if member.filename in kept:
                part = _part(member.filename, _opened(packed, member), kept, removed)
                # A member is dated too; this day is the first that the format knows.
                anew.writestr(zipfile.ZipInfo(member.filename), part, zipfile.ZIP_DEFLATED)
    return Copy(out.getvalue(), KIND, frozenset(removed))


def _members(data: bytes) -> int:
    """How many members the end of the file announces; a directory of a million is not even read."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if end < 0 or len(data) < end + 22 or b"PK\x06\x07" in data[max(0, end - 20) : end]:
        raise Unclean("MALFORMED")
    return int.from_bytes(data[end + 10 : end + 12], "little")


def _judge(members: list[zipfile.ZipInfo]) -> None:
    """By what the directory says: sizes, and that no two members share bytes."""
    if sum(member.file_size for member in members) > OPENED_BYTES_MAX:
        raise Unclean("TOO_LARGE")
    if any(member.flag_bits & 0x41 or member.compress_type not in (0, 8) for member in members):
        raise Unclean("ENCRYPTED")
    ends = 0
    for member in sorted(members, key=lambda each: each.header_offset):
        if member.header_offset < ends:
            raise Unclean("MALFORMED")
        ends = member.header_offset + 30 + member.compress_size


def _opened(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with packed.open(member) as file:
        content = file.read(member.file_size + 1)
    if len(content) != member.file_size:
        raise Unclean("MALFORMED")
    return content


def _part(name: str, content: bytes, kept: set[str], removed: set[str]) -> bytes:
    if _MEDIA.match(name):
        cleaned = picture(content)
        removed |= cleaned.removed
        return cleaned.content
    # A declared entity is the way of a bomb, and of a file that reads others; no word processor writes one.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Unclean("UNKNOWN_PART")
    # In another alphabet of bytes the marks below would not be found.
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content:
        raise Unclean("UNKNOWN_PART")
    if name.endswith(".rels"):
        return _links(name, content, kept, removed)
    if name == "[Content_Types].xml":
        return _types(content, kept)
    for pattern, anew, code in (
        (_AUTHORS, rb'\1=""', "AUTHOR"), (_DATES, b"", "DATES"), (_SITTINGS, b"", "EDIT_MARKS"),
        (_SETTINGS, b"", "CUSTOM_DATA"),
    ):  # fmt: skip
        content, found = pattern.subn(anew, content)
        removed |= {code} if found else set()
    return content


def _links(name: str, content: bytes, kept: set[str], removed: set[str]) -> bytes:
    """The relations of a part, without those that lead out of the document or to a part that is gone."""
    folder = name.removesuffix(".rels").rpartition("_rels/")[0]
    tree = ElementTree.fromstring(content)  # noqa: S314  no entity is declared, and nothing else is in this room
    ElementTree.register_namespace("", "http://schemas.openxmlformats.org/package/2006/relationships")
    for relation in list(tree):
        target = relation.get("Target", "")
        inside = target.lstrip("/") if target.startswith("/") else folder + target
        # A link to a page is content; a template or picture that is fetched tells who opens the document.
        page = relation.get("TargetMode") == "External" and relation.get("Type", "").endswith("/hyperlink")
        if not page and (relation.get("TargetMode") == "External" or inside not in kept):
            removed |= {"LINKS"} if relation.get("TargetMode") == "External" else set()
            tree.remove(relation)
    return _written(tree)


def _types(content: bytes, kept: set[str]) -> bytes:
    tree = ElementTree.fromstring(content)  # noqa: S314  as above
    ElementTree.register_namespace("", "http://schemas.openxmlformats.org/package/2006/content-types")
    for each in list(tree):
        if "PartName" in each.attrib and each.get("PartName", "").lstrip("/") not in kept:
            tree.remove(each)
    return _written(tree)


def _written(tree: ElementTree.Element) -> bytes:
    return bytes(ElementTree.tostring(tree, "utf-8", xml_declaration=True))
