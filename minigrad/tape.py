"""The tape: what was computed from what, and the one loop that walks it backwards."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count, starmap
from operator import attrgetter
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import settings
from .errors import FreedTapeError, check_finite
from .tensor import Tensor

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .primitive import Primitive

_numbers = count()
Edge = tuple[int, Any, tuple[int, ...], np.dtype]
"""One input that needs a gradient: which argument it was, its target, shape and dtype.

The target, where the gradient goes, is the `Node` that made the input, or the leaf `Tensor`
itself. Shape and dtype are those of the recording: a leaf may have been given other data since.
"""

# The folders whose lines are not the user's: the engine's, the layers' beside it, NumPy's.
_HERE = Path(__file__).parent
_FOLDERS = _HERE, _HERE.parent / "layers", Path(np.__file__).parent
_OURS = tuple(f"{folder}{os.sep}" for folder in _FOLDERS)


class Node:
    """One recorded operation: its primitive, its edges, and the values its rules need.

    Attributes
    ----------
    primitive : Primitive
    edges : sequence of Edge
        One for each input that needs a gradient.
    values : dict or None
        What the rules asked for by name (inputs, ``y``, settings); ``None`` once freed.
    shape, dtype
        Of the output.
    name : str or None
        The name given to the output.
    number : int
        Grows in the order of recording, so that it sorts a tape.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> node = mg.exp(x).node
    >>> node.primitive.name, node.shape, list(node.values)
    ('exp', (2,), ['y'])
    """

    __slots__ = (
        "__weakref__", "_code", "_instruction", "dtype", "edges", "hooks", "name", "number",
        "output", "primitive", "shape", "values",
    )  # fmt: skip

    _code: CodeType
    _instruction: int
    dtype: np.dtype
    edges: Sequence[Edge]
    hooks: list[Callable] | None
    name: str | None
    number: int
    output: Callable[[], Tensor | None] | None
    primitive: Primitive
    shape: tuple[int, ...]
    values: dict[str, Any] | None

    @property
    def where(self) -> str:
        """The line of the user's code that recorded this node, as ``file.py:12``."""
        return _place(self._code, self._instruction)

    def free(self) -> None:
        """Let go of the values and the edges: this node's backward pass is over."""
        self.values = None
        self.edges = ()

    def __repr__(self) -> str:
        return f"<Node {self.number}: {self.primitive.name} -> {self.shape} {self.dtype}>"


@lru_cache(maxsize=4096)  # the lines of a loop are asked for again and again
def _place(code: CodeType, instruction: int) -> str:
    line = next(line for start, end, line in code.co_lines() if start <= instruction < end)
    return f"{Path(code.co_filename).name}:{line}"


def record(
    primitive: Primitive,
    edges: Sequence[Edge],
    values: dict[str, Any],
    result: np.ndarray,
    shared: bool,
    frame: FrameType,
) -> Tensor:
    """The Tensor of a result and its new node; the user's line is found from `frame` outwards.

    This runs at every operation. It fills in both by hand: with constructors it takes twice as
    long.
    """
    node = Node()
    node.number = next(_numbers)
    node.primitive = primitive
    node.edges = edges
    node.values = values
    node.shape = result.shape
    node.dtype = result.dtype
    node.name = node.hooks = node.output = None
    # The position is kept raw: most are never asked for.
    code = frame.f_code
    while _is_ours(code.co_filename) and frame.f_back is not None:
        frame = frame.f_back
        code = frame.f_code
    node._code = code
    node._instruction = frame.f_lasti
    tensor = Tensor.__new__(Tensor)
    tensor.array = result
    tensor.shared = shared
    tensor.grad = tensor.hooks = tensor._name = None
    tensor.node = node
    tensor._requires_grad = True
    return tensor


class _Ours(dict):
    """Whether a file belongs to the engine or to NumPy, so that it is not the user's line."""

    def __missing__(self, filename: str) -> bool:
        ours = self[filename] = filename.startswith(_OURS)
        return ours


