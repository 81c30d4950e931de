"""Real but tiny things, for tests that need a generator, a checkpoint, models or an engine."""

from pathlib import Path

import pytest
import torch

from explorer.engine import Engine
from explorer.formats import load, save
from explorer.models import Models
from tests.networks.builders import tiny_generator

AVATARS = Path(__file__).parents[1] / "checkpoints" / "avatars"


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Draw on one thread: for pictures this small a second one costs more than it draws."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny():
    """A 16-pixel StyleGAN2 with random weights; nobody may change it."""
    return tiny_generator()


@pytest.fixture(scope="session")
def avatars():
    """The shipped generator."""
    return load(AVATARS)


@pytest.fixture
def folder(tmp_path):
    """An empty folder of checkpoints."""
    path = tmp_path / "checkpoints"
    path.mkdir()
    return path


@pytest.fixture
def write(folder):
    """Writes a tiny checkpoint into the folder: `write(name, seed, **changes of its config)`."""

    def written(name, seed=0, **changes):
        path = folder / f"{name}.safetensors"
        save(tiny_generator(seed, **changes), path)
        return path

    return written


@pytest.fixture
def tiny_file(tmp_path):
    """A file of the tiny generator."""
    path = tmp_path / "tiny.safetensors"
    save(tiny_generator(), path)
    return path


@pytest.fixture
def open_models(folder):
    """Opens `Models` on the folder, on the CPU; their uploads are gone after the test."""
    opened = []

    def made(paths=None, **options):
        opened.append(Models(paths or [folder], torch.device("cpu"), **options))
        return opened[-1]

    yield made
    for models in opened:
        models.close()


@pytest.fixture
def start_engine():
    """Starts an `Engine` with a given `load`; its thread is gone after the test."""
    started = []

    def made(load, **options):
        started.append(Engine(load, **options))
        return started[-1]

    yield made
    for engine in started:
        engine.close()
