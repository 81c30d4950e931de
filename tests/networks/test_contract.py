"""What every generator does, whatever its family (`networks.Generator`)."""

import pytest
import torch

from explorer.cache import LruCache
from explorer.errors import LatentError
from explorer.networks import Noise, shape_at
from tests.networks.builders import some_w, tiny_generator, tiny_stylegan1, tiny_stylegan3

TINY = {"stylegan1": tiny_stylegan1, "stylegan2": tiny_generator, "stylegan3": tiny_stylegan3}
WITH_NOISE = ("stylegan1", "stylegan2")
LABELLED = [
    ("stylegan1", {"label_mode": "concat_then_norm", "embed": 8}),
    ("stylegan1", {"label_mode": "norm_then_concat", "embed": 8}),
    ("stylegan2", {"embed": 6}),
    ("stylegan3", {"embed": 16}),
    ("stylegan3", {"embed": 16, "embedding": (7, 5), "class_means": True}),  # StyleGAN-XL
]


@pytest.fixture(scope="module", params=TINY)
def generator(request):
    """One of each family; nobody may change it."""
    return TINY[request.param]()


@pytest.fixture(scope="module")
def w(generator):
    """[3, L, D]"""
    return some_w(generator)


@pytest.fixture(scope="module", params=WITH_NOISE)
def noisy(request):
    """(generator, w [3, L, D]) of the families with noise."""
    generator = TINY[request.param]()
    return generator, some_w(generator)


def test_the_contract_describes_the_network(generator, w):
    image = generator.synthesis(w)
    assert image.shape == (3, generator.image_channels, *generator.resolution)
    assert image.dtype == torch.float32
    assert w.shape == (3, generator.num_ws, generator.w_dim)
    assert generator.w_avg.shape == (generator.w_dim,)
    assert len(generator.layers) == generator.num_ws
    assert generator.layers[-1].resolution == generator.resolution
    assert generator.precisions[0] == "float32"
    assert TINY[generator.family]().config == generator.config


def test_a_picture_of_a_stop_has_the_shape_that_was_told_before(generator, w):
    assert list(generator.stops) == sorted(set(generator.stops))
    for size in (*generator.stops, None):
        shape = shape_at(generator.resolution, generator.stops, size)
        assert generator.synthesis(w[:1], size=size).shape[2:] == shape


def test_the_mapping_gives_every_layer_the_same_w(generator, w):
    assert torch.equal(w, w[:, :1].expand_as(w))


def test_every_w_styles_a_layer(generator, w):
    image = generator.synthesis(w[:1])
    for index in range(generator.num_ws):
        other = w[:1].clone()
        other[:, index] = w[1, index]
        assert not torch.equal(generator.synthesis(other), image)


def test_drawing_changes_no_argument_and_no_tensor(generator, w):
    before = w.clone()
    kept = {name: tensor.clone() for name, tensor in generator.tensors().items()}
    options = {"noise": Noise("random", seed=1), "transform": torch.eye(3)}
    first = generator.synthesis(w, **options)
    assert torch.equal(generator.synthesis(w, **options), first)
    assert torch.equal(w, before)
    assert all(torch.equal(tensor, kept[name]) for name, tensor in generator.tensors().items())


def test_the_tensors_are_the_whole_network(generator, w):
    other = TINY[generator.family](seed=1)
    assert not torch.equal(other.synthesis(w), generator.synthesis(w))
    other.fill(generator.tensors())
    assert torch.equal(other.synthesis(w), generator.synthesis(w))


def test_the_names_of_the_tensors_begin_with_their_half(generator):
    halves = {name.partition(".")[0] for name in generator.tensors()}
    assert halves == {"mapping", "synthesis"}


@pytest.mark.parametrize("change", ["one missing", "one too many"])
def test_a_network_takes_all_its_tensors_and_no_other(generator, change):
    tensors = TINY[generator.family]().tensors()
    if change == "one missing":
        del tensors["mapping.w_avg"]
    else:
        tensors["mapping.surprise"] = torch.ones(1)
    with pytest.raises(RuntimeError, match=r"w_avg|surprise"):
        TINY[generator.family]().fill(tensors)


