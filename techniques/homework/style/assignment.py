"""Gradient ascent, Gram matrix and style loss: problems, cases, and what goes wrong in them."""

from functools import partial

from minigrad.grading import Arrays, Assignment, Gradients, Mistake, Problem


def hill(rng, size=5, step=0.05, steps=4, decay=0.3):
    """What `ascend` gets."""
    a = rng.normal(size=(size, size))
    return rng.normal(size=size), (a + a.T) / 2, rng.normal(size=size), step, steps, decay


def features(rng, channels=3, size=(4, 5)):
    """One layer's output."""
    return (rng.normal(size=(channels, *size)),)


def backward(rng, channels=3, size=(4, 5)):
    """A gradient that is not symmetric, and features."""
    return rng.normal(size=(channels, channels)), *features(rng, channels, size)


def two(rng, channels=3, size=(4, 5), other=(6, 2)):
    """Features of two pictures of different sizes."""
    return *features(rng, channels, size), *features(rng, channels, other)


def gram(features):
    """The Gram matrix, for the judge."""
    rows = features.reshape(len(features), -1)
    return rows @ rows.T


SIZES: dict[str, dict] = {"three channels": {}}
OTHERS: dict[str, dict] = {
    "one channel": {"channels": 1},
    "many channels": {"channels": 7, "size": (2, 3)},
}

PROBLEMS = [
    Problem(
        "ascend", 2, hill,
        visible={"four steps": {}},
        hidden={"nine steps": {"steps": 9, "size": 7}, "none": {"steps": 0},
                "no decay": {"decay": 0.0}},
        task="Climb a score by its gradient, with weight decay.",
    ),
    Problem(
        "total_variation", 1, features, SIZES, OTHERS,
        task="How restless a picture is.",
    ),
    Problem("gram_matrix", 2, features, SIZES, OTHERS, task="Which channels go together."),
    Problem(
        "gram_backward", 3, backward, SIZES, OTHERS,
        compare=Gradients(["the gradient"], forward=gram),
        task="The gradient through the Gram matrix.",
    ),
    Problem(
        "style_loss", 1, two, SIZES, OTHERS, compare=Arrays(["the loss"]),
        task="How far two styles are apart.",
    ),
    Problem(
        "style_gradient", 3, two, SIZES, OTHERS, compare=Arrays(["the gradient"]),
        task="Its gradient to the picture's features.",
    ),
    Problem(
        "content_gradient", 1, lambda rng, **s: two(rng, other=s.get("size", (4, 5)), **s),
        SIZES, OTHERS, compare=Arrays(["the gradient"]),
        task="The gradient that keeps the content.",
    ),
]  # fmt: skip

_ASCEND, _TV, _GRAM, _BACK, _LOSS, _STYLE, _CONTENT = (
    partial(Mistake, problem.name) for problem in PROBLEMS
)

MISTAKES = [
    _ASCEND("x + step * (", "x - step * (",
            "these are steps down: gradient ascent adds the gradient", earns=0.25),
    _ASCEND("+ bias - decay * x)", "+ bias + decay * x)",
            "the decay pulls x towards 0, so it is subtracted", earns=0.5),
    _ASCEND("+ bias - decay * x)", "- decay * x)",
            "the gradient of bᵀ x is b: it is missing", earns=0.25),
    _ASCEND("gradient_matrix @ x + bias", "gradient_matrix @ x / 2 + bias",
            "the gradient of ½ xᵀ A x is A x for a symmetric A, without the ½", earns=0.25),
    _TV("np.sum(down**2) + np.sum(right**2)", "np.sum(np.abs(down)) + np.sum(np.abs(right))",
        "the differences are squared, not their absolute values taken"),
    _TV("np.sum(down**2) + np.sum(right**2)", "np.sum(down**2)",
        "only the differences downwards are summed, those to the right are missing"),
    _GRAM("return rows @ rows.T", "return rows.T @ rows",
          "this is pixels times pixels: the Gram matrix is channels times channels"),
    _GRAM("return rows @ rows.T", "return rows @ rows.T / rows.size",
          "nothing is divided here: the Gram matrix is the plain sum of products"),
    _GRAM("return rows @ rows.T",
          "rows = rows - rows.mean(axis=1, keepdims=True)\n    return rows @ rows.T",
          "this is a covariance: the mean is not subtracted in a Gram matrix"),
    _BACK("(grad_out + grad_out.T) @ rows", "grad_out @ rows",
          "the features stand twice in the product F Fᵀ, so there are two terms: G F and Gᵀ F"),
    _BACK("(grad_out + grad_out.T) @ rows", "2 * grad_out @ rows",
          "the two terms are G F and Gᵀ F: 2 G F is right only for a symmetric G", earns=1 / 3),
    _LOSS("np.sum((gram_matrix(features)", "np.mean((gram_matrix(features)",
          "the squared differences are summed, not averaged", earns=1 / 3),
    _LOSS("- gram_matrix(target)) ** 2)", "- gram_matrix(target)))",
          "the differences have to be squared, or they cancel"),
    _STYLE("gram_backward(2 * difference, features)", "gram_backward(difference, features)",
           "the derivative of a square is twice the difference: a factor 2 is missing"),
    _STYLE("gram_backward(2 * difference, features)", "gram_backward(-2 * difference, features)",
           "the sign is wrong: the difference is that of the features minus that of the target"),
    _CONTENT("2 * (features - target) / features.size", "2 * (features - target)",
             "the loss is a mean, so its gradient is divided by the number of values"),
    _CONTENT("2 * (features - target) / features.size", "2 * (target - features) / features.size",
             "the sign is wrong: the gradient points from the target to the features"),
]  # fmt: skip

assignment = Assignment(
    __file__, "Gradient ascent, Gram matrix and style loss", PROBLEMS, MISTAKES
)
