"""The table of classical mistakes: where each can be made, and in words what it is.

What a mistake would give is computed in :mod:`fastbp.learner_code.formulas`, under the same key.
"""

from collections.abc import Iterator
from typing import NamedTuple

from fastbp.learner_code.formulas import BELOW, OUTPUT


class Mistake(NamedTuple):
    """One classical mistake: the part of the pass in which it is made, its name, the remedy."""

    part: str
    name: str
    remedy: str


_SWAPPED = "j and k are swapped"
_NO_RESET = "the sum is not started anew for each node"
_LAST_TERM = "only the last term of the sum is kept: = where += belongs"
_SLOPE_OF_A = "g' is taken at a instead of z"
_SLOPE_OF_Z = "z is put into a formula for g' in terms of a"

_BATCH_SOFTMAX = "softmax divides by the sum over the whole batch"
_ROW_SOFTMAX = "each sample has a sum of its own: e / e.sum(axis=1, keepdims=True) for rows"
_OVER_NODES = "divided by the number of nodes instead of samples"
_OVER_SAMPLES = "the samples are the rows of X, or its columns, whichever way your code has them"
_A_BELOW = "dC/dw_jk = δ_j a_k, with a_k of layer l-1; below the first layer it is x"
_WRONG_AXIS = "the bias's gradient is summed over the nodes, not over the samples"
_RIGHT_AXIS = "db has a number for each node: axis=0 if a row is a sample, axis=1 if a column is"

