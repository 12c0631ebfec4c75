"""Builds fastbp's compiled modules; everything else about the package is in pyproject.toml."""

import os

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# Compiled module -> its source. Kernel modules know pointers and sizes; the boundary knows Python.
MODULES = {
    "fastbp._boundary": "src/boundary.pyx",
    "fastbp._plain_float32": "src/plain_float32.pyx",
    "fastbp._plain_float64": "src/plain_float64.pyx",
}

# Compiler kind -> flags. A compiler that is not listed gets none: no flag is assumed.
FLAGS = {
    "unix": [
        "-O3",  # vectorises the j loops; -O2 does so only in newer compilers
        "-fno-math-errno",  # sqrt becomes one instruction
        "-fno-trapping-math",  # lets a compare and select replace a branch; keeps NaN and inf right
        "-ffp-contract=off",  # the same bits whether or not the machine has a fused multiply-add
        "-g0",  # debug information would triple the wheel
    ],
    "msvc": ["/O2"],  # its highest level; untried so far
}
SHARED = [
    "src/kernels.pxd",
    "src/kernel_module.pxi",
    "src/scalar.pxi",
    "src/rows.pxi",
    "src/plain.pxi",
    "src/output.pxi",
]

DIRECTIVES = {
    "language_level": 3,  # Python 3's division and text
    "boundscheck": False,  # indices come from validated sizes; FASTBP_DEBUG=1 checks them
    "wraparound": False,  # no index is negative
    "initializedcheck": False,  # no memoryview is declared before it is assigned
    "cdivision": True,  # no divisor is ever zero: batches and widths are at least 1
    "freethreading_compatible": False,  # until it has been tested on a free-threaded build
}
DEBUG = {
    "boundscheck": True,
    "wraparound": True,
    "initializedcheck": True,
    "nonecheck": True,
    "cdivision": False,
}


class BuildExt(build_ext):
    """Gives every module the flags of the compiler that was found."""

    def build_extensions(self):
        """Choose the flags, now that the compiler is known."""
        flags = FLAGS.get(self.compiler.compiler_type, [])
        if os.environ.get("FASTBP_DEBUG") == "1":
            flags = ["-O1", "-g", "-UNDEBUG", "-DFASTBP_DEBUG"]
        for extension in self.extensions:
            extension.extra_compile_args = flags
        super().build_extensions()


debug = os.environ.get("FASTBP_DEBUG") == "1"
setup(
    # Listed, because src/ is no package folder: setuptools would search it and nothing else.
    packages=["fastbp", "fastbp.bench", "fastbp.commands", "fastbp.table", "fastbp.validation"],
    ext_modules=cythonize(
        [Extension(name, [source], depends=SHARED) for name, source in MODULES.items()],
        include_path=["src"],
        compiler_directives=DIRECTIVES | (DEBUG if debug else {}),
        build_dir="build/debug" if debug else "build/cython",
    ),
    cmdclass={"build_ext": BuildExt},
)
