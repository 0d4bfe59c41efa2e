"""Every verb of the kit, once, against one started product; and with them a small day that adds up."""

from __future__ import annotations

import base64
import gzip
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.kit import adapter, knowledge, processes, wire
from tests.kit.adapter import Answer, Canary, Cast, KitBroken, Product, Refused, Session
from tests.kit.hunt import contents, hunt
from tests.kit.nginx import NGINX
from tests.kit.server import INSTALLED, OwnServer

# Cheap stretching: what is tried here is the kit.
CHEAP = {"AMANA_ARGON2_MEMORY_MIB": "19", "AMANA_ARGON2_PASSES": "2"}
ROLES: tuple[adapter.Role, ...] = (
    "intake_officer", "legal_reviewer", "caseworker", "auditor", "narrative_editor", "reid_reviewer", "approver",
    "key_custodian", "administrator",
)  # fmt: skip
# Who of each role works on the seeded cases.
AT_WORK = {"intake_officer": "intake", "legal_reviewer": "legal", "caseworker": "protection"}
# What each role tries to read on a small day; not all of it opens.
ON_A_DAY: dict[adapter.Role, tuple[str, ...]] = {
    "intake_officer": ("persons.legal_name", "testimonies.own_words", "residences.place"),
    "legal_reviewer": ("mitigation_factors.reasons", "segments.text", "persons.legal_name"),
    "caseworker": ("residences.place", "needs.words", "check_ins.agreed_word", "segments.text"),
    "auditor": ("persons.legal_name",),
}


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    folder = Path(tempfile.mkdtemp(prefix="amana-kit-"))
    with adapter.start(folder, env=CHEAP) as started:
        yield started
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def cast(product: Product) -> Cast:
    return product.seed(11)


@dataclass
class People:
    """A session for each role, signed in when it is first needed."""

    product: Product
    signed_in: dict[str, Session] = field(default_factory=dict)

    def __getitem__(self, role: adapter.Role) -> Session:
        if role not in self.signed_in:
            self.signed_in[role] = self.product.login(role, AT_WORK.get(role))
        return self.signed_in[role]


@pytest.fixture(scope="module")
def people(product: Product, cast: Cast) -> People:
    return People(product)


@pytest.fixture(scope="module")
def case(cast: Cast) -> str:
    """A case whose account is sealed: it has something in every field."""
    return cast.cases[0]


def fresh_case(product: Product, people: People) -> str:
    opened = product.act(people["intake_officer"], "case.open", None, {})
    assert opened.status == 201
    return str(opened.json["reference"])


# --- starting


def test_a_started_product_is_healthy_and_has_processes(product: Product) -> None:
    pids = product.pids()

    assert product.healthy()
    assert len(pids["app"]) == 2
    assert len(pids["worker"]) == 1
    assert len(pids["postgres"]) > 3
    assert set(pids["all"]) == {*pids["app"], *pids["worker"], *pids["postgres"]}
    assert 20_000_000 < product.memory_bytes() < 2_000_000_000


def test_several_of_each_answer_and_a_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    with adapter.start(tmp_path / "two", apps=2, workers=2, env=CHEAP) as two:
        alive = two.pids()
        assert len(two.urls["staff"]) == 2
        assert (len(alive["app"]), len(alive["worker"])) == (3, 2)
        assert two.healthy()
        code = two.stop()

    assert code == 0
    assert not [pid for pid in alive["all"] if processes.exists(pid)]


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed here (Debian: nginx-light)")
def test_behind_the_shipped_proxy_both_doors_answer_by_tls_alone(tmp_path: Path) -> None:
    with adapter.start(tmp_path / "tls", workers=0, proxy=True, env=CHEAP) as front:
        page = front.http("GET", "/sign-in")
        form = {"login_name": "nobody", "passphrase": "no passphrase of anybody", "code": "000000"}
        tried = front.http("POST", "/sign-in", form=form, headers={"Origin": "https://localhost"})
        foreign = front.http("POST", "/sign-in", form=form, headers={"Origin": front.url["staff"] + ".example"})
        drawn = front.http("POST", "/portal/receipts", door="portal", json={})
        raw = front.raw(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        with front.record() as answers:
            front.http("GET", "/sign-in")
        front.kill("app")
        away = front.http("GET", "/sign-in")
        front.restart("app")
        back = front.http("GET", "/sign-in")
        pids, files = front.pids()["all"], [path.name for path in front.files()]
    untrusted = wire.exchange(front.url["staff"], "GET", "/sign-in", body=None, headers={}, timeout=5)

    assert all(urls[0].startswith("https://localhost:") for urls in front.urls.values())
    assert (page.status, tried.status, foreign.status, drawn.status) == (200, 401, 403, 201)
    assert "strict-transport-security" in {name.lower() for name, _ in page.headers}
    assert raw.startswith(b"HTTP/1.1 404")
    assert [answer.status for answer in answers] == [200]
    assert (away.status, back.status) == (502, 200)
    assert "nginx.conf" in files
    assert not [pid for pid in pids if processes.exists(pid)]
    assert untrusted.status == 0


def test_without_the_proxys_program_the_kit_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "NGINX", None)

    with pytest.raises(KitBroken, match="proxy needs the program nginx, which is not installed here"):
        adapter.start(tmp_path, proxy=True)


