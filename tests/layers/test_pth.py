"""PyTorch's .pth: files written by hand, honest and hostile. No PyTorch is needed."""

import io
import pickle
import pickletools
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import layers
from layers.weight_files import raw

MAGIC = 0x1950A86A20F9469CFC6C
ARRAYS = {"conv.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "count": np.int64([3])}
CODES = {"f4": "Float", "i8": "Long", "u1": "Byte", "b1": "Bool", "u2": "BFloat16"}
fuzzed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Name:
    """Pickled as the name of something, which need not exist here."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Call:
    """Pickled as a call."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments


class Storage:
    def __init__(self, key, array, code=None, count=None, kind="torch"):
        self.key, self.array = key, array
        self.count = array.size if count is None else count
        code = code or CODES[f"{array.dtype.kind}{array.dtype.itemsize}"]
        self.storage_class = Name(kind, f"{code}Storage")


def tensor(storage, shape, strides, offset=0, function="_rebuild_tensor_v2", **changes):
    arguments = changes.get("arguments", (False, OrderedDict()))
    return Call(Name("torch._utils", function), storage, offset, shape, strides, *arguments)


class Pickler(pickle._Pickler):
    """Writes names of what is not here, and storages as persistent ids."""

    def __init__(self, *args, reference_length=5, **kwargs):
        super().__init__(*args, **kwargs)
        self.reference_length = reference_length

    def save(self, value, save_persistent_id=True):
        if isinstance(value, Name):
            self.write(f"c{value.module}\n{value.name}\n".encode())
        elif isinstance(value, Call):
            self.save(value.function)
            self.save(tuple(value.arguments))
            self.write(pickle.REDUCE)
        else:
            super().save(value, save_persistent_id)

    def persistent_id(self, value):
        if isinstance(value, Storage):
            reference = ("storage", value.storage_class, value.key, "cpu", value.count, None)
            return reference[: self.reference_length]
        return None


def pickled(value, protocol=2, **kwargs):
    stream = io.BytesIO()
    Pickler(stream, protocol, **kwargs).dump(value)
    return stream.getvalue()


def checkpoint(arrays=ARRAYS):
    """The description of these arrays, and their storages."""
    storages = [Storage(str(i), array) for i, array in enumerate(arrays.values())]
    state = OrderedDict()
    for (name, array), storage in zip(arrays.items(), storages, strict=True):
        strides = tuple(stride // array.itemsize for stride in array.strides)
        state[name] = tensor(storage, array.shape, strides)
    return state, storages


def write_archive(path, state, storages=(), byteorder=None, compression=zipfile.ZIP_STORED, **more):
    with zipfile.ZipFile(path, "w", compression) as file:
        data = state if isinstance(state, bytes) else pickled(state)
        file.writestr("archive/data.pkl", data)
        if byteorder:
            file.writestr("archive/byteorder", byteorder)
        for storage in storages:
            file.writestr(f"archive/data/{storage.key}", storage.array.tobytes())
        for name, content in more.items():
            file.writestr(f"archive/{name}", content)
    return path


def write_legacy(path, state, storages=(), keys=None, tail=b""):
    parts = [pickled(value) for value in (MAGIC, 1001, {"little_endian": True})]
    parts.append(state if isinstance(state, bytes) else pickled(state, reference_length=6))
    parts.append(pickled([storage.key for storage in storages] if keys is None else keys))
    for storage in storages:
        parts.append(struct.pack("<q", storage.array.size) + storage.array.tobytes())
    path.write_bytes(b"".join(parts) + tail)
    return path


WRITERS = {"archive": write_archive, "legacy": write_legacy}
both_forms = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


def assert_equal(loaded, arrays):
    assert list(loaded) == list(arrays)
    for name, array in arrays.items():
        assert loaded[name].dtype == array.dtype and np.array_equal(loaded[name], array)
        assert loaded[name].flags.writeable


@both_forms
@pytest.mark.parametrize("mapped", [False, True])
def test_tensors_are_read(tmp_path, monkeypatch, write, mapped):
    if mapped:
        monkeypatch.setattr(raw, "_MAPPED", 1)
    path = write(tmp_path / "w.pth", *checkpoint())
    loaded = layers.load(path)
    assert_equal(loaded, ARRAYS)
    content = path.read_bytes()
    loaded["conv.weight"] += 1
    assert path.read_bytes() == content


@both_forms
def test_a_tensor_is_a_view_of_its_storage(tmp_path, write):
    storage = Storage("0", np.arange(12, dtype=np.float32))
    state = {
        "whole": tensor(storage, (3, 4), (4, 1)),
        "transposed": tensor(storage, (4, 3), (1, 4)),
        "part": tensor(storage, (2, 2), (4, 1), offset=5),
        "last": tensor(storage, (), (), offset=11),
        "expanded": tensor(storage, (2, 3), (0, 1), offset=1),
        "nothing": tensor(storage, (0, 7), (7, 1), offset=12),
        "parameter": Call(
            Name("torch._utils", "_rebuild_parameter"), tensor(storage, (2,), (1,)), True, {}
        ),
        "old": tensor(storage, (2,), (3,), function="_rebuild_tensor", arguments=()),
        "size": tensor(storage, Call(Name("torch", "Size"), (1, 2)), (2, 1)),
    }
    loaded = layers.load(write(tmp_path / "w.pth", state, [storage]))
    whole = np.arange(12, dtype=np.float32).reshape(3, 4)
    expected = {
        "whole": whole,
        "transposed": whole.T,
        "part": whole[1:, 1:3],
        "last": np.float32(11),
        "expanded": np.float32([[1, 2, 3], [1, 2, 3]]),
        "nothing": np.empty((0, 7), np.float32),
        "parameter": np.float32([0, 1]),
        "old": np.float32([0, 3]),
        "size": np.float32([[0, 1]]),
    }
    assert_equal(loaded, expected)
    loaded["whole"][0, 0] = 9
    assert loaded["parameter"][0] == 9 and loaded["transposed"][0, 0] == 0


@both_forms
def test_bfloat16_becomes_float32(tmp_path, write):
    storage = Storage("0", np.uint16([0x3F80, 0xC020]))
    loaded = layers.load(write(tmp_path / "w.pth", {"a": tensor(storage, (2,), (1,))}, [storage]))
    assert_equal(loaded, {"a": np.float32([1, -2.5])})


def test_an_archive_in_the_other_byte_order_is_read(tmp_path):
    storage = Storage("0", np.arange(3, dtype=">f4"))
    path = tmp_path / "w.pth"
    write_archive(path, {"a": tensor(storage, (3,), (1,))}, [storage], byteorder="big")
    assert_equal(layers.load(path), {"a": np.arange(3, dtype=np.float32)})
    write_archive(path, {"a": tensor(storage, (3,), (1,))}, [storage], byteorder="middle")
    with pytest.raises(ValueError, match="archive/byteorder"):
        layers.load(path)


def test_a_dict_of_pairs_as_python_2_wrote_it_is_read(tmp_path):
    state, storages = checkpoint()
    pairs = Call(Name("collections", "OrderedDict"), [list(item) for item in state.items()])
    assert_equal(layers.load(write_legacy(tmp_path / "w.pth", pairs, storages)), ARRAYS)


@both_forms
def test_a_file_from_a_gpu_is_read(tmp_path, write):
    storage = Storage("0", np.float32([1]), kind="torch.cuda")
    loaded = layers.load(write(tmp_path / "w.pt", {"a": tensor(storage, (1,), (1,))}, [storage]))
    assert_equal(loaded, {"a": np.float32([1])})


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_that_holds_names_is_read(tmp_path, protocol):
    state, storages = checkpoint()
    path = write_archive(tmp_path / "w.pth", pickled(state, protocol), storages)
    assert_equal(layers.load(path), ARRAYS)


@pytest.mark.parametrize("key", ["state_dict", "model", "anything"])
def test_the_only_state_dict_of_a_checkpoint_is_returned(tmp_path, key):
    state, storages = checkpoint()
    whole = {"epoch": 3, "losses": [0.5, None], key: state, "optimizer": {"state": {0: {}}}}
    assert_equal(layers.load(write_archive(tmp_path / "w.pth", whole, storages)), ARRAYS)


def test_what_is_no_tensor_is_left_out(tmp_path):
    state, storages = checkpoint()
    path = write_archive(tmp_path / "w.pth", {"epoch": 3, **state, "more": {"a": 1}}, storages)
    assert_equal(layers.load(path), ARRAYS)


def test_the_choice_between_state_dicts_is_left_to_the_user(tmp_path):
    state, storages = checkpoint()
    path = write_archive(tmp_path / "w.pth", {"one": state, "two": dict(state)}, storages)
    with pytest.raises(ValueError, match=r"w\.pth.*several.*'one', 'two'"):
        layers.load(path)
    assert_equal(
        layers.load(write_archive(path, {"model": state, "same": state}, storages)), ARRAYS
    )


@pytest.mark.parametrize("value", [[1], "text", None, {"a": 1}, {"a": {"b": {"c": 1}}}])
def test_a_file_without_a_dict_of_tensors_is_refused(tmp_path, value):
    with pytest.raises(ValueError, match=r"w\.pth.*(not a dict of tensors|no tensors by name)"):
        layers.load(write_archive(tmp_path / "w.pth", value))


def test_a_tensor_needs_a_name(tmp_path):
    storage = Storage("0", np.float32([1]))
    state = {5: tensor(storage, (1,), (1,))}
    with pytest.raises(ValueError, match="entry 5"):
        layers.load(write_archive(tmp_path / "w.pth", state, [storage]))


# ---- hostile pickles --------------------------------------------------------------------------


class Harm:
    """Would create a file when unpickled."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


@both_forms
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_malicious_pickle_runs_nothing(tmp_path, write, protocol):
    trace = tmp_path / "trace"
    harm = pickled({"a": Harm(open, str(trace), "w")}, protocol)
    pickle.loads(harm)["a"].close()  # it would work
    trace.unlink()
    with pytest.raises(ValueError, match=r"w\.pth.*open.*refused"):
        layers.load(write(tmp_path / "w.pth", harm))
    assert not trace.exists()


NAMES = [
    ("os", "system"), ("builtins", "eval"), ("builtins", "getattr"), ("collections", "Counter"),
    ("torch", "load"), ("torch._utils", "_rebuild_tensor_v3"), ("torch", "ComplexFloatStorage"),
    ("torch.storage", "UntypedStorage"), ("numpy.core.multiarray", "_reconstruct"),
    ("collections", "OrderedDict.update"), ("argparse", "Namespace"), ("copyreg", "__newobj__"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_any_other_name_is_refused_and_named(tmp_path, module, name):
    with pytest.raises(ValueError, match=rf"data\.pkl.*'{module}\.{name}', which is refused"):
        layers.load(write_archive(tmp_path / "w.pth", {"a": Name(module, name)}))


STORAGE = Name("torch", "FloatStorage")
REBUILD = Name("torch._utils", "_rebuild_tensor_v2")
NONSENSE = {
    "calls a storage": Call(STORAGE, 3),
    "calls a text": Call("text", 3),
    "rebuilds without a storage": Call(REBUILD, "x", 0, (1,), (1,), False, {}),
    "rebuilds with too little": Call(REBUILD, "x"),
    "makes a parameter of a number": Call(Name("torch._utils", "_rebuild_parameter"), 1, True, {}),
    "makes a size of a text": Call(Name("torch", "Size"), "abc"),
    "makes a dict of a number": Call(Name("collections", "OrderedDict"), 3),
    "makes a dict of triples": Call(Name("collections", "OrderedDict"), [[1, 2, 3]]),
    "has a tuple for a key": {(1, 2): 3},
    "has an enormous key": {2**61 - 1: 3},
    "has a set": {1, 2},
    "has bytes": b"abc",
    "has an instance": Harm(object.__new__, Harm),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_a_pickle_that_does_something_else_is_refused(tmp_path, what):
    with pytest.raises(ValueError, match=r"w\.pth.*data\.pkl"):
        layers.load(write_archive(tmp_path / "w.pth", pickled({"a": NONSENSE[what]}, protocol=4)))


@pytest.mark.parametrize(
    "code",
    [
        b"", b".", b"\x80\x02", b"h\x05.", b"j\xff\xff\xff\xff.", b"X\xff\xff\xff\x7fabc.",
        b"\x8d" + b"\xff" * 8 + b".", b"t.", b"e.", b"u.", b"}b.", b"R.", b"\x87.",
        b"c" + b"a" * 999, b"(Kau.", b"]Ka}b.", b"Nq\x00(h\x00u.", b"cos\nsystem\n(S'true'\ntR.",
        b"\x96" + b"\xff" * 8,
        b"Vabc\n.", b"\x82\x01.", b"K\x01Q.", b"P1\n.", b"]]b.", b"]]\x93.", b"Xabc",
    ],
)  # fmt: skip
def test_a_pickle_that_is_damaged_is_refused(tmp_path, code):
    with pytest.raises(ValueError, match=r"w\.pth.*data\.pkl"):
        layers.load(write_archive(tmp_path / "w.pth", code))


def test_a_pickle_cannot_take_time_or_memory_out_of_proportion(tmp_path):
    # Lists that hold the one before twice, under names, as a key, and as a module's name.
    doubled = b"]" + b"".join(b"q\x00]h\x00ah\x00a" for _ in range(100))
    deep = b"K\x01" + b"\x85" * 300_000
    wide = (
        b"]("
        + b"]K\x01aK\x01a" * 10_000
        + b"eq\x00"
        + b"ccollections\nOrderedDict\nh\x00\x85R" * 20_000
    )
    for code in (doubled + b".", b"}" + doubled + b"Ns.", doubled + b"q\x00h\x00\x93."):
        with pytest.raises(ValueError):
            layers.load(write_archive(tmp_path / "w.pth", code))
    for code in (b"}" + deep + b"Ns.", deep + b".", b"r\xff\xff\xff\xff."):
        with pytest.raises(ValueError):
            layers.load(write_archive(tmp_path / "w.pth", code))
    assert layers.load(write_archive(tmp_path / "w.pth", wide + b".")) == {}


# ---- tensors and storages that lie --------------------------------------------------------------

LIES = {
    "beyond the end": {"shape": (13,), "strides": (1,)},
    "behind the end": {"shape": (1,), "strides": (1,), "offset": 12},
    "strided beyond the end": {"shape": (2, 2), "strides": (11, 1)},
    "negative offset": {"shape": (1,), "strides": (1,), "offset": -1},
    "negative strides": {"shape": (2,), "strides": (-1,), "offset": 5},
    "negative shape": {"shape": (-1,), "strides": (1,)},
    "fractions": {"shape": (1.0,), "strides": (1,)},
    "bools": {"shape": (True,), "strides": (1,)},
    "lists": {"shape": [1], "strides": [1]},
    "fewer strides": {"shape": (1, 1), "strides": (1,)},
    "many axes": {"shape": (1,) * 40, "strides": (1,) * 40},
    "enormous": {"shape": (2**62, 2**62), "strides": (1, 1)},
    "a bomb": {"shape": (2**40,), "strides": (0,)},
    "an empty bomb": {"shape": (0, 2**62, 2**62), "strides": (1, 1, 1)},
    "negated": {"shape": (1,), "strides": (1,), "arguments": (False, {}, {"neg": True})},
}


@both_forms
@pytest.mark.parametrize("lie", LIES)
def test_a_tensor_that_reaches_outside_its_storage_is_refused(tmp_path, write, lie):
    storage = Storage("0", np.arange(12, dtype=np.float32))
    with pytest.raises(ValueError, match=r"w\.pth"):
        layers.load(write(tmp_path / "w.pth", {"liar": tensor(storage, **LIES[lie])}, [storage]))


def test_a_tensor_out_of_bounds_is_named(tmp_path):
    storage = Storage("0", np.arange(12, dtype=np.float32))
    state = {"liar": tensor(storage, (4, 4), (4, 1))}
    with pytest.raises(ValueError, match=r"'liar'.*reach element 15 of a storage of 12"):
        layers.load(write_archive(tmp_path / "w.pth", state, [storage]))


@both_forms
def test_a_storage_of_another_size_than_claimed_is_refused(tmp_path, write):
    for count in (11, 13, 2**62):
        storage = Storage("0", np.arange(12, dtype=np.float32), count=count)
        state = {"a": tensor(storage, (2,), (1,))}
        with pytest.raises(ValueError, match=r"w\.pth.*storage|w\.pth.*data/0"):
            layers.load(write(tmp_path / "w.pth", state, [storage]))


@both_forms
def test_a_bool_is_0_or_1(tmp_path, write):
    storage = Storage("0", np.uint8([0, 1, 2]), code="Bool")
    with pytest.raises(ValueError, match=r"'a'.*bool"):
        layers.load(write(tmp_path / "w.pth", {"a": tensor(storage, (3,), (1,))}, [storage]))


def test_the_storages_of_the_older_form_are_accounted_for(tmp_path):
    state, storages = checkpoint()
    path = tmp_path / "w.pth"
    for change in (
        {"tail": b"x"}, {"keys": ["0"]}, {"keys": ["0", "0"]}, {"keys": ["0", "7"]},
        {"keys": 5}, {"keys": [["0"], 1]}, {"keys": ["1", "0"]},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"w\.pth.*(storage|follow)"):
            layers.load(write_legacy(path, state, storages, **change))
    other = Storage("0", np.float32([1]), code="Int")
    state["other"] = tensor(other, (1,), (1,))
    with pytest.raises(ValueError, match="two kinds"):
        layers.load(write_legacy(path, state, storages))


def test_an_archive_that_is_none_of_pytorchs_is_refused(tmp_path):
    path = tmp_path / "w.pth"
    for names in (["readme"], ["data.pkl"], ["a/b/data.pkl"], ["a/data.pkl", "b/data.pkl"]):
        with zipfile.ZipFile(path, "w") as file:
            for name in names:
                file.writestr(name, pickled({}))
        with pytest.raises(ValueError, match=r"without PyTorch's data\.pkl"):
            layers.load(path)
    state, storages = checkpoint()
    with pytest.raises(ValueError, match="'archive/data/1' is missing"):
        layers.load(write_archive(path, state, storages[:1]))
    with pytest.raises(ValueError, match="compressed"):
        layers.load(write_archive(path, state, storages, compression=zipfile.ZIP_DEFLATED))


def test_a_storage_is_only_looked_up_inside_the_archive(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(4))
    storage = Storage("../../../secret", np.float32([0]))
    path = write_archive(tmp_path / "w.pth", {"a": tensor(storage, (1,), (1,))})
    with pytest.raises(ValueError, match="secret' is missing"):
        layers.load(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"ustar", b"\x80\x02K\x01.", b"x" * 999])
def test_another_kind_of_file_is_refused(tmp_path, content):
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(ValueError, match=r"w\.pth is not a readable weight file"):
        layers.load(tmp_path / "w.pth")


def test_pytorchs_files_are_not_written(tmp_path):
    with pytest.raises(ValueError, match=r"w\.pth.*\.safetensors"):
        layers.save(ARRAYS, tmp_path / "w.pth")


@both_forms
@fuzzed
@given(data=st.data())
def test_a_damaged_file_is_a_value_error_or_loads_arrays(tmp_path, write, data):
    path = write(tmp_path / "w.pth", *checkpoint())
    content = bytearray(path.read_bytes())
    cut = data.draw(st.booleans(), "cut")
    if cut:
        del content[data.draw(st.integers(0, len(content) - 1), "length") :]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        loaded = layers.load(path)
    except ValueError as error:
        assert "w.pth" in str(error)
    else:
        assert not cut
        if write is write_archive:  # its bytes have checksums
            assert_equal(loaded, ARRAYS)
        assert sum(array.nbytes for array in loaded.values()) <= len(content)


OPCODES = [bytes([ord(opcode.code)]) for opcode in pickletools.opcodes]


@fuzzed
@given(st.lists(st.sampled_from(OPCODES) | st.binary(max_size=5), max_size=30))
def test_any_sequence_of_instructions_is_refused_or_holds_no_tensors(tmp_path, instructions):
    path = write_archive(tmp_path / "w.pth", b"".join(instructions) + b".")
    try:
        assert layers.load(path) == {}
    except ValueError as error:
        assert "w.pth" in str(error)
