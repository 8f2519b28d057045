import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CANVAS = ROOT / "packetflow" / "show" / "static" / "canvas.js"
NO_NODE = 3


def test_the_built_canvas_is_what_its_sources_give():
    said = subprocess.run(
        [shutil.which("sh") or "sh", str(ROOT / "scripts" / "build_frontend.sh"), "--check"],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )

    if os.environ.get("CI") != "true":
        if said.returncode == NO_NODE:
            pytest.skip(said.stderr.strip())
        if "npm error network" in said.stderr or "ENOTFOUND" in said.stderr:
            pytest.skip("npm cannot reach its registry")
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_canvas_stays_small_and_says_whose_work_is_inside():
    built = CANVAS.read_bytes()

    assert len(gzip.compress(built, 9)) <= 160_000
    for name in (b"@xyflow/react: Copyright", b"preact: Copyright", b"d3-zoom: Copyright"):
        assert name in built
