"""Distance-dependent parameters: a small arithmetic parser, never eval.

A formula is a factor by which a value is multiplied, for example
``-0.8696 + 2.087*exp(0.0031*distance)`` or ``where(685 < distance < 885, 1, 0.1)``; `distance`
is the path distance from the middle of the soma to the middle of the segment (um), and other
names are free parameters.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ..errors import IonfoError

_LONGEST = 1_000  # characters; far from what the parser can nest

Number = float | NDArray[np.float64]
Truth = bool | NDArray[np.bool_]

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
_COMPARISONS: dict[type[ast.cmpop], Callable[[Number, Number], Truth]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_HOLDS = (
    "numbers, names, + - * / **, exp, log, sqrt, where(condition, a, b), a if condition else b and "
    "int(condition), and in conditions < <= > >= == != and or not"
)


class Formula:
    """A parsed arithmetic expression.

    Parameters
    ----------
    text : str
        Numbers, names, ``+ - * / **``, parentheses and exp, log, sqrt; ``where(condition, a, b)``,
        ``a if condition else b`` and ``int(condition)`` (1 or 0), whose conditions are comparisons
        joined by ``and``, ``or``, ``not`` (or ``& | ~``, as numpy has them).
    what : str
        What the formula is, for errors.

    Raises
    ------
    IonfoError
        If the text holds anything else.

    Examples
    --------
    >>> float(Formula("2*exp(rate*distance)")({"rate": 0.0, "distance": 5.0}))
    2.0
    >>> Formula("where(685 < distance < 885, 1, 0.1)")({"distance": np.array([0.0, 700.0])})
    array([0.1, 1. ])
    """

    def __init__(self, text: str, what: str = "distribution") -> None:
        self.text = text
        self.what = what
        if len(text) > _LONGEST:
            raise IonfoError(
                f"{what} '{text[:40]}…' has {len(text)} characters, and {_LONGEST} are the most"
            )
        try:
            self._tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise IonfoError(f"{what} '{text}' is not an arithmetic expression") from None
        self.names = frozenset(self._check(self._tree))

    def __call__(self, values: Mapping[str, Number]) -> Number:
        """Evaluate with a value for every name; NaN where it has none, as a division by zero."""
        try:
            found = self._evaluate(self._tree, values)
        except (ZeroDivisionError, OverflowError):
            return float("nan")
        # complex numbers go in where somebody takes derivatives by complex steps, and may come out
        is_asked_for = any(np.iscomplexobj(value) for value in values.values())
        return float("nan") if np.iscomplexobj(found) and not is_asked_for else found

    def _check(self, node: ast.expr) -> set[str]:
        """Names of an arithmetic expression."""
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
            case ast.Call(func=ast.Name(id="int" | "float"), args=[condition], keywords=[]):
                return self._check_condition(condition)
            case (
                ast.Call(func=ast.Name(id="where"), args=[condition, one, other], keywords=[])
                | ast.IfExp(test=condition, body=one, orelse=other)
            ):
                return self._check_condition(condition) | self._check(one) | self._check(other)
        raise self._refusal(node)

    def _check_condition(self, node: ast.expr) -> set[str]:
        """Names of a condition."""
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others) if all(
                type(op) in _COMPARISONS for op in ops
            ):
                return set().union(*map(self._check, (left, *others)))
            case ast.BoolOp(values=parts):
                return set().union(*map(self._check_condition, parts))
            case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
                return self._check_condition(left) | self._check_condition(right)
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                return self._check_condition(operand)
        raise self._refusal(node)

    def _refusal(self, node: ast.expr) -> IonfoError:
        return IonfoError(f"{self.what} '{self.text}' may hold {_HOLDS}, got '{ast.unparse(node)}'")

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
            case ast.Call(func=ast.Name(id=name), args=[argument]) if name in _FUNCTIONS:
                return _FUNCTIONS[name](self._evaluate(argument, values))
            case ast.Call(args=[condition]):
                return np.multiply(self._holds(condition, values), 1.0)
            case (
                ast.Call(args=[condition, one, other])
                | ast.IfExp(test=condition, body=one, orelse=other)
            ):
                # both are computed everywhere, also where the condition keeps one of them away
                with np.errstate(all="ignore"):
                    chosen = np.asarray(self._evaluate(one, values)) * 1.0
                    otherwise = np.asarray(self._evaluate(other, values)) * 1.0
                return np.where(self._holds(condition, values), chosen, otherwise)
        raise AssertionError(node)

    def _holds(self, node: ast.expr, values: Mapping[str, Number]) -> Truth:
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                terms = [self._evaluate(term, values) for term in (left, *others)]
                pairs = zip(ops, terms[:-1], terms[1:], strict=True)
                parts = [_COMPARISONS[type(op)](one, other) for op, one, other in pairs]
                return reduce(np.logical_and, parts)
            case ast.BoolOp(op=op, values=nodes):
                joined = np.logical_and if isinstance(op, ast.And) else np.logical_or
                return reduce(joined, [self._holds(one, values) for one in nodes])
            case ast.BinOp(left=left, op=op, right=right):
                joined = np.logical_and if isinstance(op, ast.BitAnd) else np.logical_or
                return joined(self._holds(left, values), self._holds(right, values))
            case ast.UnaryOp(operand=operand):
                return np.logical_not(self._holds(operand, values))
        raise AssertionError(node)
