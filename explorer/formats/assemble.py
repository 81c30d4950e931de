"""Turns a blueprint into a generator: checks every tensor by name, fills what may be missing.

Knows no file and no family.
"""

import numpy as np
import torch
from torch import Tensor

from explorer.errors import CheckpointError
from explorer.formats.architectures import Network, build
from explorer.formats.blueprint import Blueprint
from explorer.formats.records import quote
from explorer.networks.noise import noise_map

SAMPLES = 10_000  # of w, for a w_avg that the file lacks
BATCH = 250


def assemble(blueprint: Blueprint) -> tuple[Network, tuple[str, ...]]:
    """Build the generator of `blueprint`; also notes on what was inferred, made or left out."""
    network = build(blueprint.config)
    expected = network.shapes()
    given = dict(blueprint.tensors)
    notes = list(blueprint.notes)

    averages = [name for name in expected if name.endswith("w_avg") and name not in given]
    given |= {name: torch.zeros(expected[name]) for name in averages}
    maps = [name for name in expected if name.endswith("noise_const")]
    missing = [name for name in maps if name not in given]
    given |= {name: noise_map(0, maps.index(name), expected[name]) for name in missing}  # type: ignore[arg-type]
    if missing:
        notes.append(f"{len(missing)} noise maps are not in the file and were drawn from seed 0.")
    extra = sorted(given.keys() - expected.keys())
    if extra:
        notes.append(f"{len(extra)} tensors have no use here, {quote(extra[0])} for one.")

    ready = {name: _fit(name, given.get(name), shape) for name, shape in expected.items()}
    network.fill(ready)
    if averages:
        average = _estimate_w_avg(network)
        # A mean of each class would take as many samples of each: all start from the same.
        filled = {name: average.expand(expected[name]).contiguous() for name in averages}
        network.fill(ready | filled)
        notes.append(f"The mean of W is not in the file and was estimated from {SAMPLES:,} w.")
    return network, tuple(notes)


def _fit(name: str, tensor: Tensor | None, shape: tuple[int, ...]) -> Tensor:
    """`tensor` as contiguous float32 of `shape`, if it is there and is all numbers."""
    fix = "Use the file its author published, or download it again."
    if tensor is None:
        raise CheckpointError(f"tensor {quote(name)} is missing.", fix=fix)
    if tensor.is_complex():
        raise CheckpointError(f"tensor {quote(name)} holds complex numbers.", fix=fix)
    if tuple(tensor.shape) != shape:
        raise CheckpointError(
            f"tensor {quote(name)} has the shape {list(tensor.shape)}, expected {list(shape)}.",
            fix=fix,
        )
    # Through one axis, because a 1x1 kernel counts as contiguous in any order of axes, and the
    # order decides which convolution runs: equal numbers must draw equal bits.
    numbers = tensor.to(torch.float32).contiguous().flatten().view(shape)
    if not _is_finite(numbers):
        raise CheckpointError(f"tensor {quote(name)} holds NaN or infinity.", fix=fix)
    return numbers


def _is_finite(numbers: Tensor) -> bool:
    """Whether all are. Their sum tells it several times faster, unless it overflows itself."""
    return bool(numbers.sum().isfinite()) or bool(numbers.isfinite().all())


def _estimate_w_avg(network: Network) -> Tensor:
    """The mean [D] of w over seeded z, with seeded classes if the network is conditional."""
    random = np.random.RandomState(0)
    total = torch.zeros(network.w_dim, dtype=torch.float64)
    for _ in range(SAMPLES // BATCH):
        z = torch.from_numpy(random.randn(BATCH, network.z_dim)).to(torch.float32)
        label = None
        if network.c_dim:
            label = torch.zeros(BATCH, network.c_dim)
            label[torch.arange(BATCH), random.randint(network.c_dim, size=BATCH)] = 1
        total += network.mapping(z, label)[:, 0].sum(0, dtype=torch.float64)
    return (total / SAMPLES).to(torch.float32)
