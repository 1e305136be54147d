"""``python -m docs.segmentation_tasks`` draws figures of segmentation.md again.

Three are the tour's own, side by side on a sheet; for the last two networks are trained.
"""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg

import layers
import minigrad as mg
from techniques.data import Shapes
from techniques.picture import in_colour
from techniques.segmentation import Restorer, add_noise, psnr, take_colour, train_restoration
from techniques.tour.section import Figure, Section
from techniques.tour.sections import segmentation, striding
from techniques.tour.visit import Visit

FOLDER = Path(__file__).parent / "segmentation"
NOISE = 0.15
WARM, COLD = (np.array(dye, np.float32)[:, None, None]  # equally bright
              for dye in ((1.5, 0.9, 0.3), (0.7, 1.05, 1.5)))  # fmt: skip


def figures(section: Section) -> list[Figure]:
    """The figures of a section of the tour."""
    return [block for part in section.parts for block in part.blocks if isinstance(block, Figure)]


def sheet(shown: Figure, name: str) -> None:
    """Put the panels of a figure of the tour on one picture."""
    rows = -(-len(shown.panels) // shown.columns)
    size = 2.1 * shown.columns, 2.4 * rows
    figure, grid = pyplot.subplots(rows, shown.columns, figsize=size, layout="constrained")
    for axes, panel in zip(grid.flat, shown.panels, strict=True):
        panel.drawing.set_dpi(150)
        canvas = FigureCanvasAgg(panel.drawing)
        canvas.draw()
        axes.imshow(canvas.buffer_rgba())
        axes.set_title(panel.title, fontsize="small")
        axes.text(0.5, -0.03, panel.note, fontsize="x-small", ha="center", va="top",
                  transform=axes.transAxes)  # fmt: skip
        axes.set_axis_off()
    figure.savefig(FOLDER / name, dpi=120)


def dyed(shapes: Shapes) -> np.ndarray:
    """The pictures in two colours: warm objects, and all that is behind them cold."""
    dye = np.where(shapes.masks[:, None], WARM, COLD)
    return np.clip(take_colour(shapes.images) * dye, 0, 1)


def restored(model: layers.Module, spoiled: np.ndarray) -> np.ndarray:
    """What a network makes of pictures, in [0, 1]."""
    with mg.no_grad():
        return np.clip(model.eval()(mg.Tensor(spoiled)).data, 0, 1)


def restoration() -> None:
    """Noisy and denoised, grey and coloured, beside the truth."""
    training, test = Shapes(1000, seed=1), Shapes(64, seed=2)
    figure, grid = pyplot.subplots(2, 6, figsize=(9, 3.4), layout="constrained")
    tasks = (
        ("denoised", add_noise(NOISE), training.images, test.images, 3),
        ("coloured", take_colour, dyed(training), dyed(test), 1),
    )
    for row, (name, spoil, pictures, held_out, channels) in zip(grid, tasks, strict=True):
        model = Restorer(channels, rng=0)
        train_restoration(model, pictures, spoil, epochs=4, batch_size=8, rng=0)
        spoiled = spoil(held_out, np.random.default_rng(0))
        found = restored(model, spoiled)
        before = np.clip(np.broadcast_to(spoiled, held_out.shape), 0, 1)
        print(f"{name}: {psnr(before, held_out).mean():.1f} dB before, "
              f"{psnr(found, held_out).mean():.1f} dB after")  # fmt: skip
        for first, index in ((0, 3), (3, 8)):
            for axes, title, shown in zip(
                row[first : first + 3], ("given", name, "true"), (before, found, held_out),
                strict=True,
            ):  # fmt: skip
                ratio = psnr(shown[index : index + 1], held_out[index : index + 1])[0]
                axes.imshow(in_colour(shown[index]), interpolation="nearest")
                axes.set_title(f"{title}, {ratio:.1f} dB" if ratio < np.inf else title,
                               fontsize="small")  # fmt: skip
                axes.set_axis_off()
    figure.savefig(FOLDER / "restoration.png", dpi=120)


if __name__ == "__main__":
    matplotlib.use("Agg")
    FOLDER.mkdir(exist_ok=True)
    sheet(*figures(striding.section(Visit(()))), "striding.png")
    four_tasks, two_pixels = figures(segmentation.section(Visit(())))
    sheet(four_tasks, "tasks.png")
    sheet(two_pixels, "pixels.png")
    restoration()
