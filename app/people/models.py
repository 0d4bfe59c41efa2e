"""Rows under IDENTITY: names, birth, documents, ways to reach the person."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, EnvelopeRow, Sealed


class Person(CaseRow):
    """The witness of a case. One per case; every particular is sealed apart, so each is opened apart."""

    __tablename__ = "persons"
    __table_args__ = (UniqueConstraint("case_id"),)
    compartment = "IDENTITY"
    author = "recorded_by"

    legal_name: Mapped[Sealed]
    name_arabic: Mapped[Sealed | None]
    aliases: Mapped[Sealed | None]
    birth_date: Mapped[Sealed | None]
    sex: Mapped[Sealed | None]
    nationalities: Mapped[Sealed | None]
    languages: Mapped[Sealed | None]
    category: Mapped[Sealed | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class IdentityDocument(CaseRow):
    """A paper that says who somebody is, or that it was lost or destroyed by the group."""

    __tablename__ = "identity_documents"
    compartment = "IDENTITY"
    author = "recorded_by"

    kind: Mapped[Sealed]
    number: Mapped[Sealed | None]
    issuer: Mapped[Sealed | None]
    condition: Mapped[Sealed]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class ContactChannel(CaseRow):
    """How, when and with which first words the person may be reached, and who must not know."""

    __tablename__ = "contact_channels"
    compartment = "IDENTITY"
    author = "recorded_by"

    channel: Mapped[Sealed]
    address: Mapped[Sealed]
    safe_hours: Mapped[Sealed | None]
    opening_words: Mapped[Sealed | None]
    who_must_not_know: Mapped[Sealed | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Approach(CaseRow):
    """How somebody may be approached at all, in codes: the red line of a case.

    Of identity, because it tells what they fear; shown with the visit, because nobody may
    learn it too late.
    """

    __tablename__ = "approaches"
    compartment = "IDENTITY"
    opens_with_visit = True
    author = "recorded_by"

    codes: Mapped[Sealed]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class IdentityClaim(CaseRow):
    """What one source says of who somebody is: names in one use, part by part, and a birth.

    Two sources that disagree are two rows. None is overwritten and none is "the" name.
    """

    __tablename__ = "identity_claims"
    compartment = "IDENTITY"
    author = "recorded_by"

    about: Mapped[Sealed]
    name_use: Mapped[Sealed]
    name_parts: Mapped[Sealed]
    birth_date: Mapped[Sealed | None]
    basis: Mapped[Sealed]
    source: Mapped[Sealed]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class SamePersonFinding(CaseRow):
    """Whether somebody else's record is of the same person, and by which two strong attributes that was found."""

    __tablename__ = "same_person_findings"
    compartment = "IDENTITY"
    author = "found_by"

    finding: Mapped[Sealed]
    attributes: Mapped[Sealed]
    asked: Mapped[Sealed]
    reasons: Mapped[Sealed | None]
    # The look-up it settles. Of others' cases nothing stands here.
    look_up_id: Mapped[UUID | None] = mapped_column(ForeignKey("look_ups.id"))
    found_by: Mapped[str]
    found_at: Mapped[datetime]


class KnownMark(EnvelopeRow):
    """Keyed tags of one record of a person: by these the intake team finds out whether somebody is known.

    Whoever holds no key of the index seals ``texts`` to the team instead, in an envelope of
    their own; the team's next member files them, which empties the row. ``of_case`` is not
    called ``case_id``: an entry about somebody's question must not name whose case it met.
    """

    __tablename__ = "known_marks"
    # With every question: what was filed since the last one, and whether anything waits.
    __table_args__ = (
        Index("ix_known_marks_since", "envelope_id", "id"),
        Index("ix_known_marks_waiting", "id", postgresql_where="texts IS NOT NULL"),
    )
    scopes = frozenset({"team"})
    never_shown: ClassVar[frozenset[str]] = frozenset({"tags", "texts"})

    of_case: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    tags: Mapped[Sealed | None]
    texts: Mapped[Sealed | None]


class LookUp(EnvelopeRow):
    """A question whether somebody is known, without its words: who asked, when, for which case.

    ``met`` is which cases agreed; nobody is shown it, but those settled as somebody else are
    left out when it is asked again for the same case.
    """

    __tablename__ = "look_ups"
    scopes = frozenset({"team"})
    author = "asked_by"
    never_shown: ClassVar[frozenset[str]] = frozenset({"met", "settled"})

    for_case: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    met: Mapped[Sealed]
    settled: Mapped[Sealed | None]
    asked_by: Mapped[str] = mapped_column(index=True)
    asked_at: Mapped[datetime]
