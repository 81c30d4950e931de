"""What an ONNX file says, before anything runs: its tensors, its attributes, its last layer."""

import json
from collections.abc import Iterator
from typing import Annotated, Literal

import onnx
from google.protobuf.message import DecodeError
from pydantic import BaseModel, ConfigDict, Field

from explorer.errors import ExplorerError

MOST_BYTES = 64 << 20
MOST_ATTRIBUTES = 256
MOST_NODES = 20_000  # networks of hundreds of layers have some thousand
CONTRACT = "It needs one input `image` [N, 3, H, W] of float32."

Name = Annotated[str, Field(min_length=1, max_length=64)]


class Attribute(BaseModel):
    """What one logit of a classifier says: above 0 is yes, for a binary one."""

    model_config = ConfigDict(frozen=True)

    name: Name
    kind: Literal["binary", "continuous"] = "binary"


def parsed(data: bytes, name: str) -> onnx.ModelProto:
    """The model in `data`, the bytes of the file called `name`.

    Raises:
        ExplorerError: It is no ONNX, too large, or keeps tensors in other files.
    """
    if len(data) > MOST_BYTES:
        raise refusal(name, f"has more than {MOST_BYTES >> 20} MB")
    try:
        model = onnx.load_model_from_string(data)
    except DecodeError as error:
        raise refusal(name, "is no ONNX file") from error
    if not model.graph.node:
        raise refusal(name, "is no ONNX file")
    if model.functions:  # which may call each other, so that a small file unfolds without end
        raise refusal(name, "has functions of its own; inline them (onnx.inliner) first")
    if sum(1 for _ in _nodes(model.graph)) > MOST_NODES:
        raise refusal(name, f"has more than {MOST_NODES:,} operations")
    if any(tensor.data_location for tensor in _tensors(model.graph)):
        raise refusal(name, "keeps its weights in another file")
    return model


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Every operation of a graph, those of the graphs inside it included."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Every tensor of a graph, those of the graphs inside it included."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield attribute.t
            yield from attribute.tensors
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)
            for inner in (attribute.g, *attribute.graphs):
                yield from _tensors(inner)


def attributes_of(model: onnx.ModelProto, name: str) -> tuple[Attribute, ...]:
    """What the metadata calls the logits; none for a network that is no classifier.

    Raises:
        ExplorerError: The metadata are malformed.
    """
    text = {entry.key: entry.value for entry in model.metadata_props}.get("attributes")
    if text is None:
        return ()
    try:
        entries = json.loads(text)
        if not isinstance(entries, list) or not 0 < len(entries) <= MOST_ATTRIBUTES:
            raise ValueError
        return tuple(Attribute.model_validate(entry) for entry in entries)
    except (ValueError, RecursionError) as error:  # pydantic's and json's errors are such
        raise refusal(
            name, "has `attributes` in its metadata that are no list of {name, kind}"
        ) from error


def reveal_features(model: onnx.ModelProto) -> None:
    """Make an output of what the last layer of a classifier is given, if there is none."""
    outputs = {output.name for output in model.graph.output}
    if "logits" not in outputs or "features" in outputs:
        return
    last = [node for node in model.graph.node if "logits" in node.output]
    if last and last[0].op_type == "Gemm":
        node = onnx.helper.make_node("Identity", [last[0].input[0]], ["features"])
        model.graph.node.append(node)
        value = onnx.helper.make_empty_tensor_value_info("features")
        value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
        model.graph.output.append(value)


def refusal(name: str, what: str) -> ExplorerError:
    """The error of a network called `name` that does not meet the contract."""
    return ExplorerError(f"{name} {what}.", fix=CONTRACT)
