"""From the fields of a page's form to one of our forms, and back to the page with what was typed.

The same forms serve the interface for programs; here only the way in differs: a browser
sends text under flat names, several values under one name, and a date in parts.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from app.edge.desk import form_of
from app.edge.languages import N_
from app.errors import Unprocessable
from app.work import Form

F = TypeVar("F", bound=Form)
Fields = Mapping[str, Sequence[str]]

# Never sent back to a page, whatever became of the form.
SECRETS: Final = frozenset({
    "passphrase", "code", "recovery_code", "new_passphrase", "receipt", "csrf", "once", "credential", "client_data",
    "authenticator_data", "signature", "attestation", "transports",
})  # fmt: skip
_PARTS: Final = ("day", "month", "year", "time")
# Which sentence a mistake gets: by field and kind first, by kind after that.
SENTENCES: Final[Mapping[str, str]] = {
    "missing": N_("Please fill this in."),
    "extra_forbidden": N_("This page has no such field. Please load it again."),
    "string_too_long": N_("This is longer than can be kept here. Please shorten it."),
    "string_too_short": N_("This is shorter than needed."),
    "too_short": N_("Please choose at least one."),
    "too_long": N_("These are more than can be kept at once."),
    "literal_error": N_("Please choose one of the answers."),
    "enum": N_("Please choose one of the answers."),
    "bool_type": N_("Please choose one of the answers."),
    "bool_parsing": N_("Please choose one of the answers."),
    "int_parsing": N_("Please give a number."),
    "int_type": N_("Please give a number."),
    "datetime_from_date_parsing": N_("Please give a day, a month, a year and a time."),
    "datetime_parsing": N_("Please give a day, a month, a year and a time."),
    "uuid_parsing": N_("Please choose one of the items."),
    "model_type": N_("Please fill this in."),
    "assurance_instrument": N_("Please give the text of the instrument, or the file it lies in: one of them."),
    "assurance_stated": N_("A promise of this kind names the proceedings or offences it holds in."),
    "dissent_words": N_("A dissent says why."),
    "step_paper": N_("Please give the text of the paper or choose its file, not both."),
    "step_runs_from": N_("What begins to run says from which day; nothing else does."),
    "assurance_ends_on": N_("Its last day is before its first."),
    "zone_unknown": N_("No time zone has this name. It is a part of the world and a town, such as Africa/Nairobi."),
    "*": N_("This could not be understood. Please look at it again."),
}


class Mistakes(Unprocessable):
    """What did not fit, by field: each with the sentence that helps, none with what was typed."""

    def __init__(self, found: Mapping[str, str]) -> None:
        super().__init__(N_("Some answers need another look. Nothing was saved yet."))
        self.found = dict(found)


@dataclass(frozen=True)
class Sheet:
    """The state of a form on a page: its tokens, what was typed, what did not fit.

    once      makes sending the same page twice one deed
    mistakes  sentences by field name; "" is about the whole
    draft     what of this form was saved before, on pages that know drafts
    """

    csrf: str
    once: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    values: Fields = field(default_factory=dict)
    mistakes: Mapping[str, str] = field(default_factory=dict)
    draft: Any = None
    _placed: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    def place(self, name: str) -> str:
        """The id of the next field of this name. Several forms of one page may ask for the same; a label names one."""
        self._placed[name] = self._placed.get(name, 0) + 1
        again = self._placed[name]
        return anchor(name) if again == 1 else f"{anchor(name)}--{again}"

    def value(self, name: str) -> str:
        """What stands in a field of one line or one choice."""
        return next(iter(self.values.get(name, ())), "")

    def all(self, name: str) -> Sequence[str]:
        """What is ticked."""
        return self.values.get(name, ())

    def mistake(self, name: str) -> str:
        """The sentence beside a field, or nothing; that of a part counts for the whole."""
        return self.mistakes.get(name, "")

    def typed(self, values: Fields, mistakes: Mapping[str, str]) -> Sheet:
        """The same page again, with what was typed and what did not fit."""
        kept = {name: list(given) for name, given in values.items() if name.rpartition(".")[2] not in SECRETS}
        return replace(self, values=kept, mistakes=mistakes, _placed={})


def anchor(name: str) -> str:
    """The id of the first field of a name, which a list of mistakes leads to."""
    return name.replace(".", "-")


def read(kind: type[F], fields: Fields, zone: ZoneInfo) -> F:
    """A form from posted fields. Raises Mistakes, which names each field and repeats none.

    zone  the office's own time, in which somebody writes "Tuesday at three"
    """
    told: dict[str, Any] = {}
    schema = kind.model_json_schema()
    for name, values in _joined(fields, zone).items():
        _place(told, name.split("."), values, schema, schema)
    try:
        return form_of(kind, told)
    except ValidationError as wrong:
        raise Mistakes(_sentences(wrong)) from None


def _joined(fields: Fields, zone: ZoneInfo) -> dict[str, list[str]]:
    """Blanks dropped, line ends made one, a moment or a day in parts put together, lines made a list."""
    told = {name: [value.replace("\r\n", "\n") for value in values if value.strip()] for name, values in fields.items()}
    for name in {each.rpartition(".")[0] for each in told if each.endswith(".time")}:
        parts = [digits(next(iter(told.pop(f"{name}.{part}", [])), "")) for part in _PARTS]
        if any(parts):
            told[name] = [_moment(parts, zone)]
    for name in {each.rpartition(".")[0] for each in told if each.endswith(".dmy")}:
        day, month, year, _ = [digits(next(iter(told.pop(f"{name}.{part}", [])), "")) for part in _PARTS]
        told.pop(f"{name}.dmy")
        if day or month or year:
            told[name] = [f"{year:>04}-{month:>02}-{day:>02}"]
    for name in [each for each in told if each.endswith(".lines")]:
        told[name.removesuffix(".lines")] = [
            line for value in told.pop(name) for line in value.split("\n") if line.strip()
        ]
    return {name: values for name, values in told.items() if values}


def _moment(parts: list[str], zone: ZoneInfo) -> str:
    day, month, year, time = parts
    try:
        hour, minute = (int(part) for part in re.split(r"[:.]", time))
        return datetime(int(year), int(month), int(day), hour, minute, tzinfo=zone).isoformat()
    except ValueError:
        return "?"  # refused by the form as no time


def _place(told: dict[str, Any], path: list[str], values: list[str], schema: Any, whole: Any) -> None:
    """Put what came under a dotted name where the form has it, as the kind of value it wants."""
    inner = _part(schema, path[0], whole)
    if len(path) > 1:
        deeper = told.setdefault(path[0], {})
        if isinstance(deeper, dict):
            _place(deeper, path[1:], values, inner, whole)
        return
    kinds = _kinds(inner, whole)
    if "array" in kinds:
        told[path[0]] = values
    elif "boolean" in kinds:
        told[path[0]] = {"yes": True, "no": False}.get(values[0], values[0])
    elif "integer" in kinds:
        told_in = digits(values[0].strip())
        told[path[0]] = int(told_in) if re.fullmatch(r"[0-9]{1,9}", told_in) else told_in
    elif kinds & {"code", "moment"}:
        told[path[0]] = digits(values[0].strip())
    else:
        told[path[0]] = values[0]


def _part(schema: Any, name: str, whole: Any) -> Any:
    for each in _alternatives(schema, whole):
        if name in each.get("properties", {}):
            return each["properties"][name]
    return {}


def _kinds(schema: Any, whole: Any) -> set[str]:
    kinds = set()
    for each in _alternatives(schema, whole):
        kinds.add(str(each.get("type", "")))
        # What has a pattern is a code of ours, and a date is a date in whatever digits it is typed.
        kinds |= {"code"} if "pattern" in each else set()
        kinds |= {"moment"} if each.get("format") in {"date-time", "date"} else set()
    return kinds


def _alternatives(schema: Any, whole: Any) -> list[Any]:
    """A part of a schema with its references followed and its alternatives side by side."""
    if "$ref" in schema:
        return _alternatives(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    inner = schema.get("anyOf") or schema.get("oneOf")
    return [schema] if not inner else [found for each in inner for found in _alternatives(each, whole)]


def digits(text: str) -> str:
    """Digits of any script as 0 to 9: ٣ and ۳ are 3."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _sentences(wrong: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for error in wrong.errors(include_url=False, include_context=False, include_input=False):
        names = [part for part in error["loc"] if isinstance(part, str) and re.fullmatch(r"[a-z][a-z0-9_]*", part)]
        sentence = SENTENCES.get(error["type"], SENTENCES["*"])
        found.setdefault(".".join(names), sentence)
    return found
