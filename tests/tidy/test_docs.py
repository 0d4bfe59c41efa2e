"""The documents say what is so: their commands exist, their paths and links lead somewhere, their lists are whole."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import fields
from pathlib import Path

import pytest

from app.settings import Settings
from tests.cli.every import every_command

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
RUNBOOK = (ROOT / "deploy" / "RUNBOOK.md").read_text("utf-8")
NOTICES = (ROOT / "THIRD_PARTY_NOTICES.md").read_text("utf-8")
PAGES = sorted(
    path for top in (ROOT, *(ROOT / name for name in ("app", "deploy", "policies", "tests")))
    for path in (top.glob("*.md") if top == ROOT else top.rglob("*.md"))
)  # fmt: skip

# Words that sound as if the software could grant what only a law or a court can (brief of the design).
NEVER = ("safe conduct", "immunity", "amnesty", "guarantee", "guaranteed", "we promise you", "fully protected", "100 %")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def commands(text: str) -> list[str]:
    """Lines of the fenced ``sh`` blocks of a page."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def amana_commands() -> set[str]:
    """Every command of the operator: ``init``, ``audit verify``; a group's own name too."""
    return {word for words in every_command() for word in (words[0], " ".join(words))}


def spoken(text: str) -> set[str]:
    """Commands of the operator that a page names, in code or in a block: the longest that could be one."""
    known, found = amana_commands(), set()
    for first, second in re.findall(r"(?:^|`)amana ([a-z]+)(?: ([a-z]+))?", text, re.MULTILINE):
        both = f"{first} {second}"
        group = any(name.startswith(f"{first} ") for name in known)
        found.add(both if second and group else first)
    return found


def exists(command: str) -> bool:
    words = command.split()
    if words[0] == "make":
        return {word for word in words[1:] if "=" not in word} <= targets()
    return words[0] == "amana" and " ".join(words[1:3]) in amana_commands()


def slug(heading: str) -> str:
    """The anchor of a heading, as forges make it."""
    kept = "".join(c for c in heading.lower() if c in "-_ " or unicodedata.category(c)[0] in "LN")
    return kept.strip().replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {slug(line.lstrip("#")) for line in page.read_text("utf-8").splitlines() if line.startswith("#")}


def broken_links(page: Path) -> list[str]:
    """Relative links of a page that lead nowhere, by file or by heading."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (heading and heading not in anchors(target)):
            broken.append(link)
    return broken


def mapped(text: str) -> set[str]:
    """Paths in the first column of README's map."""
    table = text.split("## The map")[1].split("\n## ")[0]
    return {path for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE) for path in re.findall(r"`([^`]+)`", row)}


def locked() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE))


def documented_settings() -> dict[str, tuple[str, bool]]:
    """Name -> its default as the runbook prints it, and whether it is marked as not read yet."""
    table = RUNBOOK.split("## Settings")[1].split("\n## ")[0]
    found: dict[str, tuple[str, bool]] = {}
    for row in re.findall(r"^\| (`.*?) \| (.*?) \| ", table, re.MULTILINE):
        names = re.findall(r"`([a-z0-9_]+)`( †)?", row[0])
        defaults = [part.strip(" `") for part in row[1].split(", ")]
        found |= {name: (default, bool(mark)) for (name, mark), default in zip(names, defaults, strict=True)}
    return found


def printed(value: object) -> str:
    return (
        {"": "empty", False: "no", True: "yes"}.get(value, str(value)) if isinstance(value, str | bool) else str(value)
    )


def is_read(name: str) -> bool:
    """Whether anything but its own definition uses a setting."""
    use = re.compile(rf"(?:settings|self|read|own)\.{name}\b")
    return any(use.search(path.read_text("utf-8")) for path in (ROOT / "app").rglob("*.py"))


def test_every_command_in_the_readme_is_there() -> None:
    told = commands(README)

    assert {"make run", "make test", "make help"} <= set(told)
    assert [line for line in told if not exists(line)] == []


def test_every_command_for_contributors_is_there() -> None:
    told = commands((ROOT / "CONTRIBUTING.md").read_text("utf-8"))

    assert told
    assert [line for line in told if not exists(line)] == []


