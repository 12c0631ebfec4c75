"""The options of training that scikit-learn's fits are made of: batch_l2, clip, tol and others."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn_fit import Settings, fit  # a specification in NumPy; scikit-learn is not needed

from fastbp import SGD, Network
from fastbp.training.convergence import Convergence
from fastbp.training.fit import Run
from fastbp.training.options import Options
from fastbp.training.samples import checked_samples

pytestmark = pytest.mark.kernels

#: By kind of target: the specification's, then Network's output activation and loss.
KINDS = {
    "binary": ("sigmoid", "binary_cross_entropy"),
    "multilabel": ("sigmoid", "binary_cross_entropy"),
    "multiclass": ("softmax", "cross_entropy"),
    "squared_error": ("identity", "half_squared_error"),
    "poisson": ("exp", "poisson"),
}
#: The two compute the same sums in other orders; after 60 steps at most.
RTOL = 1e-10


def samples_of(kind, n=53, seed=0):
    r = np.random.default_rng(seed)
    X = r.normal(size=(n, 5))
    if kind == "multiclass":
        return X, np.eye(3, dtype=bool)[r.integers(3, size=n)]
    if kind == "multilabel":
        return X, X[:, :3] + r.normal(size=(n, 3)) > 0
    if kind == "binary":
        return X, X[:, :1] + r.normal(size=(n, 1)) > 0
    return X, r.poisson(2.0, size=(n, 2 if kind == "squared_error" else 1)).astype(float)


def network(kind, n_outputs, dtype="float64", hidden=(7,)):
    output, loss = KINDS[kind]
    return Network(
        [5, *hidden, n_outputs], activation="tanh", output_activation=output, loss=loss, dtype=dtype
    )


def run(net, X, y, weights=None, *, draws, n_threads=1, convergence=None, **options):
    """The history of a fit by these options, whose orders a RandomState draws."""
    model = net._model
    model.state.rng = np.random.Generator(draws._bit_generator)
    training, _ = checked_samples(model, X, y.astype(float), None, None)
    training = training._replace(weights=weights)  # as they are: the penalty is relative to them
    given = Options(6, 10, SGD(0.05, 0.9), shuffle=True, n_threads=n_threads)
    given = given._replace(
        loss_by_batches=True, continues_order=True, convergence=convergence, **options
    )
    with model.training_lock.claim("fit", model.snapshot):
        one = Run(model, training, None, given)
        one.go()
    return one


def start(net, kind, settings):
    """Give the network the specification's first parameters; returns the generator after them."""
    draws = np.random.RandomState(settings.random_state)
    for layer in range(1, net.L + 1):
        n_in, n_out = net.sizes[layer - 1 : layer + 1]
        bound = np.sqrt(6 / (n_in + n_out))
        net.layer(layer).w[...] = draws.uniform(-bound, bound, (n_in, n_out)).T
        net.layer(layer).b[...] = draws.uniform(-bound, bound, n_out)
    return draws


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("kind", KINDS)
def test_penalty_and_loss_of_batches_equal_the_specification(kind, weighted):
    X, y = samples_of(kind)
    weights = np.random.default_rng(1).uniform(0.1, 3, len(X)) if weighted else None
    settings = Settings(
        (7,), "tanh", "sgd", alpha=0.5, batch_size=10, learning_rate_init=0.05, max_iter=6,
        nesterovs_momentum=False, tol=0.0,
    )  # fmt: skip
    truth = fit(X, y, kind, settings, weights)
    net = network(kind, y.shape[1])
    draws = start(net, kind, settings)
    one = run(
        net, X, y, weights, draws=draws, batch_l2=0.5,
        clip=0.0 if kind in ("squared_error", "poisson") else np.finfo(float).eps,
        loss_factor=1 / y.shape[1] if kind == "squared_error" else 1.0,
    )  # fmt: skip
    assert one.history.loss == pytest.approx(truth.loss_curve_, rel=RTOL)
    for w, b, truth_w, truth_b in zip(
        net.weights, net.biases, truth.coefs_, truth.intercepts_, strict=True
    ):
        np.testing.assert_allclose(w.T, truth_w, rtol=RTOL, atol=1e-12)
        np.testing.assert_allclose(b, truth_b, rtol=RTOL, atol=1e-12)


@pytest.mark.threads
@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("hidden", [(40,), (40, 33), ()], ids=str)
def test_losses_have_the_penalty_where_the_gradient_is_clipped_by_its_norm(hidden, n_threads):
    X, y = samples_of("multiclass", n=90)
    losses = []
    for clip_norm in (1e300, None):  # a norm that is never reached changes nothing
        net = network("multiclass", 3, hidden=hidden)
        draws = start(net, "multiclass", Settings())
        one = run(
            net, X, y, draws=draws, batch_l2=0.3, n_threads=n_threads,
            optimizer=SGD(0.05, 0.9, clip_norm=clip_norm),
        )  # fmt: skip
        losses.append(one.history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=RTOL)


@pytest.mark.threads
@pytest.mark.parametrize("hidden", [(40,), (40, 33), ()], ids=str)
def test_bits_do_not_depend_on_threads(hidden):
    X, y = samples_of("multiclass", n=90)
    bits = set()
    for n_threads in (1, 2, 3, 7):
        net = network("multiclass", 3, hidden=hidden)
        draws = start(net, "multiclass", Settings())
        one = run(net, X, y, draws=draws, batch_l2=0.3, n_threads=n_threads)
        bits.add((net.parameters.tobytes(), tuple(one.history.loss)))
    assert len(bits) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_outputs", [1, 2, 9, 40])
