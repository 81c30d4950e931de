"""What a bench keeps for whom, what a request may say, and progress that can be stopped."""

import threading

import numpy as np
import pytest

from explorer.errors import AnalysisError, DirectionError, ExplorerError
from explorer.onnx_networks import OnnxNetwork
from explorer.recipe import ModelRef, Recipe
from explorer.slices import Progress
from explorer.ui import bench as benches
from explorer.ui.bench import MOST_NETWORKS, Networks, Shelf, Task
from explorer.ui.jobs import Jobs, Stopped
from explorer.ui.wire import to_wire
from tests.ui.driving import last_w
from tests.ui.test_directions import FOREIGN, ROUND, SMILE, WIDE


@pytest.fixture
def jobs():
    return Jobs()


@pytest.fixture
def task(bench, models, jobs):
    """Makes a task out of what a page asks for."""

    def made(body=None, model=None, visitor="anna", bench=bench, **recipe):
        model = model or models.open(ModelRef())
        job = jobs.begin(visitor, "lab", 1)
        return Task(bench, visitor, model, Recipe(model=model.ref, **recipe), body or {}, job)

    return made


def ended(work):
    """The news of a generator, and its result."""
    news = []
    while True:
        try:
            news.append(next(work))
        except StopIteration as end:
            return news, end.value


def network(judging, name="mine.onnx"):
    return OnnxNetwork(judging, name)


def test_a_shelf_keeps_what_was_used_last():
    shelf = Shelf(2)
    shelf.put("a", 1)
    shelf.put("b", 2)
    assert shelf.get("a") == 1
    shelf.put("c", 3)
    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (1, None, 3)
    shelf.drop("a")
    shelf.drop("never there")
    assert shelf.get("a") is None


def test_a_network_is_for_the_visitor_who_brought_it(judging):
    networks = Networks()
    mine = network(judging)
    networks.put("anna", mine)
    assert networks.get("anna") is mine
    assert networks.get("ben") is None and networks.get("") is None


def test_a_network_that_had_to_go_is_missed_with_a_sentence_until_it_is_opened_or_forgotten(
    judging,
):
    networks = Networks()
    networks.put("anna", network(judging, "anna's.onnx"))
    for number in range(MOST_NETWORKS):
        networks.put(f"visitor {number}", network(judging))
    for _ in range(2):
        with pytest.raises(AnalysisError, match=r"^anna's\.onnx is no longer here: .* Open it ag"):
            networks.get("anna")
    networks.forget("anna")
    assert networks.get("anna") is None
    networks.put("anna", network(judging))
    assert networks.get("anna").name == "mine.onnx"


def test_who_forgets_takes_no_room_from_others(judging):
    networks = Networks()
    networks.put("anna", network(judging))
    for number in range(MOST_NETWORKS + 1):
        networks.forget(f"visitor {number}")
    assert networks.get("anna") is not None


def test_nobody_without_a_name_keeps_a_network(judging):
    networks = Networks()
    with pytest.raises(AnalysisError, match="A visitor without a name cannot keep a classifier"):
        networks.put("", network(judging))
    assert networks.get("") is None


def test_progress_is_a_part_of_the_whole_and_what_comes_last_is_the_result(task, monkeypatch):
    monkeypatch.setattr(benches, "PROGRESS_SECONDS", -1.0)
    work = iter([Progress(1, 4), Progress(2, 4), Progress(4, 4), "found"])
    news, result = ended(task().steps(work, (0.5, 1.0), "looking"))
    assert [one["progress"] for one in news] == [0.625, 0.75, 1.0]
    assert news[-1]["left"] == 0 and {one["what"] for one in news} == {"looking"}
    assert result == "found"


def test_quick_work_tells_no_progress(task):
    assert ended(task().steps(iter([Progress(1, 1), 7]))) == ([], 7)


def test_stopped_work_goes_no_further(task, jobs):
    reached = []

    def work():
        for done in (1, 2, 3):
            reached.append(done)
            jobs.stop("anna", "lab", 1)
            yield Progress(done, 3)

    with pytest.raises(Stopped):
        ended(task().steps(work()))
    assert reached == [1]


