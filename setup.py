"""Builds fastbp's compiled modules; everything else about the package is in pyproject.toml."""

import json
import os
import shutil
import sys
from copy import copy
from pathlib import Path
from unittest import mock

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT / "src" / name) for name in (".", "simd", "ladder")]
import build_rungs as ladder  # what the benchmark's rungs need besides, in src/ladder/
import tiles  # the generator of the tuned kernels' register tiles, in src/simd/

import operation_files  # what the sources take from fastbp/operations.py
import sets
import sources

# Compiled module -> its source. Kernel modules know pointers and sizes; the boundary knows Python.
MODULES = {
    "fastbp._boundary": "src/engine/boundary.pyx",
    "fastbp._cpu": "src/engine/cpu.pyx",
    "fastbp._plain_float32": "src/kernels/plain/plain_float32.pyx",
    "fastbp._plain_float64": "src/kernels/plain/plain_float64.pyx",
    "fastbp._plain_bfloat16": "src/kernels/bfloat16/plain_bfloat16.pyx",
}

# The ladder's modules, in fastbp.bench -> their sources in src/ladder/. Where the compiler fails on
# one, a rung is left out, and the ladder says so.
RUNGS = {
    "driver": "driver.pyx",
    "untyped": "untyped.pyx",
    "pure_mode": "pure_mode.py",
    "memoryviews_checked": "memoryviews_checked.pyx",
    "memoryviews": "memoryviews.pyx",
    "pointers": "pointers.pyx",
    "axpy": "axpy.pyx",
    "reassociated": "reassociated.pyx",
    "blas": "blas.pyx",
    "c": "c.pyx",
}
if os.environ.get("FASTBP_OPENMP") == "1":  # else a child of fork could wait for its threads
    RUNGS["openmp"] = "openmp.pyx"
TUNED_RUNGS = ["simd", "tiles"]  # built for each kernel set and number type
GENERATED = Path("build/generated")
for file, text in (operation_files.texts() | sets.table_files()).items():
    sources.FILES[file] = sources.write_if_new(GENERATED / file, text)
LADDER = "fastbp.bench._"  # what the modules' names begin with

# setuptools gives CFLAGS and LDFLAGS to compiler and linker, before these. With these the object
# code is that of a build without CFLAGS, whatever of fast math those ask for: seen with GCC 12,
# Clang 14 and 19. -O3 ends -Ofast; -fno-fast-math ends the rest for Clang, but not for GCC.
NO_FAST_MATH = ["-O3", "-fno-fast-math", "-fno-unsafe-math-optimizations"]
# Compiler kind -> flags. A compiler that is not listed gets none: no flag is assumed.
FLAGS = {
    "unix": [
        *NO_FAST_MATH,  # -O3: at -O2, GCC 11 and 12 vectorise none of the j loops; Clang does
        "-fno-math-errno",  # sqrt becomes one instruction
        "-fno-trapping-math",  # lets a compare and select replace a branch; keeps NaN and inf right
        "-ffp-contract=off",  # the same bits whether or not the machine has a fused multiply-add
        # Where a loop lies in its cache lines is its own function's doing: 32 bytes on, the same
        # gather took half as long again.
        "-falign-functions=64",
        "-g0",  # debug information would triple the wheel
    ],
    "msvc": ["/O2"],  # its highest level; untried so far
}
# Compiler kind -> flags of the linker. GCC, and Clang before 19, link a module whose linker is told
# of fast math with code that makes the thread that imports it, and those it starts, flush
# subnormal numbers to zero.
LINK_FLAGS = {"unix": NO_FAST_MATH}
DEBUG_FLAGS = [*NO_FAST_MATH, "-O1", "-g", "-UNDEBUG", "-DFASTBP_DEBUG"]
# Relative, so that a cache of compilations knows the same tree in another place again.
INCLUDES = [*map(os.path.relpath, sources.FOLDERS), str(GENERATED)]

DIRECTIVES = {
    "language_level": 3,  # Python 3's division and text
    "boundscheck": False,  # indices come from validated sizes; FASTBP_DEBUG=1 checks them
    "wraparound": False,  # no index is negative
    "initializedcheck": False,  # no memoryview is declared before it is assigned
    # No divisor is ever zero: batches and widths are at least 1. It is no check, and the same in
    # the debug build: with it, `/` of two C integers truncates, and `//` and `%` round to zero.
    "cdivision": True,
    "freethreading_compatible": False,  # until it has been tested on a free-threaded build
}
DEBUG = {  # checks alone: what an ordinary build computes, this one computes too
    "boundscheck": True,  # a negative index is an error as well
    "initializedcheck": True,
    "nonecheck": True,
}


