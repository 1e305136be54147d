"""The whole walk as plain lines, for a file, a pipe or a terminal that can do no more."""

from __future__ import annotations

from .arrays import inline
from .cursor import Stepper
from .script import source_line

_ADDENDS = 12  # at a fan-out, behind the first, at most so many are listed: the last ones


def listing(stepper: Stepper, title: str = "") -> str:
    """Every step from where the stepper stands to its end, and what arrived at the leaves.

    Examples
    --------
    >>> import minigrad as mg
    >>> from minigrad.stepping import Stepper
    >>> x = mg.Tensor(3.0, requires_grad=True, name="x")
    >>> print(listing(Stepper(x * x)))
    1 of 1: %0 = multiply, recorded at <doctest minigrad.stepping.listing.listing[...]>:1: print(...
      y = a · b
      came in: 1
      to x: 1 · 3 = 3
      to x: 1 · 3 = 3
        3 from %0
      + 3 from %0
      = 6 so far at x
    x: gradient 6
    """
    lines = [title] if title else []
    while record := stepper.next():
        source = source_line(record.node)
        lines.append(
            f"{record.index + 1} of {len(stepper)}: {record.label} = {record.operation}, recorded "
            f"at {record.where}" + (f": {source}" if source else "")
        )
        lines.append(f"  {record.formula}")
        if record.direction == "forward":
            lines.append(f"  {record.filled}")
            continue
        lines.append(f"  came in: {inline(record.cotangent)}")
        for sent in record.contributions:
            rule = f" (rule {sent.rule})" if sent.rule else ""
            lines.append(f"  to {sent.to}{rule}: {sent.filled}")
            if len(sent.addends) > 1:
                first, *others = sent.addends
                lines.append(f"    {inline(first.value)} from {first.origin}")
                if len(others) > _ADDENDS:
                    lines.append(f"  + … {len(others) - _ADDENDS} more")
                lines += [
                    f"  + {inline(addend.value)} from {addend.origin}"
                    for addend in others[-_ADDENDS:]
                ]
                lines.append(f"  = {inline(sent.total)} so far at {sent.to}")
    if stepper.direction == "backward":
        for leaf in stepper.tape.leaves:
            if leaf in stepper.sums:
                lines.append(f"{stepper.labels[leaf]}: gradient {inline(stepper.sums[leaf])}")
    return "\n".join(lines)
