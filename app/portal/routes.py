"""Drawing a receipt, sending a submission, asking how far it has come."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from app.accounts import witnesses
from app.edge.desk import Body, Desk, TheDesk, described, form_of
from app.edge.multipart import parts
from app.edge.refusals import WrongType
from app.edge.render import answer_with
from app.edge.sealing import seal_part
from app.edge.strict_json import loads, read_json
from app.errors import TooLarge, Unprocessable
from app.intake import actions, queries
from app.intake.forms import AskLooked, AskState, DrawReceipt, Receive, ReceivedFile, Submit
from app.work import Caller

FILES_MAX = 12

router = APIRouter()


@router.post("/portal/receipts", status_code=201, openapi_extra=described(DrawReceipt))
def draw(body: Body) -> Response:
    """Draw a receipt. Nothing is stored: whoever does not send anything was never here."""
    return answer_with(witnesses.draw(form_of(DrawReceipt, body).language), 201)


@router.post("/portal/submissions", status_code=201, openapi_extra=described(Submit))
async def submit(request: Request, desk: TheDesk) -> Response:
    """Send a submission, as JSON or as multipart: first a field ``submission``, then files.

    201 only after the durable commit; the same receipt with the same words gets the same 201.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        form, files = form_of(Submit, await read_json(request)), list[ReceivedFile]()
    elif kind == "multipart/form-data":
        form, files = await _multipart(request, desk)
    else:
        raise WrongType
    return answer_with(await run_in_threadpool(_receive, desk, form, files), 201)


@router.post("/portal/state", openapi_extra=described(AskState))
def state(desk: TheDesk, body: Body) -> Response:
    """How far the submission of this receipt has come. A receipt is never part of an address."""
    form = form_of(AskState, body)
    witness = witnesses.witness(desk.office, form.receipt, form.receipt_language)
    return answer_with(desk.ask(witness, queries.state))


@router.post("/portal/looked", openapi_extra=described(AskLooked))
def looked(desk: TheDesk, body: Body) -> Response:
    """Who looked at what this receipt's holder told, in which role, on which day and why. Nobody's name is in it."""
    form = form_of(AskLooked, body)
    witness = witnesses.witness(desk.office, form.receipt, form.receipt_language)
    token = witnesses.looking(form.receipt, form.receipt_language)
    return answer_with(desk.ask(witness, queries.looked, token, form.page))


async def _multipart(request: Request, desk: Desk) -> tuple[Submit, list[ReceivedFile]]:
    form: Submit | None = None
    files: list[ReceivedFile] = []
    async for part in parts(request, parts_max=FILES_MAX + 1):
        if form is None:
            if part.name != "submission" or part.filename is not None:
                raise Unprocessable("The first field is the submission itself.")
            form = form_of(Submit, loads((await part.text()).encode()))
            continue
        if part.filename is None:
            raise Unprocessable("After the submission there are only files.")
        key = secrets.token_bytes(32)
        kept = await seal_part(desk.files, part, key)
        sealed = ReceivedFile(
            blob=kept.blob, size_bytes=kept.size_bytes, sha256=kept.sha256, key=key,
            file_name=part.filename, media_type=part.content_type,
        )  # fmt: skip
        files.append(sealed)
        if sum(file.size_bytes for file in files) > desk.quota_bytes:
            raise TooLarge("These files are larger than allowed together.")
    if form is None:
        raise Unprocessable("Nothing was sent.")
    return form, files


def _receive(desk: Desk, form: Submit, files: list[ReceivedFile]) -> Any:
    new = witnesses.new_witness(form.receipt, form.receipt_language)
    inner = Receive(
        witness_id=new.id, handle_hash=new.handle_hash, looking_hash=new.looking_hash, witness_public=new.public,
        witness_sealed_private=new.sealed_private, account=form.account, language=form.language,
        contact=form.contact, danger=form.danger, files=tuple(files),
    )  # fmt: skip
    return desk.do(Caller.anonymous("portal"), actions.receive, inner, idempotency=new.idempotency)
