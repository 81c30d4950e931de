"""Networks that look at pictures, brought by a person as ONNX: read from bytes, never trusted.

The contract: one input `image` [N, 3, H, W], float32 in [-1, 1], RGB; outputs by name, among them
`logits` [N, K] of a classifier, `features` [N, F] of a feature network or `probabilities` [N, C].
A network that wants its pictures otherwise says so in a file of JSON beside it (`Preprocessing`).
Such a file cannot run code of its own, but it can ask for time and memory. Its size, the number of
its operations and, between two of them, the time of a run are bounded; other files it refers to are
not opened; nothing is computed in advance. What one operation takes is not bounded: for strangers'
files on a shared server that needs a process of its own.
"""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as states
from torch import Tensor

from explorer.errors import ExplorerError
from explorer.onnx_networks.files import (
    MOST_BYTES,
    Attribute,
    attributes_of,
    parsed,
    refusal,
    reveal_features,
)
from explorer.onnx_networks.preprocessing import (
    LARGEST,
    SMALLEST,
    Preprocessing,
    preprocessing_of,
    resized,
)

__all__ = ["Attribute", "OnnxNetwork", "Preprocessing", "open_network", "resized"]

Outputs = dict[str, NDArray[Any]]

MOST_JSON = 1 << 16
MOST_AT_ONCE = 256  # pictures of a network that takes a fixed number
NUMBERS = {f"tensor({kind})" for kind in ("float", "double", "int64", "int32")}
SECONDS = 60.0  # for a run of one batch
REFUSALS = (
    states.Fail,
    states.InvalidArgument,
    states.InvalidGraph,
    states.InvalidProtobuf,
    states.NotImplemented,
    states.RuntimeException,
)


@dataclass(frozen=True)
class Input:
    """What the network takes.

    Args:
        batch: Pictures at a time, None for any number.
        size: (height, width) in pixels, None for any.
    """

    name: str
    batch: int | None
    size: tuple[int, int] | None