# FASTBP_SANITIZE=address,undefined or =thread: the compiler's own checks of memory, of what C
# leaves undefined, and of races. The program that they run in must load their library first: see
# the Makefile.
SANITIZE = os.environ.get("FASTBP_SANITIZE", "")
SANITIZER = f"-fsanitize={SANITIZE}".replace("undefined", "undefined,float-cast-overflow")
SANITIZED_FLAGS = [
    *NO_FAST_MATH,
    SANITIZER,
    "-fno-sanitize-recover=all",  # what is found ends the run
    "-fno-omit-frame-pointer",  # whole stacks in the reports
    "-ffp-contract=off",  # the same bits as an ordinary build
    "-O1",  # fast enough, and still what was written
    "-g",
]

# Rung -> flags beyond everybody's, for compiling alone: see LINK_FLAGS.
OBJECTS = ["-O2"]  # nothing but Python objects in there: -O3 only takes longer
# Two rungs must not differ by where a loop happens to lie: over the end of a cache line it may
# take half as long again.
ALIGNED = ["-falign-loops=64"]
RUNG_FLAGS = {
    "driver": OBJECTS,
    "untyped": OBJECTS,
    "pure_mode": OBJECTS,
    "reassociated": [
        "-fassociative-math",  # a sum may be taken in any order
        "-fno-signed-zeros",  # which that needs: the order shows in the sign of a zero
        "-fno-trapping-math",  # and this: another order may overflow elsewhere
    ],
    "openmp": ["-fopenmp"],
}
RUNG_LINKS = {"openmp": ["-fopenmp"]}  # with the compiler's own library

OWN_FLAGS = {}  # compiled module -> the flags that are its alone


def extension(name, source, macros=(), generators=()):
    """Describe one module; it is built again when anything that its source reads changes."""
    path = sources.FILES.get(Path(source).name, Path(source))  # or a generated one
    read = [*map(str, sources.includes_of(path)), *map(str, generators)]
    return Extension(
        name, [str(source)], define_macros=[*macros], depends=read, include_dirs=INCLUDES
    )


def extensions():
    """List the modules; the sources of the tuned ones are written first."""
    for name, source in MODULES.items():
        yield extension(name, source)
    for name, shape, macros, flags in [*sets.tuned_sets(), *sets.bfloat16_sets()]:
        OWN_FLAGS[f"fastbp._{name}"] = flags
        source = tiles.write(GENERATED, name, *shape)
        yield extension(f"fastbp._{name}", source, macros, [tiles.__file__])


def rungs():
    """List the ladder's modules, in the same way."""
    for rung, source in RUNGS.items():
        own = [*ALIGNED, *RUNG_FLAGS.get(rung, [])]
        OWN_FLAGS[f"{LADDER}{rung}"] = own if sys.platform != "win32" else []
        yield extension(f"{LADDER}{rung}", f"src/ladder/{source}")
    for name, shape, macros, flags in sets.tuned_sets():
        for rung in TUNED_RUNGS:
            OWN_FLAGS[f"{LADDER}{rung}_{name}"] = [*ALIGNED, *flags]
            source = ladder.write_tuned(GENERATED / "ladder", rung, name, *shape)
            yield extension(f"{LADDER}{rung}_{name}", source, macros, [tiles.__file__])


