import pytest
import torch

from explorer.errors import CheckpointError
from explorer.formats import content_hash, load
from tests.formats import layouts
from tests.networks.builders import tiny_generator


@pytest.mark.parametrize("key", ["params_ema", "params"])
def test_the_network_comes_back(key, tmp_path):
    generator = tiny_generator()
    state = layouts.basicsr(generator.tensors())
    torch.save({key: state, "latent_avg": generator.w_avg}, tmp_path / "net.pth")
    assert content_hash(load(tmp_path / "net.pth")) == content_hash(generator)


def test_gfpgan_which_has_such_a_network_inside_is_refused(tmp_path):
    state = layouts.basicsr(tiny_generator().tensors())
    inside = {f"stylegan_decoder.{name}": tensor for name, tensor in state.items()}
    torch.save({"params_ema": inside | {"conv_body_first.weight": torch.ones(1)}}, tmp_path / "g")
    with pytest.raises(CheckpointError, match=r"this is a GFPGAN checkpoint, which is not"):
        load(tmp_path / "g")
