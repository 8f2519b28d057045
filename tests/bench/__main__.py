"""Run benchmarks: ``python -m tests.bench`` for all, names for some, ``--list`` to see them.

A benchmark is a module ``bench_NAME.py`` in this folder with a ``main()`` that prints its figures.
Each runs in a process of its own, so that none warms up or slows down another.
"""

import argparse
import ast
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent


def benchmarks(folder: Path = FOLDER) -> dict[str, str]:
    """Give each benchmark's name and what it says of itself, in order of names."""
    found = {}
    for path in sorted(folder.glob("bench_*.py")):
        said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        found[path.stem.removeprefix("bench_")] = said.partition("\n")[0]
    return found


def run(name: str) -> int:
    """Run one benchmark to its end and give its exit code."""
    code = f"from tests.bench.bench_{name} import main; raise SystemExit(main())"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode


def main(arguments: list[str] | None = None, folder: Path = FOLDER) -> int:
    """Do what the command line says; 0 when every benchmark ran to its end."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Run benchmarks.")
    parser.add_argument("names", nargs="*", help="which ones (all of them without)")
    parser.add_argument("--list", action="store_true", help="say which there are")
    said = parser.parse_args(arguments)
    known = benchmarks(folder)
    if unknown := sorted(set(said.names) - set(known)):
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(known) or 'none'}")
    if said.list:
        for name, about in known.items():
            print(f"  {name:12} {about}")
        return 0
    failed = []
    for name in said.names or known:
        print(f"\n=== {name}: {known[name]}", flush=True)
        if run(name):
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
