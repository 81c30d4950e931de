"""Let many visitors drag at once, and see that all get the right pictures.

    python -m benchmarks.load [--visitors 10] [--seconds 20] [--checkpoint PATH]

Starts its own server, and the visitors in another process (benchmarks/clients.py). Halfway a guest
draws at rest, uploads a checkpoint and loads the page. Prints one JSON line: `errors` of visitors
and guest; of `compared` replies the `wrong` ones, whose pixels are not those that this process
draws from the same recipe, or that name another recipe; shown pictures a second of a visitor
(`frames_mean`, `frames_min`); `busy` replies; memory of the server in MB after 10 s (a third of
the time if that is sooner) and at the end; what the guest waited, in seconds (null: it failed).
Errors are told in words on stderr. Memory is read from /proc, so this runs on Linux.
"""

import argparse
import base64
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any

import httpx
import numpy as np
import torch
from PIL import Image

from benchmarks.guest import Guest, seconds_of
from benchmarks.serving import ROOT, serving
from explorer import images
from explorer.devices import device_of
from explorer.formats import load
from explorer.networks import Generator
from explorer.paint import paint, threads_for
from explorer.recipe import parse

DEFAULT = ROOT / "checkpoints" / "avatars"
UPLOAD = ROOT / "tests" / "data" / "sg2_skip_32.pkl"
COMPARED = 240  # replies, over all visitors
WARM = 10.0  # seconds until memory is read first
LEFT_OVER = 60.0  # seconds that the clients may need to come to rest and report
MOST_APART = 0.001  # share of values that may be one grey level off

Json = dict[str, Any]


def resident_mb(process: int) -> float:
    """Memory of a process and its children that is in RAM, in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return own / 1024 + sum(resident_mb(child) for child in _children(process))


def _children(process: int) -> Iterator[int]:
    for task in Path(f"/proc/{process}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def is_equal(expected: bytes, got: bytes) -> bool:
    """Whether two JPEGs show the same: at most one grey level apart in 0.1 % of the values."""
    if expected == got:
        return True
    try:
        with Image.open(io.BytesIO(expected)) as one, Image.open(io.BytesIO(got)) as other:
            left, right = (np.asarray(picture, dtype=np.int16) for picture in (one, other))
    except OSError:  # what came is no picture
        return False
    if left.shape != right.shape:
        return False
    apart = np.abs(left - right)
    return bool(apart.max() <= 1 and apart.astype(bool).mean() <= MOST_APART)


def is_right(generator: Generator, asked: Json, reply: Json) -> bool:
    """Whether `reply` names the recipe that was `asked` for and shows its pixels."""
    recipe = parse(asked)
    got = base64.b64decode(reply["image"].partition(",")[2])
    names_it: bool = reply.get("recipe") == recipe.key
    return names_it and is_equal(images.jpeg(paint(generator, recipe)), got)


def wrong_among(checkpoint: Path, pairs: list[tuple[Json, Json]]) -> int:
    """How many (recipe, reply) pairs do not show what this process draws."""
    generator = load(checkpoint).to(device_of("auto"))
    torch.set_num_threads(threads_for(generator, torch.get_num_threads()))
    return sum(not is_right(generator, asked, reply) for asked, reply in pairs)


def visit(url: str, told: list[str]) -> Json:
    """What a guest waits for each of his actions, in seconds; his errors go to `told`."""
    waited: Json = {"render_s": None, "upload_s": None, "page_s": None}
    try:
        guest = Guest(url)
    except (httpx.HTTPError, LookupError) as error:
        told.append(f"guest: {error!r}")
        return waited
    actions = {
        "render_s": guest.render,
        "upload_s": lambda: guest.upload(UPLOAD),
        "page_s": guest.load_page,
    }
    for name, action in actions.items():
        try:
            waited[name] = seconds_of(action)
        except (httpx.HTTPError, RuntimeError, LookupError, ValueError) as error:
            told.append(f"guest, {name}: {error!r}")
    guest.close()
    return waited


def start_clients(url: str, visitors: int, seconds: float) -> "subprocess.Popen[str]":
    """The visitors; returns when they begin to drag."""
    keep = -(-COMPARED // visitors)
    module = [sys.executable, "-m", "benchmarks.clients", url]
    options = {"--visitors": visitors, "--seconds": seconds, "--keep": keep}
    command = [*module, *(str(part) for option in options.items() for part in option)]
    clients = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if clients.stdout is None or clients.stdout.readline() != "dragging\n":
        clients.kill()
        raise RuntimeError("The clients did not start; what they said is above.")
    return clients


def measure(visitors: int, seconds: float, checkpoint: Path | None) -> tuple[Json, list[str]]:
    """Run once: the figures, and the errors in words."""
    arguments = ["--checkpoint", str(checkpoint)] if checkpoint else []
    told: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "log", arguments) as served,
        start_clients(served.url, visitors, seconds) as clients,
    ):
        started = time.monotonic()

        def wait_until(moment: float) -> None:
            time.sleep(max(0.0, started + moment - time.monotonic()))

        try:
            wait_until(WARM if seconds >= WARM else seconds / 3)
            rss_start = resident_mb(served.process.pid)
            wait_until(seconds / 2)
            waited = visit(served.url, told)
            wait_until(seconds)
            rss_end = resident_mb(served.process.pid)
            output, _ = clients.communicate(timeout=LEFT_OVER)
            log = served.log.read_text(errors="replace")
        finally:
            clients.kill()
    tallies: list[Json] = json.loads(output)
    memory = {"rss_start_mb": round(rss_start, 1), "rss_end_mb": round(rss_end, 1)}
    errors = len(told) + sum(tally["errors"] for tally in tallies)
    told += [f"visitor {n}: {text}" for n, tally in enumerate(tallies) for text in tally["told"]]
    told += [f"the server's log ends: {log[-2000:]}"] if errors else []
    pairs = [(asked, reply) for tally in tallies for asked, reply in tally["kept"]]
    wrong = wrong_among(checkpoint or DEFAULT, pairs)
    rates = [tally["frames"] / seconds for tally in tallies]
    figures: Json = {
        "visitors": visitors,
        "errors": errors,
        "wrong": wrong,
        "compared": len(pairs),
        "frames_mean": round(mean(rates), 1),
        "frames_min": round(min(rates), 1),
        "busy": sum(tally["busy"] for tally in tallies),
        **memory,
        **waited,
    }
    return figures, told


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--checkpoint", type=Path, default=None)
    options = parser.parse_args()
    if options.visitors < 1 or options.seconds < 1:
        parser.error("There must be at least one visitor, for at least one second.")
    checkpoint = options.checkpoint.resolve() if options.checkpoint else None
    figures, told = measure(options.visitors, options.seconds, checkpoint)
    for text in told:
        print(text, file=sys.stderr)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
