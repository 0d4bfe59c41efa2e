"""No code stands twice: a body that two functions share is one function that has not been named yet."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable

import pytest

from tests.tidy.repository import Function, Source, sources

# Below this many parts of its tree a body is a call or two, and to share it would say less than to repeat it.
PARTS_MIN = 20


def twice(files: Iterable[Source]) -> list[list[str]]:
    """The functions whose bodies are alike but for docstring and layout; tests are as they read, and may be."""
    found: dict[str, list[str]] = defaultdict(list)
    for source in files:
        for name, function in source.functions():
            body = _without_docstring(function)
            if not name.startswith("test_") and sum(1 for each in body for _ in ast.walk(each)) >= PARTS_MIN:
                found[ast.dump(ast.Module(body, []))].append(f"{source.path}: {name}")
    return [places for places in found.values() if len(places) > 1]


def _without_docstring(function: Function) -> list[ast.stmt]:
    return function.body[1:] if ast.get_docstring(function) is not None else function.body


@pytest.mark.parametrize("folder", ["app", "tests", "frontend", "migrations"])
def test_no_function_stands_twice(folder: str) -> None:
    assert twice(sources(folder)) == []


def test_a_function_that_stands_twice_is_found_under_any_name_and_layout() -> None:
    first = "def a(x):\n    '''Why.'''\n    y = [each.name for each in x if each.good]\n    return sorted(y)[:9]\n"
    second = (
        "class B:\n  def b(self, x):\n    y = [each.name\n      for each in x if each.good]\n    return sorted(y)[:9]\n"
    )
    other = "def c(x):\n    y = [each.name for each in x if each.bad]\n    return sorted(y)[:9]\n"
    files = [Source("one.py", first), Source("two.py", second), Source("three.py", other)]

    assert twice(files) == [["one.py: a", "two.py: B.b"]]
