"""Submissions that are nearly the same: a hint for a human, never a verdict."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Mapping, Sequence
from itertools import combinations

from .submission import Submission

_GRAM = 7  # tokens in a row that are compared
_LEAST = 0.9  # share of common rows from which two submissions are shown
_SHORT = 20  # rows below which a submission says too little


def similar(
    submissions: Mapping[str, Submission], given: str = "", least: float = _LEAST
) -> Sequence[tuple[str, str, float]]:
    """Pairs of students whose submissions share nearly all of what they wrote.

    Names, comments and layout do not count, nor does what stands in the starter.

    Parameters
    ----------
    submissions : mapping of Submission
        By student.
    given : str
        The starter's source.
    least : float
        The share, from 0 to 1, from which a pair is listed.

    Returns
    -------
    list of (str, str, float)
        The most similar first.
    """
    common = _rows(given)
    rows = {
        student: _rows("\n".join(s.files.values())) - common for student, s in submissions.items()
    }
    rows = {student: found for student, found in rows.items() if len(found) >= _SHORT}
    pairs = []
    for (a, left), (b, right) in combinations(rows.items(), 2):
        if min(len(left), len(right)) < least * max(len(left), len(right)):
            continue
        share = len(left & right) / len(left | right)
        if share >= least:
            pairs.append((a, b, round(share, 3)))
    return sorted(pairs, key=lambda pair: -pair[2])


def _rows(source: str) -> set[tuple[str, ...]]:
    """All runs of a few tokens, with every name called the same."""
    tokens = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                tokens.append("name")
            elif token.type in (tokenize.NAME, tokenize.OP, tokenize.NUMBER):
                tokens.append(token.string)
    except (tokenize.TokenError, SyntaxError):  # up to there
        pass
    return {tuple(tokens[i : i + _GRAM]) for i in range(len(tokens) - _GRAM + 1)}
