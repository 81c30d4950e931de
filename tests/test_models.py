import shutil
import threading

import numpy as np
import pytest

from explorer.directions.direction import Direction, step_of
from explorer.directions.vectors import UnknownSteps, Vectors
from explorer.errors import CheckpointError, ModelError
from explorer.formats import inspect
from explorer.library import to_file
from explorer.model import CLASSIFIER, DIRECTIONS
from explorer.quota import UPLOAD_SECONDS, UPLOADS_EACH
from explorer.recipe import Edit, ModelRef, Recipe
from tests.conftest import AVATARS
from tests.networks import golden

HOSTILE = ["<img src=x onerror=alert(1)>", "..", "# *heading* `code`", "a\nb", "'; DROP TABLE"]


@pytest.fixture
def models(write, open_models):
    """Two models, `one` and `two`."""
    write("one", seed=1)
    write("two", seed=2)
    return open_models()


@pytest.fixture
def upload(tmp_path, write):
    """Uploads a checkpoint for a visitor: `upload(models, visitor, name, seed)`."""

    def uploaded(models, visitor, name="mine", seed=5):
        path = tmp_path / f"{name}.safetensors"
        shutil.move(write("uploading", seed), path)
        return models.upload(path, visitor)

    return uploaded


class Clock:
    """Tells the time that the test sets."""

    now = 0.0

    def __call__(self):
        return self.now


def test_the_models_of_a_folder_are_found_sorted_by_name(write, open_models):
    for name in ("b", "c", "a"):
        write(name)
    assert open_models().names() == ["a", "b", "c"]


def test_the_first_path_gives_the_default(write, open_models, folder):
    path = write("mine")
    models = open_models([path, AVATARS.parent])
    assert models.names() == ["mine", "avatars", "avatars-64"]
    assert models.open(ModelRef()).ref.name == "mine"


def test_what_is_no_checkpoint_is_not_listed(write, open_models, folder):
    write("one")
    (folder / "notes.txt").write_text("no model")
    (folder / ".hidden.safetensors").touch()
    (folder / "empty folder").mkdir()
    assert open_models().names() == ["one"]


def test_the_end_of_a_name_may_be_in_capitals(write, open_models, folder):
    write("one").rename(folder / "one.SAFETENSORS")
    assert open_models().names() == ["one"]


def test_models_of_equal_names_are_told_apart(write, open_models, folder):
    path = write("one", seed=1)
    (folder / "elsewhere").mkdir()
    other = folder / "elsewhere" / path.name
    shutil.move(write("two", seed=2), other)
    models = open_models([path, other])
    assert models.names() == ["one", "one (2)"]
    hashes = {models.open(ModelRef(name=name)).ref.hash for name in models.names()}
    assert len(hashes) == 2


def test_a_file_dropped_into_the_folder_appears(models, write, folder):
    write("three", seed=3)
    assert models.names() == ["one", "two"]
    models.refresh()
    assert models.names() == ["one", "two", "three"]
    assert models.open(ModelRef(name="three")).generator.num_ws == 6


def test_a_file_taken_out_of_the_folder_is_gone(models, folder):
    (folder / "one.safetensors").unlink()
    models.refresh()
    assert models.names() == ["two"]
    with pytest.raises(ModelError, match="The model 'one' is not here; here are two"):
        models.open(ModelRef(name="one"))


def test_a_model_knows_its_name_its_hash_and_its_files(models, folder):
    model = models.open(ModelRef(name="two"))
    summary = inspect(folder / "two.safetensors")
    assert model.ref == ModelRef(name="two", hash=summary.content_hash)
    assert model.summary == summary
    assert sum(t.nbytes for t in model.generator.tensors().values()) == 4 * summary.parameters
    assert model.first_recipe == Recipe(model=model.ref)


def test_a_model_is_found_by_its_hash_under_another_name(models, folder):
    wanted = inspect(folder / "two.safetensors").content_hash
    assert models.open(ModelRef(name="its old name", hash=wanted)).ref.name == "two"


def test_what_was_saved_with_the_64_pixel_model_still_finds_it(open_models):
    old = "3cd781f96c1ca44ebbf8204c3cfc1c333558349221d431a6b5a2a4c9e5e1babf"
    found = open_models([AVATARS, AVATARS.parent]).open(ModelRef(name="avatars", hash=old))
    assert (found.ref.name, found.generator.resolution) == ("avatars-64", (64, 64))


def test_a_hash_counts_more_than_a_name(models, folder):
    wanted = inspect(folder / "two.safetensors").content_hash
    assert models.open(ModelRef(name="one", hash=wanted)).ref.name == "two"


def test_a_broken_neighbour_does_not_hide_the_model_of_a_hash(models, write, folder):
    (folder / "a broken one.pkl").write_bytes(b"nothing")
    models.refresh()
    wanted = inspect(folder / "two.safetensors").content_hash
    assert models.open(ModelRef(hash=wanted)).ref.name == "two"


