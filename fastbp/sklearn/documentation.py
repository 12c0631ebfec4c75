"""What the docstrings of both estimators have in common, each paragraph once."""

from collections.abc import Callable
from textwrap import indent
from typing import TypeVar

T = TypeVar("T")

NETWORK = """\
hidden_layer_sizes : array-like of shape (n_layers - 2,), default=(100,)
    The widths of the hidden layers, in order from the input.
activation : str, tuple, Activation or list, default="relu"
    Of the hidden layers. scikit-learn's "identity", "logistic", "tanh" and "relu"; any other of
    fastbp's, such as "gelu", ("elu", 0.5) or an :class:`fastbp.Activation`; or a list with one of
    these for each hidden layer. "logistic" and "sigmoid" are the same. First weights are uniform
    in +- sqrt(6 / (n_in + n_out)), and in +- sqrt(2 / (n_in + n_out)) of a sigmoid layer; the
    output layer goes by the last hidden one."""

TRAINING = """\
solver : {"lbfgs", "sgd", "adam"}, default="adam"
    "sgd" is stochastic gradient descent with momentum, "adam" is Adam with epsilon added before
    the bias correction, and "lbfgs" SciPy's L-BFGS-B on all rows at a time, which suits small
    data.
alpha : float, default=0.0001
    The penalty: alpha / (2 W) sum w_jk^2 is added to the loss of a batch of W rows, or of rows
    whose weights sum to W.
batch_size : int or "auto", default="auto"
    The rows of a step; "auto" is 200, or all where there are fewer. Not used by "lbfgs".
learning_rate : {"constant", "invscaling", "adaptive"}, default="constant"
    How the rate of "sgd" changes: not at all; as learning_rate_init / (t + 1)^power_t, of the t
    rows seen before the epoch; or divided by 5 each time that the loss, or with
    ``early_stopping`` the validation score, has not become better by ``tol`` for more than
    ``n_iter_no_change`` epochs, until it is 1e-6 or less.
learning_rate_init : float, default=0.001
    The rate of "sgd" and "adam".
power_t : float, default=0.5
    The exponent of "invscaling".
max_iter : int, default=200
    The most epochs; of "lbfgs", the most iterations.
shuffle : bool, default=True
    Whether each epoch takes the rows in a new order.
random_state : int, RandomState instance or None, default=None
    Draws the first weights, then the rows that early stopping holds out, then the orders of the
    rows: as scikit-learn does, so that the same integer gives the same results.
tol : float, default=1e-4
    An epoch is better than those before if its loss is lower by this much, or with
    ``early_stopping`` its validation score higher. Of "lbfgs", the largest component of the
    gradient that counts as none.
verbose : bool, default=False
    Whether to print a line for each epoch.
warm_start : bool, default=False
    Whether ``fit`` goes on from the weights of the fit before.
momentum : float, default=0.9
    Of "sgd", in [0, 1].
nesterovs_momentum : bool, default=True
    Whether that is Nesterov's.
early_stopping : bool, default=False
    Hold rows out, or take ``validation_data``, score them after each epoch, end where the score
    does not become better, and keep the weights of the best epoch.
validation_fraction : float, default=0.1
    The share of rows that early stopping holds out.
beta_1, beta_2 : float, default=0.9 and 0.999
    How much of its moments "adam" keeps in a step, in [0, 1).
epsilon : float, default=1e-8
    Added to the root in "adam".
n_iter_no_change : int or inf, default=10
    Training ends after more epochs than this, one after another, that were no better.
max_fun : int, default=15000
    The most evaluations of the loss by "lbfgs"."""

