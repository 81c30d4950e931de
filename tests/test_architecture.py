"""The rules of the architecture that a machine can check."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "explorer"
MODULES = sorted(PACKAGE.rglob("*.py"))
OURS = [*MODULES, ROOT / "app.py"]
TRAINING = sorted((ROOT / "checkpoints" / "avatars").glob("*.py"))
WRITTEN = [*OURS, *TRAINING]
SCRIPTS = sorted(PACKAGE.rglob("*.js"))

# Who may import whom; a layer may always import itself.
DRAWING = {
    "errors",
    "networks",
    "latents",
    "recipe",
    "directions",
    "cache",
    "pixels",
    "scene",
    "transfer",
    "turns",
}
DRAWING |= {"colour", "paint", "previews"}
MODEL = {"errors", "networks", "formats", "recipe", "directions", "library"}
MODELS = MODEL | {"model", "devices", "files", "quota"}
ANALYSIS = {"errors", "latents", "liblinear", "networks", "transfer"}
EVALUATION = {"onnx_networks", "pictures", "sampling"}
PAGE = {
    "counters",
    "downloads",
    "engine",
    "images",
    "library",
    "model",
    "models",
    "metrics",
    "projection",
}
SHARED = {"carried", "directions", "errors", "images", "latents", "links", "packing", "recipe"}
COMMANDED = {"arguments", "chosen", "commands", "engine", "keepsakes", "measuring", "models"}
MEASURES = {"labelling", "separation", "slices", "smoothness"}
FACES = {"controlled", "identities", "images", "manifest", "recipe"}
CONTROL = FACES | {"chosen", "commands", "engine", "keepsakes", "measuring", "naming"}
FILMS = {"film", "pixels", "filming", "sheets", "stills", "video"}
MAY_IMPORT = {
    "__init__": set(),
    "errors": set(),
    "cache": set(),
    "pixels": set(),
    "counters": set(),
    "turns": {"errors"},
    "devices": {"errors"},
    "memory": set(),
    "previews": {"networks"},
    "colour": {"errors", "latents", "networks", "sampling"},
    "batches": {"recipe"},
    "habits": {"batches", "colour", "networks", "previews"},
    "film": {"errors", "recipe"},
    "video": {"pixels", "errors"},
    "filming": {"pixels", "film", "slices", "video"},
    "sheets": {"pixels", "latents", "model", "paint", "recipe"},
    "stills": {"pixels", "paint", "sheets"},
    "quota": {"errors"},
    "download_cache": set(),
    "downloads": {"errors", "files", "download_cache"},
    "transfer": set(),
    "networks": {"errors", "transfer"},
    "formats": {"errors", "networks"},
    "files": {"formats"},
    "model": MODEL,
    "models": MODELS,
    "latents": {"errors", "transfer"},
    "liblinear": set(),
    "recipe": {"errors"},
    "images": {"pixels", "errors", "latents", "recipe"},
    "directions": ANALYSIS,
    "packing": {"errors"},
    "carried": SHARED - {"carried", "images", "latents", "links"},
    "links": SHARED - {"images", "latents", "links"},
    "keepsakes": SHARED | {"pixels"},
    "library": {"errors", "directions", "formats"},
    "metrics": ANALYSIS,
    "onnx_networks": {"errors"},
    "pictures": {"errors", "onnx_networks"},
    "sampling": {"latents", "networks"},
    "slices": set(),
    "labelling": {"errors", "networks", "onnx_networks", "sampling", "slices"},
    "smoothness": {"errors", "metrics", "onnx_networks", "sampling", "slices"},
    "separation": {"errors", "directions", "labelling", "metrics", "slices"},
    "projection": ANALYSIS,
    "scene": ANALYSIS | {"directions", "recipe"},
    "paint": DRAWING - {"cache", "turns"},
    "engine": DRAWING | {"batches", "devices", "film", "habits"},
    "identities": {"errors"},
    "controlled": ANALYSIS | {"directions", "recipe", "scene"},
    "manifest": {"controlled", "directions", "recipe"},
    "naming": MODEL | {"labelling", "model", "sampling", "slices"},
    "datasets": MODELS | DRAWING | EVALUATION | MEASURES | CONTROL,
    "zero_gpu": DRAWING | {"engine", "model", "models"},
    "ui": DRAWING | ANALYSIS | EVALUATION | FILMS | MEASURES | PAGE | {"keepsakes"},
    "commands": ANALYSIS | EVALUATION | MEASURES | FACES | {"formats", "metrics"},
    "arguments": set(),
    "chosen": MODELS | {"commands", "models"},
    "measuring": MODELS | EVALUATION | MEASURES | {"chosen", "commands", "directions"},
    "studio": MODELS | {"chosen", "engine", "models"},
    "asked": {"errors", "images", "keepsakes", "links", "recipe"},
    "making": FILMS | SHARED | {"asked", "commands", "keepsakes", "studio"},
    "cli": DRAWING | SHARED | COMMANDED | {"asked", "datasets", "making", "studio"},
    "__main__": {"cli", "memory"},
}
LINES_OF_A_FILE = 300
LINES_OF_A_FUNCTION = 45

IMPORT_ALL = """
import importlib, json, os, sys, threading
from contextlib import suppress
from pathlib import Path

