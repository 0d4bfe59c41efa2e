"""Collect every sentence that a page of the staff can show, and bring the catalogues up to date with it.

``make words``. Sentences stand in templates, in tables marked ``N_``, in refusals, and in the
rules' own ``@says``. What was translated stays; what is new waits empty; what nobody says any
more is dropped. ``--check`` writes nothing and fails if a catalogue is behind or has a gap.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).parents[1]
LOCALE: Final = ROOT / "app" / "web" / "locale"
TRANSLATED: Final = ("ar", "fr")
# Babel orders Arabic's forms 4 and 5 otherwise; this is the usual header, and a test counts with it.
PLURALS: Final = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
    "fr": "nplurals=2; plural=(n > 1);",
}
REVIEW: Final = "Translated with care, and not yet read by a native reviewer of the field. Tone: an invitation."
REFUSALS: Final = {
    "Conflict", "Unprocessable", "NotFound", "Denied", "Unavailable", "TooLarge", "SignInRefused", "WeakPassphrase",
}  # fmt: skip
# ``gettext`` is what a ``trans`` block of a template turns into.
CALLS: Final[dict[str, Any]] = {"N_": None, "_": None, "gettext": None, "ngettext": (1, 2)}
_PLURALS: Final = re.compile(r'"Plural-Forms: (?:[^"\\]|"\n")*\\n"\n')
_SAYS: Final = re.compile(r'@says\("([^"]+)"\)')


def collected() -> Catalog:
    """Every sentence there is, as a catalogue without translations."""
    made = Catalog(project="Amana", charset="utf-8")
    for where, message in sorted(_sentences(), key=lambda found: str(found[1])):
        made.add(message, locations=[(where, 0)])
    return made


def updated(language: str, template: Catalog) -> Catalog:
    """A language's catalogue with all sentences of today and the translations it has."""
    path = LOCALE / language / "LC_MESSAGES" / "staff.po"
    known: Any = read_po(BytesIO(path.read_bytes()), locale=language) if path.is_file() else Catalog(locale=language)
    made = Catalog(locale=language, project="Amana", charset="utf-8", fuzzy=False)
    made.header_comment = f"# Amana, pages of the staff, {language}.\n# {REVIEW}"
    for message in template:
        if message.id:
            before = known.get(message.id)
            translated = before.string if before is not None and not before.fuzzy else None
            made.add(message.id, translated or None, locations=message.locations)
    return made


def written(language: str, made: Catalog) -> bytes:
    """The text of a catalogue; nothing in it changes with the day it is written."""
    out = BytesIO()
    write_po(out, made, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)
    text = out.getvalue().decode()
    text = re.sub(r'"(POT-Creation|PO-Revision)-Date: [^"]*\\n"\n', "", text)
    text = re.sub(r'"Generated-By: [^"]*\\n"\n', "", text)
    text = re.sub(r'"(Last-Translator|Language-Team|Report-Msgid-Bugs-To): [^"]*\\n"\n', "", text)
    # A long header goes on in a string of its own on the next line.
    return _PLURALS.sub(lambda _: f'"Plural-Forms: {PLURALS[language]}\\n"\n', text, count=1).encode()


def gaps(made: Catalog) -> list[str]:
    """Sentences without a translation in every form."""
    return [
        str(message.id) for message in made
        if message.id and not (all(message.string) if isinstance(message.string, tuple) else message.string)
    ]  # fmt: skip


def _sentences() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    options = {"encoding": "utf-8", "newstyle_gettext": "true", "trimmed": "false", "silent": "false"}
    for folder in ("app/edge", "app/web"):
        for name, _line, message, _comments, _context in extract_from_dir(
            ROOT / folder, method_map=[("templates/**.html", "jinja2"), ("**.py", "python")],
            options_map={"templates/**.html": options}, keywords=CALLS,
        ):  # fmt: skip
            yield f"{folder}/{name}", message
    for path in sorted((ROOT / "app").rglob("*.py")):
        yield from ((str(path.relative_to(ROOT)), said) for said in _refusals(path))
    for path in sorted((ROOT / "policies").glob("*.cedar")):
        yield from ((str(path.relative_to(ROOT)), said) for said in _SAYS.findall(path.read_text()))


def _refusals(path: Path) -> Iterator[str]:
    """The sentences of refusals in a module: of their classes, and of single ones."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSALS and node.args:
            said = node.args[0]
            either = (said.body, said.orelse) if isinstance(said, ast.IfExp) else (said,)
            yield from (str(part.value) for part in either if isinstance(part, ast.Constant))
        if isinstance(node, ast.ClassDef):
            yield from _own_sentence(node)


def _own_sentence(node: ast.ClassDef) -> Iterator[str]:
    for line in node.body:
        if isinstance(line, ast.Assign):
            names, values = line.targets[0], line.value
        elif isinstance(line, ast.AnnAssign) and line.value is not None:
            names, values = line.target, line.value
        else:
            continue
        pairs = (
            zip(names.elts, values.elts, strict=False)
            if isinstance(names, ast.Tuple) and isinstance(values, ast.Tuple)
            else [(names, values)]
        )
        for name, value in pairs:
            if getattr(name, "id", "") == "sentence" and isinstance(value, ast.Constant):
                yield str(value.value)


def main() -> int:
    """Write both catalogues, or check them. Returns 1 if something is missing."""
    template, missing = collected(), 0
    for language in TRANSLATED:
        made = updated(language, template)
        path = LOCALE / language / "LC_MESSAGES" / "staff.po"
        text, open_ = written(language, made), gaps(made)
        if "--check" in sys.argv:
            behind = not path.is_file() or path.read_bytes() != text
            sys.stdout.write(f"{language}: {len(open_)} to translate{', behind: run make words' if behind else ''}\n")
            missing += len(open_) + behind
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
            sys.stdout.write(f"{language}: {len(made)} sentences, {len(open_)} to translate\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
