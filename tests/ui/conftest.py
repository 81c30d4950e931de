"""A bench with real but tiny things on it, and the lab driven as the page drives it."""

import pytest

from explorer.directions.vectors import Vectors
from explorer.labelling import gather_w
from explorer.recipe import ModelRef
from explorer.sampling import Sampler
from explorer.ui import bench as benches
from explorer.ui.artist import EngineArtist
from explorer.ui.bench import Bench
from explorer.ui.jobs import Jobs
from tests.ui.driving import Lab, colours_of, judge


@pytest.fixture(scope="session")
def colours(tiny):
    """The mean colours [N, 3] of the pictures of the first seeds of the tiny generator."""
    return colours_of(tiny)


@pytest.fixture(scope="session")
def judging(colours):
    """The bytes of a classifier of three attributes, of which about half the pictures have each."""
    return judge(colours)


@pytest.fixture(scope="session")
def spread(tiny):
    """The 10,000 w [N, D] of the tiny generator, over which sigmas are taken."""
    return list(gather_w(Sampler(tiny)))[-1]


@pytest.fixture
def models(write, open_models):
    """Two models: `one`, which is the tiny generator and is in memory, and `two`."""
    write("one")
    write("two", seed=2)
    models = open_models()
    models.open(ModelRef())
    return models


@pytest.fixture
def vectors():
    return Vectors()


@pytest.fixture
def engine(models, vectors, start_engine):
    return start_engine(
        lambda recipe, visitor: models.open(recipe.model, visitor).generator,
        steps_of=lambda recipe, visitor: models.steps(recipe, visitor, vectors),
    )


@pytest.fixture
def classifier(tmp_path, judging):
    """The file of a classifier, as of the command line."""
    path = tmp_path / "attributes.onnx"
    path.write_bytes(judging)
    return path


@pytest.fixture
def bench(engine, models, vectors, classifier):
    return Bench(engine, EngineArtist(engine, models), vectors, classifier)


@pytest.fixture
def bare_bench(engine, models, vectors):
    """A bench without a classifier."""
    return Bench(engine, EngineArtist(engine, models), vectors)


@pytest.fixture
def fresh_lab(bench, monkeypatch):
    """The lab as `anna` has it; all progress is told, however soon it comes."""
    monkeypatch.setattr(benches, "PROGRESS_SECONDS", -1.0)
    return Lab(bench, Jobs())


@pytest.fixture
def lab(fresh_lab, models, spread):
    """The same when somebody has had the sigmas of the model measured."""
    known = models.open(ModelRef())
    fresh_lab.bench.samples.put(f"{known.ref.hash} None", spread)
    return fresh_lab


@pytest.fixture
def bare_lab(bare_bench):
    """A lab without a classifier."""
    return Lab(bare_bench, Jobs())
