"""Modules: registration, names, state, modes, copies."""

import copy
import pickle

import numpy as np
import pytest

import layers
import minigrad as mg


class Block(layers.Module):
    def __init__(self):
        super().__init__()
        self.first = layers.Linear(3, 4, rng=0)
        self.norm = layers.BatchNorm1d(4)
        self.scale = layers.Parameter(np.ones(4, np.float32))
        self.register_buffer("offset", np.zeros(4, np.float32))

    def forward(self, x):
        return self.norm(self.first(x)) * self.scale + self.offset


def network():
    return layers.Sequential(Block(), layers.ReLU(), layers.Linear(4, 2, rng=1))


def test_a_parameter_owns_a_copy_of_its_array_and_keeps_the_dtype():
    array = np.ones(3)
    parameter = layers.Parameter(array)
    array[0] = 7
    assert parameter.data.tolist() == [1, 1, 1]
    assert parameter.dtype == np.float64 and parameter.requires_grad
    assert layers.Parameter(np.ones(2, np.float32)).dtype == np.float32


def test_a_parameter_of_integers_is_refused_unless_frozen():
    with pytest.raises(TypeError, match="int64"):
        layers.Parameter([1, 2])
    assert not layers.Parameter([1, 2], requires_grad=False).requires_grad


def test_state_holds_own_parameters_then_buffers_then_those_of_submodules():
    assert list(network().state_dict()) == [
        "0.scale", "0.offset", "0.first.weight", "0.first.bias", "0.norm.weight", "0.norm.bias",
        "0.norm.running_mean", "0.norm.running_var", "0.norm.num_batches_tracked",
        "2.weight", "2.bias",
    ]  # fmt: skip


def test_named_parameters_name_each_parameter_once():
    shared = layers.Linear(2, 2)
    model = layers.Sequential(shared, shared)
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    assert list(model.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_named_modules_and_children():
    model = network()
    assert [n for n, _ in model.named_modules()] == ["", "0", "0.first", "0.norm", "1", "2"]
    assert [n for n, _ in model.named_children()] == ["0", "1", "2"]
    assert len(list(model.modules())) == 6 and len(list(model.buffers())) == 4


def test_a_parameter_that_takes_the_place_of_none_stands_where_it_was_registered():
    module = layers.Module()
    module.bias = None
    module.weight = layers.Parameter([1.0])
    module.bias = layers.Parameter([2.0])
    assert list(module.state_dict()) == ["weight", "bias"]


def test_an_array_in_the_place_of_a_parameter_is_refused():
    layer = layers.Linear(2, 2)
    with pytest.raises(TypeError, match=r"weight is a Parameter; a ndarray .* weight\.data"):
        layer.weight = np.ones((2, 2))
    model = network()
    with pytest.raises(TypeError, match="is a ReLU"):
        setattr(model, "1", mg.relu)


@pytest.mark.parametrize("name", ["a.b", "", "forward", "train", "training"])
def test_a_name_that_cannot_be_registered_is_refused(name):
    with pytest.raises(ValueError):
        setattr(layers.Module(), name, layers.Parameter([1.0]))
    with pytest.raises(ValueError):
        layers.Module().register_buffer(name, [1.0])


def test_a_buffer_is_copied_saved_and_not_trained():
    module = layers.Module()
    given = np.zeros(2)
    module.register_buffer("kept", given)
    module.register_buffer("forgotten", [1.0], persistent=False)
    given[0] = 5
    assert module.state_dict()["kept"].tolist() == [0, 0]
    assert list(module.state_dict()) == ["kept"]
    assert [name for name, _ in module.named_buffers()] == ["kept", "forgotten"]
    assert list(module.parameters()) == []


def test_a_buffer_does_not_take_a_tensor_that_is_on_the_tape():
    module = layers.Module()
    module.register_buffer("mean", [0.0])
    with pytest.raises(TypeError, match="detach"):
        module.mean = mg.Tensor([1.0], requires_grad=True) * 2


def test_train_and_eval_reach_every_module():
    model = network().eval()
    assert not any(module.training for module in model.modules())
    assert model.train() is model
    assert all(module.training for module in model.modules())


def test_zero_grad_and_requires_grad_reach_every_parameter():
    model = network()
    model(np.ones((2, 3), np.float32)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    model.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())
    model.requires_grad_(False)
    assert not model(np.ones((2, 3), np.float32)).requires_grad


def test_apply_visits_submodules_first():
    seen = []
    network().apply(lambda module: seen.append(type(module).__name__))
    assert seen == ["Linear", "BatchNorm1d", "Block", "ReLU", "Linear", "Sequential"]


def test_state_is_a_copy_that_training_leaves_alone():
    model = network()
    before = model.state_dict()
    for array in model.state_dict().values():
        array[...] = 9
    for parameter in model.parameters():
        parameter.data[...] = 3
    assert before["2.weight"].max() < 1


# ---- loading ----------------------------------------------------------------------------------


def test_loading_gives_the_same_function():
    source, target = network(), network()
    source(np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32))
    target.load_state_dict(source.state_dict())
    x = np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32)
    assert np.array_equal(source.eval()(x).data, target.eval()(x).data)
    assert target[0].norm.num_batches_tracked == 1


