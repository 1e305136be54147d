"""techniques: what one does with gradients. Look inside a network, explain it, attack it.

A model is anything callable from a Tensor to a Tensor; images are (N, C, H, W). A result is a
small object of plain arrays that says in ``.variant`` what was computed and draws itself with
``.plot()``.
"""

from importlib.util import find_spec as _find_spec
from pathlib import Path as _Path


def _check_layers() -> None:
    """`layers` is a plain name: see that Python finds ours, not a file of the user's."""
    ours = _Path(__file__).resolve().parent.parent / "layers" / "__init__.py"
    spec = _find_spec("layers")
    found = spec and (spec.origin or next(iter(spec.submodule_search_locations or []), None))
    if not found:
        raise ImportError(f"the package layers is missing: it should stand at {ours}")
    if _Path(found).resolve() != ours:
        raise ImportError(
            f"Python picked up {found} in place of minigrad's own package layers ({ours.parent}): "
            "rename that file or folder, or run Python from another folder"
        )


_check_layers()

from . import attacks, corruptions, data, defenses, evaluation, segmentation  # noqa: E402
from .activations import activation_gradients, activation_maps  # noqa: E402
from .corruptions import corrupt, corruption_error, mean_corruption_error  # noqa: E402
from .deep_dream import deep_dream  # noqa: E402
from .embedding import embedding  # noqa: E402
from .grad_cam import grad_cam  # noqa: E402
from .grad_cam_plus_plus import grad_cam_plus_plus  # noqa: E402
from .gradient_ascent import gradient_ascent  # noqa: E402
from .guided_backprop import backprop, deconvnet, guided_backprop  # noqa: E402
from .guided_grad_cam import guided_grad_cam  # noqa: E402
from .hires_cam import hires_cam  # noqa: E402
from .integrated_gradients import integrated_gradients  # noqa: E402
from .layer_cam import layer_cam  # noqa: E402
from .lrp import lrp  # noqa: E402
from .occlusion import occlusion  # noqa: E402
from .saliency import saliency  # noqa: E402
from .score_cam import score_cam  # noqa: E402
from .shape_bias import cue_conflict, shape_bias  # noqa: E402
from .smooth_grad import smooth_grad  # noqa: E402
from .style import content_loss, gram_matrix, style_loss, style_transfer  # noqa: E402
from .target import Pixels, Unit  # noqa: E402
from .top_patches import top_patches  # noqa: E402
from .weights import weight_grid  # noqa: E402

__all__ = [
    "Pixels",
    "Unit",
    "activation_gradients",
    "activation_maps",
    "attacks",
    "backprop",
    "content_loss",
    "corrupt",
    "corruption_error",
    "corruptions",
    "cue_conflict",
    "data",
    "deconvnet",
    "deep_dream",
    "defenses",
    "embedding",
    "evaluation",
    "grad_cam",
    "grad_cam_plus_plus",
    "gradient_ascent",
    "gram_matrix",
    "guided_backprop",
    "guided_grad_cam",
    "hires_cam",
    "integrated_gradients",
    "layer_cam",
    "lrp",
    "mean_corruption_error",
    "occlusion",
    "saliency",
    "score_cam",
    "segmentation",
    "shape_bias",
    "smooth_grad",
    "style_loss",
    "style_transfer",
    "top_patches",
    "weight_grid",
]
