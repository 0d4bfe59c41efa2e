"""PDF: written anew from what its pages need, without who made it, when, with what, and what runs.

The library writes only what can still be reached, so earlier revisions are gone too.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from app.cleaning.kinds import Copy, Unclean
from app.cleaning.pictures import without_blocks

OBJECTS_MAX: Final = 200_000
DEPTH_MAX: Final = 60
# A key of any dictionary, and what it was: dropped wherever it stands.
_ANYWHERE: Final = {
    "/Metadata": "XMP", "/PieceInfo": "PRIVATE_DATA", "/LastModified": "DATES", "/AA": "SCRIPT", "/JS": "SCRIPT",
    "/JavaScript": "SCRIPT", "/OpenAction": "SCRIPT", "/EmbeddedFiles": "EMBEDDED_FILES", "/EF": "EMBEDDED_FILES",
    "/AF": "EMBEDDED_FILES", "/Collection": "EMBEDDED_FILES", "/Thumb": "THUMBNAIL", "/XFA": "FORM_DATA",
    "/CreatorInfo": "AUTHOR", "/Perms": "SIGNATURE", "/DSS": "SIGNATURE", "/SpiderInfo": "PRIVATE_DATA",
    "/RichMedia": "EMBEDDED_FILES",
}  # fmt: skip
# Of a note in the margin: who wrote it and when. Its words are content and stay.
_OF_NOTES: Final = {"/T": "AUTHOR", "/M": "DATES", "/CreationDate": "DATES", "/NM": "PRIVATE_DATA"}
_RUNNING: Final = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToR", "/GoToE", "/Rendition", "/URI"}


def pdf(data: bytes) -> Copy:
    """The pages. Raises Unclean for a locked document, and for pictures of a kind nobody here can look into."""
    try:
        document = Pdf.open(BytesIO(data))
    except pikepdf.PasswordError:
        raise Unclean("ENCRYPTED") from None
    removed: set[str] = set()
    with document:
        if len(document.objects) > OBJECTS_MAX:
            raise Unclean("TOO_MANY")
        if document.is_encrypted:
            raise Unclean("ENCRYPTED")
        if "/Info" in document.trailer:
            removed.add("AUTHOR")
            del document.trailer["/Info"]
        # Lists of pages and what is told of them; everything else hangs on these.
        for each in list(document.objects):
            _clean(each, removed, 0)
        out = BytesIO()
        document.save(out, deterministic_id=True, preserve_pdfa=False, fix_metadata_version=False)
    removed |= {"EARLIER_REVISIONS"} if data.count(b"%%EOF") > 1 else set()
    return Copy(out.getvalue(), "application/pdf", frozenset(removed))


def _clean(each: Object, removed: set[str], depth: int) -> None:
    if depth > DEPTH_MAX:
        raise Unclean("TOO_MANY")
    if isinstance(each, Array):
        for inner in each:
            _deeper(inner, removed, depth)
        return
    if isinstance(each, Stream):
        _stream(each, removed)
    if not isinstance(each, Dictionary | Stream):
        return
    _drop(each, _ANYWHERE, removed)
    if each.get("/Subtype") is not None and "/Rect" in each:
        _drop(each, _OF_NOTES, removed)
    if each.get("/FT") == Name("/Sig") and "/V" in each:
        removed.add("SIGNATURE")
        del each["/V"]
    if "/A" in each and isinstance(each["/A"], Dictionary) and str(each["/A"].get("/S")) in _RUNNING:
        removed.add("LINKS")
        del each["/A"]
    for key in list(each.keys()):
        _deeper(each[key], removed, depth)


def _deeper(inner: Any, removed: set[str], depth: int) -> None:
    # What has a number of its own is visited by it.
    if isinstance(inner, Object) and not inner.is_indirect:
        _clean(inner, removed, depth + 1)


def _drop(each: Object, keys: dict[str, str], removed: set[str]) -> None:
    for key, what in keys.items():
        if key in each:
            del each[key]
            removed.add(what)


def _stream(stream: Stream, removed: set[str]) -> None:
    """Pictures carry their own notes: a photograph's blocks are dropped, what cannot be looked into is refused."""
    filters = stream.get("/Filter")
    names = [str(each) for each in filters] if isinstance(filters, Array) else [str(filters)]
    if "/JPXDecode" in names:
        raise Unclean("UNKNOWN_PART")
    if "/DCTDecode" not in names:
        return
    if names != ["/DCTDecode"]:
        raise Unclean("UNKNOWN_PART")
    cleaned, dropped = without_blocks(stream.read_raw_bytes())
    if dropped:
        removed.add("EXIF")
        stream.write(cleaned, filter=Name("/DCTDecode"))
