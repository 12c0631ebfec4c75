#!/usr/bin/env bash
# Package: torch 2.13.0, from PyPI, on the CPU.
#
# The gradient of torch.nn.functional.hardsigmoid is 1/6 rounded to float32, for float64 tensors too:
# 0.1666666716337204 instead of 0.16666666666666666, which is 3e-8 off. The function itself is computed with
# the float64 1/6, and so are function and gradient of hardswish, which is z times the same.
#
# torch.autograd.gradcheck does not see it: with its default tolerances it returns True. So a float64
# comparison of a whole network's gradients with PyTorch's, which elsewhere agrees to 1e-15, agrees to 3e-8
# where a hardsigmoid is in it.
#
# Seen:
#
#   hardsigmoid float64: value 0.5833333333333334, slope 0.1666666716337204
#   hardsigmoid float32: value 0.5833333134651184, slope 0.1666666716337204
#   hardswish float64: value 0.2916666666666667, slope 0.6666666666666666
#   gradcheck of hardsigmoid: True
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install torch==2.13.0

cat > look.py << 'END'
import warnings

warnings.simplefilter("ignore")  # that NumPy is not there
import torch
from torch.nn import functional as F

for name, dtype in (("hardsigmoid", "float64"), ("hardsigmoid", "float32"), ("hardswish", "float64")):
    z = torch.tensor(0.5, dtype=getattr(torch, dtype), requires_grad=True)
    a = getattr(F, name)(z)
    a.backward()
    print(f"{name} {dtype}: value {a.item()!r}, slope {z.grad.item()!r}")
z = torch.tensor([0.5], dtype=torch.float64, requires_grad=True)
print("gradcheck of hardsigmoid:", torch.autograd.gradcheck(F.hardsigmoid, (z,)))
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
hardsigmoid float64: value 0.5833333333333334, slope 0.1666666716337204
hardsigmoid float32: value 0.5833333134651184, slope 0.1666666716337204
hardswish float64: value 0.2916666666666667, slope 0.6666666666666666
gradcheck of hardsigmoid: True
END
