"""The house: which way imports point, what is public, what every part carries."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad as mg

ROOT = Path(__file__).parent.parent
PACKAGES = ("minigrad", "layers", "techniques")  # each may import those before it
# llvmlite comes with Numba, Pillow with matplotlib, MarkupSafe with Jinja2.
DEPENDENCIES = {"numpy", "numba", "llvmlite", "matplotlib", "PIL", "rich", "jinja2", "markupsafe"}
# What only the testing tools import, and only when they are asked for.
TESTING = {"pytest", "hypothesis"}
# What comes with an extra, and the one file that needs it.
EXTRAS = {"minigrad/grading/cluster.py": {"distributed"}}


def files(*folders):
    """All Python files in some folders at the top of the repository."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path.relative_to(ROOT) for path in found)


FILES = files(*PACKAGES)


def parsed(file):
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


# ---- imports ----------------------------------------------------------------------------------


def imported(file):
    """The top packages a file imports, also inside functions, and the line of each import."""
    package = file.parent.parts
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield node.module.split(".")[0], node.lineno
            else:
                assert node.level <= len(package), f"{file}:{node.lineno} leaves its package"
                yield package[0], node.lineno


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_only_point_down(package):
    below = set(PACKAGES[: PACKAGES.index(package) + 1])
    wrong = [
        f"{file}:{line} imports {name}"
        for file in FILES
        if file.parts[0] == package
        for name, line in imported(file)
        if name not in below | DEPENDENCIES | sys.stdlib_module_names
        and not (name in TESTING and file.parts[:2] == ("minigrad", "testing"))
        and name not in EXTRAS.get(file.as_posix(), ())
    ]
    assert not wrong, "\n".join(wrong)


def test_importing_the_engine_loads_nothing_heavy():
    code = "import minigrad, sys; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert "numpy" in loaded
    assert not (DEPENDENCIES - {"numpy"} | {"layers", "techniques"}) & set(loaded)


# ---- public names -----------------------------------------------------------------------------

PUBLIC = {
    "minigrad": """
        Tensor primitive primitives tape no_grad backward_rules kernels detect_anomaly grad vjp jvp
        jacobian hessian hvp set_num_threads
        conv2d conv_transpose2d max_pool2d max_unpool2d avg_pool2d adaptive_avg_pool2d interpolate
        pad unfold fold batch_norm layer_norm group_norm instance_norm dropout
        relu leaky_relu elu gelu silu sigmoid softplus softmax log_softmax logsumexp
        cross_entropy nll_loss mse_loss l1_loss binary_cross_entropy_with_logits dice_loss
        exp log sin tanh sqrt sum mean max min var std matmul einsum concatenate stack where clip
        reshape transpose cumsum take tensordot sort median
    """,
    "minigrad.Tensor": """
        data grad shape ndim size dtype T requires_grad name node item numpy detach backward
        zero_grad register_hook retain_grad sum mean max min var std reshape transpose squeeze
        astype
    """,
    "minigrad.grading": """
        Arrays Assignment Check Class Gradients IsolationError Launcher Limits Mistake Problem
        Property Result Score Submission grade grade_all load
    """,
    "minigrad.stepping": """
        Stepper Comparison explain recording example write_html plot_tape save_gif on_operation
        on_tensor on_nan on_vanishing on_exploding
    """,
    "layers": """
        Module Parameter Sequential ModuleList ModuleDict Linear Conv2d ConvTranspose2d MaxPool2d
        MaxUnpool2d AvgPool2d AdaptiveAvgPool2d Upsample BatchNorm1d BatchNorm2d LayerNorm
        GroupNorm InstanceNorm2d ReLU ReLU6 LeakyReLU ELU GELU SiLU Sigmoid Tanh Softmax Dropout
        Dropout2d Flatten Identity CrossEntropyLoss NLLLoss MSELoss L1Loss BCEWithLogitsLoss
        DiceLoss init optim schedule save load capture fit models
    """,
    "layers.optim": "SGD Adam AdamW RMSprop LBFGS",
    "layers.models": "LeNet",
    "techniques": """
        weight_grid activation_maps saliency smooth_grad integrated_gradients backprop deconvnet
        guided_backprop grad_cam grad_cam_plus_plus layer_cam hires_cam score_cam guided_grad_cam
        occlusion lrp Unit attacks data evaluation corrupt corruption_error
        mean_corruption_error cue_conflict shape_bias defenses
    """,
    "techniques.evaluation": """
        pointing_game relevance_mass iou deletion_insertion sanity_check rank_correlation ssim
    """,
    "techniques.attacks": """
        fgsm bim pgd mi_fgsm deepfool carlini_wagner jsma universal transfer nes simba square
        boundary hop_skip_jump one_pixel
    """,
    "techniques.corruptions": "corrupt corruption_error mean_corruption_error",
    "techniques.data": "Shapes",
    "techniques.defenses": "adversarial_training randomized_smoothing jpeg bit_depth median",
}

