"""How an image is laid out so that a convolution becomes products of contiguous rows.

Each channel is copied into a *plane* in which its rows lie ``pitch`` apart, inside their zero
padding. Then output ``(i, j)`` has the flat position ``q = i * pitch + j``, and tap ``(r, s)`` of
the kernel reads the plane at ``q + shift``: one shift per tap, the same for every output. Many
neighbouring outputs are a vector, whatever the kernel size and dilation.

* A stride of 2 is two planes, of the even and of the odd columns (and rows): a *phase* each.
* The padding right of one row is the padding left of the next: a pitch of W + padding suffices.
  Positions with ``j`` beyond the last output hold junk that nobody reads.
* The gradient to the input has the same form: the outputs are then the input positions of one
  phase, and the taps are those that hit this phase.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

Pair = tuple[int, int]

# What a task keeps at hand should fit the processor's second-level cache.
PLANE_BYTES = 256 * 1024
OUTPUTS = 512


class Axis(NamedTuple):
    """One axis of the layout; all numbers count rows (or columns) of a plane."""

    taps: tuple[int, ...]  # which taps of the kernel take part
    phases: tuple[int, ...]  # phase of each of them
    shifts: tuple[int, ...]  # and its shift
    size: int  # of the source
    stride: int  # in the source
    padding: int  # before the source; negative: what is cut off
    outputs: int
    pitch: int

    @property
    def reach(self) -> int:
        """The largest shift."""
        return max(self.shifts, default=0)


def _axis(
    taps: list[tuple[int, int, int]], size: int, stride: int, padding: int, outputs: int
) -> Axis:
    """Find the smallest pitch at which shared padding is still padding."""
    used = outputs + max((shift for _, _, shift in taps), default=0)
    phases = {phase for _, phase, _ in taps} or {0}
    first = min(max(0, -((phase - padding) // stride)) for phase in phases)
    last = max((padding + size - 1 - phase) // stride + 1 for phase in phases)
    pitch = max(outputs, min(last, used), used - first, 1)
    numbers, tap_phases, shifts = zip(*taps, strict=True) if taps else ((), (), ())
    return Axis(numbers, tap_phases, shifts, size, stride, padding, outputs, pitch)


def forward_axis(
    size: int, kernel: int, stride: int, padding: int, dilation: int, outputs: int
) -> Axis:
    """Output `i` reads the padded source at ``i * stride + t * dilation`` for every tap `t`."""
    taps = [(t, t * dilation % stride, t * dilation // stride) for t in range(kernel)]
    return _axis(taps, size, stride, padding, outputs)


def backward_axis(
    size: int, kernel: int, stride: int, padding: int, dilation: int, sources: int, phase: int
) -> Axis:
    """Input ``phase + i * stride`` gets what tap `t` took from it to output ``i + shift``."""
    reached = {
        t: (phase + padding - t * dilation) // stride
        for t in range(kernel)
        if (phase + padding - t * dilation) % stride == 0
    }
    before = -min(reached.values(), default=0)
    outputs = max(0, -((phase - size) // stride))
    taps = [(t, 0, shift + before) for t, shift in reached.items()]
    return _axis(taps, sources, 1, before, outputs)


class Layout(NamedTuple):
    """The numbers a kernel needs, all ints (a kernel is compiled once for all of them)."""

    stride_h: int
    stride_w: int
    padding_h: int
    padding_w: int
    used_h: int  # rows and columns of a plane that taps can reach
    used_w: int
    reach_h: int
    pitch: int  # from one row to the next
    image: int  # from one image to the next, in rows
    outputs_h: int
    outputs_w: int
    images: int  # of a block
    rows: int
    positions: int  # q of a block, rounded up to whole tiles
    plane: int  # elements of a plane
    channels: int  # laid out at a time
    phases: int
    taps: int


class Plan(NamedTuple):
    layout: Layout
    phases: np.ndarray  # (phases, 2) of the planes of a channel
    offsets: np.ndarray  # of channel c, tap t in the planes laid out, at c * taps + t
    weights: np.ndarray  # of the same in the kernel's weights


def _round_up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple


@functools.lru_cache(maxsize=256)
def plan(
    vertical: Axis, horizontal: Axis, kernel_width: int, weight_step: int, batch: int,
    channels: int, tile: int, item_bytes: int, outputs: int = OUTPUTS,
) -> Plan:  # fmt: skip
    """Cut the work into blocks of about `outputs` positions: some rows, or some whole images.

    `weight_step` lies between the weights of one channel and the next; `tile` is the number of
    positions that the kernel treats at once.
    """
    pitch = horizontal.pitch
    blocks = max(1, vertical.outputs * pitch // outputs)
    if blocks > 1:
        images, rows = 1, -(-vertical.outputs // blocks)
    else:
        images, rows = max(1, outputs // (vertical.pitch * pitch)), vertical.outputs
        images = -(-batch // -(-batch // min(images, max(batch, 1)))) if batch else 1
    positions = (images - 1) * vertical.pitch * pitch + (rows - 1) * pitch + horizontal.outputs
    positions = _round_up(max(positions, 1), tile)
    taps = [
        (r * kernel_width + s, (phase_h, phase_w), shift_h * pitch + shift_w)
        for r, phase_h, shift_h in zip(*vertical[:3], strict=True)
        for s, phase_w, shift_w in zip(*horizontal[:3], strict=True)
    ]
    phases = sorted({phase for _, phase, _ in taps}) or [(0, 0)]
    shifts = np.array([shift for _, _, shift in taps], np.int64)
    # An odd number of cache lines: a power of two would put all channels in the same few sets.
    plane = ((positions + int(shifts.max(initial=0))) // 32) * 32 + 48
    at_a_time = max(1, min(channels, PLANE_BYTES // (plane * len(phases) * item_bytes)))
    at_a_time = -(-channels // -(-channels // at_a_time)) if channels else 1
    shifts = shifts + plane * np.array([phases.index(phase) for _, phase, _ in taps], np.int64)
    offsets = np.arange(at_a_time)[:, None] * (len(phases) * plane) + shifts
    layout = Layout(
        vertical.stride, horizontal.stride, vertical.padding, horizontal.padding,
        vertical.outputs + vertical.reach, horizontal.outputs + horizontal.reach,
        vertical.reach, pitch, vertical.pitch, vertical.outputs, horizontal.outputs,
        images, rows, positions, plane, at_a_time, len(phases), len(taps),
    )  # fmt: skip
    weights = np.arange(at_a_time)[:, None] * weight_step + [tap for tap, _, _ in taps]
    return Plan(
        layout,
        np.array(phases, np.int64),
        offsets.astype(np.int32).ravel(),
        weights.astype(np.int32).ravel(),
    )
