"""A primitive is data, in one place: forward, rules, formulas, conventions and samples.

::

    @primitive(formula="exp(x)", numpy=np.exp, sample=unary())
    def exp(x, /):
        return np.exp(x)

    @exp.vjp("x", "ȳ · y")
    def exp_x(g, y):
        return g * y

The arrays stand before the slash, the settings behind it. A rule (vjp: vector-Jacobian product)
gets the cotangent ``g`` of the output and, by the names of its parameters, what it needs:
inputs, ``y`` (the output), settings, ``<input>_shape`` and the extra values named in ``saves``.
Nothing else is kept alive. The engine undoes broadcasting, casts the gradient to its input's
dtype, checks its shape and sums at fan-out, so a rule never does.
"""

from __future__ import annotations

import difflib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from types import FunctionType, MappingProxyType
from typing import Any

import numpy as np

from . import settings
from .constants import operand
from .errors import check_finite
from .tape import Edge, Node, record
from .tensor import Tensor
from .unbroadcasting import unbroadcast

_TABLE: dict[str, Primitive] = {}
_SCALARS = (int, float, bool, type(None), np.generic, str)
_NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})

_ARRAYS = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL)

Sample = tuple[tuple[Any, ...], dict[str, Any]]


class Rule:
    """The vjp of one input: a function, what it needs by name, and its formula."""

    __slots__ = ("formula", "function", "needs")

    def __init__(self, function: Callable, formula: str = ""):
        self.function = function
        self.needs = _parameter_names(function)[1:]
        self.formula = formula

    def call(self, g: Any, values: dict[str, Any], argument: int) -> Any:
        """Return the contribution to one input."""
        needs = self.needs
        if not needs:
            return self.function(g)
        if len(needs) == 1:
            return self.function(g, values[needs[0]])
        return self.function(g, *map(values.__getitem__, needs))


def _parameter_names(function: Callable) -> tuple[str, ...]:
    """Of a plain function without `inspect`: so many rules are declared at import that it shows."""
    if type(function) is not FunctionType or hasattr(function, "__wrapped__"):
        return tuple(inspect.signature(function).parameters)
    code = function.__code__
    if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return tuple(inspect.signature(function).parameters)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


class VariadicRule(Rule):
    """One rule for any number of inputs: it is also told which one (`index`)."""

    __slots__ = ()

    def __init__(self, function: Callable, formula: str = ""):
        super().__init__(function, formula)
        self.needs = self.needs[1:]

    def call(self, g: Any, values: dict[str, Any], argument: int) -> Any:
        return self.function(g, argument, *map(values.__getitem__, self.needs))

    def __getitem__(self, argument: int) -> VariadicRule:
        return self


