"""What all techniques have in common: their arguments, their manners and their results."""

import numpy as np
import pytest
from matplotlib import pyplot

import layers
import minigrad as mg
import techniques
from techniques.attacks import fgsm

BY_TARGET = {
    "saliency": techniques.saliency,
    "smooth_grad": lambda *args: techniques.smooth_grad(*args, samples=2, rng=0),
    "integrated_gradients": lambda *args: techniques.integrated_gradients(*args, steps=3),
    "backprop": techniques.backprop,
    "deconvnet": techniques.deconvnet,
    "guided_backprop": techniques.guided_backprop,
    "grad_cam": lambda *args: techniques.grad_cam(*args, "second"),
    "guided_grad_cam": lambda *args: techniques.guided_grad_cam(*args, "second"),
    "grad_cam_plus_plus": lambda *args: techniques.grad_cam_plus_plus(*args, "second"),
    "layer_cam": lambda *args: techniques.layer_cam(*args, "second"),
    "hires_cam": lambda *args: techniques.hires_cam(*args, "second"),
    "score_cam": lambda *args: techniques.score_cam(*args, "second"),
    "occlusion": lambda *args: techniques.occlusion(*args, window=3, stride=2),
    "lrp": techniques.lrp,
    "activation_gradients": lambda *args: techniques.activation_gradients(*args, "second"),
}
BY_CLASS = {
    **BY_TARGET,
    "fgsm": lambda model, images, target: fgsm(model, images, 0 if target is None else target, 0.1),
}
ALL = {
    **BY_CLASS,
    "activation_maps": lambda model, images, _: techniques.activation_maps(model, images, "second"),
}
by_target = pytest.mark.parametrize("technique", BY_TARGET.values(), ids=BY_TARGET)
by_class = pytest.mark.parametrize("technique", BY_CLASS.values(), ids=BY_CLASS)
everywhere = pytest.mark.parametrize("technique", ALL.values(), ids=ALL)


def arrays(result):
    return {k: v for k, v in vars(result).items() if isinstance(v, np.ndarray)}


@by_target
def test_an_int_an_array_and_the_prediction_name_the_same_class(technique, network, images):
    network.eval()
    predicted = network(images[:2]).data.argmax(axis=1)
    by_default = technique(network, images[:2], None)
    assert (by_default.target == predicted).all()
    by_array = technique(network, images[:2], predicted)
    singly = [technique(network, images[i : i + 1], int(predicted[i])) for i in (0, 1)]
    if technique is BY_TARGET["smooth_grad"]:
        return  # the noise depends on the batch
    for name, value in arrays(by_default).items():
        assert np.array_equal(value, arrays(by_array)[name])
        alone = np.concatenate([arrays(one)[name] for one in singly])
        assert np.allclose(value, alone, rtol=1e-9, atol=1e-12)


@by_class
@pytest.mark.parametrize("target", [6, -1, [0, 1], [0, 1, 9], [[0], [1], [2]]])
def test_a_bad_class_is_named(technique, target, network, images):
    with pytest.raises(ValueError, match=r"(target|labels) .*(6|-1|9|shape)"):
        technique(network, images, target)


@by_class
def test_a_class_that_is_no_integer_is_refused(technique, network, images):
    with pytest.raises(TypeError, match=r"1\.5"):
        technique(network, images, 1.5)


@everywhere
def test_images_must_be_a_finite_floating_point_batch(technique, network, images):
    with pytest.raises(TypeError, match=r"uint8.*/ 255"):
        technique(network, (images * 255).astype(np.uint8), None)
    with pytest.raises(ValueError, match=r"images\[None\]"):
        technique(network, images[0], None)
    images[1, 2, 3, 4] = np.nan
    with pytest.raises(ValueError, match=r"images\[1, 2, 3, 4\] is nan"):
        technique(network, images, None)