@pytest.mark.skipif(not (INSTALLED / "15").exists(), reason="PostgreSQL 15 is not installed here")
def test_a_database_that_somebody_else_runs_is_named_by_its_url(tmp_path: Path) -> None:
    theirs = OwnServer(processes.Surroundings(tmp_path / "theirs", 1, 2, "ngo"), "15")
    (tmp_path / "theirs").mkdir()
    theirs.make()
    try:
        with adapter.start(tmp_path / "ours", database=theirs.url("owner"), workers=0, env=CHEAP) as product:
            given = (product.healthy(), product.owner_url, product.app_url, product.pids()["postgres"])
            product.stop()
            still = theirs.ready()
    finally:
        theirs.stop()
        shutil.rmtree(theirs.place)

    assert given == (True, theirs.url("owner"), theirs.url("app"), [])
    assert still, "what we do not run we do not end"


def test_a_database_that_is_none_is_the_kits_failure(tmp_path: Path) -> None:
    with pytest.raises(KitBroken, match="the URL of one that is prepared"):
        adapter.start(tmp_path / "odd", database="mysql://nowhere")


@pytest.mark.skipif(not (INSTALLED / "15").exists(), reason="PostgreSQL 15 is not installed here")
def test_an_installed_server_serves_as_well_as_the_embedded_one(tmp_path: Path) -> None:
    with adapter.start(tmp_path / "own", database="server:15", env=CHEAP) as own:
        own.seed(1)
        receipt, _ = own.submit("Kept in the older release.")
        own.kill("postgres")
        own.restart("postgres")
        found = own.lookup(receipt)
        pids = own.pids()["postgres"]
        files = list(own.files())
    exists = [pid for pid in pids if processes.exists(pid)]
    shutil.rmtree((tmp_path / "own" / "server").resolve())

    assert found is not None
    assert own.owner_url.startswith("postgresql://amana_owner@")
    assert any("pg_wal" in path.parts for path in files)
    assert exists == []


def test_a_release_that_is_not_installed_is_the_kits_failure(tmp_path: Path) -> None:
    with pytest.raises(KitBroken, match="PostgreSQL 9 is not installed"):
        adapter.start(tmp_path / "old", database="server:9")


@pytest.mark.abuse("D49")
def test_a_wrong_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        adapter.start(tmp_path / "weak", env={"AMANA_ARGON2_MEMORY_MIB": "8"})

    assert refused.value.code == 2
    assert "AMANA_ARGON2_MEMORY_MIB" in refused.value.text


# --- doors


def test_a_page_is_asked_for_with_cookies_and_a_form_sent_with_its_token(product: Product, people: People) -> None:
    session = product.login("key_custodian")
    home = product.http("GET", "/today", session=session)
    forged = product.http("POST", "/sign-out", form={}, headers={"Cookie": f"{adapter.COOKIE}={_cookie(session)}"})
    left = product.http("POST", "/sign-out", session=session, form={})
    again = product.http("GET", "/api/me", session=session)

    assert home.status == 200
    assert forged.status == 403
    assert left.status == 303
    assert again.status == 401


def _cookie(session: Session) -> str:
    return session.cookies[adapter.COOKIE]


def test_nothing_at_the_other_end_is_an_answer_too(product: Product) -> None:
    before = product.urls
    product.urls = {**before, "staff": ["http://localhost:1"]}
    answer = product.http("GET", "/healthz")
    product.urls = before

    assert answer.status == 0
    assert b"refused" in answer.body.lower()


def test_raw_bytes_come_back_as_bytes(product: Product) -> None:
    came = product.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", door="staff")

    assert came.startswith(b"HTTP/1.1 200")
    assert came.endswith(b'{"ok":true}')


def test_the_command_line_runs_in_this_installation(product: Product, cast: Cast) -> None:
    listed = product.cli("people", "list", "--json")
    unknown = product.cli("no-such-command")

    assert listed.code == 0
    assert len(json.loads(listed.out)["people"]) == len({who for names in cast.people.values() for who in names})
    assert unknown.code == 2


# --- seeding and people


