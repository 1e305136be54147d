"""One screen of the terminal stepper: lines of text for a state, at any size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.cells import cell_len
from rich.text import Text

from .arrays import WHOLE, brief, grid, inline, number, shape_text, summary
from .record import Contribution, Record
from .script import source_line
from .windows import Walk

if TYPE_CHECKING:
    from .comparison import Comparison
    from .debugger import Debugger

NARROW = 60
"""Below this width the list of steps stands above the details, not beside them."""

_ROWS, _COLUMNS = 8, 8  # of an array, at most so many are shown
_PLANE_ROWS = 6  # of a plane inside a kernel
_ADDENDS = 12  # at a fan-out, at most so many are listed: the first, and the last ones
_HEAD, _DIM, _NOW, _LINE = "bold", "dim", "reverse", "dim"
_READ, _WRITE, _DIFFERS = "bold cyan", "bold magenta", "bold red"

HELP = """\
→ n space  one step on                  r  run to a breakpoint, or the end
← p        one step back                b  set a breakpoint, clear them with -
i Enter    into the kernel's windows    /  find an operation, name or line
o Esc      out of the kernel            g  go to a step by its number
Home End   first step, last step        f  forward walk or backward walk
J K        scroll the details           z  collapse, expand by module
w          which input's gradient i goes into, the next one each time

c  check this step by finite differences
d  backprop, deconvnet and guided backprop side by side
e  explain a gradient: why is it zero, NaN or huge?
N  go on to the script's next backward()           q  quit

Backwards, ȳ is the gradient that came in. In a kernel, [cells] are read
and ‹cells› are written. Side by side, cells with * differ from backprop.
Breakpoints: relu (an operation), image (a tensor), nan, vanishing,
exploding 100.

