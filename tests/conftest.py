"""What all tests share: hypothesis profiles, and marks by folder."""

import gc
import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

TESTS = Path(__file__).parent

# benchmarks are run by `make bench`; the files in typing are read by the type checker only
collect_ignore = ["bench", "typing/signatures.py"]

# not the explanations: they trace every line, which makes everything slower
BRIEFLY = [phase for phase in Phase if phase is not Phase.explain]
settings.register_profile("quick", deadline=None, max_examples=10, phases=BRIEFLY)
settings.register_profile("default", deadline=None, max_examples=50, phases=BRIEFLY)
settings.register_profile(
    "ci",
    deadline=None,
    max_examples=30,
    derandomize=True,
    database=None,
    print_blob=True,
    phases=BRIEFLY,
)
settings.register_profile(
    "soak",
    deadline=None,
    max_examples=5_000,
    print_blob=True,
    phases=BRIEFLY,
    suppress_health_check=[HealthCheck.too_slow],
)
on_ci = os.environ.get("CI") == "true"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if on_ci else "default"))

# shells start what is put in the background with Ctrl-C ignored, and so would all that tests start
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in tests/browser and tests/crash, so that `-m` can leave it out."""
    for item in items:
        for folder in ("browser", "crash"):
            if item.path.is_relative_to(TESTS / folder):
                item.add_marker(folder)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end: modules, and thousands of tests."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let the end find everything again; DuckDB's bindings tell of what it does not."""
    gc.unfreeze()
