"""What a network lets one look at: traces, its derivative, explanations, pictures, checks."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from os import PathLike
from typing import Any

from fastbp.checks.gradient_report import GradientCheck
from fastbp.checks.health_report import Diagnosis
from fastbp.inputs import Array
from fastbp.model.batch_trace import BatchTrace
from fastbp.model.model import Model
from fastbp.model.step_trace import StepTrace
from fastbp.model.trace import Trace, layers_of, trace_sample
from fastbp.text.rendered import Rendered
from fastbp.training.samples import evaluated_samples, one_sample
from fastbp.training.tangents import jvp, vjp
from fastbp.training.traced_step import trace_step


class Inspection:
    """The methods of :class:`fastbp.Network` that show what it computes; a base class of it."""

    _model: Model

    # ---------------------------------------------------------------- traces

    def trace(self, x: Any, y: Any) -> Trace:
        """Every number of one sample's pass, by index, from the kernels that train.

        Parameters
        ----------
        x : array-like (n_0,) or (1, n_0)
            The sample.
        y : a label, or array-like (n_L,) or (1, n_L)
            Its target.

        Returns
        -------
        Trace
            ``.a[l][j]``, ``.z[l][j]``, ``.delta[l][j]``, ``.dC_dw[l][j, k]``, ``.dC_db[l][j]``,
            ``.g_prime[l][j]`` and ``.dC_da[l][j]`` for l = 1..L, with ``a[0]`` = x, and ``.C_0``.
            Printing it shows symbols and numbers. ``.term(l, j, k)`` has the factors of
            dC_0/dw_jk^(l). docs/trace.md shows each.

        Examples
        --------
        >>> from fastbp import Network
        >>> t = Network([4, 3, 2], seed=1, dtype="float64").trace([1, 2, 3, 4], [0, 1])
        >>> bool(t.dC_dw[2][1, 2] == t.delta[2][1] * t.a[1][2])
        True
        """
        return trace_sample(self._model, *one_sample(self._model, x, y))

    def trace_batch(self, X: Any, y: Any) -> BatchTrace:
        """Every number of a batch's pass, and how its gradient is the mean of its samples'.

        ::

            dC/dw_jk = 1/m sum_i dC_i/dw_jk,    dC/db_j = 1/m sum_i dC_i/db_j

        Parameters
        ----------
        X : array-like (m, n_0)
        y : array-like
            As for :meth:`fit`.

        Returns
        -------
        BatchTrace
            ``b[i]`` is the trace of sample i, ``b.a[l][i, j]``, ``b.z[l][i, j]`` and
            ``b.delta[l][i, j]`` have all samples' numbers, ``b.dC_dw[l][j, k]`` and
            ``b.dC_db[l][j]`` the means, the same bits as :meth:`gradients`.
            ``b.term(l, j, k)`` lists the samples' parts of one of them.

        Raises
        ------
        ValueError, TypeError, ShapeError
            If X and y are not as above, or have no row.

        Examples
        --------
        >>> import numpy as np
        >>> from fastbp import Network
        >>> net = Network([2, 3, 1], seed=0, dtype="float64")
        >>> b = net.trace_batch([[0, 1], [1, 0]], [1, 0])
        >>> bool(np.allclose(b.dC_dw[1], (b[0].dC_dw[1] + b[1].dC_dw[1]) / 2, atol=1e-15))
        True
        """
        X, targets, _ = evaluated_samples(self._model, X, y)
        return BatchTrace(layers_of(self._model), X, targets.array)

    def trace_step(self, x: Any, y: Any, optimizer: Any = None) -> StepTrace:
        """One step on one sample, as :meth:`learn_one` makes it, and every number of it.

        The same bits as ``train_step`` with a batch of this one row. All deltas come from the old
        weights; then every weight moves.

        Parameters
        ----------
        x, y
            As for :meth:`trace`.
        optimizer : None, str or Optimizer
            As for :meth:`fit`; None goes on with the network's own.

        Returns
        -------
        StepTrace
            A trace of the pass, with ``.before`` and ``.after`` the update: ``.w[l][j, k]``,
            ``.b[l][j]``, and ``.memories[name].w[l][j, k]`` of what the optimizer remembers.
            ``.step`` is its step t, ``.learning_rate`` that of this step. With dropout a, delta and
            the gradient are those of the nodes that this step kept, and ``.kept[l][j]`` their
            factors.

        Raises
        ------
        ValueError, TypeError, ShapeError, DivergenceError, RuntimeError
            As :meth:`train_step`; the network is as it was.

        Examples
        --------
        >>> from fastbp import SGD, Network
        >>> net = Network([1, 1], output_activation="identity", initializer="zeros")
        >>> s = net.trace_step([2.0], [1.0], optimizer=SGD(0.25, momentum=0.9))
        >>> s.before.w[1][0, 0], s.dC_dw[1][0, 0], s.after.w[1][0, 0]
        (np.float32(0.0), np.float32(-4.0), np.float32(1.0))
        >>> s.after.memories["velocity"].w[1]
        array([[1.]], dtype=float32)
        >>> net.weights[0]
        array([[1.]], dtype=float32)
        """
        return trace_step(self._model, x, y, optimizer)

    # ---------------------------------------------------------------- derivatives as linear maps

    def jvp(self, x: Any, dx: Any = None, dparameters: Any = None) -> Array:
        """The derivative of the outputs at x, applied to a change of inputs and parameters.

        ::

            dy = J_x dx + J_p dparameters,    J_x = da^(L)/dx,  J_p = da^(L)/dparameters

        Parameters
        ----------
        x : array-like (n_0,) or (m, n_0)
            One sample, or rows of several; not checked for NaN.
        dx : None or array-like of the shape of x
            The change of the inputs; None: they stay.
        dparameters : None or array-like, the shape of :attr:`parameters`
            The change of the weights and biases, w(1) row by row, b(1), w(2), ..., the same for
            every row; None: they stay.

        Returns
        -------
        array (n_L,) or (m, n_L)
            dy, in the network's number type.

        Raises
        ------
        ValueError, TypeError, ShapeError
            If an argument is not as above, or neither dx nor dparameters is given.

        Notes
        -----
        Forward, layer by layer: dz_j = db_j + sum_k (dw_jk a_k + w_jk da_k), da_j = g'(z_j) dz_j
        and with softmax da_j = a_j (dz_j - sum_i a_i dz_i). It costs two or three predictions and
        makes no matrix J. At a kink of g it has the slope that training has there. No node is
        dropped. docs/linear-maps.md has more.

        Examples
        --------
        >>> import numpy as np
        >>> from fastbp import Network
        >>> net = Network([2, 3, 1], seed=0, dtype="float64")
        >>> x, dx, h = np.array([0.5, -1.0]), np.array([1.0, 2.0]), 1e-6
        >>> difference = (net.predict_one(x + h * dx) - net.predict_one(x - h * dx)) / (2 * h)
        >>> bool(np.allclose(net.jvp(x, dx), difference, rtol=1e-7))
        True
        """
        return jvp(self._model, x, dx, dparameters)

    def vjp(self, x: Any, dy: Any) -> tuple[Array, Array]:
        """The transpose of :meth:`jvp`'s map, applied to a vector of the outputs.

        ::

            dx = J_x^T dy,    dparameters = J_p^T dy

        Parameters
        ----------
        x : array-like (n_0,) or (m, n_0)
            One sample, or rows of several; not checked for NaN.
        dy : array-like (n_L,) or (m, n_L)
            A vector for each sample: dC_0/da of a loss gives the loss's gradient.

        Returns
        -------
        dx : array of the shape of x
            Each row's own.
        dparameters : array, the shape of :attr:`parameters`
            The sum over the rows, w(1) row by row, b(1), w(2), ...

        Raises
        ------
        ValueError, TypeError, ShapeError
            If an argument is not as above.

        Notes
        -----
        It is backpropagation from delta_j^(L) = g'(z_j) dy_j, so that the sum of dy jvp(x, dx, dp)
        is the sum of dx vjp(x, dy)[0], plus that of dp vjp(x, dy)[1]. No node is dropped.

        Examples
        --------
        >>> import numpy as np
        >>> from fastbp import Network
        >>> net = Network([2, 3, 2], seed=0, dtype="float64")
        >>> x, y = np.array([0.5, -1.0]), np.array([0.0, 1.0])
        >>> dx, dparameters = net.vjp(x, 2 * (net.predict_one(x) - y))  # of sum_j (a_j - y_j)^2
        >>> g = net.gradients(x[None], y[None])
        >>> bool(np.allclose(dparameters[:6], g.weights[0].ravel(), atol=1e-15))
        True
        """
        return vjp(self._model, x, dy)

    # ---------------------------------------------------------------- explanations and pictures

    def explain(
        self,
        x: Any,
        y: Any,
        *,
        l: int | None = None,
        j: int | None = None,
        k: int | None = None,
        format: str = "text",
        notation: str = "course",
        spell_out: bool = False,
    ) -> Rendered:
        """Explain dC_0/dw_jk^(l) on one sample, in symbols and in numbers: `fastbp.explain`.

        Parameters
        ----------
        x, y
            The sample and its target, as for :meth:`trace`.
        l, j, k : int, optional
            Which weight: of layer l = 1..L, from node k of layer l - 1 to node j. Without any of
            them two weights are explained, one of the last layer and one of the layer below.
        format : "text", "markdown", "latex" or "html"
            What is returned; docs/explain.md has an example of each.
        notation : "course", "nielsen", "ng", "pytorch" or "keras"
            In whose symbols.
        spell_out : bool
            True writes a text in ASCII only: "delta" for the Greek letter, and so on.

        Returns
        -------
        str
            Of a class of its own: a notebook shows it rendered.

        Examples
        --------
        >>> from fastbp import Network
        >>> net = Network([4, 3, 2], seed=1)
        >>> net.explain([1, 2, 3, 4], [0, 1], notation="pytorch").splitlines()[0]
        'fc2.weight.grad[1, 2] and fc1.weight.grad[2, 2] on a 4-3-2 network'
        """
        # Lessons stand above networks: they are imported when one is asked for.
        lesson: Any = import_module("fastbp.lessons.explanation")
        explanation: Rendered = lesson.explain(
            self, x, y, l=l, j=j, k=k, format=format, notation=notation, spell_out=spell_out
        )
        return explanation

    def explore(
        self,
        path: str | PathLike[str],
        X: Any,
        y: Any,
        *,
        title: str | None = None,
        learning_rate: float = 0.5,
        batch_size: int = 1,
        image: Sequence[int] | None = None,
        quiz: int | Sequence[Mapping[str, Any]] = 10,
        quiz_seed: int = 0,
    ) -> None:
        """Write a page that draws the network and walks, recomputes and trains it by index.

        One HTML file, opened from disk, that asks no other host for anything. Where the
        activations are identity, sigmoid, tanh, relu, leaky_relu or softmax and the loss is one of
        the squared errors or cross-entropies, each input, target, weight and bias can be edited
        there, and training plays by plain SGD; other networks are shown and walked.

        Parameters
        ----------
        path : str or path
            The file; one that is there is replaced.
        X : array-like (m, n_0)
            Samples. The page has the first 200 at most, fewer of more than 300 inputs.
        y : array-like
            Their targets, as for :meth:`gradients`.
        title : str, optional
            The network's name on the page.
        learning_rate : float
            What the page's steps begin with, at least 0.
        batch_size : int
            Likewise, at least 1.
        image : None or (rows, columns)
            If each sample is an image, row by row: it is shown, and the first weights likewise.
        quiz : int or sequence of dict
            How many questions about this network the page asks, 0 to 200, or questions of
            ``fastbp.lessons.quiz`` or ``quiz_from_json``.
        quiz_seed : int
            Which questions: the same seed gives a whole class the same quiz.

        Raises
        ------
        ShapeError, ValueError, TypeError
            If X and y are no samples of this network, or an option is out of its range.
        OSError
            If the file cannot be written.

        Examples
        --------
        >>> import os, tempfile
        >>> from fastbp import Network
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = os.path.join(folder, "page.html")
        ...     Network([2, 2, 1], seed=0).explore(page, [[0, 1], [1, 1]], [1, 0])
        ...     os.path.exists(page)
        True
        """
        # Lessons stand above networks: they are imported when one is asked for.
        lesson: Any = import_module("fastbp.lessons.explorer")
        lesson.explore(
            self,
            path,
            X,
            y,
            title=title,
            learning_rate=learning_rate,
            batch_size=batch_size,
            image=image,
            quiz=quiz,
            quiz_seed=quiz_seed,
        )

    def plot(
        self, kind: str = "diagram", X: Any = None, y: Any = None, *, ax: Any = None, **options: Any
    ) -> Any:
        """Draw the network; docs/pictures.md shows each kind.

        Parameters
        ----------
        kind : str
            - "diagram": nodes by layer and a line for each weight: its colour is the sign, its
              width the size. ``nodes=10``: the most nodes of a layer that are drawn.
            - "weights": those into each node of layer 1 as an image. ``shape=(rows, columns)``:
              by default a square; ``nodes=40``: the most images.
            - "deltas": the mean over samples and nodes of |delta_j^(l)|, by layer. ``samples=500``:
              the most samples, spread over all.
            - "regions", with two inputs: which class, or number, the network gives where.
              ``limits=((x_low, x_high), (y_low, y_high))``: by default around X; ``points=160``:
              cells along an axis.
            - "surface": C on a plane through the parameters. ``directions``: two arrays laid out
              as :attr:`parameters`; by default random from ``seed=0``, in each layer as long as
              its parameters; ``span=1.0``: how far to go; ``points=31``: along an axis.
        X, y
            Samples, as for :meth:`loss_value`: "deltas" and "surface" need both, "regions" may have
            X or both, the others take none.
        ax : matplotlib Axes, optional
            Where matplotlib (extra ``[plot]``) draws. Without one the picture is SVG.

        Returns
        -------
        SVG, or ``ax`` where one is given
            ``picture.save(path)`` writes it; a notebook shows it.

        Raises
        ------
        ValueError, TypeError, ShapeError
            If an argument is none of these.

        Examples
        --------
        >>> from fastbp import Network
        >>> Network([2, 3, 1], seed=0).plot()
        <SVG: A 2-3-1 network; save(path) writes it>
        """
        from fastbp.pictures.plot import plot

        return plot(self._model, kind, X, y, ax, options)

    # ---------------------------------------------------------------- checks

    def check_gradients(
        self, X: Any, y: Any, *, max_weights: int | None = None, seed: int = 0
    ) -> GradientCheck:
        """Compare every weight's and bias's gradient with a central difference of C, in float64.

        For each of them D(h) = (C(w + h) - C(w - h)) / 2h, of the loss alone, is compared with
        dC/dw of :meth:`gradients`. The step is h = eps^(1/3) max(1, |w|) / max(1, max |a_k|), with
        eps = 2^-52, and the two may differ by E/h + 2 |D(2h) - D(h)|, where E is the rounding
        error of C: docs/checking-gradients.md derives it. It is for activations and losses of your
        own, and says whose derivative is wrong.

        Parameters
        ----------
        X, y
            As for :meth:`fit`. Of more than 32 rows 32 are taken, chosen by ``seed``.
        max_weights : int or None
            The most weights and biases to compare, chosen by ``seed`` in equal numbers of each
            layer's weights and biases, as far as there are. None: all, and where that would take
            more than 4 10^10 multiply-adds (some seconds) as many as take that, but 200 at least.
        seed : int
            Chooses rows and weights.

        Returns
        -------
        GradientCheck
            ``.ok``, ``.worst``, ``.by_layer``, ``.wrong``, ``.kinks`` and ``.causes``; printing it
            shows the report. What cannot be compared, as a node crosses a kink (relu's at 0)
            within the step, is in ``.kinks`` and counts neither as right nor as wrong.

        Raises
        ------
        ValueError, TypeError, ShapeError
            If an argument is not as above, X or y is not finite, or C is not.

        Notes
        -----
        The network is not changed. One of float32, or with products in bfloat16, is checked on a
        copy in float64, for float32 has too few digits for a difference.

        Examples
        --------
        >>> import numpy as np
        >>> from fastbp import Network
        >>> net = Network([2, 3, 1], seed=0)
        >>> check = net.check_gradients([[0.2, 0.7], [0.9, 0.1]], [0, 1])
        >>> check.ok, check.n_checked
        (True, 13)
        """
        from fastbp.checks.gradient_check import check_gradients

        return check_gradients(self._model, X, y, max_weights, seed)

    def diagnose(self, X: Any, y: Any) -> Diagnosis:
        """Look for what keeps the network from learning these samples, and say what to try.

        It names dead and saturated nodes, vanishing and exploding deltas, a learning rate that is
        too high or too low, inputs or targets that are not scaled, targets out of the outputs'
        range, and rare classes that are missed. docs/diagnosis.md has each with its threshold.

        Parameters
        ----------
        X, y
            As for :meth:`fit`. Of more than 512 rows 512 are looked at, all over the samples.

        Returns
        -------
        Diagnosis
            A sequence of findings, empty where there are none, each with ``.kind``, ``.layer``,
            ``.nodes``, ``.value``, ``.text`` and ``.remedy``. Its ``.layers`` has the measures of
            each layer. Printing it shows both.

        Raises
        ------
        ValueError, TypeError, ShapeError
            If X and y are not as for :meth:`fit`, or not finite.

        Notes
        -----
        The network is not changed: the learning rate is tried, beside others, by 40 steps on
        copies. Nodes, deltas and rates are only found wanting where there is something left to
        learn: while C is above 5% of what the best constant output gets.

        Examples
        --------
        >>> import numpy as np
        >>> from fastbp import Network
        >>> rng = np.random.default_rng(0)
        >>> X = rng.standard_normal((200, 3))
        >>> net = Network([3, 8, 1], "tanh", output_activation="identity", seed=0)
        >>> net.diagnose(X, X[:, 0]).kinds
        ()
        >>> net.diagnose(X * [1, 1000, 1], X[:, 0]).kinds
        ('unscaled_inputs', 'saturated_nodes')
        """
        from fastbp.checks.health import diagnose

        return diagnose(self._model, X, y)
