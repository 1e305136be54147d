"""What is packaged: every file, one version, the Pythons, and the licences of what comes along."""

from __future__ import annotations

import configparser
import fnmatch
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import minigrad

ROOT = Path(__file__).parent.parent
FAMILIES = {"BSD": "BSD", "MIT": "MIT", "Apache": "Apache", "PSF": "Python Software Foundation|PSF",
            "MPL": "MPL", "0BSD": "0BSD"}  # fmt: skip

SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg")


def lines(section, option):
    return SETUP.get(section, option).split("\n")[1:]


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def required(requirements, found):
    """All installed packages that these requirements bring, with what they bring."""
    for requirement in requirements:
        name = canonical(re.match(r"[\w.-]+", requirement).group())
        if name not in found and "extra ==" not in requirement:
            try:
                found[name] = metadata.distribution(name)
            except metadata.PackageNotFoundError:  # for another Python or system
                continue
            required(found[name].requires or (), found)
    return found


INSTALLED = required(
    lines("options", "install_requires") + lines("options.extras_require", "test"), {}
)
LICENCES = (ROOT / "docs" / "licences.md").read_text("utf-8")
LISTED = dict(re.findall(r"^\| ([\w-]+) \| ([^|]+) \|", LICENCES, re.M))


@pytest.mark.parametrize("name", INSTALLED)
def test_the_licence_of_each_package_is_listed_as_its_metadata_has_it(name):
    about = INSTALLED[name].metadata
    stated = [about.get("License-Expression") or "", (about.get("License") or "")[:2000]]
    stated += [each for each in about.get_all("Classifier", []) if each.startswith("License")]
    assert name in LISTED, f"docs/licences.md does not list {name}: {stated}"
    family = re.match(r"[A-Za-z0]+", LISTED[name]).group()
    assert re.search(FAMILIES[family], " ".join(stated))


def test_the_readme_names_what_is_required():
    table = (ROOT / "README.md").read_text("utf-8").split("## Dependencies")[1]
    for requirement in lines("options", "install_requires"):
        assert f"| {re.match('[a-z0-9]+', requirement).group()} " in table


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git repository")
def test_every_file_of_the_packages_is_packaged():
    tracked = subprocess.run(
        ["git", "ls-files", "minigrad", "layers", "techniques"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    patterns = [
        f"{package}/{pattern}"
        for package in SETUP["options.package_data"]
        for pattern in SETUP.get("options.package_data", package).split()
    ]
    forgotten = [
        file for file in tracked
        if not file.endswith(".py") and not any(fnmatch.fnmatch(file, each) for each in patterns)
    ]  # fmt: skip
    assert not forgotten


def test_the_version_stands_in_one_place_and_its_changes_come_first():
    assert SETUP["metadata"]["version"] == "attr: minigrad.__version__"
    newest = re.search(r"^## (\S+?)[, \n]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert newest.group(1) == minigrad.__version__


def test_this_python_is_one_of_those_named():
    prefix = "Programming Language :: Python :: 3."
    minors = [int(each[len(prefix) :]) for each in lines("metadata", "classifiers")
              if each.startswith(prefix)]  # fmt: skip
    assert SETUP["options"]["python_requires"] == f">=3.{min(minors)}"
    assert f'target-version = "py3{min(minors)}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert sys.version_info.minor in range(min(minors), max(minors) + 2)  # the next may come first
