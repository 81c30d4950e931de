"""How long a film takes, and whether memory grows: ten seconds of the shipped model, enlarged.

    python -m benchmarks.film [--seconds 10] [--fps 30] [--size 512]

Prints one JSON line; 0 if a film of ten seconds took less than a minute and memory stayed flat.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import av

from benchmarks.memory import memory
from explorer.film import Film
from explorer.filming import make
from explorer.memory import keep_memory
from explorer.recipe import Point, Recipe
from explorer.studio import studio
from explorer.video import Look, Video

SEEDS = (1, 5, 9, 13, 20)
BARS = {"seconds": 60.0, "growth_mb": 20.0}


def probed(path: Path) -> dict[str, object]:
    """What the file says of itself."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return {
            "codec": stream.codec_context.name,
            "pixels": stream.codec_context.pix_fmt,
            "size": f"{stream.width} x {stream.height}",
            "duration": round((container.duration or 0) / 1e6, 3),
            "mb": round(path.stat().st_size / 1e6, 2),
        }


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures: 0 if they keep the bars, else 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.film", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of the film")
    parser.add_argument("--fps", type=int, default=30, help="frames a second")
    parser.add_argument("--size", type=int, default=512, help="pixels of a side")
    options = parser.parse_args(argv)
    look = Look("mp4", (options.size, options.size), options.fps)
    with tempfile.TemporaryDirectory() as folder, studio(None, "cpu") as place:
        keys = (place.settled(Recipe(a=Point(x=seed), psi=0.7)) for seed in SEEDS)
        film = Film(tuple(keys), options.seconds / len(SEEDS), options.fps, is_loop=True)
        path, third = Path(folder) / "film.mp4", 0
        started = time.perf_counter()
        with Video(path, look) as video:
            for done, total in make(film, place.engine.shoot, video.write):
                if done == total // 3:
                    third = memory("VmHWM")
        seconds = time.perf_counter() - started
        growth = (memory("VmHWM") - third) / 1e6
        figures = {
            "seconds": round(seconds, 1),
            "frames": film.count,
            "mb_at_a_third": round(third / 1e6, 1),
            "mb_at_the_end": round(memory("VmHWM") / 1e6, 1),
            **probed(path),
        }
    print(json.dumps(figures))
    return int(seconds > BARS["seconds"] or growth > BARS["growth_mb"])


if __name__ == "__main__":
    keep_memory()
    sys.exit(main())
