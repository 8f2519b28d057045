"""Import a Python file under a name of our choosing, in this process or in a worker."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def import_file(name: str, file: str | Path) -> ModuleType:
    """Run a file as the module *name* and answer it; an earlier one of that name is replaced.

    The package part of the name, if any, becomes a package that looks for its modules beside the
    file, so ``from .other import x`` works there.

    Raises:
        ImportError: The file cannot be read.
        Exception: What the file raises; then an earlier module of that name stays.
    """
    path = Path(file)
    package = name.rpartition(".")[0]
    if package and package not in sys.modules:
        made = ModuleType(package)
        made.__path__ = [str(path.parent)]
        sys.modules[package] = made
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise
    return module
