"""What every primitive promises, one check a promise; each raises AssertionError when broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import settings

from .differences import central_differences, scaled_error
from .layouts import LAYOUTS, read_only

TOLERANCE = 1e-7


class Case:
    """One primitive on one sample, with a random cotangent."""

    def __init__(self, primitive: mg.Primitive, inputs: tuple, options: dict[str, Any], seed: int):
        self.primitive = primitive
        self.inputs = tuple([np.asarray(x) if isinstance(x, np.floating) else x for x in inputs])
        self.options = options
        self.rng = np.random.default_rng(seed)
        self.value = np.asarray(self.plain(*self.inputs))
        self.cotangent = self.rng.normal(size=self.value.shape)
        self.wanted = [
            i for i, x in enumerate(self.inputs) if _is_float(x) and primitive.rules[i] is not None
        ]

    def plain(self, *inputs: Any) -> Any:
        result = self.primitive.forward(*inputs, **self.options)
        return result[0] if self.primitive.saves else result

    def tensors(self, inputs: tuple | None = None) -> list[Any]:
        """The inputs, those with a derivative as leaves."""
        inputs = self.inputs if inputs is None else inputs
        return [
            mg.Tensor(x, requires_grad=True) if i in self.wanted else x
            for i, x in enumerate(inputs)
        ]

    def gradients(
        self, inputs: tuple | None = None, cotangent: Any = None, create_graph: bool = False
    ) -> tuple[list[mg.Tensor], list[mg.Tensor]]:
        """The leaves and the gradients of ``Σ cotangent · output`` to them."""
        given = self.tensors(inputs)
        leaves = [given[i] for i in self.wanted]
        output = self.primitive(*given, **self.options)
        cotangent = self.cotangent if cotangent is None else cotangent
        found = mg.grad(output, leaves, [cotangent], create_graph=create_graph)
        return leaves, list(found)


def _is_float(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _copied(inputs: tuple, change: Callable = np.copy) -> tuple:
    return tuple([change(x) if isinstance(x, np.ndarray) else x for x in inputs])


def _same(actual: Any, expected: Any) -> None:
    np.testing.assert_allclose(np.asarray(actual), np.asarray(expected), rtol=1e-9, atol=1e-9)


def values(case: Case) -> None:
    """On Tensors the same values, shape and dtype as on plain arrays; no Tensor from arrays."""
    plain = case.primitive(*case.inputs, **case.options)
    assert not isinstance(plain, mg.Tensor)
    recorded = case.primitive(*case.tensors(), **case.options)
    assert isinstance(recorded, mg.Tensor)
    np.testing.assert_array_equal(recorded.data, plain)
    assert recorded.dtype == np.asarray(plain).dtype


def first_gradient(case: Case) -> None:
    """The gradient agrees with central differences, and has its input's shape and dtype."""
    leaves, gradients = case.gradients()
    for i, leaf, gradient in zip(case.wanted, leaves, gradients, strict=True):
        assert gradient.shape == leaf.shape
        assert gradient.dtype == leaf.dtype
        expected = central_differences(case.plain, case.inputs, case.cotangent, i)
        error = scaled_error(gradient.data, expected)
        assert error < TOLERANCE, f"to {case.primitive.label(i)}: off by {error:.1e}"


