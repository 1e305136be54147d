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

from . import attacks, data, segmentation  # noqa: E402
from .activations import activation_gradients, activation_maps  # noqa: E402
from .grad_cam import grad_cam, guided_grad_cam  # noqa: E402
from .guided_backprop import backprop, deconvnet, guided_backprop  # noqa: E402
from .saliency import integrated_gradients, saliency, smooth_grad  # noqa: E402
from .weights import weight_grid  # noqa: E402

__all__ = [
    "activation_gradients",
    "activation_maps",
    "attacks",
    "backprop",
    "data",
    "deconvnet",
    "grad_cam",
    "guided_backprop",
    "guided_grad_cam",
    "integrated_gradients",
    "saliency",
    "segmentation",
    "smooth_grad",
    "weight_grid",
]
