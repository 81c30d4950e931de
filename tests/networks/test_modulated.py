import pytest
import torch
import torch.nn.functional as F

from explorer.networks.modulated import MANY, ModulatedConv

SIDES = [2, 40]  # where the activation is smaller than the weight, and where it is larger


def layer(up=False, demodulate=True, kernel=3):
    """A layer of 6 to 5 channels with random tensors."""
    random = torch.Generator().manual_seed(3)
    made = ModulatedConv((6, 5), 4, kernel, up=up, demodulate=demodulate, filter_shape=(4, 4))
    for name, tensor in made.state_dict().items():
        tensor.copy_(torch.randn(tensor.shape, generator=random))
        if name == "resample_filter":
            taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
            tensor.copy_(torch.outer(taps, taps))
    made.prepare()
    return made


def by_the_paper(made, x, w):
    """Karras 2020, Equations 1 and 3, one sample at a time; doubling by zeros and the filter."""
    style = made.affine(w) * made.style_gain
    pictures = []
    for one, scales in zip(x, style, strict=True):
        weight = made.weight * scales[None, :, None, None]
        if made.demodulate:
            weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if made.up:
            channels, height, width = one.shape
            zeros = one.new_zeros(channels, 2 * height + 3, 2 * width + 3)
            zeros[:, 2 : 2 * height + 2 : 2, 2 : 2 * width + 2 : 2] = one
            y = F.conv2d(zeros[None], weight.flip((2, 3)))
            taps = made.resample_filter.expand(len(weight), 1, 4, 4) * 4
            y = F.conv2d(y, taps, padding=1, groups=len(weight))
        else:
            y = F.conv2d(one[None], weight, padding=weight.shape[-1] // 2)
        pictures.append(y + made.bias[:, None, None])
    return torch.cat(pictures)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    "options", [{}, {"up": True}, {"demodulate": False, "kernel": 1}], ids=["same", "up", "rgb"]
)
def test_both_orders_of_scaling_are_the_papers(options, side, batch):
    made = layer(**options)
    random = torch.Generator().manual_seed(4)
    x = torch.randn(batch, 6, side, side, generator=random)
    w = torch.randn(batch, 4, generator=random)
    expected = by_the_paper(made, x, w)
    torch.testing.assert_close(made(x, w), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(made(x, w, 0.5), expected * 0.5, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("side", SIDES)
def test_the_input_is_left_as_it_was(side):
    x = torch.randn(1, 6, side, side, generator=torch.Generator().manual_seed(5))
    before = x.clone()
    layer()(x, torch.ones(1, 4))
    assert torch.equal(x, before)


def test_preparing_once_more_changes_nothing():
    made = layer(up=True)
    weight, energy = made.weight.clone(), made.energy.clone()
    made.prepare()
    assert torch.equal(made.weight, weight)
    assert torch.equal(made.energy, energy)


@pytest.mark.parametrize("side", SIDES)
def test_a_rounded_weight_follows_new_tensors(side):
    made = layer()
    x = torch.ones(1, 6, side, side, dtype=torch.bfloat16)
    first = made(x, torch.ones(1, 4)).float()
    made.weight = made.weight * torch.linspace(-1, 1, 6)[None, :, None, None]
    made.prepare()
    assert not torch.equal(made(x, torch.ones(1, 4)).float(), first)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("dtype, error", [(torch.float32, 1e-4), (torch.float16, 2e-2)])
def test_a_gpu_doubles_large_images_as_the_cpu_does(dtype, error):
    made = layer(up=True)
    random = torch.Generator().manual_seed(4)
    x, w = torch.randn(1, 6, 512, 512, generator=random), torch.randn(1, 4, generator=random)
    assert MANY <= 5 * (2 * 512 + 1) ** 2
    expected = made(x, w)
    there = x.to("cuda", dtype).contiguous(memory_format=torch.channels_last)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        found = made.to("cuda")(there, w.cuda())
    assert (found.cpu().float() - expected).abs().mean() < error * expected.std()
