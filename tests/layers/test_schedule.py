"""Schedules: rates that can be saved and resumed, and errors that say what is wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import layers
from layers import optim, schedule

MAKERS = {
    "StepLR": lambda o: schedule.StepLR(o, 3),
    "MultiStepLR": lambda o: schedule.MultiStepLR(o, [2, 5]),
    "ExponentialLR": lambda o: schedule.ExponentialLR(o, 0.8),
    "LinearLR": lambda o: schedule.LinearLR(o, 0.1, total_iters=6),
    "CosineAnnealingLR": lambda o: schedule.CosineAnnealingLR(o, 4, eta_min=0.01),
    "OneCycleLR": lambda o: schedule.OneCycleLR(o, [1.0, 2.0], total_steps=20),
    "ReduceLROnPlateau": lambda o: schedule.ReduceLROnPlateau(o, patience=1, cooldown=1),
}
every_schedule = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def optimizer(kind=optim.SGD, **options):
    if kind is optim.SGD:
        options.setdefault("momentum", 0.9)
    groups = [
        {"params": [layers.Parameter([1.0])]},
        {"params": [layers.Parameter([1.0])], "lr": 0.5},
    ]
    return kind(groups, lr=0.1, **options)


def advance(one, steps):
    for _ in range(steps):
        if isinstance(one, schedule.ReduceLROnPlateau):
            one.step(1.0)
        else:
            one.step()


@every_schedule
@given(before=st.integers(0, 9), after=st.integers(1, 9))
def test_a_saved_schedule_goes_on_as_if_nothing_had_happened(make, before, after):
    straight, resumed = optimizer(), optimizer()
    one = make(straight)
    advance(one, before)
    two = make(resumed)
    two.load_state_dict(one.state_dict())
    resumed.load_state_dict(straight.state_dict())
    advance(one, after)
    advance(two, after)
    assert one.get_last_lr() == two.get_last_lr()
    assert [g["momentum"] for g in straight.param_groups] == [
        g["momentum"] for g in resumed.param_groups
    ]


@every_schedule
def test_the_state_of_another_schedule_is_refused(make):
    one = make(optimizer())
    with pytest.raises(ValueError, match="another schedule"):
        one.load_state_dict({"epoch": np.array(1)})


def test_the_state_for_other_groups_is_refused():
    single = schedule.StepLR(optim.SGD([layers.Parameter([1.0])]), 3)
    with pytest.raises(ValueError, match=r"1 parameter group.*has 2"):
        schedule.StepLR(optimizer(), 3).load_state_dict(single.state_dict())


@given(start=st.floats(0.01, 1.0), steps=st.integers(1, 30))
def test_a_warm_up_ends_at_the_full_rate(start, steps):
    one = schedule.LinearLR(optimizer(), start, total_iters=steps)
    assert one.get_last_lr()[0] == pytest.approx(0.1 * start)
    advance(one, steps + 3)
    assert one.get_last_lr() == pytest.approx([0.1, 0.5])


@given(period=st.integers(1, 50))
def test_a_cosine_comes_down_and_up_again(period):
    one = schedule.CosineAnnealingLR(optimizer(), period, eta_min=0.01)
    advance(one, period)
    assert one.get_last_lr() == pytest.approx([0.01, 0.01])
    advance(one, period)
    assert one.get_last_lr() == pytest.approx([0.1, 0.5])


@given(total=st.integers(1, 60), part=st.floats(0, 1), linear=st.booleans())
def test_one_cycle_stays_between_its_ends(total, part, linear):
    made = optimizer(optim.Adam)
    strategy = "linear" if linear else "cos"
    one = schedule.OneCycleLR(
        made, 1.0, total_steps=total, pct_start=part, anneal_strategy=strategy
    )
    for _ in range(total - 1):
        assert 0 <= made.param_groups[0]["lr"] <= 1
        assert 0.85 - 1e-9 <= made.param_groups[0]["betas"][0] <= 0.95 + 1e-9
        one.step()
    assert made.param_groups[0]["betas"][1] == 0.999
    if total > 1 and part * total < total:
        assert one.get_last_lr()[0] == pytest.approx(1 / 25 / 1e4)


def test_one_cycle_ends():
    one = schedule.OneCycleLR(optimizer(), 1.0, epochs=2, steps_per_epoch=3)
    advance(one, 6)
    with pytest.raises(ValueError, match="made for 6 steps"):
        one.step()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: schedule.StepLR(o, 0), "step_size"),
        (lambda o: schedule.CosineAnnealingLR(o, 2.5), "T_max"),
        (lambda o: schedule.LinearLR(o, start_factor=0), "start_factor"),
        (lambda o: schedule.LinearLR(o, end_factor=2), "end_factor"),
        (lambda o: schedule.OneCycleLR(o, 1.0), "total_steps"),
        (lambda o: schedule.OneCycleLR(o, [1.0], total_steps=5), "1 values of max_lr for 2"),
        (lambda o: schedule.OneCycleLR(o, 1.0, total_steps=5, pct_start=2), "pct_start"),
        (lambda o: schedule.OneCycleLR(o, 1.0, total_steps=5, anneal_strategy="step"), "cos"),
        (lambda o: schedule.ReduceLROnPlateau(o, mode="least"), "mode"),
        (lambda o: schedule.ReduceLROnPlateau(o, factor=1.0), "factor"),
        (lambda o: schedule.ReduceLROnPlateau(o, threshold_mode="x"), "threshold_mode"),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make(optimizer())


def test_one_cycle_needs_a_momentum_to_cycle():
    plain = optim.LBFGS([layers.Parameter([1.0])])
    with pytest.raises(ValueError, match="cycle_momentum=False"):
        schedule.OneCycleLR(plain, 1.0, total_steps=5)


def test_a_schedule_needs_an_optimizer():
    with pytest.raises(TypeError, match="Optimizer"):
        schedule.StepLR([layers.Parameter([1.0])], 3)
