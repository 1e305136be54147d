"""Products are NumPy's, in parts, and the same bytes for any number of threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.kernels import blas, get_num_threads, products, set_num_threads, threads

COUNTS = (1, 2, 3, 7)
needs_openblas = pytest.mark.skipif(blas.controls() is None, reason="NumPy has another BLAS")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = get_num_threads()
    yield
    set_num_threads(before)


@pytest.fixture(name="in_small_parts")
def _in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small products, too, fall into parts, and are shared."""
    monkeypatch.setattr(threads, "GRAIN", 1)
    for name, value in {
        "FEW": 0, "FEW_WITH_A_VECTOR": 0, "MULTIPLICATIONS": 2, "LENGTH": 1,
        "LENGTH_FOR_VECTORS": 2,
    }.items():  # fmt: skip
        monkeypatch.setattr(products, name, value)


def draw(shape: tuple[int, ...], dtype: str = "float64") -> np.ndarray:
    return np.random.default_rng(sum(shape)).integers(-9, 9, shape).astype(dtype)


sizes = st.integers(0, 6)
stacks = st.sampled_from(
    [((), ()), ((3,), ()), ((), (4,)), ((3,), (3,)), ((2, 1), (3,)), ((0,), ())]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stacks, sizes, sizes, sizes, st.sampled_from(["float32", "float64", "int64"]), st.booleans())
def test_a_product_in_parts_is_numpys(in_small_parts, stack, m, k, n, dtype, turned):
    a, b = draw((*stack[0], m, k), dtype), draw((*stack[1], k, n), "float32")
    if turned:
        b = np.ascontiguousarray(b.swapaxes(-1, -2)).swapaxes(-1, -2)
    set_num_threads(3)
    found, expected = products.matmul(a, b), np.matmul(a, b)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("a", "b"), [((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 5)), ((4,), (2, 4, 5))]
)
def test_vectors_multiply_as_numpys(in_small_parts, a, b):
    np.testing.assert_array_equal(products.matmul(draw(a), draw(b)), np.matmul(draw(a), draw(b)))


@pytest.mark.parametrize(
    ("a", "b"), [((300, 200), (201, 300)), ((2, 300, 200), (3, 200, 300)), ((), (3,))]
)
def test_what_does_not_fit_is_refused(a, b):
    with pytest.raises(ValueError):
        products.matmul(draw(a), draw(b))


# Sizes for which OpenBLAS, left alone, gives other bytes with two threads than with one.
@pytest.mark.parametrize("shape", [(169, 381, 26), (30, 112, 435), (437, 19, 289), (601, 600, 599)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_products_have_the_same_bytes_for_any_number_of_threads(shape, dtype):
    m, k, n = shape
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=size).astype(dtype) for size in ((m, k), (k, n)))
    for function in (
        lambda: mg.matmul(a, b),
        lambda: mg.linear(a, b.T.copy()),
        lambda: mg.einsum("mk,kn->mn", a, b),
        lambda: mg.matmul(a, b[:, 0]),
        lambda: mg.matmul(a[:1], b),
        lambda: mg.matmul(np.stack([a, -a]), b),
    ):
        results = set()
        for count in COUNTS:
            set_num_threads(count)
            results.add(function().tobytes())
        assert len(results) == 1


def step() -> bytes:
    """A step of a network of all kinds of layers: its result and its gradients."""
    rng = np.random.default_rng(0)
    x = mg.Tensor(rng.normal(size=(8, 3, 24, 24)).astype(np.float32))
    shapes = (16, 3, 3, 3), (16,), (16,), (600, 16 * 12 * 12), (10, 600)
    parameters = [
        mg.Tensor(0.1 * rng.normal(size=shape).astype(np.float32), requires_grad=True)
        for shape in shapes
    ]
    weight, scale, shift, first, second = parameters
    y = mg.conv2d(x, weight, padding=1)
    y = mg.batch_norm(y, np.zeros(16), np.ones(16), scale, shift, training=True)
    y = mg.max_pool2d(mg.relu(y), 2)
    y = mg.linear(mg.relu(mg.linear(y.reshape((8, -1)), first)), second)
    loss = mg.cross_entropy(y, np.arange(8))
    loss.backward()
    return b"".join(array.tobytes() for array in (y.data, *(p.grad for p in parameters)))


def test_a_network_has_the_same_bytes_for_any_number_of_threads():
    results = set()
    for count in (*COUNTS, *COUNTS):
        set_num_threads(count)
        results.add(step())
    assert len(results) == 1


@needs_openblas
def test_blas_gets_its_threads_back():
    controls = blas.controls()
    set_num_threads(3)
    with pytest.raises(KeyError), blas.without_threads:
        assert controls.get() == 1
        with blas.without_threads:
            assert controls.get() == 1
        assert controls.get() == 1
        raise KeyError
    assert controls.get() == 3
    with blas.without_threads:
        set_num_threads(2)
        assert controls.get() == 1
    assert controls.get() == 2


@needs_openblas
def test_products_of_several_threads_leave_blas_as_it_was():
    set_num_threads(2)
    a = np.ones((300, 300))
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(lambda _: products.matmul(a, a), range(40)):
            assert (result == 300).all()
    assert blas.controls().get() == 2
