"""How an image is laid out so that a convolution becomes products of contiguous rows.

Each channel is copied into a *plane* in which its rows lie ``pitch`` apart, inside their zero
padding. Then output ``(i, j)`` has the flat position ``q = i * pitch + j``, and tap ``(r, s)`` of
the kernel reads the plane at ``q + shift``: one shift per tap, the same for every output. Many
neighbouring outputs are a vector, whatever the kernel size and dilation.

* A stride of 2 is two planes, of the even and of the odd columns (and rows): a *phase* each.
* The padding right of one row is the padding left of the next: a pitch of W + padding suffices.
  Positions with ``j`` beyond the last output hold junk that nobody reads.
* The gradient to the input has the same form: the outputs are then positions of the input, and
  those of equal *residue* modulo the stride are hit by the same taps. All residues share a layout.
"""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import numpy as np

Pair = tuple[int, int]

# What a task keeps at hand should fit the processor's second-level cache.
PLANE_BYTES = 128 * 1024


class Axis(NamedTuple):
    """One axis of the layout; all numbers count rows (or columns) of a plane."""

    taps: tuple[int, ...]  # which taps of the kernel take part
    phases: tuple[int, ...]  # phase of each of them
    shifts: tuple[int, ...]  # and its shift
    residues: tuple[int, ...]  # and of the outputs it takes part in
    size: int  # of the source
    stride: int  # in the source
    padding: int  # before the source; negative: what is cut off
    outputs: int  # of each residue
    spacing: int  # between them in the result; as many residues there are
    pitch: int

    @property
    def reach(self) -> int:
        """The largest shift."""
        return max(self.shifts, default=0)


