"""Some of the damaged files that ``python -m tests.layers.fuzzing`` makes."""

from .fuzzing import fuzz


def test_damaged_files_give_arrays_or_a_clear_error():
    outcomes = fuzz(900, seed=1)
    for suffix in (".npz", ".safetensors", ".pth"):
        assert outcomes[suffix, "refused"] > 200
