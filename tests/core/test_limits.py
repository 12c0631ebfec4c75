"""Numbers beyond all bounds: the error names the argument, and the limit where there is one."""

import pytest

from fastbp import Network
from fastbp.inputs import check_integer
from fastbp.inputs.scalars import MOST_EPOCHS


@pytest.mark.parametrize("epochs", [MOST_EPOCHS + 1, 10**30, 10**5_000], ids=["1", "30", "5000"])
def test_fit_refuses_endless_epochs_and_names_the_limit(epochs):
    net = Network([2, 1], seed=0)
    with pytest.raises(ValueError, match=r"^epochs must be at most 1,000,000,000, got ") as caught:
        net.fit([[0.0, 1.0]], [1.0], epochs=epochs)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("sign", [1, -1])
def test_an_integer_too_long_to_write_is_described_by_its_length(sign):
    number = sign * 10**5_000  # Python refuses to write one of over 4,300 digits
    with pytest.raises(ValueError, match=r"n must be at .* got a .*number of some 5,001 digits"):
        check_integer("n", number, low=0, high=9)


def test_an_integer_between_its_limits_is_taken():
    assert [check_integer("n", n, low=0, high=9) for n in (0, 9)] == [0, 9]
    for n in (-1, 10):
        with pytest.raises(ValueError, match=f"got {n}$"):
            check_integer("n", n, low=0, high=9)
