import io
import zipfile

from packetflow.mcp.export.archive import zipped


def test_an_archive_holds_its_files_in_order_without_times():
    made = zipped({"b": b"2" * 1000, "a": b"1"})

    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.namelist() == ["a", "b"]
        assert archive.read("b") == b"2" * 1000
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
