"""The real program in its own process, and a real browser; no mocks."""

import json
import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from benchmarks.serving import QUIET_BROWSER, ROOT, browsing, chromium, serving
from explorer.directions.direction import Direction, step_of
from explorer.formats import save
from explorer.library import to_file
from explorer.sampling import Sampler
from tests.e2e.steps import PATIENCE, WIDE, Visit
from tests.networks.builders import tiny_generator
from tests.onnx_networks.small import classifier

DATA = ROOT / "tests" / "data"
AVATARS = ROOT / "checkpoints" / "avatars"
HOSTILE = "<img src=x onerror=window.hacked=1>"
SLOW = (320, 320, 320, 320, 160)  # channels of a 64-pixel model that needs about 0.1 s a picture


@pytest.fixture(scope="session")
def browser():
    if chromium() is None and not os.environ.get("CI"):
        pytest.skip("There is no Chromium here: install the Debian package chromium.")
    expect.set_options(timeout=PATIENCE)
    with browsing() as found:
        yield found


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A folder of checkpoints that the page must cope with."""
    folder = tmp_path_factory.mktemp("models")
    save(tiny_generator(1, noise=False), folder / "no-noise.safetensors")
    save(tiny_generator(2, channels=SLOW), folder / "slow.safetensors")
    save(tiny_generator(3), folder / f"{HOSTILE}.safetensors")
    named = folder / "named"
    named.mkdir()
    save(tiny_generator(4, c_dim=3, embed=6), named / "model.safetensors")
    card = {"classes": ["cat", HOSTILE, "dog"]}
    (named / "config.json").write_text(json.dumps(card))
    judged(folder / "judged")
    return folder


def judged(folder):
    """A model folder with a classifier of its colours and a direction, `shipped`."""
    generator = tiny_generator(5)
    folder.mkdir()
    save(generator, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"name": "judged"}))
    weight = [[40, 0, 0], [0, 40, 0], [0, 0, 0]]
    names = [{"name": name, "kind": "binary"} for name in ("red", HOSTILE, "always")]
    colours = torch.cat(list(Sampler(generator).pictures(range(200)))).mean((2, 3))
    middle = colours.median(0).values  # so that half of the pictures are redder
    bias = [-40 * float(middle[0]), -40 * float(middle[1]), 1]
    (folder / "attributes.onnx").write_bytes(classifier(weight, bias, attributes=names))
    direction = Direction("shipped", step_of("w", np.eye(generator.w_dim)[0], 0.5), boundary=0.25)
    (folder / "directions.safetensors").write_bytes(to_file([direction]))


@pytest.fixture(scope="session")
def server(browser, models, tmp_path_factory):
    """The explorer on the shipped model, two golden files and `models`; uploads up to 1 MB."""
    paths = [
        AVATARS,
        DATA / "sg2_skip_32.pkl",
        DATA / "sg2_cond_16.pkl",
        DATA / "sg3r_32.pkl",
        models,
    ]
    arguments = [text for path in paths for text in ("--checkpoint", str(path))]
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(log, [*arguments, "--max-upload-mb", "1"]) as served:
        yield served
    # What a test provoked on purpose is answered with a sentence and leaves no traceback.
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def contexts(browser, tmp_path_factory):
    """Browser contexts by their options; pages of one share Gradio's files in its cache.

    The usual one has a profile on disk: Chromium then keeps compiled scripts too, which takes a
    third off the work of opening a page.
    """
    profile = tmp_path_factory.mktemp("profile")
    usual = browser.browser_type.launch_persistent_context(
        profile, executable_path=chromium(), args=list(QUIET_BROWSER), viewport=WIDE
    )
    made = {json.dumps({"viewport": WIDE}, sort_keys=True): usual}

    def context(**options):
        key = json.dumps(options, sort_keys=True)
        if key not in made:
            made[key] = browser.new_context(**options)
        return made[key]

    yield context
    for one in made.values():
        one.close()


@contextmanager
def visiting(contexts, url):
    """Lends a function that makes tabs, closed at the end; none may complain in the console."""
    visits = []

    def enter(**options):
        context = contexts(**{"viewport": WIDE, **options})
        visits.append(Visit(context.new_page(), url))
        return visits[-1]

    yield enter
    complaints = [line for visit in visits for line in visit.console]
    for visit in visits:
        visit.page.close()
    assert complaints == []


@pytest.fixture
def visitor(contexts, server):
    """Makes tabs: `visitor(color_scheme="dark").open()`."""
    with visiting(contexts, server.url) as enter:
        yield enter


@pytest.fixture
def fresh(visitor):
    """A page just opened, which shows the shipped model at rest."""
    return visitor().open()


@pytest.fixture(scope="module")
def kept():
    """The page that `visit` lends to one test of a file after the other; opening takes a second."""
    pages = []
    yield pages
    for visit in pages:
        visit.page.close()


@pytest.fixture
def visit(kept, contexts, server):
    """A page that shows the shipped model's first picture; other panels may be open on it."""
    if not (kept and kept[0].starts_over()):
        kept[:] = [Visit(contexts(viewport=WIDE).new_page(), server.url).open()]
    yield kept[0]
    complaints = kept[0].console
    if complaints:
        kept.pop().page.close()
    assert complaints == []


def golden(name: str) -> Path:
    return DATA / f"{name}.pkl"
