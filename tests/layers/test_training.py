"""The training loop learns, resumes exactly, and loses nothing."""

import numpy as np
import pytest

import layers
import minigrad as mg
from layers import training, weights
from layers.optim import SGD, Adam
from layers.schedule import CosineAnnealingLR, OneCycleLR, ReduceLROnPlateau


class Network(layers.Module):
    """Two linear layers with dropout between them."""

    def __init__(self, hidden=16, rng=0):
        super().__init__()
        rng = np.random.default_rng(rng)
        self.first = layers.Linear(2, hidden, rng=rng)
        self.drop = layers.Dropout(0.2, rng=rng)
        self.last = layers.Linear(hidden, 2, rng=rng)

    def forward(self, x):
        return self.last(self.drop(mg.relu(self.first(x))))


def rings(count=200, rng=0):
    """Points inside and outside a circle: no line separates them."""
    points = np.random.default_rng(rng).normal(size=(count, 2)).astype(np.float32)
    return points, (np.sum(points**2, axis=1) > 1.4).astype(np.int64)


def run(epochs, hidden=16, optimizer=Adam, data=None, schedule=True, **options):
    model = Network(hidden)
    optimizer = optimizer(model.parameters(), lr=0.05)
    if schedule:
        options.setdefault("schedule", CosineAnnealingLR(optimizer, 6))
    options = {"rng": 1, "progress": False, "batch_size": 32, **options}
    history = layers.fit(model, data or rings(), optimizer=optimizer, epochs=epochs, **options)
    return model, history


def noisy(images, rng):
    return images + 0.01 * rng.normal(size=images.shape).astype(images.dtype)


def assert_same(model, other):
    for (name, one), two in zip(
        model.state_dict().items(), other.state_dict().values(), strict=True
    ):
        np.testing.assert_array_equal(one, two, err_msg=name)


def test_a_network_learns_what_no_line_can_separate():
    model, history = run(12, validation=rings(rng=5), schedule=False)
    assert history.accuracy[-1] > 0.9
    assert history.validation_accuracy[-1] > 0.9
    assert history.loss[-1] < history.loss[0]
    assert len(history.loss) == history.epochs == 12
    assert history.validation_accuracy[-1] == layers.evaluate(model, *rings(rng=5))


def test_the_same_seed_trains_the_same_network_and_another_seed_another():
    one, two, other = (run(2, augment=noisy, rng=seed)[0] for seed in (3, 3, 4))
    assert_same(one, two)
    assert (one.first.weight.data != other.first.weight.data).any()


def test_parameters_stay_float32_even_with_float64_images():
    points, labels = rings()
    model, _ = run(1, data=(points.astype(np.float64), labels))
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("stop_in", ["epoch", "save"])
def test_an_interrupted_run_ends_like_an_uninterrupted_one(tmp_path, monkeypatch, stop_in):
    path = tmp_path / "run.npz"
    straight, expected = run(6, augment=noisy)
    calls = 0

    def interrupted_augment(images, rng):
        nonlocal calls
        calls += 1
        if calls == 24:  # seven batches an epoch: in the middle of the fourth
            raise KeyboardInterrupt
        return noisy(images, rng)

    save, saves = weights.save, 0

    def interrupted_save(*args):
        nonlocal saves
        saves += 1
        if saves == 4:  # the first is before the first epoch
            raise KeyboardInterrupt
        save(*args)

    if stop_in == "save":
        monkeypatch.setattr(weights, "save", interrupted_save)
    with pytest.raises(KeyboardInterrupt):
        run(6, augment=noisy if stop_in == "save" else interrupted_augment, checkpoint=path)
    monkeypatch.undo()
    assert len(weights.load(path)["run.loss"]) == 3

    resumed, history = run(6, augment=noisy, checkpoint=path)
    assert_same(resumed, straight)
    assert history == expected


def test_a_function_of_the_model_can_be_the_validation(capsys):
    def margin(model):
        assert not model.training
        return float(model(rings(rng=5)[0]).data.std())

    model, history = run(2, validation=margin, progress=True)
    assert history.validation_accuracy[-1] == margin(model.eval())
    assert f"margin {history.validation_accuracy[-1]:.4f}" in capsys.readouterr().out


def scores(*values):
    """A validation that returns these values, and the weights that it saw."""
    seen = []

    def score(model):
        seen.append({name: array.copy() for name, array in model.state_dict().items()})
        return values[len(seen) - 1]

    return score, seen


