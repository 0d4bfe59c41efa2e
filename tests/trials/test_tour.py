"""The eight scenes walked over HTTP, as a browser without a script walks them; and who is never led through them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app import clock
from app.settings import Settings
from app.web.tour import DAYS, Tour, founded
from tests.cli.conftest import copy_of
from tests.cli.driving import Amana, free_port, wait_for
from tests.trials.conftest import trial
from tests.web.browser import Forms, said

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WORDS = ("كان المفتاح تحت شجرة الزيتون.", "The key was under the olive tree.")


@dataclass
class Visitor:
    """A newcomer's browser."""

    amana: Amana
    went: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.origin = f"http://localhost:{self.amana.port}"
        # No line is kept, so none has to be closed.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.Client(base_url=self.origin, timeout=30, limits=limits)

    def get(self, path: str) -> httpx.Response:
        self.went.append(path)
        return self.client.get(path)

    def press(self, path: str, **more: str) -> httpx.Response:
        """A button without a field: a form that is empty."""
        return self.client.post(path, content=b"", headers={"Origin": self.origin, **FORM, **more})

    def goes(self, path: str) -> httpx.Response:
        """A button that leads into the product, and the page there."""
        answer = self.press(path)
        assert answer.status_code == 303, said(answer.text)
        return self.get(answer.headers["location"])

    def happened(self, path: str) -> list[str]:
        """A button after which the scene says what happened: its lines."""
        answer = self.press(path)
        assert answer.status_code == 200, said(answer.text)
        section = re.search(r"<section.*?</section>", answer.text, re.DOTALL)
        assert section
        lines = [said(line) for line in re.findall(r"<p.*?</p>", section[0], re.DOTALL)]
        assert 1 <= len(lines) <= 3
        return lines

    def send(self, page: httpx.Response, path: str, **filled: str) -> httpx.Response:
        """A form of a page, with these fields filled in."""
        form = next(form for form in Forms(page.text).found if form.action == path)
        return self.client.post(path, data={**form.fields, **filled}, headers={"Origin": self.origin})


@pytest.fixture(scope="module")
def tour(lying: Amana) -> Iterator[Visitor]:
    made = copy_of(lying)
    with made.running("run", until="Ctrl-C") as running:
        assert running.process.poll() is None, running.said()
        yield Visitor(made)
    shutil.rmtree(made.home.parent, ignore_errors=True)


def story(tour: Visitor) -> str:
    return str(tour.amana.cast()["cases"][-1])


def test_the_list_leads_to_eight_scenes_in_each_language_and_says_that_nobody_exists(tour: Visitor) -> None:
    for language, nobody in {"en": "nobody here exists", "ar": "لا أحد هنا", "fr": "personne ici"}.items():
        # Another reader each: the language that was chosen is remembered.
        reader = Visitor(tour.amana)
        page = reader.get(f"/demo?language={language}").text
        links = re.findall(r'href="(/demo/\d)"', page)
        assert sorted(set(links)) == [f"/demo/{n}" for n in range(1, 9)]
        for link in set(links):
            shown = reader.get(link)
            assert shown.status_code == 200
            assert nobody in shown.text
            assert "<script" not in shown.text.partition("</head>")[2]


def test_1_an_account_is_taken_down_and_no_name_is_in_the_address_or_the_title(tour: Visitor) -> None:
    assert tour.happened("/demo/1/told")[0].startswith("Nothing has been recorded here")
    limits = tour.goes("/demo/1/limits")
    assert "What protects these words" in limits.text
    page = tour.goes("/demo/1/take")
    address = page.request.url.path
    assert "The conversation is paused." not in page.text
    divided = tour.send(page, address, language="ar", text="\n\n".join(WORDS), go="divide")
    kept = tour.send(divided, address, go="keep")
    assert kept.status_code == 303, said(kept.text)

    lines = tour.happened("/demo/1/told")
    assert re.match(r"Entry \d+ of the log: an account was recorded", lines[0])
    assert story(tour) in lines[0]
    title = re.search(r"<title>(.*?)</title>", tour.get(f"/cases/{story(tour)}").text)
    assert title
    assert not any(name in title[1] + address for name in tour.amana.cast()["planted"])


