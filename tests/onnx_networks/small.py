"""Small ONNX networks with known answers."""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def model(nodes, outputs, *, tensors=(), shape=("N", 3, "H", "W"), metadata=None, kind=None):
    """The bytes of a network of `nodes` that takes `image` and gives `outputs`."""
    graph = helper.make_graph(
        list(nodes),
        "small",
        [helper.make_tensor_value_info("image", kind or TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in dict(tensors).items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(made, metadata or {})
    return made.SerializeToString()


def classifier(weight, bias, *, attributes=None, **options):
    """Logits that are `weight` [K, 3] times the mean colour, plus `bias` [K]."""
    names = attributes or [{"name": f"a{i}", "kind": "binary"} for i in range(len(weight))]
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weight", "bias"], ["logits"], transB=1),
    ]
    tensors = {"weight": np.float32(weight), "bias": np.float32(bias)}
    metadata = {"attributes": names if isinstance(names, str) else json.dumps(names)}
    return model(nodes, ["logits"], tensors=tensors, metadata=metadata, **options)


def endless():
    """A network that counts for a very long time."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["still"]),
            helper.make_node("Sin", ["state"], ["next"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("step", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, None),
        ],
    )
    loop = helper.make_node("Loop", ["count", "", "image"], ["features"], body=body)
    return model([loop], ["features"], tensors={"count": np.int64(2**60)})


def with_outside_weights():
    """A classifier whose weights are said to lie in /etc/passwd."""
    made = onnx.load_model_from_string(classifier(np.eye(3), np.zeros(3)))
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return made.SerializeToString()


def with_functions():
    """A network that calls a function which it brings."""
    body = helper.make_function(
        "mine", "f", ["x"], ["y"], [helper.make_node("Identity", ["x"], ["y"])],
        [helper.make_opsetid("", 17)],
    )  # fmt: skip
    made = onnx.load_model_from_string(
        model([helper.make_node("f", ["image"], ["features"], domain="mine")], ["features"])
    )
    made.functions.append(body)
    made.opset_import.append(helper.make_opsetid("mine", 1))
    return made.SerializeToString()


def strings():
    """A network that answers in words."""
    made = onnx.load_model_from_string(
        model(
            [helper.make_node("Cast", ["image"], ["features"], to=TensorProto.STRING)], ["features"]
        )
    )
    made.graph.output[0].type.tensor_type.elem_type = TensorProto.STRING
    return made.SerializeToString()
