"""The rules of the house about files, functions, commits and words. Each list of exceptions can only shrink."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.tidy.repository import ROOT, Function, Source, length, program, sources, tracked

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60

# Long functions, each with its reason.
LONG_FUNCTIONS: dict[str, str] = {}
# Who may commit besides the office, whose transactions end with their ``with``.
COMMITTERS = {
    "app/audit/sequencer.py": "places, tiles and checkpoints each become durable before the next step begins",
}
# Who opens a session of SQLAlchemy: the office, whose transactions all writes go through.
SESSIONS = {
    "app/work/office.py": "the one boundary where things are done, recorded and committed",
    "app/cli/log.py": "verifying the log from the command line reads it with a role that may only read",
}
DOCUMENTED = ("crypto", "audit", "policy", "keyholders", "work")
# Words that promise, accuse or judge. A witness is a witness.
NEVER_SHOWN = ("defector", "terrorist", "informant", "immune", "immunity", "safe conduct", "reformed", "amnesty")
# The one sentence in which such a word may stand: it says that there is none, of a promise that is taken for it.
DENIED = "a contract, not immunity"
MACHINE = re.compile(
    r"(?<![\w.$])/(?:work|root|home(?!/amana))/\w|/tmp/(?:specs|bash)"
    r"|py[p]i\.org|python[h]osted\.org|registry\.npm[j]s|--(?:extra-)?index-url"
)


def app() -> tuple[Source, ...]:
    return sources("app")


# layers


def test_every_import_goes_down() -> None:
    """The contracts of pyproject.toml: layers, the wall, who may touch keys, what surfaces may reach."""
    ran = program("lint-imports", "--no-cache")

    assert ran.returncode == 0, ran.stdout[-3000:]
    assert " 0 broken" in ran.stdout


def test_no_folder_is_a_drawer_for_everything() -> None:
    folders = {path.parent.name for path in tracked()} | {path.stem for path in tracked() if path.suffix == ".py"}

    assert folders & {"utils", "util", "helpers", "helper", "common", "core", "misc", "lib"} == set()


def test_no_folder_is_deep() -> None:
    assert max(source.path.count("/") for source in app()) <= 3


# commits


def committers(files: Iterable[Source]) -> set[str]:
    return {source.path for source in files if re.search(r"\.commit\(", source.text)}


def test_who_may_commit_is_on_the_list() -> None:
    assert committers(app()) == set(COMMITTERS)


def test_a_commit_anywhere_else_is_found() -> None:
    stray = Source("app/cases/actions.py", "def open_case(work):\n    work.session.commit()\n")

    assert committers([stray]) == {"app/cases/actions.py"}


def test_no_session_is_made_outside_the_office() -> None:
    """A session of one's own would be a way around the log."""
    made = {source.path for source in app() if re.search(r"(?<![\w.])(?:Session|sessionmaker)\(", source.text)}

    assert made <= set(SESSIONS)


# size


def long_functions(files: Iterable[Source]) -> dict[str, int]:
    return {
        f"{source.path}:{name}": length(function)
        for source in files
        for name, function in source.functions()
        if length(function) > FUNCTION_LINES_MAX
    }


def test_no_function_is_longer_than_a_screen() -> None:
    assert set(long_functions(app())) == set(LONG_FUNCTIONS)


def test_a_long_function_is_found_and_its_docstring_is_not_counted() -> None:
    body = "    x = 1\n"

    assert long_functions([Source("a.py", "def f():\n" + body * 61)]) == {"a.py:f": 62}
    assert long_functions([Source("a.py", 'def f():\n    """' + "\n" * 40 + '    """\n' + body * 59)]) == {}
    assert long_functions([Source("a.py", "class A:\n    def f(self):\n" + "    " * 1 + (body + "    ") * 61)]) != {}


