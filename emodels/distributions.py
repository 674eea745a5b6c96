"""Distance-dependent parameters: a small arithmetic parser, never eval.

A formula is a factor by which a value is multiplied, for example
``-0.8696 + 2.087*exp(0.0031*distance)``; `distance` is the path distance from the middle
of the soma to the middle of the segment (um), and other names are free parameters.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import IonfoError

_LONGEST = 1_000  # characters; far from what the parser can nest

Number = float | NDArray[np.float64]

_OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[[Number], Number]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
}


class Formula:
    """A parsed arithmetic expression.

    Parameters
    ----------
    text : str
        Numbers, names, ``+ - * / **``, parentheses and exp, log, sqrt.

    Raises
    ------
    IonfoError
        If the text holds anything else.

    Examples
    --------
    >>> float(Formula("2*exp(rate*distance)")({"rate": 0.0, "distance": 5.0}))
    2.0
    """

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > _LONGEST:
            raise IonfoError(
                f"distribution '{text[:40]}…' has {len(text)} characters, and {_LONGEST} are the "
                "most"
            )
        try:
            self._tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise IonfoError(f"distribution '{text}' is not an arithmetic expression") from None
        self.names = frozenset(self._check(self._tree))

    def __call__(self, values: Mapping[str, Number]) -> Number:
        """Evaluate with a value for every name."""
        return self._evaluate(self._tree, values)

    def _check(self, node: ast.expr) -> set[str]:
        match node:
            case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
                return set()
            case ast.Name(id=name):
                return {name}
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return self._check(left) | self._check(right)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                return self._check(operand)
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if (
                name in _FUNCTIONS
            ):
                return self._check(argument)
        raise IonfoError(
            f"distribution '{self.text}' may hold numbers, names, + - * / ** and "
            f"exp, log, sqrt, got '{ast.unparse(node)}'"
        )

    def _evaluate(self, node: ast.expr, values: Mapping[str, Number]) -> Number:
        match node:
            case ast.Constant(value=int() | float() as constant):
                return float(constant)
            case ast.Name(id=name):
                return values[name]
            case ast.BinOp(left=left, op=op, right=right):
                return _OPERATORS[type(op)](
                    self._evaluate(left, values), self._evaluate(right, values)
                )
            case ast.UnaryOp(op=op, operand=operand):
                inner = self._evaluate(operand, values)
                return -inner if isinstance(op, ast.USub) else inner
            case ast.Call(func=ast.Name(id=name), args=[argument]):
                return _FUNCTIONS[name](self._evaluate(argument, values))
        raise AssertionError(node)
