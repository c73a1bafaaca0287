"""Builds the compiled kernels; everything else about the package stands in pyproject.toml.

The extension is optional: where there is no compiler the installation goes on without it, and the same results come from
NumPy and SciPy, more slowly. It uses Python's limited API, so one build serves every Python from 3.11 on.
"""

from __future__ import annotations

from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

NATIVE = Path("src/coterie/kernels/native")

# Nothing that lets results depend on the machine: no -march=native, no -ffast-math, no fused multiply-add.
FLAGS = {
    "unix": ["-std=c11", "-O3", "-fno-math-errno", "-ffp-contract=off"],
    "msvc": ["/std:c11", "/O2", "/fp:precise"],
}


class BuildKernels(build_ext):
    """Compile with the flags of the compiler at hand."""

    def build_extensions(self) -> None:
        """Add the flags, then build."""
        for extension in self.extensions:
            extension.extra_compile_args = FLAGS.get(self.compiler.compiler_type, [])
        super().build_extensions()


setup(
    ext_modules=[
        Extension(
            "coterie.kernels._native",
            sources=sorted(path.as_posix() for path in NATIVE.glob("*.c")),
            depends=sorted(path.as_posix() for path in NATIVE.glob("*.h")),
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            py_limited_api=True,
            optional=True,
        )
    ],
    cmdclass={"build_ext": BuildKernels},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
