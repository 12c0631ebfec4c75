#!/usr/bin/env bash
# Package: scipy 1.17.1 (with numpy 2.4.6), from PyPI.
#
# A gradient function that writes into one array of its own and returns that array every time, as backpropagation
# with buffers that are kept does, is taken by scipy.optimize.minimize without a word. The value it returns is right
# at every call. L-BFGS-B, TNC and SLSQP find the minimum with it. BFGS, CG, trust-constr and trust-krylov
# do not: minimize hands the array on uncopied, so the gradient of the step before, which these methods keep,
# becomes the new one, and the difference of the two is 0. Newton-CG is the worst: it stays at the starting
# point, and says success=True, "Optimization terminated successfully.". It is the same for a function that returns
# the loss and the gradient (jac=True).
#
# One would expect that all methods find the minimum, since x is copied for each call, or that all fail. A test
# with L-BFGS-B only sees nothing. The documentation of least_squares says that its function must return an array of
# its own for each call; that of minimize says nothing of it. Return a copy of the gradient.
#
# Seen (the minimum is 0, at the start the function is 24.2):
#
#   Newton-CG, new array: below 1e-6 True, success True
#   Newton-CG, kept array: below 1e-6 False, success True, x is still the start True
#   BFGS, new array: below 1e-6 True, success True
#   BFGS, kept array: below 1e-6 False, success False, x is still the start False
#   CG, new array: below 1e-6 True, success True
#   CG, kept array: below 1e-6 False, success False, x is still the start False
#   trust-constr, new array: below 1e-6 True, success True
#   trust-constr, kept array: below 1e-6 False, success False, x is still the start False
#   trust-krylov, new array: below 1e-6 True, success True
#   trust-krylov, kept array: below 1e-6 False, success False, x is still the start False
#   L-BFGS-B, new array: below 1e-6 True, success True
#   L-BFGS-B, kept array: below 1e-6 True, success True, x is still the start False
#   TNC, new array: below 1e-6 True, success True
#   TNC, kept array: below 1e-6 True, success True, x is still the start False
#   SLSQP, new array: below 1e-6 True, success True
#   SLSQP, kept array: below 1e-6 True, success True, x is still the start False
#   Newton-CG, jac=True, kept array: 24.2, success True: Optimization terminated successfully.
#
# Needs Python 3.11 or newer. Ends with code 0 while all of this is so, else with 1.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install scipy==1.17.1 numpy==2.4.6

cat > look.py << 'END'
import warnings

import numpy as np
from scipy.optimize import minimize, rosen, rosen_der, rosen_hess

warnings.simplefilter("ignore")  # of trust-constr, that a difference of gradients is 0
start = np.array([-1.2, 1.0])
kept = np.empty(2)


def into_kept(x):
    kept[:] = rosen_der(x)
    return kept


for method in ("Newton-CG", "BFGS", "CG", "trust-constr", "trust-krylov", "L-BFGS-B", "TNC", "SLSQP"):
    more = {"hess": rosen_hess} if method == "trust-krylov" else {}
    a = minimize(rosen, start, jac=rosen_der, method=method, **more)
    b = minimize(rosen, start, jac=into_kept, method=method, **more)
    print(f"{method}, new array: below 1e-6 {a.fun < 1e-6}, success {bool(a.success)}")
    print(f"{method}, kept array: below 1e-6 {b.fun < 1e-6}, success {bool(b.success)},", end=" ")
    print(f"x is still the start {np.array_equal(b.x, start)}")
c = minimize(lambda x: (rosen(x), into_kept(x)), start, jac=True, method="Newton-CG")
print(f"Newton-CG, jac=True, kept array: {c.fun:.1f}, success {bool(c.success)}: {c.message}")
END

venv/bin/python look.py | tee seen

diff - seen << 'END' || { echo "CHANGED, see above: < is what was expected"; exit 1; }
Newton-CG, new array: below 1e-6 True, success True
Newton-CG, kept array: below 1e-6 False, success True, x is still the start True
BFGS, new array: below 1e-6 True, success True
BFGS, kept array: below 1e-6 False, success False, x is still the start False
CG, new array: below 1e-6 True, success True
CG, kept array: below 1e-6 False, success False, x is still the start False
trust-constr, new array: below 1e-6 True, success True
trust-constr, kept array: below 1e-6 False, success False, x is still the start False
trust-krylov, new array: below 1e-6 True, success True
trust-krylov, kept array: below 1e-6 False, success False, x is still the start False
L-BFGS-B, new array: below 1e-6 True, success True
L-BFGS-B, kept array: below 1e-6 True, success True, x is still the start False
TNC, new array: below 1e-6 True, success True
TNC, kept array: below 1e-6 True, success True, x is still the start False
SLSQP, new array: below 1e-6 True, success True
SLSQP, kept array: below 1e-6 True, success True, x is still the start False
Newton-CG, jac=True, kept array: 24.2, success True: Optimization terminated successfully.
END