_is_ours = _Ours().__getitem__


class Step(NamedTuple):
    """The record of one node's turn in the backward pass.

    Attributes
    ----------
    node : Node
    cotangent : array
        The gradient of the output that arrived at this node, complete.
    edges : sequence of Edge
        The edges that the gradient is sent along: those of the node that lead to an input.
    contributions : list of array
        What is sent along each edge.
    rules : list of Rule
        The rule that made each contribution: the primitive's own, or an override.
    sums : dict
        What has arrived so far at each `Node` and leaf `Tensor`. It is the loop's own, live
        dictionary: copy what is to be kept.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 3.0], requires_grad=True)
    >>> for step in mg.tape(mg.square(x).sum()).steps():
    ...     print(step.node.primitive.name, step.cotangent, step.contributions[0])
    sum 1.0 [1. 1.]
    square [1. 1.] [2. 6.]
    """

    node: Node
    cotangent: Any
    edges: Sequence[Edge]
    contributions: list[Any]
    rules: list[Any]
    sums: dict[Any, Any]


class Tape:
    """What `outputs` were computed from, in the order of recording.

    Parameters
    ----------
    *outputs : Tensor
    inputs : iterable of Tensor, optional
        Keep only the nodes on the way to these.

    Attributes
    ----------
    nodes : list of Node
        First recorded first.
    leaves : list of Tensor
        The tensors at which gradients end.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> print(mg.tape((x * x).sum()))
    x = leaf (2,) float64
    %0 = multiply(x, x) -> (2,) float64
    %1 = sum(%0) -> () float64
    """

    def __init__(self, *outputs: Tensor, inputs: Iterable[Tensor] | None = None):
        for output in outputs:
            if not isinstance(output, Tensor):
                raise TypeError(f"a tape starts from Tensors, not from {type(output).__name__}")
        if not any(output.requires_grad for output in outputs):
            raise ValueError(
                "nothing here requires a gradient, so nothing was recorded; make an input with "
                "requires_grad=True (and outside mg.no_grad())"
            )
        self.outputs = outputs
        self._given: set[int] = set()
        self.nodes, self.leaves = _collect(outputs)
        self._needed: set[Any] | None = None
        self._ends: set[Any] = set()
        if inputs is not None:
            self._prune({tensor.target for tensor in inputs})

    def _prune(self, wanted: set[Any]) -> None:
        if wanted == set(self.leaves):  # every node leads there
            return
        needed = self._needed = set(wanted)
        numbers = [target.number if type(target) is Node else -1 for target in wanted]
        oldest = min(numbers, default=-1)
        for node in self.nodes:
            # A freed node has lost its edges: it stays, so that the walk says so.
            freed = node.values is None and node.number > oldest
            if freed or not needed.isdisjoint([edge[1] for edge in node.edges]):
                needed.add(node)
            elif node in wanted:
                self._ends.add(node)
        self.nodes = [node for node in self.nodes if node in needed]
        self.leaves = [leaf for leaf in self.leaves if leaf in needed]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __str__(self) -> str:
        names: dict[Any, str] = {}
        lines = []
        for i, leaf in enumerate(self.leaves):
            names[leaf] = leaf.name or f"leaf{i}"
            lines.append(f"{names[leaf]} = leaf {leaf.shape} {leaf.dtype}")
        for i, node in enumerate(self.nodes):
            names[node] = node.name or f"%{i}"
            arguments = ", ".join(names.get(target, "·") for _, target, *_ in node.edges)
            lines.append(
                f"{names[node]} = {node.primitive.name}({arguments}) -> {node.shape} {node.dtype}"
            )
        return "\n".join(lines)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the graph with matplotlib, on new Axes or on those given."""
        from .stepping.plotting import plot_tape

        return plot_tape(self, ax)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from .stepping.notebook import tape_bundle

        return tape_bundle(self)

    def steps(
        self,
        *grad_outputs: Any,
        create_graph: bool = False,
        free: bool = False,
    ) -> Iterator[Step]:
        """Walk the tape backwards, one record a node.

        This is the only backward loop: ``backward()`` and ``mg.grad`` exhaust it, a debugger
        stops in it.

        Parameters
        ----------
        *grad_outputs : array_like
            The gradient of each output; without any, each must have one element and gets 1.
        create_graph : bool
            Run the rules on Tensors, so that the gradients can be differentiated again.
        free : bool
            Let go of each node's values when its turn is over.

        Yields
        ------
        Step
        """
        sums = self._seeds(grad_outputs, create_graph)
        return starmap(_step, self._walk(sums, frozenset(), create_graph, free))

    def gradients(
        self,
        *grad_outputs: Any,
        wanted: Iterable[Any] = (),
        create_graph: bool = False,
        free: bool = False,
    ) -> dict[Any, Any]:
        """Exhaust `steps` and return what arrived at the leaves and at the `wanted` nodes."""
        sums = self._seeds(grad_outputs, create_graph)
        deque(self._walk(sums, frozenset(wanted), create_graph, free), maxlen=0)
        return sums

    def unaliased(self, gradients: Sequence[Any]) -> list[Any]:
        """Gradients that share no memory with another, with what the tape keeps, or was given."""
        seen = set(self._given)
        for node in self.nodes:
            if node.values is not None:
                seen.update(map(id, node.values.values()))
        owned = []
        for gradient in gradients:
            if gradient is not None:
                if gradient.base is not None or id(gradient) in seen:
                    gradient = gradient.copy()
                seen.add(id(gradient))
            owned.append(gradient)
        return owned

    def _seeds(self, grad_outputs: Sequence[Any], create_graph: bool) -> dict[Any, Any]:
        if not grad_outputs:
            grad_outputs = [None] * len(self.outputs)
        if len(grad_outputs) != len(self.outputs):
            raise ValueError(
                f"{len(grad_outputs)} output gradients for {len(self.outputs)} outputs: "
                "give one each"
            )
        sums: dict[Any, Any] = {}
        for output, grad in zip(self.outputs, grad_outputs, strict=True):
            if not output.requires_grad:
                continue
            seed = _seed(output, grad, create_graph)
            self._given.add(id(seed))
            target = output.target
            sums[target] = sums[target] + seed if target in sums else seed
        return sums

    def _walk(
        self, sums: dict[Any, Any], wanted: frozenset, create_graph: bool, free: bool
    ) -> Iterator[tuple]:
        """The loop. What it yields is made a `Step` for those who look at it, by `_step`."""
        now = settings.current()
        overrides, anomaly = now.rules, now.anomaly
        needed, ends = self._needed, self._ends
        for node in reversed(self.nodes):
            if node not in sums:
                continue
            values = node.values
            if values is None and node not in ends:
                raise FreedTapeError(
                    f"the values of {node.primitive.name} (recorded at {node.where}) were freed by "
                    "an earlier backward pass; call backward(retain_tape=True) there, or compute "
                    "the output again"
                )
            if node.hooks:
                sums[node] = _call_hooks(node.hooks, sums[node], node)
            if node in ends:  # its gradient is wanted, and nothing below it
                continue
            cotangent = sums[node] if node in wanted else sums.pop(node)
            edges = node.edges
            if needed is not None:
                edges = [edge for edge in edges if edge[1] in needed]
            primitive = node.primitive
            rules = primitive.rules
            if overrides and primitive.name in overrides:
                rules = overrides[primitive.name].replace(rules, node)
            if create_graph:
                values = primitive.as_tensors(node)
            contributions = []
            for argument, target, shape, dtype in edges:
                contribution = rules[argument].call(cotangent, values, argument)
                if (
                    type(contribution) is not np.ndarray
                    or contribution.shape != shape
                    or contribution.dtype is not dtype
                ):
                    contribution = primitive.fit(contribution, shape, dtype, argument, node)
                if anomaly:
                    made = f"the gradient of {primitive.name} to {primitive.label(argument)} has"
                    check_finite(_array(contribution), made, node.where)
                contributions.append(contribution)
                if target in sums:
                    contribution = sums[target] + contribution
                    if isinstance(contribution, np.generic):  # NumPy's sum of arrays without axes
                        contribution = np.asarray(contribution)
                sums[target] = contribution
            yield node, cotangent, edges, contributions, rules, sums
            if free:
                node.free()
        for leaf in self.leaves:
            if leaf.hooks and leaf in sums:
                sums[leaf] = _call_hooks(leaf.hooks, sums[leaf], leaf)


def _step(
    node: Node, cotangent: Any, edges: Any, contributions: Any, rules: Any, sums: Any
) -> Step:
    used = [rules[argument] for argument, *_ in edges]
    return Step(node, cotangent, edges, contributions, used, sums)


def _collect(outputs: Iterable[Tensor]) -> tuple[list[Node], list[Tensor]]:
    """Every node and leaf below the outputs, found without recursion, in recording order."""
    nodes: list[Node] = []
    seen: set[Any] = set()
    leaves: list[Tensor] = []
    waiting: list[Any] = [output.target for output in outputs if output.requires_grad]
    while waiting:
        target = waiting.pop()
        if target in seen:
            continue
        seen.add(target)
        if type(target) is Node:
            nodes.append(target)
            for edge in target.edges:
                waiting.append(edge[1])
        else:
            leaves.append(target)
    # Found last first, more or less, which is quick to sort.
    nodes.sort(key=attrgetter("number"), reverse=True)
    nodes.reverse()
    return nodes, leaves


def _array(value: Any) -> np.ndarray:
    return value.array if isinstance(value, Tensor) else np.asarray(value)


def _seed(output: Tensor, grad: Any, create_graph: bool) -> Any:
    if grad is None:
        if output.size != 1:
            raise ValueError(
                f"an output of shape {output.shape} has no single derivative: reduce it to one "
                "number (.sum(), .mean()) or pass the gradient of the output"
            )
        grad = np.ones(output.shape, output.dtype)
    array = _array(grad)
    if array.shape != output.shape:
        raise ValueError(
            f"the gradient of an output has the output's shape {output.shape}, not {array.shape}"
        )
    if array.dtype.kind not in "fiub":
        raise TypeError(f"the gradient of an output is real numbers, not {array.dtype}")
    if create_graph:
        seed = grad if isinstance(grad, Tensor) else Tensor(array.copy())
        return seed if seed.dtype == output.dtype else seed.astype(output.dtype)
    return np.asarray(array, output.dtype)


def _call_hooks(hooks: Sequence[Callable], gradient: Any, owner: Any) -> Any:
    """Give each hook the gradient as an array of its own; take what it returns."""
    for hook in list(hooks):
        given = _array(gradient)
        returned = hook(given.copy())
        if returned is None:
            continue
        replaced = np.array(_array(returned), given.dtype)
        if replaced.shape != given.shape:
            raise ValueError(
                f"a hook on {owner!r} was given a gradient of shape {given.shape} and returned "
                f"one of shape {replaced.shape}: return the same shape, or None"
            )
        gradient = Tensor(replaced) if isinstance(gradient, Tensor) else replaced
    return gradient


def tape(*outputs: Tensor) -> Tape:
    """Return the `Tape` that `outputs` were recorded on: printable, iterable, ``.steps()``.

    Parameters
    ----------
    *outputs : Tensor

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-1.0, 2.0], requires_grad=True, name="x")
    >>> tape = mg.tape(mg.relu(x).sum())
    >>> print(tape)
    x = leaf (2,) float64
    %0 = relu(x) -> (2,) float64
    %1 = sum(%0) -> () float64
    >>> [node.primitive.name for node in tape]
    ['relu', 'sum']
    """
    return Tape(*outputs)
