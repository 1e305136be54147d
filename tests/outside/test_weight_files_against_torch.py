"""Files that PyTorch wrote, in both forms: the same values, names, order and types."""

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import layers
from layers.weight_files import raw

torch = pytest.importorskip("torch")

FORMS = {"archive": True, "legacy": False}
both_forms = pytest.mark.parametrize("archive", FORMS.values(), ids=FORMS)
DTYPES = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8",
          "bool"]  # fmt: skip
fuzzed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def save(value, path, archive, **options):
    torch.save(value, path, _use_new_zipfile_serialization=archive, **options)
    return path


def assert_equal(loaded, tensors):
    assert list(loaded) == list(tensors)
    for name, expected in tensors.items():
        expected = expected.detach()
        if expected.dtype == torch.bfloat16:
            expected = expected.float()
        assert loaded[name].dtype == expected.numpy().dtype, name
        assert loaded[name].shape == tuple(expected.shape), name
        assert loaded[name].tobytes() == expected.contiguous().numpy().tobytes(), name


def network():
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.Linear(4, 2)
    )
    model(torch.rand(2, 3, 3, 3))
    return model


@both_forms
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_state_dict_is_read(tmp_path, archive, protocol):
    state = network().state_dict()
    path = save(state, tmp_path / "w.pth", archive, pickle_protocol=protocol)
    assert_equal(layers.load(path), state)


@both_forms
@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_a_checkpoint_with_its_optimizer_is_read(tmp_path, archive, key):
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.rand(2, 3, 3, 3)).sum().backward()
    optimizer.step()
    whole = {"epoch": 3, key: model.state_dict(), "optimizer": optimizer.state_dict(), "best": 0.5}
    assert_equal(layers.load(save(whole, tmp_path / "w.pt", archive)), model.state_dict())


@both_forms
@fuzzed
@given(data=st.data())
def test_any_view_of_any_type_is_read(tmp_path, archive, data):
    tensors = OrderedDict()
    for i in range(data.draw(st.integers(1, 3))):
        shape = data.draw(st.lists(st.integers(0, 4), max_size=3))
        dtype = getattr(torch, data.draw(st.sampled_from(DTYPES)))
        tensor = (100 * torch.randn(shape)).to(dtype)
        tensors[f"whole{i}"] = tensor
        if shape:
            tensors[f"turned{i}"] = tensor.movedim(0, -1)
            tensors[f"part{i}"] = tensor[data.draw(st.integers(0, 3)) :: 2]
            tensors[f"repeated{i}"] = tensor[None].expand(3, *shape)
    assert_equal(layers.load(save(tensors, tmp_path / "w.pth", archive)), tensors)


@both_forms
def test_channels_last_and_parameters_are_read(tmp_path, archive):
    weight = torch.rand(4, 3, 2, 2).contiguous(memory_format=torch.channels_last)
    tensors = {"weight": torch.nn.Parameter(weight), "tied": weight}
    assert_equal(layers.load(save(tensors, tmp_path / "w.pth", archive)), tensors)


@both_forms
def test_a_mapped_file_is_read(tmp_path, archive, monkeypatch):
    monkeypatch.setattr(raw, "_MAPPED", 1)
    state = network().state_dict()
    assert_equal(layers.load(save(state, tmp_path / "w.pth", archive)), state)


@both_forms
def test_a_whole_module_is_refused_by_the_name_of_its_class(tmp_path, archive):
    path = save(network(), tmp_path / "w.pth", archive)
    with pytest.raises(ValueError, match=r"torch\.nn\.modules\.container\.Sequential"):
        layers.load(path)


@both_forms
@pytest.mark.parametrize("dtype", ["complex64", "float8_e4m3fn"])
def test_a_type_that_numpy_networks_do_not_have_is_refused(tmp_path, archive, dtype):
    tensor = torch.zeros(2).to(getattr(torch, dtype))
    with pytest.raises(ValueError, match=r"(ComplexFloatStorage|_v3).*refused"):
        layers.load(save({"a": tensor}, tmp_path / "w.pth", archive))


@both_forms
@fuzzed
@given(data=st.data())
def test_a_damaged_file_is_a_value_error_or_loads_arrays(tmp_path, archive, data):
    state = {"weight": torch.arange(6.0).reshape(2, 3), "half": torch.ones(2).bfloat16()}
    content = bytearray(save(state, tmp_path / "w.pth", archive).read_bytes())
    cut = data.draw(st.booleans(), "cut")
    if cut:
        del content[data.draw(st.integers(0, len(content) - 1), "length") :]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    (tmp_path / "w.pth").write_bytes(content)
    try:
        loaded = layers.load(tmp_path / "w.pth")
    except ValueError as error:
        assert "w.pth" in str(error)
    else:
        assert not cut
        if archive:
            assert_equal(loaded, state)


def test_what_we_save_as_safetensors_holds_the_bytes_of_pytorchs_tensors(tmp_path):
    state = network().state_dict()
    layers.save(
        {name: tensor.numpy() for name, tensor in state.items()}, tmp_path / "w.safetensors"
    )
    loaded = layers.load(tmp_path / "w.safetensors")
    assert_equal(loaded, state)
    assert loaded["1.num_batches_tracked"] == np.int64(1)
