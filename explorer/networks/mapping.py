"""z and label to w: the mapping network that the generators share, and the laws of w.

Knows no file, and nothing of what a synthesis network does with its w.
"""

from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from explorer.errors import LatentError
from explorer.networks.ops import Dense, normalize_2nd_moment

LabelMode = Literal["norm_then_concat", "concat_then_norm"]


class MappingConfig(Protocol):
    """The part of a generator's configuration that builds its mapping network."""

    @property
    def z_dim(self) -> int: ...
    @property
    def w_dim(self) -> int: ...
    @property
    def c_dim(self) -> int: ...
    @property
    def embed(self) -> int: ...
    @property
    def mapping(self) -> tuple[int, ...]: ...
    @property
    def mapping_activation(self) -> str: ...
    @property
    def lr_multiplier(self) -> float: ...
    @property
    def label_mode(self) -> LabelMode: ...


class Mapping(nn.Module):
    """z [N, Z] and label [N, C] to w [N, D] (Karras 2019, Section 2).

    Args:
        gain_in_weights: See `ops.Dense`; StyleGAN1 has it, the later ones do not.
    """

    w_avg: Tensor
    embed: nn.Module

    def __init__(self, config: MappingConfig, *, gain_in_weights: bool = False):
        super().__init__()
        self.config = config
        self.register_buffer("w_avg", torch.zeros(config.w_dim))
        if config.c_dim and config.label_mode == "concat_then_norm":
            self.embed = LabelMatrix(config.c_dim, config.embed)
        elif config.c_dim:
            self.embed = Dense(config.c_dim, config.embed)
        inputs = config.z_dim + config.embed
        for index, outputs in enumerate(config.mapping):
            layer = Dense(
                inputs,
                outputs,
                config.mapping_activation,
                config.lr_multiplier,
                gain_in_weights=gain_in_weights,
            )
            self.add_module(f"fc{index}", layer)
            inputs = outputs

    def forward(self, z: Tensor, label: Tensor | None) -> Tensor:
        x = self._join(z.to(torch.float32), label)
        for index in range(len(self.config.mapping)):
            x = self.get_submodule(f"fc{index}")(x)
        return x

    def _join(self, z: Tensor, label: Tensor | None) -> Tensor:
        if not self.config.c_dim:
            return normalize_2nd_moment(z)
        if label is None or label.shape != (len(z), self.config.c_dim):
            got = "none" if label is None else f"shape {list(label.shape)}"
            raise LatentError(
                f"This model is conditional and needs a label [N, {self.config.c_dim}], got {got}.",
                fix=f"Choose a class from 0 to {self.config.c_dim - 1}.",
            )
        y = self.embed(label)
        if self.config.label_mode == "concat_then_norm":
            return normalize_2nd_moment(torch.cat([z, y], dim=1))
        return torch.cat([normalize_2nd_moment(z), normalize_2nd_moment(y)], dim=1)


class LabelMatrix(nn.Module):
    """The label embedding of the TensorFlow networks: a plain matrix, no gain, no bias."""

    weight: Tensor

    def __init__(self, classes: int, outputs: int):
        super().__init__()
        self.register_buffer("weight", torch.zeros(outputs, classes))

    def forward(self, label: Tensor) -> Tensor:
        """Embed label [N, C] as [N, outputs]."""
        return label @ self.weight.T


def broadcast(w: Tensor, num_ws: int) -> Tensor:
    """The extended latent [N, L, D] that has w [N, D] in every layer."""
    return w.unsqueeze(1).expand(-1, num_ws, -1).contiguous()


def require_w(w: Tensor, num_ws: int, w_dim: int) -> None:
    """Raise a LatentError unless w is [N, num_ws, w_dim]."""
    if w.ndim != 3 or w.shape[1:] != (num_ws, w_dim):
        raise LatentError(
            f"Expected w of shape [N, {num_ws}, {w_dim}], got {list(w.shape)}.",
            fix="Pass the output of the mapping network of this model.",
        )