MISTAKES: dict[str, Mistake] = {
    # ---- z
    "swapped_forward": Mistake(
        "z", _SWAPPED, "w_jk leads from node k to node j: z_j = b_j + Σ_k w_jk a_k"
    ),
    "no_bias": Mistake("z", "the bias is missing", "z_j begins with b_j"),
    "bias_each_k": Mistake(
        "z", "the bias is added once for each k", "add b_j once, outside the loop over k"
    ),
    "one_bias": Mistake("z", "b_0 is added to every node", "node j has a bias of its own: b_j"),
    "bias_subtracted": Mistake("z", "the bias is subtracted", "z_j begins with + b_j"),
    "sum_not_reset": Mistake("z", _NO_RESET, "set z_j to b_j inside the loop over j"),
    "sum_not_reset_with_bias": Mistake("z", _NO_RESET, "set z_j to b_j inside the loop over j"),
    "keeps_last_k": Mistake("z", _LAST_TERM, "z_j += w[j][k] * a[k] in the loop over k"),
    "keeps_last_k_alone": Mistake("z", _LAST_TERM, "z_j += w[j][k] * a[k] in the loop over k"),
    "misses_last_k": Mistake(
        "z", "the last k is left out", "k goes over range(n) of the layer below, not range(n - 1)"
    ),
    "misses_first_k": Mistake("z", "k = 0 is left out", "nodes count from 0: k in range(n)"),
    "a_of_j": Mistake("z", "a_j stands where a_k belongs", "z_j += w[j][k] * a[k]"),
    # ---- a
    "no_activation": Mistake(
        "a", "the activation is missing: a is z", "a_j = g(z_j), in the list of its own"
    ),
    "exponent_sign": Mistake(
        "a", "the exponent has the wrong sign", "sigmoid is 1 / (1 + e^-z), softmax has e^+z"
    ),
    "sigmoid_precedence": Mistake(
        "a", "parentheses are missing: 1 / 1 + e^-z", "sigmoid is 1 / (1 + e^-z)"
    ),
    "integer_activation": Mistake(
        "a", "integer division: // in the activation", "/ keeps the fraction that // drops"
    ),
    "softmax_overflows": Mistake(
        "large z",
        "softmax without the maximum overflows",
        "subtract the largest z first: e^(z_j - max z), which changes no a",
    ),
    "output_like_hidden": Mistake(
        "network a",
        "the output layer has the hidden layers' activation",
        "a^(L) takes the output's own g",
    ),
    "no_output_activation": Mistake(
        "network a", "the activation of the output layer is missing", "a^(L) = g(z^(L)) as well"
    ),
    "softmax_of_batch": Mistake("network a", _BATCH_SOFTMAX, _ROW_SOFTMAX),
    "softmax_of_batch_by_row": Mistake("network a", _BATCH_SOFTMAX, _ROW_SOFTMAX),
    "no_hidden_activation": Mistake(
        "network a", "the activation of the hidden layers is missing", "a = g(z) in every layer"
    ),
    "x_everywhere": Mistake(
        "network a", "every layer reads the sample x", "layer l reads a^(l-1), x is a^(0) only"
    ),
    "z_fed_forward": Mistake(
        "network a",
        "z of the layer below is fed forward instead of its a",
        "z_j^(l) = b_j + Σ_k w_jk a_k^(l-1)",
    ),
    "z_is_a": Mistake(
        "alias",
        "z and a are one and the same list",
        "a = z copies no number; a = [g(z_j) for z_j in z]",
    ),
    # ---- g'
    "slope_of_a": Mistake(
        "slope",
        _SLOPE_OF_A,
        "g'(z_j) takes z; a formula in terms of a, as a (1 - a) is for sigmoid, takes a",
    ),
    "z_taken_for_a": Mistake(
        "slope",
        _SLOPE_OF_Z,
        "a (1 - a) and 1 - a^2 hold for a = g(z): give them a, or compute g(z) in them",
    ),
    "slope_other_half": Mistake(
        "slope", "half of g' is missing", "sigmoid has a (1 - a), with a = g(z)"
    ),
    "slope_reversed": Mistake(
        "slope", "g' is 0 and 1 the wrong way round", "relu'(z) is 1 where z > 0, else 0"
    ),
    "slope_is_g": Mistake("slope", "g stands where g' belongs", "{slope_formulas}"),
    "slope_is_z": Mistake("slope", "z stands where g' belongs", "{slope_formulas}"),
    "slope_half": Mistake(
        "slope", "half of g' is missing", "sigmoid has a (1 - a), tanh 1 - a^2, both with a = g(z)"
    ),
    # ---- C_0
    "loss_half": Mistake("loss", "C_0 is half of what it should be", "{loss} is {loss_formula}"),
    "loss_double": Mistake("loss", "C_0 is twice what it should be", "{loss} is {loss_formula}"),
    "loss_mean": Mistake(
        "loss", "the mean over the outputs instead of their sum", "{loss} is {loss_formula}"
    ),
    "loss_sum": Mistake(
        "loss", "the sum over the outputs instead of their mean", "{loss} is {loss_formula}"
    ),
    "loss_sign": Mistake("loss", "the sign of C_0 is wrong", "{loss} is {loss_formula}"),
    "loss_zero": Mistake(
        "loss", "C_0 is always 0: is there a 1 // 2?", "1 // 2 is 0 in integers; 1 / 2 is 0.5"
    ),
    "loss_not_squared": Mistake("loss", "the square is missing", "{loss} is {loss_formula}"),
    "loss_absolute": Mistake(
        "loss", "absolute values instead of squares", "{loss} is {loss_formula}"
    ),
    "loss_root": Mistake("loss", "a root too many", "{loss} is {loss_formula}"),
    # ---- delta of the output
    "no_output_slope": Mistake("output", "delta of the output lacks g'", "δ_j = dC_0/da_j g'(z_j)"),
    "output_slope": Mistake(
        "output",
        "delta of the output has a g' too many",
        "{output_delta_words}",
    ),
    "delta_half": Mistake("output", "the factor 2 is lost", "{slope_words}"),
    "delta_double": Mistake("output", "the 1/2 is lost: twice what it should be", "{slope_words}"),
    "delta_mean": Mistake(
        "output", "delta is divided by the number of outputs", "{loss} is {loss_formula}"
    ),
    "delta_sum": Mistake(
        "output", "the 1/n_L of the mean over outputs is lost", "{loss} is {loss_formula}"
    ),
    "error_of_z": Mistake("output", "z stands where a belongs: z - y", "{slope_words}, after g"),
    "error_plus": Mistake("output", "a + y instead of a - y", "{slope_words}"),
    "error_squared": Mistake("output", "the error is squared", "{slope_words}"),
    "error_absolute": Mistake(
        "output", "the absolute value of the error", "the sign of a_j - y_j says which way to go"
    ),
    "delta_of_loss": Mistake(
        "output", "the loss itself stands where its derivative belongs", "{slope_words}"
    ),
    "delta_sign": Mistake("output", "the sign is wrong: y - a instead of a - y", "{slope_words}"),
    # ---- delta below
    "swapped_backward": Mistake(
        "backward", _SWAPPED, "δ_k = g'(z_k) Σ_j w_jk δ_j, summed over the nodes above"
    ),
    "no_hidden_slope": Mistake("backward", "g' is missing", "δ_k = g'(z_k) Σ_j w_jk δ_j"),
    "slope_of_layer_above": Mistake(
        "backward", "g' of the wrong layer", "g' stands at z_k of layer l-1, whose delta it is"
    ),
    "slope_in_sum": Mistake(
        "backward",
        "g' stands inside the sum, with the node above",
        "δ_k = g'(z_k) Σ_j w_jk δ_j: first the sum, then g' of node k",
    ),
    "slope_of_last_j": Mistake(
        "backward",
        "g' stands at z_j instead of z_k, with the j that the loop left behind",
        "δ_k = g'(z_k) Σ_j w_jk δ_j: g' has the k of the delta",
    ),
    "bias_delta_kept": Mistake(
        "backward",
        "the bias's place among the deltas is kept, and the last node's is dropped",
        "with the bias as weight 0 cut δ_0 off: delta[1:]",
    ),
    "weights_of_layer_below": Mistake(
        "network backward",
        "the weights of the wrong layer",
        "δ^(l) takes w^(l+1), which lead from its nodes to the layer above",
    ),
    "errors_passed_back": Mistake(
        "network backward",
        "the error without g' is passed on to the layer below",
        "δ_k = g'(z_k) Σ_j w_jk δ_j, where δ_j has its own g' in it",
    ),
    "deltas_reversed": Mistake(
        "deltas", "the layers are in reverse order", "deltas are found from L down: reverse them"
    ),
    "misses_last_j": Mistake("backward", "the last j is left out", "j goes over range(n_l)"),
    "keeps_last_j": Mistake("backward", _LAST_TERM, "dC_da_k += w[j][k] * delta[j]"),
    "sum_not_reset_below": Mistake("backward", _NO_RESET, "set the sum to 0 in the loop over k"),
    "weights_left_out": Mistake(
        "backward", "the weights are missing", "δ_k = g'(z_k) Σ_j w_jk δ_j"
    ),
    "deltas_left_out": Mistake(
        "backward", "the deltas of the layer above are missing", "δ_k = g'(z_k) Σ_j w_jk δ_j"
    ),
    "sum_left_out": Mistake(
        "backward", "the sum over the nodes above is missing", "δ_k = g'(z_k) Σ_j w_jk δ_j"
    ),
    "delta_of_k": Mistake(
        "backward", "δ_k stands where δ_j belongs", "dC_da_k += w[j][k] * delta[j]"
    ),
    "new_weights_below": Mistake(
        "order",
        "the new weights are used for the layer below",
        "all deltas come from the weights of the forward pass; then every weight moves",
    ),
    # ---- gradients
    "transposed_gradient": Mistake(
        "gradient", _SWAPPED, "dC/dw_jk = δ_j a_k has a row for each j, as w has"
    ),
    "swapped_gradient": Mistake(
        "gradient", _SWAPPED, "dw[j][k] += delta[j] * a[k]: delta of the layer, a of the one below"
    ),
    "z_for_a_below": Mistake(
        "gradient", "z of the layer below instead of its a", "dC/dw_jk = δ_j a_k, a after g"
    ),
    "own_a": Mistake(
        "gradient", "a of the layer itself instead of the layer below", "a_k is of layer l-1"
    ),
    "x_for_a_below": Mistake(
        "network gradient", "x in every layer, instead of a of the layer below", _A_BELOW
    ),
    "a_too_far_below": Mistake(
        "network gradient", "a of the wrong layer: one too far below", _A_BELOW
    ),
    "layers_reversed": Mistake(
        "network gradient",
        "the layers are in reverse order",
        "gradients are found from layer L down: reverse the lists at the end",
    ),
    "gradient_without_a": Mistake("gradient", "a_k is missing", "dC/dw_jk = δ_j a_k"),
    "gradient_a_of_j": Mistake(
        "gradient", "a_j stands where a_k belongs", "dw[j][k] += delta[j] * a[k]"
    ),
    "gradient_delta_of_k": Mistake(
        "gradient", "δ_k stands where δ_j belongs", "dw[j][k] += delta[j] * a[k]"
    ),
    "bias_gradient_each_k": Mistake(
        "gradient",
        "the bias's gradient is added once for each k",
        "db[j] += delta[j] outside of it",
    ),
    "rows_are_one_list": Mistake(
        "gradient",
        "all rows are one and the same list",
        "[[0.0] * n] * m repeats one list; [[0.0] * n for j in range(m)] makes m of them",
    ),
    "bias_gradient_one_sum": Mistake(
        "gradient", "the bias's gradient is one sum over the layer", "dC/db_j = δ_j of node j alone"
    ),
    "bias_gradient_of_samples": Mistake("gradient", _WRONG_AXIS, _RIGHT_AXIS),
    "bias_mean_of_samples": Mistake("gradient", _WRONG_AXIS, _RIGHT_AXIS),
    "no_bias_gradient": Mistake("gradient", "the bias's gradient is missing", "dC/db_j = δ_j"),
    "gradient_sign": Mistake("gradient", "the sign is wrong", "dC/dw_jk = + δ_j a_k"),
    "overwrites": Mistake(
        "start", "dw and db are overwritten, not added to", "+= keeps what other samples gave"
    ),
    "keeps_between_calls": Mistake(
        "arguments",
        "two calls with the same arguments give different numbers",
        "it keeps something from call to call: a global, an attribute, or a default such as "
        "dw=[], which is made once; or it draws at random",
    ),
    "writes_arguments": Mistake(
        "arguments",
        "it writes into what it was given",
        "b = a makes a second name for the same list; list(a) or a.copy() makes a list of its own",
    ),
    # ---- means over samples
    "sum_for_mean": Mistake(
        "mean", "the sum over samples instead of their mean", "divide by the number of samples"
    ),
    "sum_for_mean_w": Mistake(
        "mean", "the weights' gradient is a sum over samples, not a mean", "divide dw as well as db"
    ),
    "sum_for_mean_b": Mistake(
        "mean", "the biases' gradient is a sum over samples, not a mean", "divide db as well as dw"
    ),
    "integer_mean": Mistake(
        "mean",
        "integer division: // by the number of samples",
        "/ keeps the fraction that // drops",
    ),
    "mean_twice": Mistake("mean", "divided by the number of samples twice", "divide by it once"),
    "mean_twice_w": Mistake("mean", "dw is divided by the samples twice", "divide by them once"),
    "mean_twice_b": Mistake("mean", "db is divided by the samples twice", "divide by them once"),
    "mean_over_inputs": Mistake("mean", _OVER_NODES, _OVER_SAMPLES),
    "mean_over_nodes": Mistake("mean", _OVER_NODES, _OVER_SAMPLES),
    "last_sample_alone": Mistake(
        "mean", "only the last sample counts", "+= adds up the samples' gradients"
    ),
    # ---- update
    "nothing_moves": Mistake(
        "update",
        "no weight moves",
        "w = w - ... makes a new array that the caller never sees: return it, or write w -= ...; "
        "a rate such as 1 // 10 is 0",
    ),
    "no_rate": Mistake("update", "the learning rate is missing", "w_jk -= learning_rate dC/dw_jk"),
    "no_rate_w": Mistake(
        "update", "the weights lack the learning rate", "w_jk -= learning_rate dC/dw_jk"
    ),
    "no_rate_b": Mistake(
        "update", "the biases lack the learning rate", "b_j -= learning_rate dC/db_j"
    ),
    "update_sign": Mistake(
        "update",
        "the sign of the update is wrong",
        "C falls against the gradient: -=",
    ),
    "update_sign_w": Mistake("update", "the weights go uphill", "w_jk -= learning_rate dC/dw_jk"),
    "update_sign_b": Mistake("update", "the biases go uphill", "b_j -= learning_rate dC/db_j"),
    "swapped_update": Mistake("update", _SWAPPED, "w[j][k] goes with dw[j][k]"),
    "step_replaces": Mistake(
        "update", "the step replaces the weight", "w_jk - learning_rate dC/dw_jk, not that alone"
    ),
    "step_replaces_w": Mistake(
        "update",
        "the step replaces the weight: = where -= belongs",
        "w_jk -= learning_rate dC/dw_jk",
    ),
    "step_replaces_b": Mistake(
        "update", "the step replaces the bias: = where -= belongs", "b_j -= learning_rate dC/db_j"
    ),
    "bias_moves_each_k": Mistake(
        "update", "the bias moves once for each k", "b_j moves outside the loop over k"
    ),
    "weights_fixed": Mistake("update", "the weights never move", "w_jk -= learning_rate dC/dw_jk"),
    "bias_fixed": Mistake("update", "the biases never move", "b_j -= learning_rate dC/db_j"),
    "last_layer_alone": Mistake(
        "layers", "only the last layer's weights move", "every layer moves, from L down to 1"
    ),
    "first_layer_fixed": Mistake(
        "layers", "the first layer is left out", "every layer moves, from L down to 1"
    ),
    "last_layer_fixed": Mistake(
        "layers", "the last layer is left out", "every layer moves, from L down to 1"
    ),
    "update_each_sample": Mistake(
        "order", "an update after each sample", "a batch has one update, by the mean gradient"
    ),
}


# Whoever writes layer L and those below it apart can make a mistake in one of the two places.
_PLACES = {OUTPUT: "at the output", BELOW: "below the output"}
MISTAKES |= {
    f"{key}{place}": Mistake(part, f"{name}, {words}", remedy)
    for key, (part, name, remedy) in MISTAKES.items()
    for place, words in _PLACES.items()
    if part in ("z", "slope", "gradient", "update") and key != "nothing_moves"
}


def made_in(parts: tuple[str, ...], of_network: bool) -> Iterator[str]:
    """The keys of the mistakes of these parts of the pass, of one layer or of the network."""
    for key, mistake in MISTAKES.items():
        if mistake.part in parts and (of_network or "@" not in key):
            yield key
