"""Every one of the 2^32 float32 numbers through each activation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from activation_bounds import near
from drawn import EVERY_HIDDEN
from ways_in import network

from fastbp.model.activation_choice import formulas_of

CHUNK = 1 << 20


def every(stride: int) -> Iterator[Any]:
    """All float32 numbers whose bits are a multiple of `stride`, NaN and infinities too."""
    for first in range(0, 1 << 32, CHUNK * stride):
        bits = np.arange(first, min(first + CHUNK * stride, 1 << 32), stride, dtype=np.uint64)
        yield bits.astype(np.uint32).view(np.float32)


@pytest.mark.parametrize(
    "stride",
    [pytest.param(65_537, id="sample"), pytest.param(1, id="all", marks=pytest.mark.nightly)],
)
@pytest.mark.parametrize("choice", EVERY_HIDDEN, ids=str)
def test_every_float32_is_within_its_bound(choice: Any, stride: int) -> None:
    net = network((1, 1), output_activation=choice, dtype="float32", initializer="zeros")
    net.weights[0] = [[1.0]]
    n_checked = 0
    for z in every(stride):
        a = net.predict(z[:, np.newaxis])[:, 0]
        with np.errstate(under="ignore", invalid="ignore", over="ignore"):
            # In double, whose error of some 1e-16 is nothing beside a float32's ulp.
            expected = formulas_of(choice).g(z.astype("float64"))
            right = near(choice, z, a, expected, "float32") | (np.isnan(a) & np.isnan(z))
        right |= np.isinf(z) & ~np.isnan(a)  # see test_the_ends_of_the_number_line
        assert right.all(), (z[~right][:5], a[~right][:5], expected[~right][:5])
        n_checked += len(z)
    assert n_checked == -(-(1 << 32) // stride)
