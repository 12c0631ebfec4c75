#!/usr/bin/env bash
# Package: numpy 2.4.6, from PyPI.
#
# Generator.integers(low, high) takes bounds that are floats, and drops their fractions towards zero before
# it draws from [low, high). So it can give numbers outside the bounds that were asked for, and never
# gives some that lie inside, without a warning:
#
#   - integers(0.9, 1.9) is always 0, which is below 0.9; the one integer in [0.9, 1.9), 1, never comes.
#   - integers(0, 5.9) never gives 5.
#   - integers(-0.9, 0.9) is refused ("low >= high"), though 0 lies in between.
#   - integers(0.9, 1.9, endpoint=True) gives 0 and 1.
#
# The same goes for arrays of floats and for RandomState.randint, while shape, size and shuffles refuse
# floats. random.randrange of the standard library has refused them since Python 3.12.
#
# Seen, of 10,000 draws each:
#
#   integers(0.9, 1.9): [0]
#   integers([0.9], [1.9]): [0]
#   integers(0, 5.9): [0, 1, 2, 3, 4]
#   integers(0.9, 1.9, endpoint=True): [0, 1]
#   integers(-0.9, 0.9): ValueError
#   randint(0.9, 1.9): [0]
#   integers(0, 9, size=2.7): TypeError
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install numpy==2.4.6

cat > look.py << 'END'
import warnings

import numpy as np

warnings.simplefilter("error")
draw = np.random.default_rng(0).integers
calls = {
    "integers(0.9, 1.9)": lambda: draw(0.9, 1.9, size=10_000),
    "integers([0.9], [1.9])": lambda: draw([0.9], [1.9], size=10_000),
    "integers(0, 5.9)": lambda: draw(0, 5.9, size=10_000),
    "integers(0.9, 1.9, endpoint=True)": lambda: draw(0.9, 1.9, size=10_000, endpoint=True),
    "integers(-0.9, 0.9)": lambda: draw(-0.9, 0.9, size=10_000),
    "randint(0.9, 1.9)": lambda: np.random.RandomState(0).randint(0.9, 1.9, size=10_000),
    "integers(0, 9, size=2.7)": lambda: draw(0, 9, size=2.7),
}
for name, call in calls.items():
    try:
        print(f"{name}: {np.unique(call()).tolist()}")
    except (TypeError, ValueError) as error:
        print(f"{name}: {type(error).__name__}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
integers(0.9, 1.9): [0]
integers([0.9], [1.9]): [0]
integers(0, 5.9): [0, 1, 2, 3, 4]
integers(0.9, 1.9, endpoint=True): [0, 1]
integers(-0.9, 0.9): ValueError
randint(0.9, 1.9): [0]
integers(0, 9, size=2.7): TypeError
END
