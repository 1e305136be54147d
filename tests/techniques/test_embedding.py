"""PCA and t-SNE."""

import numpy as np
import pytest

from techniques import embedding
from techniques.embedding import neighbourhoods, squared_distances


def clusters():
    """Three groups of 20 points in ten dimensions."""
    rng = np.random.default_rng(0)
    centres = 8 * rng.normal(size=(3, 10))
    return np.repeat(centres, 20, axis=0) + rng.normal(size=(60, 10)), np.repeat(range(3), 20)


def test_pca_keeps_the_most_variance_that_a_plane_can():
    rows, _ = clusters()
    points = embedding(rows).points
    largest = np.linalg.eigvalsh(np.cov(rows.T))[-2:]
    np.testing.assert_allclose(np.sort(points.var(axis=0, ddof=1)), largest)
    assert abs(points[:, 0] @ points[:, 1]) < 1e-8


def test_neighbourhoods_have_the_perplexity_asked_for():
    rows, _ = clusters()
    p = neighbourhoods(rows, perplexity=7)
    np.testing.assert_allclose(p, p.T)
    assert p.sum() == pytest.approx(1) and (np.diag(p) == 0).all()
    distances = squared_distances(rows)
    np.testing.assert_allclose(
        distances, ((rows[:, None] - rows) ** 2).sum(axis=2), atol=1e-9 * distances.max()
    )


def test_tsne_puts_neighbours_beside_each_other():
    rows, labels = clusters()
    result = embedding(rows, "tsne", perplexity=8, steps=250, rng=0)
    distances = squared_distances(result.points) + 1e9 * np.eye(60)
    assert (labels[distances.argmin(axis=1)] == labels).mean() == 1
    again = embedding(rows, "tsne", perplexity=8, steps=250, rng=0)
    assert np.array_equal(result.points, again.points)
    axes = result.plot(labels=labels, names=("a", "b", "c"))
    assert len(axes.collections) == 3


def test_bad_arguments_are_named():
    rows, _ = clusters()
    with pytest.raises(ValueError, match="pca"):
        embedding(rows, "umap")
    with pytest.raises(ValueError, match="perplexity must lie in 1 to N / 3 = 20"):
        embedding(rows, "tsne", perplexity=30)
    with pytest.raises(ValueError, match="3 finite rows"):
        embedding(rows[:2])
