from pathlib import Path

from packetflow.mcp.export.carried import carry
from packetflow.runner.present import list_all
from packetflow.workspace.folder import example_folder
from packetflow.workspace.workspace import Workspace


def test_a_pipeline_travels_with_what_it_uses(tmp_path: Path):
    folder = example_folder()
    with Workspace(folder) as ws:
        listing = list_all(ws.catalog, "", 0)
        place = ws.folder.path

    carried = carry(place, listing, ["onboard_sample_customer"])

    assert {
        "packetflow.toml",
        "capabilities/customers.py",
        "pipelines/customer_onboarding.yaml",
        "pipelines/onboard_sample_customer.yaml",
    } <= set(carried.files)
