"""The attribute classifier's network, and the ONNX file that it becomes.

    python -m checkpoints.avatars.attributes --faces /tmp/avatars-128.npz

trains it; here is only what it computes. Its last layer sees the mean of the feature maps, which
are the features that `python -m explorer evaluate` measures distances in.
"""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

SIDE = 64  # pixels: what it sees
CHANNELS = (24, 48, 96, 112)  # of the stages, each at half the resolution of the one before
OPSET, IR = 17, 9


class Stage(nn.Module):
    """Halve the resolution, then refine: two convolutions with batch normalisation."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.halve = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)
        self.halve_norm = nn.BatchNorm2d(outputs)
        self.refine = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.refine_norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = self.halve_norm(self.halve(x)).relu()
        return x + self.refine_norm(self.refine(x)).relu()


class Classifier(nn.Module):
    """Pictures [N, 3, 64, 64] in [-1, 1] to logits [N, K]; above 0 is yes.

    Args:
        random: Decides the weights it begins with.
    """

    def __init__(self, attributes: int, random: torch.Generator):
        super().__init__()
        widths = (3, *CHANNELS)
        self.stages = nn.Sequential(*(Stage(i, o) for i, o in itertools.pairwise(widths)))
        self.last = nn.Linear(CHANNELS[-1], attributes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, generator=random)
        nn.init.normal_(self.last.weight, 0.0, 0.01, generator=random)
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.stages(x).mean((2, 3)))


def folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight [O, I, 3, 3] and bias [O] of a convolution with its normalisation at rest."""
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None and variance is not None
    gain = norm.weight * (variance + norm.eps).rsqrt()
    return conv.weight * gain[:, None, None, None], norm.bias - mean * gain


@torch.no_grad()
def to_onnx(network: Classifier, names: Sequence[str], keep: Sequence[str]) -> bytes:
    """The ONNX file of `network`, whose logits are `names`, with only those of `keep`.

    Equal weights make equal bytes.
    """
    graph = Graph()
    x = "image"
    for number, stage in enumerate(network.stages):
        assert isinstance(stage, Stage)
        halved = graph.convolution(x, f"halve{number}", folded(stage.halve, stage.halve_norm), 2)
        refined = graph.convolution(
            halved, f"refine{number}", folded(stage.refine, stage.refine_norm), 1
        )
        x = graph.node("Add", [halved, refined], f"stage{number}")
    rows = [list(names).index(name) for name in keep]
    x = graph.node("Flatten", [graph.node("GlobalAveragePool", [x], "pooled")], "flat")
    weight = graph.tensor("last.weight", network.last.weight[rows])
    bias = graph.tensor("last.bias", network.last.bias[rows])
    graph.node("Gemm", [x, weight, bias], "logits", transB=1)
    return graph.file(keep)


def without_others(data: bytes, keep: Sequence[str]) -> bytes:
    """The file that `to_onnx` would have written with only the attributes `keep`, out of `data`."""
    model = onnx.load_model_from_string(data)
    (named,) = (entry.value for entry in model.metadata_props if entry.key == "attributes")
    names = [entry["name"] for entry in json.loads(named)]
    rows = [names.index(name) for name in keep]
    for tensor in model.graph.initializer:
        if tensor.name.startswith("last."):
            part = numpy_helper.to_array(tensor)[rows]
            tensor.CopyFrom(numpy_helper.from_array(part, tensor.name))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = len(rows)
    helper.set_model_props(model, properties(keep))
    return model.SerializeToString(deterministic=True)


def properties(attributes: Sequence[str]) -> dict[str, str]:
    """What a file says of its logits, the binary `attributes`."""
    return {"attributes": json.dumps([{"name": name, "kind": "binary"} for name in attributes])}


class Graph:
    """An ONNX graph as it is put together; each part is known by the name of its result."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: list[onnx.TensorProto] = []

    def tensor(self, name: str, value: Tensor) -> str:
        """Add weights."""
        self._tensors.append(numpy_helper.from_array(value.numpy(), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str, **options: Any) -> str:
        """Add an operation."""
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **options))
        return output

    def convolution(
        self, source: str, name: str, weights: tuple[Tensor, Tensor], stride: int
    ) -> str:
        """Add a 3 x 3 convolution of weight and bias, and a ReLU."""
        inputs = [source]
        inputs += [self.tensor(f"{name}.{n}", w) for n, w in zip("wb", weights, strict=True)]
        options = {"strides": [stride] * 2, "pads": [1] * 4, "kernel_shape": [3, 3]}
        return self.node("Relu", [self.node("Conv", inputs, f"{name}.sum", **options)], name)

    def file(self, attributes: Sequence[str]) -> bytes:
        """The file, whose logits are binary `attributes`."""
        taken = helper.make_tensor_value_info("image", TensorProto.FLOAT, ("N", 3, SIDE, SIDE))
        given = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ("N", len(attributes)))
        graph = helper.make_graph(self._nodes, "attributes", [taken], [given], self._tensors)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR)
        helper.set_model_props(model, properties(attributes))
        return model.SerializeToString(deterministic=True)