@pytest.mark.parametrize("kind", ["multilabel", "multiclass"])
def test_clipped_loss_is_that_of_clipped_probabilities(kind, n_outputs, dtype):
    if kind == "multiclass" and n_outputs == 1:
        n_outputs = 3
    r = np.random.default_rng(3)
    X = r.normal(size=(37, 5)) * 60  # outputs so near 0 and 1 that they round to them
    labels = r.integers(0, 2, (37, n_outputs)) > 0
    y = np.eye(n_outputs)[r.integers(n_outputs, size=37)] > 0 if kind == "multiclass" else labels
    net = network(kind, n_outputs, dtype)
    net.parameters = r.normal(size=len(net.parameters))
    clip = 0.01 if dtype == "float32" else float(np.finfo(dtype).eps)
    _, total, _, _ = net._model.program.gradients(
        X.astype(dtype), y.astype(dtype), None, None, None, False, clip=clip
    )
    a = net.predict(X.astype(dtype)).astype(float)
    p = np.clip(np.where(y, a, 1 - a), clip, 1 - clip)
    terms = -np.log(p)[y] if kind == "multiclass" else -np.log(p)
    # float32 rounds each 1 - a by up to 6e-8, and clips at 0.01: 6e-6 of a term at most.
    assert total == pytest.approx(terms.sum(), rel=1e-5 if dtype == "float32" else 1e-12)


def test_clip_of_zero_changes_nothing():
    X, y = samples_of("multilabel")
    program = network("multilabel", 3)._model.program
    args = X, y.astype(float), None, None, None, False
    assert program.gradients(*args) == program.gradients(*args, clip=0.0)


@pytest.mark.parametrize(("tol", "patience"), [(0.01, 2), (0.05, 0), (0.0, 1), (1e9, 3)])
def test_training_ends_by_tol_and_patience(tol, patience):
    X, y = samples_of("multiclass")
    net = network("multiclass", 3)
    draws = start(net, "multiclass", Settings())
    convergence = Convergence(tol, patience)
    one = run(net, X, y, draws=draws, convergence=convergence, batch_l2=0.1)
    best, stale, losses = np.inf, 0, one.history.loss
    for epoch, loss in enumerate(losses):
        assert stale <= patience, f"trained on after epoch {epoch}"
        stale = stale + 1 if loss > best - tol else 0
        best = min(best, loss)
    assert len(losses) == 6 or stale > patience
    assert (convergence.best, convergence.stale) == (best, stale)


def test_a_fit_that_goes_on_after_convergence_counts_anew():
    X, y = samples_of("multiclass")
    net = network("multiclass", 3)
    calls = []

    class Stubborn(Convergence):
        def goes_on(self):
            calls.append(self.stale)
            return True

    one = run(net, X, y, draws=start(net, "multiclass", Settings()), convergence=Stubborn(1e9, 1))
    assert len(one.history.loss) == 6
    assert calls == [2, 2]  # after epochs 3 and 5: the first of all is never stale


class _CutShort(Run):
    """A fit of many small slices that is interrupted before the eighth."""

    slices = 0

    def train_slice(self):
        self.slices += 1
        if self.slices == 8:
            raise KeyboardInterrupt
        self.chooser.next = lambda: (1, 1e-9)  # a step
        return super().train_slice()


def test_an_interrupted_fit_has_compared_the_losses_of_all_its_slices():
    X, y = samples_of("multiclass", n=20)
    net = network("multiclass", 3)
    convergence = Convergence(1e9, 100)
    training, _ = checked_samples(net._model, X, y.astype(float), None, None)
    options = Options(6, 10, SGD(0.05, 0.9), convergence=convergence, check_input=False)
    with net._model.training_lock.claim("fit", net._model.snapshot):
        one = _CutShort(net._model, training, None, options)
        with pytest.raises(KeyboardInterrupt):
            one.go()
        one.end_at_whole_epoch()
    assert len(one.history.loss) == 3
    assert (convergence.best, convergence.stale) == (min(one.history.loss), 2)


def test_every_order_is_a_shuffle_of_the_one_before():
    X, y = samples_of("squared_error", n=11)
    orders = []
    net = network("squared_error", 2)
    draws = np.random.RandomState(5)
    net._model.state.rng = np.random.Generator(draws._bit_generator)
    training, _ = checked_samples(net._model, X, y, None, None)
    options = Options(3, 11, SGD(0.0001), shuffle=True, continues_order=True)
    with net._model.training_lock.claim("fit", net._model.snapshot):
        one = Run(net._model, training, None, options)
        for epoch in range(3):
            one.train(epoch + 1, False)
            orders.append(one.data.order.copy())
    twin, order = np.random.RandomState(5), np.arange(11)
    for drawn in orders:
        twin.shuffle(order)
        assert drawn.tolist() == order.tolist()


def test_a_plan_out_of_range_is_refused():
    X, y = samples_of("squared_error")
    net = network("squared_error", 2)
    training, _ = checked_samples(net._model, X, y, None, None)
    with net._model.training_lock.claim("fit", net._model.snapshot):
        one = Run(net._model, training, None, Options(1, 10, SGD(0.1), batch_l2=1.0))
    one.changes.block_norms = one.changes.block_norms[:1]  # too short for its blocks
    with pytest.raises(ValueError, match="boundary"):
        one.train(1, False)
    one.plan = replace(one.plan, clip=0.7)
    with pytest.raises(ValueError, match="boundary"):
        one.train(1, False)
