"""Start the explorer: arguments to models, engine, page, server; nothing else."""

import argparse
import importlib.util
import ipaddress
import math
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import gradio as gr
import torch
from starlette.middleware import Middleware

from explorer import zero_gpu
from explorer.commands.opening import opened
from explorer.counters import Counters
from explorer.devices import device_of, memory_budget
from explorer.directions.direction import Step
from explorer.directions.vectors import Vectors
from explorer.downloads import Downloads
from explorer.engine import Engine
from explorer.errors import ExplorerError
from explorer.formats import sources, trust
from explorer.labelling import classifier_of
from explorer.memory import keep_memory
from explorer.model import Model
from explorer.models import Models
from explorer.onnx_networks import open_network
from explorer.previews import Policy
from explorer.recipe import ModelRef, Recipe
from explorer.ui import page, scripts
from explorer.ui.artist import Artist, EngineArtist
from explorer.ui.counting import metrics_route
from explorer.ui.limits import LimitBody, WholeUploads
from explorer.ui.streams import StrayStreams
from explorer.ui.theme import theme

CHECKPOINTS = Path(__file__).parent / "checkpoints"
WAITING = 256  # events in Gradio's queue
BODY = 1 << 20  # bytes of a request: a library of directions is saved through one
SESSIONS = 500  # that Gradio keeps; each made-up one costs about 130 KB


def arguments() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(description="Explore the latent space of StyleGAN generators.")
    add = parser.add_argument
    add("--checkpoint", action="append", default=[], metavar="PATH",
        help="a checkpoint, a folder of them, hf://owner/repo or https://...; "
        "may be given several times")  # fmt: skip
    add("--device", choices=["auto", "cuda", "cpu", "mps"], default="auto",
        help="where pictures are drawn (default: CUDA when present)")  # fmt: skip
    add("--precision", choices=get_args(Policy), default="auto",
        help="number format of the pictures; auto is the model's own (on a CPU float32), and for "
        "previews bfloat16 where that is faster here")  # fmt: skip
    add("--preview-ms", type=milliseconds, default=60.0, metavar="MS",
        help="time for a picture while a slider is dragged: what takes longer is drawn smaller "
        "until it rests (default: 60)")  # fmt: skip
    add("--host", help="address to listen on (default: Gradio's own, localhost)")
    add("--port", type=int, help="port to listen on (default: Gradio's own, from 7860)")
    add("--share", action="store_true", help="make a public link, for a week")
    add("--auth", metavar="USER:PASSWORD", help="ask for this login")
    add("--root-path", metavar="R", help="path under which a proxy serves the page")
    add("--max-upload-mb", type=int, default=1024, metavar="MB",
        help="largest checkpoint that the page takes (default: 1024)")  # fmt: skip
    add("--allow-downloads", action="store_true",
        help="let the page fetch hf:// and https:// addresses though others can reach it; "
        "on this machine alone it always may")  # fmt: skip
    add("--attributes", type=Path, metavar="FILE.onnx",
        help="a classifier of attributes for models that have none of their own")  # fmt: skip
    add("--mcp", action="store_true",
        help="an MCP server beside the page, for language models; it has no login")  # fmt: skip
    add("--metrics", action="store_true",
        help="counters at /metrics, as Prometheus reads them, behind the page's login")  # fmt: skip
    add("--download-cache-mb", type=int, default=8192, metavar="MB",
        help="disk for what the page fetched (default: 8192)")  # fmt: skip
    return parser


def milliseconds(text: str) -> float:
    """A time above 0.

    Raises:
        ArgumentTypeError: It is none.
    """
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 < found < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of milliseconds above 0")
    return found


def login(text: str | None) -> tuple[str, str] | None:
    """USER:PASSWORD, taken apart.

    Raises:
        ExplorerError: A part is missing. The text is not repeated: it may be the password.
    """
    if text is None:
        return None
    user, _, password = text.partition(":")
    if not user or not password:
        raise ExplorerError("--auth needs a name and a password.", fix="Write USER:PASSWORD.")
    return user, password


def require_mcp(options: argparse.Namespace) -> None:
    """Refuse an MCP server that would not work.

    Raises:
        ExplorerError: Its package is not here, or there is a login, which Gradio's has no way for.
    """
    if importlib.util.find_spec("mcp") is None:
        raise ExplorerError(
            "--mcp needs the package mcp.", fix="Run pip install -r requirements.txt."
        )
    if options.auth is not None:
        raise ExplorerError(
            "--mcp cannot ask for a login.", fix="Leave --auth out, and let a proxy ask for it."
        )


def given(addresses: Sequence[str]) -> list[Path]:
    """The checkpoints at `addresses`, fetched where they are not on this machine.

    Raises:
        ExplorerError: One is not there.
    """
    paths = [opened(address) for address in addresses]
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise ExplorerError(f"{missing[0]} does not exist.", fix="Check the path.")
    return paths