Any key leaves this page."""

KEYS = "→ ← step  i into  f forward  / find  r run  c check  d rules  ? help  q quit"
KERNEL_KEYS = "→ ← step over a window  Home End  w other input  o out  ? help  q quit"


def frame(debugger: Debugger, width: int, height: int) -> list[Text]:
    """The screen for a debugger: `height` lines, none wider than `width`."""
    width, height = max(width, 20), max(height, 6)
    if debugger.help:
        lines = [_title(debugger, width), Text()] + [Text(line) for line in HELP.splitlines()]
        return [_cut(line, width) for line in (lines + [Text()] * height)[:height]]
    prompt = (_wrapped(debugger.prompt_text(), width) or [Text()])[: max(1, height // 6)]
    room = height - 2 - len(prompt)
    if width < NARROW:
        steps = max(3, min(room // 3, len(debugger.rows)))
        body = list_lines(debugger, width, steps)
        body.append(Text("─" * width, _LINE))
        body += _scrolled(detail_lines(debugger, width), debugger, room - len(body))
    else:
        most = width * 2 // 5
        steps_pane = list_lines(debugger, most, room)
        left = max(24, *(line.cell_len for line in steps_pane))
        details = _scrolled(detail_lines(debugger, width - left - 3), debugger, room)
        body = [
            _join(_padded(one, left), Text(" │ ", _LINE), other)
            for one, other in zip(_fill(steps_pane, room), _fill(details, room), strict=True)
        ]
    keys = Text(KEYS if debugger.stepper.walk is None else KERNEL_KEYS, _DIM)
    lines = [_title(debugger, width), *_fill(body, room), *prompt, keys]
    return [_cut(line, width) for line in lines[:height]]


def _title(debugger: Debugger, width: int) -> Text:
    stepper = debugger.stepper
    walk = stepper.walk
    place = f"{stepper.direction}, step {stepper.position} of {len(stepper)}"
    if walk is not None:
        place += f", window {walk.position} of {len(walk)}"
    text = f" minigrad step {debugger.title} · {place}"
    return _padded(Text(text, _NOW), width, _NOW)


def _scrolled(lines: list[Text], debugger: Debugger, room: int) -> list[Text]:
    debugger.scroll = max(0, min(debugger.scroll, len(lines) - room))
    shown = lines[debugger.scroll : debugger.scroll + room]
    if debugger.scroll + room < len(lines) and shown:
        shown[-1] = Text(f"↓ {len(lines) - debugger.scroll - room + 1} more lines: J", _DIM)
    return shown


# ---- the list of steps ------------------------------------------------------------------------


def list_lines(debugger: Debugger, width: int, height: int) -> list[Text]:
    """The steps around the cursor, a line each; ▶ marks the one taken last."""
    rows, current = debugger.rows, debugger.row
    first = max(0, min(current - height // 2, len(rows) - height))
    lines = []
    for i, row in enumerate(rows[first : first + height], first):
        mark = "▶" if i == current else " "
        style = _NOW if i == current else _DIM if i < current else ""
        lines.append(Text(f"{mark}{row}", style))
    return [_cut(line, width) for line in lines]


# ---- the details ------------------------------------------------------------------------------


def detail_lines(debugger: Debugger, width: int) -> list[Text]:
    """What the step, window or comparison under the cursor shows."""
    stepper = debugger.stepper
    if debugger.comparison is not None:
        return comparison_lines(debugger.comparison, width)
    if stepper.walk is not None:
        return walk_lines(stepper.walk, width)
    record = stepper.record
    if record is None:
        return _start_lines(debugger, width)
    lines = []
    for check in debugger.checks:
        lines += _wrapped(f"{check}", width, _DIFFERS if check.ok is False else _READ)
    return lines + record_lines(record, width)


def _start_lines(debugger: Debugger, width: int) -> list[Text]:
    stepper = debugger.stepper
    lines = []
    if stepper.direction == "backward":
        lines.append(Text("Before the first step: the gradient of the output", _HEAD))
        for target, seed in stepper.sums.items():
            lines += array_lines(f"ȳ of {stepper.labels[target]}", seed, width)
    else:
        lines.append(Text("Before the first step: the leaves", _HEAD))
        for leaf in stepper.tape.leaves:
            value = stepper.values.of(leaf)
            lines += array_lines(stepper.labels[leaf], value, width)
    return [*lines, Text(), *_wrapped("→ takes the first step; ? is help", width, _DIM)]


def record_lines(record: Record, width: int) -> list[Text]:
    """A record: the operation, its numbers, what it sends, what has arrived."""
    lines = _wrapped(f"{record.label} = {record.operation}", width, _HEAD)
    lines += _wrapped(f"{record.where}  {source_line(record.node)}".rstrip(), width, _DIM)
    lines += _wrapped(record.formula, width)
    if record.direction == "forward":
        lines += _wrapped(record.filled, width, _READ)
    else:
        lines += array_lines("ȳ came in:", record.cotangent, width)
        for contribution in record.contributions:
            lines += [Text(), *contribution_lines(contribution, width)]
    lines.append(Text())
    for given in record.inputs:
        lines += array_lines(f"input {given.argument}:", given.value, width)
    lines += array_lines("output y:", record.output, width)
    kept = ", ".join(f"{name} {brief(value)}" for name, value in record.saved.items())
    lines += _wrapped(f"the tape keeps: {kept or 'nothing'}", width, _DIM)
    return lines


def contribution_lines(sent: Contribution, width: int) -> list[Text]:
    """What is sent to one input, and everything that has arrived there."""
    rule = f", rule {sent.rule}" if sent.rule else ""
    lines = _wrapped(f"to {sent.to} ({sent.argument}{rule}): {sent.formula}", width, _HEAD)
    lines += _wrapped(f"  {sent.filled}", width, _READ)
    if np.size(sent.value) > 9:
        lines += array_lines("", sent.value, width)
    if len(sent.addends) > 1:
        hidden = len(sent.addends) - _ADDENDS
        for i, addend in enumerate(sent.addends):
            sign = "+" if i else " "
            if i == 1 and hidden > 0:
                lines.append(Text(f"  + … {hidden} more", _DIM))
            if i == 0 or i > hidden:
                lines += _wrapped(f"  {sign} {inline(addend.value)}  from {addend.origin}", width)
        lines += _wrapped(f"  = {inline(sent.total)}  so far at {sent.to}", width, _WRITE)
    return lines


def array_lines(title: str, array: Any, width: int) -> list[Text]:
    """An array with its title: in the same line if it is short, else as a grid."""
    if array is None:
        return _wrapped(f"{title} not kept by the tape", width, _DIM)
    array = np.asarray(array)
    text = f"{title} {inline(array)}".strip()
    if array.size <= 9 and cell_len(text) <= width:
        return [Text(text)]
    if array.size > WHOLE:
        return _wrapped(f"{title} {summary(array)}".strip(), width) + grid_lines(array, width)
    lines = _wrapped(f"{title} {shape_text(array.shape)} {array.dtype}".strip(), width)
    return lines + grid_lines(array, width)


def grid_lines(array: Any, width: int) -> list[Text]:
    """The first plane of an array as columns of numbers, as many as fit."""
    rows = grid(array)
    shown = [row[:_COLUMNS] for row in rows[:_ROWS]]
    size = max((cell_len(cell) for row in shown for cell in row), default=0)
    fitting = max(1, min(_COLUMNS, (width - 5) // (size + 2)))
    cells = [row[:fitting] + (["…"] if len(rows[0]) > fitting else []) for row in shown]
    lines = [
        Text("  " + "  ".join(cell.rjust(size) if cell != "…" else cell for cell in row))
        for row in cells
    ]
    if len(rows) > _ROWS:
        lines.append(Text(f"  … {len(rows) - _ROWS} more rows", _DIM))
    return lines


# ---- inside a kernel --------------------------------------------------------------------------


def walk_lines(walk: Walk, width: int) -> list[Text]:
    """The window under the cursor: the arithmetic, what is read, and what is written."""
    window = walk.window
    lines = _wrapped(walk.title, width, _HEAD)
    lines += _wrapped(f"{walk.kernel} {walk.verb}", width, _DIM)
    if window is None:
        lines += [Text(), Text("→ is the first window", _DIM)]
    else:
        lines += [Text(), *_wrapped(window.sentence, width, _WRITE)]
    blocks = []
    for name, array in walk.arrays.items():
        read = window.reads.get(name, []) if window else []
        blocks.append(plane_block(name, array, read, "[]", width, walk.borders.get(name)))
    written = window.writes if window else []
    border = walk.borders.get(walk.result_name)
    blocks.append(plane_block(walk.result_name, walk.result, written, "‹›", width, border))
    lines += [Text(), *_beside(blocks, width)]
    if window is not None:
        lines.append(Text())
        for name, value in window.terms.items():
            lines += _wrapped(f"{name}: {inline(value)}", width)
    return lines


def plane_block(
    name: str,
    array: np.ndarray,
    cells: Sequence[tuple[int, ...]],
    brackets: str,
    width: int,
    border: tuple[int, int, int, int] | None = None,
) -> list[Text]:
    """One plane of an array of images, its marked cells in brackets, cut to what is near them."""
    if not array.size:
        return [Text(f"{name}: empty")]
    image, channel = cells[0][:2] if cells else (0, 0)
    plane = array[image, channel]
    marked = {cell[2:] for cell in cells if cell[:2] == (image, channel)}
    style = _READ if brackets == "[]" else _WRITE
    rows = _near(plane.shape[0], [row for row, _ in marked], _PLANE_ROWS)
    columns = _near(plane.shape[1], [column for _, column in marked], _COLUMNS)
    texts = {(r, c): number(plane[r, c]) for r in rows for c in columns}
    size = max(map(cell_len, texts.values()), default=1)
    columns = columns[: max(1, width // (size + 2))]
    which = f"[{image},{channel}]" if array.shape[0] * array.shape[1] > 1 else ""
    lines = [Text(f"{name}{which} {shape_text(plane.shape)}", _HEAD)]
    for r in rows:
        line = Text()
        for c in columns:
            left, right = tuple(brackets) if (r, c) in marked else (" ", " ")
            shade = style if (r, c) in marked else _DIM if _outside(r, c, border) else ""
            line.append(f"{left}{texts[r, c].rjust(size)}{right}", shade)
        lines.append(line)
    return lines


def _near(length: int, places: Iterable[int], most: int) -> range:
    """At most so many indices of an axis, around the given ones."""
    places = list(places) or [0]
    middle = (min(places) + max(places)) // 2
    first = max(0, min(middle - most // 2, length - most))
    return range(first, min(first + most, length))


def _outside(row: int, column: int, border: tuple[int, int, int, int] | None) -> bool:
    if border is None:
        return False
    top, left, height, width = border
    return not (top <= row < top + height and left <= column < left + width)


# ---- several rules ----------------------------------------------------------------------------


def comparison_lines(comparison: Comparison, width: int) -> list[Text]:
    """What the step sends under each rule, with the cells that differ from the first marked."""
    node = comparison.node
    if node is None:
        return [Text("Rules side by side", _HEAD), Text("→ takes the first step", _DIM)]
    label = comparison.first.labels[node]
    lines = _wrapped(f"{label} = {node.primitive.name}, under each rule", width, _HEAD)
    for cells in comparison.cells:
        lines += [Text(), *_wrapped(f"to {cells.to} ({cells.argument})", width, _HEAD)]
        blocks = [
            _marked_block(name, value, cells.differing[name])
            for name, value in cells.values.items()
        ]
        lines += _beside(blocks, width)
    return lines


def _marked_block(name: str, value: Any, differing: np.ndarray) -> list[Text]:
    value = np.asarray(value)
    planes = value.reshape(-1, *value.shape[-2:]) if value.ndim > 2 else np.atleast_2d(value)[None]
    if not value.size:
        return [Text(name, _HEAD), Text("empty", _DIM)]
    marks = differing.reshape(planes.shape)
    count = int(np.count_nonzero(differing))
    worst = int(np.argmax(marks.sum(axis=(1, 2)))) if count else 0  # the plane that differs most
    plane, mark = planes[worst][:_ROWS, :_COLUMNS], marks[worst][:_ROWS, :_COLUMNS]
    texts = np.vectorize(number, otypes=[object])(plane)
    size = max((cell_len(text) for text in texts.flat), default=1)
    lines = [Text(name, _HEAD)]
    for row, flags in zip(texts, mark, strict=True):
        line = Text()
        for text, flag in zip(row, flags, strict=True):
            line.append(f"{text.rjust(size)}{'*' if flag else ' '} ", _DIFFERS if flag else "")
        lines.append(line)
    lines.append(Text(f"{count} differ" if count else "the same", _DIM))
    return lines


# ---- laying out lines -------------------------------------------------------------------------


def _wrapped(text: str, width: int, style: str = "") -> list[Text]:
    """A text in lines of at most `width`, those behind the first indented; at most six."""
    lines: list[str] = []
    rest = text
    while rest:
        room = max(width - (4 if lines else 0), 8)
        if cell_len(rest) <= room:
            piece, rest = rest, ""
        else:
            cut = rest.rfind(" ", 0, room)
            cut = cut if cut > room // 3 else room
            piece, rest = rest[:cut], rest[cut:].lstrip()
        lines.append(("    " if lines else "") + piece)
        if len(lines) == 6 and rest:
            lines[-1] = lines[-1][: width - 1] + "…"
            break
    return [Text(line, style) for line in lines]


def _beside(blocks: Sequence[list[Text]], width: int) -> list[Text]:
    """Blocks next to each other as far as they fit, then below."""
    lines: list[Text] = []
    waiting = list(blocks)
    while waiting:
        row: list[tuple[list[Text], int]] = []
        used = 0
        while waiting:
            size = max((line.cell_len for line in waiting[0]), default=0)
            if row and used + 3 + size > width:
                break
            row.append((waiting.pop(0), size))
            used += size + 3
        height = max(len(block) for block, _ in row)
        if lines:
            lines.append(Text())
        for i in range(height):
            pieces: list[Text] = []
            for block, size in row:
                pieces += [_padded(block[i] if i < len(block) else Text(), size), Text("   ")]
            lines.append(_join(*pieces[:-1]))
    return lines


def _join(*pieces: Text) -> Text:
    return Text().join(pieces)


def _padded(text: Text, width: int, style: str = "") -> Text:
    text = _cut(text, width)
    return _join(text, Text(" " * (width - text.cell_len), style))


def _cut(text: Text, width: int) -> Text:
    if text.cell_len > width:
        text = text.copy()
        text.truncate(width, overflow="ellipsis")
    return text


def _fill(lines: list[Text], height: int) -> list[Text]:
    return (lines + [Text()] * height)[:height]
