#!/usr/bin/env python3
"""check_policies.py [--type identity|managed|trust|bucket|kms|resource|function|secret|permissions|scp|rcp] FILE...: policies, judged
by four programs.

Without --type, a file's kind is read from where a build puts it (`iam/*.trust.json`, `s3/*.policy.json`, ...).
"""

import json
import re
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()
warnings.filterwarnings("ignore")  # parliament imports pkg_resources, which says so on every run

import cfnlint.api
import cfnlint.config
import documents
import node_script
import parliament
import reporting

# Characters of what is sent, which has no white space; bytes where the document is not IAM's. identity is a role's inline
# total, resource the limit of a queue. A group's permissions become such a role's.
LIMITS = {"identity": 10240, "managed": 6144, "trust": 2048, "bucket": 20480, "kms": 32768, "resource": 8192, "function": 20480,
          "secret": 20480, "permissions": 10240, "scp": 5120, "rcp": 5120}
IN_IAM = ("identity", "managed", "trust", "permissions")

# The template resource in which cfn-lint meets each kind. It looks inside no control policy.
TEMPLATES = {
    "identity": lambda policy: ("AWS::IAM::ManagedPolicy", {"PolicyDocument": policy}),
    "managed": lambda policy: ("AWS::IAM::ManagedPolicy", {"PolicyDocument": policy}),
    "permissions": lambda policy: ("AWS::IAM::ManagedPolicy", {"PolicyDocument": policy}),
    "trust": lambda policy: ("AWS::IAM::Role", {"AssumeRolePolicyDocument": policy}),
    "bucket": lambda policy: ("AWS::S3::BucketPolicy", {"PolicyDocument": policy}),
    "kms": lambda policy: ("AWS::KMS::Key", {"KeyPolicy": policy}),
}

# parliament has no mode for trust policies; it takes control policies for grants.
PARLIAMENT = ("identity", "managed", "permissions", "bucket", "kms", "resource", "function", "secret")


def check_form(report, kind, file, policy):
    """Limits, the characters that IAM takes, and statement ids."""
    text = json.dumps(policy, separators=(",", ":"), ensure_ascii=False)
    size = len(text) if kind in (*IN_IAM, "scp", "rcp") else len(text.encode())
    if size > LIMITS[kind]:
        report.finding("limits", file, "", f"{size} characters, a {kind} policy takes {LIMITS[kind]}")
    if kind in IN_IAM and not re.fullmatch(r"[\t\n\r\x20-\xff]*", text):
        report.finding("limits", file, "", "a character outside U+0020 to U+00FF")
    statements = policy.get("Statement", []) if isinstance(policy, dict) else []
    ids = [one["Sid"] for one in statements if isinstance(one, dict) and "Sid" in one]
    for sid in sorted(set(ids)):
        if kind in IN_IAM and not re.fullmatch(r"[A-Za-z0-9]*", sid):
            report.finding("limits", file, sid, f"Sid `{sid}` holds more than letters and digits")
        if ids.count(sid) > 1:
            report.finding("limits", file, sid, f"Sid `{sid}` is given {ids.count(sid)} times")


def check_with_cfn_lint(report, policies):
    """One template for all: starting cfn-lint costs more than linting."""
    names = {}
    resources = {}
    for kind, file, policy in policies:
        if kind in TEMPLATES:
            name = f"R{len(names)}"
            names[name] = file
            resource, properties = TEMPLATES[kind](policy)
            if kind == "bucket":
                properties["Bucket"] = f"bucket-{len(names)}"  # a bucket takes one policy
            resources[name] = {"Type": resource, "Properties": properties}
    if not resources:
        return
    template = json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
    for match in cfnlint.api.lint(template, config=cfnlint.config.ManualArgs(regions=["us-east-1"])):
        path = [str(step) for step in match.path or []]
        file = next((names[step] for step in path if step in names), "template")
        report.finding("cfn-lint", file, "/".join(path[3:]), f"{match.rule.id} {match.message}")


def check_with_parliament(report, policies):
    for kind, file, policy in policies:
        if kind in PARLIAMENT:
            analyzed = parliament.analyze_policy_string(json.dumps(policy), str(file), ignore_private_auditors=True)
            for finding in analyzed.findings:
                report.finding("parliament", file, "", f"{kind} {finding.issue}: {finding.detail}")


def handed_over(report, file, document):
    """The policy inside a file for somebody else, with its kind: what their side of a permission must say."""
    kind, policy = document.get("type"), document.get("policy")
    if kind not in documents.POLICY_KINDS or not isinstance(policy, dict):
        report.finding("format", file, "", f"`{kind}` is no kind of policy, or there is none")
        return None
    if not document.get("because"):
        report.finding("format", file, "because", "no sentence of the program wants it")
    return kind, policy


def kinds(arguments):
    """Pairs of kind and file from the command line."""
    given = None
    if arguments and arguments[0] == "--type":
        given, arguments = arguments[1], arguments[2:]
        if given not in documents.POLICY_KINDS:
            raise ValueError(f"--type {given}: it is one of {', '.join(documents.POLICY_KINDS)}")
    for file in map(Path, arguments):
        kind = given or documents.kind(file)
        if kind not in (*documents.POLICY_KINDS, "handover"):
            raise ValueError(f"{file}: no kind of policy can be told from the path, give --type")
        yield kind, file


def main(arguments):
    report = reporting.Report("policies")
    policies = []
    for kind, file in kinds(arguments):
        report.checked += 1
        try:
            document = documents.load(file)
        except documents.Malformed as error:
            report.finding("format", file, "", error)
            continue
        within = handed_over(report, file, document) if kind == "handover" else (kind, document)
        if within:
            policies.append((within[0], file, within[1]))
    for kind, file, policy in policies:
        check_form(report, kind, file, policy)
    if policies:
        check_with_cfn_lint(report, policies)
        check_with_parliament(report, policies)
        arguments = [word for kind, file, _ in policies for word in (kind, file)]
        node_script.report_findings("policies.mjs", arguments, report)
    return report.close()


if __name__ == "__main__":
    reporting.run(main)