SIGNATURES = [
    "minigrad.Tensor(data, requires_grad=False, dtype=None, name=None)",
    "minigrad.Tensor.backward(self, grad=None)",
    "minigrad.conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)",
    "minigrad.conv_transpose2d(x, weight, bias=None, stride=1, padding=0, output_padding=0, "
    "groups=1, dilation=1)",
    "minigrad.max_pool2d(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, "
    "return_indices=False)",
    "minigrad.max_unpool2d(x, indices, kernel_size, stride=None, padding=0, output_size=None, "
    "mode='sum')",
    "minigrad.avg_pool2d(x, kernel_size, stride=None, padding=0, ceil_mode=False, "
    "count_include_pad=True)",
    "minigrad.adaptive_avg_pool2d(x, output_size)",
    "minigrad.interpolate(x, size=None, scale_factor=None, mode='nearest', align_corners=False)",
    "minigrad.batch_norm(x, running_mean, running_var, weight=None, bias=None, training=False, "
    "momentum=0.1, eps=1e-5)",
    "minigrad.dropout(x, p=0.5, training=True, rng=None)",
    "minigrad.softmax(x, axis=-1)",
    "minigrad.log_softmax(x, axis=-1)",
    "minigrad.logsumexp(x, axis=None, keepdims=False)",
    "minigrad.gelu(x, approximate='none')",
    "minigrad.elu(x, alpha=1)",
    "minigrad.leaky_relu(x, negative_slope=0.01)",
    "minigrad.softplus(x, beta=1)",
    "minigrad.cross_entropy(logits, target, weight=None, ignore_index=-100, label_smoothing=0.0, "
    "reduction='mean')",
    "minigrad.dice_loss(logits, target, smooth=1.0)",
    "minigrad.grad(outputs, inputs, grad_outputs=None, create_graph=False)",
    "minigrad.jvp(fn, xs, vs)",
    "minigrad.jacobian(fn, x)",
    "minigrad.hessian(fn, x)",
    "minigrad.hvp(fn, x, v)",
    "minigrad.stepping.Stepper.run_until(self, condition)",
    "minigrad.stepping.write_html(outputs, path)",
    "techniques.saliency(model, images, target, reduce='max')",
    "techniques.smooth_grad(model, images, target, samples=50, noise=0.15, rng=None)",
    "techniques.integrated_gradients(model, images, target, baseline=0, steps=50)",
    "techniques.guided_backprop(model, images, target)",
    "techniques.grad_cam(model, images, target, layer)",
    "techniques.guided_grad_cam(model, images, target, layer)",
    "techniques.attacks.fgsm(model, images, labels, epsilon, targeted=False, bounds=(0, 1))",
    "techniques.attacks.pgd(model, images, labels, epsilon, step=None, steps=10, norm='linf', "
    "random_start=True, targeted=False, bounds=(0, 1), rng=None)",
    "techniques.attacks.deepfool(model, images, labels=None, steps=50, overshoot=0.02)",
    "techniques.attacks.one_pixel(model, images, labels, pixels=1, population=400, "
    "generations=100)",
    "techniques.attacks.universal(model, images, epsilon=0.0392156862745098, target_rate=0.8)",
    "techniques.attacks.transfer(victim, substitute, images, labels, epsilon)",
    "techniques.defenses.jpeg(images, quality=75)",
    "techniques.defenses.bit_depth(images, bits)",
    "techniques.defenses.median(images, window=3)",
    "techniques.defenses.randomized_smoothing(model, images, sigma, n0=100, n=1000, alpha=0.001, "
    "rng=None)",
    "techniques.corrupt(image, name, severity, rng=None)",
    "techniques.corruption_error(errors, baseline)",
    "techniques.mean_corruption_error(errors, baseline=None)",
    "techniques.shape_bias(predictions, shape_labels, texture_labels)",
]


