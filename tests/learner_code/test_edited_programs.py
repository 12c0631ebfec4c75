"""One line of a right program is changed to a classical mistake, which is then named.

Beside the programs of ``test_programs.py`` these have whole shapes of their own: classes, scripts,
samples in columns, matrices of (n_in, n_out), fixed sizes, the bias inside the weights.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from test_programs import PROGRAMS, outcome

from fastbp.learner_code.checking import check_file

COLUMNS = "class_of_columns"
SCRIPT = "script_without_bias"
SAMPLES = "samples_in_columns"

# program, a piece of it, what stands there instead, and each function's mistakes
EDITS: list[tuple[str, str, str, dict[str, str]]] = [
    # ---- in one of two places where the same is written
    (COLUMNS, "sp = sigmoid_prime(z)", "sp = sigmoid_prime(activations[-l])",
     dict.fromkeys(("gradient", "step"), "slope_of_a@below")),
    (COLUMNS, "activations[-l - 1].transpose()", "activations[-l].transpose()",
     dict.fromkeys(("gradient", "step"), "own_a@below")),
    (COLUMNS, "            nabla_b[-l] = delta\n", "",
     {"gradient": "no_bias_gradient@below", "step": "bias_fixed@below|no_bias_gradient@below"}),
    ("one_hidden_layer_by_name", "np.outer(delta2, a1)", "np.outer(delta2, a2)",
     {"backprop": "own_a@output"}),
    ("one_hidden_layer_by_name", "* a1 * (1 - a1)", "* z1 * (1 - z1)",
     {"backprop": "z_taken_for_a@below"}),
    # ---- layers
    (COLUMNS, "range(2, self.num_layers)", "range(2, self.num_layers - 1)",
     dict.fromkeys(("gradient", "step"), "first_layer_fixed")),
    (COLUMNS, "self.weights[-l + 1].transpose()", "self.weights[-l].transpose()",
     dict.fromkeys(("gradient", "step"), "weights_of_layer_below")),
    ("rows_of_each_input", "dW[::-1], db[::-1]", "dW, db",
     dict.fromkeys(("backprop", "train_step"), "layers_reversed")),
    ("rows_and_a_mean_over_outputs", "deltas[i].T @ A[i]", "deltas[i].T @ A[i - 1]",
     {"gradients": "a_too_far_below"}),
    (SAMPLES, "for l in range(L):\n", "for l in range(L - 1):\n",
     {"update_parameters": "last_layer_fixed"}),
    ("one_hidden_layer_by_name", "z2 = W2 @ a1", "z2 = W2 @ z1",
     dict.fromkeys(("forward", "backprop"), "z_fed_forward")),
    # ---- deltas
    (SCRIPT, "l1_error = l2_delta.dot", "l1_error = l2_error.dot", {"step": "errors_passed_back"}),
    ("inputs_and_output", "sigmoid_derivative(z[k])", "sigmoid_derivative(z[j])",
     {"backward": "slope_of_last_j"}),
    ("bias_inside_the_weights", "(1 - a[l]))[1:]", "(1 - a[l]))[:-1]", {"step": "bias_delta_kept"}),
    (SAMPLES, "dZ = dAL * s * (1 - s)", "dZ = (AL - Y) * s * (1 - s)",
     {"backprop": "output_slope"}),
    (SAMPLES, "dZ = dAL * s * (1 - s)", "dZ = dAL", {"backprop": "no_output_slope"}),
    ("softmax_step", "(z > 0).astype(float)", "z * (z > 0)",
     dict.fromkeys(("relu_derivative", "train_on_batch"), "slope_is_g")),
    ("inputs_and_output", "error = output[j] - target[j]", "error = z[j] - target[j]",
     {"output_delta": "error_of_z"}),
    ("inputs_and_output", "error = output[j] - target[j]", "error = (output[j] - target[j]) ** 2",
     {"output_delta": "error_squared"}),
    (COLUMNS, "transpose(), delta) * sp", "transpose(), delta * sp)",
     dict.fromkeys(("gradient", "step"), "slope_in_sum")),
    (SCRIPT, "l1 = nonlin(np.dot(l0, syn0))", "l1 = np.dot(l0, syn0)",
     {"step": "no_hidden_activation"}),
    # ---- samples
    ("softmax_step", "delta.sum(axis=0)", "delta.mean(axis=0)", {"train_on_batch": "mean_twice_b"}),
    (SAMPLES, "dW = 1 / m * ", "dW = ", {"backprop": "sum_for_mean_w"}),
    (SAMPLES, "m = A_prev.shape[1]", "m = A_prev.shape[0]", {"backprop": "mean_over_nodes"}),
    ("rows_and_a_mean_over_outputs", "mean(axis=0)", "mean(axis=1)",
     {"gradients": "bias_gradient_of_samples|bias_mean_of_samples"}),
    ("softmax_step", "e.sum(axis=-1, keepdims=True)", "e.sum()",
     {"train_on_batch": "softmax_of_batch_by_row"}),
    ("loss_and_gradients", "dh1[h1 <= 0] = 0", "pass", {"gradient": "no_hidden_slope"}),
    # ---- fixed sizes
    ("mazur_scalars", "+ b2\n", "+ b1\n", {"step": "one_bias@below"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("program", "right", "wrong", "named"), EDITS, ids=[f"{of[0]}-{of[2]}" for of in EDITS]
)
def test_the_mistake_of_an_edit_is_named(
    program: str, right: str, wrong: str, named: dict[str, str], tmp_path: Path
) -> None:
    text = (PROGRAMS / "right" / f"{program}.py").read_text("utf-8")
    assert right in text
    path = tmp_path / "mine.py"
    path.write_text(text.replace(right, wrong), "utf-8")
    verdicts = check_file(str(path), own_process=False).verdicts
    assert {of.function.name: outcome(of) for of in verdicts if not of.right} == named
