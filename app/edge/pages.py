"""Templates of an area: one environment for all languages, escaping always, opened values read in one place.

A template gets one view, the frame of the page and the state of its form; no model, no
request, no caller. A ``Plain`` prints as a blank: only the macros that show an opened value
or a typed one know how to read it (``plain_text``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, pass_context
from markupsafe import Markup, escape

from app.edge import languages
from app.edge.languages import Catalogues
from app.edge.static import Static
from app.work import Plain

# Letters that turn the reading order of others. Shown by name, so that nobody reorders a log line or a reason.
TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")

_COMPONENTS: Final = {
    "back-link": "BackLink", "button": "Button", "character-count": "CharacterCount", "checkboxes": "Checkboxes",
    "date-input": "DateInput", "details": "Details", "error-summary": "ErrorSummary", "fieldset": "Fieldset",
    "file-upload": "FileUpload", "input": "Input", "inset-text": "InsetText",
    "notification-banner": "NotificationBanner", "pagination": "Pagination", "panel": "Panel",
    "password-input": "PasswordInput", "radios": "Radios", "select": "Select", "skip-link": "SkipLink",
    "summary-list": "SummaryList", "table": "Table", "tag": "Tag", "task-list": "TaskList", "textarea": "Textarea",
    "warning-text": "WarningText",
}  # fmt: skip


def environment(area: str, words: Catalogues, static: Static, **filters: Callable[..., Any]) -> Environment:
    """The templates of ``app.<area>``, those all areas share, and the components by name, ``govukButton(...)``."""
    made = Environment(
        loader=ChoiceLoader([
            PackageLoader(f"app.{area}"),
            PackageLoader("app.edge"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]),
        autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False, cache_size=-1,
        extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    made.install_gettext_callables(  # type: ignore[attr-defined]
        words.gettext, words.ngettext, newstyle=True, pgettext=words.pgettext, npgettext=words.npgettext
    )
    ours = {
        "day": languages.day,
        "plain_text": plain_text,
        "visible": visible,
        "after_the_tag": after_the_tag,
    } | filters
    made.filters |= {name: _asked_anew(each) for name, each in ours.items()}
    made.globals |= {"static": static.address, "languages": languages.LANGUAGES}
    for folder, name in _COMPONENTS.items():
        made.globals[f"govuk{name}"] = _component(made, folder, f"govuk{name}")
    return made


def _asked_anew(answer: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that is asked on every page.

    Jinja works out a filter over a constant once, when it compiles: ``"custody" | offered`` would
    stay for everybody in the language of whoever came first. What wants the context is left alone.
    """

    @pass_context
    def asked(_context: object, *given: Any, **named: Any) -> Any:
        return answer(*given, **named)

    return asked


def plain_text(value: Plain | str | None) -> str:
    """What was opened, or was typed just now, as text: for the macros that show it, and no other place."""
    if value is None:
        return ""
    return value.read() if isinstance(value, Plain) else value


def after_the_tag(text: str) -> str:
    """What stands in a text area, so that it is the same text again: browsers drop the first line end after its tag."""
    return f"\n{text}" if text.startswith("\n") else text


def visible(text: str) -> Markup:
    """Text with every reordering letter shown by its number."""
    if not TURNING.intersection(text):
        return escape(text)
    return Markup().join(
        Markup('<span class="am-control">[U+{:04X}]</span>').format(ord(letter)) if letter in TURNING else letter
        for letter in text
    )


def _component(made: Environment, folder: str, name: str) -> Callable[..., Markup]:
    """A component by keywords. Its macro wants one mapping, and lenient ones: a missing key is no mistake there."""
    found: list[Any] = []

    def component(caller: Callable[[], Markup] | None = None, **given: Any) -> Markup:
        if not found:
            template = made.get_template(f"govuk_frontend_jinja/components/{folder}/macro.html")
            found.append(getattr(template.module, name))
        given_html: Mapping[str, Any] = {key: value for key, value in given.items() if value not in (None, "")}
        called = found[0](given_html, caller=caller) if caller else found[0](given_html)
        return Markup(called)  # noqa: S704 (made by an escaping template)

    return component
