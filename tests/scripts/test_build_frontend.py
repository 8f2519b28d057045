import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
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
