"""Sequential, ModuleList and ModuleDict."""

from collections import OrderedDict

import numpy as np
import pytest

import layers


def three():
    return layers.Sequential(layers.Linear(2, 3), layers.ReLU(), layers.Linear(3, 4))


def test_a_sequential_is_indexed_and_sliced_and_shares_its_modules():
    model = three()
    assert model[-1] is model[2] and len(model) == 3
    part = model[1:]
    assert list(part) == [model[1], model[2]]
    assert list(part.state_dict()) == ["2.weight", "2.bias"]


def test_a_sequential_computes_its_modules_one_after_the_other():
    model = three()
    x = np.ones((5, 2), np.float32)
    assert np.array_equal(model(x).data, model[2](model[1](model[0](x))).data)


def test_a_sequential_takes_names():
    model = layers.Sequential(OrderedDict(first=layers.Linear(1, 2), last=layers.Linear(2, 1)))
    assert list(model.state_dict()) == ["first.weight", "first.bias", "last.weight", "last.bias"]
    assert model.last is model[1]


def test_modules_can_be_appended_and_replaced():
    model = three().append(layers.Tanh())
    model[1] = layers.Sigmoid()
    assert [type(m).__name__ for m in model] == ["Linear", "Sigmoid", "Linear", "Tanh"]


@pytest.mark.parametrize("index", [3, -4])
def test_an_index_out_of_range_is_an_index_error(index):
    with pytest.raises(IndexError, match=f"index {index} into a Sequential of 3"):
        three()[index]


@pytest.mark.parametrize("wrong", [np.tanh, None, "relu"])
def test_what_is_no_module_is_refused(wrong):
    with pytest.raises(TypeError, match="made of modules"):
        layers.Sequential(layers.ReLU(), wrong)
    with pytest.raises(TypeError, match="made of modules"):
        layers.ModuleDict({"a": wrong})


def test_a_module_list_registers_its_modules():
    blocks = layers.ModuleList([layers.Linear(1, 1)])
    blocks.extend([layers.ReLU(), layers.Linear(1, 2)])
    assert list(blocks.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert isinstance(blocks[:2], layers.ModuleList) and len(blocks[:2]) == 2


def test_a_module_dict_is_a_mapping_in_order():
    heads = layers.ModuleDict({"b": layers.Linear(1, 1), "a": layers.ReLU()})
    heads["c"] = layers.Tanh()
    del heads["a"]
    assert list(heads) == heads.keys() == ["b", "c"] and "a" not in heads
    assert [name for name, _ in heads.items()] == ["b", "c"] and len(heads.values()) == 2
    with pytest.raises(KeyError):
        heads["a"]


def test_a_module_dict_refuses_a_name_of_its_own():
    with pytest.raises(ValueError, match="'keys'"):
        layers.ModuleDict({"keys": layers.ReLU()})


def test_a_module_dict_is_made_of_pairs_too():
    heads = layers.ModuleDict([("b", layers.ReLU()), ("a", layers.Tanh())])
    assert list(heads) == ["b", "a"]