class OnnxNetwork:
    """A network from the bytes of an ONNX file. Several threads may ask it at once.

    Args:
        data: The file, at most 64 MB, whose tensors are all inside.
        name: What messages call it.
        preprocessing: How it wants its pictures.
        seconds: The longest that one batch may take.

    Raises:
        ExplorerError: It is no such network.
    """

    def __init__(
        self,
        data: bytes,
        name: str,
        preprocessing: Preprocessing | None = None,
        seconds: float = SECONDS,
    ):
        self.name = name
        self._seconds = seconds
        model = parsed(data, name)
        self.attributes = attributes_of(model, name)
        reveal_features(model)
        options = ort.SessionOptions()
        # Nothing is folded in advance: that has no time limit. No arena: memory goes back at once.
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.enable_cpu_mem_arena = False
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 4
        try:
            self._session = ort.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except REFUSALS as error:
            raise refusal(name, f"cannot be opened: {_first_line(error)}") from error
        self._input = _input_of(self._session, name)
        self._preprocessing = _fitting(preprocessing or Preprocessing(), self._input, name)
        self.outputs = _outputs_of(self._session, name)

    def __call__(self, images: Tensor) -> Outputs:
        """All outputs, as float arrays [N, ...], for images [N, 3, H, W], RGB in [-1, 1].

        Grey ones [N, 1, H, W] are repeated.

        Raises:
            ExplorerError: The network fails on them, takes too long, or says NaN.
        """
        if images.shape[1] not in (1, 3):
            raise ExplorerError(
                f"{self.name} looks at colours, these pictures have {images.shape[1]} channels.",
                fix="Choose a model that draws RGB or grey.",
            )
        x = self._preprocessing(images.detach().to("cpu", torch.float32))
        batches = [self._run(part) for part in torch.split(x, self._input.batch or len(x))]
        return {
            name: self._joined(name, [batch[index] for batch in batches], len(x))
            for index, name in enumerate(self.outputs)
        }

    def logits(self, images: Tensor) -> NDArray[Any]:
        """The logits [N, K] of images [N, 3, H, W]; K is the number of `attributes`.

        Raises:
            ExplorerError: As above, or it has no such output.
        """
        if "logits" not in self.outputs or not self.attributes:
            raise refusal(self.name, "has no output `logits` with `attributes` in its metadata")
        found = self(images)["logits"]
        if found.shape != (len(images), len(self.attributes)):
            raise refusal(
                self.name,
                f"names {len(self.attributes)} attributes and gives logits of shape "
                f"{list(found.shape)}",
            )
        return found

    def _joined(self, name: str, parts: list[NDArray[Any]], count: int) -> NDArray[Any]:
        """One output of all batches, if it has a finite row for each of `count` pictures."""
        if len({part.shape[1:] for part in parts}) == 1 and all(part.ndim for part in parts):
            rows = np.concatenate(parts)
            each = self._input.batch or count
            if len(rows) == -(-count // each) * each and np.isfinite(rows).all():
                return rows[:count]
        raise refusal(self.name, f"gives an output {name!r} that is no finite row each")

    def _run(self, x: Tensor) -> list[NDArray[Any]]:
        missing = (self._input.batch or len(x)) - len(x)
        x = F.pad(x, (0, 0, 0, 0, 0, 0, 0, missing))  # a network of whole batches gets them
        options = ort.RunOptions()
        timer = threading.Timer(self._seconds, setattr, (options, "terminate", True))
        timer.daemon = True
        timer.start()
        try:
            return self._session.run(None, {self._input.name: x.numpy()}, options)
        except REFUSALS as error:
            late = options.terminate
            what = f"took over {self._seconds:g} s" if late else f"failed: {_first_line(error)}"
            raise refusal(self.name, what) from error
        finally:
            timer.cancel()


def open_network(path: Path, name: str = "", seconds: float = SECONDS) -> OnnxNetwork:
    """The network in the file at `path`, with the preprocessing in `path`.json if there is one.

    Args:
        name: What messages call it; the file's name if it is empty.
        seconds: The longest that one batch may take.

    Raises:
        ExplorerError: A file cannot be read, or is none such.
    """
    card = path.with_suffix(".json")
    preprocessing = None
    if card.exists():
        preprocessing = preprocessing_of(_bytes_of(card, MOST_JSON), card.name)
    return OnnxNetwork(_bytes_of(path, MOST_BYTES), name or path.name, preprocessing, seconds)


def _input_of(session: ort.InferenceSession, name: str) -> Input:
    inputs = session.get_inputs()
    if len(inputs) != 1:
        raise refusal(name, f"has {len(inputs)} inputs")
    shape, kind = inputs[0].shape, inputs[0].type
    batch, channels, *sides = (
        (side if isinstance(side, int) else None for side in shape) if len(shape) == 4 else [0] * 4
    )
    height, width = sides
    size = (height, width) if height and width else None
    fits = (
        kind == "tensor(float)"
        and channels == 3
        and (batch is None or 0 < batch <= MOST_AT_ONCE)
        and (size is None or (min(size) >= SMALLEST and max(size) <= LARGEST))
        and (height is None) == (width is None)
    )
    if not fits:
        raise refusal(name, f"has an input {kind} of shape {list(shape)}")
    return Input(inputs[0].name, batch, size)


def _outputs_of(session: ort.InferenceSession, name: str) -> tuple[str, ...]:
    for output in session.get_outputs():
        if output.type not in NUMBERS:
            raise refusal(name, f"has an output {output.name!r} that is {output.type}, no numbers")
    return tuple(output.name for output in session.get_outputs())


def _fitting(preprocessing: Preprocessing, taken: Input, name: str) -> Preprocessing:
    """`preprocessing` with the size that the network takes."""
    if taken.size is None:
        return preprocessing
    if preprocessing.size not in (None, taken.size):
        raise ExplorerError(
            f"{name} takes pictures of {list(taken.size)}, its JSON file says "
            f"{list(preprocessing.size)}.",
            fix="Leave size out of the JSON file.",
        )
    return preprocessing.model_copy(update={"size": taken.size})


def _bytes_of(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise ExplorerError(
            f"{path} cannot be read: {error.strerror}.", fix="Check the path."
        ) from error
    if len(data) > most:
        raise ExplorerError(
            f"{path.name} has more than {most / 2**20:g} MB.", fix="Give a smaller network."
        )
    return data


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
