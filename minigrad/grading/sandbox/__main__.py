"""Start the launcher: ``python -I -B __main__.py DESCRIPTOR RUNGS PACKAGE...``.

The files beside this one are loaded as a package of their own, so that nothing else of minigrad
is in the process or can be imported from where it stands.
"""

import importlib.util
import sys
from pathlib import Path

folder = Path(__file__).parent
spec = importlib.util.spec_from_file_location(
    "sandbox", folder / "__init__.py", submodule_search_locations=[str(folder)]
)
assert spec is not None and spec.loader is not None
package = importlib.util.module_from_spec(spec)
sys.modules["sandbox"] = package
spec.loader.exec_module(package)
control, rungs, *packages = sys.argv[1:]
importlib.import_module("sandbox.launcher").main(int(control), rungs.split(","), packages)