def resolved(path):
    """The object that a dotted path names."""
    names = path.split(".")
    found = importlib.import_module(names[0])
    for name in names[1:]:
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("owner", PUBLIC)
def test_public_names_exist(owner):
    if owner.split(".")[-1].islower():
        importlib.import_module(owner)
    missing = [name for name in PUBLIC[owner].split() if not hasattr(resolved(owner), name)]
    if owner == "minigrad.Tensor":  # slots and properties
        missing = [name for name in missing if name not in mg.Tensor.__slots__]
    assert not missing


@pytest.mark.parametrize("written", SIGNATURES)
def test_parameters_keep_their_names_order_and_defaults(written):
    path = written[: written.index("(")]
    promised = ast.parse(f"def f{written[written.index('(') :]}: pass").body[0].args
    defaults = [inspect.Parameter.empty] * (len(promised.args) - len(promised.defaults))
    defaults += [ast.literal_eval(default) for default in promised.defaults]
    actual = list(inspect.signature(resolved(path)).parameters.values())
    for name, default, parameter in zip(promised.args, defaults, actual, strict=False):
        assert parameter.name == name.arg
        assert default in (parameter.default, inspect.Parameter.empty)
    for parameter in actual[len(defaults) :]:
        assert parameter.default is not parameter.empty or parameter.kind in (2, 4)
    assert len(actual) >= len(defaults)


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_listed_exists_and_is_documented(package):
    module = importlib.import_module(package)
    undocumented = [name for name in module.__all__ if not inspect.getdoc(getattr(module, name))]
    assert not undocumented


# ---- every file and every primitive -----------------------------------------------------------


def test_no_file_has_a_name_that_says_nothing():
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "tools", "base"}
    everywhere = files(*PACKAGES, "tests", "benchmarks", "docs")
    assert not [path for path in everywhere if empty & set(path.with_suffix("").parts)]


def public_definitions(file):
    for node in parsed(file).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            # A rule has its formula; a compiled kernel does what its namesake in reference.py does.
            if not any(text == "kernel" or ".vjp" in text for text in decorators):
                yield node


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_and_every_public_definition_has_a_docstring(package):
    missing = []
    for file in FILES:
        if file.parts[0] == package:
            if not ast.get_docstring(parsed(file)):
                missing.append(f"{file}")
            missing += [
                f"{file}:{node.lineno} {node.name}"
                for node in public_definitions(file)
                if not ast.get_docstring(node)
            ]
    assert not missing, "\n".join(missing)


OURS = {name: p for name, p in mg.primitives().items() if p.__module__.startswith("minigrad.")}


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_primitive_declares_formula_sample_and_rules(name):
    primitive = OURS[name]
    assert primitive.formula, "its formula is missing"
    assert primitive.sample, "its sample is missing"
    rules = [primitive.rules] if primitive.variadic else [r for r in primitive.rules if r]
    assert rules, "it has no rule"
    assert all(rule.formula for rule in rules), "the formula of a rule is missing"
