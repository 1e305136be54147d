"""Is an attribution right? Scores against the truth, and against the network itself.

- `pointing_game`, `relevance_mass` and `iou` compare maps with a true mask.
- `deletion_insertion` asks the network: does the score rest on what the map calls important?
- `sanity_check` asks whether the map depends on what the network has learned, by
  `rank_correlation` and `ssim`.
"""

from .deletion_insertion import DeletionInsertion, deletion_insertion
from .localisation import dilated, hits, iou, pointing_game, relevance_mass
from .sanity_check import SanityCheck, sanity_check
from .similarity import rank_correlation, ssim

__all__ = [
    "DeletionInsertion",
    "SanityCheck",
    "deletion_insertion",
    "dilated",
    "hits",
    "iou",
    "pointing_game",
    "rank_correlation",
    "relevance_mass",
    "sanity_check",
    "ssim",
]
