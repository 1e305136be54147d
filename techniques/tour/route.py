"""The sections of the tour, in the order of the lecture."""

from __future__ import annotations

# The name for the command line and the page's anchors, and the heading. The function is `section`
# in sections/<name>.py, with underscores for hyphens.
ROUTE = {
    "data": "The data and the network",
    "weights": "Weights as images",
    "output-maps": "Output maps",
    "top-patches": "What excites a channel",
    "saliency": "Saliency, deconvnet, guided backprop",
    "grad-cam": "Grad-CAM",
    "which-part": "Which part says which class",
    "evaluation": "Which explanation can be believed",
    "gradient-ascent": "Pictures that a class likes best",
    "fgsm": "An adversarial example",
    "attacks": "Stronger attacks, and a network trained against them",
    "corruptions": "Pictures that are merely bad",
    "shape-texture": "Shape against texture",
    "style": "Style transfer",
    "striding": "A classifier that strides",
    "decoder": "The way back up: unpooling and transposed convolution",
    "segmentation": "From a class to a map",
}
