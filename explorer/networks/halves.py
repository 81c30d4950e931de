"""A generator as its two halves, the mapping and the synthesis network, and the w between them.

This is what all architectures do alike: how tensors are named and taken over, how w is spread over
the layers and checked. How a synthesis network draws is its own matter, and not known here.
"""

from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from explorer.errors import LatentError
from explorer.networks import Layer, Manner, Memory, Noise, Precision
from explorer.networks.mapping import Mapping, broadcast, require_w
from explorer.networks.ops import Prepared


class TwoHalves(nn.Module):
    """The part of the contract `networks.Generator` that no architecture changes.

    Args:
        synthesis: Draws (w, manner) as `networks.Generator.synthesis` does.
        layers: What each w modulates; the last has the size of the image.
    """

    stops: tuple[int, ...] = ()

    def __init__(
        self,
        mapping: Mapping,
        synthesis: nn.Module,
        layers: tuple[Layer, ...],
        image_channels: int,
    ):
        super().__init__()
        self._mapping, self._synthesis = mapping, synthesis
        config = mapping.config
        self.z_dim, self.w_dim, self.c_dim = config.z_dim, config.w_dim, config.c_dim
        self.layers, self.num_ws = layers, len(layers)
        self.resolution, self.image_channels = layers[-1].resolution, image_channels
        self.eval()

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """See `networks.Generator.precisions`."""
        return ("float32",)

    @property
    def w_avg(self) -> Tensor:
        """The mean of W, [D], or [C, D] where each class has its own."""
        return self._mapping.w_avg

    def tensors(self) -> dict[str, Tensor]:
        """The tensors under their canonical names, `mapping.fc0.weight` and so on.

        Each lies in the order of its axes; one that does not here is copied.
        """
        own = self.state_dict()
        return {name.removeprefix("_"): _in_order(tensor) for name, tensor in own.items()}

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """See `networks.Generator.shapes`."""
        own = self.state_dict()
        return {name.removeprefix("_"): tuple(tensor.shape) for name, tensor in own.items()}

    def fill(self, tensors: dict[str, Tensor]) -> None:
        """Take over `tensors`, named as in `tensors()`; all must be there, and no other."""
        self.load_state_dict({f"_{name}": tensor for name, tensor in tensors.items()}, assign=True)
        for module in self.modules():
            if isinstance(module, Prepared):
                module.prepare()

    @torch.no_grad()
    def mapping(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """See `networks.Generator.mapping`."""
        return broadcast(self._mapping(z, label), self.num_ws)

    @torch.no_grad()
    def synthesis(
        self,
        w: Tensor,
        noise: Noise = Noise("const"),
        transform: Tensor | None = None,
        size: int | None = None,
        precision: Precision | None = None,
        memory: Memory | None = None,
    ) -> Tensor:
        """See `networks.Generator.synthesis`."""
        require_w(w, self.num_ws, self.w_dim)
        known = self.precisions
        chosen = known[0] if precision is None else precision
        if chosen not in known:
            raise LatentError(
                f"This model does not draw in {chosen} on {w.device.type}.",
                fix=f"Use {' or '.join(known)}.",
            )
        manner = Manner(noise, transform, size, chosen, memory)
        if not w.is_cuda:
            return self._synthesis(w, manner)
        with _whole_float32():
            return self._synthesis(w, manner)


def _whole_float32() -> AbstractContextManager[None]:
    """On NVIDIA GPUs torch convolves float32 with 10 bits of mantissa, unless it is told not to."""
    cudnn = torch.backends.cudnn
    return cudnn.flags(
        enabled=cudnn.enabled,
        benchmark=cudnn.benchmark,
        deterministic=cudnn.deterministic,
        allow_tf32=False,
    )


def _in_order(tensor: Tensor) -> Tensor:
    """`tensor` with its axes in order in memory; a 1x1 kernel counts as such in any order."""
    if tensor.stride() == torch.empty(tensor.shape, device="meta").stride():
        return tensor
    return tensor.clone(memory_format=torch.contiguous_format)
