"""A Dask cluster gives the marks that one machine gives."""

from __future__ import annotations

import pytest

from minigrad.grading import cluster, grade_all

from .test_course import handed_in, stored  # noqa: F401

distributed = pytest.importorskip("distributed", reason="Dask is not installed")


def test_two_workers_give_the_same_marks_as_none(handed_in, tmp_path, small):  # noqa: F811
    alone = tmp_path / "alone"
    grade_all(small, handed_in, alone)
    (tmp_path / "together").mkdir()
    (tmp_path / "together" / "results.sqlite").write_bytes(
        (alone / "results.sqlite").read_bytes()  # the same secret
    )
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
        ) as local,
        cluster.workers(local.scheduler_address) as workers,
    ):
        graded = grade_all(
            small, handed_in, tmp_path / "together", jobs=2, again=True, workers=workers
        )
    assert graded.graded == 8
    assert stored(tmp_path / "together") == stored(alone)


def test_no_address_means_no_cluster():
    with cluster.workers(None) as workers:
        assert workers is None
