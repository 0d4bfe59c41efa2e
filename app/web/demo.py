"""The addresses of the tour: the list of the scenes, a scene, and what its buttons do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import mine
from app.accounts.forms import Prefer
from app.edge import languages
from app.edge.desk import Desk, TheDesk
from app.errors import NotFound, NotSignedIn
from app.web.frame import catalogues, language_of, reads_in, show
from app.web.scenes import LATER, SCENES
from app.web.session import COOKIE, SESSION_SECONDS, EntryFields, keep, keep_language, visitor
from app.web.tour import DAYS, HERE, Going, Line, Scene, TooSoon, Tour
from app.web.words import word
from app.work import Caller

router = APIRouter()


def open_tour(request: Request) -> Tour:
    """The tour, for whoever asks for it by a name of this machine; otherwise there is no such page."""
    tour: Tour | None = getattr(request.app.state, "tour", None)
    if tour is None or urlsplit(f"//{request.headers.get('host', '')}").hostname not in HERE:
        raise NotFound
    return tour


TheTour = Annotated[Tour, Depends(open_tour)]


@dataclass(frozen=True)
class SceneView:
    """A scene as it is shown: its number, what happened, and the results of the two commands."""

    number: int
    scene: Scene
    last: int
    reference: str
    happened: tuple[Line, ...] = ()
    trials: Mapping[str, Any] = field(default_factory=dict)

    def text(self, line: Line) -> str:
        """A line in the language of the page; a pair in it is a code and the table that has a word for it."""
        return catalogues.gettext(line.words) % {name: _spoken(value) for name, value in line.given.items()}


def _spoken(value: Any) -> str:
    if not isinstance(value, tuple):
        return str(value)
    said, table = value
    if table == "moment":
        return languages.moment(said)
    words = said if table == "sentence" else word(said, table)
    return catalogues.gettext(words)


@router.get("/demo")
def scenes(request: Request, desk: TheDesk, tour: TheTour) -> Response:
    """The list of the scenes."""
    if tour.over:
        return _over(request, desk)
    answer = show(request, desk, _whoever(request, desk), "tour/scenes.html", SCENES)
    keep_language(request, desk, answer)
    return answer


@router.get("/demo/{number}")
def scene(number: str, request: Request, desk: TheDesk, tour: TheTour) -> Response:
    """One scene."""
    if tour.over:
        return _over(request, desk)
    return _shown(request, desk, tour, number)


@router.post("/demo/{number}/{name}")
def press(number: str, name: str, request: Request, desk: TheDesk, tour: TheTour, given: EntryFields) -> Response:
    """Do it: what a button of a scene stands for."""
    if tour.over:
        return _over(request, desk)
    step = next((each for each in _scene(number).steps if each.name == name), None)
    if step is None:
        raise NotFound
    try:
        came = step.run(tour, desk, request)
        if not isinstance(came, Going):
            return _shown(request, desk, tour, number, came)
        return _gone(request, desk, tour, came)
    except TooSoon:
        return _shown(request, desk, tour, number, (Line(LATER),), status=429)


def _gone(request: Request, desk: Desk, tour: Tour, going: Going) -> Response:
    before = _whoever(request, desk)
    reads = language_of(request) if before is None else reads_in(desk, before)
    who = tour.come(desk, going.login)
    if reads_in(desk, who) != reads:
        # Whoever reads the scenes in Arabic goes on in Arabic.
        desk.do(who, mine.prefer, Prefer.model_validate({"language": reads}))
    answer = RedirectResponse(going.address(tour, desk, who), 303)
    keep(answer, desk, COOKIE, tour.tokens[going.login], SESSION_SECONDS)
    return answer


def _scene(number: str) -> Scene:
    if number not in {str(n) for n in range(1, len(SCENES) + 1)}:
        raise NotFound
    return SCENES[int(number) - 1]


def _shown(
    request: Request, desk: Desk, tour: Tour, number: str, happened: tuple[Line, ...] = (), *, status: int = 200
) -> Response:  # fmt: skip
    scene = _scene(number)
    view = SceneView(int(number), scene, len(SCENES), tour.story, happened, tour.trials)
    answer = show(request, desk, _whoever(request, desk), scene.template, view, status=status)
    keep_language(request, desk, answer)
    return answer


def _over(request: Request, desk: Desk) -> Response:
    return show(request, desk, _whoever(request, desk), "tour/over.html", DAYS, status=403)


def _whoever(request: Request, desk: Desk) -> Caller | None:
    """Whoever this browser is signed in as just now."""
    try:
        return visitor(request, desk)
    except NotSignedIn:
        return None