def test_functions_are_short_as_a_rule() -> None:
    lengths = sorted(length(function) for source in app() for _, function in source.functions())

    assert lengths[len(lengths) // 2] <= 12


def test_no_file_has_no_end() -> None:
    assert {source.path for source in app() if source.lines > FILE_LINES_MAX} == set()


def test_there_is_as_much_test_as_code() -> None:
    tested, written = (sum(source.lines for source in sources(folder)) for folder in ("tests", "app"))

    assert tested >= written


# words


def undocumented(files: Iterable[Source]) -> list[str]:
    """Public functions without a docstring; inner functions and the methods Python names are not public."""
    return [
        f"{source.path}:{name}"
        for source in files
        for name, function in source.functions()
        if not _private(name) and not _inner(source, function) and ast.get_docstring(function) is None
    ]


def _private(name: str) -> bool:
    return any(part.startswith("_") for part in name.split("."))


def _inner(source: Source, function: Function) -> bool:
    outer = [f for _, f in source.functions() if f.lineno < function.lineno]
    return any(function.lineno <= (f.end_lineno or 0) for f in outer)


@pytest.mark.parametrize("part", DOCUMENTED)
def test_every_public_function_of_the_core_says_what_it_gives(part: str) -> None:
    assert undocumented(sources(f"app/{part}")) == []


def test_a_public_function_that_says_nothing_is_found() -> None:
    text = 'def told():\n    """Says."""\n\ndef mute():\n    return 1\n\ndef _own():\n    return 1\n'

    assert undocumented([Source("a.py", text)]) == ["a.py:mute"]


def unnamed(files: Iterable[Source]) -> list[str]:
    """Public functions that raise something which their docstring does not name."""
    return [
        f"{source.path}:{name}: {error}"
        for source in files
        for name, function in source.functions()
        if not _private(name) and not _inner(source, function)
        for error in sorted(_raised(function))
        if error not in (ast.get_docstring(function) or "")
    ]


def _raised(function: ast.AST) -> set[str]:
    """The classes that are raised in a body, by their last name; a function within raises for itself."""
    found: set[str] = set()
    for each in ast.iter_child_nodes(function):
        if isinstance(each, ast.Raise) and each.exc is not None:
            error = ast.unparse(each.exc.func if isinstance(each.exc, ast.Call) else each.exc).rsplit(".", 1)[-1]
            # What is caught and raised again, or made by a function, has no name here.
            found |= {error} if error[0].isupper() else set()
        elif not isinstance(each, Function | ast.Lambda | ast.ClassDef):
            found |= _raised(each)
    return found


@pytest.mark.parametrize("part", DOCUMENTED)
def test_every_public_function_of_the_core_names_what_it_raises(part: str) -> None:
    assert unnamed(sources(f"app/{part}")) == []


def test_an_error_that_no_docstring_names_is_found() -> None:
    text = (
        'def told():\n    """Or NotFound."""\n    if 1:\n        raise NotFound\n\n'
        'def mute():\n    """Says."""\n    try:\n        raise errors.Conflict("x")\n    except E:\n        raise\n\n'
        "def _own():\n    raise ValueError\n"
    )

    assert unnamed([Source("a.py", text)]) == ["a.py:mute: Conflict"]


def test_every_module_opens_with_what_it_is_for() -> None:
    empty = {source.path for source in app() if source.text.strip() and not ast.get_docstring(source.tree)}

    assert empty == set()


def said(source: Source) -> list[str]:
    """Text constants of a file that are no docstrings: what a screen or an answer may show."""
    tree = source.tree
    mute = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in mute
    ]


def forbidden(texts: Iterable[str]) -> set[str]:
    told = [text.replace(DENIED, "") for text in texts]
    return {word for word in NEVER_SHOWN for text in told if re.search(rf"\b{word}s?\b", text, re.IGNORECASE)}


def shown() -> list[Path]:
    """Templates, catalogues of translations, and the sentences of the rules."""
    ending = {".html", ".jinja", ".txt", ".po", ".json", ".ftl"}
    under_app = [p for p in tracked() if p.is_relative_to(ROOT / "app") and p.suffix in ending]
    return [p for p in under_app if p.name != "blocklist.txt"] + sorted((ROOT / "policies").glob("*.cedar"))


def test_no_screen_says_a_word_that_promises_or_accuses() -> None:
    pages = [path.read_text() for path in shown()]

    assert len(pages) > 10
    assert forbidden(pages) == set()


def test_no_answer_of_the_program_says_one_either() -> None:
    assert forbidden(text for source in app() for text in said(source)) == set()


def test_a_word_that_accuses_is_found() -> None:
    assert forbidden(["The Defectors of 2014"]) == {"defector"}
    assert forbidden([DENIED, "a contract, and immunity"]) == {"immunity"}
    assert said(Source("a.py", '"""A docstring: informant."""\nx = "an informant"\n')) == ["an informant"]


def test_no_file_names_a_machine_or_a_registry() -> None:
    texts = {path: path.read_text(errors="ignore") for path in tracked() if path.suffix not in {".png", ".woff2"}}

    assert {str(p.relative_to(ROOT)): m[0] for p, text in texts.items() if (m := MACHINE.search(text))} == {}


# Put together here, so that this file names none either.
@pytest.mark.parametrize(
    "line", ["/" + "root/x", "see /" + "work/main/app", "--index" + "-url http://x", "https://py" + "pi.org/simple"]
)
def test_a_line_that_names_one_is_found(line: str) -> None:
    assert MACHINE.search(line)


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    mine = Path(__file__).name

    assert [s.path for s in (*app(), *sources("tests")) if later.search(s.text) and not s.path.endswith(mine)] == []


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py") if "__pycache__" not in path.parts}

    assert [str(f.relative_to(ROOT)) for f in folders if not (f / "__init__.py").exists()] == []


def test_every_case_that_a_test_names_exists() -> None:
    """Ids of the security design: a group's letter and number, or one of the six invariants.

    D is a group of abuse cases up to 15 and of acceptance tests of the domain up to 55.
    """
    last = {"A": 17, "B": 11, "C": 8, "D": 55, "E": 12, "F": 7, "G": 13, "H": 9, "J": 11, "K": 8, "L": 7}
    every = {f"{letter}{n:02d}" for letter, most in last.items() for n in range(1, most + 1)}
    every |= {f"I{n}" for n in range(1, 7)}
    named = {n for s in sources("tests") for n in re.findall(r"mark\.(?:abuse|domain)\(\"([^\"]+)\"", s.text)}

    assert len(named) > 30
    assert named - every == set()


def test_a_list_of_exceptions_gives_a_reason_for_each() -> None:
    for reasons in (LONG_FUNCTIONS, COMMITTERS, SESSIONS):
        assert all(len(reason.split()) > 4 for reason in reasons.values())
