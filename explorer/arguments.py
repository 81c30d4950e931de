"""What the command line takes."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

ADDRESS = "a path, hf://owner/repo[/file][@revision], or https://...[#sha256=...]"
MODEL = "a name in checkpoints/, or an address (default: the shipped model)"
DEVICE = "auto (default), cpu, cuda or mps"
TRUNC = "truncation psi (default: 1)"
LINK = "a link from the page, in quotes; nothing is fetched"
RECIPE = "a recipe as JSON, or a PNG that carries one"
EASING = "how to leave and reach a keyframe (default: smooth)"
STATE = "keep what is drawn here, so that an interrupted run goes on"

Add = Callable[..., Any]


def arguments(about: str | None) -> argparse.ArgumentParser:
    """What the command line takes, whose help begins with `about`."""
    parser = argparse.ArgumentParser(prog="python -m explorer", description=about)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, text: str) -> Add:
        about = f"{text[0].upper()}{text[1:]}."
        return commands.add_parser(name, help=text, description=about).add_argument

    _render(command("render", "draw a recipe, or seeds, as PNG"))
    _show(command("show", "print the recipe of a PNG or of a link"))
    _grid(command("grid", "draw many seeds as one PNG"))
    _strip(command("strip", "draw a strip or a table of the page as one PNG"))
    _video(command("video", "draw a film through keyframes as MP4, WebP or GIF"))
    _files(command("info", "say what a checkpoint holds"), command)
    _evaluate(command("evaluate", "compare a model with real pictures"))
    _separability(command("separability", "measure how well labels can be told from Z and W"))
    _ppl(command("ppl", "measure the perceptual path length"))
    _dataset(command("dataset", "write a data set of controlled faces"))
    return parser


def _show(add: Add) -> None:
    add("picture", type=Path, nargs="?", help="a PNG that carries one, or JSON")
    add("--link", metavar="URL", help=LINK)


def _render(add: Add) -> None:
    _drawn(add, "0", "such as 7 or 0-3,7")
    add("--recipe", type=Path, help=RECIPE)
    add("--link", metavar="URL", help=LINK)
    add("--out", type=Path, required=True, help="PNG to write; several seeds get their number")


def _drawn(add: Add, seeds: str, about: str) -> None:
    """What NVIDIA's scripts call the same."""
    add("--model", help=MODEL)
    add("--seeds", default=seeds, help=about)
    add("--trunc", type=float, default=1.0, metavar="PSI", help=TRUNC)
    add("--class", type=int, dest="label", metavar="K", help="class of a conditional model")
    add("--noise-mode", choices=["const", "random", "none"], default="const")
    add("--device", default="auto", help=DEVICE)


def _grid(add: Add) -> None:
    _drawn(add, "0-15", "such as 0-15 (default)")
    add("--columns", type=int, metavar="N", help="pictures of a row (default: a square)")
    add("--plain", action="store_true", help="without labels")
    add("--out", type=Path, required=True, help="PNG to write")


def _strip(add: Add) -> None:
    kinds = ["truncation", "interpolation", "mixing", "seeds"]
    add("--kind", choices=kinds, default="truncation", help="which (default: truncation)")
    _drawn(add, "0", "A, or A,B: to walk to, or to mix in (default: 0)")
    add("--recipe", type=Path, help=RECIPE)
    groups = ["coarse", "middle", "fine"]
    add("--group", choices=groups, default="coarse", help="layers mixed (default: coarse)")
    add("--plain", action="store_true", help="without labels")
    add("--out", type=Path, required=True, help="PNG to write")


def _video(add: Add) -> None:
    _drawn(add, "0,1,2", "keyframes, such as 1,5,9")
    add("--recipes", type=Path, nargs="+", metavar="FILE", help="keyframes: PNG or JSON")
    add("--seconds", type=float, metavar="S", help="whole length (default: 2 a keyframe)")
    add("--fps", type=int, default=30, help="frames a second (default: 30)")
    add("--size", type=int, metavar="PX", help="longer side (default: the model's own)")
    add("--loop", action="store_true", help="lead the last keyframe back to the first")
    add("--easing", choices=["linear", "smooth", "smoother"], default="smooth", help=EASING)
    add("--quality", type=int, default=85, help="1 to 100 (default: 85); GIF has none")
    add("--out", type=Path, required=True, help="ends in .mp4, .webp or .gif")


