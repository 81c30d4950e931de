import pickle

import numpy as np
import pytest
import torch

from explorer.errors import CheckpointError
from explorer.formats import content_hash, inspect, load, open_checkpoint
from explorer.networks import Noise
from tests.formats import layouts
from tests.formats.layouts_stylegan1 import tensorflow_stylegan1
from tests.formats.pickles import Network, dump, tensorflow_network
from tests.networks import golden
from tests.networks.builders import tiny_generator, tiny_stylegan1


@pytest.fixture
def write(tmp_path):
    """Writes (G, D, Gs) whose Gs has `state` and was called with `arguments`."""

    def write(state, protocol=4, **arguments):
        averaged = tensorflow_network(layouts.to_numpy(state), **arguments)
        other = tensorflow_network({"dlatent_avg": np.zeros(1, np.float32)})
        return dump((other, other, averaged), tmp_path / "net.pkl", protocol)

    return write


def stylegan2(**changes):
    generator = tiny_generator(**changes)
    return generator, layouts.tensorflow_stylegan2(generator.tensors())


def assert_same_pictures(loaded, generator):
    assert loaded.config == generator.config
    z = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    w = generator.mapping(z)
    assert torch.equal(loaded.mapping(z), w)
    torch.testing.assert_close(loaded.synthesis(w), generator.synthesis(w), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_is_read_and_nothing_in_it_run(write, protocol):
    generator = tiny_stylegan1()
    path = write(tensorflow_stylegan1(generator.tensors()), protocol)
    assert content_hash(load(path)) == content_hash(generator)


def test_a_single_network_is_read(tmp_path):
    generator = tiny_stylegan1()
    state = layouts.to_numpy(tensorflow_stylegan1(generator.tensors()))
    path = dump(tensorflow_network(state), tmp_path / "Gs.pkl")
    assert content_hash(load(path)) == content_hash(generator)


@pytest.mark.parametrize("architecture", ["skip", "resnet", "orig"])
def test_stylegan2_of_every_architecture_is_read(write, architecture):
    generator, state = stylegan2(architecture=architecture)
    assert_same_pictures(load(write(state)), generator)


def test_configurations_b_to_d_are_orig_with_the_last_rgb_layer(write):
    generator = tiny_generator(architecture="orig")
    state = layouts.tensorflow_stylegan2(generator.tensors(), lods=True)
    unused = {"synthesis/ToRGB_lod1/weight": torch.ones(1, 1, 6, 3)}
    assert_same_pictures(load(write(state | unused)), generator)


def test_configuration_a_is_stylegan1_in_a_newer_file(write):
    generator = tiny_stylegan1()
    state = tensorflow_stylegan1(generator.tensors())
    assert content_hash(load(write(state, version=4))) == content_hash(generator)


def test_what_variables_cannot_tell_comes_from_the_arguments(write):
    _, state = stylegan2()
    arguments = {
        "nonlinearity": "relu",
        "mapping_nonlinearity": "swish",
        "mapping_lrmul": 0.1,
        "conv_clamp": 256,
        "num_fp16_res": 2,
        "resolution_h": 16,
        "randomize_noise": True,
    }
    config = load(write(state, **arguments)).config
    assert (config.activation, config.mapping_activation) == ("relu", "swish")
    assert (config.lr_multiplier, config.clamp, config.fp16_blocks) == (0.1, 256.0, 2)


@pytest.mark.parametrize(
    "given, taps", [(None, [1, 1]), ([1, 5, 10, 10, 5, 1], [1, 5, 10, 10, 5, 1])]
)
def test_the_resampling_kernel_comes_from_the_arguments(write, given, taps):
    _, state = stylegan2()
    stored = load(write(state, resample_kernel=given)).tensors()["synthesis.b8.resample_filter"]
    expected = torch.outer(torch.tensor(taps), torch.tensor(taps)) / sum(taps) ** 2
    torch.testing.assert_close(stored, expected)


@pytest.mark.parametrize("kernel", ["words", [], [1, "a"], [1, -1], 7])
def test_a_resampling_kernel_that_is_none_is_refused(write, kernel):
    with pytest.raises(CheckpointError, match="resample_kernel is no list of numbers"):
        load(write(stylegan2()[1], resample_kernel=kernel))


def test_labels_of_stylegan2_ada_are_read(write):
    generator, state = stylegan2(c_dim=3, embed=6)
    loaded = load(write(state))
    assert loaded.config == generator.config
    z, label = torch.ones(3, 8), torch.eye(3)
    assert torch.equal(loaded.mapping(z, label), generator.mapping(z, label))


@pytest.mark.parametrize("fused_scale", [True, False, "auto"])
def test_fused_scale_says_which_kernels_are_the_other_way_round(write, fused_scale):
    generator = tiny_stylegan1()
    state = tensorflow_stylegan1(generator.tensors())
    if fused_scale is True:
        for name in ("8x8", "16x16"):
            key = f"synthesis/{name}/Conv0_up/weight"
            state[key] = state[key].flip((0, 1))
    loaded = load(write(state, fused_scale=fused_scale))
    assert content_hash(loaded) == content_hash(generator)


def test_a_network_without_a_blur_is_read(write):
    generator = tiny_stylegan1(blur=False)
    loaded = load(write(tensorflow_stylegan1(generator.tensors()), blur_filter=None))
    assert content_hash(loaded) == content_hash(generator)


@pytest.mark.parametrize("lod", [0.5, 1.0])
def test_a_network_that_was_growing_is_cut_to_what_is_complete(write, lod):
    small = tiny_stylegan1(channels=(8, 6))
    rgb = tensorflow_stylegan1(small.tensors())
    state = tensorflow_stylegan1(tiny_stylegan1().tensors()) | rgb
    for leaf in ("weight", "bias"):
        state[f"synthesis/ToRGB_lod1/{leaf}"] = rgb[f"synthesis/ToRGB_lod0/{leaf}"]
    checkpoint = open_checkpoint(write(state | {"synthesis/lod": torch.tensor(lod)}))
    assert_same_pictures(checkpoint.generator, small)
    assert "still growing" in checkpoint.notes[0]


def test_missing_noise_maps_and_mean_are_made_and_said(write):
    state = tensorflow_stylegan1(tiny_stylegan1().tensors())
    kept = {n: t for n, t in state.items() if "/noise" not in n and n != "dlatent_avg"}
    notes = open_checkpoint(write(kept)).notes
    assert any("6 noise maps" in note for note in notes)
    assert any("estimated" in note for note in notes)


def test_lernapparats_copy_of_the_variables_is_read(tmp_path):
    generator = tiny_stylegan1()
    state = tensorflow_stylegan1(generator.tensors())
    named = {f"G_{name}": tensor for name, tensor in state.items() if "/" in name}
    torch.save([{}, {}, named], tmp_path / "karras2019.pt")
    loaded = load(tmp_path / "karras2019.pt")
    w = generator.mapping(torch.ones(1, 8))
    assert torch.equal(loaded.synthesis(w, Noise("const")), generator.synthesis(w))


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        ({"use_pixel_norm": True}, "built with use_pixel_norm=True, a variant"),
        ({"use_instance_norm": False}, "built with use_instance_norm=False, a variant"),
        ({"normalize_latents": False}, "built with normalize_latents=False, a variant"),
        ({"blur_filter": [1, 3, 3, 1]}, r"a blur_filter other than \[1, 2, 1\]"),
        ({"nonlinearity": "magic"}, "activation is 'magic'"),
    ],
)
def test_a_variant_with_other_maths_is_refused(write, arguments, sentence):
    state = tensorflow_stylegan1(tiny_stylegan1().tensors())
    with pytest.raises(CheckpointError, match=sentence):
        load(write(state, **arguments))


