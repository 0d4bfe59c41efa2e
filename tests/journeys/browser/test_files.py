"""A large file, sent by the page's script in slices; a cut line; a working copy that is looked at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.cleaning.files import jpeg
from tests.journeys.browser.looking import eyes

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page, Route

    from tests.journeys.browser.conftest import Office

# More than one slice, so that the second can be cut.
LARGE: Final = bytes(range(256)) * (36 * 4096)


def files_page(office: Office) -> str:
    """The files of a case that the officer of the demonstration takes accounts in."""
    return next(real for kind, real in office.pages("intake").items() if kind == "/files/{reference}")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that stays on the disk: whether it is the same one is told by when it was changed, too."""
    file = tmp_path / "what he said.bin"
    file.write_bytes(LARGE)
    return file


def kept(page: Page) -> int:
    return len(re.findall("Kept as file", page.content()))


def test_a_large_file_goes_in_slices_and_on_after_a_cut_line(office: Office, large: Path) -> None:
    address, asked = files_page(office), list[str]()

    def cut(route: Route) -> None:
        asked.append(route.request.headers["upload-offset"])
        if len(asked) == 2:
            route.abort()
        else:
            route.continue_()

    with eyes(office.browser, office.origin, cookies=office.speaking("intake", "en")) as there:
        with there.on(address) as (page, seen):
            before = kept(page)
            page.route("**/slices/*", lambda route: cut(route) if route.request.method == "PUT" else route.continue_())
            page.locator("#file").set_input_files(large)
            page.get_by_role("button", name="Keep this file").click()
            page.get_by_text("The line was cut.").wait_for(timeout=60_000)
            page.reload()
            assert "is arriving: 32768 of 36864 KiB" in page.content()
            page.locator("[data-row] input[type=file]").set_input_files(large)
            page.get_by_role("button", name="Go on with this file").click()
            page.get_by_text("is arriving").wait_for(state="detached", timeout=60_000)
            after = kept(page)
        assert (seen.refused, seen.foreign) == ([], [])

    assert asked == ["0", str(32 * 1024 * 1024), str(32 * 1024 * 1024)]
    assert after == before + 1


def test_another_file_is_not_glued_to_one_that_has_begun(office: Office, large: Path, tmp_path: Path) -> None:
    address, other = files_page(office), tmp_path / "another.bin"
    other.write_bytes(LARGE)
    with eyes(office.browser, office.origin, cookies=office.speaking("intake", "en")) as there:
        with there.on(address) as (page, _):
            page.route(
                "**/slices/*", lambda route: route.abort() if route.request.method == "PUT" else route.continue_()
            )
            page.locator("#file").set_input_files(large)
            page.get_by_role("button", name="Keep this file").click()
            page.get_by_text("The line was cut.").wait_for(timeout=60_000)
        with there.on(address) as (page, _):
            page.locator("[data-row] input[type=file]").last.set_input_files(other)
            page.get_by_role("button", name="Go on with this file").last.click()
            page.get_by_text("This file was not taken.").wait_for(timeout=60_000)


def test_a_working_copy_is_seen_in_its_page(office: Office) -> None:
    address = files_page(office)
    reference = address.rpartition("/")[2]
    photo: FilePayload = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg((320, 240))}
    with eyes(office.browser, office.origin, cookies=office.speaking("intake", "en")) as there:
        with there.on(address) as (page, _):
            page.locator("#file").set_input_files(photo)
            page.get_by_role("button", name="Keep this file").click()
            page.wait_for_load_state("networkidle")
        with there.on(f"/cases/{reference}/open?tab=testimony&justification=WITNESS_REQUEST") as (page, _):
            page.locator("main form button").last.click()
            page.wait_for_load_state("networkidle")
        with there.on(address) as (page, seen):
            page.get_by_role("button", name="Make a working copy").last.click()
            page.wait_for_load_state("networkidle")
            wide = page.locator("main img").last.evaluate("image => image.decode().then(() => image.naturalWidth)")
        assert seen.refused == []

    assert wide == 320