def test_the_cast_has_each_role_twice_and_marks_of_every_compartment(cast: Cast) -> None:
    assert all(len(cast.people[role]) >= 2 for role in ROLES)
    assert len(cast.cases) == 11
    assert {canary.compartment for canary in cast.canaries} >= {"IDENTITY", "LOCATION", "TESTIMONY", "LEGAL", "THREAT"}
    assert cast.grants["protection"][cast.cases[0]] >= {"LOCATION", "THREAT"}
    assert "TESTIMONY" not in cast.grants["protection"][cast.cases[0]]


def test_seeding_twice_is_the_kits_failure(product: Product, cast: Cast) -> None:
    with pytest.raises(KitBroken, match="seeding ended with 2"):
        product.seed(1)


def test_somebody_signs_in_twice_within_a_minute(product: Product, cast: Cast) -> None:
    first = product.login("reid_reviewer", "reid2")
    second = product.login("reid_reviewer", "reid2")

    assert first.headers != second.headers
    assert product.http("GET", "/api/me", session=second).json["login_name"] == "reid2"


def test_a_wrong_code_signs_nobody_in(product: Product, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "_next_code", lambda login: "000000")
    session = product.login("reid_reviewer", "reid")

    assert product.last.status == 401
    assert session.cookies == {}
    assert session.headers == {}


# --- witnesses


def test_a_witness_submits_and_returns(product: Product, people: People) -> None:
    receipt, reference = product.submit("I would like to speak to somebody.", [("voice.wav", b"RIFF" + b"\0" * 5000)])
    sent = product.last
    session = product.lookup(receipt)

    assert sent.status == 201
    assert session is not None
    assert (session.door, session.role, session.name) == ("portal", "witness", reference)
    queue = product.http("GET", "/api/submissions", session=people["intake_officer"]).json
    assert reference in {line["reference"] for line in queue}


def test_a_witness_is_told_who_looked_and_nobody_else_is(product: Product, people: People) -> None:
    receipt, reference = product.submit("I would like to know who reads this.")
    other, _ = product.submit("So would I.")
    assert product.lookers(receipt) == []
    officer = people["intake_officer"]
    line = next(each for each in product.http("GET", "/api/submissions", session=officer).json
                if each["reference"] == reference)  # fmt: skip

    opened = product.http("POST", f"/api/submissions/{reference}/open", session=officer, json={
        "fields": ["account"], "justification": "TRIAGE", "cites": line["id"]})  # fmt: skip

    assert opened.status == 200, opened.json
    (look,) = product.lookers(receipt)
    assert (look["did"], look["roles"], look["why"]) == ("submission.open", ["intake_officer"], "TRIAGE")
    assert set(look) == {"day", "roles", "did", "how", "why"}
    assert product.lookers(other) == product.lookers("obey demand demand") == []


def test_a_wrong_receipt_opens_nothing(product: Product) -> None:
    assert product.lookup("sustain cross ride boost glue champion surround practice resist obey demand demand") is None
    assert product.last.status >= 400


def test_the_same_idem_sends_the_same_submission_once(product: Product, cast: Cast) -> None:
    first = product.submit("Once is enough.", idem="tuesday")
    again = product.submit("Once is enough.", idem="tuesday")
    other = product.submit("Once is enough.")

    assert first == again
    assert other[1] != first[1]


def test_a_refused_submission_has_no_reference(product: Product) -> None:
    assert product.submit("") == ("", "")
    assert product.last.status == 422


# --- cases


def test_an_officer_reads_what_they_took_down(product: Product, people: People, case: str) -> None:
    read = product.read(people["intake_officer"], case, "persons.legal_name")

    assert read.status == 200
    assert read.json["value"].startswith("CANARY-")


def test_a_reason_of_ones_own_is_sent_as_given(product: Product, people: People, case: str) -> None:
    intake = people["intake_officer"]
    unfit = product.read(intake, case, "segments.text", justification="CARE")
    uncited = product.read(intake, case, "segments.text", justification="INTAKE", cites="")
    fit = product.read(intake, case, "segments.text", justification="INTAKE")

    assert (unfit.status, uncited.status, fit.status) == (403, 403, 200)


def test_a_submission_is_read_by_its_reference(product: Product, people: People) -> None:
    _, reference = product.submit("The words of this submission.")
    read = product.read(people["intake_officer"], reference, "submissions.account")

    assert read.json["value"] == "The words of this submission."


def test_who_holds_no_grant_is_sent_after_the_row_all_the_same(product: Product, people: People, case: str) -> None:
    product.read(people["intake_officer"], case, "segments.text")
    read = product.read(people["caseworker"], case, "segments.text")

    assert read.status == 404
    assert "value" not in read.json