def second_gradient(case: Case) -> None:
    """The gradient of ⟨gradient, v⟩, to the inputs and to the cotangent, agrees too."""
    directions = [case.rng.normal(size=case.inputs[i].shape) for i in case.wanted]

    def product(*inputs: Any) -> np.ndarray:
        _, gradients = case.gradients(inputs[:-1], inputs[-1])
        pairs = zip(gradients, directions, strict=True)
        return np.sum([np.sum(gradient.data * v) for gradient, v in pairs])

    cotangent = mg.Tensor(case.cotangent, requires_grad=True)
    leaves, gradients = case.gradients(cotangent=cotangent, create_graph=True)
    pairs = zip(gradients, directions, strict=True)
    total = sum([np.sum(gradient * v) for gradient, v in pairs], mg.Tensor(0.0))
    inputs = (*case.inputs, case.cotangent)
    leaves = [*leaves, cotangent]
    if total.requires_grad:
        actual = [tensor.data for tensor in mg.grad(total, leaves)]
    else:
        actual = [np.zeros(leaf.shape) for leaf in leaves]
    for i, found in zip([*case.wanted, len(case.inputs)], actual, strict=True):
        error = scaled_error(found, central_differences(product, inputs, np.ones(()), i))
        assert error < TOLERANCE, f"to input {i}: off by {error:.1e}"


def single_precision(case: Case) -> None:
    """float32 in, float32 out, in the gradient too, with values near those of float64."""
    narrow = _copied(case.inputs, lambda x: x.astype(np.float32) if _is_float(x) else x)
    value = np.asarray(case.plain(*narrow))
    if case.value.dtype == np.float64 and "dtype" not in case.options:
        assert value.dtype == np.float32
    assert scaled_error(value, case.value) < 1e-4
    leaves, gradients = case.gradients(narrow)
    _, expected = case.gradients()
    for leaf, gradient, wide in zip(leaves, gradients, expected, strict=True):
        assert leaf.dtype == gradient.dtype == np.float32
        assert scaled_error(gradient.data, wide.data) < 1e-3


