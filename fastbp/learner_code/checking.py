"""The check of a file: its functions, their roles, its network; a verdict on each."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastbp.learner_code.examples import Setting
from fastbp.learner_code.judge import Verdict, judge
from fastbp.learner_code.learner_file import Description, Function
from fastbp.learner_code.roles import PARAMETERS, ROLES, Role, function_names, function_role
from fastbp.learner_code.session import SECONDS, Session
from fastbp.operations import LOSSES

#: Names of every function that is understood, and of which role.
KNOWN = tuple(dict.fromkeys(name for role in ROLES for name in role.names))


def check_file(
    path: str,
    options: Mapping[str, Any] | None = None,
    seconds: float = SECONDS,
    own_process: bool = True,
) -> tuple[Setting, list[Verdict]]:
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
    Setting, list of Verdict
        What the network was, and a verdict on each function that was found.

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
        names = [function.name for function in description.functions]
        raise ValueError(
            f"{path} has no function to check; it has {', '.join(names) or 'none'}. Known are "
            f"{', '.join(KNOWN)}, g, g_prime, and an activation's name such as sigmoid"
        )
    return setting, verdicts


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
    symbols = {PARAMETERS.get(parameter.name, "") for parameter in function.parameters}
    if "gradients" in symbols and role.of_network:
        symbols |= {"dw", "db"}
    return set(role.has) <= symbols and not set(role.has_not) & symbols


def _not_understood(function: Function) -> Verdict:
    roles = [role for role in ROLES if function.name in role.names]
    needs = " or ".join(dict.fromkeys(" and ".join(role.has) for role in roles))
    names = ", ".join(parameter.name for parameter in function.parameters) or "nothing"
    message = f"{function.name} takes {names}, and must take {needs}"
    return Verdict(function, roles[0], "not understood", message=message)
