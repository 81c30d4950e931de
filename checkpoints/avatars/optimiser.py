"""Adam as StyleGAN2 uses it: no first moment, and a rate that knows of lazy regularisation."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

BETA2 = 0.99
RAMP = 100  # steps to the full rate: how long the second moments take to be known


class Optimiser:
    """Adam on all of `network`.

    Args:
        rate: The learning rate.
        every: Steps between regularisations, 0 for none: they are further steps, so rate and
            memory are reduced to match (Karras 2020, Appendix B).
        moments: Second moments by name, to go on from; without them the rate ramps up, because
            Adam's first steps are as long as the rate whatever the gradient.
    """

    def __init__(self, network: nn.Module, rate: float, every: int, moments: Mapping[str, Tensor]):
        share = every / (every + 1)
        share = share if every else 1.0
        self.parameters = dict(network.named_parameters())
        self.rate = rate * share
        self.adam = torch.optim.Adam(
            self.parameters.values(), lr=self.rate, betas=(0.0, BETA2**share)
        )
        self.ramp = 0 if moments else RAMP
        self.steps = 0
        for name, parameter in self.parameters.items():
            if name in moments and moments[name].shape == parameter.shape:
                self.adam.state[parameter] = {
                    # Long ago enough that nothing is corrected for a start from zeros.
                    "step": torch.tensor(1e6),
                    "exp_avg": torch.zeros_like(parameter),
                    "exp_avg_sq": moments[name].to(parameter.device, copy=True),
                }

    def step(self, loss: Tensor) -> None:
        """Move the weights down the gradient of `loss` [], all others' gradients untouched."""
        names = [name for name, parameter in self.parameters.items() if parameter.requires_grad]
        parameters = [self.parameters[name] for name in names]
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            # A single bad number would spread through the whole network, and into the file.
            parameter.grad = None if gradient is None else gradient.nan_to_num(0.0, 1e5, -1e5)
        self.steps += 1
        for group in self.adam.param_groups:
            group["lr"] = self.rate * min(self.steps / max(self.ramp, 1), 1.0)
        self.adam.step()

    def moments(self) -> dict[str, Tensor]:
        """The second moments by name, of the parameters that have moved."""
        states = self.adam.state
        return {
            name: states[parameter]["exp_avg_sq"]
            for name, parameter in self.parameters.items()
            if "exp_avg_sq" in states[parameter]
        }
