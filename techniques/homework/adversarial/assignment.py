"""Adversarial examples: the problems, their cases, and what goes wrong in them."""

from functools import partial

import numpy as np

from minigrad.grading import Arrays, Assignment, Check, Mistake, Problem, Property

PIXELS, HIDDEN_UNITS, CLASSES = 40, 24, 5


def network(rng):
    """Weights of a network."""
    w1 = rng.normal(size=(PIXELS, HIDDEN_UNITS)) / np.sqrt(PIXELS)
    w2 = rng.normal(size=(HIDDEN_UNITS, CLASSES)) / np.sqrt(HIDDEN_UNITS)
    return w1, rng.normal(size=HIDDEN_UNITS) / 10, w2, rng.normal(size=CLASSES) / 10


def scores(x, weights):
    """What the network says, for the judge."""
    w1, b1, w2, b2 = weights
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2


def attacked(rng, samples=6, epsilon=0.1, span=(0.3, 0.7)):
    """Pictures, the network's own answers as labels, the budget, weights."""
    weights = network(rng)
    x = rng.uniform(*span, size=(samples, PIXELS))
    return x, scores(x, weights).argmax(axis=1), epsilon, weights


def without_budget(rng, **settings):
    """What `input_gradient` gets."""
    x, labels, _, weights = attacked(rng, **settings)
    return x, labels, weights


def aimed(rng, samples=6, epsilon=0.4, span=(0.3, 0.7)):
    """What `targeted` gets: each picture's second likeliest class is the target."""
    x, _, _, weights = attacked(rng, samples, span=span)
    return x, scores(x, weights).argsort(axis=1)[:, -2], epsilon, weights


def demands(moved, x, targets, epsilon, weights):
    """Within the budget and the range, and taken for the targets."""
    off = np.max(np.abs(moved - x))
    hit = np.mean(scores(moved, weights).argmax(axis=1) == targets)
    within = bool(off <= epsilon + 1e-9)
    inside = bool(moved.min() >= 0 and moved.max() <= 1)
    return [
        Check(within, f"a pixel moves by {off:.4g}, the budget is {epsilon:g}: project back on "
              "[x − ε, x + ε]", share=0),
        Check(inside, f"pixels run from {moved.min():.4g} to {moved.max():.4g}: a picture's lie "
              "in [0, 1]", share=0),
        Check(bool(hit == 1) and within and inside, f"{hit:.0%} of the pictures are taken for "
              "their targets: all should be, within budget and range"),
    ]  # fmt: skip


SHOWN: dict[str, dict] = {"six pictures": {}}
OTHERS: dict[str, dict] = {
    "eleven pictures": {"samples": 11},
    "pixels near 0 and 1": {"span": (0.0, 1.0), "samples": 9},
}

PROBLEMS = [
    Problem(
        "logits", 1, lambda rng, **s: (lambda x, _, e, w: (x, w))(*attacked(rng, **s)),
        SHOWN, OTHERS, task="The network's scores.",
    ),
    Problem(
        "input_gradient", 3, without_budget, SHOWN, OTHERS, compare=Arrays(["the gradient"]),
        task="The gradient of each picture's loss to its pixels.",
    ),
    Problem(
        "fgsm", 3, attacked, SHOWN, OTHERS, compare=Arrays(["the pictures"]),
        task="One step of the same size in every pixel.",
    ),
    Problem(
        "targeted", 4, aimed, SHOWN, OTHERS,
        compare=Property(demands, lambda x, *_: x.shape, "the pictures"),
        task="Within a budget, make the network see what you want.",
    ),
    Problem(
        "robust_accuracy", 2, lambda rng, samples=6, **s: attacked(rng, 20 * samples, **s),
        SHOWN, OTHERS, compare=Arrays(["the accuracy"]),
        task="What is left of the accuracy.",
    ),
]  # fmt: skip

_LOGITS, _GRADIENT, _FGSM, _TARGETED, _ACCURACY = (
    partial(Mistake, problem.name) for problem in PROBLEMS
)

MISTAKES = [
    _LOGITS("return np.maximum(x @ w1 + b1, 0) @ w2 + b2", "return (x @ w1 + b1) @ w2 + b2",
            "the ReLU between the layers is missing"),
    _LOGITS("return np.maximum(x @ w1 + b1, 0) @ w2 + b2", "return np.maximum(x @ w1 + b1, 0) @ w2",
            "the bias of the second layer is not added"),
    _GRADIENT("p @ w2.T * (x @ w1 + b1 > 0)", "p @ w2.T",
              "the gradient stops where the ReLU was 0: its mask is missing"),
    _GRADIENT("p[np.arange(len(labels)), labels] -= 1\n    hidden = p",
              "p[np.arange(len(labels)), labels] -= 1\n    hidden = p / len(p)",
              "each picture has its own loss: do not divide by the number of pictures"),
    _GRADIENT("p[np.arange(len(labels)), labels] -= 1\n    hidden = p",
              "p[np.arange(len(labels)), labels] -= 1\n    hidden = -p",
              "the sign is wrong: the loss is −log p, its gradient to the scores p − 1 at the "
              "label"),
    _GRADIENT("    p[np.arange(len(labels)), labels] -= 1\n", "",
              "the gradient of the loss to the scores is p − 1 at the label: the −1 is missing"),
    _FGSM("np.clip(x + step, 0, 1)", "x + step",
          "the pixels of a picture lie in [0, 1]: clip the result", earns=2 / 3),
    _FGSM("np.clip(x + step, 0, 1)", "np.clip(x - step, 0, 1)",
          "the step goes down: to fool the network the loss of the true label has to rise"),
    _FGSM("epsilon * np.sign(input_gradient(x, labels, weights))",
          "epsilon * input_gradient(x, labels, weights)",
          "the step is ε in every pixel, along the sign of the gradient, not along the gradient"),
    _FGSM("epsilon * np.sign(input_gradient(x, labels, weights))",
          "np.sign(input_gradient(x, labels, weights))",
          "the step has size 1: the budget ε is not used"),
    _TARGETED("moved - epsilon / 10", "moved + epsilon / 10",
              "the loss of the target has to fall, so the step goes down its gradient"),
    _TARGETED("        moved = np.clip(moved, x - epsilon, x + epsilon)\n", "",
              "many steps lead out of the budget: project back on [x − ε, x + ε] after each"),
    _TARGETED("        moved = np.clip(moved, 0, 1)\n", "",
              "the pixels of a picture lie in [0, 1]: clip after each step"),
    _TARGETED("moved = x.copy()\n", "return x.copy()\n    moved = x\n",
              "these are the pictures as they came: nothing was changed"),
    _ACCURACY("logits(attacked, weights)", "logits(x, weights)",
              "this is the accuracy on the clean pictures"),
    _ACCURACY("== labels)", "!= labels)",
              "this is the share that was fooled; asked for is the share still right"),
]  # fmt: skip

assignment = Assignment(
    __file__, "FGSM and a targeted attack within a budget", PROBLEMS, MISTAKES
)