ON_TOP = """\
optimizer : str or Optimizer, default=None
    One of ``fastbp.optimizers`` by object or name, in place of "sgd" or "adam" with their
    learning rate, momenta and epsilon. :class:`fastbp.RProp` takes all rows in a step.
schedule : Schedule or callable, default=None
    One of :mod:`fastbp.schedules`, or a function of the steps done: a factor of the learning
    rate. A schedule without steps= or epochs= runs over ``max_iter`` epochs.
dropout : float or list of float, default=0.0
    The share of hidden nodes that a training step leaves out, one or one for each hidden layer,
    in [0, 1). Predictions and validation use all of them.
ema : float, default=None
    In (0, 1): keep a moving average of the weights, which validation goes by, and which become
    the weights at the end of the fit.
validation_data : tuple (X, y) or (X, y, sample_weight), default=None
    Rows of your own whose loss each epoch adds to ``validation_loss_curve_``. With
    ``early_stopping=True`` they are scored in place of rows held out, and all rows are trained on.
    ``clone`` copies them; ``fit(X, y, validation_data=...)`` gives them to one fit instead.
callbacks : callable, object or sequence of these, default=None
    ``f(estimator, epoch, history)`` after each epoch, or objects with any of
    ``on_train_begin(estimator)``, ``on_epoch_end(estimator, epoch, history)``,
    ``on_batch_end(estimator, step, C)`` and ``on_train_end(estimator, history)``; True ends
    training. ``history`` is an :class:`fastbp.History` of this call.
transform_layer : int, default=None
    A hidden layer l = 1, 2, ..., or -1, -2, ... from the last one: its activations are what
    ``transform`` gives. None: there is no ``transform``."""

N_THREADS = """\
n_threads : int, default=None
    The most threads to use; None: as many as this process has cores, where they pay. No bit of
    the result depends on it. joblib's worker processes share the cores out among them, and a
    task of Dask's has one."""

ATTRIBUTES = """\
loss_ : float
    The loss of the last epoch, or after "lbfgs".
best_loss_ : float or None
    The lowest loss of an epoch; None with ``early_stopping``.
loss_curve_ : list of float
    For each epoch the mean of the batches' losses by their rows, each before its step and with
    the penalty. Not there with "lbfgs".
validation_loss_curve_ : list of float or None
    The same loss on ``validation_data`` after each epoch, without the penalty; None without them.
    ``partial_fit`` appends to it.
validation_scores_ : list of float or None
    {SCORE} after each epoch, with ``early_stopping``.
best_validation_score_ : float or None
    The best of these.
t_ : int
    The rows that were trained on, each as often as it was.
coefs_ : list of ndarray of shape (n_in, n_out)
    The weights of layers 1 to L: live views.
intercepts_ : list of ndarray of shape (n_out,)
    Their biases.
n_features_in_ : int
    The columns of X.
feature_names_in_ : ndarray of str
    Their names, where X was a frame whose column names are all text.
n_iter_ : int
    The epochs, or iterations, of the last call.
n_layers_, n_outputs_ : int
    The layers, input and output among them, and the outputs."""

NOTES = """\
With the same parameters, ``random_state`` and data, results are scikit-learn's to rounding, but
where scikit-learn has a fault: docs/scikit-learn.md has the table of differences. An estimator
trains on one thread at a time; others may predict.

The parameters after ``max_fun`` are fastbp's own, keyword-only and off by default. What does not
go together is refused with a ValueError that says why:

======================  ============================================================
parameter               refused with
======================  ============================================================
optimizer, schedule,    solver="lbfgs"
ema, dropout,
callbacks,
validation_data
optimizer, schedule     solver="sgd" with learning_rate="invscaling" or "adaptive"
schedule                an optimizer that has one; so for ema. ReduceOnPlateau needs
                        validation_data; in partial_fit others need steps= or epochs=
early_stopping          partial_fit
{REFUSED}
======================  ============================================================

All else goes together, with sparse X, float32, sample weights and ``warm_start`` too."""


_PARAGRAPHS = {
    "NETWORK": NETWORK,
    "TRAINING": TRAINING,
    "ON_TOP": ON_TOP,
    "N_THREADS": N_THREADS,
    "ATTRIBUTES": ATTRIBUTES,
    "NOTES": NOTES,
}


def documented(*, score: str, refused: str) -> Callable[[type[T]], type[T]]:
    """Make a decorator that fills in the paragraphs of a docstring, for lines as {NETWORK}."""
    words = {"SCORE": score, "REFUSED": refused}

    def fill(cls: type[T]) -> type[T]:
        if cls.__doc__ is not None:  # which python -OO leaves out
            for names in (_PARAGRAPHS, words):
                for name, text in names.items():
                    cls.__doc__ = cls.__doc__.replace(f"{{{name}}}", indent(text, "    ").lstrip())
        return cls

    return fill