def test_2_one_address_and_three_pairs_of_eyes(tour: Visitor) -> None:
    case = story(tour)
    legal, protection, auditor = (tour.goes(f"/demo/2/{who}") for who in ("legal", "protection", "auditor"))

    assert legal.request.url.path == protection.request.url.path == f"/cases/{case}"
    assert f"/cases/{case}/testimony" in legal.text
    assert f"/cases/{case}/testimony" not in protection.text
    assert f"/cases/{case}/moves" in protection.text
    assert f"/cases/{case}/moves" not in legal.text
    words = tour.amana.cast()["planted"]
    assert [word for page in (legal, protection, auditor) for word in words if word in said(page.text)] == []
    assert re.match(r"Entry \d+: Legal review, .* reason: Assessing cooperation", tour.happened("/demo/2/told")[0])


def test_3_an_administrator_cannot_tell_a_case_from_none_and_gets_no_key(tour: Visitor) -> None:
    looked = tour.happened("/demo/3/compare")
    refused = tour.happened("/demo/3/key")
    seen = tour.goes("/demo/3/see")

    assert looked[0].endswith("answers 404.")
    assert looked[1].endswith("answers 404.")
    assert looked[2].startswith("The same bytes:")
    assert "There is nothing here for you" in refused[0]
    assert re.search(r"is entry \d+ of the log", refused[2])
    assert seen.status_code == 404


def test_4_and_5_show_the_last_result_of_the_two_commands(tour: Visitor) -> None:
    assert "make steal" in tour.get("/demo/4").text
    assert "Nobody has tried it here yet" in said(tour.get("/demo/4").text)
    assert "make forge" in tour.get("/demo/5").text
    assert trial(tour.amana, "steal", WORDS="\n".join(WORDS)).code == 0
    assert trial(tour.amana, "forge").code == 0

    assert re.search(r"0 hits in \d\d+ MB", said(tour.get("/demo/4").text))
    forged = said(tour.get("/demo/5").text)
    assert re.search(r"broken at entry \d+\. Exit codes: 3 from the product, 3 from the one file", forged)
    assert re.search(r"The untouched log: intact, \d+ entries, exit code 0", forged)


def test_6_nothing_is_shown_where_nothing_can_be_recorded(tour: Visitor) -> None:
    lines = tour.happened("/demo/6/open")

    assert "This cannot be recorded now, so nothing was done and nothing is shown." in lines[0]
    still, then = (int(found[1]) for line in lines[1:] if (found := re.search(r"(\d+)\.$", line)))
    assert then > still


def test_7_the_witness_is_told_who_looked_and_takes_back_what_they_agreed_to(tour: Visitor) -> None:
    looked = tour.happened("/demo/7/looked")
    withdrawn = tour.happened("/demo/7/withdraw")
    again = tour.happened("/demo/7/withdraw")

    assert re.match(r"Entry \d+ of this case: opened by: Legal review", looked[0])
    assert withdrawn[0].endswith("the witness agreed.")
    assert re.match(r"Taken back: entry \d+", withdrawn[1])
    assert "nothing may leave" in withdrawn[2]
    assert again[0].startswith("The witness has taken back")
    assert again[1] == withdrawn[1]


def test_8_says_what_it_cannot_do(tour: Visitor) -> None:
    page = tour.get("/demo/8").text

    assert page.count("<li>") >= 5
    assert "amana init" in page


def test_no_passphrase_and_no_code_stands_in_an_address_a_page_or_a_log(tour: Visitor) -> None:
    tour.goes("/demo/2/legal")
    members = tour.amana.cast()["members"].values()
    secrets = [secret for member in members for secret in (member["passphrase"], member["totp"])]
    logs = [path for path in tour.amana.home.rglob("*.log") if path.is_file()]
    told = [path.read_text(errors="replace") for path in logs] + tour.went + [tour.get("/demo/2").text]

    assert len(logs) >= 3
    assert [secret for secret in secrets for text in told if secret in text] == []


def test_a_button_is_pressed_from_our_own_page_alone(tour: Visitor) -> None:
    for origin in ("https://elsewhere.example", "null"):
        assert tour.press("/demo/2/legal", Origin=origin).status_code == 403


def test_what_is_no_scene_and_no_button_is_not_there(tour: Visitor) -> None:
    assert tour.get("/demo/9").status_code == tour.get("/demo/0").status_code == tour.get("/demo/1x").status_code == 404
    assert tour.press("/demo/2/administrator").status_code == 404


