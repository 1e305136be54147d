"""A report as text for a terminal, with a small picture of where a gradient is wrong."""

from __future__ import annotations

import textwrap

import numpy as np

from .report import GradientReport, InputReport

WIDTH = 78
_SHADES = " ░▒▓█"
_ROWS, _COLUMNS = 10, 36


def describe(report: GradientReport) -> str:
    """All of a report: a line for each input, then what is wrong."""
    verdict = "right" if report.ok else "WRONG"
    lines = [f"gradient of {report.name}: {verdict} ({', '.join(report.causes)})"]
    lines += [f"  {i.name:<14} {', '.join(i.causes)}" for i in report.inputs]
    lines += _wrapped([f.sentence for f in report.findings], "  ")
    for one in report.inputs:
        if one.findings and one.findings != report.findings:
            lines += ["", describe_input(one)]
    lines += _wrapped([f"note: {note}" for note in dict.fromkeys(report.notes)], "  ")
    return "\n".join(lines)


def describe_input(report: InputReport) -> str:
    """What was found for one input: the causes, the worst place, the picture."""
    lines = [f"{report.name}: {', '.join(report.causes)}"]
    for finding in report.findings:
        lines += _wrapped([f"{finding.cause}: {finding.sentence}"], "  ")
    actual, expected, at = report.actual, report.expected, report.index
    if actual is None or expected is None or at is None:
        return "\n".join(lines)
    a, r = float(actual[at]), float(expected[at])
    ratio = f"{a / r:.6g}" if r else "—"
    place = f"[{', '.join(map(str, at))}]"
    lines.append(f"  worst at {place}: {a:.6g}, expected {r:.6g}, ratio {ratio}")
    facts = []
    if report.cosine is not None:
        facts.append(f"cosine {report.cosine:.4f}")
    if report.taylor is not None:
        facts.append(f"Taylor remainder shrinks as h^{report.taylor:.1f} (a right one as h^2)")
    if facts:
        lines.append(f"  {', '.join(facts)}")
    if not report.ok:
        lines += [f"  {line}" for line in heat_map(np.abs(actual - expected))]
    return "\n".join(lines)


def heat_map(error: np.ndarray) -> list[str]:
    """The error over the last two axes (the largest over the others) in shades of grey.

    Parameters
    ----------
    error : array
        Not negative.

    Returns
    -------
    list of str
        At most ten lines of 36 characters, and a line that says what is shown.

    Examples
    --------
    >>> import numpy as np
    >>> for line in heat_map(np.array([[0.0, 1.0], [0.0, 4.0]])):
    ...     print(line)
    error, 2×2:
    | ░|
    | █|
    """
    error = np.nan_to_num(np.asarray(error, float), nan=np.inf, posinf=np.inf)
    if error.size < 2:
        return []
    flat = error if error.ndim >= 2 else error.reshape(1, -1)
    picture = flat.max(axis=tuple(range(flat.ndim - 2)))
    shape = "×".join(map(str, error.shape))
    over = " (largest over the leading axes)" if error.ndim > 2 else ""
    small = _shrunk(_shrunk(picture, _ROWS).T, _COLUMNS).T
    finite = small[np.isfinite(small)]
    top = float(finite.max(initial=0.0)) or 1.0
    level = np.where(np.isfinite(small), np.ceil(small / top * 4 * (1 - 1e-12)), 4)
    level = np.where(small <= 1e-9 * top, 0, np.clip(level, 1, 4)).astype(int)
    rows = ["|" + "".join(_SHADES[v] for v in row) + "|" for row in level]
    return [f"error, {shape}{over}:", *rows]


def _shrunk(picture: np.ndarray, most: int) -> np.ndarray:
    """At most so many rows, each the largest of those it stands for."""
    if picture.shape[0] <= most:
        return picture
    return np.stack([part.max(axis=0) for part in np.array_split(picture, most)])


def _wrapped(paragraphs: list[str], indent: str) -> list[str]:
    lines: list[str] = []
    for text in paragraphs:
        lines += textwrap.wrap(
            text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  "
        )
    return lines