def test_a_file_goes_in_and_comes_back(product: Product, people: People) -> None:
    case, content = fresh_case(product, people), os.urandom(70_000)
    kept = product.upload(people["intake_officer"], case, "photograph.jpg", content, type="image/jpeg")
    got = product.download(people["intake_officer"], case, kept.json["attachment"])

    assert kept.status == 201
    assert got.body == content


def test_a_case_is_assigned_and_taken_back(product: Product, people: People) -> None:
    intake, case = people["intake_officer"], fresh_case(product, people)
    given = product.assign(intake, case, "legal", {"TESTIMONY"})
    shown = product.http("GET", f"/api/cases/{case}", session=people["legal_reviewer"])
    taken = product.revoke(intake, case, "legal")
    hidden = product.http("GET", f"/api/cases/{case}", session=people["legal_reviewer"])

    assert (given.status, shown.status, taken.status, hidden.status) == (201, 200, 200, 404)
    assert product.assign(intake, case, "protection", {"TESTIMONY"}).status == 403


def test_an_account_advances_step_by_step_and_no_other_way(product: Product, people: People) -> None:
    intake, case = people["intake_officer"], fresh_case(product, people)
    begun = product.advance(intake, case, "TRIAGED")
    leapt = product.advance(intake, case, "SEALED")
    explained = product.advance(intake, case, "LIMITS_EXPLAINED")
    consent = product.advance(intake, case, "GRANTED", machine="consent")
    path = ("READY", "IN_SESSION", "PAUSED", "IN_SESSION", "RECORDED", "READ_BACK", "SEGMENTED", "SEALED")
    steps = [product.advance(intake, case, state) for state in path]
    withdrawn = product.advance(intake, case, "WITHDRAWN", machine="consent")

    assert (begun.status, leapt.status, explained.status, consent.status) == (201, 409, 200, 201)
    assert [step.status // 100 for step in steps] == [2] * 8
    assert steps[-1].json["state"] == "SEALED"
    assert withdrawn.json["state"] == "WITHDRAWN"


def test_other_machines_advance_too(product: Product, people: People, cast: Cast) -> None:
    worker, case = people["caseworker"], cast.cases[2]
    planned = product.advance(worker, case, "SCHEDULED", machine="check_in")
    met = product.advance(worker, case, "MET_OK", machine="check_in")
    _, reference = product.submit("To be looked at.")
    triaged = product.advance(people["intake_officer"], reference, "TRIAGED", machine="submission")

    assert (planned.status, met.status, triaged.status) == (201, 200, 200)
    with pytest.raises(KitBroken, match="not built"):
        product.advance(worker, case, "MOVED", machine="relocation")


def test_what_takes_two_advances_by_two(product: Product, people: People, case: str) -> None:
    officer, lawyer, own = people["intake_officer"], people["legal_reviewer"], fresh_case(product, people)
    lead = product.login("legal_reviewer", "legal-lead")
    offered = product.advance(lawyer, case, "OFFERED", machine="assurance")
    alone = product.advance(lawyer, case, "IN_FORCE", machine="assurance")
    in_force = product.advance(lead, case, "IN_FORCE", machine="assurance")
    revoked = product.advance(lawyer, case, "REVOKED", machine="assurance")
    product.step_up(officer, "case.hand_over", own)
    product.act(officer, "case.hand_over", own, {"team": "legal"})
    wanted = product.advance(officer, own, "CLOSING", machine="retention")
    closed = product.advance(lawyer, own, "CLOSING", machine="retention")
    opened = product.advance(officer, own, "OPEN", machine="retention")

    assert (offered.status, alone.status, in_force.status, revoked.status) == (201, 403, 200, 200)
    assert (in_force.json["state"], revoked.json["state"]) == ("IN_FORCE", "REVOKED")
    assert (wanted.status, closed.status, opened.json["state"]) == (201, 200, "OPEN")


def test_what_passes_between_desks_advances_at_each(product: Product, people: People, case: str) -> None:
    officer, worker, lawyer = people["intake_officer"], people["caseworker"], people["legal_reviewer"]
    sent = product.advance(officer, case, "SENT", machine="handoff")
    read = product.advance(worker, case, "OPENED", machine="handoff")
    tighter = product.advance(lawyer, case, "TIGHTENED", machine="use_restriction")
    issued = product.advance(worker, case, "ISSUED", machine="threat_assessment")

    assert (sent.status, read.status, tighter.status, issued.status) == (201, 200, 201, 201)


def test_glass_is_broken_on_duty_and_judged_by_an_auditor(product: Product, people: People, case: str) -> None:
    lead, worker = product.login("caseworker", "protection-lead"), people["caseworker"]
    before = product.advance(worker, case, "ACTIVE", machine="break_glass")
    hours = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (-5, 60))
    starts, ends = (hour.isoformat(timespec="seconds") for hour in hours)
    row = {"user": worker.name, "rung": 1, "starts_at": starts, "ends_at": ends}
    product.step_up(lead, "rota.set", product.code_of(worker.name))
    put = product.act(lead, "rota.set", None, row)
    broken = product.advance(worker, case, "ACTIVE", machine="break_glass")
    ended = product.advance(worker, case, "ENDED", machine="break_glass")
    judged = product.advance(people["auditor"], case, "MISUSE", machine="break_glass")

    assert (before.status, put.status, broken.status, ended.status, judged.status) == (403, 201, 201, 200, 200)