@everywhere
def test_nothing_is_left_behind(technique, network, images):
    network.train()
    network.norm.eval()
    modes = [part.training for part in network.modules()]
    state, before = network.state_dict(), images.copy()
    first = network.first.weight
    first.grad = given = np.ones(first.shape)
    technique(network, images, None)
    assert modes == [part.training for part in network.modules()]
    assert first.grad is given and network.output.weight.grad is None
    assert all(np.array_equal(state[k], v) for k, v in network.state_dict().items())
    assert np.array_equal(images, before)
    with pytest.raises((ValueError, TypeError)):
        technique(network, images[:, :2], None)
    assert modes == [part.training for part in network.modules()]


@everywhere
def test_images_may_be_tensors_and_results_are_plain_arrays(technique, network, images):
    given = technique(network, images, None)
    wrapped = technique(network, mg.Tensor(images, requires_grad=True), None)
    for name, value in arrays(given).items():
        assert type(value) is np.ndarray
        assert np.array_equal(value, arrays(wrapped)[name])


@everywhere
def test_float32_stays_float32(technique, network, images):
    result = technique(network.float(), images.astype(np.float32), None)
    floating = {k for k, v in arrays(result).items() if v.dtype.kind == "f"}
    assert {k for k in floating if arrays(result)[k].dtype != np.float32} == set()


@everywhere
def test_an_empty_batch_gives_an_empty_result(technique, network, images):
    result = technique(network, images[:0], None)
    assert {len(value) for value in arrays(result).values()} == {0}


@everywhere
def test_results_say_what_they_are_and_draw_themselves(technique, network, images):
    result = technique(network, images, None)
    assert result.variant in repr(result)
    figure, axes = pyplot.subplots()
    assert result.plot(axes) is axes
    assert axes.images and axes.get_title()
    figure.canvas.draw()
    pyplot.close(figure)
    own = result.plot()
    assert own is not axes
    pyplot.close(own.figure)


@pytest.mark.parametrize("name", ["grad_cam", "score_cam", "guided_grad_cam", "activation_maps"])
class TestLayers:
    def call(self, name, model, images, layer):
        arguments = (layer,) if name == "activation_maps" else (0, layer)
        return getattr(techniques, name)(model, images, *arguments)

    def test_may_be_given_by_name_or_as_modules(self, name, network, images):
        named = self.call(name, network, images, "second")
        given = self.call(name, network, images, network.second)
        for key, value in arrays(named).items():
            assert np.array_equal(value, arrays(given)[key])

    def test_unknown_ones_are_met_with_near_names(self, name, network, images):
        with pytest.raises(ValueError, match=r"'secund'.*'second'"):
            self.call(name, network, images, "secund")
        with pytest.raises(ValueError, match="not a part of the Small"):
            self.call(name, network, images, layers.ReLU())

    def test_never_called_or_without_maps_are_refused(self, name, network, images):
        network.spare = layers.Conv2d(3, 3, 1)
        with pytest.raises(ValueError, match="never called its layer 'spare'"):
            self.call(name, network, images, "spare")
        if name != "activation_maps":
            with pytest.raises(ValueError, match="hidden has no maps"):
                self.call(name, network, images, "hidden")

    def test_of_plain_functions_have_no_names(self, name, network, images):
        with pytest.raises(TypeError, match="Module"):
            self.call(name, lambda x: network(x), images, "second")


@pytest.mark.parametrize("name", ["saliency", "guided_backprop", "integrated_gradients"])
def test_a_model_may_be_any_function(name, network, images):
    network.eval()
    technique = getattr(techniques, name)
    assert np.array_equal(
        technique(lambda x: network(x), images, 2).gradient, technique(network, images, 2).gradient
    )


def test_a_model_that_returns_something_else_is_told(network, images):
    with pytest.raises(TypeError, match="returned ndarray, not a Tensor"):
        techniques.saliency(lambda x: x.data, images)
    with pytest.raises(ValueError, match=r"scores of shape \(3, 3, 7, 5\) for 3 images"):
        techniques.saliency(lambda x: x * 2, images)
    network.output.bias.data = np.full(6, np.nan)
    with pytest.raises(ValueError, match="returned NaN"):
        techniques.saliency(network, images)
