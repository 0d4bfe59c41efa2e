"""What browsers are given: built from what is written here, leaning to no side, loading nothing from anywhere."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import struct
from pathlib import Path

import pytest

from tests.tidy.repository import ROOT

FRONTEND = ROOT / "frontend"
STATIC = {"app": ROOT / "app/web/static", "portal": ROOT / "app/portal/static"}
SHEETS = {"app": STATIC["app"] / "app.css", "portal": STATIC["portal"] / "portal.css"}
LAYERS = {"app": ("am-both.css", "am.css"), "portal": ("am-both.css", "am-portal.css")}
GZ_BYTES_MAX = {"app.css": 13_000, "govuk-frontend.min.js": 11_400, "app.js": 5_000, "portal.css": 10_500}
# Shapes that lean, each with what happens to it where writing runs from the right.
SHAPES = {
    ".govuk-back-link::before": "mirrored",
    ".govuk-details__summary::before": "mirrored",
    ".govuk-details[open]>.govuk-details__summary::before": "mirrored",
    ".govuk-checkboxes__label::after": "a tick is a tick in every language",
    ".govuk-visually-hidden": "hides on all sides alike",
    ".govuk-visually-hidden-focusable": "hides on all sides alike",
    ".govuk-skip-link": "hides on all sides alike",
}
AROUND = {"margin", "padding", "inset", "border-width", "border-style", "border-color"}
SIDE = re.compile(r"\b(?:left|right)\b")


def declarations(css: str) -> list[tuple[str, str, str]]:
    """Selector, property and value of each declaration, without comments and blanks that mean nothing."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found = []
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        for line in filter(str.strip, body.split(";")):
            name, _, value = line.partition(":")
            found.append((_tight(selector), name.strip(), _tight(value)))
    return found


def _tight(text: str) -> str:
    """As small as sass writes it, which also leaves out a calc() inside a max()."""
    text = re.sub(r"\bcalc\(([^()]*\([^()]*\)[^()]*|[^()]*)\)", r"\1", text.strip().removesuffix("!important"))
    return re.sub(r"\b0%", "0", re.sub(r"\s*([>,:+]|\s)\s*", r"\1", text.strip()))


def leaning(css: str) -> set[tuple[str, str, str]]:
    """What is the same for every direction of writing and should not be: sides by name, shapes and shifts."""
    return {
        (selector, name, value)
        for selector, name, value in declarations(css)
        if SIDE.search(name) or SIDE.search(value) or name in {"clip-path", "background-position", "transform-origin"}
        or re.search(r"translate(?:X|3d)?\(|rotate\(", value) or (name in AROUND and unequal(value))
    }  # fmt: skip


def unequal(value: str) -> bool:
    """Four values round a box, of which the two sides differ."""
    values = re.sub(r"\([^()]*\)", "()", value).split()
    return len(values) == 4 and values[1] != values[3]


def own(name: str) -> str:
    return "\n".join((FRONTEND / layer).read_text() for layer in LAYERS[name])


def reviewed(name: str) -> set[tuple[str, str, str]]:
    """What the script left alone, by the list that somebody read."""
    lines = (FRONTEND / "unconverted.txt").read_text().splitlines()
    return leaning("\n".join(line.removeprefix(f"{name}: ") for line in lines if line.startswith(f"{name}: ")))


@pytest.mark.parametrize("name", SHEETS)
def test_what_leans_to_a_side_is_on_the_list_that_was_read(name: str) -> None:
    assert leaning(SHEETS[name].read_text()) - leaning(own(name)) == reviewed(name)
    assert len(reviewed(name)) > 10


@pytest.mark.parametrize("name", SHEETS)
def test_the_only_sides_named_are_those_of_the_glass(name: str) -> None:
    """A notch is where it is, whatever the language; nothing else names left or right."""
    named = [each for each in leaning(SHEETS[name].read_text()) if SIDE.search(each[1] + each[2])]

    assert len(named) == 6
    assert all("safe-area-inset" in value for _, _, value in named)


@pytest.mark.parametrize("name", SHEETS)
def test_a_shape_that_leans_is_mirrored_or_needs_no_mirror(name: str) -> None:
    shapes = {selector.split(":not(")[0] for selector, _, value in reviewed(name) if "safe-area" not in value}
    mirrored = {selector.replace(":dir(rtl)", "") for selector, _, _ in leaning(own(name)) if ":dir(rtl)" in selector}

    assert shapes == set(SHAPES)
    assert {shape for shape in shapes if SHAPES[shape] == "mirrored"} <= mirrored