@pytest.mark.parametrize(
    "variables, sentence",
    [
        ({"synthesis/4x4/Dense/weight": np.ones((2, 2))}, r"progressive GAN \(TensorFlow\)"),
        ({"conv/weight": 1.0}, "is no StyleGAN generator"),
        ({"synthesis/x/Conv/mod_weight": 1.0}, "has no synthesis network"),
        ({"synthesis/4x4/Conv/mod_weight": 1.0}, "does not fit its name"),
        ({"synthesis/4x4/Conv/mod_weight": np.ones((2, 2))}, "is missing"),
        ({"synthesis/4x4/Const/StyleMod/weight": 1.0}, "is missing"),
    ],
)
def test_other_tensorflow_networks_are_named(tmp_path, variables, sentence):
    nested = {n: v for n, v in variables.items() if n.startswith("synthesis")}
    network = tensorflow_network(nested)
    network.state["variables"] = [item for item in variables.items() if item[0] not in nested]
    with pytest.raises(CheckpointError, match=sentence):
        load(dump((None, None, network), tmp_path / "net.pkl"))


@pytest.mark.parametrize(
    "state", [{}, {"variables": 3}, {"variables": [1, (2,), (3, 4)]}, {"components": 1}], ids=str
)
def test_a_network_of_nonsense_is_an_error(tmp_path, state):
    with pytest.raises(CheckpointError, match="is no StyleGAN generator"):
        load(dump(Network(**state), tmp_path / "net.pkl"))


def test_the_summary_tells_what_the_file_is():
    summary = inspect(golden.checkpoint("tf_sg1_32"))
    assert (summary.family, summary.architecture) == ("NVIDIA TensorFlow", "stylegan1")
    assert (summary.z_dim, summary.w_dim, summary.num_ws) == (32, 40, 8)
    assert summary.mentions[0] == "'dnnlib.tflib.network.Network'"


def test_the_stand_in_would_have_been_built_by_an_executing_reader(write):
    """So that the tests above prove that nothing is run."""
    path = write(tensorflow_stylegan1(tiny_stylegan1().tensors()))
    with pytest.raises((AssertionError, ModuleNotFoundError)):
        pickle.loads(path.read_bytes())