class Primitive:
    """One differentiable operation. Made by `primitive`, listed by `primitives`.

    Called on Tensors it records itself; called on plain arrays it is a plain function.

    Attributes
    ----------
    name : str
        That of the forward function unless given.
    forward : callable
        On plain arrays.
    inputs : tuple of str
        The names of the array arguments.
    rules : sequence of Rule or None
        One an input; ``None`` where the input is not differentiable.
    formula, kinks : str
        What it computes, in a line; the convention where it has no derivative.
    saves : tuple of str
        Names of extra values that the forward function returns behind the output.
    broadcasts : bool
        Whether inputs are broadcast against each other as NumPy's elementwise functions do.
    linear : tuple of str
        The inputs in which it is linear (with the others held fixed).
    branches : callable or None
        ``branches(*inputs, **settings)``: an array that says which side of each kink is taken.
    sample : callable or None
        ``sample(rng)`` yields ``(inputs, settings)`` pairs to test with.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.maximum.inputs, mg.maximum.kinks
    (('a', 'b'), 'half to each at a tie; NaN wins')
    >>> [rule.formula for rule in mg.maximum.rules]
    ['ȳ · 1[a > b]', 'ȳ · 1[b > a]']
    """

    def __init__(
        self,
        forward: Callable,
        *,
        name: str = "",
        formula: str = "",
        kinks: str = "",
        saves: Sequence[str] = (),
        broadcasts: bool = False,
        linear: Sequence[str] = (),
        branches: Callable | None = None,
        sample: Callable[[np.random.Generator], Iterator[Sample]] | None = None,
    ):
        parameters = inspect.signature(forward).parameters.values()
        arrays = [p for p in parameters if p.kind in _ARRAYS]
        options = [p for p in parameters if p.kind not in _ARRAYS]
        if not arrays:
            raise TypeError(
                f"{forward.__name__} needs a '/' behind its array arguments, as in "
                f"def {forward.__name__}(x, /)"
            )
        self.name = name or forward.__name__
        self.forward = forward
        self.formula = formula
        self.kinks = kinks
        self.saves = tuple(saves)
        self.broadcasts = broadcasts
        self.linear = tuple(linear)
        self.branches = branches
        self.sample = sample
        self.variadic = arrays[0].kind is arrays[0].VAR_POSITIONAL
        self.inputs = tuple(p.name for p in arrays)
        self.arity = len(arrays)
        self.required = sum(p.default is p.empty for p in arrays)
        self.options = tuple(p.name for p in options)
        self.defaults = {p.name: p.default for p in options if p.default is not p.empty}
        self.rules: Any = [None] * self.arity
        for wrong in sorted(set(self.linear) - set(self.inputs)):
            raise TypeError(
                f"{self.name} is declared linear in {wrong!r}, but its inputs are "
                f"{', '.join(self.inputs)}"
            )
        self._plans: dict[int, tuple] = {}
        self.__name__ = self.__qualname__ = self.name
        self.__module__ = forward.__module__
        self.__doc__ = forward.__doc__
        self.__wrapped__ = forward

    # ---- declaring ------------------------------------------------------------------------

    def vjp(self, name: str, formula: str = "") -> Callable[[Callable], Callable]:
        """Declare the rule of the input called `name`: a decorator."""
        if name not in self.inputs:
            raise ValueError(f"{self.name} has no input {name!r}, only {', '.join(self.inputs)}")

        def declare(function: Callable) -> Callable:
            if self.variadic:
                self.rules = VariadicRule(function, formula)
            else:
                self.rules[self.inputs.index(name)] = Rule(function, formula)
            self._check_needs(name)
            self._plans.clear()  # they know what the rule before this one needed
            return function

        return declare

    def _check_needs(self, name: str) -> None:
        known = {"y", *self.inputs, *self.options, *self.saves}
        known |= {f"{i}_shape" for i in self.inputs}
        for need in self.rules[self.inputs.index(name)].needs:
            if need == "y" and "y" in (*self.inputs, *self.options, *self.saves):
                raise TypeError(
                    f"the rule of {self.name} to {name} asks for 'y', which is the output and also "
                    "the name of an argument: call the argument something else"
                )
            if need not in known:
                raise TypeError(
                    f"the rule of {self.name} to {name} asks for {need!r}; there is only "
                    f"{', '.join(sorted(known))}"
                )

    def label(self, argument: int) -> str:
        """The name of an argument, for messages."""
        return f"{self.inputs[0]}[{argument}]" if self.variadic else self.inputs[argument]

    # ---- calling --------------------------------------------------------------------------

    def __call__(self, *args: Any, **options: Any) -> Any:
        if not self.variadic and (options or len(args) != self.arity):
            args, options = self._bind(args, options)
        output = self.apply(args, options)
        return output[0] if self.saves else output

    def call_with_saved(self, *args: Any, **options: Any) -> tuple[Any, ...]:
        """Call, and also return the extra values named in `saves` (they belong to the tape)."""
        args, options = self._bind(args, options)
        return self.apply(args, options)

    def apply(self, args: Sequence[Any], options: Mapping[str, Any] = _NO_OPTIONS) -> Any:
        """What a call does when every array argument has its place: compute, and record.

        The extra values named in `saves` stand behind the output.
        """
        arrays: list[Any] = []
        edges: list[Edge] = []
        active = 0
        tensors = shared = False
        for argument in args:
            if isinstance(argument, Tensor):
                tensors = True
                shared = shared or argument.shared
                array = argument.array
                if argument._requires_grad:
                    i = len(arrays)
                    active |= 1 << i
                    edges.append((i, argument.node or argument, array.shape, array.dtype))
                arrays.append(array)
            else:
                arrays.append(argument)
        returned = self.forward(*arrays, **options) if options else self.forward(*arrays)
        if not tensors:
            return self._checked(returned) if self.saves else returned
        return self._result(args, arrays, options, edges, active, shared, returned)

    def operate(self, a: Any, b: Any) -> Any:
        """As `apply`, for the operators: two arguments, one of them a Tensor, and no settings.

        The same steps without loops and lists, in half the time.
        """
        shared = False
        active = 0
        edges: list[Edge] = []
        if isinstance(a, Tensor):
            x = a.array
            shared = a.shared
            if a._requires_grad:
                active = 1
                edges.append((0, a.node or a, x.shape, x.dtype))
        else:
            a = x = operand(a, b.array.dtype)
        if isinstance(b, Tensor):
            y = b.array
            shared = shared or b.shared
            if b._requires_grad:
                active |= 2
                edges.append((1, b.node or b, y.shape, y.dtype))
        else:
            b = y = operand(b, x.dtype)
        return self._result((a, b), (x, y), _NO_OPTIONS, edges, active, shared, self.forward(x, y))

    def _result(
        self,
        args: Sequence[Any],
        arrays: Sequence[Any],
        options: Mapping[str, Any],
        edges: list[Edge],
        active: int,
        shared: bool,
        returned: Any,
    ) -> Any:
        """What the forward function returned, as a Tensor: recorded where a gradient is needed."""
        result = self._checked(returned)[0] if self.saves else returned
        if type(result) is not np.ndarray:
            result = np.asarray(result)
        now = settings.current()
        if active and now.recording and result.dtype.kind == "f":
            inputs, more = self._plans.get(active) or self._plan(active)
            values = self._keep_more(more, arrays, options, result, returned) if more else {}
            for name, i in inputs:
                if self.variadic:  # one name for all of them
                    values[name] = tuple(map(_unreachable, args, arrays))
                else:
                    values[name] = _unreachable(args[i], arrays[i])
            # A view of an array that the user can reach can be reached too.
            reachable = shared and _overlaps(result, arrays)
            if reachable and "y" in values:
                values["y"] = result.copy()
            output = record(self, edges, values, result, reachable, sys._getframe(3))
        else:
            # Unrecorded, a result may be written to: not through a view of what a tape keeps.
            if _overlaps(result, arrays):
                kept = any(isinstance(a, Tensor) and not a.shared for a in args)
                result = result.copy() if kept else result
            output = Tensor(result)
        if now.anomaly:
            here = record(self, (), {}, result, False, sys._getframe(3)).node
            check_finite(result, f"{self.name} made", here.where)  # type: ignore[union-attr]
        return (output, *returned[1:]) if self.saves else output

    def _checked(self, returned: Any) -> tuple:
        """What the forward function of a primitive with `saves` returned."""
        if type(returned) is not tuple or len(returned) != 1 + len(self.saves):
            raise TypeError(
                f"{self.name} declares saves={self.saves}: its forward function returns a tuple "
                f"of the output and {len(self.saves)} more, not {type(returned).__name__}"
            )
        return returned

    def _bind(self, args: tuple, options: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        """Sort positional and keyword arguments into arrays and settings."""
        arrays = list(args[: self.arity])
        surplus = args[self.arity :]
        if len(surplus) > len(self.options):
            raise TypeError(
                f"{self.name} takes at most {self.arity + len(self.options)} arguments "
                f"({', '.join(self.inputs + self.options)}), not {len(args)}"
            )
        options = dict(options)
        for name, value in zip(self.options, surplus, strict=False):
            if name in options:
                raise TypeError(f"{self.name} got two values for {name!r}")
            options[name] = value
        for name in self.inputs[len(arrays) :]:
            if name in options:
                arrays.append(options.pop(name))
            elif len(arrays) >= self.required:
                arrays.append(None)
            else:
                raise TypeError(f"{self.name} misses its argument {name!r}")
        for name in options:
            if name not in self.options:
                known = self.inputs + self.options
                near = difflib.get_close_matches(name, known, 1) or known
                raise TypeError(
                    f"{self.name} has no argument {name!r}; did you mean {', '.join(near)}?"
                )
        return tuple(arrays), options

    def _keep_more(
        self,
        more: tuple,
        arrays: Sequence[Any],
        options: Mapping[str, Any],
        result: np.ndarray,
        returned: Any,
    ) -> dict[str, Any]:
        """What the rules ask for beside inputs: settings, shapes, the output, extra values."""
        shapes, output, extras = more
        values = self._settings(options) if self.options else {}
        for name, i in shapes:
            values[name] = tuple(map(np.shape, arrays)) if self.variadic else np.shape(arrays[i])
        if output:
            values["y"] = result
        for name, i in extras:
            values[name] = returned[i]
        return values

    def _settings(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """All settings of a call, none of which its caller can write to."""
        values = {**self.defaults, **options}
        for name, value in options.items():
            if type(value) is list or type(value) is np.ndarray:
                values[name] = deepcopy(value)
        return values

    def _plan(self, active: int) -> tuple:
        """What to keep when these inputs (a bit each) are active: worked out once."""
        needs: set[str] = set()
        for i in (i for i in range(active.bit_length()) if active >> i & 1):
            if self.rules[i] is None:
                raise TypeError(
                    f"{self.name} has no derivative with respect to {self.label(i)}: "
                    "pass it as a plain array, or .detach() it"
                )
            needs.update(self.rules[i].needs)
        inputs = [(name, i) for i, name in enumerate(self.inputs) if name in needs]
        shapes = [(f"{n}_shape", i) for i, n in enumerate(self.inputs) if f"{n}_shape" in needs]
        extras = [(name, i) for i, name in enumerate(self.saves, 1) if name in needs]
        more = (shapes, "y" in needs, extras) if needs - set(self.inputs) or self.options else None
        self._plans[active] = inputs, more
        return inputs, more

    # ---- what the backward loop asks for --------------------------------------------------

    def as_tensors(self, node: Node) -> dict[str, Any]:
        """The node's values with its differentiable inputs and output as connected Tensors."""
        assert node.values is not None
        values = dict(node.values)
        if "y" in values:
            values["y"] = _made_by(node, values["y"])
        for edge in node.edges:
            argument = edge[0]
            name = self.inputs[0 if self.variadic else argument]
            if name not in values:
                continue
            if self.variadic:
                inputs = list(values[name])
                inputs[argument] = _connect(inputs[argument], edge)
                values[name] = tuple(inputs)
            else:
                values[name] = _connect(values[name], edge)
        return values

    def fit(
        self, gradient: Any, shape: tuple[int, ...], dtype: np.dtype, argument: int, node: Node
    ) -> Any:
        """Undo broadcasting and cast, so that a gradient has its input's shape and dtype."""
        if not isinstance(gradient, Tensor):
            gradient = np.asarray(gradient)
            if gradient.dtype.kind not in "fiub":
                raise TypeError(
                    f"the rule of {self.name} to {self.label(argument)} returned "
                    f"{gradient.dtype}, not real numbers"
                )
        if gradient.shape != shape:
            if not self.broadcasts or gradient.shape != node.shape:
                raise ValueError(
                    f"the rule of {self.name} to {self.label(argument)} returned a gradient of "
                    f"shape {gradient.shape} for an input of shape {shape} "
                    f"(recorded at {node.where}); a gradient has its input's shape"
                )
            gradient = unbroadcast(gradient, shape)
        return gradient if gradient.dtype == dtype else gradient.astype(dtype)

    def __repr__(self) -> str:
        return f"<primitive {self.name}({', '.join(self.inputs + self.options)})>"


def _unreachable(argument: Any, array: Any) -> Any:
    """An array that user code can reach is never the array that the tape keeps."""
    if argument is not array:  # a Tensor
        return array.copy() if argument.shared else array
    if type(array) is np.ndarray:
        # Over bytes, as constants are, it can never be written to.
        return array if type(array.base) is bytes else np.array(array)
    return array if isinstance(array, _SCALARS) else np.array(array)


def _overlaps(result: np.ndarray, arrays: Sequence[Any]) -> bool:
    """Whether a result may share memory with the arrays it was made from."""
    return result.base is not None or any(result is array for array in arrays)


def _connect(array: Any, edge: Edge) -> Tensor:
    """A Tensor of a kept array whose gradient goes where the original's went."""
    target = edge[1]
    if isinstance(target, Tensor):
        edges = [(0, *edge[1:])]
        return record(_TABLE["positive"], edges, {}, array, False, sys._getframe())
    return _made_by(target, array)


def _made_by(node: Node, array: np.ndarray) -> Tensor:
    """Another Tensor of what `node` made."""
    tensor = Tensor(array)
    tensor.own(array)
    tensor.node = node
    tensor.requires_grad = True
    return tensor


def primitive(forward: Callable | None = None, **declaration: Any) -> Any:
    """Declare a primitive: a decorator for its forward function (see the module's docstring).

    Parameters
    ----------
    forward : callable
        On plain arrays; array arguments before a ``/``, settings behind it. With `saves`, it
        returns the output followed by the extra values.
    **declaration
        ``name, formula, kinks, saves, broadcasts, linear, branches, sample``, as in `Primitive`,
        and ``numpy``: the NumPy function (or functions, a tuple) that it is the
        derivative-carrying form of.

    Returns
    -------
    Primitive

    Raises
    ------
    ValueError
        If a primitive of that name exists already.

    Examples
    --------
    >>> import minigrad as mg
    >>> @mg.primitive(formula="x³")
    ... def cube(x, /):
    ...     return x ** 3
    >>> @cube.vjp("x", "ȳ · 3x²")
    ... def cube_x(g, x):
    ...     return g * 3 * x ** 2
    >>> x = mg.Tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> float(x.grad)
    12.0
    >>> cube(2.0)
    8.0
    """
    if forward is None:
        return lambda function: primitive(function, **declaration)
    numpy_functions = declaration.pop("numpy", ())
    made = Primitive(forward, **declaration)
    if made.name in _TABLE and _TABLE[made.name].__module__ != made.__module__:
        raise ValueError(f"there is a primitive {made.name!r} already: choose another name")
    _TABLE[made.name] = made
    if not isinstance(numpy_functions, tuple):
        numpy_functions = (numpy_functions,)
    from .numpy_protocol import implements

    for function in numpy_functions:
        implements(function)(made)
    return made


def primitives() -> MappingProxyType[str, Primitive]:
    """Return the table of all primitives, by name.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.primitives()["exp"].formula
    'exp(x)'
    """
    return MappingProxyType(_TABLE)