@pytest.mark.parametrize("ask", ["open", "peek"])
@pytest.mark.parametrize(
    "ref, sentence",
    [
        (ModelRef(name="three"), "The model 'three' is not here; here are one, two. Open its file"),
        (ModelRef(hash="ab" * 32), r"of this recipe \(hash abababababab\.\.\.\) is not here"),
        (ModelRef(name="one", hash="ab" * 32), r"'one' \(hash abababababab\.\.\.\) is not here"),
    ],
)
def test_a_model_that_is_not_here_is_named_with_those_that_are(models, ask, ref, sentence):
    for name in models.names():
        models.open(ModelRef(name=name))  # so that their hashes are known
    with pytest.raises(ModelError, match=sentence):
        getattr(models, ask)(ref)


def test_without_any_model_the_sentence_says_where_to_put_one(open_models):
    with pytest.raises(ModelError, match=r"There is no model here\. Put a checkpoint into"):
        open_models().open(ModelRef())


def test_a_file_that_cannot_be_read_is_named_and_tried_again(models, write, folder):
    (folder / "three.pkl").write_bytes(b"<html>")
    models.refresh()
    for _ in range(2):
        with pytest.raises(CheckpointError, match=r"three\.pkl: "):
            models.open(ModelRef(name="three"))
    shutil.move(write("good", seed=3), folder / "three.pkl")
    assert models.open(ModelRef(name="three")).ref.name == "three"


def test_peeking_never_loads(models):
    assert models.peek(ModelRef(name="one")) is None
    opened = models.open(ModelRef(name="one"))
    assert models.peek(ModelRef(name="one")) == opened
    assert models.peek(opened.ref) == opened
    assert models.peek(ModelRef(name="two")) is None


def test_however_many_ask_a_model_is_loaded_once(models):
    found, together = [], threading.Barrier(8)

    def ask():
        together.wait(10)
        found.append(models.open(ModelRef(name="one")))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert len({id(model.generator) for model in found}) == 1


def test_a_model_over_the_budget_is_refused(write, open_models):
    write("one")
    models = open_models(budget=100)
    with pytest.raises(ModelError, match=r"one is 0 MB, the memory for models is 0 MB\. Use a"):
        models.open(ModelRef())


def test_the_model_unused_for_longest_makes_room(write, open_models):
    paths = [write(name, seed, channels=(64, 64)) for seed, name in enumerate("abc")]
    models = open_models(budget=int(2.5 * paths[0].stat().st_size))
    first = models.open(ModelRef(name="a"))
    models.open(ModelRef(name="b"))
    models.peek(ModelRef(name="a"))  # now b is the older one
    models.open(ModelRef(name="c"))
    assert models.peek(ModelRef(name="a")).generator is first.generator
    assert models.peek(ModelRef(name="b")) is None
    assert models.open(ModelRef(name="b")).ref.name == "b"


def test_an_upload_is_for_its_owner_alone(models, upload):
    name = upload(models, "anna")
    assert models.names("anna") == ["one", "two", "mine"]
    assert models.names("ben") == models.names() == ["one", "two"]
    ref = models.open(ModelRef(name=name), "anna").ref
    for stranger in ("ben", ""):
        for asked in (ref, ModelRef(name=name)):
            with pytest.raises(ModelError, match="is not here; here are one, two"):
                models.open(asked, stranger)


def test_two_visitors_may_upload_the_same_model(models, upload):
    refs = []
    for visitor in ("anna", "ben"):
        name = upload(models, visitor)
        refs.append(models.open(ModelRef(name=name), visitor).ref)
    models.forget(refs[0].name, "anna")
    assert refs[0].hash == refs[1].hash
    assert models.open(refs[1], "ben").ref.hash == refs[1].hash


def test_uploads_have_a_quota_for_each_visitor(models, upload):
    for index in range(UPLOADS_EACH):
        upload(models, "anna", f"number {index}")
    with pytest.raises(ModelError, match=f"You have brought {UPLOADS_EACH} models already. Wait"):
        upload(models, "anna", "one too many")
    assert upload(models, "ben") == "mine"


def test_a_forgotten_upload_is_deleted_by_its_owner_only(models, upload, tmp_path):
    name = upload(models, "anna")
    models.forget(name, "ben")
    models.forget("one", "anna")
    assert models.names("anna") == ["one", "two", name]
    models.forget(name, "anna")
    assert models.names("anna") == ["one", "two"]


def test_an_upload_goes_away_an_hour_after_its_last_use(write, open_models, upload):
    write("one")
    clock = Clock()
    models = open_models(clock=clock)
    ref = ModelRef(name=upload(models, "anna"))
    for clock.now in (0.9 * UPLOAD_SECONDS, 1.8 * UPLOAD_SECONDS):
        models.refresh()
        models.open(ref, "anna")
    clock.now = 2.81 * UPLOAD_SECONDS
    models.refresh()
    assert models.names("anna") == ["one"]
    with pytest.raises(ModelError, match="'mine' is not here"):
        models.peek(ref, "anna")


