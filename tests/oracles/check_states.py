#!/usr/bin/env python3
"""check_states.py FILE.asl.json...: state machines in JSONata, judged by asl-validator, jsonata, cfn-lint and sfnx."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import cfnlint.api
import cfnlint.config
import documents
import integrations
import node_script
import reporting
import sfnx.integrations
import sfnx.testing

TOKEN = "Task.Token"


def check_with_cfn_lint(report, machines):
    """Linted under `Definition`: an error deep inside a `DefinitionString` makes cfn-lint fail."""
    names = {f"M{index}": file for index, file in enumerate(machines)}
    role = "arn:aws:iam::111111111111:role/Machine"
    resources = {name: {"Type": "AWS::StepFunctions::StateMachine",
                        "Properties": {"RoleArn": role, "Definition": machines[file]}}
                 for name, file in names.items()}
    template = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
    for match in cfnlint.api.lint(template, config=cfnlint.config.ManualArgs(regions=["us-east-1"])):
        path = [str(step) for step in match.path or []]
        file = next((names[step] for step in path if step in names), "template")
        report.finding("cfn-lint", file, "/".join(path[4:]), f"{match.rule.id} {match.message}")


def check_as_a_whole(report, file, machine):
    """Transitions, fields, reachability and the variables that expressions may use, as sfnx's interpreter sees them."""
    try:
        sfnx.testing.check(machine)
    except (sfnx.testing.InvalidDefinition, sfnx.testing.Unsupported) as error:
        report.finding("sfnx", file, "", f"{type(error).__name__}: {error}")


def check_tasks(report, file, machine):
    for name, state in states(machine):
        if state.get("Type") == "Task":
            for tool, message in task_problems(state):
                report.finding(tool, file, name, message)


def task_problems(state):
    """What is wrong with a Task's integration and the names of its arguments."""
    resource = state.get("Resource", "")
    given = state.get("Arguments", {})
    problem = integrations.problem(resource)
    if problem:
        yield "integrations", problem
    if resource.endswith(integrations.TOKEN) and TOKEN not in json.dumps(given):
        yield "integrations", "waits for a task token that is never passed on"
    try:
        integration = sfnx.integrations.integration(resource)
    except sfnx.integrations.ResourceError as error:
        yield "sfnx", f"`{resource}`: {error}"
        return
    if isinstance(given, dict):
        for unknown in sorted(set(given) - (integration.allowed or set(given))):
            yield "sfnx", f"`{resource}` takes no `{unknown}`"
        for missing in sorted(integration.required - set(given)):
            yield "sfnx", f"`{resource}` needs `{missing}`"


def states(machine):
    """Every state of a machine with its name, branches and item processors included."""
    for name, state in machine.get("States", {}).items():
        yield name, state
        for inner in [*state.get("Branches", []), state.get("ItemProcessor", {})]:
            yield from states(inner)


def main(files):
    report = reporting.Report("states")
    machines = {}
    for file in files:
        report.checked += 1
        try:
            machines[file] = documents.load(file)
        except documents.Malformed as error:
            report.finding("format", file, "", error)
    if machines:
        node_script.report_findings("states.mjs", machines, report)
        check_with_cfn_lint(report, machines)
    for file, machine in machines.items():
        check_as_a_whole(report, file, machine)
        check_tasks(report, file, machine)
    return report.close()


if __name__ == "__main__":
    reporting.run(main)
