import pytest
import torch

from explorer.errors import CheckpointError
from explorer.formats import content_hash, inspect, load, open_checkpoint
from tests.formats.pickles import Persistent, dump, dump_torch, module_tree, snapshot
from tests.networks import golden
from tests.networks.builders import TINY, tiny_generator

WEIGHT = "synthesis.b8.conv0.weight"


@pytest.fixture(scope="module")
def generator():
    return tiny_generator()


@pytest.fixture
def written(generator, tmp_path):
    """Writes a snapshot of the tiny generator with some tensors changed (None leaves one out)."""

    def write(changes, **options):
        tensors = {k: v for k, v in (generator.tensors() | changes).items() if v is not None}
        return dump({"G_ema": module_tree(tensors, **options)}, tmp_path / "changed.pkl")

    return write


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"architecture": "resnet"},
        {"architecture": "orig"},
        {"image_channels": 1},
        {"image_channels": 4},
        {"base": (4, 2)},
        {"base": (3, 5)},
        {"noise": False},
        {"c_dim": 5, "embed": 6},
        {"c_dim": 5, "embed": 9},
        {"filter_shape": (8,)},
        {"filter_shape": (12,)},
        {"filter_shape": (6, 6)},
        {"filter_shape": (3, 3)},
        {"mapping": (6,)},
        {"mapping": (9, 7, 5, 6)},
        {"channels": (4, 5)},
    ],
    ids=str,
)
def test_sizes_come_from_the_tensors(changes, tmp_path):
    generator = tiny_generator(**changes)
    loaded = load(dump(snapshot(generator), tmp_path / "net.pkl"))
    assert loaded.config == generator.config
    assert content_hash(loaded) == content_hash(generator)


def test_what_shapes_cannot_tell_comes_from_the_modules_themselves(written):
    block = {"use_fp16": True}
    loaded = load(
        written(
            {},
            attributes={
                "": {"_init_kwargs": {"conv_clamp": 999.0, "lr_multiplier": 5}},
                "mapping.fc0": {"activation": "relu", "bias_gain": 0.1},
                "synthesis.b8": block,
                "synthesis.b16": block,
                "synthesis.b4.conv1": {"activation": "swish", "conv_clamp": 256},
            },
        )
    )
    config = loaded.config
    assert (config.activation, config.mapping_activation) == ("swish", "relu")
    assert (config.lr_multiplier, config.clamp, config.fp16_blocks) == (0.1, 256.0, 2)


@pytest.mark.parametrize(
    "arguments", [{"conv_clamp": 64}, {"synthesis_kwargs": {"conv_clamp": 64}}]
)
def test_what_a_module_does_not_say_comes_from_its_arguments(written, arguments):
    assert load(written({}, attributes={"": {"_init_kwargs": arguments}})).config.clamp == 64.0


def test_what_nobody_says_is_the_documented_default(written):
    assert load(written({})).config == TINY


def test_an_activation_that_does_not_exist_is_refused(written):
    path = written({}, attributes={"mapping.fc0": {"activation": "<b>magic"}})
    with pytest.raises(CheckpointError, match="activation is '<b>magic', allowed are linear, relu"):
        load(path)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_is_read(generator, tmp_path, protocol):
    path = dump(snapshot(generator), tmp_path / "net.pkl", protocol)
    assert content_hash(load(path)) == content_hash(generator)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("whole", [False, True], ids=["snapshot", "whole module"])
def test_torch_files_of_persistent_objects_are_read(generator, tmp_path, legacy, whole):
    value = snapshot(generator)
    path = dump_torch(value["G_ema"] if whole else value, tmp_path / "net.pt", legacy=legacy)
    assert content_hash(load(path)) == content_hash(generator)


