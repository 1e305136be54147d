"""Threads build and walk their own tapes, under their own settings."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import minigrad as mg
from minigrad import settings


def descend(seed):
    """A few hundred steps of a small regression: the loss and the weights at the end."""
    rng = np.random.default_rng(seed)
    x, target = rng.normal(size=(8, 3)), rng.normal(size=(8, 1))
    w = mg.Tensor(rng.normal(size=(3, 1)), requires_grad=True)
    for _ in range(200):
        error = np.tanh(x @ w) - target
        loss = (error * error).mean()
        w.zero_grad()
        loss.backward()
        w.data = w.data - 0.1 * w.grad
    return loss.item(), w.data.copy()


def test_two_threads_get_what_one_gets():
    alone = [descend(seed) for seed in range(4)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(descend, range(4)))
    for (loss, weights), (same_loss, same_weights) in zip(alone, together, strict=True):
        assert loss == same_loss
        np.testing.assert_array_equal(weights, same_weights)


def test_settings_of_one_thread_do_not_reach_another():
    entered, checked = threading.Event(), threading.Event()
    found = {}

    def quiet():
        with mg.no_grad(), mg.kernels("reference"), mg.detect_anomaly():
            entered.set()
            checked.wait(10)
            found["inside"] = settings.current()
        found["after"] = settings.current()

    thread = threading.Thread(target=quiet)
    thread.start()
    assert entered.wait(10)
    assert settings.current() == settings.Settings()
    assert (mg.Tensor([1.0], requires_grad=True) * 2).requires_grad
    with mg.backward_rules(relu=lambda g: g):
        checked.set()
        thread.join()
    assert not found["inside"].recording and not found["inside"].rules
    assert found["after"] == settings.Settings()
