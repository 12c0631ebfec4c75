#!/usr/bin/env bash
# Package: joblib 1.6.0 (with numpy 2.4.6), from PyPI.
#
# joblib.dump writes a NumPy array anew each time that it meets it, and joblib.load makes an array of each copy. So
# two layers that share one array of weights are no longer tied after loading: a step that changes the one in
# place leaves the other as it was. Nothing is said. pickle and copy.deepcopy keep what is shared, and so does
# joblib.dump with lists and with objects of one's own; it is the arrays that are split. An array that stands
# in ten places takes its size ten times in the file.
#
# Memory stores results in the same way. So a cached function returns tied arrays when it is called first, and
# separate ones from then on.
#
# Tie the weights again after loading, or hold the array in an object of one's own and share that.
#
# Seen:
#
#   copy.deepcopy: tied True, after a step on the first the second is [1.0, 1.0]
#   pickle: tied True, after a step on the first the second is [1.0, 1.0]
#   joblib: tied False, after a step on the first the second is [0.0, 0.0]
#   joblib, a list in two places: one list True
#   joblib, an object that holds the array in two places: one array True
#   an array of 800000 bytes in ten places: pickle below 900000 bytes True, joblib above 8000000 True
#   Memory, call 1: tied True
#   Memory, call 2: tied False
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install joblib==1.6.0 numpy==2.4.6

cat > look.py << 'END'
import copy
import os
import pickle
import warnings

import joblib
import numpy as np

warnings.simplefilter("error")


class Weights:
    def __init__(self, array):
        self.array = array


def dumped(thing):
    joblib.dump(thing, "thing.joblib")
    return joblib.load("thing.joblib")


ways = {"copy.deepcopy": copy.deepcopy, "pickle": lambda thing: pickle.loads(pickle.dumps(thing)), "joblib": dumped}
for name, way in ways.items():
    weights = np.zeros(2)
    network = way({"encoder": weights, "decoder": weights})
    tied = network["encoder"] is network["decoder"]
    network["encoder"] += 1
    print(f"{name}: tied {tied}, after a step on the first the second is {network['decoder'].tolist()}")
inner = [1, 2]
first, second = dumped([inner, inner])
print(f"joblib, a list in two places: one list {first is second}")
held = Weights(np.zeros(2))
first, second = dumped([held, held])
print(f"joblib, an object that holds the array in two places: one array {first.array is second.array}")
ten = [np.zeros(100_000)] * 10
dumped(ten)
small, large = len(pickle.dumps(ten)) < 900_000, os.path.getsize("thing.joblib") > 8_000_000
print(f"an array of 800000 bytes in ten places: pickle below 900000 bytes {small}, joblib above 8000000 {large}")


@joblib.Memory("cache", verbose=0).cache
def start():
    weights = np.zeros(2)
    return {"encoder": weights, "decoder": weights}


for call in (1, 2):
    network = start()
    print(f"Memory, call {call}: tied {network['encoder'] is network['decoder']}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
copy.deepcopy: tied True, after a step on the first the second is [1.0, 1.0]
pickle: tied True, after a step on the first the second is [1.0, 1.0]
joblib: tied False, after a step on the first the second is [0.0, 0.0]
joblib, a list in two places: one list True
joblib, an object that holds the array in two places: one array True
an array of 800000 bytes in ten places: pickle below 900000 bytes True, joblib above 8000000 True
Memory, call 1: tied True
Memory, call 2: tied False
END
