"""What becomes of one testimony, chapter by chapter: each colleague does at the real doors what their work asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from app.clock import uuid7
from app.pseudonyms import references
from tests.cleaning import files
from tests.journeys.house import Colleague, House
from tests.world import words

LANGUAGES = ("ar", "fr", "en")
# A photograph that knows where it was taken, a letter that knows its author, a recording.
BROUGHT: dict[str, tuple[Callable[[], bytes], str]] = {
    "صورة.jpg": (partial(files.jpeg, (3000, 2000)), "image/jpeg"),
    "letter.pdf": (files.pdf, "application/pdf"),
    "voice.wav": (files.wav, "audio/wav"),
}
# Who holds no grant when the case is new: other roles, and an officer who is in no team.
OUTSIDE = ("tariq", "samuel", "nadia", "vera", "newcomer")


@dataclass
class Told:
    """The case: its rows, what was typed into it, by language the passages and their rows, by name the files.

    hidden   what each of those without a grant was told of it, and of a reference that nobody ever drew
    """

    reference: str
    rows: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    segments: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, tuple[list[Any], list[Any]]] = field(default_factory=dict)


def intake_sits_with_the_witness(house: House, sent: dict[str, Any]) -> Told:
    """Intake opens the case, takes the submission into it, and sits with the witness."""
    intake, arrived = house["jonas"], sent["answers"][0].json()["reference"]
    case = Told(intake.kept("/api/cases", {"pathway": "ADULT"})["reference"])
    row = intake.get("/api/submissions").json()[0]["id"]
    opening = {"fields": ["account"], "justification": "TRIAGE", "cites": row}
    case.typed["submission"] = intake.kept(f"/api/submissions/{arrived}/open", opening)["values"]["account"]
    intake.kept(f"/api/submissions/{arrived}/triage", {"decision": "INTERVIEW"})
    intake.kept(f"/api/submissions/{arrived}/link", {"case": case.reference})
    records_who_it_is(house, intake, case)
    for language in LANGUAGES:
        takes_an_account(house, intake, case, language)
    keeps_files(house, intake, case)
    for login in OUTSIDE:
        case.hidden[login] = asked_for(house[login], case), asked_for(house[login], nobody_s(case))
    return case


def nobody_s(case: Told) -> Told:
    """The same questions about a reference and rows that nobody ever drew."""
    rows = {name: str(uuid7()) for name in case.rows}
    return Told(references.draw(), rows, typed={"number": "N 0000 000"})


def asked_for(colleague: Colleague, case: Told) -> list[Any]:
    """List, count, search and every kind of address: what comes back, but for the moment it came."""
    at, why = f"/api/cases/{case.reference}", {"justification": "WITNESS_REQUEST"}
    answers = [
        colleague.get("/api/cases"), colleague.get("/api/cases/count"), colleague.get(at),
        colleague.get(f"{at}/looked"), colleague.get(f"{at}/testimonies"),
        colleague.get(f"/api/testimonies/{case.rows['ar']}"),
        colleague.post("/api/look-ups/find", {"reference": case.reference}),
        colleague.post("/api/look-ups/find", {"document_number": case.typed["number"]}),
        colleague.post(f"{at}/visits", why), colleague.post(f"/api/consents/{case.rows['consent']}/withdraw"),
        colleague.post(f"/api/persons/{case.rows['person']}/open", {"fields": ["legal_name"], **why}),
        colleague.post(f"{at}/grants", {"user": colleague.code, "compartments": ["IDENTITY"]}),
    ]  # fmt: skip
    return [
        (answer.status_code, answer.content, sorted(pair for pair in answer.headers.multi_items() if pair[0] != "date"))
        for answer in answers
    ]


def records_who_it_is(house: House, intake: Colleague, case: Told) -> None:
    case.typed["latin"], case.typed["arabic"] = house.said("Amina Rahmani"), house.said("أمينة رحماني")
    person = {
        "legal_name": case.typed["latin"], "name_arabic": case.typed["arabic"], "aliases": [house.said("Mina")],
        "birth_date": {"precision": "SEASON", "words": house.said("spring 1991"), "year": 1991}, "sex": "FEMALE",
        "nationalities": ["TN"], "languages": ["ar", "fr"], "category": ["WITNESS"],
    }  # fmt: skip
    case.rows["person"] = intake.kept(f"/api/cases/{case.reference}/person", person)["id"]
    case.typed["number"] = house.said("N 4471 902")
    document = {"kind": "PASSPORT", "condition": "LOST", "number": case.typed["number"], "issuer": house.said("a town")}
    case.rows["document"] = intake.kept(f"/api/cases/{case.reference}/documents", document)["id"]


def takes_an_account(house: House, intake: Colleague, case: Told, language: str) -> None:
    """The statement of limits, what was understood, consent, the lawyer offered, the words; in this order."""
    told = tuple(house.said(passage.text) for passage in words.passages(language))
    row = intake.kept(f"/api/cases/{case.reference}/testimonies", {"admissions": False})["id"]
    at, free = f"/api/testimonies/{row}", {"custody_status": "FREE", "guard_present": False}
    understood = house.said(words.own_words(language))
    intake.kept(f"{at}/limits", {"statement_version": "2026-10", "language": language, "own_words": understood})
    consent = {
        "tier": "T1", "granted": True, "text_version": "2026-10", "language": language, "how_given": "SPOKEN", **free,
    }  # fmt: skip
    case.rows["consent"] = intake.kept(f"/api/cases/{case.reference}/consents", consent)["id"]
    intake.kept(f"{at}/ready", {"counsel": "OFFERED"})
    why_again = house.said("They wrote to us, and would like to say it in a language of their own.")
    intake.kept(f"{at}/session", {"place": "OFFICE", "why_again": why_again, **free})
    account = {"language": language, "segments": [{"text": text, "speaker": "WITNESS"} for text in told]}
    case.segments[language] = intake.kept(f"{at}/account", account)["segments"]
    case.accounts[language], case.rows[language] = told, row


def keeps_files(house: House, intake: Colleague, case: Told) -> None:
    for name, (make, kind) in BROUGHT.items():
        content, called = make(), house.said(name)
        part = {"file": (called, content, kind)}
        row = intake.kept(f"/api/cases/{case.reference}/attachments", files=part)["id"]
        case.files[called] = (row, content)


def legal_reads_and_writes(house: House, told: Told) -> dict[str, Any]:
    """Handed to the legal team: a reviewer says why they open it, reads, writes, and asks for the name apart."""
    at, reviewer = f"/api/cases/{told.reference}", house["tariq"]
    for holder in ("jonas", "amelie"):
        house[holder].kept(f"{at}/hand-over", {"team": "legal"}, confirm="case.hand_over")
    seen = reviewer.get(at).json()
    note = reviewer.kept(f"{at}/mitigation/take")["id"]
    purpose = {"justification": "LEGAL_ASSESSMENT", "cites": note}
    why = house.said("Asked to say how far this goes.")
    visit = reviewer.kept(f"{at}/visits", {**purpose, "words": why, "compartment": "TESTIMONY"})["id"]
    segment = told.segments["fr"][0]
    bare = reviewer.post(f"/api/segments/{segment}/open", {"fields": ["text"], "justification": "CARE"})
    read = {
        language: [
            reviewer.kept(f"/api/segments/{row}/open", {"fields": ["text"], "visit": visit, **purpose})["values"][
                "text"
            ]
            for row in rows
        ]
        for language, rows in told.segments.items()
    }
    view = {"factor": "TIMELINESS", "finding": "PARTLY", "reasons": house.said("It was said at the border."),
            "passages": [told.segments["fr"][0]], "contrary_evidence": house.said("None found.")}  # fmt: skip
    written = reviewer.kept(f"{at}/mitigation", view)
    row = next(each["id"] for each in reviewer.get(at).json()["records"] if each["table"] == "mitigation_factors")
    opened = reviewer.kept(f"/api/mitigation_factors/{row}/open", {"fields": ["reasons"], **purpose})
    return {
        "seen": seen, "note": note, "bare": bare, "read": read, "view": view, "written": written, "opened": opened,
        "name": reveals_the_name(house, told, {**purpose, "fields": ["legal_name"]}),
    }  # fmt: skip


def reveals_the_name(house: House, told: Told, purpose: dict[str, Any]) -> list[Any]:
    """Without the key; with it, for two hours, but no reason in words; with both."""
    path, reviewer = f"/api/persons/{told.rows['person']}/open", house["tariq"]
    tries = [reviewer.post(path, purpose, confirm="person.reveal")]
    until = (datetime.now(UTC) + timedelta(hours=2)).isoformat(timespec="seconds")
    lent = {"user": reviewer.code, "compartments": ["IDENTITY"], "until": until}
    house["jonas"].kept(f"/api/cases/{told.reference}/grants", lent, confirm="grant.give")
    reasoned = {**purpose, "words": house.said("To compare it with the file of the court.")}
    return [*tries, *(reviewer.post(path, form, confirm="person.reveal") for form in (purpose, reasoned))]


def protection_sets_a_day(house: House, told: Told) -> dict[str, Any]:
    """Handed to the protection team: a caseworker judges the threat, the place and the needs, and sets a day."""
    at, worker = f"/api/cases/{told.reference}", house["samuel"]
    for holder in ("jonas", "ines"):
        house[holder].kept(f"{at}/hand-over", {"team": "protection"}, confirm="case.hand_over")
    place = {"user": worker.code, "compartments": ["LOCATION"]}
    house["ines"].kept(f"{at}/grants", place, confirm="grant.give")
    typed = {
        name: house.said(f"What is known of the {name}.") for name in ("fear", "findings", "place", "need", "word")
    }
    threat = worker.kept(
        f"{at}/threats", {"level": "HIGH", "fear_in_own_words": typed["fear"], "findings": typed["findings"]}
    )["id"]
    residence = worker.kept(
        f"{at}/residences", {"place": typed["place"], "since": house.said("May"), "who_knows": house.said("two")}
    )["id"]
    worker.kept(f"{at}/needs", {"kind": "MEDICINE", "words": typed["need"]})
    day = (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="seconds")
    worker.kept(f"{at}/check-ins", {"due_at": day, "agreed_word": typed["word"]})
    why = {"justification": "SAFETY", "cites": threat, "words": house.said("To fetch them tonight.")}
    opened = {
        "name": worker.kept(
            f"/api/persons/{told.rows['person']}/open",
            {"fields": ["legal_name", "name_arabic"], **why},
            confirm="person.reveal",
        ),
        "place": worker.kept(
            f"/api/residences/{residence}/open", {"fields": ["place"], **why}, confirm="location.reveal"
        ),
    }
    account = worker.post(f"/api/segments/{told.segments['ar'][0]}/open", {"fields": ["text"], **why})
    theirs = {login: house[login].post(f"/api/residences/{residence}/open", {"fields": ["place"], **why})
              for login in ("jonas", "tariq")}  # fmt: skip
    return {
        "seen": worker.get(at).json(), "typed": typed, "opened": opened, "account": account, "theirs": theirs,
        "due": worker.get(f"{at}/check-ins").json(), "residence": residence,
    }  # fmt: skip
