"""The reference files: checkpoints written by their peers' own code, and what it draws."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explorer.formats import content_hash
from explorer.formats.architectures import Network, plan_of
from explorer.networks import Noise

DATA = Path(__file__).parents[1] / "data"
STYLEGAN2 = (
    "sg2_skip_32",
    "sg2_resnet_32",
    "sg2_orig_16",
    "sg2_cond_16",
    "sg2_fp16cfg_32",
    "sg2ada_skip_32",
    "tf_sg2_32",
    "rosinality_sg2_32",
    "rosinality_sg2_train_16",
    "genforce_sg2_32",
)
STYLEGAN1 = ("tf_sg1_32", "tf_sg1_128", "rosinality_sg1_32", "genforce_sg1_32")
WITHOUT_W_AVG = ("rosinality_sg1_32", "rosinality_sg2_train_16")
STYLEGAN3 = ("sg3t_32", "sg3r_32")
ALL = (*STYLEGAN1, *STYLEGAN2, *STYLEGAN3)


def checkpoint(name: str) -> Path:
    return next(path for path in DATA.glob(f"{name}.*") if path.suffix != ".npz")


def assert_same_bits(name: str, one: Network, other: Network) -> None:
    """Assert that two generators do the same to the bit with the inputs of the file `name`."""
    given = arrays(name)
    w = one.mapping(given["z"], given.get("c"))
    assert torch.equal(other.mapping(given["z"], given.get("c")), w)
    for noise in (Noise("const"), Noise("random", seed=1), Noise("none")):
        options = {"noise": noise, "transform": given.get("transform")}
        assert torch.equal(other.synthesis(w, **options), one.synthesis(w, **options))
    assert torch.equal(other.synthesis(w), one.synthesis(w))
    assert content_hash(other) == content_hash(one)
    assert plan_of(other) == plan_of(one)


def arrays(name: str) -> dict[str, Tensor]:
    """The reference inputs and outputs of the file `name`, floats as float32."""
    with np.load(DATA / f"{name}.npz") as stored:
        found = {key: torch.from_numpy(np.asarray(stored[key])) for key in stored.files}
    return {
        key: value.float() if value.is_floating_point() else value for key, value in found.items()
    }