def is_shared(options: argparse.Namespace, environment: Mapping[str, str]) -> bool:
    """Whether there is a public link; Gradio would decide by itself on Colab, Kaggle and such."""
    return options.share or environment.get("GRADIO_SHARE", "").lower() == "true"


def is_private(options: argparse.Namespace, environment: Mapping[str, str]) -> bool:
    """Whether only this machine reaches the page; Gradio listens to the environment too.

    Behind a path there is a proxy, which serves others.

    >>> is_private(arguments().parse_args([]), {}), is_private(
    ...     arguments().parse_args([]), {"GRADIO_SERVER_NAME": "0.0.0.0"})
    (True, False)
    """
    host = options.host or environment.get("GRADIO_SERVER_NAME") or "localhost"
    if is_shared(options, environment) or options.root_path or environment.get("GRADIO_ROOT_PATH"):
        return False
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # another name
        return False


def downloads_of(options: argparse.Namespace) -> Downloads | None:
    """What fetches addresses for the page, with a visitor's rights whoever it is; None: nobody."""
    if not (options.allow_downloads or is_private(options, os.environ)):
        return None
    cache_bytes = options.download_cache_mb << 20
    who = trust.visitor(min(options.max_upload_mb << 20, cache_bytes))
    return Downloads(
        lambda address, report: sources.fetch(address, who, report),
        trust.cache_folder(who),
        cache_bytes=cache_bytes,
        largest=who.limit_bytes,
    )


def prepare(options: argparse.Namespace) -> tuple[page.Server, Model]:
    """What the page talks to, and the model that it opens with, loaded."""
    worker = zero_gpu.gpu_worker() if zero_gpu.is_here(os.environ) else None
    device = torch.device("cuda") if worker else device_of(options.device)
    # A ZeroGPU has no memory of its own before a worker is there.
    budget = memory_budget(torch.device("cpu") if worker else device)
    models = Models([*given(options.checkpoint), CHECKPOINTS], device, budget=budget)
    vectors, counters = Vectors(), Counters()

    def steps_of(recipe: Recipe, visitor: str) -> Mapping[str, Step]:
        return models.steps(recipe, visitor, vectors)

    engine = Engine(
        lambda recipe, visitor: models.open(recipe.model, visitor).generator,
        steps_of=steps_of,
        budget_ms=options.preview_ms,
        precision=options.precision,
        on_drawn=counters.drew,
    )
    model = engine.task(lambda: models.open(ModelRef())).result()
    if worker:
        artist: Artist = zero_gpu.ZeroGpuArtist(models, worker, steps_of)
    else:
        artist = EngineArtist(engine, models)
        # The first picture of a process is the slowest: let it be one that nobody asks for.
        for psi in (0.111, 0.222):
            engine.draw(model.first_recipe.model_copy(update={"psi": psi}))
    live = worker is None
    if options.attributes is not None:
        classifier_of(open_network(options.attributes))  # what is wrong with it is said now
    server = page.Server(
        engine,
        models,
        artist,
        vectors,
        live,
        downloads_of(options),
        classifier=options.attributes,
        counters=counters,
    )
    return server, model


def around(options: argparse.Namespace, server: page.Server) -> dict[str, Any]:
    """What the web server has besides Gradio: limits on what is sent, metrics, replicas."""
    uploads = Middleware(WholeUploads, limit=options.max_upload_mb << 20)
    routes = []
    if options.metrics:
        credentials = login(options.auth)
        routes = [metrics_route(server.counters, server.engine, server.models, credentials)]
    layers = [Middleware(LimitBody, limit=BODY), uploads, Middleware(StrayStreams)]
    return {"middleware": layers, "routes": routes}


def launch(options: argparse.Namespace, **more: Any) -> gr.Blocks:
    """Build the page and serve it; `more` goes to Gradio's `launch`."""
    credentials = login(options.auth)
    if options.mcp:
        require_mcp(options)
    server, model = prepare(options)
    blocks = page.build(server, model)
    blocks.queue(max_size=WAITING)
    try:
        blocks.launch(
            server_name=options.host,
            server_port=options.port,
            share=is_shared(options, os.environ),
            auth=credentials,
            root_path=options.root_path,
            max_file_size=f"{options.max_upload_mb}mb",
            app_kwargs=around(options, server),
            mcp_server=options.mcp,
            state_session_capacity=SESSIONS,
            run_history=False,
            footer_links=["api", "gradio"],
            head=scripts.head(),
            css=scripts.css(),
            theme=theme(),
            **more,
        )
    except OSError as error:
        if "port" not in str(error):
            raise
        raise ExplorerError(
            f"Port {options.port or '7860 and those after it'} is in use.",
            fix="Choose another one with --port.",
        ) from error
    finally:
        if not more.get("prevent_thread_lock"):
            server.models.close()
    return blocks


def main(argv: Sequence[str] | None = None) -> int:
    """Run until interrupted: 0, or 2 with one sentence for a mistake of the person."""
    try:
        launch(arguments().parse_args(argv))
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    keep_memory()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a host's stop cleans up too
    sys.exit(main())
