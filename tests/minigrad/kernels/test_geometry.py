"""The layout of an image in scratch memory: all that is written to a plane has room in it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from minigrad.kernels import geometry

sizes, kernels, strides = st.integers(1, 40), st.integers(1, 5), st.integers(1, 4)
paddings, dilations = st.integers(0, 4), st.integers(1, 3)
axes = st.tuples(sizes, kernels, strides, paddings, dilations)


def windows(axis):
    size, kernel, stride, padding, dilation = axis
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def last_written(layout, phases, height, width):
    """The largest position of a plane that copying the first block writes to."""
    largest = -1
    for above, left in phases - (layout.padding_h, layout.padding_w):
        rows = min(
            layout.rows + layout.reach_h, layout.used_h, (height - 1 - above) // layout.stride_h + 1
        )
        columns = min(layout.used_w, (width - 1 - left) // layout.stride_w + 1)
        if rows > 0 and columns > 0:
            last = (layout.images - 1) * layout.image + (rows - 1) * layout.pitch
            largest = max(largest, last + (columns - 1) * layout.column)
    return largest


@settings(max_examples=300)
@given(axes, axes, st.integers(1, 20), st.integers(1, 12), st.sampled_from((4, 8)))
def test_what_is_laid_out_fits_its_plane(rows, columns, batch, channels, item_bytes):
    counts = windows(rows), windows(columns)
    if min(counts) < 1:
        return
    forward = [geometry.forward_axis(*a, n) for a, n in zip((rows, columns), counts, strict=True)]
    backward = [geometry.backward_axis(*a, n) for a, n in zip((rows, columns), counts, strict=True)]
    lanes = 64 // item_bytes
    for (vertical, horizontal), source in [(forward, (rows[0], columns[0])), (backward, counts)]:
        layout, phases, *_ = geometry.plan(
            vertical, horizontal, columns[1], batch, channels, lanes, 3, item_bytes, 512
        )
        assert last_written(layout, phases, *source) < layout.plane


def test_a_residue_that_no_window_reaches_has_no_taps():
    # Stride 2 and dilation 2 reach every other column only; rows are reached by four taps.
    vertical = geometry.backward_axis(37, 4, 1, 2, 1, 38)
    horizontal = geometry.backward_axis(31, 2, 2, 3, 2, 18)
    plan = geometry.plan(vertical, horizontal, 2, 11, 14, 8, 3, 8, 512)
    assert plan.bounds.tolist() == [0, 0, 8]
    assert last_written(plan.layout, plan.phases, 38, 18) < plan.layout.plane
