"""The catalog finds capabilities and pipelines, and says what is wrong with files."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from packetflow import Contract, Port, from_contract, library, pipeline
from packetflow.discovery import catalog as catalog_module
from packetflow.discovery.catalog import Catalog
from packetflow.errors import SourceError, UnknownName

PACKAGE = "packetflow_workspace_of_a_test"
GIVES = Contract(provides=(Port("x"),))


def one(name: str, value: object = 1) -> str:
    """A file with one capability."""
    return (
        "from packetflow import capability\n\n\n"
        f'@capability(provides="out")\ndef {name}() -> int:\n    """Give."""\n    return {value}\n'
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "capabilities").mkdir()
    (tmp_path / "pipelines").mkdir()
    return tmp_path


@pytest.fixture
def catalog(folder: Path) -> Iterator[Catalog]:
    yield Catalog(folder, package=PACKAGE, keep=folder / "good")
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def write(folder: Path, name: str, text: str) -> Path:
    part = "pipelines" if name.endswith(".yaml") else "capabilities"
    path = folder / part / name
    path.write_text(text)
    return path


def test_added_ones_come_before_files_then_plugins_then_the_library(
    folder: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
):
    def named(where: str, *names: str):
        return {name: from_contract(lambda: {"x": where}, name, GIVES) for name in names}

    plugged = named("plug-in", "load_table", "run_sql", "keywords")
    monkeypatch.setattr(catalog_module, "plugged_in", lambda: (plugged, ()))
    write(folder, "own.py", one("load_table", 2) + one("run_sql", 3))
    added = from_contract(lambda: {"x": 4}, "load_table", GIVES)
    catalog.add(added)

    assert catalog.get("load_table") is added
    assert catalog.get("run_sql")() == 3
    assert catalog.get("keywords") is plugged["keywords"]
    assert catalog.get("chart") is library.chart
    for name in ("load_table", "run_sql", "keywords", "chart"):
        listed = [found for found in catalog.capabilities() if found.name == name]
        assert listed == [catalog.get(name)]


def test_an_unknown_name_carries_the_nearest(catalog: Catalog):
    with pytest.raises(UnknownName) as raised:
        catalog.get("lod_table")

    assert raised.value.nearest[0] == "load_table"


@pytest.mark.parametrize("left", [".#digest", "._digest", ""])
def test_what_editors_leave_beside_files_is_no_file_of_the_workspace(
    folder: Path, catalog: Catalog, left: str
):
    write(folder, "own.py", one("give", 1))
    for place in (folder / "pipelines" / f"{left}.yaml", folder / "capabilities" / f"{left}.py"):
        place.parent.mkdir(exist_ok=True)
        place.symlink_to("somebody@this-machine.17")

    assert catalog.pipelines() == []
    assert catalog.broken() == []
    assert catalog.get("give")() == 1


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_is_called_like_a_pipeline_and_is_no_file_is_reported(
    folder: Path, catalog: Catalog, kind: str
):
    path = folder / "pipelines" / "digest.yaml"
    path.parent.mkdir(exist_ok=True)
    path.mkdir() if kind == "folder" else path.symlink_to(folder / "gone.yaml")

    assert catalog.pipelines() == []
    assert [one.file for one in catalog.broken()] == [str(path)]


def test_a_broken_file_keeps_its_last_good_version_and_says_the_line(
    folder: Path, catalog: Catalog
):
    path = write(folder, "own.py", one("give", 1))
    assert catalog.get("give")() == 1
    path.write_text(one("give", 2) + "\n\nraise ValueError('half done')\n")

    assert catalog.refresh() == [str(path)]
    assert catalog.get("give")() == 1
    (broken,) = catalog.broken()
    assert (broken.file, broken.line, broken.using_last_good) == (str(path), 10, True)
    assert "half done" in broken.error


def test_a_broken_file_keeps_its_last_good_version_in_the_next_process_too(folder: Path):
    path = write(folder, "own.py", one("give", 1))
    Catalog(folder, package=f"{PACKAGE}_a", keep=folder / "good").refresh()
    path.write_text("def give(:\n")

    later = Catalog(folder, package=f"{PACKAGE}_b", keep=folder / "good")
    assert later.get("give")() == 1
    assert [(one.line, one.using_last_good) for one in later.broken()] == [(1, True)]


def test_the_good_version_of_a_deleted_file_does_not_serve_a_new_file_of_that_name(folder: Path):
    path = write(folder, "own.py", one("give", 1))
    Catalog(folder, package=f"{PACKAGE}_a", keep=folder / "good").refresh()
    path.unlink()
    Catalog(folder, package=f"{PACKAGE}_b", keep=folder / "good").refresh()
    path.write_text("def other(:\n")

    later = Catalog(folder, package=f"{PACKAGE}_c", keep=folder / "good")
    assert later.find("give") is None
    assert [(one.line, one.using_last_good) for one in later.broken()] == [(1, False)]


def test_a_file_that_never_worked_gives_nothing_and_is_marked(folder: Path, catalog: Catalog):
    write(folder, "bad.py", "x = 1\nimport nosuchmodule\n")
    write(folder, "good.py", one("give"))

    assert catalog.get("give")() == 1
    (broken,) = catalog.broken()
    assert (broken.line, broken.using_last_good) == (2, False)
    assert "nosuchmodule" in str(broken)


def test_a_mended_file_of_the_same_size_and_time_is_picked_up(folder: Path, catalog: Catalog):
    path = write(folder, "own.py", one("give", 1))
    assert catalog.get("give")() == 1
    before = path.stat()
    path.write_text(one("give", 2))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert catalog.refresh() == [str(path)]
    assert catalog.get("give")() == 2


def test_a_mended_file_is_no_longer_broken_and_a_removed_one_is_forgotten(
    folder: Path, catalog: Catalog
):
    path = write(folder, "own.py", "def\n")
    assert [one.line for one in catalog.broken()] == [1]
    path.write_text(one("give"))
    catalog.refresh()
    assert catalog.broken() == []
    assert catalog.refresh() == []
    path.unlink()

    assert catalog.refresh() == [str(path)]
    assert catalog.find("give") is None


@pytest.mark.parametrize("ending", ["import sys\nsys.exit(3)", "exit()", "raise SystemExit"])
def test_a_file_that_exits_is_marked_and_the_others_load(
    folder: Path, catalog: Catalog, ending: str
):
    write(folder, "leaves.py", ending + "\n")
    write(folder, "own.py", one("give"))

    assert catalog.get("give")() == 1
    assert "SystemExit" in catalog.broken()[0].error


def test_a_file_that_prints_loads(
    folder: Path, catalog: Catalog, capsys: pytest.CaptureFixture[str]
):
    write(folder, "own.py", "print('hello from a file')\n" + one("give"))

    assert catalog.get("give")() == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "hello from a file" in said.err


SHAPES = "from dataclasses import dataclass\n\n\n@dataclass\nclass Shape:\n    side: int = {}\n"
MAKES = '''
from packetflow import capability
from .{} import Shape


@capability(provides="shape")
def make() -> Shape:
    """Make."""
    return Shape()
'''
READS = '''
from packetflow import capability
from .{} import Shape


@capability(provides="side")
def look(shape: Shape) -> int:
    """Look."""
    assert isinstance(shape, Shape)
    return shape.side
'''


@pytest.mark.parametrize("shared", ["_shapes", "n_shapes", "a_shapes", "z_shapes"])
def test_files_share_classes_by_relative_imports(folder: Path, catalog: Catalog, shared: str):
    write(folder, "m.py", MAKES.format(shared))
    write(folder, "r.py", READS.format(shared))
    write(folder, f"{shared}.py", SHAPES.format(1))

    assert catalog.broken() == []
    make, look = catalog.get("make"), catalog.get("look")
    assert make.contract.provides[0].type is look.contract.requires[0].type
    assert look(make()) == 1


@pytest.mark.parametrize("shared", ["_shapes", "shapes"])
def test_a_change_in_a_shared_file_reaches_those_that_import_it(
    folder: Path, catalog: Catalog, shared: str
):
    write(folder, "m.py", MAKES.format(shared))
    write(folder, "r.py", READS.format(shared))
    write(folder, "other.py", one("give"))
    path = write(folder, f"{shared}.py", SHAPES.format(1))
    assert catalog.get("look")(catalog.get("make")()) == 1
    other = catalog.get("give")
    path.write_text(SHAPES.format(2))

    catalog.refresh()

    assert catalog.get("look")(catalog.get("make")()) == 2
    assert catalog.get("give") is other


def test_files_that_import_each_other_are_marked_not_fatal(folder: Path, catalog: Catalog):
    write(folder, "a.py", "from .b import y\nx = 1\n")
    write(folder, "b.py", "from .a import x\ny = 1\n")
    write(folder, "own.py", one("give"))

    assert catalog.get("give")() == 1
    assert {Path(one.file).name for one in catalog.broken()} >= {"a.py"}


def test_pipelines_are_found_changed_and_removed(folder: Path, catalog: Catalog):
    write(folder, "own.py", one("give", 1) + one("take", 2).replace('"out"', '"other"'))
    path = write(folder, "p.yaml", "pipeline: p\nsteps: [{use: give}]\n")
    assert [port.name for port in catalog.pipeline("p").contract.provides] == ["out"]
    assert catalog.pipeline("p") is catalog.pipeline("p")
    path.write_text("pipeline: p\nsteps: [{use: take}]\n")
    os.utime(path, ns=(1, 1))

    assert [port.name for port in catalog.pipeline("p").contract.provides] == ["other"]
    assert catalog.pipeline_names() == ["p"]
    path.unlink()
    with pytest.raises(UnknownName):
        catalog.pipeline("p")


def test_a_pipeline_sees_a_changed_capability(folder: Path, catalog: Catalog):
    own = write(folder, "own.py", one("give", 1))
    write(folder, "p.yaml", "pipeline: p\nsteps: [{use: give}]\n")
    assert catalog.pipeline("p").contract.provides[0].name == "out"
    own.write_text(one("give", 1).replace('"out"', '"result"'))
    catalog.refresh()

    assert catalog.pipeline("p").contract.provides[0].name == "result"


def test_a_pipeline_built_in_python_is_found(folder: Path, catalog: Catalog):
    write(
        folder,
        "own.py",
        one("give") + "\nfrom packetflow import pipeline\nq = pipeline('q', give)\n",
    )

    assert catalog.pipeline("q").name == "q"
    assert catalog.pipeline_names() == ["q"]


def test_a_broken_pipeline_is_named_with_its_line_and_the_others_are_there(
    folder: Path, catalog: Catalog
):
    write(folder, "own.py", one("give"))
    bad = write(folder, "bad.yaml", "pipeline: bad\nstepps: []\nsteps: [{use: give}]\n")
    (folder / "pipelines" / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    write(folder, "good.yaml", "pipeline: good\nsteps: [{use: give}]\n")

    assert [one.name for one in catalog.pipelines()] == ["good"]
    broken = {Path(one.file).name: one for one in catalog.broken()}
    assert set(broken) == {"bad.yaml", "binary.yaml"}
    assert (broken["bad.yaml"].file, broken["bad.yaml"].line) == (str(bad), 2)
    assert "stepps" in broken["bad.yaml"].error


def test_pipelines_that_call_each_other_in_a_ring_are_named(folder: Path, catalog: Catalog):
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        write(folder, f"{name}.yaml", f"pipeline: {name}\nsteps: [{{call: {other}}}]\n")

    with pytest.raises(SourceError, match="a -> b -> c -> a"):
        catalog.pipeline("a")
    assert len(catalog.broken()) == 3


def test_a_file_under_another_name_than_its_pipeline_is_marked(folder: Path, catalog: Catalog):
    write(folder, "own.py", one("give"))
    write(folder, "p.yaml", "pipeline: q\nsteps: [{use: give}]\n")

    assert "'q'" in catalog.broken()[0].error


def test_two_threads_may_open_a_pipeline_at_once(
    folder: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
):
    write(folder, "own.py", one("give"))
    write(folder, "p.yaml", "pipeline: p\nsteps: [{use: give}]\n")
    both = threading.Barrier(2, timeout=60)
    load = catalog_module.load
    errors: list[SourceError] = []

    def slow(*arguments, **more):
        both.wait()
        return load(*arguments, **more)

    monkeypatch.setattr(catalog_module, "load", slow)

    def read() -> None:
        try:
            catalog.pipeline("p")
        except SourceError as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert errors == []


def test_search_finds_what_people_mean_first(catalog: Catalog):
    catalog.add(pipeline("weekly_numbers", catalog.get("load_table"), intent="Make figures"))

    def first(query: str, count: int = 3) -> list[str]:
        return [found.name for found in catalog.search(query)[:count]]

    assert first("load csv", 1) == ["load_table"]
    assert first("summarise a text", 1) == ["summarize_text"]
    assert first("keywords of a text", 1) == ["keywords"]
    assert first("read pdf document", 1) == ["read_document"]
    assert "chart" in first("plot a chart", 2)
    assert first("join two tables", 1) == ["join_tables"]
    assert "ask_model" in first("language model answer")
    assert first("weekly numbers", 1) == ["weekly_numbers"]
    assert first("zzzz") == []


def test_two_files_that_declare_one_name_are_reported(folder: Path, catalog: Catalog):
    write(folder, "first.py", one("greet"))
    write(folder, "second.py", one("greet", 2))

    said = [str(broken) for broken in catalog.broken_files()]

    assert len(said) == 1
    assert "second.py" in said[0]
    assert "declares 'greet', which first.py declares too" in said[0]
