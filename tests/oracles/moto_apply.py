#!/usr/bin/env python3
"""moto_apply.py OUTDIR...: makes every call that a build wrote, in moto's server on this machine, in the calls' accounts.

Each folder gets fresh accounts. What moto refuses is a finding; operations that moto is known to lack
(moto_missing.json) are counted, and answered with samples so that what depends on them still runs.
"""

import json
import logging
import os
import re
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import boto3
import botocore.config
import botocore.exceptions
import call_scripts
import documents
import models
import moto.server
import reporting
import samples

REGION = "us-east-1"
MISSING = json.loads((Path(__file__).resolve().parent / "moto_missing.json").read_text())

# The folders of an account whose calls come before all others'.
FIRST = ("organizations", "iam", "kms", "s3")

# moto makes tasks between locations that it made itself, and of these it can make only two kinds.
LOCATION = {"ServerHostname": "stand-in", "Subdirectory": "/", "User": "u", "Password": "p",
            "AgentArns": [f"arn:aws:datasync:{REGION}:111111111111:agent/agent-0123456789abcdef0"]}


def standing_function(aws, account, given):
    """A function whose policy is added to: its code exists before a program does."""
    name = given["FunctionName"].rpartition(":")[2]
    try:
        aws.call(account, "lambda", "GetFunction", {"FunctionName": name})
    except Refused:
        aws.call(account, "iam", "CreateRole", {"RoleName": f"of-{name}"[:64], "AssumeRolePolicyDocument": "{}"})
        aws.call(account, "lambda", "CreateFunction", {
            "FunctionName": name, "Role": f"arn:aws:iam::{account}:role/of-{name}"[:84], "Runtime": "python3.12",
            "Handler": "it.runs", "Code": {"ImageUri": "a.dkr.ecr.us-east-1.amazonaws.com/b:c"}, "PackageType": "Image"})


def standing_group(aws, account, given):
    """A group whose id is asked for: people are in Identity Center before a program is."""
    aws.call(account, "identitystore", "CreateGroup", {
        "IdentityStoreId": given["IdentityStoreId"],
        "DisplayName": given["AlternateIdentifier"]["UniqueAttribute"]["AttributeValue"]})


def standing_parameter(aws, account, given):
    """A parameter that is read: somebody put into it what an agent shows."""
    aws.call(account, "ssm", "PutParameter", {"Name": given["Name"], "Value": KEY, "Type": "String", "Overwrite": True})


def standing_secret(aws, account, given):
    """A secret that is read."""
    try:
        aws.call(account, "secretsmanager", "CreateSecret", {"Name": given["SecretId"]})
    except Refused:
        pass
    aws.call(account, "secretsmanager", "PutSecretValue", {"SecretId": given["SecretId"], "SecretString": KEY})


# An agent's key, as one looks.
KEY = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"

# What AWS has before a call is made that is about it.
STANDING = {"lambda.AddPermission": standing_function, "identitystore.GetGroupId": standing_group,
            "ssm.GetParameter": standing_parameter, "secretsmanager.GetSecretValue": standing_secret}


class Refused(Exception):
    """moto answered with an error."""


