"""Style transfer, as the lecture builds it up, and fast.

- `gram_matrix`, `content_loss`, `style_loss`, `total_variation`: what a picture is measured by.
- `reconstruct_content` paints a picture with a layer's features, `synthesize_texture` one with
  Gram matrices, `style_transfer` one with both.
- `train_style_network` has a `StyleNetwork` learn one style, to paint in a single pass.
- `open_network` gives a network that suits, with its layers.
"""

from .fast import StyleNetwork, train_style_network
from .losses import content_loss, gram_matrix, style_loss, total_variation
from .networks import Painter, open_network
from .reconstruction import reconstruct_content, synthesize_texture
from .result import Painting
from .transfer import style_transfer

__all__ = [
    "Painter", "Painting", "StyleNetwork", "content_loss", "gram_matrix", "open_network",
    "reconstruct_content", "style_loss", "style_transfer", "synthesize_texture",
    "total_variation", "train_style_network",
]  # fmt: skip
