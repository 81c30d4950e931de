"""What a training is at one moment, and the folder that keeps it.

    model.safetensors, config.json   the averaged generator: a model folder that the explorer opens
    generator.safetensors            the raw generator, and in its header how far the training is
    discriminator.safetensors
    moments.safetensors              the optimisers' second moments; may be lost

The first three are under 10 MB and worth keeping in the repository: a training goes on from them
on any machine, and the averaged generator comes back out byte for byte.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from checkpoints.avatars import grow, tensor_files
from checkpoints.avatars.discriminator import Discriminator
from checkpoints.avatars.generator import Generator
from explorer.errors import CheckpointError
from explorer.formats import open_checkpoint
from explorer.formats.encoding import encode
from explorer.formats.native import FORMAT, config_json
from explorer.networks.stylegan2 import Config, StyleGAN2

MODEL, CARD = "model.safetensors", "config.json"
GENERATOR, DISCRIMINATOR = "generator.safetensors", "discriminator.safetensors"
MOMENTS = "moments.safetensors"
AGAIN = "Use a folder that `python -m checkpoints.avatars.train` has written."

Z_DIM = W_DIM = 256
MAPPING_LAYERS = 8


@dataclass(frozen=True)
class Standing:
    """How far a training is.

    Args:
        images: Real pictures that the discriminator has seen.
        grown_at: What `images` was when the newest block was added.
        seed: Of everything random.
    """

    images: int = 0
    grown_at: int = 0
    seed: int = 0

    @property
    def since_growth(self) -> int:
        """Pictures seen since the newest block was added."""
        return self.images - self.grown_at


@dataclass
class State:
    """The networks of a training; `average` is the moving average of `generator`'s weights.

    Args:
        moments: Second moments by parameter, as `trainer` names them; empty where they were lost.
    """

    generator: Generator
    discriminator: Discriminator
    average: Generator
    standing: Standing
    moments: Mapping[str, Tensor]


def channels_at(resolution: int) -> int:
    """Channels of the block of `resolution` pixels: 128 to 16 pixels, then half at each doubling.

    At 128 pixels that is 16. Twice as many would fit into the files, but take half as long again
    for each picture, and what is new at 128 pixels are strands and edges of what 64 has drawn.

    >>> [channels_at(size) for size in (4, 16, 64, 128)]
    [128, 128, 32, 16]
    """
    return min(2048 // resolution, 128)


def start(resolution: int, seed: int, dtype: torch.dtype = torch.float32) -> State:
    """A training from nothing at `resolution` pixels."""
    random = torch.Generator().manual_seed(seed)
    sizes = [4 << index for index in range(resolution.bit_length() - 2)]
    channels = tuple(channels_at(size) for size in sizes)
    config = Config(Z_DIM, W_DIM, channels, mapping=(W_DIM,) * MAPPING_LAYERS)
    generator = Generator(config, random, dtype)
    discriminator = Discriminator(channels, random, dtype)
    return State(generator, discriminator, copy_of(generator), Standing(seed=seed), {})


def grown(state: State) -> State:
    """`state` at twice the resolution, which goes on as it was: see `grow`.

    The optimisers start anew, so that no parameter's rate depends on when it was added.
    """
    random = torch.Generator().manual_seed(state.standing.seed + state.generator.resolution)
    channels = channels_at(2 * state.generator.resolution)
    generator = grow.grow_generator(state.generator, channels, random)
    average = copy_of(generator)
    grow.take_over(average, state.average.state_dict())
    discriminator = grow.grow_discriminator(state.discriminator, channels, random)
    standing = Standing(state.standing.images, state.standing.images, state.standing.seed)
    return State(generator, discriminator, average, standing, {})


def copy_of(generator: Generator) -> Generator:
    """A copy that does not learn."""
    return deepcopy(generator).requires_grad_(False)


def save(state: State, folder: Path, moments: Mapping[str, Tensor]) -> None:
    """Write `state` into `folder`; equal states make equal bytes.

    Raises:
        CheckpointError: The place cannot be written.
    """
    files = {
        **model_files(state.average, state.standing, card_of(folder)),
        **raw_files(state),
        MOMENTS: encode(moments, {"training": standing_json(state.standing)}),
    }
    tensor_files.write(folder, files)


def raw_files(state: State) -> dict[str, bytes]:
    """The files of the networks that learn."""
    texts = {"training": standing_json(state.standing)}
    config = {"config": config_json(state.generator.config)}
    return {
        GENERATOR: encode(state.generator.state_dict(), texts | config),
        DISCRIMINATOR: encode(state.discriminator.state_dict(), texts),
    }


def standing_json(standing: Standing) -> str:
    """How far a training is, as the headers of its files say it."""
    return json.dumps(asdict(standing), sort_keys=True)


def model_files(
    average: Generator, standing: Standing, card: Mapping[str, object]
) -> dict[str, bytes]:
    """The files of a model folder, as `explorer.formats` reads them.

    Args:
        card: What else `config.json` is to say, such as `name` and `first_recipe`.
    """
    texts = {
        "format": FORMAT,
        "arch": "stylegan2",
        "config": config_json(average.config),
        "kimg": f"{standing.images / 1000:.1f}",
    }
    full = {**card, "arch": "stylegan2", "config": asdict(average.config)}
    return {
        MODEL: encode(average.state_dict(), texts),
        CARD: (json.dumps(full, indent=2, sort_keys=True) + "\n").encode(),
    }


def card_of(folder: Path) -> dict[str, object]:
    """What the `config.json` in `folder` says besides the network, or what a new one is to say."""
    path = folder / CARD
    if not path.is_file():
        return {"name": folder.resolve().name}
    return {"name": folder.resolve().name, **open_checkpoint(folder).card}


def load(folder: Path, dtype: torch.dtype = torch.float32) -> State:
    """Read what `save` wrote; without the moments where they are not there, or of another moment.

    Raises:
        CheckpointError: A file is missing or broken, or they are not of one training.
    """
    raw, texts = tensor_files.read(folder / GENERATOR)
    judge, judge_texts = tensor_files.read(folder / DISCRIMINATOR)
    shipped = open_checkpoint(folder).generator
    if not isinstance(shipped, StyleGAN2) or config_json(shipped.config) != texts.get("config"):
        raise CheckpointError(f"{folder / MODEL} is not the average of {GENERATOR}.", fix=AGAIN)
    if "training" not in texts or judge_texts.get("training") != texts["training"]:
        raise CheckpointError(f"{folder} mixes the files of two states.", fix=AGAIN)
    standing = Standing(**json.loads(texts["training"]))
    random = torch.Generator().manual_seed(standing.seed)
    generator = Generator(shipped.config, random, dtype)
    average = copy_of(generator)
    ways_in = sum(name.endswith("fromrgb.weight") for name in judge)
    discriminator = Discriminator(shipped.config.channels, random, dtype, fading=ways_in > 1)
    fill(generator, raw, folder / GENERATOR)
    fill(average, shipped.tensors(), folder / MODEL)
    fill(discriminator, judge, folder / DISCRIMINATOR)
    moments: dict[str, Tensor] = {}
    if (folder / MOMENTS).is_file():
        kept, kept_texts = tensor_files.read(folder / MOMENTS)
        moments = kept if kept_texts.get("training") == texts["training"] else {}
    return State(generator, discriminator, average, standing, moments)


def fill(network: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Copy `tensors` into `network`, which needs exactly these.

    Raises:
        CheckpointError: Some are missing, are too many, or have another shape.
    """
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise CheckpointError(f"{path} does not fit its configuration.", fix=AGAIN) from error
