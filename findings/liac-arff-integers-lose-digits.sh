#!/usr/bin/env bash
# Package: liac-arff 2.5.0, from PyPI.
#
# liac-arff reads a cell of an attribute declared INTEGER by int(float(cell)): the fraction is dropped
# towards zero, and digits beyond 2^53 are rounded, without an error or a warning. The manual of Weka, whose
# format ARFF is, says that integer is treated as numeric; scipy.io.arff 1.17.1 keeps the fractions. So a
# column whose declaration is wrong, as of a table that got fractions later, is changed: 0.4 becomes 0. And
# an integer that identifies something becomes another one, though Python's has room for all digits.
#
# Seen:
#
#   INTEGER 1.9: 1
#   INTEGER -0.9: 0
#   INTEGER 9007199254740993: 9007199254740992
#   NUMERIC 1.9: 1.9
#   1.9 written to an INTEGER attribute and read again: 1
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install liac-arff==2.5.0

cat > look.py << 'END'
import warnings

import arff

warnings.simplefilter("error")


def read(kind, cell):
    text = f"@relation r\n@attribute a {kind}\n@data\n{cell}\n"
    return arff.loads(text)["data"][0][0]


for kind, cell in [
    ("INTEGER", "1.9"),
    ("INTEGER", "-0.9"),
    ("INTEGER", "9007199254740993"),
    ("NUMERIC", "1.9"),
]:
    print(f"{kind} {cell}: {read(kind, cell)}")
table = {"relation": "r", "attributes": [("a", "INTEGER")], "data": [[1.9]]}
again = arff.loads(arff.dumps(table))["data"][0][0]
print(f"1.9 written to an INTEGER attribute and read again: {again}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
INTEGER 1.9: 1
INTEGER -0.9: 0
INTEGER 9007199254740993: 9007199254740992
NUMERIC 1.9: 1.9
1.9 written to an INTEGER attribute and read again: 1
END
