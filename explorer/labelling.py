"""Samples that a classifier has labelled: drawn, looked at and kept, a few pictures at a time."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from explorer.errors import AnalysisError
from explorer.networks import Generator
from explorer.onnx_networks import OnnxNetwork
from explorer.sampling import Sampler
from explorer.slices import Progress, Run, at_once, sliced

Numbers = NDArray[np.float32]
Flags = NDArray[np.bool_]

SLICE = 8  # pictures drawn at a time: a tenth of a second for 128 pixels on one core
SMALL = 128 * 128  # pixels, up to which so many are
W_SLICE = 100  # latents mapped at a time
SIGMA_SAMPLES = 10_000  # over which a direction's sigma is taken


@dataclass(frozen=True)
class Classifier:
    """What looks at pictures.

    Args:
        logits: Images [N, 3, H, W] in [-1, 1] to logits [N, K]; above 0 is yes.
        names: What each logit is about.
        continuous: Those of the names that are no questions of yes or no.
    """

    logits: Callable[[Tensor], NDArray[np.floating]]
    names: tuple[str, ...]
    continuous: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Labelled:
    """Samples with their latents and what a classifier says of their pictures.

    Args:
        seeds: [N], in order.
        z: [N, Z].
        w: [N, D], the last layer's, untruncated whatever the pictures were.
        logits: [N, K], above 0 is yes.
        names: [K].
        continuous: As in `Classifier`.
    """

    seeds: tuple[int, ...]
    z: Numbers
    w: Numbers
    logits: Numbers
    names: tuple[str, ...]
    continuous: tuple[str, ...] = ()

    def labels(self, name: str) -> Flags:
        """Whether the answer is yes, [N]."""
        return self.logits[:, self.names.index(name)] > 0


def classifier_of(network: OnnxNetwork) -> Classifier:
    """The classifier that `network` is.

    Raises:
        AnalysisError: It is none, or two of its attributes have the same name.
    """
    names = tuple(attribute.name for attribute in network.attributes)
    if "logits" not in network.outputs or not names:
        raise AnalysisError(
            f"{network.name} is no classifier: it has no output `logits` with `attributes` in its "
            "metadata.",
            fix="Give a network with both.",
        )
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise AnalysisError(
            f"{network.name} has {times} attributes called {name!r}.",
            fix="Give each a name of its own.",
        )
    continuous = tuple(a.name for a in network.attributes if a.kind == "continuous")
    return Classifier(network.logits, names, continuous)


def slice_of(generator: Generator) -> int:
    """How many pictures of `generator` are drawn at a time, so that a slice stays short."""
    height, width = generator.resolution
    return max(1, min(SLICE, SLICE * SMALL // (height * width)))


def gather(
    sampler: Sampler, classifier: Classifier, seeds: Sequence[int], run: Run = at_once
) -> Iterator[Progress | Labelled]:
    """Draw and label `seeds`: the progress after each slice, and in the end the `Labelled`.

    The slices begin at the first of `seeds`, so that equal seeds are drawn alike.

    Args:
        run: Is given each slice of drawing and each of looking, about a tenth of a second.

    Raises:
        AnalysisError: There are no seeds.
    """
    if not seeds:
        raise AnalysisError("There are no samples to label.", fix="Draw a thousand.")
    w, logits = [], []
    done = 0
    for some in sliced(seeds, slice_of(sampler.generator)):
        images = run(partial(pictures, sampler, some))
        w.append(run(partial(last_w, sampler, some)))
        logits.append(np.asarray(run(partial(classifier.logits, images)), np.float32))
        done += len(some)
        yield Progress(done, len(seeds))
    yield labelled(sampler, classifier, seeds, np.concatenate(w), np.concatenate(logits))


def labelled(
    sampler: Sampler, classifier: Classifier, seeds: Sequence[int], w: Numbers, logits: Numbers
) -> Labelled:
    """The samples of `seeds`, whose w [N, D] and logits [N, K] are known."""
    z = sampler.z(seeds).numpy()
    return Labelled(tuple(seeds), z, w, logits, classifier.names, classifier.continuous)


def pictures(sampler: Sampler, seeds: Sequence[int]) -> Tensor:
    """The pictures [N, C, H, W] of a few seeds, as a screen shows them."""
    (images,) = sampler.pictures(seeds)
    return images


def last_w(sampler: Sampler, seeds: Sequence[int]) -> Numbers:
    """The untruncated w [N, D] of `seeds`, of the last layer."""
    w: Numbers = sampler.w(seeds)[:, -1].float().cpu().numpy()
    return w


def gather_w(
    sampler: Sampler, seeds: Sequence[int] = range(SIGMA_SAMPLES), run: Run = at_once
) -> Iterator[Progress | Numbers]:
    """The progress after each slice, and in the end the untruncated w [N, D] of `seeds`."""
    found = []
    for some in sliced(seeds, W_SLICE):
        found.append(run(partial(last_w, sampler, some)))
        yield Progress(sum(map(len, found)), len(seeds))
    yield np.concatenate(found)