class BuildExt(build_ext):
    """Gives every module the flags of the compiler that was found."""

    def finalize_options(self):
        """Compile as many modules at a time as there are cores, unless told otherwise."""
        super().finalize_options()
        affinity = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
        self.parallel = self.parallel or len(affinity(0))

    def run(self):
        """Leave compiler and flags in the package: what figures of `fastbp bench` rest on."""
        super().run()
        kinds = {
            extension.name.partition("._")[2]: extension.extra_compile_args
            for extension in self.extensions
        }
        flags = {
            kind.removesuffix("_float32"): flags_of_kind
            for kind, flags_of_kind in kinds.items()
            if not kind.endswith("_float64")  # the same for both number types
        }
        in_place = self.inplace or getattr(self, "editable_mode", False)
        folder = Path("" if in_place else self.build_lib, "fastbp", "bench")
        folder.mkdir(parents=True, exist_ok=True)
        names = ladder.compilers.ENVIRONMENT
        environment = {name: os.environ[name] for name in names if os.environ.get(name)}
        built = {
            "compiler": self.version or None,
            "flags": flags,
            "environment": environment,
            "rungs": self.of_rungs,
        }
        (folder / "build.json").write_text(json.dumps(built, indent=1) + "\n", encoding="utf-8")

    def build_extensions(self):
        """Choose the flags, now that the compiler is known."""
        self.kind, self.version = ladder.compilers.compiler_of(self.compiler.compiler)
        flags = FLAGS.get(self.compiler.compiler_type, [])
        if os.environ.get("FASTBP_DEBUG") == "1":
            flags = DEBUG_FLAGS
        if SANITIZE:
            flags = SANITIZED_FLAGS
        link_flags = LINK_FLAGS.get(self.compiler.compiler_type, []) + [SANITIZER] * bool(SANITIZE)
        for extension in self.extensions:
            extension.extra_compile_args = ladder.compilers.supported(
                [*flags, *OWN_FLAGS.get(extension.name, [])], self.kind
            )
            # A compiler without a set's flags still builds the plain one. (cythonize forgets this.)
            extension.optional = extension.name in OWN_FLAGS
            extension.extra_link_args = [
                *ladder.compilers.supported(link_flags, self.kind),
                *RUNG_LINKS.get(extension.name.removeprefix(LADDER), []),
            ]
        self.of_rungs = {  # for a Cython file of the user's own: `fastbp bench --rung kern.pyx`
            "directives": directives,
            "flags": [*flags, *(ALIGNED if sys.platform != "win32" else [])],
            "link_flags": link_flags,
        }
        super().build_extensions()
        ladder.install_sources(self.beside_rungs("sources"))

    def build_extension(self, extension):
        """Say what is missing where a module that every build needs cannot be compiled."""
        try:
            if extension.name.startswith(LADDER):
                self.build_rung(extension)
            else:
                super().build_extension(extension)
        except CompileError as error:
            if extension.optional:
                raise
            raise CompileError(
                f"{error}\nfastbp is compiled when it is installed from source: that needs a C "
                f"compiler (tried: {' '.join(self.compiler.compiler[:1])}; CC names another) and "
                "Python's headers. On Debian and Ubuntu: apt install gcc python3-dev"
            ) from error

    def build_rung(self, extension):
        """Keep what the compiler says about a rung's loops."""
        name = extension.name.removeprefix(LADDER)
        remarks_path = Path(self.build_temp, f"{name}.remarks")
        remarks_path.parent.mkdir(parents=True, exist_ok=True)
        flags = " ".join(extension.extra_compile_args)
        reporting = ladder.compilers.REPORT_FLAGS.get(self.kind, []) if name != "driver" else []
        asking = copy(extension)  # the flags that ask for a report are not the module's own
        asking.extra_compile_args = [
            *extension.extra_compile_args,
            *(flag.format(file=remarks_path) for flag in reporting),
        ]
        # ccache answers from its store without writing GCC's report again (4.7.5).
        with mock.patch.dict(os.environ, CCACHE_DISABLE="1"):
            super().build_extension(asking)
        if remarks_path.exists():
            report = ladder.report(self.kind, remarks_path.read_text("utf-8", errors="replace"))
            path = self.beside_rungs("reports") / f"{name}.txt"
            path.write_text(f"# {self.version}: {flags}\n{report}", encoding="utf-8")
            remarks_path.unlink()

    def beside_rungs(self, name):
        """Make a folder beside the rungs' modules."""
        folder = Path(self.get_ext_fullpath(f"{LADDER}driver")).parent / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def copy_extensions_to_source(self):
        """Where modules are built in place, copy what lies beside them too."""
        super().copy_extensions_to_source()
        for name in ("sources", "reports"):
            built = Path(self.build_lib, "fastbp", "bench", name)
            if built.exists():
                shutil.copytree(built, Path("fastbp", "bench", name), dirs_exist_ok=True)


debug = os.environ.get("FASTBP_DEBUG") == "1"
directives = DIRECTIVES | (DEBUG if debug else {})


def cythonized(modules, **options):
    """Translate modules to C."""
    return cythonize(
        list(modules),
        include_path=INCLUDES,
        compiler_directives=directives,
        build_dir="build/debug" if debug else "build/cython",
        cache=bool(os.environ.get("CYTHON_CACHE_DIR")),
        **options,
    )


modules = cythonized(extensions())
# Their compiler's remarks, and a debugger, are to speak of the lines of the rungs.
rung_modules = cythonized(rungs(), emit_linenums=True)
for module in rung_modules:
    ladder.compilers.restore_lines(Path(module.sources[0]))
setup(
    # Listed, because src/ is no package folder: setuptools would search it and nothing else.
    packages=[
        "fastbp",
        "fastbp.bench",
        "fastbp.bench.pictures",
        "fastbp.bench.rungs",
        "fastbp.checks",
        "fastbp.cli",
        "fastbp.drawing",
        "fastbp.inputs",
        "fastbp.interchange",
        "fastbp.learner_code",
        "fastbp.lessons",
        "fastbp.lessons.explorer",
        "fastbp.lessons.quizzes",
        "fastbp.lessons.quizzes.kinds",
        "fastbp.model",
        "fastbp.model_file",
        "fastbp.pictures",
        "fastbp.sklearn",
        "fastbp.tables",
        "fastbp.tables.kinds",
        "fastbp.tabular",
        "fastbp.tabular.evaluation",
        "fastbp.text",
        "fastbp.training",
    ],
    ext_modules=[*modules, *rung_modules],
    cmdclass={"build_ext": BuildExt},
)
