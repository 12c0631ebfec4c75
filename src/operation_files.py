"""Writes what the sources take from the table of operations, fastbp/operations.py.

    operation_ids.pxi     the enums of ids and the structs of numbers, for kernels.pxd
    operation_names.pxi   name -> id and numbers, for the boundary
    activation_loops.pxi  loops over rows, and one vector at a time: each formula of activations.pxi
    loss_choice.pxi       the formulas of losses.pxi by a loss's id
    update_loops.pxi      loops over rows: each formula of update_rules.pxi

The formulas are called by the names of the rows, so a row without one does not compile. What is
chosen by an id has no case that stands for all others: a formula of an id that is not in the table
gives NaN. Loops over rows and a rule's rates are chosen unchecked: the boundary has looked the ids
up by name.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

PATH = Path(__file__).parent.parent / "fastbp" / "operations.py"
_spec = importlib.util.spec_from_file_location("fastbp_operations", PATH)
assert _spec is not None
assert _spec.loader is not None
table = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(table)

NO_NUMBER = "not_a_number()"
HEAD = "# Written by src/operation_files.py from fastbp/operations.py; not to be edited.\n"

G_LOOP = """\
cdef void rows_of_{g}(const Activation *g, const real *z, Py_ssize_t ld_z,
                      real *a, Py_ssize_t ld_a, real *slope,
                      Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil:
    cdef Py_ssize_t i, v
{numbers}
    for i in range(m):
        for v in range(n_vectors):
            store(a + i * ld_a + v * LANES, g_{g}(load(z + i * ld_z + v * LANES){given}))
"""
# Where the activation keeps g': that comes from the same exponentials as a.
G_AND_SLOPE_LOOP = """\
cdef void rows_of_{g}(const Activation *g, const real *z, Py_ssize_t ld_z,
                      real *a, Py_ssize_t ld_a, real *slope,
                      Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil:
    cdef Py_ssize_t i, v
    cdef vec a_j, slope_j
{numbers}
    for i in range(m):
        for v in range(n_vectors):
            a_j = g_{g}(load(z + i * ld_z + v * LANES), &slope_j{given})
            store(a + i * ld_a + v * LANES, a_j)
            if slope != NULL:
                store(slope + i * ld_a + v * LANES, slope_j)
"""
SLOPE_LOOP = """\
cdef void slopes_of_{g}(const Activation *g, const real *saved, const real *dC_da, real *delta,
                        Py_ssize_t ld, Py_ssize_t m, Py_ssize_t n_vectors) noexcept nogil:
    cdef Py_ssize_t i, v, at
{numbers}
    for i in range(m):
        for v in range(n_vectors):
            at = i * ld + v * LANES
            store(delta + at, {slope} * load(dC_da + at))

G_ROWS[<int> {id}], SLOPE_ROWS[<int> {id}] = rows_of_{g}, slopes_of_{g}
"""

UPDATE_LOOP = """\
cdef void rows_by_{rule}(const Rates *rates, real *w, void **memories, Py_ssize_t place,
                         Py_ssize_t ld, const real *dw, Py_ssize_t ld_dw, Py_ssize_t n_rows,
                         Py_ssize_t n_vectors) noexcept nogil:
    cdef Rates r = rates[0]  # a copy stays in registers: no store can change it
    cdef Py_ssize_t k, v, at
    cdef vec {vectors}
{pointers}
    for k in range(n_rows):
        for v in range(n_vectors):
            at = k * ld + v * LANES
{loads}
            x = updated_by_{rule}(&r, load(w + at), load(dw + k * ld_dw + v * LANES){memories})
{stores}
            store(w + at, x)

UPDATE_ROWS[<int> {id}] = rows_by_{rule}

cdef void optional_rows_by_{rule}(const Rates *rates, real *w, void **memories, Py_ssize_t place,
                                  Py_ssize_t ld, const real *dw, Py_ssize_t ld_dw,
                                  Py_ssize_t n_rows, Py_ssize_t n_vectors) noexcept nogil:
    cdef Rates r = rates[0]
    cdef Py_ssize_t k, v, at
    cdef bint prepares = r.options.prepares, decays = r.options.decays
    cdef bint averages = r.options.averages
    cdef vec {vectors}, given
{pointers}
    cdef real *average = <real *> memories[{n}] + place if averages else NULL
    for k in range(n_rows):
        for v in range(n_vectors):
            at = k * ld + v * LANES
{loads}
            x, given = load(w + at), load(dw + k * ld_dw + v * LANES)
            if prepares:
                given = optional_gradient(&r.options, x, given)
            if decays:
                x = decayed(&r.options, x)
            x = updated_by_{rule}(&r, x, given{memories})
{stores}
            store(w + at, x)
            if averages:
                store(average + at, averaged(&r.options, load(average + at), x))

OPTION_ROWS[<int> {id}] = optional_rows_by_{rule}
"""


def choice(
    declaration: str, id_name: str, cases: Iterable[tuple[str, str]], other: str, variable: str = ""
) -> str:
    """A C function that returns what stands beside the id that it is given."""
    lines = [f"cdef inline {declaration} noexcept nogil:", *([f"    {variable}"] * bool(variable))]
    lines += [f"    if {id_name} == {case}:\n        return {value}" for case, value in cases]
    return "\n".join([*lines, f"    return {other}", ""])


def ids(names: Iterable[str]) -> list[str]:
    """The members of an enum."""
    return [name.upper() for name in names]


def given_of(operation: str, count: int) -> str:
    """The last arguments of a formula: the numbers that its operation takes."""
    return "".join(f", splat(<real> {operation}.parameters[{i}])" for i in range(count))


def numbers_of_rules() -> tuple[list[str], list[str]]:
    """The numbers that rules are given, and those that are computed for each step."""
    rows = table.RULES.values()
    rule_numbers = dict.fromkeys(number.name for row in rows for number in row.numbers)
    return list(rule_numbers), list(
        dict.fromkeys(name for row in rows for name in row.step_numbers)
    )


def struct(name: str, fields: Iterable[str]) -> str:
    """A struct of doubles."""
    return f"ctypedef struct {name}:\n" + "".join(f"    double {field}\n" for field in fields)


def operation_ids() -> str:
    """What kernels.pxd includes."""
    parts = [
        f"cdef enum {kind}Id:\n    {', '.join(ids(rows))}, N_{many}\n"
        for kind, many, rows in (
            ("Activation", "ACTIVATIONS", table.ACTIVATIONS),
            ("Loss", "LOSSES", table.LOSSES),
            ("Rule", "RULES", table.RULES),
        )
    ]
    rule_numbers, step_numbers = numbers_of_rules()
    memories = [(name.upper(), str(len(row.remembers))) for name, row in table.RULES.items()]
    with_numbers = [*table.ACTIVATIONS.values(), *table.LOSSES.values()]
    parts += [
        "# The numbers of update rules, by name; each rule reads its own.\n"
        + struct("Numbers", rule_numbers),
        "# What some of them come to in a step.\n" + struct("StepNumbers", step_numbers),
        "cdef enum:\n    # with a moving average\n"
        f"    MOST_MEMORIES = {1 + max(int(n) for _, n in memories)}\n"
        f"    MOST_PARAMETERS = {max(len(row.parameters) for row in with_numbers)}\n",
        "# How much a rule remembers of each parameter.\n"
        + choice("int n_memories(RuleId rule)", "rule", memories, "0"),
    ]
    return "\n".join([HEAD, *parts])


def operation_names() -> str:
    """What the boundary includes."""
    parts = [
        f"{kind}_IDS = {{{', '.join(f'{name!r}: {name.upper()}' for name in rows)}}}\n"
        for kind, rows in (
            ("ACTIVATION", table.ACTIVATIONS),
            ("LOSS", table.LOSSES),
            ("RULE", table.RULES),
        )
    ]
    rule_numbers, _ = numbers_of_rules()
    names = ",\n                ".join(
        f"frozenset({[number.name for number in row.numbers]})" for row in table.RULES.values()
    )
    steps = [
        f"    if rule == {name.upper()}:\n        {name}_step_numbers(given, step, numbers)\n"
        for name, row in table.RULES.items()
        if row.step_numbers
    ]
    activations = table.ACTIVATIONS.values()
    has_slope = [int(row.by_node) for row in activations]
    keeps_slope = [int(row.keeps == "slope") for row in activations]
    n_parameters = [len(row.parameters) for row in activations]
    takes_slope = [int(row.chain_rule) for row in table.LOSSES.values()]
    of_losses = [len(row.parameters) for row in table.LOSSES.values()]
    parts += [
        "# Whether an activation has a slope of one node, whether that is what it keeps, and how\n"
        "# many numbers it takes; whether a loss takes the slope, and how many numbers.\n"
        f"cdef bint HAS_SLOPE[N_ACTIVATIONS]\nHAS_SLOPE[:] = {has_slope}\n"
        f"cdef bint KEEPS_SLOPE[N_ACTIVATIONS]\nKEEPS_SLOPE[:] = {keeps_slope}\n"
        f"cdef int N_PARAMETERS[N_ACTIVATIONS]\nN_PARAMETERS[:] = {n_parameters}\n"
        f"cdef bint TAKES_SLOPE[N_LOSSES]\nTAKES_SLOPE[:] = {takes_slope}\n"
        f"cdef int N_LOSS_PARAMETERS[N_LOSSES]\nN_LOSS_PARAMETERS[:] = {of_losses}\n",
        "# By rule: the names of its numbers.\n"
        f"RULE_NUMBERS = ({names},)\n"
        f"NO_NUMBERS = {dict.fromkeys(rule_numbers, 0.0)}\n",
        "cdef inline void find_step_numbers(RuleId rule, const Numbers *given, double step,\n"
        "                                   StepNumbers *numbers) noexcept nogil:\n"
        + "".join(steps),
    ]
    return "\n".join([HEAD, *parts])


def activation_loops() -> str:
    """What activations.pxi includes."""
    parts = []
    g_cases, slope_cases, saved_cases, keeping = [], [], [], []
    for name, row in table.ACTIVATIONS.items():
        if not row.by_node:
            continue
        places = range(len(row.parameters))
        fields = {
            "g": name,
            "id": name.upper(),
            "numbers": "\n".join(
                f"    cdef vec p{i} = splat(<real> g.parameters[{i}])" for i in places
            ),
            "given": "".join(f", p{i}" for i in places),
        }
        given = given_of("g", len(row.parameters))
        if row.keeps == "a":
            loop = G_LOOP
            fields["slope"] = f"slope_{name}(load(saved + at){fields['given']})"
            g_cases.append((fields["id"], f"g_{name}(z{given})"))
            slope_cases.append((fields["id"], f"slope_{name}(a{given})"))
            saved_cases.append((fields["id"], f"slope_{name}(saved{given})"))
        else:
            loop = G_AND_SLOPE_LOOP
            fields["slope"] = "load(saved + at)"
            g_cases.append((fields["id"], f"g_{name}(z, &slope{given})"))
            slope_cases.append((fields["id"], f"slope_at_{name}(z{given})"))
            saved_cases.append((fields["id"], "saved"))
            keeping.append((fields["id"], "True"))
            parameters = "".join(f", vec p{i}" for i in places)
            parts.append(
                f"cdef inline vec slope_at_{name}(vec z{parameters}) noexcept nogil:\n"
                f"    cdef vec slope\n    g_{name}(z, &slope{fields['given']})\n    return slope\n"
            )
        parts += [loop.format(**fields), SLOPE_LOOP.format(**fields)]
    by_id = "const Activation *g"
    parts += [
        choice(f"vec g_of({by_id}, vec z)", "g.id", g_cases, NO_NUMBER, "cdef vec slope"),
        choice(f"vec slope_of({by_id}, vec z, vec a)", "g.id", slope_cases, NO_NUMBER),
        choice(f"vec slope_of_saved({by_id}, vec saved)", "g.id", saved_cases, NO_NUMBER),
        choice("bint keeps_slope(ActivationId g)", "g", keeping, "False"),
    ]
    return "\n".join([HEAD, *parts])


def loss_choice() -> str:
    """What losses.pxi includes."""
    rows = table.LOSSES.values()

    def cases(value: Callable[..., str]) -> list[tuple[str, str]]:
        return [(row.name.upper(), value(row)) for row in rows]

    def numbers(row: Any) -> str:
        return given_of("loss", len(row.parameters))

    def choose(name: str, holds: Callable[..., bool]) -> str:
        return choice(
            f"bint {name}(LossId loss)", "loss",
            [(row.name.upper(), "True") for row in rows if holds(row)], "False",
        )  # fmt: skip

    return "\n".join(
        [
            HEAD,
            choose("reads_z", lambda row: "z" in row.reads),
            choose("reads_top", lambda row: "top" in row.reads),
            choose("sums_squares", lambda row: row.squares),
            choose("takes_slope", lambda row: row.chain_rule),
            choice(
                "double loss_factor(LossId loss, Py_ssize_t n)", "loss",
                cases(lambda row: f"{row.factor!r} / n" if row.mean else repr(row.factor)), "NAN",
            ),
            choice(
                "vec loss_term(const Loss *loss, vec z, vec a, vec y, vec top, vec log_top)",
                "loss.id",
                cases(lambda row: f"{row.family}_term({', '.join(row.reads)}{numbers(row)})"),
                NO_NUMBER,
            ),
            choice(
                "vec loss_delta(const Loss *loss, vec a, vec y, vec factor)", "loss.id",
                cases(lambda row: f"{row.family}_delta(a, y, factor{numbers(row)})"), NO_NUMBER,
            ),
        ]
    )  # fmt: skip


def update_loops() -> str:
    """What update_rules.pxi includes."""
    parts = []
    for name, row in table.RULES.items():
        memory_indices = range(1, len(row.remembers) + 1)
        parts.append(
            UPDATE_LOOP.format(
                rule=name,
                id=name.upper(),
                n=len(row.remembers),
                vectors=", ".join(["x", *(f"m{i}" for i in memory_indices)]),
                pointers="\n".join(
                    f"    cdef real *memory{i} = <real *> memories[{i - 1}] + place"
                    for i in memory_indices
                ),
                loads="\n".join(f"            m{i} = load(memory{i} + at)" for i in memory_indices),
                memories="".join(f", &m{i}" for i in memory_indices),
                stores="\n".join(
                    f"            store(memory{i} + at, m{i})" for i in memory_indices
                ),
            )
        )
    rates = "".join(
        f"    if u.rule == {name.upper()}:\n        {name}_rates(u, r)\n" for name in table.RULES
    )
    head = "cdef inline void set_rule_rates(const Update *u, Rates *r) noexcept nogil:\n"
    parts.append(head + rates)
    return "\n".join([HEAD, *parts])


def texts() -> dict[str, str]:
    """All files by name."""
    return {
        "operation_ids.pxi": operation_ids(),
        "operation_names.pxi": operation_names(),
        "activation_loops.pxi": activation_loops(),
        "loss_choice.pxi": loss_choice(),
        "update_loops.pxi": update_loops(),
    }
