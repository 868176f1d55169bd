"""Reads the documents that a build wrote, and says what each of them is."""

import json
import re
from pathlib import Path


class Malformed(Exception):
    """A document that is no JSON, or JSON that says the same thing twice."""


def load(path):
    """Parses one JSON object strictly: AWS takes the last of two equal keys in silence, so the first would be lost."""
    def members(pairs):
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise Malformed(f"key given twice: {', '.join(twice)}")
        return dict(pairs)

    def no_constant(name):
        raise Malformed(f"{name} is no JSON")

    try:
        text = Path(path).read_bytes().decode("utf-8")
        document = json.loads(text, object_pairs_hook=members, parse_constant=no_constant)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Malformed(str(error)) from error
    if not isinstance(document, dict):
        raise Malformed("the document is no JSON object")
    return document


def kind(path):
    """What a file of a build is, by the place it lies in: the name of a checker's input, or None."""
    path = Path(path)
    folder = path.parent.name
    if path.name.endswith(".calls.json"):
        return "calls"
    if path.name.endswith(".asl.json"):
        return "states"
    if path.name.endswith(".template.json"):
        return "template"
    if path.name.endswith(".tf.json"):
        return "root"
    if path.name == "deploy.json":
        return "deploy"
    if path.name.endswith(".sql"):
        return "flink"
    if folder == "contracts" and path.name.endswith(".odcs.yaml"):
        return "contract"
    if folder == "iam" and re.search(r"\.managed-[0-9]+\.json$", path.name):
        return "managed"
    policies = {("iam", ".trust.json"): "trust", ("iam", ".policy.json"): "identity", ("s3", ".policy.json"): "bucket",
                ("iam", ".boundary.json"): "managed", ("rcp", ".json"): "rcp",
                ("kms", ".policy.json"): "kms", ("scp", ".json"): "scp", ("sns", ".policy.json"): "resource",
                ("sqs", ".policy.json"): "resource", ("kinesis", ".policy.json"): "resource",
                ("lambda", ".policy.json"): "function", ("secretsmanager", ".policy.json"): "secret",
                ("sso", ".policy.json"): "permissions"}
    if path.parent.parent.name == "handover" and path.name.endswith(".json"):
        return "handover"
    for (where, ending), policy in policies.items():
        if folder == where and path.name.endswith(ending):
            return policy
    return None


POLICY_KINDS = ("identity", "managed", "trust", "bucket", "kms", "resource", "function", "secret", "permissions", "scp", "rcp")
