"""The model as an ONNX graph: features in, cluster out, in double precision throughout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from coterie.exports.extras import needed
from coterie.exports.formats import EXPORTS, Export
from coterie.model import SegmentModel
from coterie.runs import Run

OPSET, IR = 15, 8
"""Of 2021: what every runtime of today reads."""
INT64 = 7
"""ONNX's number for the type."""


class _Graph:
    """Nodes under numbered names."""

    def __init__(self, helper: Any) -> None:
        self.helper = helper
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any, dtype: Any = np.float64) -> str:
        """Add a constant and return its name."""
        array = np.asarray(value, dtype=dtype)
        name = f"constant_{len(self.constants)}"
        kind = self.helper.np_dtype_to_tensor_dtype(array.dtype)
        self.constants.append(self.helper.make_tensor(name, kind, array.shape, array.ravel().tolist()))
        return name

    def __call__(self, operator: str, *inputs: str | float, named: str | None = None, **attributes: Any) -> str:
        """Add a node and return its output's name; a float becomes a constant."""
        names = [x if isinstance(x, str) else self.constant(x) for x in inputs]
        output = named or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(operator, names, [output], **attributes))
        return output


def onnx_of(model: SegmentModel) -> Any:
    """Return a model as an ``onnx.ModelProto``.

    Its input ``features`` is a float64 tensor of shape (n, n_features): the model's features, in order, in the customers' own
    units. Outputs: ``cluster``, int64 of shape (n,), -1 for a customer who kept nothing; ``distances``, float64 of shape
    (n, n_clusters). Features and segments stand in the metadata.

    Raises
    ------
    CoterieError
        If ``onnx`` is not installed.
    """
    onnx = needed("onnx", extra="onnx")
    helper, double = onnx.helper, onnx.TensorProto.DOUBLE
    graph, columns, centers = _Graph(helper), model.scaling.columns, model.centers
    total, placed = "", ""
    for i, column in enumerate(columns):
        x = graph("Gather", "features", graph.constant([i], np.int64), axis=1)  # (n, 1)
        value = _FUNCTIONS[column.function](graph, x, column.parameters)
        value = graph("Div", graph("Sub", value, column.center), column.scale)
        for figure in (x, value):
            finite = graph("Less", graph("Abs", figure), np.inf)  # false for NaN
            placed = graph("And", placed, finite) if placed else finite
        away = graph("Sub", value, graph.constant(centers[None, :, i]))  # (n, n_clusters)
        square = graph("Mul", away, away)
        total = graph("Add", total, square) if total else square  # added one by one, as in Python
    distances = graph("Sqrt", total, named="distances")
    nearest = graph("ArgMin", distances, axis=1, keepdims=0)  # the first, where two are as near
    flat = graph("Squeeze", placed, graph.constant([1], np.int64))
    graph("Where", flat, nearest, graph.constant(-1, np.int64), named="cluster")
    made = helper.make_graph(
        graph.nodes,
        "coterie",
        [helper.make_tensor_value_info("features", double, ["n", len(columns)])],
        [
            helper.make_tensor_value_info("cluster", INT64, ["n"]),
            helper.make_tensor_value_info("distances", double, ["n", len(centers)]),
        ],
        graph.constants,
    )
    proto = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="coterie")
    about = {"coterie_features": model.features, "coterie_segments": model.segments}
    helper.set_model_props(proto, {key: json.dumps(value, ensure_ascii=False) for key, value in about.items()})
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _yeo_johnson(graph: _Graph, x: str, parameters: dict[str, Any]) -> str:
    lam = parameters["lambda"]
    up = graph("Add", graph("Max", x, 0.0), 1.0)
    down = graph("Sub", graph.constant(1.0), graph("Min", x, 0.0))
    rise = graph("Log", up) if lam == 0 else graph("Div", graph("Sub", graph("Pow", up, lam), 1.0), lam)
    fall = graph("Log", down) if lam == 2 else graph("Div", graph("Sub", graph("Pow", down, 2 - lam), 1.0), 2 - lam)
    return graph("Where", graph("GreaterOrEqual", x, 0.0), rise, graph("Neg", fall))


def _interpolate(graph: _Graph, x: str, parameters: dict[str, Any]) -> str:
    knots, values = np.asarray(parameters["x"]), np.asarray(parameters["y"])
    if len(knots) == 1:
        return graph("Add", graph("Mul", x, 0.0), float(values[0]))
    passed = graph("Cast", graph("GreaterOrEqual", x, graph.constant(knots[None, 1:-1])), to=INT64)
    at = graph("ReduceSum", passed, graph.constant([1], np.int64), keepdims=1)  # which pair of knots, (n, 1)
    slope, start, value = (
        graph("Gather", graph.constant(part), at) for part in (np.diff(values) / np.diff(knots), knots[:-1], values[:-1])
    )
    line = graph("Add", graph("Mul", slope, graph("Sub", x, start)), value)
    low = graph("Where", graph("Less", x, float(knots[0])), float(values[0]), line)
    return graph("Where", graph("GreaterOrEqual", x, float(knots[-1])), float(values[-1]), low)


_FUNCTIONS: dict[str, Any] = {
    "identity": lambda graph, x, _: x,
    "log": lambda graph, x, _: graph("Log", x),
    "log1p": lambda graph, x, _: graph("Log", graph("Add", x, 1.0)),
    "yeo_johnson": _yeo_johnson,
    "interpolate": _interpolate,
}
"""By `coterie.scaling.FUNCTIONS`, on a column of shape (n, 1)."""


def _onnx(run: Run, path: Path) -> None:
    path.write_bytes(onnx_of(run.model).SerializeToString())


EXPORTS.add(Export("onnx", "An ONNX graph from features to clusters:", ".onnx", _onnx))
