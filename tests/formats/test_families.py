"""One network written as every family writes it must come back as that network, to the bit."""

import shutil
from argparse import Namespace

import pytest
import torch

from explorer.errors import CheckpointError
from explorer.formats import content_hash, load, open_checkpoint
from tests.formats import layouts, layouts_stylegan1
from tests.formats.pickles import dump, tensorflow_network
from tests.networks import golden
from tests.networks.builders import tiny_generator, tiny_stylegan1

FUSED = {"channels": (4, 4, 4, 4, 3, 2)}  # 128 pixels


def write_state(state, path):
    torch.save({"g_ema": {name: tensor.contiguous() for name, tensor in state.items()}}, path)
    return path


def write_tensorflow(state, path, **arguments):
    network = tensorflow_network(layouts.to_numpy(state), **arguments)
    return dump((None, None, network), path)


def with_mean(state, generator):
    return {"g_ema": state, "latent_avg": generator.w_avg}


STYLEGAN2 = {
    "tensorflow": lambda g, path: write_tensorflow(layouts.tensorflow_stylegan2(g.tensors()), path),
    "genforce": lambda g, path: write_state(layouts.genforce_stylegan2(g.tensors()), path),
    "rosinality": lambda g, path: torch.save(
        with_mean(layouts.rosinality_stylegan2(g.tensors()), g), path
    ),
    "basicsr": lambda g, path: torch.save(with_mean(layouts.basicsr(g.tensors()), g), path),
}
STYLEGAN1 = {
    "tensorflow": lambda g, path: write_tensorflow(
        layouts_stylegan1.tensorflow_stylegan1(g.tensors()), path
    ),
    "genforce": lambda g, path: write_state(
        layouts_stylegan1.genforce_stylegan1(g.tensors()), path
    ),
    "interfacegan": lambda g, path: write_state(layouts_stylegan1.interfacegan(g.tensors()), path),
}


def assert_same(loaded, generator):
    """All must be equal to the bit, but for style biases, which gained and lost a 1."""
    assert loaded.config == generator.config
    for name, tensor in generator.tensors().items():
        tolerance = 1e-6 if name.endswith("affine.bias") else 0
        torch.testing.assert_close(loaded.tensors()[name], tensor, atol=tolerance, rtol=0, msg=name)


@pytest.mark.parametrize("family", STYLEGAN2)
@pytest.mark.parametrize(
    "changes", [{}, {"base": (4, 2)}, {"base": (3, 5)}, {"mapping": (6,)}], ids=str
)
def test_stylegan2_is_the_same_in_every_family(family, changes, tmp_path):
    generator = tiny_generator(**changes)
    STYLEGAN2[family](generator, tmp_path / "net")
    assert_same(load(tmp_path / "net"), generator)


@pytest.mark.parametrize("family", STYLEGAN1)
@pytest.mark.parametrize(
    "changes",
    [{}, {"base": (4, 2)}, {"base": (3, 5)}, {"mapping": (6,)}, FUSED, FUSED | {"base": (4, 2)}],
    ids=str,
)
def test_stylegan1_is_the_same_in_every_family(family, changes, tmp_path):
    generator = tiny_stylegan1(**changes)
    STYLEGAN1[family](generator, tmp_path / "net")
    loaded = load(tmp_path / "net")
    assert loaded.config == generator.config
    assert content_hash(loaded) == content_hash(generator)


@pytest.mark.parametrize("family", ["tensorflow", "genforce"])
@pytest.mark.parametrize("stylegan1", [False, True], ids=["stylegan2", "stylegan1"])
def test_labels_joined_before_the_normalisation_are_read(family, stylegan1, tmp_path):
    build, writers = (tiny_stylegan1, STYLEGAN1) if stylegan1 else (tiny_generator, STYLEGAN2)
    generator = build(c_dim=5, embed=8, label_mode="concat_then_norm")
    writers[family](generator, tmp_path / "net")
    assert_same(load(tmp_path / "net"), generator)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state, mean: {"g_ema": state, "latent_avg": mean},
        lambda state, mean: {
            "state_dict": {f"decoder.{name}": tensor for name, tensor in state.items()}
            | {"encoder.weight": torch.ones(1)},
            "latent_avg": mean.expand(6, -1),
            "opts": Namespace(id_lambda=0.1),
        },
        lambda state, mean: {
            "g_ema": {f"module.{name}": tensor for name, tensor in state.items()},
            "latent_avg": mean,
        },
        lambda state, mean: {"params_ema": state, "params": {}, "latent_avg": mean},
    ],
    ids=["converted", "encoder", "module.", "params_ema"],
)
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_a_generator_is_found_where_training_and_encoders_put_it(wrap, legacy, tmp_path):
    generator = tiny_generator()
    state = layouts.rosinality_stylegan2(generator.tensors())
    value = wrap(state, generator.w_avg)
    torch.save(value, tmp_path / "net.pt", _use_new_zipfile_serialization=not legacy)
    assert content_hash(load(tmp_path / "net.pt")) == content_hash(generator)