def inputs_untouched(case: Case) -> None:
    """Neither pass writes to an input or to the cotangent."""
    inputs, cotangent = _copied(case.inputs), case.cotangent.copy()
    case.gradients(inputs, cotangent)
    case.gradients(inputs, cotangent, create_graph=True)
    for before, after in zip(case.inputs, inputs, strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(case.cotangent, cotangent)


def rules_write_nowhere(case: Case) -> None:
    """A rule writes neither to its cotangent nor to what the tape keeps: all may be shared."""
    output = case.primitive(*case.tensors(), **case.options)
    values = {name: _guarded(value) for name, value in output.node.values.items()}
    for argument, *_ in output.node.edges:
        rule = case.primitive.rules[argument]
        rule.call(read_only(case.cotangent), values, argument)


def _guarded(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple([_guarded(item) for item in value])
    return read_only(value) if isinstance(value, np.ndarray) else value


def later_writes_harmless(case: Case) -> None:
    """Gradients are of what the forward pass saw, whatever is written to the inputs since."""
    inputs = _copied(case.inputs)
    options = {k: np.copy(v) if isinstance(v, np.ndarray) else v for k, v in case.options.items()}
    given = case.tensors(inputs)
    output = case.primitive(*given, **options)
    for x in (*inputs, *options.values()):
        if isinstance(x, np.ndarray):
            x[...] = 3
    gradients = mg.grad(output, [given[i] for i in case.wanted], [case.cotangent])
    for gradient, expected in zip(gradients, case.gradients()[1], strict=True):
        _same(gradient, expected)


def nothing_aliased(case: Case) -> None:
    """Gradients share memory neither with each other nor with an input or the cotangent."""
    cotangent = case.cotangent.copy()
    given = case.tensors()
    output = case.primitive(*given, **case.options)
    output.backward(cotangent)
    arrays = [given[i].grad for i in case.wanted]
    others = [x for x in case.inputs if isinstance(x, np.ndarray)] + [cotangent, output.data]
    for i, gradient in enumerate(arrays):
        for other in arrays[i + 1 :] + others:
            assert not np.shares_memory(gradient, other)
        gradient[...] = 0  # and may be written to


def adjoint(case: Case) -> None:
    """Where it is linear, ⟨A v, g⟩ = ⟨v, Aᵀ g⟩, and A (2u + v) = 2 A u + A v."""
    for i, gradient in zip(case.wanted, case.gradients()[1], strict=True):
        if case.primitive.inputs[0 if case.primitive.variadic else i] not in case.primitive.linear:
            continue

        def apply(v: np.ndarray, i: int = i) -> np.ndarray:
            inputs = [np.zeros_like(x) if case.primitive.variadic and _is_float(x) else x
                      for x in case.inputs]  # fmt: skip
            if not _jointly_linear(case.primitive):
                inputs = list(case.inputs)
            inputs[i] = v
            return np.asarray(case.plain(*inputs))

        u, v = case.rng.normal(size=(2, *gradient.shape))
        _same(apply(2 * u + v), 2 * apply(u) + apply(v))
        _same(np.sum(apply(v) * case.cotangent), np.sum(v * gradient.data))


def _jointly_linear(primitive: mg.Primitive) -> bool:
    """Joining is linear in all its arrays together, a product in each alone."""
    return primitive.name == "join"


def memory_layouts(case: Case) -> None:
    """Inputs that memory holds in another way, and such a cotangent, give the same."""
    expected = [gradient.data for gradient in case.gradients()[1]]
    for change in LAYOUTS:
        inputs = _copied(case.inputs, change)
        _same(case.plain(*inputs), case.value)
        cotangent = change(case.cotangent)
        for gradient, same in zip(case.gradients(inputs, cotangent)[1], expected, strict=True):
            _same(gradient, same)


def byte_order(case: Case) -> None:
    """Numbers whose bytes stand the other way round have the same precision and result."""
    narrow = _copied(case.inputs, lambda x: x.astype(np.float32) if _is_float(x) else x)
    swapped = _copied(narrow, lambda x: x.astype(x.dtype.newbyteorder()))
    value, expected = np.asarray(case.plain(*swapped)), np.asarray(case.plain(*narrow))
    assert value.dtype.newbyteorder("=") == expected.dtype
    np.testing.assert_array_equal(value, expected)
    for found, same in zip(case.gradients(swapped)[1], case.gradients(narrow)[1], strict=True):
        np.testing.assert_allclose(found.data, same.data, rtol=1e-5, atol=1e-5)


def other_sizes(case: Case) -> None:
    """A function of each element alone, or of pairs, takes empty and one-element arrays."""
    shapes = {x.shape for x in case.inputs if _is_float(x)}
    if not case.value.size or shapes != {case.value.shape} or not _elementwise(case):
        return
    for size in (0, 1):
        inputs = _copied(case.inputs, lambda x, size=size: x.reshape(-1)[:size].reshape(size, 1))
        value = np.asarray(case.plain(*inputs))
        assert value.shape == (size, 1) and value.dtype == case.value.dtype
        for gradient in case.gradients(inputs, np.ones((size, 1)))[1]:
            assert gradient.shape == (size, 1)


def _elementwise(case: Case) -> bool:
    return case.primitive.__module__.endswith((".arithmetic", ".elementwise"))


def contexts_restored(case: Case) -> None:
    """After an exception in a rule, every context is what it was and gradients are right."""

    class Broken(Exception):
        pass

    def rule(g: Any) -> Any:
        raise Broken

    def variadic_rule(g: Any, index: int) -> Any:
        raise Broken

    primitive = case.primitive
    before = settings.current()
    expected = case.gradients()[1]
    rules = variadic_rule if primitive.variadic else (rule,) * primitive.arity
    try:
        with mg.backward_rules(**{primitive.name: rules}), mg.detect_anomaly():
            case.gradients()
    except Broken:
        pass
    else:
        raise AssertionError("the rule put in force was not called")
    assert settings.current() is before
    for gradient, same in zip(case.gradients()[1], expected, strict=True):
        np.testing.assert_array_equal(gradient.data, same.data)


CHECKS = [
    values, first_gradient, second_gradient, single_precision, inputs_untouched,
    rules_write_nowhere, later_writes_harmless, nothing_aliased, adjoint, memory_layouts,
    other_sizes, contexts_restored,
]  # fmt: skip
