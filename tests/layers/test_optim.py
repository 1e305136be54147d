"""Optimizers: groups, state that can be saved, and nothing written where a tape may look."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import layers
import minigrad as mg
from layers import optim
from layers.optim import blocks
from minigrad.kernels import get_num_threads, set_num_threads, threads

MAKERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "damped SGD": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, dampening=0.5, weight_decay=0.1),
    "Adam": lambda p: optim.Adam(p, lr=0.05, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, lr=0.05),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.05, momentum=0.5, centered=True),
    "LBFGS": lambda p: optim.LBFGS(p, lr=0.5, max_iter=2, history_size=3),
    "searching LBFGS": lambda p: optim.LBFGS(p, max_iter=2, line_search_fn="strong_wolfe"),
}
every_optimizer = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
first_order = pytest.mark.parametrize("name", ["SGD", "damped SGD", "Adam", "AdamW", "RMSprop"])


def parameters(dtype=np.float64):
    rng = np.random.default_rng(0)
    return [
        layers.Parameter(rng.normal(size=shape).astype(dtype))
        for shape in [(2, 3), (), (4,)]
    ]  # fmt: skip


def loss(params):
    total = mg.Tensor(np.zeros((), params[0].dtype))
    for i, p in enumerate(params):
        total = total + ((p - i) ** 2 + 0.1 * (p - i) ** 4).sum()
    return total


def train(optimizer, params, steps):
    def closure():
        optimizer.zero_grad()
        value = loss(params)
        value.backward()
        return value

    for _ in range(steps):
        optimizer.step(closure)


@every_optimizer
def test_the_loss_goes_down_and_dtypes_stay(make):
    for dtype in (np.float32, np.float64):
        params = parameters(dtype)
        start = loss(params).item()
        train(make(params), params, 10)
        assert loss(params).item() < 0.7 * start
        assert all(p.dtype == dtype for p in params)


@every_optimizer
@settings(deadline=None, max_examples=10)
@given(before=st.integers(0, 5), after=st.integers(1, 5))
def test_a_saved_optimizer_goes_on_as_if_nothing_had_happened(
    make, tmp_path_factory, before, after
):
    path = tmp_path_factory.mktemp("state") / "optimizer.npz"
    straight = parameters()
    optimizer = make(straight)
    train(optimizer, straight, before)
    layers.save(optimizer.state_dict(), path)

    resumed = [layers.Parameter(p.data) for p in straight]
    other = make(resumed)
    other.load_state_dict(layers.load(path))
    train(optimizer, straight, after)
    train(other, resumed, after)
    for one, two in zip(straight, resumed, strict=True):
        np.testing.assert_array_equal(one.data, two.data)


@every_optimizer
def test_a_step_between_forward_and_backward_leaves_the_gradient_alone(make):
    params = parameters()
    optimizer = make(params)
    value = loss(params)
    loss(params).backward()
    expected = [np.array(p.grad) for p in params]

    def closure():
        return loss(params)

    optimizer.step(closure)
    for p in params:
        p.grad = None
    value.backward()
    for p, gradient in zip(params, expected, strict=True):
        np.testing.assert_array_equal(p.grad, gradient)


@every_optimizer
def test_arrays_that_were_handed_out_are_not_written_to(make):
    params = parameters()
    optimizer = make(params)
    train(optimizer, params, 2)
    state = optimizer.state_dict()
    values = [p.data for p in params]
    gradients = [p.grad for p in params]
    held = [*values, *gradients, *state.values()]
    copies = [np.array(array) for array in held]
    train(optimizer, params, 2)
    for array, copy in zip(held, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@first_order
def test_a_step_writes_to_values_that_nobody_else_holds_and_to_no_others(name):
    alone, viewed, shared = params = [layers.Parameter(np.ones(3)) for _ in range(3)]
    for p in params:
        p.own(np.ones(3))
    view, other = viewed.array[1:], mg.Tensor(shared.array)
    place = alone.array.ctypes.data
    optimizer = MAKERS[name](params)
    for p in params:
        p.grad = np.ones(3)
    optimizer.step()
    assert alone.array.ctypes.data == place
    assert (view == 1).all() and (other.array == 1).all()
    assert all((p.array < 1).all() for p in params)


@first_order
def test_blocks_and_threads_change_nothing(name, monkeypatch):
    rng = np.random.default_rng(0)
    start = rng.normal(size=(7, 11))
    gradients = rng.normal(size=(3, 7, 11))

    def trained():
        parameter = layers.Parameter(start.copy())
        optimizer = MAKERS[name]([parameter])
        for gradient in gradients:
            parameter.grad = gradient
            optimizer.step()
        return parameter.array.tobytes(), *map(bytes, optimizer.state_dict().values())

    whole = trained()
    monkeypatch.setattr(blocks, "BLOCK", 4)
    monkeypatch.setattr(threads, "GRAIN", 1)
    before = get_num_threads()
    for count in (1, 3):
        set_num_threads(count)
        assert trained() == whole
    set_num_threads(before)


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from([optim.SGD, optim.Adam, optim.AdamW]),
    st.sampled_from([np.float32, np.float64]),
    st.integers(0, 20),
    st.sampled_from([0, 0.1]),
    st.booleans(),
)
def test_compiled_steps_are_numpys(kind, dtype, more, decay, maximize):
    options = {"lr": 0.05, "weight_decay": decay, "maximize": maximize}
    if kind is optim.SGD:
        options |= {"momentum": 0.9, "dampening": 0.3}
    draw = np.random.default_rng(more).normal
    size = blocks.LARGE + more
    start, gradients = draw(size=size).astype(dtype), draw(size=(3, size)).astype(dtype)

    def trained(kernels):
        parameter = layers.Parameter(start.copy())
        optimizer = kind([parameter], **options)
        with mg.kernels(kernels):
            for gradient in gradients:
                parameter.grad = gradient
                optimizer.step()
        return parameter.array

    precision = 1e-5 if dtype is np.float32 else 1e-12
    expected = trained("reference")
    np.testing.assert_allclose(trained("compiled"), expected, rtol=precision, atol=precision)


@first_order
def test_parameters_without_a_gradient_are_skipped(name):
    params = parameters()
    optimizer = MAKERS[name](params)
    before = params[1].data.copy()
    params[0].grad = np.ones(params[0].shape)
    optimizer.step()
    assert params[1].data == before
    assert not optimizer.state[params[1]]


def test_gradients_are_cast_to_their_parameters_dtype():
    params = parameters(np.float32)
    for p in params:
        p.grad = np.ones(p.shape, np.float64)
    optim.SGD(params, lr=0.1).step()
    assert all(p.dtype == np.float32 for p in params)


def test_groups_and_zero_grad():
    params = parameters()
    optimizer = optim.SGD([{"params": params[:1], "lr": 0.0}, {"params": params[1:]}], lr=1.0)
    optimizer.add_param_group({"params": layers.Parameter(5.0), "momentum": 0.5})
    for p in params:
        p.grad = np.ones(p.shape)
    before = [p.data.copy() for p in params]
    optimizer.step()
    np.testing.assert_array_equal(params[0].data, before[0])
    np.testing.assert_array_equal(params[2].data, before[2] - 1)
    optimizer.zero_grad(set_to_none=False)
    assert not params[0].grad.any()
    optimizer.zero_grad()
    assert params[0].grad is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: optim.SGD([]), "no parameters"),
        (lambda p: optim.SGD([{"params": p}, {"params": p[:1]}]), "given twice"),
        (lambda p: optim.SGD([p[0], p[0]]), "given twice"),
        (lambda p: optim.SGD([{"lr": 1.0}]), '"params"'),
        (lambda p: optim.SGD([{"params": p, "betas": 1}]), "no option betas"),
        (lambda p: optim.SGD([p[0] * 2]), "made by multiply"),
        (lambda p: optim.SGD(p, lr=-1), "lr must be"),
        (lambda p: optim.SGD(p, lr=float("nan")), "lr must be"),
        (lambda p: optim.SGD(p, momentum=-0.1), "momentum must be"),
        (lambda p: optim.SGD(p, nesterov=True), "nesterov"),
        (lambda p: optim.Adam(p, betas=(0.9, 1.0)), "betas"),
        (lambda p: optim.Adam(p, eps=-1), "eps"),
        (lambda p: optim.RMSprop(p, alpha=1.0), "alpha"),
        (lambda p: optim.LBFGS([{"params": p[:1]}, {"params": p[1:]}]), "one parameter group"),
        (lambda p: optim.LBFGS(p, line_search_fn="armijo"), "line_search_fn"),
        (lambda p: optim.LBFGS(p, history_size=0), "history_size"),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make(parameters())


@pytest.mark.parametrize(
    "make",
    [
        lambda p: optim.SGD(p[0]),
        lambda p: optim.SGD([np.ones(3)]),
        lambda p: optim.SGD({"a": p[0]}),
        lambda p: optim.LBFGS(p).step(),
    ],
)
def test_arguments_of_the_wrong_kind_are_type_errors(make):
    with pytest.raises(TypeError):
        make(parameters())


def test_a_gradient_of_another_shape_is_an_error():
    params = parameters()
    params[0].grad = np.ones(3)
    with pytest.raises(ValueError, match=r"\(3,\).*\(2, 3\)"):
        optim.SGD(params).step()


@every_optimizer
def test_the_state_of_another_optimizer_is_refused_and_changes_nothing(make):
    params, others = parameters(), [layers.Parameter(np.ones((3, 2))), layers.Parameter(1.0)]
    optimizer, other = make(params), make(others)
    train(optimizer, params, 2)
    train(other, others, 2)
    before = optimizer.state_dict()
    for state in (
        other.state_dict(),
        {**before, "state.7.step": np.array(1)},
        {**before, "param_groups.0.lr": np.array(-1.0)},
        {**before, "nonsense": np.array(1)},
        {**before, "param_groups.0.nonsense": np.array(1)},
    ):
        with pytest.raises(ValueError):
            optimizer.load_state_dict(state)
    after = optimizer.state_dict()
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[key], after[key]) for key in before)


@settings(deadline=None)
@given(
    scale=st.floats(1e-3, 1e3),
    max_norm=st.floats(1e-3, 1e3),
    norm_type=st.sampled_from([1.0, 2.0, 3.0, np.inf]),
)
def test_clipping_by_norm_keeps_the_direction_and_bounds_the_norm(scale, max_norm, norm_type):
    params = parameters()
    gradients = [np.asarray(scale * (p.data + 0.1)) for p in params]
    for p, gradient in zip(params[:2], gradients, strict=False):
        p.grad = gradient
    flat = np.concatenate([np.ravel(g) for g in gradients[:2]])
    norm = optim.clip_grad_norm_(params, max_norm, norm_type)
    assert norm == pytest.approx(np.linalg.norm(flat, norm_type))
    clipped = np.concatenate([np.ravel(p.grad) for p in params[:2]])
    np.testing.assert_allclose(clipped, flat * min(1, max_norm / norm), rtol=1e-2)
    assert np.linalg.norm(clipped, norm_type) <= max_norm * (1 + 1e-9)
    assert params[2].grad is None


def test_clipping_by_value_bounds_every_entry():
    params = parameters()
    params[0].grad = np.linspace(-3, 3, 6).reshape(2, 3)
    optim.clip_grad_value_(params, 0.5)
    assert np.abs(params[0].grad).max() == 0.5


def test_clipping_what_is_not_finite_is_an_error():
    params = parameters()
    params[0].grad = np.full((2, 3), np.inf)
    with pytest.raises(ValueError, match="detect_anomaly"):
        optim.clip_grad_norm_(params, 1.0)


@pytest.mark.parametrize("kind", [lambda p: optim.SGD(p, lr=0.1, momentum=0.9), optim.Adam])
def test_an_infinite_weight_stays_so_in_a_compiled_step(kind):
    parameter = layers.Parameter(np.full(blocks.LARGE, np.inf))
    parameter.grad = np.ones(blocks.LARGE)
    kind([parameter]).step()
    assert (parameter.array == np.inf).all()
