"""Style transfer and its two halves: what is minimised, what is returned, what is refused."""

import numpy as np
import pytest

import layers
import minigrad as mg
from techniques import content_loss, gram_matrix, style_loss, style_transfer
from techniques.style import reconstruct_content, synthesize_texture, total_variation
from techniques.style.colour import grey
from techniques.style.features import features_at
from techniques.style.scales import halved

TEXTURE = ["1", "4"]


def at(network, image, layers):
    return [maps.data for maps in features_at(network, mg.Tensor(image[None]), layers)]


def shares(network, image, content, style):
    """The two losses of an image, each as a share, written out."""
    (goal,), (maps,) = at(network, content, ["4"]), at(network, image, ["4"])
    content_share = content_loss(maps, goal) / (goal**2).mean()
    style_share = 0
    for maps, goal in zip(at(network, image, TEXTURE), at(network, style, TEXTURE), strict=True):
        size, other = maps[0, 0].size, goal[0, 0].size
        gram = gram_matrix(goal, other)
        style_share += style_loss(maps, gram, divisor=size) / (gram**2).sum() / 2
    return content_share, style_share


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_the_last_losses_are_those_of_the_picture_and_lower(network, content, style, optimizer):
    result = style_transfer(
        network, content, style, "4", TEXTURE, content_weight=2, style_weight=50, tv_weight=3,
        steps=12, optimizer=optimizer,
    )  # fmt: skip
    content_share, style_share = shares(network, result.image, content, style)
    last = result.losses[-1]
    np.testing.assert_allclose(last.content, 2 * content_share, rtol=1e-4)
    np.testing.assert_allclose(last.style, 50 * style_share, rtol=1e-4)
    np.testing.assert_allclose(last.tv, 3 * total_variation(result.image), rtol=1e-4)
    np.testing.assert_allclose(last.total, last.content + last.style + last.tv)
    assert len(result.losses) == 12
    start = 50 * shares(network, content, content, style)[1] + 3 * total_variation(content)
    assert last.total < 0.7 * start


@pytest.mark.parametrize("start", ["content", "style", "noise"])
def test_the_picture_is_within_bounds_wherever_it_starts(network, content, style, start):
    result = style_transfer(
        network, content, style, "1", TEXTURE, steps=8, start=start, rng=0, style_weight=1e4
    )
    assert result.image.shape == content.shape and result.image.dtype == np.float32
    assert result.image.min() >= 0 and result.image.max() <= 1


