"""What leaves a run: model files and lists."""

from coterie.exports import audiences, lists, onnx, sklearn_model, sql  # noqa: F401  (each registers its formats)
from coterie.exports.formats import EXPORTS, Export
from coterie.exports.leave import export

__all__ = ["EXPORTS", "Export", "export"]
