"""The panel of films, and the long work that ends in a file: a preview, a film, a sheet as PNG.

One queued event serves all of it: it takes a request as JSON, tells its progress, then where the
file is. The file has a random name in the folder that Gradio serves and sweeps.
"""

import logging
import secrets
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from explorer import sheets
from explorer.directions.vectors import Vectors
from explorer.engine import Engine
from explorer.errors import ExplorerError, FilmError
from explorer.film import MOST_KEYS, Film
from explorer.filming import make
from explorer.keepsakes import keepsake
from explorer.recipe import Recipe, parse
from explorer.stills import Still, numbers_of
from explorer.ui.artist import Artist
from explorer.ui.controls import Panel
from explorer.ui.jobs import Job, Jobs, Stopped, ticket_of
from explorer.ui.live_view import OUR_FAULT, checked_visitor
from explorer.ui.study import PROGRESS_SECONDS, Work, checked_request
from explorer.ui.wire import own_of
from explorer.video import Look, Video

log = logging.getLogger(__name__)

Reply = dict[str, Any]
Replies = Generator[Reply, None, None]
MOST_FRAMES = 3600  # two minutes at 30 a second; the command line knows no such limit
MOST_SIDE = 1024  # of a film that is larger than the model's pictures
PREVIEW_SIDE, PREVIEW_FPS = 256, 15


@dataclass(frozen=True)
class Maker:
    """What files are made with.

    Args:
        vectors: The directions that pages have sent.
        is_open: Whether this server has a thread for films; ZeroGPU has not.
    """

    engine: Engine
    artist: Artist
    vectors: Vectors
    is_open: bool = True


@dataclass(frozen=True)
class Errand:
    """One file for one visitor, as a stranger asks for it; anything may be in `body`."""

    maker: Maker
    visitor: str
    body: dict[str, Any]
    job: Job


def make_film(maker: Maker, jobs: Jobs) -> Callable[[Any], Iterator[Reply]]:
    """The queued event behind the panel, and behind *Save as PNG* of a sheet."""

    def film(body: Any) -> Iterator[Reply]:
        ticket = ticket_of(body)
        try:
            for reply in _replies(maker, jobs, body):
                yield {"ticket": ticket, **reply}
        except Stopped:
            yield {"ticket": ticket, "stopped": True}
        except ExplorerError as error:
            yield {"ticket": ticket, "problem": str(error)}
        except Exception:  # the edge: the person gets a sentence, the log the rest
            log.exception("a film failed")
            yield {"ticket": ticket, "problem": OUR_FAULT}

    return film