def test_a_w_of_the_wrong_shape_says_which_is_right(generator):
    layers, width = generator.num_ws, generator.w_dim
    for shape in [(width,), (layers, width), (1, layers - 1, width), (1, layers, width + 1)]:
        with pytest.raises(LatentError, match=rf"Expected w of shape \[N, {layers}, {width}\]"):
            generator.synthesis(torch.zeros(shape))


@pytest.mark.parametrize("family, changes", LABELLED)
def test_two_classes_give_two_w(family, changes):
    generator = TINY[family](c_dim=5, **changes)
    first, second = generator.mapping(torch.ones(2, generator.z_dim), torch.eye(5)[:2])
    assert not torch.equal(first, second)


@pytest.mark.parametrize("family, changes", LABELLED)
@pytest.mark.parametrize("label", [None, torch.ones(1, 4), torch.ones(2, 5)])
def test_a_conditional_network_without_its_label_says_so(family, changes, label):
    generator = TINY[family](c_dim=5, **changes)
    with pytest.raises(LatentError, match=r"needs a label \[N, 5\]"):
        generator.mapping(torch.zeros(1, generator.z_dim), label)


@pytest.mark.parametrize("mode", ["const", "random", "none"])
def test_a_picture_does_not_depend_on_its_batch(noisy, mode):
    generator, w = noisy
    noise = Noise(mode, seed=3)
    single = torch.cat([generator.synthesis(one[None], noise) for one in w])
    torch.testing.assert_close(generator.synthesis(w, noise), single, atol=1e-5, rtol=1e-5)


def test_random_noise_depends_on_the_seed_alone(noisy):
    generator, w = noisy
    first, again, other = (generator.synthesis(w, Noise("random", seed=s)) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_strength_0_is_no_noise_and_strength_1_is_as_trained(noisy):
    generator, w = noisy
    none = generator.synthesis(w, Noise("none"))
    assert torch.equal(generator.synthesis(w, Noise("const", strength=0.0)), none)
    trained = generator.synthesis(w, Noise("const"))
    assert torch.equal(generator.synthesis(w, Noise("const", strength=1.0)), trained)


def test_every_noisy_layer_has_its_own_strength(noisy):
    generator, w = noisy
    none = generator.synthesis(w, Noise("none"))
    layers = sum(layer.has_noise for layer in generator.layers)
    for index in range(layers):
        strength = tuple(float(layer == index) for layer in range(layers))
        assert not torch.equal(generator.synthesis(w, Noise("const", strength=strength)), none)


def test_the_wrong_number_of_strengths_says_how_many_there_are(noisy):
    generator, w = noisy
    layers = sum(layer.has_noise for layer in generator.layers)
    with pytest.raises(LatentError, match=f"2 strengths, this model has {layers} noisy layers"):
        generator.synthesis(w, Noise("const", strength=(1.0, 1.0)))


@pytest.mark.parametrize("family", WITH_NOISE)
def test_a_network_without_noise_draws_the_same_in_every_mode(family):
    generator = TINY[family](noise=False)
    assert not any(layer.has_noise for layer in generator.layers)
    const, random = (generator.synthesis(some_w(generator), Noise(m)) for m in ("const", "random"))
    assert torch.equal(const, random)


def test_every_number_format_draws_nearly_the_same_and_another_is_named(generator, w):
    image = generator.synthesis(w)
    assert torch.equal(generator.synthesis(w, precision=generator.precisions[0]), image)
    for precision in generator.precisions:
        drawn = generator.synthesis(w, precision=precision)
        assert drawn.dtype == torch.float32
        assert (drawn - image).abs().mean() < 0.02 * image.std()
    with pytest.raises(LatentError, match=r"does not draw in float16 on cpu\. Use float32"):
        generator.synthesis(w, precision="float16")


def test_a_memory_changes_no_picture(generator, w):
    memory = LruCache(1 << 20, lambda kept: kept.nbytes)
    image = generator.synthesis(w)
    assert torch.equal(generator.synthesis(w, memory=memory), image)
    assert torch.equal(generator.synthesis(w, memory=memory), image)
