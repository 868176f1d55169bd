#!/usr/bin/env python3
"""check_terraform.py FILE.tf.json...: roots of Terraform, judged by the schema of the AWS provider as `pins/terraform.json` has it.

Of each resource and data source: unknown arguments, missing ones, values of another type, blocks given more often than they may be; of each
expression: whether the resource is declared and has what is read of it; of `depends_on`: whether it is declared and closes no circle. What the
provider checks by code (patterns, which arguments exclude each other) is nobody's to judge here.
"""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import documents
import reporting

SCHEMA = json.loads((Path(__file__).resolve().parent / "pins/terraform.json").read_text())["types"]
META = {"depends_on", "lifecycle", "provider"}
TOP = {"//", "terraform", "provider", "variable", "data", "resource"}
ESCAPED = re.compile(r"\$\$\{|%%\{")
EXPRESSION = re.compile(r"\$\{(.*?)\}")
ADDRESS = re.compile(r"(?<![\w.])((?:data\.)?aws_\w+\.\w+)\.(\w+)")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*$")


def expressions(value):
    """The expressions in a value's texts."""
    if isinstance(value, str):
        yield from EXPRESSION.findall(ESCAPED.sub("", value))
        if "%{" in ESCAPED.sub("", value):
            yield "%"
    elif isinstance(value, dict):
        for item in value.values():
            yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)


class Root:
    def __init__(self, document):
        self.document = document
        self.found = []
        self.declared = {}
        for prefix, place in (("", "resource"), ("data.", "data")):
            for kind, named in document.get(place, {}).items():
                for name, body in named.items():
                    self.declared[f"{prefix}{kind}.{name}"] = (f"{prefix}{kind}", body)

    def say(self, where, message):
        self.found.append((where, message))

    def judge(self):
        for name in self.document.keys() - TOP:
            self.say(name, "no part of a root")
        self.provider()
        waits = {}
        for address, (kind, body) in self.declared.items():
            if kind not in SCHEMA:
                self.say(address, f"no schema of {kind}")
                continue
            if not NAME.match(address.rpartition(".")[2]):
                self.say(address, "no name")
            schema = SCHEMA[kind]
            arguments = {name: value for name, value in body.items() if name not in META}
            self.block(address, schema["structures"], schema["structures"][""], arguments)
            waits[address] = self.references(address, arguments) | set(body.get("depends_on", []))
            for other in body.get("depends_on", []):
                if other not in self.declared:
                    self.say(address, f"depends on {other}, which is not declared")
        self.circles(waits)
        return self.found

    def provider(self):
        given = self.document["provider"]["aws"]
        aliases = {f"aws.{one['alias']}" for one in given if "alias" in one}
        for address, (_, body) in self.declared.items():
            if body.get("provider", "aws") not in aliases | {"aws"}:
                self.say(address, f"no provider {body['provider']}")
        for one in given:
            if one.keys() - {"alias", "profile", "region", "allowed_account_ids"}:
                self.say("provider", "an argument that is not known")

    def references(self, address, body):
        used = set()
        for text in expressions(body):
            addresses = ADDRESS.findall(text)
            if not addresses and not text.startswith("var."):
                self.say(address, f"an expression that reads nothing: {text}")
            for other, attribute in addresses:
                if other not in self.declared:
                    self.say(address, f"reads {other}, which is not declared")
                    continue
                used.add(other)
                schema = SCHEMA[self.declared[other][0]]
                if attribute not in schema["reads"] and attribute not in schema["structures"][""]:
                    self.say(address, f"{other} has no {attribute}")
        return used

    def circles(self, waits):
        state = {}
        for start in waits:
            open_ = [(start, False)]
            while open_:
                at, done = open_.pop()
                if done:
                    state[at] = 2
                elif state.get(at) is None:
                    state[at] = 1
                    open_.append((at, True))
                    for other in waits.get(at, ()):
                        if state.get(other) == 1:
                            self.say(at, f"waits for {other}, which waits for it")
                        elif state.get(other) is None:
                            open_.append((other, False))

    def block(self, where, structures, schema, given):
        if not isinstance(given, dict):
            self.say(where, "is no block")
            return
        for name in given.keys() - schema.keys():
            self.say(f"{where}.{name}", "no such argument")
        for name, of in schema.items():
            if name not in given:
                if of["required"]:
                    self.say(f"{where}.{name}", "is missing")
                continue
            value, kind = given[name], of["type"]
            place = f"{where}.{name}"
            if of.get("block") or kind.strip("[]") in structures:
                self.blocks(place, structures, kind, of, value)
            else:
                self.value(place, kind, value)

    def blocks(self, place, structures, kind, of, value):
        many = kind.startswith("[")
        if isinstance(value, list):
            if not many and len(value) > 1:
                self.say(place, "may be given once")
            items = value
        elif of.get("block") or not many:
            items = [value]
        else:
            self.say(place, "is no list")
            return
        if of["required"] and not items:
            self.say(place, "is missing")
        for number, item in enumerate(items):
            self.block(f"{place}[{number}]", structures, structures[kind.strip("[]")], item)

    def value(self, place, kind, value):
        if kind.startswith("["):
            if not isinstance(value, list):
                self.say(place, "is no list")
            else:
                for item in value:
                    self.value(place, kind[1:-1], item)
        elif kind.startswith("<"):
            if not isinstance(value, dict):
                self.say(place, "is no map")
            else:
                for item in value.values():
                    self.value(place, kind[1:-1], item)
        elif kind == "string" and not isinstance(value, str):
            # The schema's text of Terraform takes numbers; what stands for truth in it is text too.
            self.say(place, f"is no text: {value!r}")
        elif kind == "number" and (isinstance(value, bool) or not isinstance(value, (int, float))):
            self.say(place, f"is no number: {value!r}")
        elif kind == "bool" and not isinstance(value, bool):
            self.say(place, f"is neither true nor false: {value!r}")


def main(files):
    report = reporting.Report("terraform")
    for file in map(Path, files):
        report.checked += 1
        try:
            document = documents.load(file)
        except documents.Malformed as error:
            report.finding("format", file, "", error)
            continue
        for where, message in Root(document).judge():
            report.finding("provider-schema", file, where, message)
    return report.close()


if __name__ == "__main__":
    reporting.run(main)
