"""Shipped files are deployed once; an analyst's newer version stays."""

import shutil

import pytest

from tenure.shipped import PROCESSES, deploy_shipped, read_resources


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(PROCESSES / "approval_chain", tmp_path / "approval_chain")
    return tmp_path


def test_every_shipped_file_deploys_without_an_error(engine):
    result = deploy_shipped(engine)

    assert {"supplier_selection", "contract_approval"} <= {p.process_id for p in result.processes}


def test_a_second_start_deploys_nothing(engine, folder):
    deploy_shipped(engine, folder)

    assert deploy_shipped(engine, folder) is None


def test_an_analysts_newer_version_is_not_superseded(engine, folder, admin):
    deploy_shipped(engine, folder)
    newer = [resource for resource in read_resources(folder) if resource.name.endswith(".bpmn")]
    edited = type(newer[0])(
        name=newer[0].name,
        content=newer[0].content.replace(b"</bpmn:definitions>", b"<!-- 2 --></bpmn:definitions>"),
    )
    engine.deploy([edited], by=admin)

    assert deploy_shipped(engine, folder) is None
    assert engine.latest_process_definition("approval_chain").version == 2
