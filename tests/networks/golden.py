"""The reference files: checkpoints written by their peers' own code, and what it draws."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

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


def checkpoint(name: str) -> Path:
    return next(path for path in DATA.glob(f"{name}.*") if path.suffix != ".npz")


def arrays(name: str) -> dict[str, Tensor]:
    """The reference inputs and outputs of the file `name`, floats as float32."""
    with np.load(DATA / f"{name}.npz") as stored:
        found = {key: torch.from_numpy(np.asarray(stored[key])) for key in stored.files}
    return {
        key: value.float() if value.is_floating_point() else value for key, value in found.items()
    }
