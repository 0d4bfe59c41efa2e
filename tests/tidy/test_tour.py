"""Nothing but a demonstration's start can mount the pages that sign in by a button."""

from __future__ import annotations

import ast
import re

from tests.tidy.repository import Source, sources

PAGES = ("app.web.demo", "app.web.tour", "app.web.scenes")


def importers(files: tuple[Source, ...]) -> set[str]:
    """Who names one of these modules, among themselves aside."""
    named = re.compile(r"from app\.web(?:\.(?:demo|tour|scenes) import|\simport [\w, (\n]*\b(?:demo|tour|scenes)\b)")
    own = {f"{module.replace('.', '/')}.py" for module in PAGES}
    return {source.path for source in files if named.search(source.text)} - own


def test_one_function_of_one_module_mounts_them() -> None:
    assert importers(sources("app")) == {"app/main.py"}


def test_another_that_does_is_found() -> None:
    assert importers((Source("app/api/routes.py", "from app.web import demo\n"),)) == {"app/api/routes.py"}
    assert importers((Source("app/web/routes.py", "from app.web.demo import router\n"),)) == {"app/web/routes.py"}


def test_that_function_is_called_for_a_demonstration_alone() -> None:
    (main,) = (source for source in sources("app") if source.path == "app/main.py")
    tree = ast.parse(main.text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node) == "_lead_through"]
    asked = [
        node for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "settings.demo"
        and [ast.unparse(line).partition("(")[0] for line in node.body] == ["_lead_through"]
    ]  # fmt: skip

    assert len(calls) == len(asked) == 1
    # And there the folder itself is asked before anything is mounted.
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    lines = [ast.unparse(line) for line in functions["_lead_through"].body]
    refusing = next(number for number, line in enumerate(lines) if line.startswith("if founded is None"))
    assert all("program.router" not in line for line in lines[:refusing])


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""
