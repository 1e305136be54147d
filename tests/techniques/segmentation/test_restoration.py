"""The same networks from image to image."""

import numpy as np
import pytest

import minigrad as mg
from techniques.data import Shapes
from techniques.segmentation import Restorer, add_noise, psnr, take_colour, train_restoration


@pytest.mark.parametrize(("spoil", "channels"), [(add_noise(0.2), 3), (take_colour, 1)])
def test_a_network_comes_nearer_to_the_whole_pictures(spoil, channels):
    pictures = Shapes(24, seed=1, size=24).images
    model = Restorer(channels, width=4, depth=1, rng=0)
    spoiled = spoil(pictures, np.random.default_rng(0))

    def quality():
        with mg.no_grad():
            return psnr(model.eval()(mg.Tensor(spoiled)).data, pictures).mean()

    before = quality()
    train_restoration(model, pictures, spoil, epochs=12, batch_size=4, rng=0, progress=False)
    assert quality() > before + 0.5


def test_grey_is_as_bright_as_the_colours_and_stays_grey():
    grey = np.full((2, 3, 4, 5), 0.25, np.float32)
    taken = take_colour(grey)
    assert taken.shape == (2, 1, 4, 5) and taken.dtype == np.float32
    np.testing.assert_allclose(taken, 0.25, rtol=1e-6)


def test_a_tenth_of_the_error_is_ten_decibels_more():
    truth = np.zeros((2, 1, 3, 3))
    errors = np.array([1.0, 0.1]).reshape(2, 1, 1, 1)
    near, nearer = psnr(truth + np.sqrt(errors), truth)
    assert nearer - near == pytest.approx(10)
    assert psnr(truth, truth)[0] == np.inf
    with pytest.raises(ValueError, match="cannot be compared"):
        psnr(truth, truth[:1])
