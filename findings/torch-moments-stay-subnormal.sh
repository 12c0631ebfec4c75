#!/usr/bin/env bash
# Package: torch 2.13.0, from PyPI, on the CPU.
#
# What an optimizer remembers of a float32 parameter whose gradient has become 0 does not decay to 0: nine tenths of
# four times the smallest number is 3.6 times it, which rounds to 4 times it again. So after 5,000 steps of gradient
# 0 the momentum of every parameter is 5.6e-45, and stays that for ever; so with Adam's and NAdam's first
# moment, and with RMSprop's square at alpha 0.9. Operations on such subnormal numbers are slow on most
# processors: steps took 1.5 to 1.9 times as long as the first hundred, on 4,096 parameters and an Intel Xeon.
#
# torch.set_flush_denormal(True) before the steps makes it 0.
#
# Seen:
#
#   SGD, momentum_buffer: 5.6e-45 to 5.6e-45, flushed 0 to 0
#   Adam, exp_avg: 5.6e-45 to 5.6e-45, flushed 0 to 0
#   NAdam, exp_avg: 5.6e-45 to 5.6e-45, flushed 0 to 0
#   RMSprop, square_avg: 5.6e-45 to 5.6e-45, flushed 0 to 0
#
# Needs Python 3.11 or newer, on x86-64. Ends with code 0 while all of this is so, else with 1.
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


def after(kind, memory, **options):
    torch.manual_seed(0)
    p = torch.zeros(4096, requires_grad=True)
    optimizer = getattr(torch.optim, kind)([p], **options)
    p.grad = torch.randn(4096)
    optimizer.step()
    p.grad = torch.zeros(4096)
    for _ in range(5000):
        optimizer.step()
    torch.set_flush_denormal(False)  # or they would be read as 0
    size = optimizer.state[p][memory].abs()
    return f"{size.min().item():.2g} to {size.max().item():.2g}"


for kind, memory, options in (
    ("SGD", "momentum_buffer", {"momentum": 0.9}),
    ("Adam", "exp_avg", {}),
    ("NAdam", "exp_avg", {}),
    ("RMSprop", "square_avg", {"alpha": 0.9}),
):
    kept = after(kind, memory, **options)
    torch.set_flush_denormal(True)
    print(f"{kind}, {memory}: {kept}, flushed {after(kind, memory, **options)}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
SGD, momentum_buffer: 5.6e-45 to 5.6e-45, flushed 0 to 0
Adam, exp_avg: 5.6e-45 to 5.6e-45, flushed 0 to 0
NAdam, exp_avg: 5.6e-45 to 5.6e-45, flushed 0 to 0
RMSprop, square_avg: 5.6e-45 to 5.6e-45, flushed 0 to 0
END