class Aws:
    """moto behind boto3: one server, any number of accounts."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.clients = {}

    def call(self, account, service, operation, given):
        """Makes one call as `account`; returns the response."""
        method = botocore.xform_name(operation)
        try:
            return getattr(self.client(account, service), method)(**given)
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
            raise Refused(f"{service}.{operation}: {error}") from error

    def client(self, account, service):
        if (account, service) not in self.clients:
            config = botocore.config.Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"},
                                            inject_host_prefix=False)
            client = boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, config=config,
                                  aws_access_key_id="any", aws_secret_access_key="any")
            client.meta.events.register("before-send", lambda request, **_: request.headers.update(
                {"x-moto-account-id": account}))
            self.clients[account, service] = client
        return self.clients[account, service]

    def forget(self):
        """Empties every account."""
        urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/moto-api/reset", method="POST")).read()


class Folder:
    """One build's output, being applied."""

    def __init__(self, root, aws, report):
        self.root = root
        self.aws = aws
        self.report = report
        self.missing = {}
        self.members = {}
        # The results of each file, which later files may name.
        self.results = {}

    def apply(self):
        scripts = [path for path in self.root.rglob("*.calls.json") if path.is_file()]
        names_others = lambda path: f'"{call_scripts.FILE}"' in path.read_text(errors="replace")
        for script in sorted(scripts, key=lambda path: (turn(path), names_others(path), path)):
            self.report.checked += 1
            try:
                self.make(script, documents.load(script)["calls"])
            except documents.Malformed as error:
                self.report.finding("moto", script, "", error)

    def make(self, script, calls):
        results = self.results.setdefault(script.relative_to(self.root).as_posix(), {})
        for call in calls:
            try:
                results[call["id"]] = self.answer(call, results)
                if call["operation"] == "BatchGrantPermissions" and results[call["id"]].get("Failures"):
                    self.report.finding("moto", script, call["id"], results[call["id"]]["Failures"])
            except (Refused, LookupError) as error:
                if not self.report.finding("moto", script, call["id"], error):
                    results[call["id"]] = sample_result(call["service"], call["operation"])

    def answer(self, call, results):
        """The response to one call of a script, references to earlier responses filled in."""
        def value_of(text, file=None):
            known = results if file is None else self.results[file]
            earlier, path = call_scripts.split(text, known)
            return call_scripts.take(known[earlier], path)

        given = call_scripts.substitute(call["input"], value_of)
        service, operation = call["service"], call["operation"]
        if service == "organizations":
            given = self.with_members(call["account"], given)
        name = f"{service}.{operation}"
        if name == "glue.CreateTable" and "TableInput" not in given:
            # moto knows the older form only; what is granted on the table is granted on a stand-in.
            self.count_missing(f"{name} of an Iceberg schema")
            given = {**given, "TableInput": {"Name": given["Name"]}}
            return self.aws.call(call["account"], service, operation, given)
        if name in STANDING:
            STANDING[name](self.aws, call["account"], given)
        if operation not in MISSING.get(service, ()):
            return self.aws.call(call["account"], service, operation, given)
        self.count_missing(name)
        if name.startswith("datasync.CreateLocation"):
            return self.aws.call(call["account"], "datasync", "CreateLocationSmb", LOCATION)
        return sample_result(service, operation)

    def with_members(self, management, given):
        """An input with moto's ids of the accounts in it.

        A program's accounts exist before it does, but moto lets nobody choose the id of a member of an organization.
        """
        if not self.members:
            self.aws.call(management, "organizations", "CreateOrganization", {"FeatureSet": "ALL"})
            self.members[management] = management
        return {name: self.member(management, value) if is_account(value) else value for name, value in given.items()}

    def member(self, management, account):
        if account not in self.members:
            made = self.aws.call(management, "organizations", "CreateAccount",
                                 {"AccountName": account, "Email": f"{account}@example.com"})
            self.members[account] = made["CreateAccountStatus"]["AccountId"]
        return self.members[account]

    def count_missing(self, name):
        self.missing[name] = self.missing.get(name, 0) + 1


def turn(script):
    """When a script's turn is: AWS refuses policies about roles that do not exist, contracts are about tables,
    and links name what others share."""
    if script.name.endswith(".links.calls.json"):
        return len(FIRST) + 3
    if script.parent.name == "contracts":
        return len(FIRST) + 2
    if script.parent.name == "lakeformation" and script.name.startswith("account-"):
        return len(FIRST)
    return FIRST.index(script.parent.name) if script.parent.name in FIRST else len(FIRST) + 1


def is_account(value):
    return isinstance(value, str) and re.fullmatch(r"[0-9]{12}", value) is not None


def sample_result(service, operation):
    """A response of the right shape to an operation that moto lacks or wrongly refuses."""
    output = models.service_model(service).operation_model(operation).output_shape
    return samples.whole(output) if output else {}


def started():
    """moto's server, and who calls it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    server = moto.server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return server, Aws(f"http://{host}:{port}")


def main(folders):
    report = reporting.Report("moto")
    server, aws = started()
    for folder in map(Path, folders):
        aws.forget()
        applied = Folder(folder, aws, report)
        applied.apply()
        for name, count in sorted(applied.missing.items()):
            print(json.dumps({"checker": "moto", "file": str(folder), "not_supported_by_moto": name, "calls": count}))
    server.stop()
    return report.close()


if __name__ == "__main__":
    reporting.run(main)