outside, ours = json.loads(sys.argv[1])
for name in outside:
    with suppress(ImportError):
        importlib.import_module(name)


def state():
    files = sorted(map(str, Path().rglob("*")))
    return files, dict(os.environ), sorted(thread.name for thread in threading.enumerate())


before = state()
for name in ours:
    importlib.import_module(name)
    for now, then, what in zip(state(), before, ("files", "environment", "threads")):
        assert now == then, f"importing {name} changes the {what}: {now}, before: {then}"
"""


def layer_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def dotted(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def imports_of(path):
    """The modules that a file imports anywhere; for `from explorer import x` that is explorer.x."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name} imports relatively"
            if node.module == "explorer":
                found |= {f"explorer.{alias.name}" for alias in node.names}
            else:
                found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_imports_only_the_layers_it_may(path):
    layers = {name.split(".")[1] for name in imports_of(path) if name.startswith("explorer.")}
    assert layers <= MAY_IMPORT[layer_of(path)] | {layer_of(path)}


def test_only_the_page_and_the_app_know_gradio():
    users = {path for path in OURS if any(n.split(".")[0] == "gradio" for n in imports_of(path))}
    assert {layer_of(path) for path in users - {ROOT / "app.py"}} <= {"ui"}


def test_the_program_does_not_need_what_trained_its_model():
    tools = {"checkpoints", "python_avatars", "resvg_py"}
    users = {p.name for p in OURS if tools & {name.split(".")[0] for name in imports_of(p)}}
    assert not users


def test_only_the_formats_know_how_checkpoints_are_written():
    formats = {"pickle", "safetensors", "zipfile"}
    users = {p for p in MODULES if formats & {name.split(".")[0] for name in imports_of(p)}}
    assert {layer_of(path) for path in users} == {"formats"}


def test_only_the_app_and_the_command_line_read_arguments():
    readers = {path.name for path in OURS if "argparse" in imports_of(path)}
    assert readers <= {
        "app.py",
        "cli.py",
        "arguments.py",
        "asked.py",
        "datasets.py",
        "making.py",
        "measuring.py",
    }


def test_nothing_that_runs_code_or_reseeds_everybody_is_called():
    forbidden = {
        *("torch.load", "pickle.load", "pickle.loads", "eval", "exec", "breakpoint"),
        *("torch.manual_seed", "np.random.seed", "gr.render", "gr.State"),
    }
    calls = {
        (path.name, ast.unparse(node.func))
        for path in WRITTEN
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    }
    assert not {(name, called) for name, called in calls if called in forbidden}


def test_importing_any_module_runs_nothing(tmp_path):
    outside = sorted({n for path in OURS for n in imports_of(path) if "explorer" not in n})
    names = [dotted(path) for path in OURS if path.stem != "__main__"]
    home = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, json.dumps([outside, names])],
        cwd=tmp_path,
        env=os.environ | home | {"PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )


@pytest.mark.parametrize("path", [*WRITTEN, *SCRIPTS], ids=lambda path: path.name)
def test_a_file_can_be_read_in_one_sitting(path):
    assert len(path.read_text().splitlines()) <= LINES_OF_A_FILE


def test_a_function_fits_on_a_screen():
    long = [
        f"{path.name}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in WRITTEN
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= LINES_OF_A_FUNCTION
    ]
    assert not long


def test_no_string_in_python_hides_a_script():
    long = [
        f"{path.name}, line {node.lineno}"
        for path in WRITTEN
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and "=>" in node.value
        and node.value.count("\n") > 20
    ]
    assert not long
