"""What holds for the whole project: sizes, layers, names, and nothing of anybody's machine."""

import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

import pytest

from packetflow import errors

ROOT = Path(__file__).parent.parent
PACKAGES = ("packetflow", "arenas", "studio")
MODULE_LINES = 400
PAGE_LINES = 150
LIGHT = {"packetflow", "msgspec"}


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def tracked_texts() -> Iterator[tuple[str, str]]:
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" not in content[:8000]:
            yield path.relative_to(ROOT).as_posix(), content.decode("utf-8", "replace")


def lines_with(pattern: str) -> list[str]:
    wanted = re.compile(pattern)
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in tracked_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if wanted.search(line)
    ]


def package_names() -> list[str]:
    found = list(PACKAGES)
    for name in PACKAGES:
        walked = pkgutil.walk_packages(importlib.import_module(name).__path__, name + ".")
        found += [module.name for module in walked if module.ispkg]
    return sorted(found)


def public_names(module: ModuleType) -> set[str]:
    """What a reader of the package can import and is not a module, private or `annotations`."""
    return {
        name
        for name, value in inspect.getmembers(module)
        if not name.startswith("_")
        and not inspect.ismodule(value)
        and type(value).__module__ != "__future__"
        and name != "TYPE_CHECKING"
    }


def test_no_module_is_longer_than_400_lines():
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in tracked_files()
        if path.suffix in (".py", ".ts", ".tsx")
        and path.relative_to(ROOT).parts[0] in (*PACKAGES, "tests", "scripts")
        and (lines := len(path.read_text("utf-8").splitlines())) > MODULE_LINES
    }

    assert not long


def test_a_page_of_the_studio_can_be_read_in_one_sitting():
    long = {
        path.name: lines
        for path in (ROOT / "studio" / "pages").glob("*.py")
        if (lines := len(path.read_text("utf-8").splitlines())) > PAGE_LINES
    }

    assert not long


@pytest.mark.parametrize("name", package_names())
def test_a_package_says_what_lives_there(name: str):
    assert (importlib.import_module(name).__doc__ or "").strip()


@pytest.mark.parametrize("name", package_names())
def test_a_package_lists_exactly_what_can_be_imported_from_it(name: str):
    module = importlib.import_module(name)
    listed = list(getattr(module, "__all__", []))

    assert len(listed) == len(set(listed))
    assert [absent for absent in listed if not hasattr(module, absent)] == []
    # names loaded when first asked for may be listed without being there yet
    assert public_names(module) - set(listed) == set()


def _loaded_by(code: str, *arguments: str) -> set[str]:
    """The packages from elsewhere that a process loads for some code."""
    around = (
        f"import json, sys; before = set(sys.modules); {code}; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", around, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {module.partition(".")[0] for module in json.loads(said.stdout)}
    return loaded - sys.stdlib_module_names


def test_importing_packetflow_loads_nothing_heavy():
    assert _loaded_by("import packetflow") - LIGHT == set()


def test_running_plain_steps_in_a_workspace_loads_nothing_heavy(tmp_path: Path):
    (tmp_path / "capabilities").mkdir()
    (tmp_path / "capabilities" / "adds.py").write_text(
        "from packetflow import capability\n"
        "@capability(provides='n', run_in='loop')\n"
        "def add(n: int) -> int:\n"
        "    'Add one.'\n"
        "    return n + 1\n"
    )

    loaded = _loaded_by(
        "from packetflow import Workspace; ws = Workspace(sys.argv[1]); "
        "ws.run_sync('add', n=1).raise_for_failure(); ws.close()",
        str(tmp_path),
    )

    heavy = {"cel_expr_python", "duckdb", "numpy", "pyarrow", "pydantic", "ruamel", "websockets"}
    assert loaded & heavy == set()


def test_offering_plain_tools_loads_no_validator():
    loaded = _loaded_by(
        "from packetflow.capabilities.tool_schemas import Check; "
        "Check({'type': 'object', 'required': ['n']}).complaints({'n': 1})"
    )

    assert "jsonschema" not in loaded


def test_modules_import_only_from_layers_below():
    linter = Path(sys.executable).parent / "lint-imports"

    said = subprocess.run(
        [str(linter), "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert said.returncode == 0, said.stdout + said.stderr


def test_no_file_names_a_path_of_somebodys_machine():
    # a path that goes on from a word, a dot or a brace (a URL, $HOME/...) is nobody's
    assert lines_with(r"(?<![\w.~:})\]-])/(?:" + "work|root|home|Users" + r")(?:/|\b(?!-))") == []


def test_no_file_names_a_package_registry():
    hosts = (r"\bpypi", r"pythonhosted", r"registry\.npmjs", r"registry\.yarnpkg", r"deb\.debian")
    endings = (r"\.org\b", r"\.com\b")

    assert lines_with(f"(?:{'|'.join(hosts)})(?:{'|'.join(endings)})") == []


def test_no_lock_file_keeps_download_addresses():
    assert lines_with(r'"resolved"\s*:\s*"\w+:') == []
    assert lines_with(r"--(?:extra-)?index-url[= ]\s*\w+:") == []


def declared_tree(text: str) -> dict[str, str]:
    """Read the tree of a docstring as each name's parent; several names may share a line."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in text.split("```")[1].strip("\n").splitlines():
        depth = len(line) - len(line.lstrip())
        names = [name.strip() for name in re.split(r"\s{2,}", line.strip())[0].split(",")]
        above = [(indent, name) for indent, name in above if indent < depth]
        parents |= dict.fromkeys(names, above[-1][1] if above else "Exception")
        above.append((depth, names[-1]))
    return parents


def test_every_error_stands_in_the_tree_of_the_docstring():
    family = {
        name: next(
            base.__name__
            for base in value.__bases__
            if base is Exception or issubclass(base, errors.PacketFlowError)
        )
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.PacketFlowError)
    }

    assert declared_tree(errors.__doc__ or "") == family


def test_every_error_has_a_code_of_its_own():
    family = [
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, errors.PacketFlowError)
    ]

    assert len({error.code for error in family}) == len(family)


def test_every_test_file_stands_where_its_module_stands():
    astray = [
        test.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for test in (ROOT / "tests" / package).rglob("test_*.py")
        if not (
            ROOT / test.parent.relative_to(ROOT / "tests") / test.name.removeprefix("test_")
        ).is_file()
    ]

    assert astray == []


def test_the_console_script_can_be_loaded():
    scripts = {script.name: script for script in entry_points(group="console_scripts")}

    assert callable(scripts["packetflow"].load())


def test_the_version_is_said_once_in_each_place_and_is_the_same():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

    assert importlib.import_module("packetflow").__version__ == declared


def test_the_wheel_holds_all_packages_their_types_and_the_example_workspace(tmp_path: Path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]

    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)

    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    ours = [path.relative_to(ROOT).as_posix() for path in tracked_files()]
    wanted = {name for name in ours if name.split("/")[0] in PACKAGES}
    wanted = {name for name in wanted if not name.startswith("studio/frontend/")}
    wanted |= {f"packetflow/{name}" for name in ours if name.startswith("data/")}
    wanted.add("packetflow/pyproject.toml")  # where Streamlit looks for the canvas
    kept = {name for name in packed if ".dist-info/" not in name}
    assert {f"{package}/py.typed" for package in PACKAGES} <= kept
    assert "packetflow/show/static/canvas.js" in kept
    assert kept == wanted
