#!/usr/bin/env python3
"""check_calls.py FILE.calls.json...: every call against AWS's own model of it, references to earlier results included."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import call_scripts
import documents
import models
import reporting
import samples

MEMBERS = {"id": str, "service": str, "operation": str, "input": dict, "account": str}


class Script:
    """One file of calls; `made` holds the operations of the calls before the present one, by id."""

    def __init__(self, file, report):
        self.file = file
        self.report = report
        self.made = {}
        self.stuck = False

    def check(self):
        """Checks the calls in their order; returns how many there are."""
        try:
            calls = calls_of(documents.load(self.file))
        except documents.Malformed as error:
            self.report.finding("format", self.file, "", error)
            return 1
        for position, call in enumerate(calls):
            self.check_call(position, call)
        return max(len(calls), 1)

    def check_call(self, position, call):
        problem = misshapen(call)
        if problem:
            self.report.finding("format", self.file, f"calls[{position}]", problem)
            return
        if call["id"] in self.made:
            self.report.finding("format", self.file, call["id"], "an earlier call has the same id")
        operation = self.operation(call)
        if operation is not None:
            self.check_input(call, operation)
            self.made[call["id"]] = operation

    def operation(self, call):
        """The model of the operation that a call names, or None after a finding."""
        service = models.service_model(call["service"])
        if service is None:
            self.report.finding("botocore", self.file, call["id"], f"there is no service `{call['service']}`")
        elif call["operation"] not in service.operation_names:
            message = f"`{call['service']}` has no operation `{call['operation']}`"
            self.report.finding("botocore", self.file, call["id"], message)
        else:
            return service.operation_model(call["operation"])
        return None

    def check_input(self, call, operation):
        shape = operation.input_shape
        if shape is None:
            if call["input"]:
                self.report.finding("botocore", self.file, call["id"], f"`{call['operation']}` takes no input")
            return
        self.stuck = False
        given = self.with_samples(call, shape, call["input"], call["operation"])
        if not self.stuck:
            for path, message in models.violations(shape, given, call["operation"]):
                self.report.finding("botocore", self.file, f"{call['id']}: {path}", message)

    def with_samples(self, call, shape, value, path):
        """The input with a fitting sample in each reference's place; `stuck` is set where there is none."""
        if call_scripts.is_reference(value):
            return self.sample(call, shape, value, path)
        if call_scripts.is_text(value):
            return "".join(str(self.with_samples(call, shape, piece, path)) for piece in value[call_scripts.TEXT])
        if isinstance(value, dict) and shape.type_name == "structure":
            return {name: self.with_samples(call, shape.members[name], item, f"{path}.{name}")
                    if name in shape.members else item for name, item in value.items()}
        if isinstance(value, dict) and shape.type_name == "map":
            return {name: self.with_samples(call, shape.value, item, f"{path}.{name}") for name, item in value.items()}
        if isinstance(value, list) and shape.type_name == "list":
            return [self.with_samples(call, shape.member, item, f"{path}[{index}]") for index, item in enumerate(value)]
        return value

    def sample(self, call, target, reference, path):
        text = reference[call_scripts.REFERENCE]
        try:
            made = self.elsewhere(reference[call_scripts.FILE]) if call_scripts.FILE in reference else self.made
            earlier, names = call_scripts.split(text, made)
            output = made[earlier].output_shape
            if output is None:
                raise LookupError(f"`{earlier}` answers nothing")
            source = models.member_at(output, names)
        except LookupError as error:
            problem = f"`{text}`: {error.args[0]}"
        else:
            value = samples.fitting(source, target)
            if value is not None:
                return value
            problem = f"nothing that `{text}` can be is a {target.name}"
        self.report.finding("references", self.file, f"{call['id']}: {path}", problem)
        self.stuck = True
        return None


    def elsewhere(self, name):
        """The operations of another file of the same build, by their calls' ids."""
        for folder in Path(self.file).resolve().parents:
            if (folder / name).is_file():
                other = Script(folder / name, self.report)
                calls = calls_of(documents.load(other.file))
                return {call["id"]: operation for call in calls if (operation := other.operation(call)) is not None}
        raise LookupError(f"there is no file {name}")


def calls_of(document):
    if set(document) != {"calls"} or not isinstance(document["calls"], list):
        raise documents.Malformed('the document is not {"calls": [...]}')
    return document["calls"]


def misshapen(call):
    """What is wrong with a call's own members, or None."""
    if not isinstance(call, dict) or set(call) != set(MEMBERS):
        return f"a call has exactly the members {', '.join(MEMBERS)}"
    for name, expected in MEMBERS.items():
        if not isinstance(call[name], expected):
            return f"`{name}` must be a {expected.__name__}"
    if not re.fullmatch(r"\d{12}", call["account"]):
        return f"`{call['account']}` is no account id"
    if not call["id"]:
        return "the id is empty"
    return None


def main(files):
    report = reporting.Report("calls")
    for file in files:
        report.checked += Script(file, report).check()
    return report.close()


if __name__ == "__main__":
    reporting.run(main)