def test_with_patience_a_run_ends_early_with_its_best_weights():
    score, seen = scores(0.1, 0.7, 0.7, 0.5, 0.9)
    model, history = run(5, validation=score, patience=2)
    assert history.epochs == 4
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, seen[1][name])


def test_a_resumed_run_remembers_its_best_weights(tmp_path):
    score, seen = scores(0.8, 0.1)
    run(2, validation=score, patience=3, checkpoint=tmp_path / "run.npz")
    later, _ = scores(0.2, 0.3)
    model, history = run(4, validation=later, patience=3, checkpoint=tmp_path / "run.npz")
    assert history.validation_accuracy == [0.8, 0.1, 0.2, 0.3]
    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, seen[0][name])


def test_patience_needs_a_validation():
    with pytest.raises(ValueError, match="patience 2 needs validation"):
        run(1, patience=2)


def test_a_finished_run_is_not_run_again(tmp_path):
    first, history = run(2, checkpoint=tmp_path / "run.npz")
    again, same = run(2, checkpoint=tmp_path / "run.npz", rng=7, data=lambda rng: 1 / 0)
    assert_same(first, again)
    assert same == history


def test_a_checkpoint_that_cannot_be_written_is_noticed_before_training(tmp_path):
    for path in (tmp_path / "none" / "run.npz", tmp_path / "run.txt"):
        with pytest.raises((OSError, ValueError)):
            run(1, checkpoint=path, data=lambda rng: 1 / 0)


@pytest.mark.parametrize("broken", ["seed", "loss"])
def test_a_broken_checkpoint_is_refused(tmp_path, broken):
    run(1, checkpoint=tmp_path / "run.npz")
    arrays = weights.load(tmp_path / "run.npz")
    weights.save({**arrays, f"run.{broken}": np.ones((2, 2))}, tmp_path / "run.npz")
    with pytest.raises(ValueError, match="no checkpoint of this run"):
        run(2, checkpoint=tmp_path / "run.npz")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"hidden": 8}, "first.weight"),
        ({"optimizer": SGD}, "optimizer"),
        ({"schedule": False}, "schedule"),
    ],
)
def test_the_checkpoint_of_another_run_is_refused_and_changes_nothing(tmp_path, change, named):
    run(1, checkpoint=tmp_path / "run.npz")
    before = (tmp_path / "run.npz").read_bytes()
    model = Network(change.get("hidden", 16), rng=9)
    untouched = Network(change.get("hidden", 16), rng=9)
    optimizer = change.get("optimizer", Adam)(model.parameters(), lr=0.1)
    schedule = CosineAnnealingLR(optimizer, 6) if change.get("schedule", True) else None
    state = optimizer.state_dict()
    with pytest.raises(ValueError, match=named):
        layers.fit(
            model, rings(), optimizer=optimizer, schedule=schedule, epochs=2,
            checkpoint=tmp_path / "run.npz", progress=False,
        )  # fmt: skip
    assert_same(model, untouched)
    assert optimizer.state_dict().keys() == state.keys()
    assert all(np.array_equal(optimizer.state_dict()[k], v) for k, v in state.items())
    assert (tmp_path / "run.npz").read_bytes() == before


def test_batches_come_from_a_list_or_from_a_function_of_the_epochs_generator():
    points, labels = rings(64)
    from_list, _ = run(2, data=[(points[:32], labels[:32]), (points[32:], labels[32:])])
    seeds = []

    def batches(rng):
        seeds.append(rng.integers(1000))
        return ((points[i : i + 32], labels[i : i + 32]) for i in (0, 32))

    run(2, data=batches)
    assert len(set(seeds)) == 2
    assert np.isfinite(from_list.first.weight.data).all()


def test_an_exhausted_iterator_is_an_error():
    points, labels = rings(64)
    with pytest.raises(ValueError, match=r"epoch 2 got no batches.*function"):
        run(2, data=iter([(points, labels)]))


def test_every_sample_is_seen_once_an_epoch_in_another_order():
    points = np.arange(20, dtype=np.float32).reshape(10, 2)
    seen = []

    def note(images, rng):
        seen.append(images[:, 0].copy())
        return images

    run(2, data=(points, np.zeros(10, int)), augment=note, batch_size=4)
    first, second = np.concatenate(seen[:3]), np.concatenate(seen[3:])
    assert [len(batch) for batch in seen] == [4, 4, 2] * 2
    assert sorted(first) == sorted(second) == list(points[:, 0])
    assert list(first) != list(second)


