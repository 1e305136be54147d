"""How the layer is graded."""

import numpy as np

from minigrad.grading import Arrays, Assignment, Gradients, Mistake, Problem


def drawn(rng, rows=3):
    """x and weight, of sizes that all differ."""
    return rng.normal(size=(rows, 4)), rng.normal(size=(4, 2))


def drawn_backward(rng, rows=3):
    """What `backward` gets."""
    return rng.normal(size=(rows, 2)), *drawn(rng, rows)


VISIBLE, HIDDEN = {"three rows": {}}, {"five rows": {"rows": 5}}

assignment = Assignment(
    __file__,
    "A tanh layer",
    [
        Problem(
            "forward", 2, drawn, VISIBLE, HIDDEN, compare=Arrays(["y"]),
            task="The layer's output.",
        ),
        Problem(
            "backward", 4, drawn_backward, VISIBLE, HIDDEN,
            compare=Gradients(["dx", "dw"], forward=lambda x, weight: np.tanh(x @ weight)),
            task="The gradients to both arguments.",
        ),
    ],
    [
        Mistake(
            "forward", "np.tanh(x @ weight)\n\n", "x @ weight\n\n",
            "the tanh is missing",
        ),
        Mistake(
            "backward", "(1 - np.tanh(x @ weight) ** 2)", "(1 - (x @ weight) ** 2)",
            "the slope is 1 − y² with y the output, not the input of tanh",
        ),
    ],
)  # fmt: skip
