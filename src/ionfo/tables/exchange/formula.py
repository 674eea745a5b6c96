"""Distribution formulas of other tools, read as arithmetic and never evaluated as Python.

BluePyEModel and emodel-generalisation write a distribution as Python text with placeholders,
``(-0.8696 + 2.087*math.exp(({distance})*0.0031))*{value}``, and hand it to ``eval``.  Here the
text is parsed, and the factor by which ``{value}`` is multiplied is taken out of it.
"""

from __future__ import annotations

import ast
import re

from ...emodels.distributions import Formula
from ...errors import IonfoError

_FUNCTIONS = ("exp", "log", "sqrt", "where")
_ONE = ast.Constant(1.0)


def factor_of(text: str, origin: str) -> str:
    """Read the formula of another tool as a factor of the value.

    Parameters
    ----------
    text : str
        Python text with the placeholders ``{value}``, ``{distance}`` (um) and constants.
    origin : str
        Names the distribution in errors.

    Returns
    -------
    str
        Arithmetic of ``distance`` and constants, as `ionfo.emodels.distributions.Formula` reads.

    Raises
    ------
    IonfoError
        If the text is no arithmetic, or no multiple of the value.

    Examples
    --------
    >>> factor_of("math.exp({distance}*{constant})*{value}", "decay")
    'exp(distance * constant)'
    >>> factor_of("0.5*{value}/(1 + {distance}/100)", "fall")
    '0.5 / (1 + distance / 100)'
    >>> factor_of("{value} * (0.1 + 0.9*int(({distance} > 685) & ({distance} < 885)))", "hot zone")
    '0.1 + 0.9 * int((distance > 685) & (distance < 885))'
    """
    bare = re.search(r"\{(?!distance\})(\w+)\}\s*\*\*", text)
    if bare:
        # a negative number put there would lose its sign to the power: -2**2 is -4
        raise IonfoError(
            f"{origin}: formula '{text}' raises a bare placeholder to a power; write "
            f"({{{bare[1]}}})** instead"
        )
    plain = re.sub(r"\{(\w+)\}", r"(\1)", text)
    try:
        tree = ast.parse(plain.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise IonfoError(f"{origin}: formula '{text}' is not an arithmetic expression") from None
    tree = _WithoutModule().visit(tree)
    factor = ast.unparse(_factor(tree, text, origin))
    try:
        Formula(factor)
    except IonfoError as error:
        raise IonfoError(f"{origin}: {error}") from None
    return factor


class _WithoutModule(ast.NodeTransformer):
    """``math.exp`` and ``numpy.exp`` are exp."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:  # noqa: N802, D102
        module = node.value
        is_function = isinstance(module, ast.Name) and module.id in ("math", "np", "numpy")
        if is_function and node.attr in _FUNCTIONS:
            return ast.Name(node.attr)
        return node


def _factor(node: ast.expr, text: str, origin: str) -> ast.expr:
    """Divide an expression by the value of which it must be a multiple."""
    match node:
        case ast.Name(id="value"):
            return _ONE
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=inner):
            return ast.UnaryOp(sign, _factor(inner, text, origin))
        case ast.BinOp(left=left, op=ast.Mult(), right=right) if not _holds_value(right):
            return _product(_factor(left, text, origin), right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right) if not _holds_value(left):
            return _product(left, _factor(right, text, origin))
        case ast.BinOp(left=left, op=ast.Div(), right=right) if not _holds_value(right):
            return ast.BinOp(_factor(left, text, origin), ast.Div(), right)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as operation, right=right) if (
            _holds_value(left) and _holds_value(right)
        ):
            return ast.BinOp(_factor(left, text, origin), operation, _factor(right, text, origin))
        case (
            ast.IfExp(test=condition, body=one, orelse=other)
            | ast.Call(func=ast.Name(id="where"), args=[condition, one, other])
        ) if not _holds_value(condition):
            return ast.IfExp(condition, *(_branch(part, text, origin) for part in (one, other)))
    raise IonfoError(
        f"{origin}: formula '{text}' must be {{value}} times arithmetic of {{distance}} and "
        "constants; rewrite it as such a product"
    )


def _branch(node: ast.expr, text: str, origin: str) -> ast.expr:
    """Divide what a condition chooses by the value; 0 is 0 times it."""
    is_zero = isinstance(node, ast.Constant) and node.value == 0
    return node if is_zero else _factor(node, text, origin)


def _product(left: ast.expr, right: ast.expr) -> ast.expr:
    if left is _ONE:
        return right
    return left if right is _ONE else ast.BinOp(left, ast.Mult(), right)


def _holds_value(node: ast.expr) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "value" for one in ast.walk(node))