def _replies(maker: Maker, jobs: Jobs, body: Any) -> Replies:
    kind = body.get("kind") if isinstance(body, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise FilmError("There is no such work.", fix="Reload the page.")
    visitor = checked_visitor(body.get("visitor", ""))
    # A preview and a film end each other; a sheet is something else.
    job = jobs.begin(visitor, "sheet" if kind == "sheet" else "film", ticket_of(body))
    yield from KINDS[kind](Errand(maker, visitor, body, job))


def _preview(errand: Errand) -> Replies:
    """The film in small and with fewer frames, drawn as pictures are while a hand moves."""
    film = _film(errand, PREVIEW_FPS)
    size = _size(errand, film.keys[0], PREVIEW_SIDE)
    return _filmed(errand, film, Look("mp4", size, PREVIEW_FPS), is_draft=True)


def _whole(errand: Errand) -> Replies:
    film = _film(errand, _number(errand, "fps", 30, whole=True))
    size = _size(errand, film.keys[0], _number(errand, "size", 0, whole=True))
    quality = _number(errand, "quality", 85, whole=True)
    look = Look(errand.body.get("format", "mp4"), size, film.fps, quality)
    return _filmed(errand, film, look, is_draft=False)


def _film(errand: Errand, fps: int) -> Film:
    """The film that is asked for.

    Raises:
        ExplorerError: It cannot be made, or not here.
    """
    if not errand.maker.is_open:
        raise FilmError("A ZeroGPU Space makes no films.", fix="Run the explorer on a machine.")
    keys, is_loop = errand.body.get("keys"), errand.body.get("loop", False)
    if not isinstance(keys, list) or len(keys) > MOST_KEYS or not isinstance(is_loop, bool):
        raise FilmError("The film was asked for wrongly.", fix="Reload the page.")
    recipes = []
    for key in map(parse, keys):
        model = errand.maker.artist.open(key.model, errand.visitor)
        recipes.append(key.model_copy(update={"model": model.ref}))
    seconds, easing = _number(errand, "seconds", 2.0), errand.body.get("easing", "smooth")
    film = Film(tuple(recipes), seconds, fps, easing, is_loop)
    if film.count > MOST_FRAMES:
        raise FilmError(
            f"The film has {film.count:,} frames, the page makes up to {MOST_FRAMES:,}.",
            fix="Shorten it, or use the command line: python -m explorer video.",
        )
    return film


def _size(errand: Errand, recipe: Recipe, longer: int) -> tuple[int, int]:
    """(width, height) with `longer` pixels on the longer side; 0 is as the model draws."""
    model = errand.maker.artist.open(recipe.model, errand.visitor)
    height, width = model.generator.resolution
    own = max(height, width)
    if longer > max(MOST_SIDE, own):
        raise FilmError(
            f"A film of {longer} pixels is too large for the page.",
            fix=f"Choose up to {max(MOST_SIDE, own)}, or use python -m explorer video.",
        )
    share = longer / own if longer else 1.0
    return round(width * share), round(height * share)


def _number(errand: Errand, name: str, usual: float, *, whole: bool = False) -> Any:
    """A number of the request; what it may be, the film and its look know.

    Raises:
        FilmError: It is none.
    """
    value = errand.body.get(name, usual)
    if type(value) not in ((int,) if whole else (int, float)) or abs(value) > 1e9:
        raise FilmError(f"{name} of the film is no number that fits.", fix="Choose another.")
    return value


def _filmed(errand: Errand, film: Film, look: Look, *, is_draft: bool) -> Replies:
    start = partial(errand.maker.engine.shoot, visitor=errand.visitor, is_draft=is_draft)
    path = _place(look.format)
    started = told = time.monotonic()
    with Video(path, look) as video:
        for done, total in make(film, start, video.write):
            errand.job.check()
            now = time.monotonic()
            if now - told > PROGRESS_SECONDS:
                told = now
                left = (now - started) / done * (total - done)
                yield {"progress": done / total, "left": round(left, 1)}
    width, height = look.pixels
    about = {"width": width, "height": height, "seconds": film.count / film.fps}
    yield {"file": _served(path), "format": look.format, "bytes": path.stat().st_size, **about}


def _sheet(errand: Errand) -> Replies:
    """The strip or table on show, its pictures at full size and with labels, as one PNG."""
    wanted = errand.body.get("study")
    body = {**wanted, "visitor": errand.visitor} if isinstance(wanted, dict) else None
    request, visitor = checked_request(errand.maker.artist, body)
    if request.kind not in sheets.SHEETS:
        raise FilmError("This is not kept as a sheet.", fix="Save the picture instead.")
    sheet = sheets.SHEETS[request.kind](request)
    recipes = [cell.recipe for cell in sheet.cells if cell.recipe is not None]
    if not recipes:
        raise FilmError("There is no slider to draw a strip of.", fix="Add a direction first.")
    numbers = iter(numbers_of(sheet))
    still = Still(sheet, request.model.generator.resolution)
    work = Work(errand.maker.artist, visitor, errand.job)
    yield from work.draw(recipes, lambda pixels: still.put(next(numbers), pixels))
    page = still.result()
    path = _place("png")
    shipped = request.model.directions
    own = own_of(errand.body.get("directions"), request.recipe, shipped, errand.maker.vectors)
    path.write_bytes(keepsake(page, request.recipe, shipped, own))
    yield {"file": _served(path), "width": page.shape[1], "height": page.shape[0]}


KINDS: Mapping[str, Callable[[Errand], Replies]] = {
    "preview": _preview,
    "film": _whole,
    "sheet": _sheet,
}


def _served(path: Path) -> dict[str, object]:
    """`path` as Gradio knows files: only what it knows of does it delete when it is old."""
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


def _place(suffix: str) -> Path:
    """A name that nobody can guess, in the folder that Gradio serves."""
    folder = Path(get_upload_folder()) / "films"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{secrets.token_hex(16)}.{suffix}"


def panel() -> Panel:
    """Keyframes, how to go from one to the next, and what comes of it; made in the browser."""
    with gr.Accordion("Film · no keyframes", open=False, elem_id="panel_film") as accordion:
        gr.HTML(
            "",
            html_template='<div class="film"></div>',
            js_on_load="window.explorer.mountFilm(element.querySelector('.film'));",
            elem_id="film",
            apply_default_css=False,
        )
    return Panel(accordion, {}, "film")


def errands() -> gr.HTML:
    """Where the replies arrive; nothing of it is seen."""
    return gr.HTML(
        {},
        html_template="",
        js_on_load="window.explorer.mountErrands({ props, watch });",
        elem_id="errands",
        apply_default_css=False,
    )