def test_an_expired_upload_makes_room_in_the_quota(write, open_models, upload):
    write("one")
    clock = Clock()
    models = open_models(clock=clock)
    for index in range(UPLOADS_EACH):
        upload(models, "anna", f"number {index}")
    clock.now = UPLOAD_SECONDS + 1
    assert upload(models, "anna", "the next") == "the next"


def test_uploads_are_gone_from_the_disk_in_the_end(
    write, open_models, upload, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    write("one")
    models = open_models()
    upload(models, "anna")
    assert list(tmp_path.glob("temporary/*/*/*"))
    models.close()
    assert not list(tmp_path.glob("temporary/*"))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_just_text(models, upload, name):
    uploaded = upload(models, "anna", name.replace("/", ""))
    assert uploaded == name
    assert models.open(ModelRef(name=name), "anna").ref.name == name


@pytest.mark.parametrize("stem", [b"x" * 240, "é".encode("latin-1"), b"\xff\xfe"])
def test_a_name_that_no_recipe_could_hold_is_made_to_fit(models, folder, stem):
    path = bytes(folder) + b"/" + stem + b".pkl"
    shutil.copy(bytes(golden.checkpoint("sg2_orig_16")), path)
    models.refresh()
    name = models.names()[-1]
    model = models.open(ModelRef(name=name))
    assert model.ref.name == name
    assert Recipe(model=model.ref).to_json()


def test_a_file_that_could_not_be_opened_is_read_again_only_once_it_changed(models, folder):
    broken = folder / "broken.pkl"
    broken.write_bytes(b"<html>")
    models.refresh()
    unknown = ModelRef(hash="a" * 64)
    with pytest.raises(ModelError, match="is not here"):
        models.open(unknown)
    with pytest.raises(ModelError, match="is not here"):
        models.peek(unknown)  # knows without reading anything
    broken.write_bytes(b"<html></html>")
    assert models.peek(unknown) is None  # may be the one now


SMILE = Direction("smile", step_of("w", np.arange(1.0, 7)))
SENT = Direction("sent", step_of("z", np.ones(8)))


@pytest.fixture
def faces(folder, write, open_models):
    """Models of which `faces` has a folder with a direction and a classifier; and `two`."""
    (folder / "faces").mkdir()
    shutil.move(write("faces"), folder / "faces" / "model.safetensors")
    (folder / "faces" / "config.json").write_text("{}")
    (folder / "faces" / DIRECTIONS).write_bytes(to_file([SMILE]))
    (folder / "faces" / CLASSIFIER).touch()
    write("two", seed=2)
    return open_models()


def edited(name, *which):
    edits = tuple(Edit(direction=one.key, shift=1.0) for one in which)
    return Recipe(model=ModelRef(name=name), edits=edits)


def test_a_model_comes_with_what_lies_in_its_folder(faces, folder):
    model = faces.open(ModelRef(name="faces"))
    assert [one.key for one in model.directions] == [SMILE.key]
    assert model.classifier == folder / "faces" / CLASSIFIER
    assert faces.peek(ModelRef(name="faces")).directions == model.directions
    two = faces.open(ModelRef(name="two"))
    assert (two.directions, two.classifier) == ((), None)


def test_steps_are_those_of_the_models_folder_and_those_that_were_sent(faces):
    sent = Vectors()
    sent.put(SENT.step)
    steps = faces.steps(edited("faces", SMILE, SENT), "anna", sent)
    assert set(steps) == {SMILE.key, SENT.key}
    assert steps[SMILE.key].to_bytes() == SMILE.step.to_bytes()


def test_the_folder_of_another_model_does_not_count(faces):
    with pytest.raises(UnknownSteps) as caught:
        faces.steps(edited("two", SMILE, SENT), "anna", Vectors())
    assert caught.value.keys == (SMILE.key, SENT.key)


def test_without_edits_no_model_is_opened_for_steps(faces):
    assert faces.steps(edited("faces"), "anna", Vectors()) == {}
    assert faces.peek(ModelRef(name="faces")) is None


def test_steps_of_a_model_that_is_not_here_are_a_sentence(faces):
    with pytest.raises(ModelError, match="'lost' is not here"):
        faces.steps(edited("lost", SMILE), "anna", Vectors())


def test_a_folder_with_broken_directions_opens_without_them_and_says_so(faces, folder):
    (folder / "faces" / DIRECTIONS).write_bytes(b"<html>")
    model = faces.open(ModelRef(name="faces"))
    assert model.directions == ()
    assert model.note.startswith("The directions of faces are left out. ")