def _axis(
    taps: list[tuple[int, int, int, int]], size: int, stride: int, padding: int, outputs: int,
    spacing: int,
) -> Axis:  # fmt: skip
    """Find the smallest pitch at which shared padding is still padding."""
    numbers, tap_phases, shifts, residues = zip(*taps, strict=True) if taps else ((), (), (), ())
    used = outputs + max(shifts, default=0)
    phases = set(tap_phases) or {0}
    first = min(max(0, -((phase - padding) // stride)) for phase in phases)
    last = max((padding + size - 1 - phase) // stride + 1 for phase in phases)
    pitch = max(outputs, min(last, used), used - first, 1)
    return Axis(
        numbers, tap_phases, shifts, residues, size, stride, padding, outputs, spacing, pitch
    )


def forward_axis(
    size: int, kernel: int, stride: int, padding: int, dilation: int, outputs: int
) -> Axis:
    """Output `i` reads the padded source at ``i * stride + t * dilation`` for every tap `t`."""
    taps = [(t, t * dilation % stride, t * dilation // stride, 0) for t in range(kernel)]
    return _axis(taps, size, stride, padding, outputs, 1)


def backward_axis(
    size: int, kernel: int, stride: int, padding: int, dilation: int, sources: int
) -> Axis:
    """Input ``i * stride + residue`` gets what tap `t` took from it to output ``i + shift``."""
    spacing = min(stride, size)
    residues = [(t * dilation - padding) % stride for t in range(kernel)]
    reached = [
        (t, residue, (residue + padding - t * dilation) // stride)
        for t, residue in enumerate(residues)
        if residue < spacing
    ]
    before = -min((shift for _, _, shift in reached), default=0)
    taps = [(t, 0, shift + before, residue) for t, residue, shift in reached]
    return _axis(taps, sources, 1, before, -(-size // spacing), spacing)


class Layout(NamedTuple):
    """The numbers a kernel needs, all ints (a kernel is compiled once for all of them)."""

    stride_h: int
    stride_w: int
    padding_h: int
    padding_w: int
    used_h: int  # rows and columns of a plane that taps can reach
    used_w: int
    reach_h: int
    column: int  # from one column, row, image to the next in a plane
    pitch: int
    image: int
    outputs_h: int
    outputs_w: int
    result_column: int  # the same in the results
    result_pitch: int
    result_image: int
    spacing_h: int  # of the results of a residue in the array
    spacing_w: int
    images: int  # of a block
    rows: int
    positions: int  # results of a block, in whole tiles
    plane: int  # elements of a plane
    channels: int  # laid out at a time
    phases: int
    taps: int


class Plan(NamedTuple):
    """A layout and its tables."""

    layout: Layout
    phases: np.ndarray  # (phases, 2) of the planes of a channel
    taps: np.ndarray  # flat number of each tap in the kernel, those of a residue together
    bounds: np.ndarray  # of the taps of each residue, row after row
    offsets: np.ndarray  # of residue, channel and tap in the planes laid out
    starts: np.ndarray  # where each vector of results begins in a plane


class _Block(NamedTuple):
    """One way to put the outputs (n, i, j) of a block into vectors."""

    images: int
    rows: int
    plane_steps: tuple[int, int, int]  # column, row, image
    result_steps: tuple[int, int, int]
    starts: np.ndarray  # of each vector in a plane


def round_up(n: int, multiple: int) -> int:
    """The next multiple."""
    return -(-n // multiple) * multiple


def balanced(n: int, most: int) -> int:
    """The size of equal parts of `n`, of at most `most`."""
    return -(-n // -(-n // max(1, min(most, n)))) if n else 1


def _block(
    vertical: Axis, horizontal: Axis, batch: int, lanes: int, outputs: int, ways: tuple[str, ...]
) -> _Block:
    """Choose the way that needs the fewest vectors; then how many images and rows are a block."""
    rows, columns, pitch = max(1, vertical.outputs), horizontal.outputs, horizontal.pitch
    costs = {
        # Vectors run over row ends and the junk between rows.
        "run": batch * rows * pitch,
        # Every row begins a new vector.
        "row": batch * rows * round_up(columns, lanes),
        # Every lane is another image: no position is wasted, but elements are copied one by one.
        "image": 1.12 * round_up(batch, lanes) * rows * columns,
    }
    way = min(ways, key=costs.__getitem__)
    if way == "image":
        rows = balanced(rows, outputs // (lanes * max(1, columns)))
        starts = np.add.outer(np.arange(rows) * pitch, np.arange(columns)) * lanes
        steps = lanes, pitch * lanes, 1
        return _Block(lanes, rows, steps, (lanes, columns * lanes, 1), starts.ravel())
    result_pitch = pitch if way == "run" else round_up(columns, lanes)
    image = vertical.pitch * pitch
    result_image = image if way == "run" else rows * result_pitch
    images = 1
    if result_image > outputs:
        rows = balanced(rows, outputs // result_pitch)
    else:
        images = balanced(batch, outputs // max(1, result_image))
    if way == "run":
        starts = np.arange(0, images * result_image, lanes)
    else:
        lines = np.add.outer(np.arange(images) * image, np.arange(rows) * pitch)
        starts = np.add.outer(lines, np.arange(0, columns, lanes))
    result_steps = 1, result_pitch, result_image
    return _Block(images, rows, (1, pitch, image), result_steps, starts.ravel())


@functools.lru_cache(maxsize=256)
def plan(
    vertical: Axis, horizontal: Axis, kernel_width: int, batch: int, channels: int, lanes: int,
    tile: int, item_bytes: int, outputs: int, ways: tuple[str, ...] = ("run", "row", "image"),
) -> Plan:  # fmt: skip
    """Cut the work into blocks of about `outputs` positions: some rows, or some whole images.

    `lanes` is the length of a vector; the kernel takes `tile` vectors at once, and as many of the
    `channels` as the cache holds.
    """
    images, rows, steps, result_steps, starts = _block(
        vertical, horizontal, batch, lanes, outputs, ways
    )
    last = max(0, horizontal.outputs - 1), rows - 1, images - 1
    positions = 1 + sum(i * step for i, step in zip(last, result_steps, strict=True))
    positions = round_up(positions, tile * lanes)
    vectors = np.zeros(positions // lanes, np.int64)
    vectors[: len(starts)] = starts[: len(vectors)]
    taps = sorted(
        (
            residue_h * horizontal.spacing + residue_w,
            r * kernel_width + s,
            (phase_h, phase_w),
            shift_h * steps[1] + shift_w * steps[0],
        )
        for r, phase_h, shift_h, residue_h in zip(*vertical[:4], strict=True)
        for s, phase_w, shift_w, residue_w in zip(*horizontal[:4], strict=True)
    )
    residues = np.array([residue for residue, _, _, _ in taps], np.int64)
    bounds = np.searchsorted(residues, np.arange(vertical.spacing * horizontal.spacing + 1))
    phases = sorted({phase for _, _, phase, _ in taps}) or [(0, 0)]
    # Without a tap along one axis there is none at all, and the plane has no room for the other's.
    reach_h, reach_w = (axis.reach if taps else 0 for axis in (vertical, horizontal))
    shifts = np.array([shift for _, _, _, shift in taps], np.int64)
    # An odd number of cache lines: a power of two would put all channels in the same few sets.
    reached = int(vectors.max(initial=0) + shifts.max(initial=0)) + lanes
    plane = reached // 32 * 32 + 48
    at_a_time = balanced(channels, PLANE_BYTES // (plane * len(phases) * item_bytes))
    shifts = shifts + plane * np.array([phases.index(phase) for _, _, phase, _ in taps], np.int64)
    offsets = [
        np.add.outer(np.arange(at_a_time) * (len(phases) * plane), shifts[first:last]).ravel()
        for first, last in itertools.pairwise(bounds)
    ]
    layout = Layout(
        vertical.stride, horizontal.stride, vertical.padding, horizontal.padding,
        vertical.outputs + reach_h, horizontal.outputs + reach_w, reach_h,
        *steps, vertical.outputs, horizontal.outputs, *result_steps,
        vertical.spacing, horizontal.spacing,
        images, rows, positions, plane, at_a_time, len(phases), len(taps),
    )  # fmt: skip
    return Plan(
        layout,
        np.array(phases, np.int64),
        np.array([tap for _, tap, _, _ in taps], np.int64),
        bounds.astype(np.int64),
        np.concatenate(offsets).astype(np.int32),
        vectors.astype(np.int32),
    )
