"""Compiled sparse maps of rows and columns equal the reference."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from .test_kernels import assert_same, compiled, dtypes, few, reference


@st.composite
def matrices(draw: st.DrawFn, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Index and weight of a sparse matrix, some of whose entries are zeros."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 40)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    weight = rng.normal(size=shape) * rng.choice([0, 1, 1], shape)
    return rng.integers(0, size, shape), weight


@few
@given(st.data(), st.tuples(*[st.integers(0, 3)] * 2, *[st.integers(1, 40)] * 2), dtypes)
def test_compiled_resampling_equals_the_reference(data, shape, dtype):
    rows, columns = (data.draw(matrices(size)) for size in shape[2:])
    x = np.random.default_rng(0).normal(size=shape).astype(dtype)
    y = compiled.resample(x, rows, columns)
    assert y.dtype == dtype
    assert_same(y, reference.resample(x, rows, columns), terms=25)


def test_what_has_no_weight_does_not_spread_infinity():
    x = np.full((1, 1, 2, 2), np.inf)
    x[..., 0, 0] = 3
    first = np.array([[0, 0], [1, 1]]), np.array([[1.0, 0.0], [0.0, 0.0]])
    for kernels in (compiled, reference):
        np.testing.assert_array_equal(kernels.resample(x, first, first), [[[[3, 0], [0, 0]]]])
