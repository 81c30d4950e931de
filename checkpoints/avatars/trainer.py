"""One step of training after another: StyleGAN2's recipe (Karras 2020), on any device.

Knows no file and no clock. Everything random in a step comes from (seed, pictures seen), so a
training that was stopped goes on as it would have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from checkpoints.avatars import losses
from checkpoints.avatars.faceset import FaceSet
from checkpoints.avatars.grow import faded
from checkpoints.avatars.optimiser import Optimiser
from checkpoints.avatars.state import State

R1_EVERY, PATH_EVERY = 16, 4  # steps between regularisations
W_AVG_DECAY, PATH_DECAY = 0.995, 0.99


@dataclass(frozen=True)
class Settings:
    """What a training is told.

    Args:
        batch: Pictures in a step; a multiple of four, for minibatch standard deviation.
        rate: The optimisers' learning rate.
        gamma: R1's weight at 128 pixels (the loss has gamma / 2), and a quarter of it at each
            halving: the gradient of the same judgement spreads over four times fewer pixels.
        mixing: Share of the pictures that are drawn from two styles.
        half_life: Of the average, in pictures; at first a tenth of the pictures seen.
        fade: Pictures until a new block has grown in.
        path_length: Weight of path-length regularisation, 0 for none; the paper has 2.
    """

    batch: int = 16
    rate: float = 0.002
    gamma: float = 2.0
    mixing: float = 0.9
    half_life: float = 5000.0
    fade: int = 8000
    path_length: float = 0.0


class Trainer:
    """Trains the networks of `state`, in place.

    Args:
        faces: The real pictures.
        device: Where the networks work.
    """

    def __init__(self, state: State, faces: FaceSet, settings: Settings, device: torch.device):
        self.state, self.faces, self.settings, self.device = state, faces, settings, device
        for network in (state.generator, state.discriminator, state.average):
            network.to(device)
        self.random = torch.Generator(device)
        self.steps = 0
        self.path_mean = torch.zeros([], device=device)
        self.generator_optimiser = Optimiser(
            state.generator,
            settings.rate,
            PATH_EVERY if settings.path_length else 0,
            without_prefix(state.moments, "G."),
        )
        self.discriminator_optimiser = Optimiser(
            state.discriminator, settings.rate, R1_EVERY, without_prefix(state.moments, "D.")
        )

    @property
    def fade(self) -> float:
        """How far the newest block has grown in, 0 to 1."""
        if not self.state.discriminator.fading:
            return 1.0
        return min(self.state.standing.since_growth / max(self.settings.fade, 1), 1.0)

    def step(self) -> dict[str, float]:
        """Learn from one batch; the figures of it."""
        standing = self.state.standing
        key = np.random.SeedSequence([standing.seed, standing.images]).generate_state(2)
        self.random.manual_seed(int(key[0]))
        if self.fade >= 1.0:
            self.state.discriminator.finish_growing()
        figures = self._teach_discriminator(self._real(int(key[1])))
        figures |= self._teach_generator()
        if self.settings.path_length and self.steps % PATH_EVERY == 0:
            figures |= self._straighten_paths()
        images = standing.images + self.settings.batch
        self.state.standing = replace(standing, images=images)
        self._average()
        self.steps += 1
        return figures

    def moments(self) -> dict[str, Tensor]:
        """The optimisers' second moments, as `state.save` keeps them."""
        return {
            **{f"G.{name}": v for name, v in self.generator_optimiser.moments().items()},
            **{f"D.{name}": v for name, v in self.discriminator_optimiser.moments().items()},
        }

    def _teach_discriminator(self, real: Tensor) -> dict[str, float]:
        discriminator, fade = self.state.discriminator, self.fade
        with torch.no_grad():
            fake = self._draw(self._styles(self.settings.batch))
        regularise = self.steps % R1_EVERY == 0
        real_logits = discriminator(real.requires_grad_(regularise), fade)
        fake_logits = discriminator(fake, fade)
        loss = losses.discriminator_loss(real_logits, fake_logits)
        figures = {
            "real": real_logits.mean().item(),
            "fake": fake_logits.mean().item(),
            "D": loss.item(),
        }
        if regularise:
            penalty = losses.r1_penalty(real_logits, real)
            gamma = self.settings.gamma * (self.state.generator.resolution / 128) ** 2
            loss = loss + penalty * (gamma / 2 * R1_EVERY)
            figures["R1"] = penalty.item()
        self.discriminator_optimiser.step(loss)
        return figures

    def _teach_generator(self) -> dict[str, float]:
        w = self._styles(self.settings.batch)
        centre = self.state.generator.mapping.w_avg
        centre.lerp_(w[:, 0].detach().mean(0), 1.0 - W_AVG_DECAY)
        loss = losses.generator_loss(self.state.discriminator(self._draw(w), self.fade))
        self.generator_optimiser.step(loss)
        return {"G": loss.item()}

    def _straighten_paths(self) -> dict[str, float]:
        # Half a batch: the gradient's gradient takes twice the memory.
        w = self._styles(self.settings.batch // 2)
        lengths = losses.path_lengths(self._draw(w), w, self.random)
        self.path_mean.lerp_(lengths.detach().mean(), 1.0 - PATH_DECAY)
        penalty = (lengths - self.path_mean).square().mean()
        self.generator_optimiser.step(penalty * self.settings.path_length * PATH_EVERY)
        return {"path": penalty.item()}

    def _styles(self, count: int) -> Tensor:
        """w [N, L, D] of random z, most of them of two: one up to a random layer, one after."""
        generator = self.state.generator
        shape = (2 * count, generator.config.z_dim)
        z = torch.randn(shape, generator=self.random, device=self.device)
        first, second = generator.mapping(z)[:, None].chunk(2)  # [N, 1, D]
        draw = torch.rand(2, count, 1, 1, generator=self.random, device=self.device)
        num_ws = generator.num_ws
        cut = 1 + (draw[0] * (num_ws - 1)).floor()
        mixed = draw[1] < self.settings.mixing
        layers = torch.arange(num_ws, device=self.device)[:, None]  # [L, 1]
        return torch.where(mixed & (layers >= cut), second, first)

    def _draw(self, w: Tensor) -> Tensor:
        return self.state.generator.synthesis(w, self.random)

    def _real(self, key: int) -> Tensor:
        """A batch of real pictures, as sharp as the fade wants them."""
        chosen = np.random.RandomState(key).randint(len(self.faces), size=self.settings.batch)
        random = torch.Generator().manual_seed(key)
        image = self.faces.images(chosen, random, self.state.generator.resolution)
        return faded(image.to(self.device), self.fade)

    def _average(self) -> None:
        half_life = min(self.settings.half_life, 0.1 * self.state.standing.images)
        decay = 0.5 ** (self.settings.batch / half_life)
        averages = self.state.average.state_dict(keep_vars=False)
        with torch.no_grad():
            for name, parameter in self.state.generator.named_parameters():
                averages[name].lerp_(parameter, 1.0 - decay)
            averages["mapping.w_avg"].copy_(self.state.generator.mapping.w_avg)


def without_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
