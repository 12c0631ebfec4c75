#!/usr/bin/env bash
# Package: scipy 1.17.1, from PyPI.
#
# scipy.io.arff.loadarff reads as many cells of a row as there are attributes and looks at no further one:
# a row with a cell too many is taken without an error or a warning, and if the cell that is too many
# stands further left, every cell behind it is read as that of the next attribute. A row with a cell too
# few is an IndexError. liac-arff 2.5.0 refuses both, with the row.
#
# A decimal comma is enough: "1,5,20,200" under three attributes is read as 1, 5, 20.
# And a missing nominal cell (?) is the same bytes as the word '?' in quotes, so the two cannot be told apart.
#
# Seen:
#
#   two attributes, a row of three cells: [(1.0, 2.0)]
#   three attributes, a decimal comma: [(1.0, 5.0, 20.0), (2.5, 30.0, 300.0)]
#   a row of one cell: IndexError
#   the word '?' and a missing cell: [(b'?',), (b'?',)]
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install scipy==1.17.1 numpy==2.4.6

cat > look.py << 'END'
import io
import warnings

from scipy.io.arff import loadarff

warnings.simplefilter("error")


def read(types, *rows):
    lines = ["@relation r"]
    lines += [f"@attribute a{i} {kind}" for i, kind in enumerate(types)]
    return loadarff(io.StringIO("\n".join([*lines, "@data", *rows, ""])))[0].tolist()


number = "numeric"
calls = {
    "two attributes, a row of three cells": lambda: read([number] * 2, "1,2,3"),
    "three attributes, a decimal comma": lambda: read([number] * 3, "1,5,20,200", "2.5,30,300"),
    "a row of one cell": lambda: read([number] * 2, "1"),
    "the word '?' and a missing cell": lambda: read(["{'?', a}"], "'?'", "?"),
}
for name, call in calls.items():
    try:
        print(f"{name}: {call()}")
    except Exception as error:
        print(f"{name}: {type(error).__name__}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
two attributes, a row of three cells: [(1.0, 2.0)]
three attributes, a decimal comma: [(1.0, 5.0, 20.0), (2.5, 30.0, 300.0)]
a row of one cell: IndexError
the word '?' and a missing cell: [(b'?',), (b'?',)]
END
