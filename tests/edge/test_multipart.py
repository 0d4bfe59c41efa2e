"""Files part by part: nothing on disk, nothing whole, everything around them capped."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from app.edge.multipart import CHUNK_BYTES_MAX, PARTS_MAX, Part, parts
from app.edge.refusals import BadRequest, WrongType
from app.errors import Refusal, TooLarge, Unprocessable
from tests.edge.asking import CANARY, ask, ask_json, guarded
from tests.edge.served import serving

BOUNDARY = b"----AmanaBoundary7MA4YWxk"
KIND = b"multipart/form-data; boundary=" + BOUNDARY
Read = tuple[str, str | None, str | None, bytes]


def part(name: bytes, content: bytes, filename: bytes | None = None, more: bytes = b"") -> bytes:
    named = b"" if filename is None else b'; filename="' + filename + b'"'
    head = b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="' + name + b'"' + named + b"\r\n"
    return head + more + b"\r\n" + content + b"\r\n"


def form(*written: bytes) -> bytes:
    return b"".join(written) + b"--" + BOUNDARY + b"--\r\n"


def disposition(value: bytes) -> bytes:
    return form(b"--" + BOUNDARY + b"\r\nContent-Disposition: " + value + b"\r\n\r\nx\r\n")


def request(pieces: Iterable[bytes], kind: bytes = KIND, *, last: Message | None = None) -> Request:
    """A request whose body comes in these pieces and ends, or breaks off with ``last``."""
    coming = iter(pieces)

    async def receive() -> Message:
        for piece in coming:
            return {"type": "http.request", "body": piece, "more_body": True}
        return last or {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"content-type", kind)] if kind else []
    return Request({"type": "http", "method": "POST", "path": "/files", "headers": headers}, receive)


async def everything(asked: Request, **caps: int) -> list[Read]:
    return [
        (each.name, each.filename, each.content_type, b"".join([chunk async for chunk in each.chunks()]))
        async for each in parts(asked, **caps)
    ]


def read(body: bytes, *, step: int = 0, kind: bytes = KIND, **caps: int) -> list[Read]:
    pieces = [body[at : at + step] for at in range(0, len(body), step)] if step else [body]
    return asyncio.run(everything(request(pieces, kind), **caps))


STATEMENT = form(
    part(b"csrf", b"token"),
    part(b"account", "أمانة \r\n--not the boundary".encode()),
    part(b"file", b"\x00\xff\r\n-" * 1000, b"statement.pdf", b"Content-Type: application/pdf\r\n"),
    part(b"empty", b"", b""),
)
STATEMENT_READ: list[Read] = [
    ("csrf", None, None, b"token"),
    ("account", None, None, "أمانة \r\n--not the boundary".encode()),
    ("file", "statement.pdf", "application/pdf", b"\x00\xff\r\n-" * 1000),
    ("empty", "", None, b""),
]


@pytest.mark.parametrize("step", [0, 1, 2, 3, 7, 31, 64, 1000])
def test_a_form_reads_the_same_however_it_was_cut_on_the_way(step: int) -> None:
    assert read(STATEMENT, step=step) == STATEMENT_READ


CONTENTS = st.binary(max_size=300) | st.sampled_from(
    [
        b"\r\n",
        b"\r\n--",
        b"\r\n--" + BOUNDARY[:-1],
        b"--" + BOUNDARY + b"--",
        b"x--" + BOUNDARY + b"--",
        b"\r",
        b"-" * 80,
        b"\r\n--" * 20,
    ]
)


def not_like_a_boundary(content: bytes) -> bool:
    return not content.startswith(b"--" + BOUNDARY)


@given(st.lists(CONTENTS.filter(not_like_a_boundary), max_size=5), st.integers(1, 200))
def test_any_content_comes_through_byte_for_byte(contents: list[bytes], step: int) -> None:
    body = form(*(part(b"f", content, b"n") for content in contents))
    assert [content for *_, content in read(body, step=step)] == contents


@pytest.mark.abuse("A10")
@pytest.mark.parametrize("step", [0, 1, 5, 49])
def test_abuse_a10_content_that_begins_like_a_boundary_has_two_readings_and_is_refused(step: int) -> None:
    """Some parsers see content here, some the next part: found by the property test above."""
    for after in (b"", b"--", b"\r\nContent-Disposition: form-data"):
        with pytest.raises(BadRequest):
            read(form(part(b"f", b"--" + BOUNDARY + after, b"n")), step=step)
    with pytest.raises(BadRequest):
        read(form(part(b"f", b"x", more=b"--" + BOUNDARY + b"--: y\r\n")), step=step)


def test_what_a_client_library_sends_is_read() -> None:
    built = httpx.Request(
        "POST",
        "http://h/",
        data={"account": "x"},
        files=[("file", ('a"b\n.pdf', b"content", "application/pdf"))],
    )
    kind = built.headers["content-type"].encode()
    assert read(built.read(), kind=kind) == [
        ("account", None, None, b"x"),
        ("file", 'a"b\n.pdf', "application/pdf", b"content"),
    ]


def test_a_form_without_parts_is_an_empty_form() -> None:
    assert read(b"--" + BOUNDARY + b"--\r\n") == []
    assert read(b"--" + BOUNDARY + b"--") == []


def test_a_part_that_nobody_reads_is_skipped() -> None:
    async def names() -> list[str]:
        return [each.name async for each in parts(request([STATEMENT]))]

    assert asyncio.run(names()) == ["csrf", "account", "file", "empty"]


def test_a_part_left_behind_has_nothing_more_to_say() -> None:
    async def late() -> bytes:
        first, *_ = [each async for each in parts(request([STATEMENT]))]
        return b"".join([chunk async for chunk in first.chunks()])

    assert asyncio.run(late()) == b""


async def first_text(body: bytes) -> str:
    async for each in parts(request([body])):
        return await each.text()
    return ""


def test_a_field_is_text_and_a_file_is_not() -> None:
    assert asyncio.run(first_text(form(part(b"account", "é".encode())))) == "é"
    for wrong in (part(b"account", b"\xff"), part(b"account", b"a\0b"), part(b"file", b"x", b"n")):
        with pytest.raises(Unprocessable):
            asyncio.run(first_text(form(wrong)))


HEADERS_50_000 = b"".join(b"X-%d: y\r\n" % n for n in range(50_000))
# Each is a whole body, its content type, and the status it must end in.
HOSTILE: dict[str, tuple[Callable[[], bytes], bytes, int]] = {
    "parts_20_000": (lambda: form(part(b"f", b"x") * 20_000), KIND, 413),
    "parts_one_too_many": (lambda: form(part(b"f", b"x") * (PARTS_MAX + 1)), KIND, 413),
    "part_headers_50_000": (lambda: form(part(b"f", b"x", more=HEADERS_50_000)), KIND, 400),
    "one_endless_header": (
        lambda: form(part(b"f", b"x", more=b"X: " + b"y" * 30_000_000 + b"\r\n")),
        KIND,
        400,
    ),
    "endless_header_name": (lambda: form(part(b"f", b"x", more=b"X" * 30_000_000 + b": y\r\n")), KIND, 400),
    "preamble_30_mb": (lambda: b"x" * 30_000_000 + b"\r\n" + form(part(b"f", b"x")), KIND, 400),
    "preamble_of_line_breaks": (lambda: b"\r\n" * 15_000_000 + form(part(b"f", b"x")), KIND, 400),
    "epilogue_30_mb": (lambda: form(part(b"f", b"x")) + b"x" * 30_000_000, KIND, 400),
    "epilogue_of_line_breaks": (lambda: form(part(b"f", b"x")) + b"\r\n" * 15_000_000, KIND, 400),
    "epilogue_with_a_second_form": (lambda: form(part(b"f", b"x")) * 2, KIND, 400),
    "boundary_1_mb": (
        lambda: form(part(b"f", b"x")),
        b"multipart/form-data; boundary=" + b"b" * 1_000_000,
        400,
    ),
    "boundary_of_71": (lambda: form(part(b"f", b"x")), b"multipart/form-data; boundary=" + b"b" * 71, 400),
    "boundary_empty": (lambda: form(part(b"f", b"x")), b"multipart/form-data; boundary=", 400),
    "boundary_absent": (lambda: form(part(b"f", b"x")), b"multipart/form-data; charset=utf-8", 400),
    "boundary_twice": (lambda: form(part(b"f", b"x")), KIND + b"; boundary=other", 400),
    "boundary_another": (lambda: form(part(b"f", b"x")), b"multipart/form-data; boundary=other", 400),
    "no_end": (lambda: part(b"f", b"x"), KIND, 400),
    "no_end_inside_a_part": (lambda: part(b"f", b"x" * 5000)[:-100], KIND, 400),
    "no_end_inside_headers": (lambda: part(b"f", b"x")[:60], KIND, 400),
    "nothing": (lambda: b"", KIND, 400),
    "no_name": (lambda: disposition(b"form-data"), KIND, 400),
    "not_form_data": (lambda: disposition(b'attachment; name="f"'), KIND, 400),
    "name_twice": (lambda: disposition(b'form-data; name="f"; name="g"'), KIND, 400),
    "name_unquoted": (lambda: disposition(b"form-data; name=f"), KIND, 400),
    "name_with_a_line_break": (lambda: disposition(b'form-data; name="f%0D%0Ag"'), KIND, 400),
    "name_not_utf_8": (lambda: disposition(b'form-data; name="f"; filename="\xff"'), KIND, 400),
    "quote_left_open": (lambda: disposition(b'form-data; name="f"; filename="' + b'\\"' * 4000), KIND, 400),
    "disposition_twice": (
        lambda: form(part(b"f", b"x", more=b'Content-Disposition: form-data; name="g"\r\n')),
        KIND,
        400,
    ),
    "second_reading_base64": (
        lambda: form(part(b"f", b"x", b"n", b"Content-Transfer-Encoding: base64\r\n")),
        KIND,
        415,
    ),
    "mixed": (lambda: form(part(b"f", b"x")), KIND.replace(b"form-data", b"mixed"), 415),
    "urlencoded": (lambda: b"f=x", b"application/x-www-form-urlencoded", 415),
    "no_type": (lambda: form(part(b"f", b"x")), b"", 415),
}
FILENAME_STAR = [
    b"filename*=UTF-8''%e2%82%ac.pdf",
    b"filename*=ISO-8859-1'en'%A3.pdf",
    b"filename*=utf-7''%2BAGEA.pdf",
    b"filename*=UTF-16''%FF%FEa%00",
    b'filename*0="a"; filename*1="b"',
]


@pytest.mark.abuse("A10")
@pytest.mark.parametrize("shape", HOSTILE)
def test_abuse_a10_a_hostile_form_is_refused_in_under_a_second(shape: str) -> None:
    build, kind, status = HOSTILE[shape]
    body = build()
    begun = time.process_time()
    with pytest.raises((BadRequest, TooLarge, WrongType)) as caught:
        read(body, step=CHUNK_BYTES_MAX, kind=kind)
    assert time.process_time() - begun < 1
    assert caught.value.status == status


@pytest.mark.abuse("A10")
@pytest.mark.parametrize("name", FILENAME_STAR)
def test_abuse_a10_a_second_kind_of_file_name_is_refused(name: bytes) -> None:
    for value in (b'form-data; name="f"; ' + name, b'form-data; name="f"; filename="a"; ' + name):
        with pytest.raises(BadRequest):
            read(disposition(value))


def test_control_the_same_forms_without_the_fault_are_read() -> None:
    assert len(read(form(part(b"f", b"x") * PARTS_MAX))) == PARTS_MAX
    assert len(read(form(part(b"f", b"x", more=b"X-A: y\r\n" * 1 + b"X-B: z\r\n")))) == 1
    assert read(disposition(b'form-data; name="f"; filename="a"')) == [("f", "a", None, b"x")]


@pytest.mark.abuse("A10")
@pytest.mark.parametrize("shape", ["epilogue_30_mb", "parts_20_000", "second_reading_base64", "no_end"])
def test_abuse_a10_over_http_it_is_the_same_refusal(shape: str) -> None:
    build, kind, status = HOSTILE[shape]
    assert ask_json(guarded(), "/files", build(), kind.decode()).status_code == status


@pytest.mark.abuse("A10")
def test_abuse_a10_others_are_served_within_a_second_meanwhile() -> None:
    """Twenty hostile forms of 30 MB, four at once, and somebody else asking all the while."""
    body = HOSTILE["epilogue_30_mb"][0]()
    kind = {"content-type": KIND.decode(), "host": "h"}
    with serving(guarded(hosts={"h"})) as port:
        url = f"http://127.0.0.1:{port}"

        def hostile() -> None:
            for _ in range(5):
                with suppress(httpx.TransportError):  # the line closed on us is an answer too
                    refusals.append(httpx.post(f"{url}/files", headers=kind, content=body, timeout=20).status_code)

        refusals: list[int] = []
        senders = [threading.Thread(target=hostile) for _ in range(4)]
        for sender in senders:
            sender.start()
        waits = []
        with httpx.Client(headers={"host": "h"}, timeout=20) as other:
            for _ in range(50):
                begun = time.monotonic()
                assert other.get(f"{url}/place").status_code == 200
                waits.append(time.monotonic() - begun)
        for sender in senders:
            sender.join()
    assert max(waits) < 1
    assert set(refusals) <= {400}


@pytest.mark.abuse("A11")
def test_abuse_a11_a_hundred_thousand_fields_or_one_of_fifty_megabytes_are_too_large() -> None:
    large = b"x" * (1024 * 1024)

    def fifty() -> Iterable[bytes]:
        yield part(b"account", b"")[:-2]
        for _ in range(50):
            yield large

    begun = time.process_time()
    with pytest.raises(TooLarge):
        read(form(part(b"f", b"x") * 100_000), step=CHUNK_BYTES_MAX)
    with pytest.raises(TooLarge):
        asyncio.run(everything(request(fifty())))
    assert time.process_time() - begun < 1


def test_a_field_at_its_cap_passes_and_one_byte_more_does_not() -> None:
    assert read(form(part(b"f", b"x" * 100)), field_bytes_max=100)[0][3] == b"x" * 100
    with pytest.raises(TooLarge):
        read(form(part(b"f", b"x" * 101)), field_bytes_max=100)
    assert len(read(form(part(b"f", b"x" * 101, b"file")), field_bytes_max=100)[0][3]) == 101


def test_headers_at_their_cap_pass_and_one_byte_more_do_not() -> None:
    used = len(b"Content-Disposition" + b'form-data; name="f"' + b"X")

    def with_header(length: int) -> bytes:
        return form(part(b"f", b"x", more=b"X: " + b"y" * length + b"\r\n"))

    assert read(with_header(8192 - used))
    with pytest.raises(BadRequest):
        read(with_header(8192 - used + 1))


async def cut_at(body: bytes, at: int, last: Message | None) -> bool:
    """Whether the reader said that the form was whole."""
    try:
        await everything(request([body[:at]], last=last))
    except (BadRequest, ClientDisconnect):
        return False
    return True


@pytest.mark.abuse("A14")
@pytest.mark.parametrize("last", [None, {"type": "http.disconnect"}], ids=["ended_early", "line_cut"])
def test_abuse_a14_a_form_cut_at_any_kilobyte_is_never_taken_for_whole(last: Message | None) -> None:
    body = form(part(b"account", b"x" * 50_000), part(b"file", b"\r\n--" * 40_000, b"evidence.jpg"))
    cuts = range(1000, 201_000, 1000)
    assert len(cuts) == 200
    assert len(body) > cuts[-1]
    assert not any(asyncio.run(cut_at(body, at, last)) for at in cuts)
    assert asyncio.run(cut_at(body, len(body), None)), "the control: uncut, it is whole"


@pytest.mark.abuse("A14")
def test_abuse_a14_nor_when_cut_inside_the_closing_boundary() -> None:
    end = len(form())
    for short in range(3, end):
        assert not asyncio.run(cut_at(STATEMENT, len(STATEMENT) - short, None)), short


NAMES: dict[str, tuple[bytes, str]] = {
    "climbing": (b"../../x", "../../x"),
    "drive": (b"C:\\x\\y", "C:\\x\\y"),
    "share": (b"\\\\server\\share", "\\\\server\\share"),
    "nul": (b"a\0b", "a\0b"),
    "line_break": (b"a%0D%0ASet-Cookie: x", "a\r\nSet-Cookie: x"),
    "quote_of_a_browser": (b"a%22b", 'a"b'),
    "quote_of_curl": (b'a\\"b', 'a"b'),
    "other_percents_stay": (b"100%25%20%2e%2e", "100%25%20%2e%2e"),
    "rtl_override": ("a\u202egpj.exe".encode(), "a\u202egpj.exe"),
    "htaccess": (b".htaccess", ".htaccess"),
    "empty": (b"", ""),
    "emoji": ("🕊.pdf".encode(), "🕊.pdf"),
    "semicolons": (b"a; name=b; x", "a; name=b; x"),
    "very_long": ("é".encode() * 3000, "é" * 255),
}


@pytest.mark.abuse("B05")
@pytest.mark.parametrize("kind", NAMES)
def test_abuse_b05_a_file_name_is_carried_as_it_was_written(kind: str) -> None:
    written, carried = NAMES[kind]
    assert read(form(part(b"file", b"x", written))) == [("file", carried, None, b"x")]


@pytest.mark.abuse("B05")
def test_abuse_b05_a_raw_line_break_or_ten_kilobytes_of_name_are_refused() -> None:
    for name in (b"a\r\nX: y", b"a\rb", b"x" * 10_240):
        with pytest.raises(BadRequest):
            read(form(part(b"file", b"x", name)))


@pytest.mark.abuse("B05")
def test_abuse_b05_a_file_name_does_not_show_when_a_part_is_printed() -> None:
    async def printed() -> list[str]:
        return [repr(each) async for each in parts(request([form(part(b"file", b"x", CANARY.encode()))]))]

    assert CANARY not in str(asyncio.run(printed()))


@pytest.mark.parametrize("claim", [b"text/html; charset=x", b"nonsense", b"a/b/c", b"x" * 200 + b"/y", b"a/\xff"])
def test_a_claimed_type_is_a_type_or_nothing(claim: bytes) -> None:
    [(_, _, kind, _)] = read(form(part(b"file", b"x", b"n", b"Content-Type: " + claim + b"\r\n")))
    assert kind in (None, "text/html")


MEBIBYTE = 1024 * 1024


async def lengths_of_large(sizes: Sequence[int]) -> tuple[int, int]:
    """Bytes read and the largest chunk of a file that is made up as it is sent."""

    def pieces() -> Iterable[bytes]:
        for size in sizes:
            yield part(b"file", b"", b"large.bin")[:-2]
            for _ in range(size):
                yield b"\r\n--x" * (MEBIBYTE // 5)
            yield b"\r\n"
        yield form()

    taken = largest = 0
    async for each in parts(request(pieces())):
        async for chunk in each.chunks():
            taken, largest = taken + len(chunk), max(largest, len(chunk))
    return taken, largest


def test_a_file_of_sixty_megabytes_is_never_held_whole() -> None:
    tracemalloc.start()
    try:
        taken, largest = asyncio.run(lengths_of_large([40, 20]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken == 60 * (MEBIBYTE // 5 * 5)
    assert largest <= CHUNK_BYTES_MAX
    assert peak < 8 * MEBIBYTE


written: list[str] | None = None


def notice(event: str, given: tuple[Any, ...]) -> None:
    """Every file the interpreter opens for writing, unnamed ones too; only while ``written`` is a list."""
    if written is not None and event == "open" and given[2] & (os.O_WRONLY | os.O_RDWR):
        written.append(str(given[0]))


sys.addaudithook(notice)  # cannot be taken away again, hence the switch


@pytest.fixture
def files_written() -> Iterator[list[str]]:
    global written
    written = []
    yield written
    written = None


LARGE_FILE = form(part(b"file", b"x" * 3 * MEBIBYTE, b"large.bin"))


@pytest.mark.abuse("B08")
def test_abuse_b08_no_file_is_written_while_a_form_is_read(files_written: list[str]) -> None:
    assert len(read(LARGE_FILE, step=CHUNK_BYTES_MAX)[0][3]) == 3 * MEBIBYTE
    assert files_written == []


def test_control_the_frameworks_reader_writes_the_same_file_to_the_temp_folder(files_written: list[str]) -> None:
    async def by_the_framework() -> None:
        async with request([LARGE_FILE]).form():
            pass

    asyncio.run(by_the_framework())
    assert files_written != []


@pytest.mark.abuse("A06")
def test_abuse_a06_what_the_parser_says_of_the_input_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with pytest.raises(BadRequest) as caught:
        read(form(part(b"f", b"x", more=b"Bad\x01Header: y\r\n")))
    assert caplog.text == ""
    assert caught.value.__suppress_context__


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_give_a_form_or_a_refusal(noise: bytes, step: int) -> None:
    for body in (noise, b"--" + BOUNDARY + b"\r\n" + noise, part(b"f", b"x") + noise + form()):
        try:
            read(body, step=step)
        except Refusal as no:
            assert no.status in (400, 413, 415)  # noqa: PT017
        # Whatever is accepted, is accepted whole: cutting never changes the verdict.
        assert verdict(body, step) == verdict(body, 0)


def verdict(body: bytes, step: int) -> list[Read] | str:
    try:
        return read(body, step=step)
    except Refusal as no:
        return no.code


def test_a_part_is_a_value() -> None:
    async def first() -> Part:
        return await anext(aiter(parts(request([STATEMENT]))))

    with pytest.raises(AttributeError):
        asyncio.run(first()).name = "other"  # type: ignore[misc]


def test_an_upload_over_http_comes_through() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(STATEMENT), 100):
            yield STATEMENT[at : at + 100]

    answered = ask(guarded(), "POST", "/files", headers={"content-type": KIND.decode()}, content=pieces())
    assert [each["bytes"] for each in answered.json()] == [len(content) for *_, content in STATEMENT_READ]
