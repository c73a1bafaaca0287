"""The fixtures of parity: one real run, and the databases that read it."""

from postgres import postgres  # noqa: F401
from spark import spark, spark_application  # noqa: F401
from truth import truth  # noqa: F401
