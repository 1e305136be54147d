"""Output maps, and the gradient of a score with respect to them."""

import numpy as np

import layers
import minigrad as mg
from techniques import activation_gradients, activation_maps


def test_maps_are_what_the_layer_returned(network, images):
    network.eval()
    normed = network.norm(network.first(mg.Tensor(images)))
    assert np.allclose(activation_maps(network, images, "norm").maps, normed.data)


def test_of_a_module_that_is_called_twice_the_last_output_is_shown(network, images):
    network.eval()
    second = activation_maps(network, images, "second").maps
    reused = activation_maps(network, images, "relu")
    assert np.array_equal(reused.maps, np.maximum(second, 0))
    assert reused.layer == "relu"


def test_a_fully_connected_layer_has_maps_of_one_pixel(network, images):
    maps = activation_maps(network, images, "output").maps
    network.eval()
    assert np.allclose(maps[:, :, 0, 0], network(mg.Tensor(images)).data)
    assert maps.shape == (3, 6, 1, 1)


def test_gradients_are_those_of_the_layers_behind(images):
    linear = layers.Linear(5 * 5 * 3, 4, rng=1).double()
    model = layers.Sequential(layers.Conv2d(3, 5, 3, rng=0).double(), layers.Flatten(), linear)
    result = activation_gradients(model, images, [2, 0, 3], "0")
    expected = linear.weight.data[[2, 0, 3]].reshape(3, 5, 5, 3)
    assert np.allclose(result.gradient, expected)
    assert np.allclose(result.maps, activation_maps(model, images, "0").maps)


def test_it_draws_the_channels_of_the_chosen_image(network, images):
    result = activation_maps(network, images, "second")
    sheet = np.asarray(result.plot(index=2).images[0].get_array())
    assert np.array_equal(sheet[:5, :3], result.maps[2, 0])
    assert np.array_equal(sheet[:5, 4:7], result.maps[2, 1])


def test_image_outputs_and_gradient_are_drawn_side_by_side(network, images):
    result = activation_gradients(network, images, 1, "second")
    sheet = np.asarray(result.plot(index=1, channels=2).images[0].get_array())
    assert sheet.shape == (2 * 7, 3 * 5, 3)
    assert np.array_equal(sheet[:7, :5], images[1].transpose(1, 2, 0))
    assert np.array_equal(sheet[7:, :5], sheet[:7, :5])
    assert not np.allclose(sheet[:7, 5:10], sheet[:7, 10:])
