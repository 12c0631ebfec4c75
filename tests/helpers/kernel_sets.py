"""The kernel sets that this build has and this machine can run; as a script, their names."""

from fastbp._cpu import SUPPORTED
from fastbp.model import kernel_sets

RUNNABLE = [name for name in kernel_sets.available() if SUPPORTED[name]]

if __name__ == "__main__":
    print(*RUNNABLE)
