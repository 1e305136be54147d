"""Saliency, guided backprop and Grad-CAM: problems, cases, and what goes wrong in them."""

from functools import partial

from minigrad.grading import Arrays, Assignment, Mistake, Problem


def network(rng, samples=3, depth=2):
    """Pictures of six pixels and a network of dense layers with ReLUs between them."""
    layers: list[tuple] = [("dense", rng.normal(size=(6, 7)))]
    for _ in range(depth - 1):
        layers += [("relu",), ("dense", rng.normal(size=(7, 7)))]
    layers += [("relu",), ("dense", rng.normal(size=(7, 4)))]
    return rng.normal(size=(samples, 6)), tuple(layers)


def drawn_rule(rng, rule="backprop", samples=3):
    """What `relu_rule` gets."""
    return rng.normal(size=(samples, 8)), rng.normal(size=(samples, 8)), rule


def drawn_gradient(rng, rule="backprop", target=1, **settings):
    """What `gradient` gets."""
    return *network(rng, **settings), target, rule


def maps(rng, channels=5, size=(4, 6)):
    """Features and gradients of a layer."""
    shape = (3, channels, *size)
    return rng.normal(size=shape), rng.normal(size=shape)


def enlarged(rng, block=(2, 3)):
    """A coarse map and a fine gradient."""
    return rng.uniform(size=(3, 4, 5)), rng.normal(size=(3, 2, 4 * block[0], 5 * block[1]))


SIZES: dict[str, dict] = {"five channels": {}}
OTHERS: dict[str, dict] = {
    "one channel": {"channels": 1},
    "other sizes": {"channels": 2, "size": (7, 3)},
}

PROBLEMS = [
    Problem(
        "run", 1, network,
        visible={"two hidden layers": {}},
        hidden={"one": {"depth": 1}, "three": {"depth": 3, "samples": 5}},
        compare=Arrays([f"value {i}" for i in range(8)], whole=True),
        task="The forward pass, with everything kept that the way back needs.",
    ),
    Problem(
        "relu_rule", 3, drawn_rule,
        visible={"backprop": {}, "deconvnet": {"rule": "deconvnet"}},
        hidden={"guided": {"rule": "guided"}, "guided, many": {"rule": "guided", "samples": 9},
                "deconvnet, many": {"rule": "deconvnet", "samples": 7},
                "backprop, many": {"samples": 8}},
        task="Three rules for the way back through a ReLU.",
    ),
    Problem(
        "gradient", 4, drawn_gradient,
        visible={"backprop": {}, "deconvnet": {"rule": "deconvnet"}},
        hidden={"guided": {"rule": "guided", "target": 2}, "deep": {"depth": 3, "target": 3}},
        task="From one score back to the picture.",
    ),
    Problem(
        "saliency", 1, lambda rng, **s: maps(rng, **s)[:1], SIZES, OTHERS,
        task="One map from the gradients to all channels.",
    ),
    Problem(
        "grad_cam", 3, maps, SIZES, OTHERS,
        task="Weigh each channel by its mean gradient.",
    ),
    Problem(
        "guided_grad_cam", 2, enlarged,
        visible={"blocks of 2 × 3": {}}, hidden={"blocks of 4 × 1": {"block": (4, 1)}},
        task="Where, from Grad-CAM, and what, from guided backprop.",
    ),
]  # fmt: skip

_RUN, _RULE, _GRADIENT, _SALIENCY, _CAM, _GUIDED = (
    partial(Mistake, problem.name) for problem in PROBLEMS
)

MISTAKES = [
    _RUN("np.maximum(x, 0)\n        values", "x * (x < 0)\n        values",
         "the ReLU keeps what is positive, not what is negative"),
    _RUN("values = [x]\n", "values = []\n",
         "the first entry of the list is the picture itself, the input of the first layer"),
    _RULE("return grad_out * (x > 0)\n", "return grad_out\n",
          "plain backprop keeps the gradient only where the input was positive", earns=2 / 3),
    _RULE("return grad_out * (grad_out > 0)\n", "return grad_out * (x > 0)\n",
          "deconvnet's mask is made from what comes back, not from the input", earns=2 / 3),
    _RULE("return grad_out * (grad_out > 0) * (x > 0)", "return grad_out * (grad_out > 0)",
          "guided backprop uses both masks: that of the input is missing", earns=2 / 3),
    _RULE("return grad_out * (grad_out > 0) * (x > 0)", "return grad_out * (x > 0)",
          "guided backprop uses both masks: that of what comes back is missing", earns=2 / 3),
    _GRADIENT("back[:, target] = 1", "back[:] = 1",
              "this is the gradient of the sum of all scores: only the target's counts"),
    _GRADIENT("else relu_rule(back, value, rule)", "else relu_rule(back, value, 'backprop')",
              "the rule that is asked for is not used", earns=0.5),
    _GRADIENT("else relu_rule(back, value, rule)", "else back",
              "the way back passes the ReLUs as if they were not there"),
    _SALIENCY("np.abs(gradients).max(axis=1)", "gradients.max(axis=1)",
              "a strong negative gradient matters as much as a positive one: take its size first"),
    _SALIENCY("np.abs(gradients).max(axis=1)", "np.abs(gradients).sum(axis=1)",
              "the map takes the largest channel, not the sum of all", earns=1 / 3),
    _SALIENCY("np.abs(gradients).max(axis=1)", "np.abs(gradients).max(axis=0)",
              "axis 0 counts the pictures, axis 1 the channels"),
    _CAM("gradients.mean(axis=(2, 3), keepdims=True)", "gradients",
         "each channel has one weight, the mean of its gradient over the picture"),
    _CAM("gradients.mean(axis=(2, 3), keepdims=True)", "gradients.sum(axis=(2, 3), keepdims=True)",
         "the weight is the mean of the gradient, not its sum"),
    _CAM("np.maximum((weights * features).sum(axis=1), 0)", "(weights * features).sum(axis=1)",
         "the ReLU at the end is missing: only what speaks for the class stays"),
    _CAM("np.maximum((weights * features).sum(axis=1), 0)",
         "np.maximum(weights * features, 0).sum(axis=1)",
         "the ReLU comes after the sum over the channels, not before", earns=1 / 3),
    _GUIDED("cam.repeat(block[0], axis=1).repeat(block[1], axis=2)",
            "np.tile(cam, (1, block[0], block[1]))",
            "np.tile repeats the whole map: each value has to cover a block of pixels"),
    _GUIDED("large[:, None] * guided", "large[:, None] + guided",
            "the two are multiplied, so that only what both see stays"),
]  # fmt: skip

assignment = Assignment(
    __file__, "Saliency, guided backprop and Grad-CAM", PROBLEMS, MISTAKES
)
