"""Autograd on a tape: the problems, their cases, and what goes wrong in them."""

from functools import partial

from minigrad.grading import Arrays, Assignment, Gradients, Mistake, Problem

TAPES = {
    "a chain": (("matmul", 0, 1), ("relu", 2), ("sum", 3)),
    "a bias": (("matmul", 0, 1), ("add", 3, 2), ("relu", 4), ("sum", 5)),
    "a value used twice": (("matmul", 0, 1), ("multiply", 2, 2), ("sum", 3)),
    "a skip": (("matmul", 0, 1), ("exp", 2), ("multiply", 2, 3), ("add", 4, 2), ("sum", 5)),
    "an input used twice": (("multiply", 0, 0), ("matmul", 2, 1), ("add", 3, 3), ("sum", 4)),
}


def drawn(rng, tape="a chain"):
    """A tape and its inputs: x (3, 4), a matrix (4, 2) and, where there is one, a bias (2,)."""
    inputs = [rng.normal(size=(3, 4)), rng.normal(size=(4, 2)) / 2]
    if tape == "a bias":
        inputs.append(rng.normal(size=2))
    return TAPES[tape], tuple(inputs)


def broadcast(rng, left=(3, 4), right=(4,)):
    """What `multiply_backward` gets."""
    x, y = rng.normal(size=left), rng.normal(size=right)
    return rng.normal(size=(x * y).shape), x, y


def summed(rng, shape=(4,), out=(3, 4)):
    """What `unbroadcast` gets."""
    return rng.normal(size=out), shape


def names(count):
    """What messages call several values."""
    return Arrays([f"value {i}" for i in range(count)], whole=True)


SHOWN = {"a chain": {"tape": "a chain"}, "used twice": {"tape": "a value used twice"}}
OTHERS = {name: {"tape": name} for name in ("a bias", "a skip", "an input used twice")}
SHAPES: dict[str, dict] = {"a row": {}, "a column": {"left": (3, 4), "right": (3, 1)}}
MORE_SHAPES: dict[str, dict] = {
    "no broadcasting": {"right": (3, 4)},
    "both": {"left": (3, 1), "right": (4,)},
    "a number": {"right": ()},
}

PROBLEMS = [
    Problem(
        "forward", 2, drawn, SHOWN, OTHERS, compare=names(8),
        task="Read the tape forwards.",
    ),
    Problem(
        "unbroadcast", 2, summed,
        visible={"a row": {}, "a column": {"shape": (3, 1)}},
        hidden={"nothing to sum": {"shape": (3, 4)}, "a number": {"shape": ()},
                "two axes": {"shape": (1, 4), "out": (2, 3, 4)}},
        task="What was broadcast is summed on the way back.",
    ),
    Problem(
        "multiply_backward", 2, broadcast, SHAPES, MORE_SHAPES,
        compare=Gradients(["dx", "dy"], forward=lambda x, y: x * y),
        task="The rule of a product, with broadcasting.",
    ),
    Problem(
        "matmul_backward", 2,
        lambda rng, n=3: (rng.normal(size=(n, 5)), rng.normal(size=(n, 4)),
                          rng.normal(size=(4, 5))),
        visible={"three rows": {}}, hidden={"one row": {"n": 1}, "seven rows": {"n": 7}},
        compare=Gradients(["dx", "dy"], forward=lambda x, y: x @ y),
        task="The rule of a product of matrices.",
    ),
    Problem(
        "backward", 4, drawn, SHOWN, OTHERS, compare=names(3),
        task="Read the tape backwards.",
    ),
    Problem(
        "hessian_vector", 1,
        lambda rng, size=4: (rng.normal(size=(size, size)), rng.normal(size=size),
                             rng.normal(size=size), 1e-3),
        visible={"four numbers": {}}, hidden={"seven numbers": {"size": 7}},
        task="Second derivatives from two gradients.",
    ),
]  # fmt: skip

_FORWARD, _SUM, _MULTIPLY, _MATMUL, _BACKWARD, _HESSIAN = (
    partial(Mistake, problem.name) for problem in PROBLEMS
)

MISTAKES = [
    _FORWARD("values = list(inputs)\n", "values = []\n",
             "the inputs are the first values: places count them too", status="CRASH"),
    _FORWARD("values.append(x[0] + x[1])", "values.append(x[0] * x[1])",
             "add is a sum, not a product", earns=0.4),
    _SUM("    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))\n",
         "    gradient = gradient.sum(axis=0)\n",
         "only axes that were added in front are summed away: there may be none, or several",
         earns=0.4, status="CRASH"),
    _SUM("return gradient.sum(axis=stretched, keepdims=True)", "return gradient",
         "axes of size 1 were stretched too: they are summed, and kept with size 1", earns=0.6),
    _MULTIPLY("unbroadcast(grad_out * y, x.shape), unbroadcast(grad_out * x, y.shape)",
              "unbroadcast(grad_out * x, x.shape), unbroadcast(grad_out * y, y.shape)",
              "the gradient to x is that of the product times y, not times x: they are exchanged"),
    _MULTIPLY("unbroadcast(grad_out * x, y.shape)\n", "grad_out * x\n",
              "y was broadcast, so its gradient is summed over the stretched axes", earns=0.6),
    _MATMUL("return grad_out @ y.T, x.T @ grad_out", "return x.T @ grad_out, grad_out @ y.T",
            "the two gradients are returned in the wrong order: first that to x"),
    _MATMUL("x.T @ grad_out\n", "(x.T @ grad_out) / len(x)\n",
            "nothing is averaged here: the gradient to y sums over the rows", earns=2 / 3),
    _BACKWARD("gradients[place] = gradients[place] + part", "gradients[place] = part",
              "a value can be used several times: its gradients are summed (+=), not overwritten "
              "(=)", earns=0.4),
    _BACKWARD("for k in reversed(range(len(tape))):", "for k in range(len(tape)):",
              "the tape is read backwards: the last entry comes first"),
    _BACKWARD("parts = [g * (x[0] > 0)]", "parts = [g]",
              "the gradient passes a ReLU only where its input was positive", earns=0.6),
    _BACKWARD("parts = [g * np.exp(x[0])]", "parts = [g * x[0]]",
              "the derivative of exp is exp", earns=0.8),
    _HESSIAN("/ (2 * step)", "/ step", "ahead and behind lie two steps apart: divide by 2h"),
    _HESSIAN("- gradient @ behind - behind**3)", "- gradient @ x - x**3)",
             "this is a one-sided difference, of x + h v and x: take x − h v"),
]  # fmt: skip

assignment = Assignment(__file__, "Autograd on a tape", PROBLEMS, MISTAKES)
