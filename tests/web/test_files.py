"""The files of a case in the browser: working copies, the way of a file, large files in slices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import httpx
import pytest
from starlette.types import ASGIApp

from app.cleaning.scanner import Scanner
from app.testimonies import queries
from app.work.files import PIECE_BYTES
from tests.api.conftest import scanning
from tests.cleaning.files import MARK, jpeg, wav
from tests.kit.clamd import EICAR, NAME, Clamd, running
from tests.web.browser import ORIGIN, Browser, arrived
from tests.world import World, exhibits

PRINT: Final = "0f" * 32


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def case_with(world: World, *contents: bytes) -> tuple[str, list[str]]:
    reference = world.case()
    world.testimony(reference, upto="TRIAGED")
    return reference, [str(world.attach(reference, content, "a name", "image/png")) for content in contents]


def visit(officer: Browser, reference: str) -> None:
    officer.get(f"/cases/{reference}/open?tab=testimony&justification=WITNESS_REQUEST")
    assert officer.submit(f"/cases/{reference}/open", justification="WITNESS_REQUEST").status_code == 303


def press(officer: Browser, reference: str, row: str, what: str) -> httpx.Response:
    shown = officer.get(f"/files/{reference}")
    assert shown.status_code == 200, re.sub(r"<[^>]*>", "", shown.text)
    return officer.submit(f"/files/{reference}/{row}/{what}")


def copy_of(world: World, reference: str, row: str) -> str:
    files = world.office.ask(world["intake"], queries.of_case, reference).files
    return next(str(line.id) for line in files if str(line.copy_of) == row)


@pytest.fixture
def clamd(staff_door: ASGIApp) -> Iterator[Clamd]:
    with running() as there, scanning(staff_door, Scanner(there.address, piece_seconds=0.3, whole_seconds=2.0)):
        yield there


@pytest.mark.abuse("B04")
def test_an_officer_has_a_working_copy_made_looks_at_it_and_takes_it_out(
    officer: Browser, world: World, clamd: Clamd
) -> None:
    reference, (photo, voice) = case_with(world, jpeg(), wav())
    visit(officer, reference)

    for row in (photo, voice):
        assert press(officer, reference, row, "copy").status_code == 303
    page = officer.get(f"/files/{reference}").text
    looks = re.findall(rf'src="(/files/{reference}/[0-9a-f-]+/look)"', page)
    seen = [officer.get(address) for address in looks]
    part = officer.ask("GET", looks[1], headers={"Range": "bytes=0-3"})
    out = press(officer, reference, copy_of(world, reference, photo), "download")
    original = press(officer, reference, photo, "download")

    assert "the place where it was taken" in page
    assert "names and tags" in page
    assert [answer.headers["content-type"] for answer in seen] == ["image/jpeg", "audio/wav"]
    assert all(MARK not in answer.content for answer in (*seen, out))
    assert (part.status_code, part.content) == (206, b"RIFF")
    assert out.headers["content-type"] == original.headers["content-type"] == "application/octet-stream"
    assert original.content == jpeg(), "the control: the original is whole"
    assert "media-src 'self'" in officer.get(f"/files/{reference}").headers["content-security-policy"]
    assert "Taken out" in officer.page.text  # type: ignore[union-attr]


def test_a_file_that_cannot_be_cleaned_says_so_on_its_page(officer: Browser, world: World) -> None:
    reference, (row,) = case_with(world, b"MZ a program")
    visit(officer, reference)

    press(officer, reference, row, "copy")
    page = officer.get(f"/files/{reference}").text

    assert "Files of this kind cannot be cleaned." in page
    assert '/look"' not in page


@pytest.mark.abuse("B06")
def test_a_flagged_file_says_so_and_is_given_only_after_a_confirmation(
    officer: Browser, world: World, clamd: Clamd
) -> None:
    reference, (bad, good) = case_with(world, EICAR, jpeg())
    visit(officer, reference)
    for row in (bad, good):
        press(officer, reference, row, "copy")

    page = officer.get(f"/files/{reference}").text
    unsaid = press(officer, reference, bad, "download")
    officer.get(f"/files/{reference}")
    said = officer.submit(f"/files/{reference}/{bad}/download", although_flagged="yes")
    other = press(officer, reference, good, "download")

    assert page.count("Flagged by the virus scanner") == 2, "on the file and in its way"
    assert "The virus scanner flagged it." in page
    assert NAME in page
    assert len(re.findall('/look"', page)) == 1, "the control: the other one is shown"
    assert (unsaid.status_code, EICAR in unsaid.content) == (422, False)
    assert 'href="#although_flagged"' in unsaid.text
    assert (said.status_code, said.content) == (200, EICAR)
    assert said.headers["content-type"] == "application/octet-stream"
    assert (other.status_code, other.content) == (200, jpeg()), "nobody asks about a clean one"


@pytest.mark.abuse("B06")
def test_a_scanner_that_does_not_answer_leaves_the_file_and_the_page(
    officer: Browser, world: World, clamd: Clamd
) -> None:
    reference, (row,) = case_with(world, jpeg())
    visit(officer, reference)
    clamd.reply = b"what?\0"

    held = press(officer, reference, row, "copy")
    clamd.reply = None
    again = press(officer, reference, row, "copy")

    assert held.status_code == 503
    assert "The virus scanner does not answer." in held.text
    assert "Held back: the virus scanner did not answer" in held.text
    assert "Make a working copy" in held.text
    assert again.status_code == 303
    assert "Held back" not in officer.get(f"/files/{reference}").text


@pytest.mark.abuse("B06")
def test_what_nobody_found_clean_is_given_only_after_a_confirmation(
    officer: Browser, world: World, clamd: Clamd
) -> None:
    """Kept before the office had a scanner, as these are; one that gave no answer stands the same."""
    reference, (row,) = case_with(world, jpeg())
    visit(officer, reference)

    page = officer.get(f"/files/{reference}").text
    unsaid = press(officer, reference, row, "download")
    officer.get(f"/files/{reference}")
    said = officer.submit(f"/files/{reference}/{row}/download", although_unscanned="yes")

    assert "The virus scanner looks at each file when all of it has arrived." in page
    assert (unsaid.status_code, jpeg() in unsaid.content) == (422, False)
    assert 'href="#although_unscanned"' in unsaid.text
    assert (said.status_code, said.content) == (200, jpeg())


@pytest.mark.abuse("B06")
def test_without_a_scanner_files_say_so_and_only_pictures_are_in_the_page(officer: Browser, world: World) -> None:
    reference, (photo, voice) = case_with(world, jpeg(), wav())
    visit(officer, reference)
    for row in (photo, voice):
        press(officer, reference, row, "copy")

    page = officer.get(f"/files/{reference}").text

    assert page.count("Not checked for viruses") == 2
    assert re.findall(r'src="/files/[^"]+/([0-9a-f-]+)/look"', page) == [copy_of(world, reference, photo)]
    assert "No virus scanner found this copy clean" in page
    assert officer.get(f"/files/{reference}/{copy_of(world, reference, voice)}/look").status_code == 409
    assert press(officer, reference, copy_of(world, reference, voice), "download").content[:4] == b"RIFF"
    assert "Make a working copy" not in page


def test_without_a_reason_nothing_of_a_file_is_shown_or_given(officer: Browser, world: World) -> None:
    reference, (row,) = case_with(world, exhibits.photograph())
    visit(officer, reference)
    press(officer, reference, row, "copy")
    copy = copy_of(world, reference, row)
    csrf = token(officer, reference)
    officer.get(f"/files/{reference}")
    officer.submit(f"/cases/{reference}/leave")

    look = officer.get(f"/files/{reference}/{copy}/look")
    out = officer.ask("POST", f"/files/{reference}/{row}/download", data={"csrf": csrf}, headers={"Origin": ORIGIN})
    page = officer.get(f"/files/{reference}").text

    assert look.status_code == 404
    assert (out.status_code, out.headers["location"]) == (303, f"/cases/{reference}/open?tab=testimony")
    assert "Make a working copy" not in page
    assert "the place where it was taken" not in page


def test_the_way_of_a_file_is_recorded_and_comes_back_when_it_does_not_fit(officer: Browser, world: World) -> None:
    reference, (row,) = case_with(world, b"words")
    address, words = f"/files/{reference}/{row}/custody", world.canary()

    officer.get(address)
    again = officer.submit(address, kind="HANDED_OVER", from_whom=words, to_whom="", why=words, seal="INTACT")
    kept = officer.submit(address, kind="HANDED_OVER", from_whom=words, to_whom="a court", why=words, seal="INTACT")
    mute = officer.get(f"/files/{reference}").text
    visit(officer, reference)
    told = officer.get(f"/files/{reference}").text

    assert again.status_code == 422
    assert words in again.text
    assert kept.status_code == 303
    assert "Handed over" in mute
    assert words not in mute
    assert words in told


def test_the_page_says_how_large_a_file_may_be_before_one_is_chosen(officer: Browser, world: World) -> None:
    reference, _ = case_with(world)

    page = re.sub(r"\s+", " ", officer.get(f"/files/{reference}").text)

    assert "at most 2048 MiB" in page or "at most 200 MiB" in page
    assert "may take 10240 MiB more" in page
    assert page.index("may take") < page.index('type="file"')


def test_a_large_file_goes_in_slices_and_on_where_it_stopped(officer: Browser, world: World) -> None:
    reference, _ = case_with(world)
    content = bytes(range(256)) * (PIECE_BYTES // 256 + 5)
    csrf = token(officer, reference)

    row = begin(officer, reference, csrf, len(content)).json()["id"]
    first = put(officer, reference, row, csrf, 0, content[:1000])
    page = officer.get(f"/files/{reference}").text
    there = officer.get(f"/files/{reference}/slices/{row}").json()
    last = put(officer, reference, row, csrf, 1000, content[1000:])

    assert (first.status_code, first.json()["state"]) == (200, "INCOMING")
    assert "is arriving" in page
    assert there["arrived_bytes"] == 1000
    assert (last.status_code, last.json()["state"]) == (200, "KEPT")
    assert "Kept as file" in officer.get(f"/files/{reference}").text


@pytest.mark.abuse("D08")
def test_a_slice_needs_the_token_of_our_page_and_its_origin(officer: Browser, world: World) -> None:
    reference, _ = case_with(world)
    other, _ = case_with(world)
    csrf = token(officer, reference)
    row = begin(officer, reference, csrf, 10).json()["id"]

    assert put(officer, reference, row, "", 0, b"x").status_code == 403
    assert put(officer, reference, row, csrf[:-1] + ("A" if csrf[-1] != "A" else "B"), 0, b"x").status_code == 403
    assert put(officer, reference, row, csrf, 0, b"x", origin="https://evil.example").status_code == 403
    assert put(officer, other, row, csrf, 0, b"x").status_code == 404, "of another case"
    assert put(officer, reference, row, csrf, 0, b"x" * 10).status_code == 200


@pytest.mark.parametrize("who", ["legal", "protection", "auditor", "administrator"])
def test_nobody_but_the_officer_reaches_the_files(staff_door: ASGIApp, world: World, who: str) -> None:
    reference, (row,) = case_with(world, b"words")
    world.hand_to_legal(reference)
    browser = arrived(staff_door, world, who)

    for address in ("", f"/{row}/look", f"/{row}/custody", f"/slices/{row}"):
        assert browser.get(f"/files/{reference}{address}").status_code in {403, 404}, address


def token(officer: Browser, reference: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', officer.get(f"/files/{reference}").text)
    assert found is not None
    return found[1]


def begin(officer: Browser, reference: str, csrf: str, size: int) -> httpx.Response:
    told = {"csrf": csrf, "size_bytes": str(size), "fingerprint": PRINT, "file_name": "a.bin", "media_type": ""}
    return officer.ask("POST", f"/files/{reference}/begin", data=told, headers={"Origin": ORIGIN})


def put(
    officer: Browser, reference: str, row: str, csrf: str, start: int, content: bytes, origin: str = ORIGIN
) -> httpx.Response:
    headers = {
        "Origin": origin, "X-CSRF": csrf, "Content-Type": "application/octet-stream", "Upload-Offset": str(start),
        "Upload-Fingerprint": PRINT,
    }  # fmt: skip
    return officer.ask("PUT", f"/files/{reference}/slices/{row}", content=content, headers=headers)