@pytest.mark.abuse("H07")
def test_custodians_give_a_case_back_and_fewer_give_nothing(product: Product, people: People, case: str) -> None:
    shares = product.shares
    before = {entry["id"] for entry in product.entries()}
    forged = " ".join(["academic", *shares[1].split()[1:]])
    few = product.recover("intake", shares[:2], case=case)
    false = product.recover("intake", [shares[0], forged, forged, forged], case=case)
    right = product.recover("intake", [shares[4], shares[0], shares[2]], case=case)
    said = [entry for entry in product.entries() if entry["id"] not in before]

    assert (few.code, false.code, right.code) == (2, 2, 0), (few.out, false.out, right.out)
    assert b"too few" in few.out
    assert b"Share number 2 is mistyped" in false.out
    assert b"They are told on their Today" in right.out
    assert [e["action"] for e in said if e["action"].startswith("custodians.")] == ["custodians.recover_case"]


# --- what the product says of itself


def test_every_action_has_a_role_and_an_example_that_is_valid(product: Product, people: People) -> None:
    case = fresh_case(product, people)
    product.advance(people["intake_officer"], case, "TRIAGED")
    # One's own session is ended by oneself, whatever the role.
    # What was typed when a session ended is taken up, and a draft thrown away, by its writer alone.
    late = {"draft.rescue", "draft.take_up", "draft.discard"}
    # Whoever is on the rota breaks the glass and passes their time on: no role does.
    duty = {"access.break_glass", "break_glass.end", "rota.take_over"}
    # A key of one's own account is renamed and removed by its owner.
    own = {"security_key.rename", "security_key.remove"}
    # An assessment is taken back by whoever wrote it.
    own |= {"mitigation.withdraw"}
    # Whoever is asked about their entries answers, whatever their role.
    duty |= {"inquiry.answer"}
    apart = (
        late
        | duty
        | own
        | {"signin.end", "signin.leave", "signin.leave_everywhere", "attachment.finish", "submission.receive"}
    )
    actions = [action for action in product.actions() if action.name not in apart]
    invalid = {}
    for action in actions:
        worker = next(role for role in ROLES if role in action.roles)
        given = dict(action.form) | ({"user": "S-345678"} if "{user}" in action.path else {})
        given |= {"case": case} if action.name == "submission.link" else {}
        answer = product.act(people[worker], action.name, case, given)
        if answer.status in {400, 422} or answer.status >= 500:
            invalid[action.name] = (answer.status, answer.body)

    assert len(actions) > 40
    assert invalid == {}


def test_an_action_of_an_unknown_name_is_the_kits_failure(product: Product, people: People) -> None:
    with pytest.raises(KitBroken):
        product.act(people["approver"], "case.burn", None, {})


def test_routes_are_those_that_answer(product: Product) -> None:
    routes = product.routes()
    missing = [path for door, method, path in routes if method == "GET" and "{" not in path
               and product.http("GET", path, door=door).status == 404]  # fmt: skip

    assert ("portal", "POST", "/portal/submissions") in routes
    assert ("api", "POST", "/api/segments/{row}/open") in routes
    assert missing == []


def test_the_policy_is_a_table_of_roles_actions_and_states(product: Product) -> None:
    cells = set(product.policy())

    assert ("caseworker", "location.reveal", "none", True, False, True) in cells
    assert ("intake_officer", "location.reveal", "none", True, False, False) in cells
    assert ("legal_reviewer", "segment.open", "none", False, True, False) in cells
    assert ("intake_officer", "testimony.ready", "LIMITS_EXPLAINED", True, True, True) in cells
    assert ("intake_officer", "testimony.ready", "LIMITS_EXPLAINED", True, False, False) in cells
    assert ("intake_officer", "testimony.ready", "SEALED", True, True, False) in cells


def test_limits_columns_and_openapi_are_told(product: Product) -> None:
    assert product.limits()["argon2_memory_mib"] == 19
    assert product.limits()["key_classes"] == ["pepper", "team", "compartment", "wrap", "log"]
    assert ("residences", "place", "LOCATION") in product.columns()
    assert ("cases", "reference", None) in product.columns()
    assert "/api/cases/{reference}/grants" in product.openapi()["paths"]


