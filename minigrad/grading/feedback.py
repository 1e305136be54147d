"""What a student is told: everything about a visible case, the kind of mistake of a hidden one."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..testing.report import Finding

CATALOGUE = {
    "centering_missing": "a mean (or a normalizing sum) depends on every element too, and its "
    "derivative is missing",
    "different": "the values are not the expected ones",
    "first_sample_only": "only the first sample of the batch is treated",
    "inputs_swapped": "it is the gradient of another input",
    "input_mutated": "the function writes into its arguments",
    "kernel_flipped": "the kernel is turned by 180 degrees where it should not be, or the reverse",
    "local_derivative_missing": "the chain rule lacks the function's own derivative, or a part "
    "of it",
    "low_score": "it is better than nothing, but does not reach the score that is asked for",
    "mask_missing": "the mask of the forward pass is missing",
    "mask_on_gradient": "the mask was made from the gradient instead of the input",
    "missing_broadcast_sum": "an array was broadcast, and its gradient is not summed over that "
    "axis",
    "nondeterministic": "two calls with the same arguments give different results",
    "nonfinite": "there are NaNs or infinities in it",
    "not_accumulated": "contributions are overwritten (=) where they should be added (+=)",
    "nothing_returned": "nothing is returned: is there a return at the end?",
    "property": "the result does not have a property that is asked for",
    "scaled": "the values are right up to a constant factor",
    "shifted": "the values are right but lie one place off: look at padding and index ranges",
    "sign_flipped": "a sign is wrong",
    "stride_ignored": "the stride is not taken into account",
    "tie_rule": "elements that are equal each get the full gradient",
    "transposed": "axes are exchanged somewhere",
    "wrong_count": "it returns another number of values than asked for",
    "wrong_dtype": "the numbers have the wrong type: compute in float64",
    "wrong_shape": "the shape is wrong for this size of input",
    "wrong_type": "it does not return an array",
    "zero_gradient": "the gradient is zero everywhere",
}
"""One sentence for each kind of mistake, without a number of any case in it."""

_STATUS = {
    "TIMEOUT": "the time limit was exceeded",
    "MEMORY": "it needed more memory than it may have",
    "OUTPUT_LIMIT": "it printed too much",
    "PROTOCOL": "it disturbed the communication with the grader",
    "CRASH": "it raised an error",
    "MISSING": "the function is not there",
    "IMPORT_ERROR": "the file cannot be loaded",
    "GRADER_ERROR": "it could not be graded, through no fault of yours; the instructor is told",
}
_LONGEST = 3000


def of_findings(findings: Sequence[Finding], hidden: bool) -> str:
    """The sentences of some findings, one a line."""
    texts = [
        CATALOGUE.get(f.cause, "") if hidden and f.cause != "mistake" else f.sentence
        for f in findings
    ]
    return "\n".join(dict.fromkeys(text for text in texts if text))


def of_status(status: str, detail: str, hidden: bool, error: str = "") -> str:
    """What happened instead of an answer."""
    sentence = _STATUS[status]
    if not hidden:
        return f"{sentence}: {detail}" if detail else sentence
    # The name of an error that the submission makes up could carry the inputs out.
    known = isinstance(getattr(builtins, error, None), type)
    return f"{sentence} ({error})" if error and known else sentence


def of_inputs(names: Sequence[str], inputs: Sequence[Any]) -> str:
    """The arguments of a call: small arrays whole, of large ones the shape and the corners."""
    lines = []
    for i, value in enumerate(inputs):
        name = names[i] if i < len(names) else f"argument {i}"
        if isinstance(value, np.ndarray) and value.ndim:
            text = np.array2string(value, precision=5, threshold=60, edgeitems=2)
            lines.append(f"{name} = array of shape {value.shape}, {value.dtype}\n{text}")
        else:
            lines.append(f"{name} = {value!r}")
    text = "\n".join(lines)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."
