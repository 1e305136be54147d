"""From a class to a map: the answers of four tasks, and why a pixel got its class."""

from __future__ import annotations

import numpy as np

from techniques.data import Scenes
from techniques.grad_cam import grad_cam
from techniques.model import logits
from techniques.picture import in_colour, palette
from techniques.pretrained import load
from techniques.saliency import saliency
from techniques.segmentation import Instances, UNet, predict, score, split_instances
from techniques.segmentation import recipes as segmenters
from techniques.target import Pixels
from techniques.tour.drawing import SECOND, Array, Drawing, overlay, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section, percent
from techniques.tour.visit import HELD_OUT_SEED, Visit, probabilities

_SCENES = 48
_LEAST = 20  # pixels of an object
_LAYER = "decoder.0"


def section(visit: Visit) -> Section:
    """Classification, segmentation, instances and detection; saliency and Grad-CAM of a pixel."""
    network, recipe = segmenters.load("unet")
    scenes = Scenes(_SCENES, seed=HELD_OUT_SEED)
    index = telling(scenes)
    image = scenes.images[index]
    classes = predict(network, image[None])[0]
    found = split_instances(classes, least=_LEAST)
    figures = (
        _four_tasks(image, classes, found, recipe.classes),
        _two_pixels(network, image, found, recipe.classes),
    )
    result = score(network, scenes, len(recipe.classes))
    numbers = (
        Number(f"mean IoU on {len(scenes)} held-out scenes", f"{result.mean_iou:.3f}"),
        Number("of their pixels are right", percent(result.pixel_accuracy), "%"),
    )
    return Section(
        question="What is where in the picture?",
        parts=(Part("A scene of Shapes, and a U-Net", figures, numbers),),
        see=(
            "A class for every pixel says it; objects and boxes follow from that map.",
            "A classifier has one answer for the whole picture. Semantic segmentation has one for "
            "every pixel, but two objects of a class are one to it. Instance segmentation tells "
            "them apart, and detection says as much with boxes.",
            "Here an object is a connected region of the class map. That is the simplest split, "
            "and wrong as soon as two objects of a class touch: there the task begins.",
            "A pixel's class has its reasons too, and they lie around it: saliency finds them on "
            "its object. Grad-CAM weighs each feature by a mean over all places, so it glows on "
            "every object that has such features: on both of one class.",
        ),
        code=(UNet.forward, split_instances, Pixels),
    )


def telling(scenes: Scenes) -> int:
    """The first scene of three objects, none touching another, of which two are of one class."""
    for index, mask in enumerate(scenes.masks):
        labels = split_instances(mask, least=_LEAST).labels
        if len(labels) == 3 and len(set(labels)) == 2:
            return index
    return 0


def _four_tasks(image: Array, classes: Array, found: Instances, names: tuple[str, ...]) -> Figure:
    classifier, info = load("shapes")
    label = int(logits(classifier, image[None]).argmax())
    sure = percent(probabilities(classifier, image[None])[0, label])
    shown = in_colour(image)
    there = [names[k] for k in found.labels]
    by_class = np.where(classes[..., None] > 0, palette(len(names))[classes], np.nan)
    by_object = np.where(found.map[..., None] > 0, palette(len(there) + 1)[found.map], np.nan)
    numbered = [str(number) for number in range(1, len(there) + 1)]
    panels = (
        Panel(picture(shown), f"The picture, said to show: {info.classes[label]}.",
              "classification", f"“{info.classes[label]}”, {sure} % sure"),
        Panel(_labelled(_tinted(shown, by_class), found, there), "Every pixel in the colour of "
              "its class.", "semantic segmentation", "a class for every pixel"),
        Panel(_labelled(_tinted(shown, by_object), found, numbered), "Every object in a colour of "
              "its own.", "instance segmentation", "an object for every pixel"),
        Panel(_labelled(shown, found, there, boxes=True), f"Boxes around {', '.join(there)}.",
              "detection", "a class and a box for every object"),
    )  # fmt: skip
    caption = (
        "Four tasks, four kinds of answer. The first is the classifier's; the class map is the "
        "U-Net's, the objects are its connected regions, and the boxes what they fit into."
    )
    return Figure(panels, caption)


def _two_pixels(network: UNet, image: Array, found: Instances, names: tuple[str, ...]) -> Figure:
    """Saliency and Grad-CAM of one pixel in each of the first two objects of different classes."""
    panels = []
    for number in np.unique(found.labels, return_index=True)[1][:2] + 1:
        row, column = middle(found.map == number)
        target = Pixels(int(found.labels[number - 1]), (row, column))
        name = names[target.label]
        slopes = saliency(network, image[None], target).map[0]
        cam = grad_cam(network, image[None], target, _LAYER).map[0]
        shown = in_colour(image)
        panels += [
            Panel(_marked(shown, row, column), f"The picture, a pixel of the {name} marked.",
                  "one pixel"),
            Panel(_marked(overlay(shown, slopes), row, column),
                  f"Saliency of {name} at the marked pixel.", f"saliency of “{name}”"),
            Panel(_marked(overlay(shown, cam), row, column),
                  f"Grad-CAM of {name} at the marked pixel.", f"Grad-CAM of “{name}”"),
        ]  # fmt: skip
    caption = (
        "Why does this pixel get this class? The gradient of one score of the map, to the pixels "
        f"and to the first features behind the bottleneck ({_LAYER})."
    )
    return Figure(tuple(panels), caption, columns=3, narrow_columns=3, share=0.75)


def middle(region: Array) -> tuple[int, int]:
    """The pixel of a region that is nearest to its mean place."""
    places = np.argwhere(region)
    nearest = np.square(places - places.mean(axis=0)).sum(axis=1).argmin()
    return int(places[nearest, 0]), int(places[nearest, 1])


def _tinted(image: Array, colours: Array) -> Array:
    """A picture in grey, and in `colours` (H, W, 3) where they are not NaN."""
    grey = image.mean(axis=2, keepdims=True)
    return np.where(np.isnan(colours), 0.5 * grey, 0.3 * grey + 0.7 * np.nan_to_num(colours))


def _labelled(image: Array, found: Instances, names: list[str], boxes: bool = False) -> Drawing:
    """A picture with a name at each object, and a box around it if wanted."""
    from matplotlib.patches import Rectangle

    drawing = picture(image)
    (axes,) = drawing.axes
    for name, (top, left, bottom, right) in zip(names, found.boxes, strict=True):
        middle_column = (left + right - 1) / 2
        if boxes:
            axes.add_patch(
                Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False,
                          edgecolor=SECOND, linewidth=1.6)
            )  # fmt: skip
        height = top - 2.5 if boxes else (top + bottom - 1) / 2
        axes.text(
            np.clip(middle_column, 9, image.shape[1] - 10), max(height, 3), name, color="white",
            ha="center", va="center", fontsize=7,
            bbox={"facecolor": "black", "alpha": 0.7, "edgecolor": "none", "pad": 1.2},
        )  # fmt: skip
    return drawing


def _marked(image: Array, row: int, column: int) -> Drawing:
    """A picture with a ring around one pixel."""
    drawing = picture(image)
    (axes,) = drawing.axes
    for colour, width in (("black", 2.6), ("white", 1.2)):
        axes.plot(column, row, "o", markersize=7, markerfacecolor="none", markeredgecolor=colour,
                  markeredgewidth=width)  # fmt: skip
    return drawing