@pytest.mark.parametrize("made_up", ["make tea", "make test brew", "amana audit forge", "amana", "rm -rf var"])
def test_a_command_that_is_not_there_is_found(made_up: str) -> None:
    assert not exists(made_up)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_operator_command_a_page_names_is_there(page: Path) -> None:
    assert spoken(page.read_text("utf-8")) - amana_commands() == set()


def test_an_operator_command_that_is_not_there_is_found() -> None:
    assert spoken("run `amana audit forge` or\namana divine") - amana_commands() == {"audit forge", "divine"}


def test_every_path_in_the_map_is_there() -> None:
    assert [path for path in sorted(mapped(README)) if not (ROOT / path).exists()] == []


def test_the_map_names_every_part_of_the_product() -> None:
    parts = {
        f"app/{path.name}{'/' if path.is_dir() else ''}" for path in (ROOT / "app").iterdir()
        if not path.name.startswith("_") and (path.suffix == ".py" or (path / "__init__.py").exists())
    }  # fmt: skip

    assert parts - mapped(README) == set()


def test_the_contracts_in_pyproject_and_the_map_know_the_same_parts() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    named = {re.sub(r"[()]", "", part) for layer in layers for part in re.split(r"[ |:]+", layer) if "(" not in part}

    assert {
        path.removeprefix("app/").removesuffix("/").removesuffix(".py") for path in mapped(README) if "app/" in path
    } == named


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One heading\n[a](gone.md) [b](#no-heading) [c](#one-heading) [d](page.md) [e](https://c2sp.org)\n"
    )

    assert broken_links(page) == ["gone.md", "#no-heading"]


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "LICENSE"], ids=name_of)
def test_no_page_sounds_like_a_promise_in_law(page: Path) -> None:
    text = " ".join(page.read_text("utf-8").lower().split())

    assert [word for word in NEVER if re.search(rf"\b{re.escape(word)}(?!\w)", text)] == []


def test_every_setting_is_documented_with_its_default() -> None:
    told = {name: default for name, (default, _) in documented_settings().items()}

    assert told == {field.name: printed(field.default) for field in fields(Settings)}


def test_a_setting_without_effect_is_marked_and_no_other_is() -> None:
    marked = {name for name, (_, mark) in documented_settings().items() if mark}

    assert marked == {field.name for field in fields(Settings) if not is_read(field.name)}


def test_the_settings_page_is_where_the_program_says_it_is() -> None:
    assert "deploy/RUNBOOK.md" in (ROOT / "app" / "settings.py").read_text("utf-8")
    assert "The log does not extend its checkpoint" in (ROOT / "app" / "audit" / "sequencer.py").read_text("utf-8")
    assert "\n## The log does not extend its checkpoint\n" in RUNBOOK


def test_the_notices_name_every_locked_package_and_version_and_no_other() -> None:
    rows = re.findall(r"^\| ([a-z0-9-]+(?:, [a-z0-9-]+)*) \| ([0-9][^ ]*) \| [A-Z]", NOTICES, re.MULTILINE)
    named = {name: version for names, version in rows for name in names.split(", ")}

    assert named == locked()


def test_the_notices_give_a_reason_for_every_package_we_chose() -> None:
    chosen = {
        re.split(r"[\[>]", line)[0].lower()
        for line in (ROOT / "requirements.in").read_text("utf-8").splitlines() if line and not line.startswith("#")
    }  # fmt: skip
    table = NOTICES.split("## Chosen by us")[1].split("\n## ")[0]
    reasons = dict(re.findall(r"^\| ([a-z0-9-]+)[^|]*\|[^|]*\|[^|]*\| (.+) \|$", table, re.MULTILINE))

    assert set(reasons) - {"package"} == chosen
    assert all(len(reason) > 20 for name, reason in reasons.items() if name in chosen)


def test_the_licence_is_the_whole_text_of_the_agpl() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")

    assert "GNU AFFERO GENERAL PUBLIC LICENSE\n                       Version 3, 19 November 2007" in text
    assert [f"  {number}. " in text for number in range(18)] == [True] * 18
    assert text.endswith("<https://www.gnu.org/licenses/>.\n")
    assert "AGPL-3.0-or-later" in README