def test_the_models_of_a_training_runner_are_found(tmp_path):
    generator, other = tiny_stylegan1(), tiny_stylegan1(seed=1)
    smooth, rough = (layouts_stylegan1.genforce_stylegan1(g.tensors()) for g in (generator, other))
    models = {"generator": rough, "discriminator": {}, "generator_smooth": smooth}
    torch.save({"models": models, "running_metadata": {"iter": 7}}, tmp_path / "net.pth")
    assert content_hash(load(tmp_path / "net.pth")) == content_hash(generator)


def test_half_precision_weights_lose_nothing_more(tmp_path):
    """The 1 that is added to a style's bias must not be rounded to half precision again."""
    state = layouts.genforce_stylegan2(tiny_generator().tensors())
    halves = {name: tensor.half() for name, tensor in state.items()}
    loaded = load(write_state(halves, tmp_path / "net.pth"))
    bias = loaded.tensors()["synthesis.b8.conv1.affine.bias"]
    assert torch.equal(bias, halves["synthesis.layer2.style.bias"].float() + 1)


@pytest.mark.parametrize("name", golden.ALL)
def test_renaming_a_reference_file_changes_nothing(name, tmp_path):
    shutil.copy(golden.checkpoint(name), tmp_path / "a.JPG")
    assert content_hash(load(tmp_path / "a.JPG")) == content_hash(load(golden.checkpoint(name)))


def test_what_was_made_up_is_said():
    notes = open_checkpoint(golden.checkpoint("rosinality_sg1_32")).notes
    assert [note for note in notes if "4 of 9, was inferred from its noise weights" in note]
    assert [note for note in notes if "Noise maps are not in the file" in note]
    assert [note for note in notes if "mean of W is not in the file and was estimated" in note]


@pytest.mark.parametrize(
    "family, name",
    [
        ("genforce", "synthesis.layer3.style.bias"),
        ("rosinality", "convs.1.conv.weight"),
        ("basicsr", "style_convs.1.modulated_conv.modulation.bias"),
    ],
)
@pytest.mark.parametrize("shape", [(), (1,), (3, 1), (2, 2, 2, 2, 2)], ids=str)
def test_a_misshapen_tensor_is_an_error_that_names_it(family, name, shape, tmp_path):
    STYLEGAN2[family](tiny_generator(), tmp_path / "net")
    value = torch.load(tmp_path / "net")
    value["g_ema"][name] = torch.ones(shape)
    torch.save(value, tmp_path / "net")
    with pytest.raises(CheckpointError, match=r"net: tensor '.*' has the shape \["):
        load(tmp_path / "net")


@pytest.mark.parametrize("stylegan1", [False, True], ids=["stylegan2", "stylegan1"])
def test_every_missing_tensor_is_an_error_or_is_said(stylegan1, tmp_path):
    if stylegan1:
        state = layouts_stylegan1.genforce_stylegan1(tiny_stylegan1().tensors())
    else:
        state = layouts.genforce_stylegan2(tiny_generator().tensors())
    write_state(state, tmp_path / "net")
    whole = load(tmp_path / "net")
    unsaid = []
    for name in state:
        write_state({n: t for n, t in state.items() if n != name}, tmp_path / "net")
        try:
            checkpoint = open_checkpoint(tmp_path / "net")
        except CheckpointError:
            continue
        assert checkpoint.generator.config == whole.config
        if not checkpoint.notes:
            unsaid.append(name)
    # A filter that is missing is the usual one, and a network without `lod` no longer grows.
    assert all(name.endswith(("filter.kernel", "lod")) for name in unsaid)