def test_samples_are_of_the_model_and_drawn_once(task, tiny):
    one = task()
    found = ended(one.w_samples())[1]
    assert found.shape == (10_000, 6)
    assert np.allclose(found[:100], last_w(tiny, range(100)), atol=1e-5)
    assert ended(task().w_samples())[1] is found
    sigma_of = ended(one.sigmas())[1]
    axis = np.eye(6)[2]
    assert sigma_of("w", axis) == pytest.approx(found[:, 2].std(), rel=1e-3)
    assert sigma_of("z", np.eye(8)[0]) == 1


def test_samples_are_of_one_model_and_one_class(write, models, task, monkeypatch):
    monkeypatch.setattr(benches, "PROGRESS_SECONDS", -1.0)
    write("classes", c_dim=3, embed=4)
    models.refresh()
    one, classes = (models.open(ModelRef(name=name)) for name in ("one", "classes"))
    found = ended(task(model=classes, label=0).w_samples())[1]
    sampler = task(model=classes, label=0).sampler()
    assert np.allclose(found[:50], sampler.w(range(50))[:, -1], atol=1e-5)
    assert ended(task(model=classes, label=0).w_samples())[1] is found
    for other in (task(model=classes, label=1), task(model=one)):
        assert "progress" in next(other.w_samples())  # it begins to draw


def test_samples_of_mixed_classes_are_not_drawn(write, models, task):
    write("classes", c_dim=3, embed=4)
    models.refresh()
    mixed = task(model=models.open(ModelRef(name="classes")), label=(0.5, 0.5, 0.0))
    with pytest.raises(AnalysisError, match=r"not drawn of mixed classes\. Choose one class\."):
        mixed.sampler()


def test_the_network_is_the_visitors_then_the_models_then_that_of_the_command_line(
    task, bench, bare_bench, judging
):
    assert task().network().name == "attributes.onnx"
    mine = network(judging)
    bench.networks.put("anna", mine)
    assert task().network() is mine
    assert task(visitor="ben").network() is not mine
    with pytest.raises(AnalysisError, match=r"^one comes without a classifier\. Open an ONNX"):
        task(bench=bare_bench).network()


@pytest.mark.parametrize(
    "value", [None, "7", 7.0, True, [7], {}, 0, 10**400, float("nan")], ids=str
)
def test_what_is_no_number_in_range_is_a_sentence(task, value):
    with pytest.raises(AnalysisError) as caught:
        task({"count": value}).number("count", 1, 2000, 5)
    assert str(caught.value) == "count has to be a whole number from 1 to 2,000. Choose one."


def test_a_number_may_be_left_out(task):
    assert task({"count": 7}).number("count", 1, 20, 5) == 7
    assert task().number("count", 1, 20, 5) == 5


@pytest.mark.parametrize("value", [None, "", "  ", 7, [], "x" * 81])
def test_what_is_no_short_text_is_a_sentence(task, value):
    with pytest.raises(AnalysisError, match=r"The name is missing, or has over 80 characters\."):
        task({"name": value}).text("name")
    assert task({"name": " smile "}).text("name") == "smile"


@pytest.mark.parametrize(
    "value, sentence",
    [
        (None, "What was sent is no direction"),
        (to_wire(FOREIGN), r"The direction has shape \[5\], this model's w has 6 numbers"),
        (to_wire(WIDE), "wide is for other layers than this model's 0 to 5"),
        ({**to_wire(SMILE), "layers": [6]}, "smile is for other layers than this model's 0 to 5"),
        ({**to_wire(ROUND), "space": "w"}, r"The direction has shape \[8\], this model's w has 6"),
    ],
)
def test_a_direction_of_the_request_has_to_fit_the_model(task, value, sentence):
    with pytest.raises(DirectionError, match=sentence):
        task().direction(value)
    assert task().direction(to_wire(SMILE)).key == SMILE.key


def test_slices_run_on_the_engines_thread_and_their_errors_come_back(bench):
    assert bench.run(lambda: threading.current_thread().name) == "engine"

    def failing():
        raise ExplorerError("No.", fix="Stop.")

    with pytest.raises(ExplorerError, match="No"):
        bench.run(failing)
