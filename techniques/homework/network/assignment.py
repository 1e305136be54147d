"""A network from scratch: the problems, their cases, and what goes wrong in them."""

from functools import partial

import numpy as np

from minigrad.grading import Arrays, Assignment, Gradients, Mistake, Problem, Score


def drawn(rng, samples=3):
    """x, weight and bias of sizes that all differ."""
    return rng.normal(size=(samples, 4)), rng.normal(size=(4, 5)), rng.normal(size=5)


def drawn_backward(rng, samples=3):
    """What `dense_backward` gets."""
    return rng.normal(size=(samples, 5)), *drawn(rng, samples)


def scored(rng, samples=3, scale=1.0):
    """Logits and labels."""
    return scale * rng.normal(size=(samples, 5)), rng.integers(0, 5, samples)


def rings(rng, classes=2, turns=False):
    """Points on rings around each other: training set, labels, test set, seed."""
    labels = rng.integers(0, classes, 500)
    angle = rng.uniform(0, 2 * np.pi, 500)
    radius = (0.5 + labels + rng.normal(size=500) * 0.08) / classes
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) * 2
    return points[:300], labels[:300], points[300:], int(rng.integers(1000))


def accuracy(logits, x, labels, x_test, seed):
    """The share of test points on the right ring: the radius says which it is."""
    classes = labels.max() + 1
    radius = np.linalg.norm(x_test, axis=1) / 2 * classes
    truth = np.clip(np.round(radius - 0.5), 0, classes - 1)
    return float(np.mean(logits.argmax(axis=1) == truth))


SIZES: dict[str, dict] = {"three samples": {}}
OTHERS: dict[str, dict] = {"seven samples": {"samples": 7}, "one sample": {"samples": 1}}
LARGE: dict[str, dict] = {**OTHERS, "large logits": {"scale": 800.0}}

PROBLEMS = [
    Problem("dense", 1, drawn, SIZES, OTHERS, task="A batch times a matrix, plus a bias."),
    Problem(
        "dense_backward", 3, drawn_backward, SIZES, OTHERS,
        compare=Gradients(["dx", "dw", "db"], forward=lambda x, weight, bias: x @ weight + bias),
        task="The gradients to all three arguments.",
    ),
    Problem(
        "relu_backward", 1,
        lambda rng, samples=3: (rng.normal(size=(samples, 4)), rng.normal(size=(samples, 4))),
        SIZES, OTHERS,
        compare=Gradients(["dx"], forward=lambda x: np.maximum(x, 0)),
        task="Let the gradient pass where the input was positive.",
    ),
    Problem(
        "softmax", 2, lambda rng, **s: scored(rng, **s)[:1], SIZES, LARGE,
        task="Probabilities from logits, without overflow.",
    ),
    Problem(
        "cross_entropy", 2, scored, SIZES, LARGE, compare=Arrays(["the loss"]),
        task="The mean of −log of the right class's probability.",
    ),
    Problem(
        "cross_entropy_backward", 3, scored, SIZES, LARGE, compare=Arrays(["the gradient"]),
        task="Its gradient to the logits.",
    ),
    Problem(
        "train", 4, rings,
        visible={"two rings": {}}, hidden={"three rings": {"classes": 3}},
        compare=Score(accuracy, lambda x, labels, x_test, seed: (len(x_test), labels.max() + 1),
                      floor=0.7, target=0.95, what="the accuracy on points not trained on"),
        task="Train a network on points that no straight line separates.",
    ),
]  # fmt: skip

_DENSE, _BACK, _RELU, _SOFTMAX, _LOSS, _GRADIENT, _TRAIN = (
    partial(Mistake, problem.name) for problem in PROBLEMS
)

MISTAKES = [
    _DENSE("return x @ weight + bias", "return x @ weight", "the bias is not added"),
    _BACK("grad_out.sum(axis=0)", "grad_out.mean(axis=0)",
          "the bias's gradient is the sum over the batch, not its mean", earns=7 / 9),
    _BACK("grad_out.sum(axis=0)", "grad_out",
          "all samples share the bias, so that its gradient is summed over the batch",
          earns=2 / 3),
    _BACK("x.T @ grad_out, grad", "x.T @ grad_out / len(x), grad",
          "the weight's gradient is divided by the batch size: whether the loss averages is "
          "decided by the loss alone", earns=7 / 9),
    _BACK("grad_out @ weight.T, ", "grad_out @ weight.T * (x > 0), ",
          "there is no ReLU in this layer, so there is no mask in its gradient", earns=2 / 3),
    _RELU("grad_out * (x > 0)", "grad_out", "the mask is missing: where x is not positive the "
          "output does not depend on it"),
    _RELU("grad_out * (x > 0)", "grad_out * (grad_out > 0)",
          "the mask is made from the input, not from the gradient"),
    _RELU("grad_out * (x > 0)", "np.maximum(x, 0)",
          "this is the forward pass again, not its gradient"),
    _SOFTMAX("shifted / shifted.sum(axis=1, keepdims=True)", "shifted / shifted.sum()",
             "each sample's probabilities sum to 1, not those of the whole batch", earns=0.25),
    _SOFTMAX("np.exp(logits - logits.max(axis=1, keepdims=True))", "np.exp(logits)",
             "exp overflows for large logits: subtract each row's largest value first",
             earns=0.75),
    _LOSS("np.mean(log_sum", "np.sum(log_sum",
          "the loss is the mean over the batch, not the sum", earns=0.25),
    _LOSS("np.mean(log_sum - logits", "-np.mean(log_sum - logits",
          "the loss is −log of a probability, so it is never negative: a sign is wrong"),
    _LOSS("log_sum - logits[np.arange(len(labels)), labels])",
          "log_sum - logits.max(axis=1))",
          "the loss looks at the probability of the right class, not of the likeliest",
          earns=0.0),
    _GRADIENT("gradient / len(labels)", "gradient",
              "the loss is a mean, so its gradient is divided by the batch size", earns=0.25),
    _GRADIENT("gradient[np.arange(len(labels)), labels] -= 1\n    ", "",
              "the gradient is softmax − 1 at the right class: the −1 is missing"),
    _GRADIENT("gradient[np.arange(len(labels)), labels] -= 1", "gradient[:, labels] -= 1",
              "gradient[:, labels] changes whole columns: each sample has its own right class, "
              "[np.arange(N), labels]", earns=0.25),
    _TRAIN("            p += v\n", "",
           "the parameters never change: a step has to be added to them"),
]  # fmt: skip

assignment = Assignment(
    __file__, "A network from scratch: softmax and cross-entropy", PROBLEMS, MISTAKES
)