def test_keys_are_rotated_while_people_work(product: Product, people: People, case: str) -> None:
    # Those of the key files are drawn anew in trials of their own, where whoever reads them is started again.
    for key_class in ("pepper", "team", "compartment"):
        done = product.rotate(key_class)
        assert done.code == 0, done.err.decode()
        assert product.http("GET", f"/api/cases/{case}", session=people["intake_officer"]).status == 200

    assert product.rotate("nothing").code != 0


def test_a_second_factor_is_given_by_name_for_one_action(product: Product, people: People, case: str) -> None:
    given = product.step_up(people["intake_officer"], "grant.give", case)
    nobody = product.step_up(people["intake_officer"], "no.action", case)

    assert (given.status, nobody.status) == (201, 422)


def test_a_case_is_erased_by_two_people(product: Product, people: People) -> None:
    officer, lawyer, reference = people["intake_officer"], people["legal_reviewer"], fresh_case(product, people)
    wish = {"choice": "DESTROY_AT_CLOSE", "language": "en", "how_given": "SPOKEN"}
    product.step_up(officer, "case.hand_over", reference)
    assert product.act(officer, "case.hand_over", reference, {"team": "legal"}).status == 200
    assert product.erase(officer, reference).status == 409, "a case that is open is not erased"
    assert product.act(officer, "retention.record", reference, wish).status == 201
    waits = product.act(officer, "closing.propose", reference, {})
    assert product.act(lawyer, "case.close", reference, {"row": waits.json["id"]}).status == 200

    wanted, alone = product.erase(officer, reference), product.erase(officer, reference)
    assert (wanted.status, alone.status) == (201, 403)
    assert product.erase(lawyer, reference).status == 200

    for session in (officer, lawyer):
        assert product.http("GET", f"/api/cases/{reference}", session=session).status == 404
    assert [e["operation"] for e in product.entries() if e["action"] == "case.destroy"][-1] == "erase"


def test_what_is_not_built_says_with_which_issue_it_comes(product: Product, tmp_path: Path) -> None:
    nobody = Session("staff", "approver", "nobody")
    later = (
        lambda: product.add("x", "x"),
        lambda: product.consent("x", "T4"), lambda: product.withdraw("x"),
        lambda: product.draft(nobody, "x", "x", "x"), lambda: product.approve(nobody, "x"),
        lambda: product.release(nobody, "x", "x"), lambda: product.collect(nobody, "x"),
        lambda: product.export(nobody, "x", "x", "x"),
        lambda: product.backup(tmp_path), lambda: product.restore(tmp_path, tmp_path),
        lambda: product.cut(),
        lambda: product.fault("disk-full"), lambda: adapter.start(tmp_path, lossy=True),
        lambda: adapter.start(tmp_path, faulty=True),
    )  # fmt: skip
    for verb in later:
        with pytest.raises(KitBroken, match=r"^not built: \w+ comes with [a-z]"):
            verb()


def test_there_are_four_and_twenty_kinds_of_fault() -> None:
    assert len(set(adapter.kinds())) == 24


# --- the log


@pytest.mark.abuse("I3")
def test_the_log_verifies_and_never_shrinks(product: Product, cast: Cast, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "first").write_bytes(product.checkpoint())
    first = product.verify(product.export_log(tmp_path / "one"))
    product.submit("One more.")
    product.checkpoint()
    second = product.verify(product.export_log(tmp_path / "two"), checkpoints=saved)

    assert (first.ok, second.ok, second.code) == (True, True, 0)
    assert second.size > first.size


@pytest.mark.abuse("I3")
def test_a_flipped_bit_is_found_by_the_verifier(product: Product, cast: Cast, tmp_path: Path) -> None:
    product.checkpoint()
    exported = product.export_log(tmp_path / "log")
    lines = (exported / "bodies.jsonl").read_bytes().splitlines(keepends=True)
    lines[7] = lines[7].replace(b'"done"', b'"gone"')
    (exported / "bodies.jsonl").write_bytes(b"".join(lines))
    found = product.verify(exported)

    assert (found.ok, found.code, found.bad_index) == (False, 3, 7)


def test_entries_come_in_order_and_from_a_place_on(product: Product, cast: Cast) -> None:
    product.checkpoint()
    entries = product.entries()
    placed = [entry["index"] for entry in entries if entry["index"] is not None]
    later = product.entries(since=placed[-1] - 3)

    assert placed == list(range(len(placed)))
    assert len(placed) > 200
    assert min(entry["index"] for entry in later if entry["index"] is not None) == placed[-1] - 3


