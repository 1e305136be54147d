"""The sections of the tour, in the order of the lecture."""

from __future__ import annotations

# The name for the command line and the page's anchors, and the heading. The function is `section`
# in sections/<name>.py, with underscores for hyphens.
ROUTE = {
    "data": "The data and the network",
    "weights": "Weights as images",
    "output-maps": "Output maps",
    "saliency": "Saliency, deconvnet, guided backprop",
    "grad-cam": "Grad-CAM",
    "fgsm": "An adversarial example",
    "style": "Style transfer",
    "decoder": "The way back up: unpooling and transposed convolution",
}
