import base64
import lzma
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from packetflow.mcp.export.archive import packed
from packetflow.mcp.export.script import Program, script_of
from packetflow.mcp.export.starting import Export, forget_placeholders, main, unpacked

CORE = {
    "packetflow/__init__.py": b"",
    "packetflow/mcp/__init__.py": b"",
    "packetflow/mcp/standalone.py": b"def run(folder, ready, arguments):\n    return 7\n",
}


def an_export(name: str = "tools", **core: bytes) -> Export:
    files = {"packetflow.toml": '\nname = "x"\n', "pipelines/a.yaml": "\npipeline: a\n"}
    attached = {"files/a.bin": base64.b64encode(b"\x00\x01").decode()}
    return Export(name, "1.0.0", files, attached, packed({**CORE, **core}), ["mcp==2.3.0"], [])


def test_an_export_is_unpacked_for_its_user_alone(tmp_path: Path):
    folder = unpacked(an_export(), tmp_path / "state")

    assert (folder / "workspace" / "packetflow.toml").read_text() == 'name = "x"\n'
    assert (folder / "workspace" / "files" / "a.bin").read_bytes() == b"\x00\x01"
    assert (folder / "core" / "packetflow" / "mcp" / "standalone.py").is_file()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_variable_that_nobody_gave_is_not_set():
    environment = {"A_KEY": "${user_config.a_key}", "B": "${user_config.a_key}", "C": ""}

    forget_placeholders(environment)

    assert environment == {"B": "${user_config.a_key}", "C": ""}


def test_other_content_has_another_folder(tmp_path: Path):
    one = unpacked(an_export(), tmp_path)
    two = unpacked(an_export(more=b"1"), tmp_path)

    assert one != two
    assert unpacked(an_export(), tmp_path) == one


def test_what_was_changed_or_lost_is_mended_and_what_was_kept_stays(tmp_path: Path):
    folder = unpacked(an_export(), tmp_path)
    (folder / "workspace" / "pipelines" / "a.yaml").write_text("changed")
    (folder / "core" / "packetflow" / "__init__.py").unlink()
    (folder / "workspace" / "packetflow.toml").unlink()
    elsewhere = tmp_path / "elsewhere"  # which may be changed after it was looked at
    elsewhere.write_text('name = "x"\n')
    (folder / "workspace" / "packetflow.toml").symlink_to(elsewhere)
    kept = folder / "workspace" / ".packetflow" / "journal"
    kept.parent.mkdir()
    kept.write_text("calls")
    folder.chmod(0o777)

    unpacked(an_export(), tmp_path)

    assert (folder / "workspace" / "pipelines" / "a.yaml").read_text() == "pipeline: a\n"
    assert (folder / "core" / "packetflow" / "__init__.py").is_file()
    assert (folder / "workspace" / "packetflow.toml").read_text() == 'name = "x"\n'
    assert not (folder / "workspace" / "packetflow.toml").is_symlink()
    assert kept.read_text() == "calls"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_several_may_unpack_at_once(tmp_path: Path):
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(unpacked(an_export(), tmp_path)))
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 1
    assert len(found) == 8
    assert [one.name for one in tmp_path.iterdir()] == [found[0].name]


def test_what_a_killed_process_left_is_swept_later(tmp_path: Path):
    left, fresh = tmp_path / ".tools-killed", tmp_path / ".tools-working"
    for one in (left, fresh):
        one.mkdir()
    os.utime(left, (0, 0))

    unpacked(an_export(), tmp_path)

    assert not left.exists()
    assert fresh.exists()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    unpacked(an_export(), tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)

    with pytest.raises(PermissionError, match="belongs to another user"):
        unpacked(an_export(), tmp_path)


def test_a_link_in_its_place_is_not_followed(tmp_path: Path):
    folder = unpacked(an_export(), tmp_path / "state")
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o755)
    folder.rename(tmp_path / "away")
    folder.symlink_to(mine)

    with pytest.raises(PermissionError, match="is a link"):
        unpacked(an_export(), tmp_path / "state")

    assert list(mine.iterdir()) == []
    assert stat.S_IMODE(mine.stat().st_mode) == 0o755


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").touch()

    assert main(an_export(), ["--state", str(tmp_path / "file")]) == 1
    assert "--state or PACKETFLOW_STATE" in capsys.readouterr().err


def test_its_version_tells_its_content(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(an_export(), ["--version"])

    assert capsys.readouterr().out == f"tools 1.0.0 ({an_export().digest()})\n"


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_what_is_no_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(an_export(), [f"--http={port}"])

    assert "is no port" in capsys.readouterr().err


def test_the_archive_is_made_of_bytes_that_never_change():
    assert packed(CORE) == packed(dict(reversed(CORE.items())))
    assert lzma.decompress(base64.b64decode(packed(CORE))).startswith(b"PK")


def test_missing_packages_are_told_in_words(tmp_path: Path):
    broken = {"packetflow/mcp/standalone.py": b"import no_such_package\n"}
    carried = an_export(**broken)
    code = f"""
import sys
from packetflow.mcp.export.starting import Export, main
sys.exit(main(Export(*{tuple(carried)!r}), ["--state", {str(tmp_path)!r}]))
"""
    first = (
        "for one in [m for m in sys.modules if m.startswith('packetflow')]: del sys.modules[one]"
    )
    code = code.replace("sys.exit(main", f"{first}\nsys.exit(main")

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "No module named 'no_such_package'" in done.stderr
    assert "uv run --script" in done.stderr
    assert "pip install mcp==2.3.0" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_beside_the_file_or_where_it_is_started_is_run(tmp_path: Path):
    program = Program("tools", "1.0.0", ["About"], {}, packed(CORE), ["mcp==2.3.0"])
    (tmp_path / "tools.py").write_text(script_of(program))
    for name in ("argparse", "lzma", "packetflow", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not ours')\n")
    state = ["--state", str(tmp_path / "state")]

    done = subprocess.run(
        [sys.executable, "tools.py", *state],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"HOME": str(tmp_path)},
    )

    assert (done.returncode, done.stderr) == (7, "")
