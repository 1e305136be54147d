"""Another backward rule for a while: guided backprop and deconvnet in three lines each."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from . import settings
from .primitive import Rule, VariadicRule, primitives
from .tape import Node


class Override:
    """The rules that stand in for a primitive's own, limited to some nodes or not."""

    def __init__(self, name: str, rules: Any, nodes: Collection[str] | None, under: Any):
        table = primitives()
        if name not in table:
            near = difflib.get_close_matches(name, table, 3)
            hint = f"did you mean {', '.join(near)}?" if near else "mg.primitives() lists them"
            raise ValueError(f"there is no primitive {name!r} to give another rule; {hint}")
        primitive = table[name]
        functions: Sequence[Callable | None] = (
            [rules] + [None] * (primitive.arity - 1) if callable(rules) else tuple(rules)
        )
        if len(functions) != primitive.arity:
            raise ValueError(
                f"{name} has {primitive.arity} inputs ({', '.join(primitive.inputs)}): give one "
                f"rule for each (None keeps its own), not {len(functions)}"
            )
        kind = VariadicRule if primitive.variadic else Rule
        self.rules: list[Any] = [kind(function) if function else None for function in functions]
        if isinstance(nodes, str):
            nodes = (nodes,)
        self.nodes = None if nodes is None else frozenset(nodes)
        self.under = under

    def replace(self, own: Any, node: Node) -> Any:
        """The rules to use at `node`: these where they apply, else what they cover."""
        if self.under is not None:
            own = self.under.replace(own, node)
        if self.nodes is not None and node.name not in self.nodes:
            return own
        if node.primitive.variadic:
            rules: Any = self.rules[0] or own
        else:
            rules = [new or old for new, old in zip(self.rules, own, strict=True)]
        values = node.values or {}
        for argument, *_ in node.edges:
            missing = [need for need in rules[argument].needs if need not in values]
            if missing:
                raise ValueError(
                    f"the rule given for {node.primitive.name} asks for {missing[0]!r}, but the "
                    f"tape keeps only {', '.join(values) or 'nothing'} of it: write the rule with "
                    "these"
                )
        return rules


@contextmanager
def backward_rules(*, nodes: Collection[str] | None = None, **rules: Any) -> Iterator[None]:
    """Use other backward rules inside the ``with``, on tapes recorded before or within.

    Parameters
    ----------
    nodes : collection of str, optional
        Only at operations whose output has one of these names (``tensor.name``).
    **rules
        For each primitive, by name, a function ``rule(g, ...)`` for its first input, or a tuple
        with one function (or ``None``) an input. The parameters behind ``g`` name what the rule
        needs: ``y``, an input, a setting.

    Raises
    ------
    ValueError
        If a primitive is unknown, or a rule asks for what the tape did not keep.

    Notes
    -----
    Contexts nest: the innermost rule wins. They are restored when an exception leaves them.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([-1.0, 2.0, 3.0], requires_grad=True)
    >>> y = mg.relu(x)
    >>> def guided(g, y):
    ...     return np.maximum(g, 0) * (y > 0)
    >>> with mg.backward_rules(relu=guided):
    ...     y.backward([1.0, -1.0, 1.0])
    >>> x.grad
    array([0., 0., 1.])
    """
    before = settings.current().rules
    replaced = {
        name: Override(name, rule, nodes, before.get(name)) for name, rule in rules.items()
    }
    with settings.changed(rules={**before, **replaced}):
        yield
