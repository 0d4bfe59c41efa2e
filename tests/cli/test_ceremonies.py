"""The custodians at their terminal, with the real command: what they see, type, and take home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.database import database
from app.settings import Settings
from tests.cli.driving import Amana, environment_of
from tests.cli.terminal import Terminal


@pytest.fixture
def office(spoilt: Amana) -> Iterator[Amana]:
    """A copy of the demonstration, its database running, its five first shares in a file."""
    with database(Settings.read(spoilt.environ())):
        yield spoilt


def deal(office: Amana) -> list[str]:
    """The shares of the file are dealt anew, to three custodians of whom two are needed."""
    words = ("custodians", "setup", "--from", str(office.home / "shares"), "--custodians", "3", "--needed", "2")
    with Terminal(office, *words) as table:
        papers = table.copy_shares(3)
        assert table.end() == 0, table.shown
        assert "The old shares open nothing that is stored here now" in table.shown
    return papers


def holding(folder: Path, words: list[str]) -> list[str]:
    """Files that hold four words of a share in a row: less would be chance."""
    rows = [" ".join(paper.split()[n : n + 4]).encode() for paper in words for n in range(0, 28, 4)]
    files = [each for each in folder.rglob("*") if each.is_file()]
    return [str(file) for file in files if any(row in file.read_bytes() for row in rows)]


@pytest.mark.abuse("H07")
def test_shares_are_dealt_tried_and_recovered_with_and_are_written_nowhere(office: Amana) -> None:
    first = (office.home / "shares").read_text().splitlines()
    papers = deal(office)
    assert [len(paper.split()) for paper in papers] == [33, 33, 33]
    cast = office.cast()
    reference = sorted(cast["cases"])[0]
    codes = {login: member["code"] for login, member in cast["members"].items()}

    with Terminal(office, "custodians", "test") as table:
        table.bring(papers[2], papers[0])
        told = environment_of(table.process.pid)
        assert table.end() == 0, table.shown
    assert not any("academic" in value or papers[0].split()[5] in value.split() for value in told.values())

    words = ["custodians", "recover", "--case", reference, "--run-by", "nobody"]
    words += ["--to", codes["narrative"], "--to", codes["protection"]]
    with Terminal(office, *words) as table:
        table.until(f"goes to {' and '.join(sorted((codes['narrative'], codes['protection'])))}")
        table.bring(papers[0], papers[1])
        assert table.end() == 0, table.shown
        assert f"{codes['narrative']}: RELEASE" in table.shown
    assert (office.home / "shares").read_text().splitlines() == first
    # The control: the hunt finds the one file that is there to be found.
    assert holding(office.home, first) == [str(office.home / "shares")]
    assert holding(office.home, papers) == []


@pytest.mark.abuse("H07")
def test_a_share_that_does_not_belong_is_named_at_the_table(office: Amana) -> None:
    good = (office.home / "shares").read_text().splitlines()
    stranger = " ".join(["academic", *good[1].split()[1:]])

    with Terminal(office, "custodians", "test") as table:
        table.bring(good[0], stranger)
        table.until("Share number 2 is mistyped, was given twice or belongs to another set.")
        table.bring(good[0])
        table.until("Share number 2 is mistyped, was given twice or belongs to another set.")
        table.bring(stranger)
        assert table.end() == 2
    with Terminal(office, "custodians", "test") as table:
        table.bring(good[0], good[4])
        table.until("An empty line ends.")
        table.type("")
        assert table.end() == 2
        assert "too few" in table.shown


def test_a_pipe_is_no_table(seeded: Amana) -> None:
    for words in (("test",), ("replace",), ("setup",)):
        done = seeded.run("custodians", *words, stdin="academic\n" * 40)
        assert (done.code, "sit down at a terminal" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", "S-333333", "--case", "X"), "two different people"),
        (("--to", "S-333333", "--to", "S-333333", "--case", "X"), "two different people"),
        (("--to", "S-333333", "--to", "S-444444", "--team", "intake"), "one lead"),
        (("--to", "S-333333"), "either --case REFERENCE or --team TEAM"),
    ],
)
def test_a_recovery_that_is_not_said_whole_is_refused(seeded: Amana, words: tuple[str, ...], told: str) -> None:
    done = seeded.run("custodians", "recover", "--run-by", "nobody", *words)

    assert (done.code, told in done.err) == (2, True)


def test_a_recovery_names_who_runs_it(seeded: Amana) -> None:
    assert seeded.run("custodians", "recover", "--to", "S-333333", "--team", "intake").code == 2


def test_more_shares_than_there_are_cannot_be_needed(seeded: Amana) -> None:
    done = seeded.run("custodians", "replace", "--custodians", "3", "--needed", "4")

    assert (done.code, "more than there are" in done.err) == (2, True)