def test_tensors_on_a_gpu_that_is_not_here_are_read(generator, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:3")
    for path in (
        dump(snapshot(generator), tmp_path / "net.pkl"),
        dump_torch(snapshot(generator), tmp_path / "net.pt"),
    ):
        assert b"cuda:3" in path.read_bytes()
        assert content_hash(load(path)) == content_hash(generator)


def test_tensors_that_are_not_contiguous_are_read_by_their_strides(written, generator):
    weight = generator.tensors()[WEIGHT].contiguous(memory_format=torch.channels_last)
    assert not weight.is_contiguous()
    assert content_hash(load(written({WEIGHT: weight}))) == content_hash(generator)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(written, dtype):
    rounded = tiny_generator().tensors()[WEIGHT].to(dtype)
    loaded = load(written({WEIGHT: rounded})).tensors()[WEIGHT]
    assert loaded.dtype == torch.float32
    assert torch.equal(loaded, rounded.float())


def test_only_g_ema_is_decoded(generator, tmp_path):
    """Broken discriminators are in many published files, and of no interest."""
    broken = Persistent("Discriminator", {"_parameters": {"weight": Persistent("Odd", {})}})
    complex_ = module_tree({"weight": torch.zeros(3, dtype=torch.complex64)})
    value = snapshot(generator) | {"G": broken, "D": complex_}
    for path in (dump(value, tmp_path / "net.pkl"), dump_torch(value, tmp_path / "net.pt")):
        assert content_hash(load(path)) == content_hash(generator)


def test_a_missing_mean_is_estimated_and_said(written):
    checkpoint = open_checkpoint(written({"mapping.w_avg": None}))
    generator = checkpoint.generator
    w = generator.mapping(torch.randn(4000, 8, generator=torch.Generator().manual_seed(0)))[:, 0]
    torch.testing.assert_close(generator.w_avg, w.mean(0), atol=0.1, rtol=0)
    assert any("mean of W" in note and "estimated" in note for note in checkpoint.notes)
    again = open_checkpoint(written({"mapping.w_avg": None}))
    assert content_hash(again.generator) == content_hash(generator)


def test_a_missing_mean_of_a_conditional_network_is_estimated_over_its_classes(tmp_path):
    tensors = tiny_generator(c_dim=3, embed=4).tensors()
    del tensors["mapping.w_avg"]
    loaded = load(dump({"G_ema": module_tree(tensors)}, tmp_path / "net.pkl"))
    assert loaded.w_avg.abs().sum() > 0


def test_missing_noise_maps_are_drawn_and_said(written):
    name = "synthesis.b8.conv1.noise_const"
    checkpoint = open_checkpoint(written({name: None}))
    assert checkpoint.generator.tensors()[name].std() > 0.5
    assert any("1 noise maps are not in the file" in note for note in checkpoint.notes)
    again = open_checkpoint(written({name: None}))
    assert content_hash(again.generator) == content_hash(checkpoint.generator)


OPPOSITE = torch.tensor([torch.inf, -torch.inf]).repeat(6 * 8 * 3 * 3 // 2).view(6, 8, 3, 3)


@pytest.mark.parametrize(
    "name, tensor, sentence",
    [
        (WEIGHT, None, f"tensor '{WEIGHT}' is missing"),
        ("mapping.fc0.weight", None, "tensor 'mapping.fc0.weight' is missing"),
        (WEIGHT, torch.zeros(6, 8, 3), r"has the shape \[6, 8, 3\], expected \[6, 8, 3, 3\]"),
        ("synthesis.b4.const", torch.zeros(8), r"has the shape \[8\], expected 3 axes"),
        (WEIGHT, torch.full((6, 8, 3, 3), torch.nan), f"tensor '{WEIGHT}' holds NaN or infinity"),
        (WEIGHT, torch.full((6, 8, 3, 3), torch.inf), f"tensor '{WEIGHT}' holds NaN or infinity"),
        (WEIGHT, OPPOSITE, f"tensor '{WEIGHT}' holds NaN or infinity"),
        (WEIGHT, torch.zeros(6, 8, 3, 3, dtype=torch.complex64), f"'{WEIGHT}' holds complex"),
        (WEIGHT, torch.zeros(0), f"tensor '{WEIGHT}' cannot be read: it is empty"),
        (WEIGHT, "words", f"tensor '{WEIGHT}' cannot be read: it is 'words', not a tensor"),
        (
            "synthesis.b4.const",
            torch.zeros(8, 1, 1).expand(8, 60000, 60000),
            "claim more numbers than the file holds",
        ),
    ],
)
def test_a_tensor_that_is_wrong_is_named(written, name, tensor, sentence):
    with pytest.raises(CheckpointError, match=sentence) as caught:
        load(written({name: tensor}))
    assert str(caught.value).startswith("changed.pkl: ")


def test_numbers_whose_sum_is_too_large_are_numbers(written):
    largest = torch.full((6, 8, 3, 3), torch.finfo(torch.float32).max)
    assert torch.equal(load(written({WEIGHT: largest})).tensors()[WEIGHT], largest)


def test_a_name_from_a_file_is_quoted_and_cut(written):
    name = "synthesis.b8.conv0." + "<img onerror=x>" * 40
    with pytest.raises(CheckpointError) as caught:
        load(written({name: "words"}))
    assert "'synthesis.b8.conv0.<img onerror=x>" in str(caught.value)
    assert len(str(caught.value)) < 250


def test_other_networks_in_the_same_container_are_named(tmp_path):
    other = Persistent("FastGAN", {"_modules": {}})
    with pytest.raises(CheckpointError, match="generator is a 'FastGAN'"):
        load(dump({"G_ema": other}, tmp_path / "net.pkl"))


def test_the_summary_tells_what_the_file_is():
    summary = inspect(golden.checkpoint("sg2_cond_16"))
    assert (summary.family, summary.architecture) == ("NVIDIA PyTorch", "stylegan2 skip")
    assert (summary.z_dim, summary.w_dim, summary.c_dim, summary.num_ws) == (24, 32, 5, 6)
    assert summary.resolution == (16, 16)
    assert len(summary.layers) == 6
    assert "'torch_utils.persistence._reconstruct_persistent_obj'" in summary.mentions