def test_whoever_reads_the_scenes_in_arabic_goes_on_in_arabic(tour: Visitor) -> None:
    reader = Visitor(tour.amana)
    reader.get("/demo/2?language=ar")

    page = reader.goes("/demo/2/auditor")
    scene = reader.get("/demo/2")

    assert 'lang="ar" dir="rtl"' in page.text
    assert 'lang="ar" dir="rtl"' in scene.text


def test_every_other_page_leads_back_to_the_scenes(tour: Visitor) -> None:
    tour.goes("/demo/2/legal")

    assert 'href="/demo"' in tour.get("/today").text


# who is never led through it


def test_it_is_there_under_a_name_of_this_machine_only(shown: Amana) -> None:
    with shown.running("run", until="Ctrl-C", env={"AMANA_PUBLIC_NAME": "office.lan"}):

        def at(name: str, path: str) -> httpx.Response:
            return shown.get(path, headers={"Host": f"{name}:{shown.port}"})

        there = at("office.lan", "/demo")
        assert at("localhost", "/demo").status_code == at("127.0.0.1", "/demo").status_code == 200
        assert at("office.lan", "/sign-in").status_code == 200
        assert there.status_code == 404
        # As a page of the office that is not there.
        nobodys = at("office.lan", "/cases/7777-7777-R")
        assert there.status_code == 404
        assert nobodys.status_code in {303, 404}


def test_after_two_weeks_its_doors_are_shut(shown: Amana) -> None:
    mark = json.loads((shown.home / "installation").read_text())
    mark["made_at"] = (datetime.now(UTC) - timedelta(days=DAYS, seconds=1)).isoformat()
    (shown.home / "installation").write_text(json.dumps(mark))
    with shown.running("run", until="Ctrl-C"):
        late = Visitor(shown)
        answers = [late.get("/demo"), late.get("/demo/1"), late.press("/demo/2/legal")]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert all("This demonstration is over" in answer.text for answer in answers)
    assert all("set-cookie" not in answer.headers for answer in answers)


def test_the_last_second_of_two_weeks_is_still_in_time(settings: Settings) -> None:
    made = clock.now()
    before = Tour(settings, made - timedelta(days=DAYS) + timedelta(seconds=1), lambda: pytest.fail("not asked for"))

    assert not before.over
    assert replace(before, founded=made - timedelta(days=DAYS)).over


def served(home: Path) -> Settings:
    return Settings(home=home, demo=True)


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    (tmp_path / "installation").write_text(
        json.dumps({"kind": "demonstration", "made_at": "2026-01-01T00:00:00+00:00"})
    )
    (tmp_path / "cast.json").write_text("{}")
    return tmp_path


def test_only_a_demonstration_on_this_machine_has_it(marked: Path) -> None:
    settings = served(marked)
    assert founded(settings) is not None

    for other in (
        replace(settings, demo=False), replace(settings, tls="proxy"), replace(settings, host="192.0.2.1"),
        replace(settings, home=marked / "nowhere"),
    ):  # fmt: skip
        assert founded(other) is None


def test_a_real_installation_that_calls_itself_a_demonstration_has_none(marked: Path) -> None:
    (marked / "installation").write_text(json.dumps({"kind": "real", "made_at": "2026-01-01T00:00:00+00:00"}))

    assert founded(served(marked)) is None


def test_neither_has_an_office_that_nobody_filled(marked: Path) -> None:
    (marked / "cast.json").unlink()

    assert founded(served(marked)) is None


def test_without_it_the_address_is_answered_as_an_invented_one_byte_for_byte(shown: Amana) -> None:
    """The staff door by itself, as an office starts it: the same folder, and no demonstration."""
    port = free_port()
    with shown.running("serve", "--staff", env={"AMANA_PORT": str(port)}):
        alone = replace(shown, port=port)
        wait_for(alone.serves, 60)
        for path, invented in (("/demo", "/dema"), ("/demo/1", "/dema/1")):
            there, nowhere = alone.get(path), alone.get(invented)
            assert (
                (there.status_code, there.content) == (nowhere.status_code, nowhere.content) == (404, nowhere.content)
            )
            assert dict(there.headers) == dict(nowhere.headers)
        assert "/demo" not in alone.get("/sign-in").text
