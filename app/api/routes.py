"""The routes of the interface for programs, made from the list of doors.

Each goes to the thread pool once: there it finds its caller, validates its form and hands both
to the office. Bodies are read by our own strict reader, never by FastAPI's.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from app.accounts.forms import (
    AcceptInvitation,
    AddKey,
    AskKey,
    AskStranger,
    ChangePassphrase,
    ComeBack,
    GiveFactor,
    RenewFactor,
    SignInForm,
)
from app.api.doors import GETS, POSTS, Get, Post
from app.edge.desk import (
    BearerToken,
    Body,
    SignedIn,
    TheDesk,
    bearer,
    body_of,
    described,
    desk_of,
    form_of,
    page_number,
    row_id,
)
from app.edge.render import answer_with
from app.edge.strict_json import received
from app.pseudonyms import references
from app.work import Form

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=16, max_length=128)]

router = APIRouter()


class Nothing(Form):
    """The body of an action that takes none: no field, known or unknown."""


class Perform:
    """The endpoint of one action."""

    def __init__(self, door: Post) -> None:
        self._door = door
        self.__name__ = door.action.name

    async def __call__(self, request: Request, idempotency_key: IdempotencyKey = None) -> Response:
        # As dependencies of the framework, desk, caller and body would be a hop between threads each.
        return await run_in_threadpool(self._answer, request, await received(request), idempotency_key)

    def _answer(self, request: Request, raw: bytes, idempotency_key: str | None) -> Response:
        desk, action = desk_of(request), self._door.action
        caller = bearer(request, desk)
        form = form_of(action.form or Nothing, body_of(request, raw))
        given = form if action.form is not None else None
        view = desk.do(caller, action, given, subject=subject_of(request), idempotency=idempotency_key)
        return answer_with(view, self._door.status)


class Ask:
    """The endpoint of one question."""

    def __init__(self, door: Get) -> None:
        self._door = door
        self.__name__ = door.query.name

    def __call__(self, request: Request) -> Response:
        desk = desk_of(request)
        caller = bearer(request, desk)
        subject = subject_of(request)
        given = [] if subject is None else [subject]
        if self._door.paged:
            given.append(page_number(request.query_params.get("page")))
        narrowed = {name: request.query_params[name] for name in self._door.filters if name in request.query_params}
        return answer_with(desk.ask(caller, self._door.query, *given, **narrowed))


def subject_of(request: Request) -> Any:
    """The subject an address names; NotFound for what is not an address of that kind."""
    parameters = request.path_params
    if "reference" in parameters:
        return references.read(parameters["reference"])
    if "row" in parameters:
        return row_id(parameters["row"])
    return parameters.get("user")


@router.post("/api/sign-in", openapi_extra=described(SignInForm))
def sign_in(desk: TheDesk, body: Body) -> Response:
    """Sign in with name, passphrase and second factor; the answer holds the bearer token."""
    return answer_with(desk.enter().enter(form_of(SignInForm, body)))


@router.post("/api/invitations/accept", status_code=201, openapi_extra=described(AcceptInvitation))
def accept(desk: TheDesk, body: Body) -> Response:
    """Use an invitation: set a passphrase, get the second factor and recovery codes, once."""
    return answer_with(desk.enter().accept(form_of(AcceptInvitation, body)), 201)


@router.post("/api/me/passphrase", openapi_extra=described(ChangePassphrase))
def change_passphrase(desk: TheDesk, caller: SignedIn, body: Body) -> Response:
    """Choose another passphrase; the present one and a second factor are asked for, other sessions end."""
    return answer_with(desk.enter().change_passphrase(caller, form_of(ChangePassphrase, body)))


@router.post("/api/me/factor", openapi_extra=described(RenewFactor))
def renew_factor(desk: TheDesk, caller: SignedIn, body: Body) -> Response:
    """Draw recovery codes or the authenticator's secret anew, once; a factor that is still there is asked for."""
    return answer_with(desk.enter().renew_factor(caller, form_of(RenewFactor, body)))


@router.post("/api/sign-in/challenge", openapi_extra=described(AskStranger))
def challenge(desk: TheDesk, body: Body) -> Response:
    """What a security key is asked to sign for a sign-in by this name; nothing of it says whether anybody has it."""
    return answer_with(desk.enter().keys.to_sign_in(form_of(AskStranger, body).login_name))


@router.post("/api/me/security-keys/challenge", openapi_extra=described(AskKey))
def key_challenge(desk: TheDesk, caller: SignedIn, body: Body) -> Response:
    """What one of my security keys is asked to sign, to confirm one action."""
    return answer_with(desk.enter().keys.to_confirm(caller, form_of(AskKey, body)))


@router.post("/api/me/security-keys/begin", openapi_extra=described(Nothing))
def begin_key(desk: TheDesk, caller: SignedIn, body: Body) -> Response:
    """What a new security key is asked for."""
    form_of(Nothing, body)
    return answer_with(desk.enter().keys.to_add(caller))


@router.post("/api/me/security-keys", status_code=201, openapi_extra=described(AddKey))
def add_key(desk: TheDesk, caller: SignedIn, body: Body) -> Response:
    """Add the security key that answered, after a step-up for ``security_key.add`` about one's own code."""
    return answer_with(desk.enter().add_key(caller, form_of(AddKey, body)), 201)


@router.post("/api/step-ups", status_code=201, openapi_extra=described(GiveFactor))
def step_up(desk: TheDesk, caller: SignedIn, body: Body) -> Response:
    """Give a second factor for one action about one case, after it was refused with ``step_up.needed``."""
    return answer_with(desk.enter().step_up(caller, form_of(GiveFactor, body)), 201)


@router.post("/api/session/return/challenge", openapi_extra=described(Nothing))
def return_challenge(desk: TheDesk, token: BearerToken, body: Body) -> Response:
    """What one of my security keys is asked to sign, to come back to a covered session."""
    form_of(Nothing, body)
    return answer_with(desk.enter().to_come_back(token))


@router.post("/api/session/return", openapi_extra=described(ComeBack))
def come_back(desk: TheDesk, token: BearerToken, body: Body) -> Response:
    """Give a second factor for a session that was refused with ``signin.covered``; it goes on under another token."""
    return answer_with(desk.enter().come_back(token, form_of(ComeBack, body)))


for _door in POSTS:
    router.add_api_route(
        _door.path, Perform(_door), methods=["POST"], status_code=_door.status, name=_door.action.name,
        description=_door.action.run.__doc__, openapi_extra=described(_door.action.form), response_class=Response,
    )  # fmt: skip
for _question in GETS:
    router.add_api_route(
        _question.path, Ask(_question), methods=["GET"], name=_question.query.name,
        description=_question.query.run.__doc__, response_class=Response,
    )  # fmt: skip
