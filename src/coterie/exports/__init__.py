"""What leaves a run: model files and lists."""

from coterie.exports import lists, sklearn_model  # noqa: F401  (each registers its formats)
from coterie.exports.formats import EXPORTS, Export

__all__ = ["EXPORTS", "Export"]
