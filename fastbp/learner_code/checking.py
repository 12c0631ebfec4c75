"""The check of a file: its functions, their roles, its network; a verdict on each."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from fastbp.learner_code.examples import Setting
from fastbp.learner_code.judge import judge
from fastbp.learner_code.learner_file import Description, Function
from fastbp.learner_code.roles import (
    PARAMETERS,
    ROLES,
    Role,
    function_names,
    function_role,
    symbol_of,
)
from fastbp.learner_code.session import SECONDS, Session
from fastbp.learner_code.verdict import Verdict
from fastbp.operations import LOSSES

#: Names of every function that is understood, and of which role.
KNOWN = tuple(dict.fromkeys(name for role in ROLES for name in role.names))


class Checked(NamedTuple):
    """What came of the check of a file.

    Attributes
    ----------
    setting : Setting
        What the network was.
    verdicts : list of Verdict
        A verdict on each function that was found.
    unknown : list of str
        The file's other functions, with the name that one may be meant as.
    """

    setting: Setting
    verdicts: list[Verdict]
    unknown: list[str]


def check_file(
    path: str,
    options: Mapping[str, Any] | None = None,
    seconds: float = SECONDS,
    own_process: bool = True,
) -> Checked:
    """Check a learner's file; its own code runs.

    Parameters
    ----------
    path : str
        The Python file.
    options : dict, optional
        ``activation``, ``output_activation`` and ``loss``, where the file's constants do not hold.
    seconds : float
        The limit for its import, and for each function.
    own_process : bool
        False runs it in this process, without a limit.

    Returns
    -------
    Checked

    Raises
    ------
    ValueError
        If no function is found, or a constant is none that is known.
    RuntimeError
        If the file cannot be imported.
    """
    with Session(path, seconds, own_process) as session:
        description = session.description()
        setting = setting_of(description.constants, options or {})
        verdicts = [
            judge(session, function, roles, setting, description.uses_numpy)
            if roles
            else _not_understood(function)
            for function, roles in found(description, setting)
        ]
    if not verdicts:
        raise ValueError(f"{path} has no function to check{_instead(description)}")
    not_right = {verdict.function.name for verdict in verdicts if not verdict.right}
    for verdict in verdicts:
        verdict.wrong_calls = sorted(verdict.function.calls & (not_right - {verdict.function.name}))
    checked = {verdict.function.name for verdict in verdicts}
    others = [f.name for f in description.functions if f.name not in checked]
    return Checked(setting, verdicts, [_with_meant(name) for name in others])


def _with_meant(name: str) -> str:
    """A function's name, and which known one it may be meant as."""
    near = get_close_matches(name, KNOWN, 1)
    return f"{name} (may be meant as {near[0]})" if near else name


def _instead(description: Description) -> str:
    """What a file has instead of functions that are known, and what to do."""
    has = [_with_meant(function.name) for function in description.functions]
    has += [f"class {name}" for name in description.classes]
    known = "known are " + ", ".join(dict.fromkeys(role.names[0] for role in ROLES))
    parts = [
        f"it has {', '.join(has) or 'none'}",
        f"{known}, g, g_prime, and names such as sigmoid and sigmoid_prime",
    ]
    if description.classes:
        parts.append(
            "for methods write a function step(x, y, w, b, learning_rate) that makes the object, "
            "gives it w and b, and trains it once"
        )
    return "; " + "; ".join(parts)


def setting_of(constants: Mapping[str, Any], options: Mapping[str, Any]) -> Setting:
    """Say what the network is: options first, then the file's constants, then the defaults.

    Without another word a loss brings its own output activation.
    """
    given = {name.lower(): value for name, value in constants.items()}
    given |= {name: value for name, value in options.items() if value is not None}
    row = LOSSES.get(given.get("loss", ""))
    if row is not None and not row.chain_rule:
        given.setdefault("output_activation", row.output_activations[0])
    return Setting(**given)


def found(description: Description, setting: Setting) -> Iterator[tuple[Function, list[Role]]]:
    """The functions with a known name, and the roles that their parameters allow."""
    derivatives = {name: (g, prime) for name, g, prime in function_names(setting.activation)}
    whole = any(
        PARAMETERS.get(parameter.name) == "x"
        for function in description.functions
        for parameter in function.parameters
        if function.name in KNOWN
    )
    for function in description.functions:
        if function.name in KNOWN:
            roles = [role for role in ROLES if function.name in role.names]
            fitting = [role for role in roles if _fits(role, function)]
            # In a file whose other functions take the network, this one is tried on it first.
            yield function, sorted(fitting, key=lambda role: role.of_network != whole)
        elif function.name in derivatives and function.parameters:
            activation, derivative = derivatives[function.name]
            takes_a = derivative and function.parameters[0].name == "a"
            yield function, [function_role(function.name, activation, derivative, takes_a)]


def _fits(role: Role, function: Function) -> bool:
    named = [symbol_of(parameter.name, role.of_network) for parameter in function.parameters]
    symbols = {symbol for symbol, _ in named if symbol}
    if "gradients" in symbols and role.of_network:
        symbols |= {"dw", "db"}
    return set(role.has) <= symbols and not set(role.has_not) & symbols


def _not_understood(function: Function) -> Verdict:
    roles = [role for role in ROLES if function.name in role.names]
    needs = " or ".join(dict.fromkeys(" and ".join(role.has) for role in roles))
    names = [*(parameter.name for parameter in function.parameters), *function.nameless]
    message = (
        f"{function.name} takes {', '.join(names) or 'nothing'}, and must take {needs}: parameters "
        "are known by their names, which fastbp check --help lists"
    )
    return Verdict(function, roles[0], "not understood", message=message)
