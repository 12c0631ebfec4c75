#!/usr/bin/env bash
# Package: @mcptoolshop/backprop-trace 1.0.0 (with node 22.23.3), from npm.
#
# It writes a training step as a receipt, and verifies receipts. Two of the settings of a receipt's
# numeric_policy do not do what their names and the documents say:
#
#   - precision_significant_digits takes any whole number from 1, says the schema, and `bp validate-input`
#     and `bp generate from-config` take it and write it into the receipt. The numbers beside it have nine
#     digits whatever it says.
#   - tolerance: {"atol": 1e-12, "rtol": 1e-9} is the default by docs/computation-order.md and
#     docs/schema.md ("default emitted by runGeneralStep"), and docs/topology.md has it in its worked
#     example. With it `bp verify general` rejects what `bp generate from-config` has just written, for a
#     number of nine digits can be off by 5e-9 of itself. The general receipts of the package have
#     1e-8 or 1e-7; one with all digits of a double, written by another program, passes with 1e-9.
#
# Seen, for `bp scaffold topology --topology xor` (a 2-2-1 network) with one setting changed:
#
#   precision_significant_digits 5: valid; forward of h1 is 0.549833997; verification passed
#   precision_significant_digits 17: valid; forward of h1 is 0.549833997; verification passed
#   rtol 1e-08: valid; 0 rule failures; verification passed
#   rtol 1e-09: valid; 12 rule failures; verification failed
#
# Needs npm and python3. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund node@22.23.3 @mcptoolshop/backprop-trace@1.0.0
bp() { node_modules/.bin/node node_modules/@mcptoolshop/backprop-trace/dist/bin/bp.js "$@"; }

bp scaffold topology --topology xor --out xor.json

changed() { # key value: the scaffold with one setting changed
    python3 - "$@" << 'END'
import json
import sys

key, value = sys.argv[1:]
with open("xor.json") as file:
    document = json.load(file)
policy = document["numeric_policy"]
if key == "rtol":
    policy["tolerance"]["rtol"] = float(value)
else:
    policy[key] = int(value)
with open("changed.json", "w") as file:
    json.dump(document, file)
END
}

written() { # what the receipt says
    python3 - "$@" << 'END'
import json
import re
import sys

with open("receipt.jsonl") as file:
    text = file.read()
if sys.argv[1] == "rtol":
    print(f"rtol {json.loads(text)['numeric_policy']['tolerance']['rtol']}")
else:
    digits = json.loads(text)["numeric_policy"]["precision_significant_digits"]
    print(f"precision_significant_digits {digits}")
    # The first number, as it is written.
    print(re.search(r'"h1":\{"net":[^,]*,"out":([^}]*)\}', text)[1])
END
}

look() { # key value
    local valid said verdict
    changed "$@"
    valid=$(bp validate-input changed.json)
    bp generate from-config changed.json --out receipt.jsonl
    verdict=$(bp verify general receipt.jsonl 2>&1 || true)
    mapfile -t said < <(written "$1")
    printf '%s: %s; ' "${said[0]}" "$valid"
    if [ "$1" = rtol ]; then
        printf '%s rule failures; ' "$(sed -n 's/.*reconcile: \([0-9]*\) rule.*/\1/p' <<< "$verdict" | grep . || echo 0)"
    else
        printf 'forward of h1 is %s; ' "${said[1]}"
    fi
    head -1 <<< "$verdict"
}

{
    look precision_significant_digits 5
    look precision_significant_digits 17
    look rtol 1e-8
    look rtol 1e-9
} | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
precision_significant_digits 5: valid; forward of h1 is 0.549833997; verification passed
precision_significant_digits 17: valid; forward of h1 is 0.549833997; verification passed
rtol 1e-08: valid; 0 rule failures; verification passed
rtol 1e-09: valid; 12 rule failures; verification failed
END
