"""Import a Python file under a name of our choosing, in this process or in a worker."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType, ModuleType


class _FromSource(SourceFileLoader):
    """Compiles what stands in the file now.

    Python's own loader takes cached bytecode when a file has the same size and second of change.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


def import_file(name: str, file: str | Path) -> ModuleType:
    """Run a file as the module *name* and answer it; an earlier one of that name is replaced.

    The package part of the name, if any, becomes a package that looks for its modules beside the
    file, so ``from .other import x`` works there and finds what stands in that file now.

    Raises:
        ImportError: The file cannot be read.
        Exception: What the file raises; then an earlier module of that name stays.
    """
    path = Path(file)
    package = name.rpartition(".")[0]
    if package and package not in sys.modules:
        made = ModuleType(package)
        folder = str(path.parent)
        made.__path__ = [folder]
        sys.path_importer_cache[folder] = FileFinder(
            folder, (ExtensionFileLoader, EXTENSION_SUFFIXES), (_FromSource, SOURCE_SUFFIXES)
        )
        sys.modules[package] = made
    loader = _FromSource(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
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