def _files(add: Add, command: Callable[[str, str], Add]) -> None:
    add("address", metavar="FILE", help=ADDRESS)
    add("--json", action="store_true", help="for programs")
    add = command("convert", "write a checkpoint as safetensors")
    add("address", metavar="IN", help=ADDRESS)
    add("out", type=Path, metavar="OUT.safetensors")
    add("--force", action="store_true", help="replace OUT if it is there")


def _evaluate(add: Add) -> None:
    add("--model", help=MODEL)
    add("--features", type=Path, required=True, help="ONNX network, `image` to `features`")
    add("--real", type=Path, required=True, metavar="FOLDER_OR_NPY", help="real pictures")
    add("--samples", type=int, default=5000, help="pictures of each side (default: 5000)")
    add("--seed", type=int, default=0, help="first seed drawn, and that of the subsets")
    add("--trunc", type=float, default=1.0, metavar="PSI", help=TRUNC)
    add("--class", type=int, dest="label", metavar="K", help="one class (default: in turn)")
    add("--device", default="auto", help=DEVICE)
    add("--json", action="store_true", help="for programs")


def _separability(add: Add) -> None:
    add("--model", help=MODEL)
    add(
        "--attributes",
        type=Path,
        metavar="NETWORK.onnx",
        help="classifier, `image` to `logits` (default: attributes.onnx in the model's folder)",
    )
    add("--samples", type=int, help="pictures (default: 5000, with --paper 200000)")
    add("--seed", type=int, default=0, help="first seed drawn, and that of the folds")
    add("--trunc", type=float, default=1.0, metavar="PSI", help=TRUNC)
    add("--class", type=int, dest="label", metavar="K", help="one class (default: in turn)")
    add("--paper", action="store_true", help="in-sample, as Karras 2019")
    add("--labels", type=Path, metavar="OUT.csv", help="write seed and labels")
    _long(add)


def _ppl(add: Add) -> None:
    add("--model", help=MODEL)
    add("--distance", type=Path, required=True, metavar="NETWORK.onnx", help="has `features`")
    add("--space", choices=["z", "w", "both"], default="both")
    add("--ends", choices=["full", "end"], default="full", help="where on a path (default: full)")
    add("--samples", type=int, default=10_000, help="paths (default: 10000)")
    add("--seed", type=int, default=0, help="first path; path n leads from seed 2n to 2n + 1")
    add("--epsilon", type=float, default=1e-4, help="the step (default: 0.0001)")
    add("--class", type=int, dest="label", metavar="K", help="one class (default: in turn)")
    _long(add)


def _dataset(add: Add) -> None:
    add("--model", help=MODEL)
    add("--identities", type=int, default=20, metavar="N", help="how many (default: 20)")
    add(
        "--directions",
        nargs="+",
        required=True,
        metavar="NAME",
        help="what is made neutral and varied, by name or key",
    )
    add("--library", type=Path, metavar="FILE", help="has them (default: the model's folder)")
    add("--sigmas", default="-2,0,2", metavar="LIST", help="as --sigmas=-2,0,2 (the default)")
    add("--seed", type=int, default=0, help="first candidate; the others follow")
    add("--trunc", type=float, default=1.0, metavar="PSI", help=TRUNC)
    add("--class", type=int, dest="label", metavar="K", help="one class (default: in turn)")
    add("--distance", type=float, help="least, of two identities (default: 1 %% of pairs)")
    add("--embedding", type=Path, metavar="NET.onnx", help="measures it by `features` (not in W)")
    add("--attributes", type=Path, metavar="NET.onnx", help="scores pictures by `logits`")
    add("--out", type=Path, required=True, metavar="FOLDER", help="goes on where it was stopped")
    add("--device", default="auto", help=DEVICE)
    add("--json", action="store_true", help="for programs")


def _long(add: Add) -> None:
    add("--device", default="auto", help=DEVICE)
    add("--json", action="store_true", help="for programs")
    add("--state", type=Path, metavar="FOLDER", help=STATE)