def test_schedules_step_by_batch_or_epoch_or_on_a_plateau():
    model = Network()
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    cycle = OneCycleLR(optimizer, max_lr=0.1, epochs=2, steps_per_epoch=7)
    options = {"optimizer": optimizer, "epochs": 2, "batch_size": 32, "progress": False, "rng": 0}
    layers.fit(model, rings(), schedule=cycle, schedule_every="batch", **options)
    assert cycle.last_epoch == 14
    plateau = ReduceLROnPlateau(optimizer, mode="max", patience=0, threshold=1.0)
    optimizer.param_groups[0]["lr"] = 1.0
    layers.fit(model, rings(), schedule=plateau, **options)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1)


def test_evaluate_uses_evaluation_mode_and_restores_each_modules_own():
    model = Network()
    model.drop.training = False
    points, labels = rings(50)
    expected = np.mean(model.last(mg.relu(model.first(points))).array.argmax(1) == labels)
    model.drop.training = True
    model.first.training = False
    assert layers.evaluate(model, points, labels, batch_size=7) == expected
    assert [m.training for m in (model, model.first, model.drop)] == [True, False, True]
    with pytest.raises(ValueError):
        layers.evaluate(model, points[:, :1], labels)
    assert [m.training for m in (model, model.first, model.drop)] == [True, False, True]


def test_evaluate_counts_pixels_of_label_maps():
    scores = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    labels = scores.argmax(axis=1)
    labels[0, 0, 0] = (labels[0, 0, 0] + 1) % 3
    assert layers.evaluate(lambda x: x, scores, labels) == 1 - 1 / 40


def test_a_loss_that_is_not_a_number_stops_the_run_and_names_the_place():
    points, labels = rings(64)
    points[5] = np.nan
    with pytest.raises(mg.NonFiniteError, match="the loss became nan"):
        run(1, data=(points, labels))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size"),
        ({"data": (np.zeros((3, 2), np.float32), np.zeros(4, int))}, "same length"),
        ({"data": (np.zeros((0, 2), np.float32), np.zeros(0, int))}, "no images"),
        ({"schedule_every": "step"}, "schedule_every"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        run(1, **options)


def test_regression_has_a_loss_and_no_accuracy():
    points, _ = rings(64)
    _, history = run(1, data=(points, points), loss=lambda y, t: ((y - t) ** 2).mean())
    assert np.isnan(history.accuracy[0])
    assert history.loss[0] > 0
    with pytest.raises(ValueError, match="no classes"):
        layers.evaluate(Network(), points, points)


def test_without_a_terminal_an_epoch_is_a_line_and_progress_can_be_off(capsys):
    run(2, progress=True, validation=rings(rng=5))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(word in lines[1] for word in ("epoch 2/2", "loss", "accuracy", "validation", "%"))
    run(2)
    assert capsys.readouterr().out == ""


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    run(2, progress=True)
    shown = capsys.readouterr().out
    assert "left" in shown
    assert "epoch 2/2" in shown


def test_an_interruption_is_told(capsys):
    def interrupt(images, rng):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(3, augment=interrupt, progress=True)
    assert capsys.readouterr().out == "interrupted in epoch 1/3\n"


def test_all_shuffling_copies_no_more_than_a_batch():
    images = np.zeros((1000, 10), np.float32)
    batches = training.ArrayBatches(images, np.zeros(1000, int), 10, np.random.default_rng(0))
    assert batches.images is images
    assert all(len(batch) == 10 for batch, _ in batches)


def test_an_optimizer_of_another_model_is_refused():
    optimizer = SGD(layers.Linear(2, 2).parameters(), lr=0.1)
    data = np.ones((4, 2), np.float32), np.zeros(4, int)
    with pytest.raises(ValueError, match="none of this model's parameters"):
        layers.fit(layers.Linear(2, 2), data, optimizer=optimizer, epochs=1, progress=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [("run.seed", -5), ("run.seed", np.nan), ("run.loss", [1.0]), ("run.epochs", 2)],
)
def test_a_checkpoint_with_a_damaged_record_changes_nothing(tmp_path, name, value):
    path, data = tmp_path / "run.npz", (np.ones((4, 2), np.float32), np.zeros(4, int))

    def run(epochs):
        layers.fit(
            model, data, optimizer=SGD(model.parameters(), lr=0.1), epochs=epochs, checkpoint=path,
            progress=False,
        )  # fmt: skip

    model = layers.Linear(2, 2, rng=0)
    run(2)
    layers.save({**layers.load(path), name: np.array(value)}, path)
    model = layers.Linear(2, 2, rng=1)
    before = model.weight.data.copy()
    with pytest.raises(ValueError, match="no checkpoint of this run"):
        run(3)
    np.testing.assert_array_equal(model.weight.data, before)
