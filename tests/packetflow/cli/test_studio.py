"""`packetflow studio`."""

import sys
from types import ModuleType


def test_the_studio_is_served_for_the_workspace(say, example, monkeypatch):
    asked = []
    made = ModuleType("studio.app")

    def serve(folder, *, port, host, open_browser, announce):
        asked.append((folder, port, host, open_browser))
        announce("http://127.0.0.1:9001")

    made.serve = serve  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "studio.app", made)

    said = say("studio", "--port", "9000", "--no-browser", "--json")

    assert asked == [(example, 9000, "127.0.0.1", False)]
    assert said.json["url"] == "http://127.0.0.1:9001"


def test_without_its_packages_the_studio_says_what_to_install(say, monkeypatch):
    monkeypatch.setitem(sys.modules, "studio.app", None)

    said = say("studio")

    assert said.code == 1
    assert "pip install 'packetflow[studio]'" in said.err


def test_ctrl_c_is_the_way_to_end_the_studio(say, monkeypatch):
    def serve(*_, **__):
        raise KeyboardInterrupt

    made = ModuleType("studio.app")
    made.serve = serve  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "studio.app", made)

    assert say("studio").code == 0
