#!/usr/bin/env bash
# Package: Cython 3.3.1 (and numpy 2.4.6, which is compiled with a Cython 3), from PyPI.
#
# A parameter that is declared as a C integer drops the fraction of whatever has an __int__: floats, but
# Fraction, Decimal and NumPy's floats too, with no warning at any level. CPython's own functions have
# refused all of these since 3.10 at the latest. Only Py_ssize_t is converted as CPython does it; size_t, int64_t and an
# enum are not, so that changing a parameter's type from one integer to another of the same width changes
# what it accepts. A size_t takes -0.9 as 0, though it refuses -1. And a module in pure Python mode does
# one thing before it is compiled and another after: f(2.7) is 2.7, and then 2; range(2.7) raises a
# TypeError, and then counts to 2.
#
# In a library: numpy.random.Generator.spawn(2.7) makes two children, where the spawn() of the generator's
# own seed sequence, which it stands for, raises a TypeError.
#
# Seen:
#
#   interpreted  as_int(2.7) = 2.7                  compiled  as_int(2.7) = 2
#   interpreted  as_int(Fraction(27, 10)) = 27/10   compiled  as_int(Fraction(27, 10)) = 2
#   interpreted  as_int(Decimal('2.7')) = 2.7       compiled  as_int(Decimal('2.7')) = 2
#   interpreted  as_size(-0.9) = -0.9               compiled  as_size(-0.9) = 0
#   interpreted  as_size(-1) = -1                   compiled  as_size(-1): OverflowError
#   interpreted  as_index(2.7) = 2.7                compiled  as_index(2.7): TypeError
#   interpreted  count(2.7): TypeError              compiled  count(2.7) = 2
#   Generator.spawn(2.7): 2 children                SeedSequence.spawn(2.7): TypeError
#
# Needs Python 3.11 or newer with its headers, and a C compiler. Ends with code 0 while all of this is so,
# else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install Cython==3.3.1 setuptools==80.9.0 numpy==2.4.6

cat > integers.py << 'END'
import cython


def as_int(n: cython.int):
    return n


def as_size(n: cython.size_t):
    return n


def as_index(n: cython.Py_ssize_t):
    return n


def count(n: cython.int):
    counted = 0
    for _ in range(n):
        counted += 1
    return counted
END

mkdir compiled
cp integers.py compiled/
(cd compiled && ../venv/bin/cythonize --quiet -3 --inplace integers.py && rm integers.py)

cat > look.py << 'END'
import sys
import warnings
from decimal import Decimal
from fractions import Fraction

import integers

warnings.simplefilter("error")
calls = [
    ("as_int", 2.7),
    ("as_int", Fraction(27, 10)),
    ("as_int", Decimal("2.7")),
    ("as_size", -0.9),
    ("as_size", -1),
    ("as_index", 2.7),
    ("count", 2.7),
]
for name, value in calls:
    try:
        print(f"{name}({value!r}) = {getattr(integers, name)(value)}")
    except (TypeError, OverflowError) as error:
        print(f"{name}({value!r}): {type(error).__name__}")
END

cat > spawn.py << 'END'
import numpy as np

generator = np.random.default_rng(0)
print(f"Generator.spawn(2.7): {len(generator.spawn(2.7))} children")
try:
    generator.bit_generator.seed_seq.spawn(2.7)
except TypeError:
    print("SeedSequence.spawn(2.7): TypeError")
END

{
    PYTHONPATH=. venv/bin/python look.py | sed 's/^/interpreted  /'
    PYTHONPATH=compiled venv/bin/python -P look.py | sed 's/^/compiled  /'
    venv/bin/python spawn.py
} | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
interpreted  as_int(2.7) = 2.7
interpreted  as_int(Fraction(27, 10)) = 27/10
interpreted  as_int(Decimal('2.7')) = 2.7
interpreted  as_size(-0.9) = -0.9
interpreted  as_size(-1) = -1
interpreted  as_index(2.7) = 2.7
interpreted  count(2.7): TypeError
compiled  as_int(2.7) = 2
compiled  as_int(Fraction(27, 10)) = 2
compiled  as_int(Decimal('2.7')) = 2
compiled  as_size(-0.9) = 0
compiled  as_size(-1): OverflowError
compiled  as_index(2.7): TypeError
compiled  count(2.7) = 2
Generator.spawn(2.7): 2 children
SeedSequence.spawn(2.7): TypeError
END
