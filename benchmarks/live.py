"""Drag a slider in a real browser and count the pictures that follow.

    python -m benchmarks.live [--latency-ms 40 --mbit 10] [--checkpoint PATH | --random 1024]

The latency is a round trip; both directions have the bandwidth (DevTools throttling). Prints one
JSON line: `fps` distinct pictures a second, `median_ms` and `p95_ms` from an input event to the
decoded picture of that value, `out_of_order` pictures, the short side in pixels of the smallest
picture meanwhile (`smallest_side`), `rest_ms` from letting go to the full picture (null: it never
came), and whether that is the picture of the last value (`rests_on_last`).
"""

import argparse
import json
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlparse

import httpx
from playwright.sync_api import Page

from benchmarks.design_stylegan2 import generator
from benchmarks.serving import Served, browsing, serving
from explorer.formats import save
from explorer.images import recipe_of

SCRIPT = Path(__file__).with_name("live.js")


def throttle(page: Page, latency_ms: float, mbit: float) -> None:
    """Slow the page's network down: round trip in ms, bandwidth each way in Mbit/s (0: none)."""
    bytes_per_second = mbit * 1e6 / 8 if mbit else -1
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    conditions = {
        "offline": False,
        "latency": latency_ms,
        "downloadThroughput": bytes_per_second,
        "uploadThroughput": bytes_per_second,
    }
    session.send("Network.emulateNetworkConditions", conditions)


def drag(page: Page, seconds: float) -> dict[str, Any]:
    """Drag psi for `seconds`: every move, every picture shown, the value it rested on."""
    page.wait_for_selector('#live img[data-rest="1"]', timeout=60_000)
    result: dict[str, Any] = page.evaluate(SCRIPT.read_text(encoding="utf-8"), {"seconds": seconds})
    return result


def summary(seen: dict[str, Any], last_is_shown: bool) -> dict[str, Any]:
    """The figures of one drag; None where too few pictures came to tell."""
    moved = dict(seen["moves"])
    frames = seen["frames"][: seen["whileDragging"]]
    delays = sorted(at - moved[seq] for seq, at, *_ in frames if seq in moved)
    numbers = [seq for seq, *_ in seen["frames"]]
    return {
        "fps": round(len({recipe for _, _, recipe, _ in frames}) / (seen["dragged"] / 1000), 1),
        "median_ms": round(median(delays), 1) if delays else None,
        "p95_ms": round(quantiles(delays, n=20)[-1], 1) if len(delays) > 1 else None,
        "out_of_order": sum(later < earlier for earlier, later in pairwise(numbers)),
        "smallest_side": min((side for *_, side in frames), default=None),
        "rest_ms": None if seen["rested"] is None else round(seen["rested"], 1),
        "rests_on_last": seen["rested"] is not None and last_is_shown,
    }


def shows_last_value(served: Served, page: Page, last: str) -> bool:
    """Whether the picture at rest carries the recipe with the last value of the slider."""
    source = page.get_attribute("#live img", "src") or ""
    data = httpx.get(f"{served.url}{urlparse(source).path}").content
    return f"{recipe_of(data).psi:.2f}" == last


def checkpoint_of(options: argparse.Namespace, folder: Path) -> list[str]:
    """The arguments of app.py that choose the model; a random one is written into `folder`."""
    if options.random:
        path = folder / f"random-{options.random}.safetensors"
        save(generator(options.random), path)
        return ["--checkpoint", str(path)]
    return ["--checkpoint", options.checkpoint] if options.checkpoint else []


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--mbit", type=float, default=0)
    parser.add_argument("--seconds", type=float, default=5)
    model = parser.add_mutually_exclusive_group()
    model.add_argument("--checkpoint", default=None)
    model.add_argument("--random", type=int, help="side of a StyleGAN2 with random weights")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "log", checkpoint_of(options, Path(folder))) as served,
        browsing() as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(served.url)
        page.wait_for_selector('#live img[data-rest="1"]', timeout=60_000)
        if options.latency_ms or options.mbit:
            throttle(page, options.latency_ms, options.mbit)
        seen = drag(page, options.seconds)
        print(json.dumps(summary(seen, shows_last_value(served, page, seen["last"]))))


if __name__ == "__main__":
    main()
