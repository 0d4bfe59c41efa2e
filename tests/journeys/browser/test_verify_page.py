"""The verifier that is a page: it opens from the disk, reaches no network, and agrees with the other one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.audit.canonical import commitment
from app.audit.cosignature import cosign
from app.audit.export import Entry, write_export
from app.audit.note import COSIGNATURE, split_note, verifier_key
from app.audit.trust import Trust
from tests.audit.sample_log import (
    OTHER_SEED,
    SEED,
    Dice,
    entries,
    entry,
    export,
    files_of,
    key,
    public,
    save,
    signed,
    tampered,
)
from tests.audit.test_succession import FIRST, TWICE, UNVOUCHED, mine
from tests.audit.test_succession import export as changed
from tests.kit import verify_log

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGE = Path(verify_log.__file__).with_name("verify.html")
LOG = entries(600)
TRIALS = 120


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(PAGE.as_uri())
    yield opened
    opened.close()
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == [], "nothing leaves the machine"


def judged(page: Page, folder: Path, trust: Path | None = None, saved: Path | None = None) -> dict[str, Any]:
    """What the page says of a folder, after somebody chose it and pressed the button."""
    page.reload()
    page.set_input_files("#folder", str(folder))
    page.set_input_files("#trust", [str(trust)] if trust else [])
    page.set_input_files("#saved", sorted(map(str, saved.iterdir())) if saved else [])
    page.click("button")
    page.locator("#verdict[data-code]:not([data-code=''])").wait_for(timeout=60_000)
    found: dict[str, Any] = page.evaluate("window.found")
    return found


def test_an_untouched_log_is_intact_and_the_words_are_those_of_the_other_verifier(page: Page, tmp_path: Path) -> None:
    log: list[Entry] = [commitment(*each) if index % 5 == 0 else each for index, each in enumerate(LOG)]
    folder, kept = export(tmp_path / "log", log), save(tmp_path / "kept", *(signed(log[:n]) for n in (1, 256, 599)))

    found = judged(page, folder, saved=kept)

    assert (found["ok"], found["code"], found["size"], found["erased"]) == (True, 0, 600, 120)
    theirs = verify_log.verify(folder, checkpoints=kept)
    assert page.inner_text("#verdict") == verify_log.in_words(theirs, own_key=False)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 513])
def test_every_size_of_a_log_passes(page: Page, tmp_path: Path, size: int) -> None:
    assert judged(page, export(tmp_path / "log", LOG[:size]))["code"] == 0


@pytest.mark.abuse("G01")
def test_both_verifiers_judge_every_edit_alike(page: Page, tmp_path: Path) -> None:
    """Random edits of every file: the same verdict and the same first bad entry."""
    log = LOG[:300]
    folder, dice = export(tmp_path / "log", log), Dice(20_261_123)
    before = files_of(folder)
    names = sorted(before)
    missed, differ = [], []
    for _ in range(TRIALS):
        name = names[dice.below(len(names))]
        after = {**before, name: dice.flip(before[name])}
        with tampered(folder, before, after):
            ours, theirs = judged(page, folder), verify_log.verify(folder)
        if ours["code"] != 3:
            missed.append((name, ours))
        if (ours["code"], ours["bad_index"]) != (theirs.code, theirs.bad_index):
            differ.append((name, ours, theirs))
    assert judged(page, folder)["code"] == 0
    assert missed == []
    assert differ == []


@pytest.mark.abuse("G05")
@pytest.mark.parametrize("edit", ["more", "less", "cut", "rewritten", "own key", "not mine"])
def test_what_a_forger_would_do_is_found(page: Page, tmp_path: Path, edit: str) -> None:
    log, kept, trust = LOG[:300], save(tmp_path / "kept", signed(LOG[:299])), tmp_path / "mine"
    trust.write_text(f"log {key()} # from paper\nquorum none\n")
    folder = export(tmp_path / "log", log)
    match edit:
        case "more":
            (folder / "more").write_text("x")
        case "less":
            (folder / "tile" / "0" / "000").unlink()
        case "cut":
            folder = export(tmp_path / "other", log[:200])
        case "rewritten":
            folder = export(tmp_path / "other", [*log[:40], entry(40, actor="P-9999"), *log[41:]])
        case "own key":
            folder = export(tmp_path / "other", log, signed(log, OTHER_SEED), f"log {key(OTHER_SEED)}\nquorum none\n")
        case _:
            trust.write_text("log nonsense\nquorum none\n")

    found, theirs = judged(page, folder, trust, kept), verify_log.verify(folder, trust, kept)

    assert (found["code"], found["bad_index"]) == (theirs.code, theirs.bad_index)
    assert found["code"] == (1 if edit == "not mine" else 3)


@pytest.mark.domain("D33")
def test_outside_witnesses_are_counted(page: Page, tmp_path: Path) -> None:
    note = signed(LOG[:300])
    witness = verifier_key("counsel.example", public(OTHER_SEED), COSIGNATURE)
    trust = Trust.parse(f"log {key()}\nwitness counsel {witness}\nquorum counsel")
    line = cosign(split_note(note)[0], "counsel.example", OTHER_SEED, at=1_790_000_000)
    (tmp_path / "mine").write_text(trust.text())
    write_export(tmp_path / "with", LOG[:300], note + line.encode(), trust.text())
    write_export(tmp_path / "false", LOG[:300], note + line.replace("A", "B").encode(), trust.text())
    export(tmp_path / "without", LOG[:300])

    codes = [judged(page, tmp_path / name, tmp_path / "mine")["code"] for name in ("with", "without", "false")]

    assert codes == [0, 3, 3]
    assert SEED != OTHER_SEED


@pytest.mark.abuse("G05")
@pytest.mark.parametrize("how", ["vouched for", "late", *UNVOUCHED])
def test_a_log_whose_key_was_changed_is_judged_alike(page: Page, tmp_path: Path, how: str) -> None:
    folder = UNVOUCHED[how](tmp_path / "log") if how in UNVOUCHED else changed(tmp_path / "log", *TWICE)
    kept = save(tmp_path / "kept", signed(LOG[: FIRST + 1] if how == "late" else LOG[:FIRST]))
    trust = mine(tmp_path, SEED)

    for given in (None, trust):
        found, theirs = judged(page, folder, given, kept), verify_log.verify(folder, given, kept)

        assert (found["code"], found["bad_index"]) == (theirs.code, theirs.bad_index), (found, theirs)
    assert found["code"] == (0 if how == "vouched for" else 3)


def test_the_page_may_reach_nothing_and_is_one_file() -> None:
    words = PAGE.read_text(encoding="utf-8")
    assert "default-src 'none'" in words
    assert not re.search(r"""(?:src|href)\s*=|@import|url\(|fetch\(|XMLHttp|import\(""", words)
