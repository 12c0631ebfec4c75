"""Builds fastbp's compiled modules; everything else about the package is in pyproject.toml."""

import os
import sys
import sysconfig
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

sys.path.insert(0, str(Path(__file__).parent / "src"))
import tiles  # the generator of the tuned kernels' register tiles, in src/

# Compiled module -> its source. Kernel modules know pointers and sizes; the boundary knows Python.
MODULES = {
    "fastbp._boundary": "src/boundary.pyx",
    "fastbp._cpu": "src/cpu.pyx",
    "fastbp._plain_float32": "src/plain_float32.pyx",
    "fastbp._plain_float64": "src/plain_float64.pyx",
}

# Tuned kernel set -> machine, vector registers, bytes in one, and the compiler's name for it. Each
# is built for both number types, where the compiler takes GCC's flags.
KERNEL_SETS = {
    "v3": ("x86_64", 16, 32, "x86-64-v3"),
    "v4": ("x86_64", 32, 64, "x86-64-v4"),
    "neon": ("aarch64", 25, 16, "armv8-a"),  # has 32: see MOST_ROWS in src/tiles.py
}
NUMBER_TYPES = {"float32": ("float", 32), "float64": ("double", 64)}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}  # other systems' names


def target():
    """The machine that is built for: Python's platform, which tells of cross-compiling too."""
    machine = sysconfig.get_platform().rpartition("-")[2]
    return MACHINES.get(machine, machine)


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
TUNED_FLAGS = [
    "-ffp-contract=fast",  # one instruction for x * b + c: half the work, and one rounding less
    "-fno-tree-loop-distribute-patterns",  # rows are short: a call of memcpy takes longer
]
SHARED = [
    "src/kernels.pxd",
    "src/kernel_module.pxi",
    "src/scalar.pxi",
    "src/rows.pxi",
    "src/plain.pxi",
    "src/output.pxi",
    "src/memory.pxi",
    "src/order.pxi",
    "src/call.pxi",
    "src/pass.pxi",
    "src/epochs.pxi",
    "src/team.h",
]
TUNED = [
    *SHARED,
    "src/tuned.pxi",
    "src/tuned_kernels.pxi",
    "src/small_networks.pxi",
    "src/tuned_output.pxi",
    "src/narrow_output.pxi",
    "src/tuned_update.pxi",
    "src/vector_maths.pxi",
    "src/peak.pxi",
    "src/simd.h",
    "src/tiles.py",
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


# FASTBP_SANITIZE=address,undefined or =thread: the compiler's own checks of memory, of what C
# leaves undefined, and of races. The program that they run in must load their library first: see
# the Makefile.
SANITIZE = os.environ.get("FASTBP_SANITIZE", "")
SANITIZER = f"-fsanitize={SANITIZE}".replace("undefined", "undefined,float-cast-overflow")
SANITIZED_FLAGS = [
    SANITIZER,
    "-fno-sanitize-recover=all",  # what is found ends the run
    "-fno-omit-frame-pointer",  # whole stacks in the reports
    "-ffp-contract=off",  # the same bits as an ordinary build
    "-O1",  # fast enough, and still what was written
    "-g",
]

OWN_FLAGS = {}  # compiled module -> the flags that are its alone


def extensions():
    """List the modules; the sources of the tuned ones are written first."""
    for name, source in MODULES.items():
        yield Extension(name, [source], depends=SHARED, include_dirs=["src"])
    for prefix, (machine, registers, width, march) in KERNEL_SETS.items():
        if machine != target() or sys.platform == "win32":
            continue
        for dtype, (number_type, bits) in NUMBER_TYPES.items():
            name = f"{prefix}_{dtype}"
            source = tiles.write(
                Path("build/generated"), name, registers, width * 8 // bits, number_type
            )
            extension = Extension(f"fastbp._{name}", [str(source)], depends=TUNED)
            extension.include_dirs = ["src"]
            extension.define_macros = [("VECTOR_BYTES", str(width)), ("REAL_BITS", str(bits))]
            OWN_FLAGS[extension.name] = [f"-march={march}", *TUNED_FLAGS]
            yield extension


class BuildExt(build_ext):
    """Gives every module the flags of the compiler that was found."""

    def build_extensions(self):
        """Choose the flags, now that the compiler is known."""
        flags = FLAGS.get(self.compiler.compiler_type, [])
        if os.environ.get("FASTBP_DEBUG") == "1":
            flags = ["-O1", "-g", "-UNDEBUG", "-DFASTBP_DEBUG"]
        if SANITIZE:
            flags = SANITIZED_FLAGS
        for extension in self.extensions:
            extension.extra_compile_args = [*flags, *OWN_FLAGS.get(extension.name, [])]
            # A compiler without a set's flags still builds the plain one. (cythonize forgets this.)
            extension.optional = extension.name in OWN_FLAGS
            extension.extra_link_args = [SANITIZER] if SANITIZE else []
        super().build_extensions()

    def build_extension(self, extension):
        """Say what is missing where a module that every build needs cannot be compiled."""
        try:
            super().build_extension(extension)
        except CompileError as error:
            if extension.optional:
                raise
            raise CompileError(
                f"{error}\nfastbp is compiled when it is installed from source: that needs a C "
                f"compiler (tried: {' '.join(self.compiler.compiler[:1])}; CC names another) and "
                "Python's headers. On Debian and Ubuntu: apt install gcc python3-dev"
            ) from error


debug = os.environ.get("FASTBP_DEBUG") == "1"
setup(
    # Listed, because src/ is no package folder: setuptools would search it and nothing else.
    packages=["fastbp", "fastbp.bench", "fastbp.commands", "fastbp.table", "fastbp.validation"],
    ext_modules=cythonize(
        list(extensions()),
        include_path=["src"],
        compiler_directives=DIRECTIVES | (DEBUG if debug else {}),
        build_dir="build/debug" if debug else "build/cython",
    ),
    cmdclass={"build_ext": BuildExt},
)