@pytest.mark.abuse("G13")
def test_no_entry_holds_a_mark_of_the_cast(product: Product, cast: Cast) -> None:
    texts = [(str(entry["index"]), json.dumps(entry).encode()) for entry in product.entries()]
    marks = [canary.text for canary in cast.canaries]
    planted = [*texts, ("planted", json.dumps({"words": marks[0]}).encode())]

    assert hunt(texts, marks) == []
    assert [found.place for found in hunt(planted, marks)] == ["planted"]


# --- a small day that adds up


def disclosed(answers: list[Answer], canaries: list[Canary]) -> Counter[tuple[str, str]]:
    """What answers showed: for each, the fields whose marks are in it, by case."""
    shown: Counter[tuple[str, str]] = Counter()
    by_text = {canary.text: canary for canary in canaries}
    for answer in answers:
        marks = {found.text for found in hunt([("answer", answer.body)], by_text)}
        shown.update((_place(by_text[mark]), f"{by_text[mark].table}.{by_text[mark].column}") for mark in marks)
    return shown


def _place(canary: Canary) -> str:
    # The entry of a submission names its row and no case: it belongs to none yet.
    return "" if canary.table.startswith("submission") else canary.case


def consulted(entries: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """What entries say was opened, by case and field."""
    said: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        if entry["operation"] == "consult":
            cases = [subject["case"] for subject in entry["subjects"]] or [""]
            said.update((case, name) for case in cases for name in entry.get("fields", []))
    return said


def small_day(product: Product, people: People, cast: Cast, marked: Canary) -> None:
    """What people do on a day: look at lists, read, try what they may not, send and fetch files."""
    for role in ROLES:
        product.http("GET", "/api/cases", session=people[role])
        product.http("GET", "/today", session=people[role])
    for case in cast.cases[:2]:
        for role, names in ON_A_DAY.items():
            product.http("GET", f"/cases/{case}", session=people[role])
            for name in names:
                product.read(people[role], case, name)
    kept = product.upload(people["intake_officer"], marked.case, "letter.txt", marked.text.encode())
    product.download(people["intake_officer"], marked.case, kept.json["attachment"])
    product.download(people["caseworker"], marked.case, kept.json["attachment"])
    # One that was taken into no case: else its words stand in two places.
    asked = [canary for canary in cast.canaries if (canary.table, canary.column) == ("submissions", "account")][-1]
    product.read(people["intake_officer"], asked.case, "submissions.account")
    receipt, _ = product.submit("Nothing of this comes back.")
    product.lookup(receipt)


@pytest.mark.abuse("G11")
def test_every_disclosure_of_a_day_has_its_entry_and_no_entry_is_without(
    product: Product, people: People, cast: Cast
) -> None:
    for role in ROLES:
        assert people[role].cookies
    product.checkpoint()
    before = {entry["id"] for entry in product.entries()}
    marked = Canary("CANARY-" + os.urandom(12).hex(), "attachments", "file_key", cast.cases[0], "TESTIMONY")
    with product.record() as answers:
        small_day(product, people, cast, marked)
    entries = [entry for entry in product.entries() if entry["id"] not in before]
    canaries = [*cast.canaries, marked]

    shown, said = disclosed(answers, canaries), consulted(entries)
    planted = Answer(200, [], cast.canaries[0].text.encode(), None, 0.0)

    assert len(answers) > 80
    assert shown.total() >= 14
    assert shown == said
    assert disclosed([*answers, planted], canaries) != said


@pytest.mark.abuse("E03")
# Where somebody is asks for a code at each look, and a code serves once in half a minute.
@pytest.mark.timeout(600)
def test_every_role_sees_only_what_its_compartments_hold(
    product: Product, people: People, cast: Cast, case: str
) -> None:
    mine = [canary for canary in cast.canaries if canary.case == case and canary.compartment is not None]
    fields = sorted({(canary.table, canary.column) for canary in mine})
    product.read(people["intake_officer"], case, "persons.legal_name")
    product.read(people["caseworker"], case, "residences.place")
    opened: dict[str, set[str]] = {}
    for role in ROLES:
        session = people[role]
        unasked = [product.http("GET", path, session=session) for path in (f"/api/cases/{case}", f"/cases/{case}")]
        assert disclosed(unasked, mine) == Counter()
        product.visit(session, case)
        answers = [product.read(session, case, f"{table}.{column}") for table, column in fields]
        marks = {found.text for answer in answers for found in hunt([("", answer.body)], [c.text for c in mine])}
        opened[role] = {str(canary.compartment) for canary in mine if canary.text in marks}
        assert opened[role] <= cast.grants[session.name].get(case, set())

    assert opened["intake_officer"] == {"IDENTITY", "TESTIMONY"}
    assert opened["legal_reviewer"] == {"TESTIMONY", "LEGAL"}
    assert opened["caseworker"] == {"IDENTITY", "LOCATION", "CARE", "THREAT"}
    assert not any(opened[role] for role in ROLES if role not in AT_WORK)


@pytest.mark.abuse("K01")
def test_no_file_and_no_log_holds_a_mark(product: Product, people: People, cast: Cast, case: str) -> None:
    product.read(people["intake_officer"], case, "persons.legal_name")
    files = list(product.files())
    marks = [canary.text for canary in cast.canaries]
    found = hunt([*contents(files), ("logs", product.logs())], marks)

    assert any("pg_wal" in path.parts for path in files)
    assert any("attachments" in path.parts for path in files)
    assert sum(path.stat().st_size for path in files if path.exists()) > 30_000_000
    assert found == []


@pytest.mark.abuse("K01")
def test_a_mark_in_any_dress_would_have_been_found(product: Product, cast: Cast) -> None:
    mark = cast.canaries[3].text
    dressed = {
        "raw": mark.encode(),
        "utf-16-le": mark.encode("utf-16-le"),
        "utf-16-be": mark.encode("utf-16-be"),
        "hex": mark.encode().hex().encode(),
        "HEX": mark.encode().hex().upper().encode(),
        "base64, shifted 0": base64.b64encode(mark.encode()),
        "base64, shifted 1": base64.b64encode(b"x" + mark.encode()),
        "base64, shifted 2": base64.urlsafe_b64encode(b"xy" + mark.encode()),
        "gzip, raw": gzip.compress(mark.encode()),
    }
    for dress, data in dressed.items():
        planted = product.folder / "tmp" / "planted"
        planted.write_bytes(b"before " + data + b" after")
        found = hunt(contents(product.files()), [mark]) if dress == "raw" else hunt(contents([planted]), [mark])
        planted.unlink()

        assert [(hit.place, hit.encoding) for hit in found] == [(str(planted), dress)]


def test_what_services_and_database_say_is_in_the_logs(product: Product) -> None:
    assert b"database system is ready to accept connections" in product.logs()


def test_recording_keeps_every_exchange_of_every_door_and_ends(product: Product, people: People) -> None:
    approver = people["approver"]
    with product.record() as answers:
        product.http("GET", "/healthz")
        product.http("HEAD", "/healthz", door="portal")
        product.raw(b"nonsense\r\n\r\n", wait=1.0)
        product.submit("Sent through the proxy.", [("a.bin", os.urandom(100_000))])
        product.http("GET", "/api/me", session=approver)
    product.http("GET", "/healthz")

    assert answers[0].status == 200
    assert [answer.status for answer in answers[2:]] == [400, 201, 201, 200]
    assert answers[-1].json["login_name"] == "approver"


# --- what breaks and comes back


@pytest.mark.parametrize("part", ["app", "worker", "postgres"])
def test_a_killed_part_stays_dead_until_it_is_started_again(
    product: Product, people: People, part: adapter.Part
) -> None:
    people["approver"]
    product.kill(part)
    dead = (product.healthy(), product.pids()[part])
    seconds = product.restart(part)

    assert dead == (False, [])
    assert product.healthy()
    assert seconds < 60
    assert product.http("GET", "/api/me", session=people["approver"]).status == 200


def test_everything_killed_at_once_comes_back_with_what_was_acknowledged(product: Product, cast: Cast) -> None:
    receipt, reference = product.submit("Sent just before.")
    product.kill()
    gone = product.pids()["all"]
    product.restart()
    session = product.lookup(receipt)

    assert gone == []
    assert session is not None
    assert session.name == reference


def test_the_clock_of_the_app_is_set_or_the_kit_says_what_is_missing(product: Product, cast: Cast) -> None:
    if not list(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")):
        with pytest.raises(KitBroken, match="faketime"):
            product.set_clock(3600)
        return
    product.set_clock(86400)
    session = product.login("approver", "approver2")
    ends_at = product.last.json["ends_at"]
    ahead = product.pids()["all"]
    product.set_clock(0)

    assert session.cookies
    assert not [pid for pid in ahead if processes.exists(pid) and pid not in product.pids()["postgres"]]
    assert ends_at[:10] > product.entries()[0]["at"][:10]
    assert product.http("GET", "/api/me", session=session).status == 401


def test_what_the_kit_knows_by_heart_names_only_what_exists(product: Product) -> None:
    tables = {table for table, _, _ in product.columns()}
    actions = {action.name for action in product.actions()}

    assert {table for reasons in knowledge.REASONS.values() for reason in reasons for table in reason.cites} <= tables
    assert {table for _, table in knowledge.REASONS_FOR} <= tables
    assert set(knowledge.STATES) <= actions
    assert set(knowledge.forms()) <= actions | {"submission.receive"}
    assert set(knowledge.STATES_OF) <= tables
