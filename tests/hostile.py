"""What is typed by whoever wants a page to run it, a database to obey it or a template to fill it in.

Every list is written by hand. Wherever a text is taken it is to come back as the same text, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

from tests.drills import trials

# Joined by blanks to lines as long as a name may be.
XSS = (
    '<script>alert(1)</script> "><img src=x onerror=alert(1)> '
    """'><svg/onload=alert(1)> </dd><script>1</script> \\"-alert(1)//""",
    "<iframe src=javascript:alert(1)> javascript:alert(1) <a "
    "href='javascript:1'>x</a> <body onload=1> &lt;script&gt; <!--",
    "<style>*{background:url(//evil)}</style> ]]> "
    "<math><mtext></p><script>1 <input autofocus onfocus=1> <bdi> \u202e<b>",
    "<details open ontoggle=alert(1)> {{7*7}} {% raw %} "
    "<script\x0c>alert(1)</script> ＜script＞ %3Cscript%3E `${alert(1)}`",
    "<object data=//evil> <link rel=stylesheet href=//evil> <meta "
    "http-equiv=refresh content='0;//evil'> <base href=//evil>",
    "<form action=//evil><button> "
    "<textarea></textarea><script>1</script> <template><script>1</script></template> <marquee>",
    """' onmouseover='1 " style="position:fixed" <video><source """
    "onerror=1> <x contenteditable onblur=1> <svg><animate onbegin=1>",
    "</title><script>1</script> <isindex "
    "action=j&Tab;a&Tab;vas&Tab;c&Tab;r&Tab;ipt:1> </select><option> </table><form> -->",
)  # fmt: skip
TEMPLATES = ("{{7*7}}", "{% import os %}", "${7*7}", "#{7*7}", "{0.__class__}", "%s%n%x", "<%= 7*7 %>", "{{config}}")
_WRITTEN = (
    "' OR '1'='1", "'; DROP TABLE cases; --", "\" OR \"\"=\"", "1; SELECT pg_sleep(5)--",
    "') UNION SELECT token_hash--",
    "%' ESCAPE '/'--", "\\'; --", "$$; SELECT 1; $$", "0x27", "admin'/*", "'||pg_sleep(5)||'", "%(id)s", ":id", "?",
)  # fmt: skip
# How a value is left, what is tried then, how the rest is silenced: every way with every other in `make drills`.
_LEFT = ("'", '"', "')", "'))", "1", "$$", "\\'", "';")
_TRIED = (
    " OR 1=1", " AND 1=0", " UNION SELECT code FROM users", " UNION ALL SELECT NULL,NULL", "; SELECT pg_sleep(5)",
    " OR pg_sleep(5) IS NULL", "; DROP TABLE cases", " RETURNING *", " ORDER BY 99",
)  # fmt: skip
_SILENCED = ("--x", "/*x", ";x")
_COMBINED = tuple(f"{left}{tried}{rest}" for left in _LEFT for tried in _TRIED for rest in _SILENCED)
SQL_PAYLOADS = (*_WRITTEN, *_COMBINED[: trials(0, len(_COMBINED))])
# What stands in no statement of ours, however a payload's quotes were doubled or stripped on the way.
_OF_A_PAYLOAD = re.compile(
    r"pg_sleep|OR 1=1|AND 1=0|OR '+1|DROP TABLE|UNION SELECT|SELECT NULL|ORDER BY 99|ESCAPE '+/|token_hash--|0x27|--x"
)


@dataclass
class Heard:
    """Every statement that went to the database, once each."""

    statements: set[str] = field(default_factory=set)

    def typed(self) -> list[str]:
        """Those in which something typed stands as a part of the statement and not as a value beside it."""
        return [each for each in self.statements if _OF_A_PAYLOAD.search(each)]


@contextmanager
def hearing() -> Iterator[Heard]:
    """What goes to the database meanwhile, from every engine of this process, before its values are put in."""
    heard = Heard()

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.statements.add(statement)

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", before)