def test_our_own_layer_names_no_side() -> None:
    texts = {
        path.name: re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL) for path in FRONTEND.glob("am*.css")
    }

    assert len(texts) == 3
    assert {name for name, text in texts.items() if SIDE.search(text)} == set()


def test_a_declaration_that_leans_is_found() -> None:
    css = (
        "a{margin-left:1px}@media print{b > c:hover{float:right;clip-path:inset(50%)}}"
        "d{margin-inline-start:1px;margin:0 1px 0 1px;padding:0 1px 0 2px}"
    )

    assert leaning(css) == {
        ("a", "margin-left", "1px"),
        ("b>c:hover", "float", "right"),
        ("b>c:hover", "clip-path", "inset(50%)"),
        ("d", "padding", "0 1px 0 2px"),
    }


@pytest.mark.parametrize("folder", STATIC.values(), ids=list(STATIC))
def test_every_file_is_the_one_whose_hash_is_kept(folder: Path) -> None:
    kept = {line.split("  ")[1]: line.split("  ")[0] for line in hashes(folder) if not line.startswith("#")}
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    del there["ASSETS.sha256"]

    assert there == kept


def hashes(folder: Path) -> list[str]:
    return (folder / "ASSETS.sha256").read_text().splitlines()


@pytest.mark.parametrize("folder", STATIC.values(), ids=list(STATIC))
def test_the_list_says_where_each_file_is_from(folder: Path) -> None:
    lines = hashes(folder)
    package = json.loads((FRONTEND / "package.json").read_text())["devDependencies"]
    said = dict(re.findall(r"(govuk-frontend|sass|esbuild) ([\d.]+)", "\n".join(lines)))

    assert all(before.startswith("# ") for before in lines[1::2])
    assert said.items() <= package.items()
    assert "govuk-frontend" in said


@pytest.mark.parametrize("path", sorted({*STATIC["app"].glob("*.css"), *STATIC["portal"].glob("*.css")}))
def test_a_stylesheet_loads_nothing_and_shows_no_crest(path: Path) -> None:
    css = path.read_text()

    assert re.findall(r"url\(|@import|@font-face|https?:|data:|crown|crest|GDS", css) == []


@pytest.mark.parametrize("path", sorted(STATIC["app"].glob("*.js")))
def test_a_script_writes_no_markup_and_keeps_nothing(path: Path) -> None:
    """Trusted Types would stop it in the browser; here it does not get that far."""
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage|sessionStorage"
    )
    script = path.read_text()

    assert re.findall(forbidden + r"|indexedDB|document\.cookie|https?://|\.style\b|sourceMappingURL", script) == []


def test_the_files_are_as_small_as_promised() -> None:
    sizes = {
        path.name: len(gzip.compress(path.read_bytes(), 9))
        for folder in STATIC.values() for path in folder.iterdir() if path.name in GZ_BYTES_MAX
    }  # fmt: skip

    assert set(sizes) == set(GZ_BYTES_MAX)
    assert {name: size for name, size in sizes.items() if size > GZ_BYTES_MAX[name]} == {}


@pytest.mark.parametrize("folder", STATIC.values(), ids=list(STATIC))
def test_a_picture_says_nothing_of_who_drew_it(folder: Path) -> None:
    assert [chunks(path.read_bytes()) for path in folder.glob("*.png")] == [["IHDR", "PLTE", "IDAT", "IEND"]]


def chunks(png: bytes) -> list[str]:
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found.append(png[at + 4 : at + 8].decode("ascii"))
        at += 12 + length
    return found


def test_a_picture_with_a_date_in_it_is_found() -> None:
    png = (STATIC["app"] / "favicon.png").read_bytes()
    dated = png[:-12] + struct.pack(">I", 4) + b"tIME" + bytes(8) + png[-12:]

    assert chunks(dated) == ["IHDR", "PLTE", "IDAT", "tIME", "IEND"]


def test_nobody_indexes_these_pages() -> None:
    assert {(folder / "robots.txt").read_text() for folder in STATIC.values()} == {"User-agent: *\nDisallow: /\n"}


def test_the_lock_file_holds_hashes_and_no_host() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    packages = [package for name, package in lock["packages"].items() if name]

    assert len(packages) > 4
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert not any("resolved" in package for package in packages)
