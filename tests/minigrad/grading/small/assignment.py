"""An assignment of two problems, for tests."""

from minigrad.grading import Arrays, Assignment, Limits, Mistake, Problem

LIMITS = Limits(cpu=1, memory=400 << 20, reply=8 << 20)


def drawn(rng, rows=3):
    return rng.normal(size=(rows, 4)), rng.normal(size=(4, 2))


assignment = Assignment(
    __file__,
    "Two small functions",
    [
        Problem(
            "affine", 4, drawn,
            visible={"three rows": {}}, hidden={"five rows": {"rows": 5}},
            compare=Arrays(["y"]), limits=LIMITS,
        ),
        Problem("norm", 2, lambda rng: (rng.normal(size=(2, 3)),), visible={"a matrix": {}},
                limits=LIMITS),
    ],
    [
        Mistake("affine", "x @ weight", "x @ weight + 1", "there is no bias to add"),
        Mistake("norm", "np.sqrt(np.sum(x * x))", "np.sum(x * x)", "the root is missing"),
    ],
)  # fmt: skip
