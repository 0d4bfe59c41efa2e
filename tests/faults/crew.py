"""Eight people at work while something dies, and a list of what they were told was done.

Submitters send accounts at the witness's door. Openers write a note on a case and open that very
note: so each note belongs to one opening, and each opening must have its own entry.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.kit.adapter import Product, Session
from tests.kit.wire import Answer, content, exchange

SUBMITTERS, OPENERS = 4, 4
REQUEST_SECONDS = 20.0
# Nobody behind the door, a door that asks to come back, and a receipt that is slow to be drawn: no answer at all.
NOT_DONE = {0, 503}


@dataclass
class Told:
    """What was acknowledged: reference -> receipt and account; note -> its words; notes whose words were shown."""

    submissions: dict[str, tuple[str, str]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    # Answers that neither acknowledge nor ask to come back; there should be none.
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Told) -> None:
        self.submissions |= other.submissions
        self.notes |= other.notes
        self.opened |= other.opened
        self.answers += other.answers
        self.wrong += other.wrong

    def total(self) -> int:
        return len(self.submissions) + len(self.notes) + len(self.opened)


class Crew:
    """The people, one thread each. They go on through every refusal and every silence."""

    def __init__(self, product: Product, caseworker: Session, case: str, name: str) -> None:
        self._product, self._caseworker, self._case, self._name = product, caseworker, case, name
        self._lock = threading.Lock()
        self._ending = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[Told]:
        """They work while this is open; the list is complete afterwards."""
        told = Told()
        works: list[Callable[[Told, str], None]] = [*[self._submit] * SUBMITTERS, *[self._open] * OPENERS]
        people = [
            threading.Thread(target=self._work, args=(work, told, f"{self._name}-{number}"), daemon=True)
            for number, work in enumerate(works)
        ]
        for each in people:
            each.start()
        try:
            yield told
        finally:
            self._ending.set()
            for each in people:
                each.join(3 * REQUEST_SECONDS)

    def _work(self, work: Callable[[Told, str], None], told: Told, name: str) -> None:
        number = 0
        while not self._ending.is_set():
            work(told, f"{name}-{number}")
            number += 1

    def _submit(self, told: Told, name: str) -> None:
        """Draw a receipt and send an account with it."""
        drawn = self._post("portal", "/portal/receipts", {}, told)
        if drawn.status != 201:
            return
        receipt, account = str(drawn.json["words"]), f"We left at night, and this is account {name}."
        sent = self._post("portal", "/portal/submissions", {"receipt": receipt, "account": account}, told)
        if sent.status == 201:
            with self._lock:
                told.submissions[str(sent.json["reference"])] = (receipt, account)

    def _open(self, told: Told, name: str) -> None:
        """Write a note, then open it."""
        words = f"Insulin before winter, note {name}."
        form = {"kind": "MEDICINE", "words": words}
        made = self._post("staff", f"/api/cases/{self._case}/needs", form, told)
        if made.status != 201:
            return
        note = str(made.json["id"])
        with self._lock:
            told.notes[note] = words
        asked = {"fields": ["words"], "justification": "CARE", "cites": note, "words": "Due today."}
        shown = self._post("staff", f"/api/needs/{note}/open", asked, told)
        if words.encode() in shown.body:
            with self._lock:
                told.opened.add(note)

    def _post(self, door: str, path: str, form: object, told: Told) -> Answer:
        body, described = content(json_=form)
        headers = described | (self._caseworker.headers if door == "staff" else {})
        base = self._product.url["staff" if door == "staff" else "portal"]
        answer = exchange(base, "POST", path, body=body, headers=headers, timeout=REQUEST_SECONDS)
        with self._lock:
            told.answers[answer.status] += 1
            if answer.status not in NOT_DONE and answer.status >= 300:
                told.wrong.append(f"{path}: {answer.status} {answer.body[:200]!r}")
        if answer.status in NOT_DONE:
            # Whoever finds nobody at the door waits a moment before they knock again.
            self._ending.wait(0.2)
        return answer
