"""Optimizers and schedules give PyTorch's numbers, step for step."""

import numpy as np
import pytest

import minigrad as mg
from layers import optim, schedule

torch = pytest.importorskip("torch")

STEPS = 25
SHAPES = [(3, 4), (4,), (), (7, 131)]

OPTIMIZERS = [
    ("SGD", {"lr": 0.01}),
    ("SGD", {"lr": 0.01, "momentum": 0.9}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "momentum": 0.5, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "weight_decay": 0.1, "alpha": 0.9}),
    ("RMSprop", {"centered": True, "eps": 1e-3}),
    ("RMSprop", {"centered": True, "momentum": 0.5, "maximize": True}),
]  # fmt: skip


def start_values():
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in SHAPES]


def both(values):
    """The same parameters as minigrad's Tensors and as PyTorch's."""
    ours = [mg.Tensor(np.array(v), requires_grad=True) for v in values]
    theirs = [torch.tensor(v, requires_grad=True) for v in values]
    return ours, theirs


def set_gradients(ours, theirs, rng):
    for own, their in zip(ours, theirs, strict=True):
        gradient = rng.normal(size=own.shape)
        own.grad = np.asarray(gradient)
        their.grad = torch.tensor(gradient)


def assert_equal(ours, theirs, tolerance=1e-12):
    for own, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(own.data, their.detach().numpy(), tolerance, tolerance)


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS)
def test_every_step_is_pytorchs(name, options):
    ours, theirs = both(start_values())
    own = getattr(optim, name)(ours, **options)
    their = getattr(torch.optim, name)(theirs, **options)
    rng = np.random.default_rng(1)
    for _ in range(STEPS):
        set_gradients(ours, theirs, rng)
        own.step()
        their.step()
        assert_equal(ours, theirs)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "LBFGS"])
def test_defaults_are_pytorchs(name):
    own = getattr(optim, name)([mg.Tensor([1.0])]).param_groups[0]
    their = getattr(torch.optim, name)([torch.tensor([1.0])]).param_groups[0]
    assert {k: v for k, v in own.items() if k != "params"} == {
        k: their[k] for k in own if k != "params"
    }


def test_groups_have_their_own_options():
    ours, theirs = both(start_values())
    own = optim.SGD([{"params": ours[:1], "lr": 0.1}, {"params": ours[1:]}], lr=0.01, momentum=0.9)
    their = torch.optim.SGD(
        [{"params": theirs[:1], "lr": 0.1}, {"params": theirs[1:]}], lr=0.01, momentum=0.9
    )
    rng = np.random.default_rng(1)
    for _ in range(5):
        set_gradients(ours, theirs, rng)
        own.step()
        their.step()
    assert_equal(ours, theirs)


@pytest.mark.parametrize("norm_type", [2.0, 1.0, np.inf])
@pytest.mark.parametrize("max_norm", [0.1, 100.0])
def test_clipping_by_norm_is_pytorchs(norm_type, max_norm):
    ours, theirs = both(start_values())
    set_gradients(ours, theirs, np.random.default_rng(1))
    own = optim.clip_grad_norm_(ours, max_norm, norm_type)
    their = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert own == pytest.approx(their.item(), rel=1e-12)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), 1e-12)


SCHEDULES = [
    ("StepLR", {"step_size": 4}),
    ("StepLR", {"step_size": 1, "gamma": 0.9}),
    ("MultiStepLR", {"milestones": [3, 7, 7, 15], "gamma": 0.5}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.01, "end_factor": 0.5, "total_iters": 9}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 9}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.003}),
    ("CosineAnnealingLR", {"T_max": 30}),
    ("CosineAnnealingLR", {"T_max": 1}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": STEPS}),
    ("OneCycleLR", {"max_lr": [0.5, 0.2], "epochs": 5, "steps_per_epoch": 5, "pct_start": 0.25}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 31, "anneal_strategy": "linear"}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 30, "three_phase": True, "div_factor": 10}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 30, "cycle_momentum": False}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 30, "pct_start": 0.0, "max_momentum": 0.99}),
]  # fmt: skip

RATES = ("lr", "momentum", "betas", "initial_lr")


def two_groups(name, ours, theirs):
    options = {"lr": 0.05, **({"momentum": 0.9} if name == "SGD" else {})}
    return (
        getattr(optim, name)([{"params": ours[:1]}, {"params": ours[1:], "lr": 0.1}], **options),
        getattr(torch.optim, name)(
            [{"params": theirs[:1]}, {"params": theirs[1:], "lr": 0.1}], **options
        ),
    )