def test_the_same_seed_paints_the_same_picture(network, content, style):
    first, again, other = (
        style_transfer(network, content, style, "1", "1", steps=3, start="noise", rng=rng).image
        for rng in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_more_weight_on_the_style_brings_it_nearer(network, content, style):
    near, far = (
        shares(network, style_transfer(
            network, content, style, "4", TEXTURE, steps=30, style_weight=weight
        ).image, content, style)[1]
        for weight in (100, 0.1)
    )  # fmt: skip
    assert near < 0.5 * far


def test_a_content_layer_brings_the_picture_back(network, content):
    result = reconstruct_content(network, content, "0", steps=80, rng=0)
    assert np.abs(result.image - content).max() < 0.1
    assert result.losses.style.max() == 0


def test_a_deeper_layer_keeps_less(network, content):
    shallow, deep = (
        np.abs(reconstruct_content(network, content, layer, steps=60, rng=0).image - content).mean()
        for layer in ("1", "4")
    )
    assert shallow < 0.5 * deep


def test_a_texture_has_the_gram_matrices_of_the_style_at_any_size(network, style):
    result = synthesize_texture(network, style, TEXTURE, size=(9, 14), steps=60, rng=0)
    assert result.image.shape == (3, 9, 14)
    assert result.losses.style[-1] < 0.05 * result.losses.style[0]


def test_mixing_one_style_alone_is_that_style(network, content, style):
    one = style_transfer(network, content, style, "1", TEXTURE, steps=4)
    two = style_transfer(network, content, [content, style], "1", TEXTURE, steps=4, mix=[0, 3])
    np.testing.assert_allclose(two.image, one.image, atol=1e-4)


def test_kept_colours_are_the_contents(network, content, style):
    content, style = 0.3 + 0.4 * content, 0.3 + 0.4 * style  # where nothing is clipped
    image = style_transfer(network, content, style, "4", TEXTURE, steps=4, keep_colour=True).image
    np.testing.assert_allclose(image - grey(image), content - grey(content), atol=1e-5)
    assert np.abs(grey(image) - grey(content)).max() > 0.01


def test_scales_paint_small_pictures_first(network, content, style):
    sizes = []
    result = style_transfer(
        network, content, style, "1", TEXTURE, steps=3, scales=3, stages=[1, 3],
        watch=lambda step, losses, image: sizes.append(image.shape[2]),
    )  # fmt: skip
    assert sizes == [3] * 3 + [6] * 3 + [12] * 3
    assert len(result.losses) == 9
    assert result.stages.shape == (2, 3, 12, 12)
    np.testing.assert_array_equal(result.stages[-1], result.image)


def test_halving_takes_means():
    np.testing.assert_array_equal(
        halved(np.arange(6.0).reshape(1, 1, 2, 3)), np.array([[[[2.0, 3.5]]]])
    )


def test_the_network_is_left_as_it_was(network, content, style):
    network.train()
    before = network.state_dict()
    style_transfer(network, content[None], style[None], "1", "1", steps=2)
    assert network.training
    for parameter in network.parameters():
        assert parameter.requires_grad and parameter.grad is None
    for name, array in network.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_nothing_behind_the_deepest_layer_is_computed(network, content, style):
    network.append(layers.Linear(1, 1))  # would not fit
    assert style_transfer(network, content[None], style, "1", "4", steps=1).image.ndim == 4


def test_a_plain_function_can_paint_with_its_modules(network, content, style):
    first, relu = network[0], network[1]
    by_module = style_transfer(lambda x: relu(first(x)), content, style, relu, [relu], steps=3)
    by_name = style_transfer(network, content, style, "1", ["1"], steps=3)
    np.testing.assert_array_equal(by_module.image, by_name.image)


def test_weights_that_are_nan_stop_with_advice(network, content, style):
    network[0].weight.data[0, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="answers with NaN: choose another layer"):
        style_transfer(network, content, style, "1", "1", steps=2)


def test_a_loss_that_becomes_nan_stops_with_advice(network, content):
    class Breaks(layers.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return x if self.calls < 4 else x * np.float32(np.nan)

    with pytest.raises(ValueError, match=r"content nan.*look at the network's weights"):
        reconstruct_content(layers.Sequential(network[0], Breaks()), content, "1", steps=9)


def test_a_diverging_run_stops_with_advice(network, content, style):
    with pytest.raises(ValueError, match=r"has grown to .*lower the learning rate"):
        reconstruct_content(
            network, content, "1", steps=50, optimizer="adam", learning_rate=1e6,
            bounds=(-1e9, 1e9), rng=0, start="content", tv_weight=1,
        )  # fmt: skip


def test_a_picture_of_one_colour_stops_with_advice(network, content, style):
    with pytest.raises(ValueError, match="single colour: lower the weight"):
        style_transfer(network, content, style, "1", "1", steps=60, tv_weight=1e6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps"),
        ({"scales": 0}, "scales"),
        ({"scales": 9}, "too small"),
        ({"optimizer": "sgd"}, "optimizer"),
        ({"start": "end"}, "start"),
        ({"start": np.zeros((3, 5, 5))}, "start has shape"),
        ({"tv_weight": -1}, "tv_weight"),
        ({"style_weight": np.inf}, "style_weight"),
        ({"mix": [1, 1]}, "mix"),
        ({"layer_weights": [0]}, "layer_weights"),
        ({"bounds": (1, 0)}, "bounds"),
        ({"style": []}, "empty"),
        ({"style": np.full((3, 4, 4), 2.0)}, "outside the bounds"),
        ({"content": np.zeros((2, 3, 4, 4))}, "one picture"),
        ({"content_layers": "6"}, "not maps"),
        ({"style_layers": "conv"}, "no layer named 'conv'"),
        ({"style_layers": layers.ReLU()}, "not a part"),
    ],
)
def test_a_bad_option_is_named(network, content, style, options, message):
    arguments = {"content": content, "style": style, "content_layers": "1", "style_layers": "1"}
    with pytest.raises(ValueError, match=message):
        style_transfer(network, **{**arguments, "steps": 1, **options})


def test_a_layer_without_an_answer_is_named(network, content, style):
    network[3].bias.data[:] = -100
    with pytest.raises(ValueError, match="layer 4 answers with nothing"):
        style_transfer(network, content, style, "1", "4", steps=1)


def test_results_say_what_was_computed_and_draw_themselves(network, content, style):
    result = style_transfer(network, content, style, "4", TEXTURE, steps=4, stages=(1, 2))
    assert "4" in result.variant and "lbfgs" in result.variant
    assert result.plot().images[0].get_array().shape[0] >= 12
