"""Rows under IDENTITY: names, birth, documents, ways to reach the person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from app.db import CaseRow, Sealed


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