def assert_rates_equal(own, their):
    for a, b in zip(own.param_groups, their.param_groups, strict=True):
        for key in set(RATES) & a.keys():
            np.testing.assert_allclose(a[key], b[key], rtol=1e-12, atol=1e-15, err_msg=key)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options"), SCHEDULES)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_learning_rate_is_pytorchs(name, options, optimizer):
    own, their = two_groups(optimizer, *both(start_values()))
    own_schedule = getattr(schedule, name)(own, **options)
    their_schedule = getattr(torch.optim.lr_scheduler, name)(their, **options)
    assert_rates_equal(own, their)
    for _ in range(STEPS):
        own_schedule.step()
        their_schedule.step()
        assert_rates_equal(own, their)
    assert own_schedule.get_last_lr() == pytest.approx(their_schedule.get_last_lr(), rel=1e-12)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_two_schedules_multiply_as_in_pytorch():
    own, their = two_groups("SGD", *both(start_values()))
    pair = [
        (schedule.LinearLR(own, 0.1, total_iters=4), schedule.CosineAnnealingLR(own, 9)),
        (
            torch.optim.lr_scheduler.LinearLR(their, 0.1, total_iters=4),
            torch.optim.lr_scheduler.CosineAnnealingLR(their, 9),
        ),
    ]
    for _ in range(12):
        for schedules in pair:
            for one in schedules:
                one.step()
        assert_rates_equal(own, their)


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"patience": 0, "factor": 0.5, "cooldown": 3, "min_lr": [1e-3, 1e-2]},
        {"mode": "max", "patience": 1, "threshold": 0.2},
        {"mode": "max", "patience": 1, "threshold": 0.2, "threshold_mode": "abs"},
        {"patience": 1, "threshold": 0.2, "threshold_mode": "abs", "factor": 0.3, "eps": 1e-4},
    ],
)
def test_plateaus_are_pytorchs(options):
    own, their = two_groups("SGD", *both(start_values()))
    own_schedule = schedule.ReduceLROnPlateau(own, **options)
    their_schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(their, **options)
    for metric in np.random.default_rng(3).normal(size=60).cumsum() * 0.1 + 1:
        own_schedule.step(metric)
        their_schedule.step(metric)
        assert_rates_equal(own, their)


def bowl(x, y):
    """A quadratic with a quartic wall, of a matrix and a number."""
    return (x * x).sum() * 0.5 + ((x * x).sum() - y) ** 2 + 0.1 * y * y * y * y


def valley(x, y):
    """Rosenbrock's valley in nine dimensions, two entries of x at a time."""
    first, second = x[:, 0], x[:, 1]
    return ((1 - first) ** 2).sum() + 10 * ((second - first * first) ** 2).sum() + y * y


def waves(x, y):
    """Many minima, so that the slope changes its sign along a line."""
    return ((x - x * x * x / 6) * (x - x * x * x / 6)).sum() + 0.01 * ((x * x) ** 2).sum() + y * y


@pytest.mark.parametrize("loss", [bowl, valley, waves])
@pytest.mark.parametrize(
    "options",
    [
        {"lr": 0.1, "max_iter": 4},
        {"lr": 0.1, "max_iter": 5, "history_size": 3},
        {"max_iter": 4, "line_search_fn": "strong_wolfe"},
        {"lr": 30.0, "max_iter": 6, "line_search_fn": "strong_wolfe", "history_size": 2},
        {"lr": 1e-3, "max_iter": 3, "line_search_fn": "strong_wolfe"},
        {"max_iter": 9, "max_eval": 4, "line_search_fn": "strong_wolfe"},
        {"max_iter": 2, "max_eval": 1, "line_search_fn": "strong_wolfe"},
    ],
)
def test_lbfgs_is_pytorchs(loss, options):
    ours, theirs = both([np.random.default_rng(4).normal(size=(3, 3)), np.array(0.7)])
    own, their = optim.LBFGS(ours, **options), torch.optim.LBFGS(theirs, **options)

    def evaluated(optimizer, parameters):
        def closure():
            optimizer.zero_grad()
            value = loss(*parameters)
            value.backward()
            return value

        return closure

    # Rounding grows from step to step (PyTorch departs as fast from itself, started one rounding
    # error away), so the tolerance is for 24 iterations and more.
    for _ in range(8):
        own_loss = own.step(evaluated(own, ours))
        their_loss = their.step(evaluated(their, theirs))
        np.testing.assert_allclose(own_loss.item(), their_loss.item(), rtol=1e-10, atol=1e-10)
        assert_equal(ours, theirs, 1e-10)
    own_state, their_state = own.state[ours[0]], their.state[theirs[0]]
    assert own_state["n_iter"] == their_state["n_iter"]
    assert own_state["func_evals"] == their_state["func_evals"]