def test_loading_copies_and_casts_to_the_dtype_that_stands():
    layer = layers.Linear(1, 1)
    weight = np.ones((1, 1))
    layer.load_state_dict({"weight": weight, "bias": [0]})
    weight[...] = 5
    assert layer.weight.data.tolist() == [[1.0]] and layer.weight.dtype == np.float32


def test_loading_between_forward_and_backward_does_not_change_the_gradient():
    layer = layers.Linear(1, 1, bias=False)
    layer.load_state_dict({"weight": [[2.0]]})
    x = mg.Tensor(np.ones((1, 1), np.float32), requires_grad=True)
    y = layer(x).sum()
    layer.load_state_dict({"weight": [[50.0]]})
    y.backward()
    assert x.grad.tolist() == [[2.0]]


BAD_STATES = {
    "missing": (lambda s: s.pop("2.bias"), r"2\.bias is missing"),
    "unexpected": (lambda s: s.update(extra=np.zeros(1)), "extra is unexpected"),
    "misspelt": (
        lambda s: s.update({"2.wieght": s.pop("2.weight")}),
        r"2\.weight is missing; did you mean '2\.wieght'",
    ),
    "shape": (
        lambda s: s.update({"2.weight": np.zeros((4, 2))}),
        r"2\.weight has shape \(4, 2\), the module needs \(2, 4\)",
    ),
    "kind": (lambda s: s.update({"2.bias": np.array(["a", "b"])}), r"2\.bias holds <U1"),
    "fraction": (
        lambda s: s.update({"0.norm.num_batches_tracked": np.array(0.5)}),
        r"num_batches_tracked holds float64, the module needs int64",
    ),
    "overflow": (
        lambda s: s.update({"2.bias": np.array([1e300, 0.0])}),
        r"2\.bias holds values too large for float32",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_STATES)
def test_a_bad_state_is_named_and_changes_nothing(name):
    spoil, message = BAD_STATES[name]
    model = network()
    before = model.state_dict()
    state = {key: array + 1 for key, array in model.state_dict().items()}
    spoil(state)
    with pytest.raises(ValueError, match=message):
        model.load_state_dict(state)
    for key, array in model.state_dict().items():
        assert np.array_equal(array, before[key])


def test_without_strict_the_names_that_differ_are_returned():
    layer = layers.Linear(1, 1)
    keys = layer.load_state_dict({"weight": [[3.0]], "extra": [1.0]}, strict=False)
    assert keys.missing_keys == ["bias"] and keys.unexpected_keys == ["extra"]
    assert layer.weight.data.item() == 3
    with pytest.raises(ValueError, match="shape"):
        layer.load_state_dict({"weight": [3.0]}, strict=False)


def test_loading_something_else_than_a_dict_is_refused():
    with pytest.raises(TypeError, match=r"layers\.load"):
        layers.Linear(1, 1).load_state_dict("weights.npz")


# ---- copies, casts, pictures ------------------------------------------------------------------


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_is_equal_and_independent(duplicate):
    model = network()
    twin = duplicate(model)
    before = model.state_dict()
    for key, array in twin.state_dict().items():
        assert np.array_equal(array, before[key])
    twin(np.ones((2, 3), np.float32)).sum().backward()
    for parameter in twin.parameters():
        parameter.data[...] = 0
    assert all(np.array_equal(array, before[key]) for key, array in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_deep_copy_keeps_shared_parameters_shared():
    shared = layers.Linear(2, 2)
    twin = copy.deepcopy(layers.Sequential(shared, shared))
    assert twin[0] is twin[1] and len(list(twin.parameters())) == 2


def test_double_and_float_turn_parameters_and_floating_buffers():
    model = network().double()
    dtypes = {key: array.dtype.name for key, array in model.state_dict().items()}
    assert dtypes.pop("0.norm.num_batches_tracked") == "int64"
    assert set(dtypes.values()) == {"float64"}
    assert model.float()[2].weight.dtype == np.float32


def test_repr_is_a_tree():
    assert repr(network()) == (
        "Sequential(\n"
        "  (0): Block(\n"
        "    (first): Linear(3, 4)\n"
        "    (norm): BatchNorm1d(4)\n"
        "  )\n"
        "  (1): ReLU()\n"
        "  (2): Linear(4, 2)\n"
        ")"
    )


def test_an_unknown_layer_is_answered_with_near_names():
    with pytest.raises(ValueError, match=r"'0\.frist'; did you mean '0\.first'"):
        network().get_submodule("0.frist")


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match="forward"):
        layers.ModuleList()(1)


def test_parts_are_registered_under_names_made_at_run_time():
    model = layers.Module()
    for i in range(2):
        model.add_module(f"block{i}", layers.Linear(1, 1, bias=False))
    model.register_parameter("scale", layers.Parameter([1.0]))
    model.register_parameter("shift", None)
    assert list(model.state_dict()) == ["scale", "block0.weight", "block1.weight"]
    assert model.shift is None
    with pytest.raises(TypeError, match="Parameter"):
        model.register_parameter("offset", np.ones(1))
    with pytest.raises(TypeError, match="Module"):
        model.add_module("activation", mg.relu)


@pytest.mark.parametrize("name", ["", "a.b", "forward"])
def test_a_name_that_cannot_be_one_is_refused_even_without_a_value(name):
    for register in (layers.Module().add_module, layers.Module().register_parameter):
        with pytest.raises(ValueError, match="name"):
            register(name, None)


def test_gradients_are_forgotten_or_set_to_zero():
    model = layers.Linear(2, 1, rng=0)
    model(np.ones((1, 2), np.float32)).sum().backward()
    model.zero_grad(set_to_none=False)
    assert model.weight.grad.tolist() == [[0, 0]]
    model.zero_grad()
    assert model.weight.grad is None


def test_updating_a_parameter_as_a_tensor_is_an_error_not_a_training_that_does_nothing():
    model = layers.Linear(2, 1, rng=0)
    model(np.ones((1, 2), np.float32)).sum().backward()
    with mg.no_grad():
        for parameter in model.parameters():
            with pytest.raises(TypeError, match=r"p\.data -= "):
                parameter -= 0.1 * parameter.grad
    scaled = model.weight
    scaled *= 2  # recorded: a new Tensor, as everywhere
    assert scaled is not model.weight and scaled.requires_grad


def test_a_value_that_is_no_array_is_named_and_nothing_is_loaded():
    class Elsewhere:
        def __array__(self, *arguments, **options):
            raise RuntimeError("has no array here")

    model = layers.Linear(1, 1, rng=0)
    before = model.state_dict()
    with pytest.raises(ValueError, match="bias has no array here"):
        model.load_state_dict({"weight": [[5.0]], "bias": Elsewhere()})
    assert model.state_dict() == before
