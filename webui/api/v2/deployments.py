"""`POST /deployments`: what the Modeler's Deploy button sends."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from engine import DeploymentRejected, DeploymentResult, EngineError, ProcessEngine, Resource

from .authentication import Gatekeeper
from .problems import invalid, rejected
from .requests import DEFAULT_TENANT, check_tenant


def add_routes(blueprint: Blueprint, engine: ProcessEngine, gatekeeper: Gatekeeper) -> None:
    @blueprint.post("/deployments")
    def deploy() -> dict[str, Any]:
        actor = gatekeeper.actor(modeler=True)
        check_tenant(request.form.get("tenantId"))
        files = request.files.getlist("resources")
        if not files:
            raise invalid("No resources provided: send one part named 'resources' for each file")
        resources = [Resource(name=file.filename or "", content=file.read()) for file in files]
        try:
            result = engine.deploy(resources, by=actor)
        except DeploymentRejected as error:
            lines = "\n".join(str(problem) for problem in error.problems if problem.is_error)
            raise invalid(
                "Command 'CREATE' rejected with code 'INVALID_ARGUMENT': Expected to deploy new resources, "
                f"but encountered the following errors:\n{lines}"
            ) from error
        except EngineError as error:
            raise rejected("CREATE", error) from error
        return deployment_body(result)


def deployment_body(result: DeploymentResult) -> dict[str, Any]:
    """One entry for each artefact, also for those that did not change."""
    entries: list[dict[str, Any]] = []
    for process in result.processes:
        entries.append(
            _entry(
                processDefinition={
                    "processDefinitionId": process.process_id,
                    "processDefinitionVersion": process.version,
                    "resourceName": process.resource_name,
                    "tenantId": DEFAULT_TENANT,
                    "processDefinitionKey": str(process.key),
                }
            )
        )
    for requirements in result.requirements:
        entries.append(
            _entry(
                decisionRequirements={
                    "decisionRequirementsId": requirements.requirements_id,
                    "decisionRequirementsName": requirements.name,
                    "version": requirements.version,
                    "resourceName": requirements.resource_name,
                    "tenantId": DEFAULT_TENANT,
                    "decisionRequirementsKey": str(requirements.key),
                }
            )
        )
    for decision in result.decisions:
        entries.append(
            _entry(
                decisionDefinition={
                    "decisionDefinitionId": decision.decision_id,
                    "version": decision.version,
                    "name": decision.name,
                    "tenantId": DEFAULT_TENANT,
                    "decisionRequirementsId": decision.requirements_id,
                    "decisionDefinitionKey": str(decision.key),
                    "decisionRequirementsKey": str(decision.requirements_key),
                }
            )
        )
    for form in result.forms:
        entries.append(
            _entry(
                form={
                    "formId": form.form_id,
                    "version": form.version,
                    "resourceName": form.resource_name,
                    "tenantId": DEFAULT_TENANT,
                    "formKey": str(form.key),
                }
            )
        )
    return {"deploymentKey": str(result.key), "tenantId": DEFAULT_TENANT, "deployments": entries}


def _entry(**filled: dict[str, Any]) -> dict[str, Any]:
    kinds = ("processDefinition", "decisionDefinition", "decisionRequirements", "form", "resource")
    return {kind: filled.get(kind) for kind in kinds}
