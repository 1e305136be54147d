"""Small networks to attack, and a count of how often each was asked."""

import numpy as np

import minigrad as mg


def model_of(seed, classes=4, values=12):
    rng = np.random.default_rng(seed)
    hidden, output = rng.normal(size=(values, 9)), rng.normal(size=(9, classes))
    return lambda x: mg.relu(x.reshape(len(x), values) @ hidden) @ output


def linear_of(seed, classes=4, values=12):
    weight = np.random.default_rng(seed).normal(size=(values, classes))
    return lambda x: x.reshape(len(x), values) @ weight, weight


def images_of(seed, count=4, bounds=(0, 1), dtype=np.float64):
    low, high = bounds
    drawn = np.random.default_rng(seed + 1).uniform(low, high, size=(count, 3, 2, 2))
    return np.clip(drawn.astype(dtype), low, high)


def predict(model, images):
    return model(mg.Tensor(images)).data.argmax(axis=1)


class Counted:
    """A model that counts the images it is shown."""

    def __init__(self, model):
        self.model, self.images = model, 0

    def __call__(self, x):
        self.images += len(x)
        return self.model(x)
