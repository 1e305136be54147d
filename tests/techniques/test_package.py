"""The package itself: its names, its weight, and a user's own layers.py in its way."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import techniques

ROOT = Path(techniques.__file__).parent.parent


def run(code, folder):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_and_its_main_function_share_a_name(tmp_path):
    for name in ("saliency", "grad_cam", "guided_backprop"):
        assert inspect.isfunction(getattr(techniques, name))
    code = (
        "import techniques.saliency\n"
        "from techniques.grad_cam import grad_cam\n"
        "assert callable(techniques.saliency) and techniques.grad_cam is grad_cam\n"
        "import techniques.attacks.fgsm\n"
        "assert callable(techniques.attacks.fgsm)\n"
    )
    result = run(code, tmp_path)
    assert result.returncode == 0, result.stderr


def test_importing_it_is_light(tmp_path):
    heavy = ("matplotlib", "PIL", "numba", "rich", "jinja2")
    result = run(
        f"import sys, techniques; print([m for m in {heavy} if m in sys.modules])", tmp_path
    )
    assert result.stdout.strip() == "[]", result.stderr


def test_a_users_own_layers_file_is_named_in_the_error(tmp_path):
    (tmp_path / "layers.py").write_text("raise SystemExit('a user file was run')")
    result = run("import techniques", tmp_path)
    assert "ImportError" in result.stderr
    assert str(tmp_path / "layers.py") in result.stderr and "rename" in result.stderr


def test_a_users_own_layers_package_is_named_in_the_error(tmp_path):
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers" / "__init__.py").write_text("")
    result = run("import layers, techniques", tmp_path)
    assert str(tmp_path / "layers" / "__init__.py") in result.stderr


def test_a_folder_named_layers_without_code_is_no_obstacle(tmp_path):
    (tmp_path / "layers").mkdir()
    assert run("import techniques", tmp_path).returncode == 0
