#!/usr/bin/env python3
"""Writes what `aws("service", "Operation")` is checked against, from botocore's models: `stdlib/models`.

    extract_models.py FOLDER            writes the files
    extract_models.py FOLDER --check    says which differ, and fails where one does

A file is a service, with a line each for its operations (`op Name Input Output`), the errors of all of them, its structures and its enumerations. A
member of a structure is `name`, which is text, or `name:type`: `int long float bool time blob any`, `[element]`, `<value>` of a map, or the name of
a structure or an enumeration of the same file. `!` stands before those that are required. `services.list` has the names of every service,
`regions.list` those of every region.
"""

import gzip
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import botocore

# What data platforms call. A service that is not here can be called too; the compiler says that it has not looked at the members.
SERVICES = """
appflow athena backup batch bedrock-runtime cloudtrail cloudwatch codebuild comprehend databrew datasync dms
dynamodb ecr ecs efs emr emr-containers emr-serverless entityresolution events firehose fsx glue iam
kafka kinesis kinesisanalyticsv2 kms lakeformation lambda logs macie2 mwaa opensearch opensearchserverless
organizations pipes ram rds rds-data redshift redshift-data redshift-serverless rekognition s3 s3tables sagemaker sagemaker-runtime scheduler
secretsmanager sesv2 sns sqs ssm stepfunctions sts textract timestream-query timestream-write transcribe transfer translate
""".split()

SCALARS = {
    "string": "", "character": "", "integer": "int", "long": "long", "float": "float", "double": "float",
    "bigdecimal": "float", "biginteger": "long", "boolean": "bool", "timestamp": "time", "blob": "blob",
}


def model_of(data, service):
    versions = sorted(one for one in (data / service).iterdir() if one.is_dir())
    plain = versions[-1] / "service-2.json"
    packed = versions[-1] / "service-2.json.gz"
    return json.loads(gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_bytes())


class Service:
    def __init__(self, model):
        self.shapes = model["shapes"]
        self.operations = model["operations"]
        self.lines = {}

    def text(self):
        operations, errors = [], set()
        for name, operation in sorted(self.operations.items()):
            ends = [self.top(operation.get(end)) for end in ("input", "output")]
            operations.append(" ".join(["op", name, *ends]))
            errors.update(error["shape"] for error in operation.get("errors", []))
        found = ["errors " + " ".join(sorted(errors))] if errors else []
        return "\n".join(operations + found + [self.lines[name] for name in sorted(self.lines)]) + "\n"

    def top(self, end):
        return self.type(end["shape"]) if end else "-"

    def type(self, name):
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            if shape.get("document") or shape.get("eventstream"):
                return "any"
            self.structure(name, shape)
            return name
        if kind == "list":
            return f"[{self.type(shape['member']['shape'])}]"
        if kind == "map":
            return f"<{self.type(shape['value']['shape'])}>"
        if shape.get("enum"):
            assert not any("|" in value for value in shape["enum"]), name
            self.lines[name] = f"{name} = {'|'.join(shape['enum'])}"
            return name
        return SCALARS[kind]

    def structure(self, name, shape):
        if name in self.lines:
            return
        self.lines[name] = ""
        required = set(shape.get("required", []))
        members = []
        for member, of in shape["members"].items():
            ty = self.type(of["shape"])
            mark = "!" if member in required else ""
            members.append(f"{mark}{member}:{ty}" if ty else mark + member)
        self.lines[name] = " ".join([name, "{", *members, "}"])


def regions_of(data):
    """Of all partitions, without what stands for a partition as a whole."""
    partitions = json.loads((data / "partitions.json").read_text())["partitions"]
    return sorted(name for one in partitions for name in one["regions"] if not name.endswith("-global"))


def main():
    folder = Path(sys.argv[1])
    data = Path(botocore.__file__).parent / "data"
    every = sorted(one.name for one in data.iterdir() if one.is_dir())
    files = {"services.list": "\n".join(every) + "\n", "regions.list": "\n".join(regions_of(data)) + "\n"}
    for service in SERVICES:
        files[f"{service}.model"] = Service(model_of(data, service)).text()
    if "--check" not in sys.argv:
        for name, text in files.items():
            (folder / name).write_text(text)
        return
    others = {one.name for one in folder.iterdir()} - set(files) - {"README.md"}
    differ = [name for name, text in files.items() if not (folder / name).exists() or (folder / name).read_text() != text]
    for name in sorted(others | set(differ)):
        print(f"{name} is not what botocore {botocore.__version__} says")
    sys.exit(1 if others or differ else 0)


main()
