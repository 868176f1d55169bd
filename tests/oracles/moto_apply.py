#!/usr/bin/env python3
"""moto_apply.py OUTDIR...: makes everything that a build wrote, in moto's server on this machine, account by account.

Each folder gets fresh accounts. What moto refuses is a finding; operations that moto is known to lack
(moto_missing.json) are counted, and answered with samples so that what depends on them still runs.
"""

import hashlib
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

# moto makes tasks between locations that it made itself, and of these it can make only two kinds.
LOCATION = {"ServerHostname": "stand-in", "Subdirectory": "/", "User": "u", "Password": "p",
            "AgentArns": [f"arn:aws:datasync:{REGION}:111111111111:agent/agent-0123456789abcdef0"]}


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


# Folders whose calls others build on, in this order.
FIRST = ("organizations", "iam", "kms", "s3")


class Folder:
    """One build's output, being applied."""

    def __init__(self, root, aws, report):
        self.root = root
        self.aws = aws
        self.report = report
        self.missing = {}
        self.accounts = {}

    def apply(self):
        """Makes policies first, since calls may refer to roles, keys and buckets by name; where calls make them, those."""
        files = [path for path in sorted(self.root.rglob("*")) if path.is_file() and documents.kind(path)]
        files = [file for file in files if documents.kind(file) == "calls" or not made_by_calls(file)]
        files.sort(key=lambda file: FIRST.index(file.parent.name) if file.parent.name in FIRST else len(FIRST))
        for kind in ("trust", "identity", "bucket", "kms", "scp", "states", "calls"):
            for file in [file for file in files if documents.kind(file) == kind]:
                self.report.checked += 1
                try:
                    getattr(self, f"make_{kind}")(file, self.account_of(file), documents.load(file))
                except (Refused, documents.Malformed, LookupError) as error:
                    self.report.finding("moto", file, "", error)

    def account_of(self, file):
        """The id of the account whose folder a file lies in.

        Folders bear accounts' names, and only calls say ids; moto asks for no more than that ids differ.
        """
        name = file.relative_to(self.root).parts[0]
        if name not in self.accounts:
            ids = (call["account"] for script in sorted((self.root / name).rglob("*.calls.json"))
                   for call in documents.load(script)["calls"])
            self.accounts[name] = next(ids, str(int(hashlib.sha256(name.encode()).hexdigest(), 16))[:12])
        return self.accounts[name]

    def make_trust(self, file, account, document):
        given = {"RoleName": stem(file), "AssumeRolePolicyDocument": json.dumps(document)}
        self.aws.call(account, "iam", "CreateRole", given)

    def make_identity(self, file, account, document):
        given = {"RoleName": stem(file), "PolicyName": "permissions", "PolicyDocument": json.dumps(document)}
        self.aws.call(account, "iam", "PutRolePolicy", given)

    def make_bucket(self, file, account, document):
        bucket = bucket_of(document)
        self.aws.call(account, "s3", "CreateBucket", {"Bucket": bucket})
        self.aws.call(account, "s3", "PutBucketPolicy", {"Bucket": bucket, "Policy": json.dumps(document)})

    def make_kms(self, file, account, document):
        self.aws.call(account, "kms", "CreateKey", {"Policy": json.dumps(document)})

    def make_organization(self, account):
        """An organization is there before a build is applied to it."""
        try:
            self.aws.call(account, "organizations", "DescribeOrganization", {})
        except Refused:
            self.aws.call(account, "organizations", "CreateOrganization", {"FeatureSet": "ALL"})

    def make_scp(self, file, account, document):
        self.make_organization(account)
        given = {"Name": stem(file), "Description": stem(file), "Type": "SERVICE_CONTROL_POLICY",
                 "Content": json.dumps(document)}
        self.aws.call(account, "organizations", "CreatePolicy", given)

    def make_states(self, file, account, document):
        given = {"name": stem(file), "definition": json.dumps(document),
                 "roleArn": f"arn:aws:iam::{account}:role/{stem(file)}"}
        self.aws.call(account, "stepfunctions", "CreateStateMachine", given)

    def make_calls(self, file, account, document):
        results = {}
        if file.parent.name == "organizations" and document["calls"]:
            self.make_organization(document["calls"][0]["account"])
        for call in document["calls"]:
            try:
                results[call["id"]] = self.answer(call, results)
            except (Refused, LookupError) as error:
                if not self.report.finding("moto", file, call["id"], error):
                    results[call["id"]] = sample_result(call["service"], call["operation"])

    def answer(self, call, results):
        """The response to one call of a script, references to earlier responses filled in."""
        def value_of(text):
            earlier, path = call_scripts.split(text, results)
            return call_scripts.take(results[earlier], path)

        given = call_scripts.substitute(call["input"], value_of)
        service, operation = call["service"], call["operation"]
        name = f"{service}.{operation}"
        if name == "glue.CreateTable" and "TableInput" not in given:
            # moto knows the older form only; what is granted on the table is granted on a stand-in.
            self.count_missing(f"{name} of an Iceberg schema")
            given = {**given, "TableInput": {"Name": given["Name"]}}
            return self.aws.call(call["account"], service, operation, given)
        if operation not in MISSING.get(service, ()):
            return self.aws.call(call["account"], service, operation, given)
        self.count_missing(name)
        if name.startswith("datasync.CreateLocation"):
            return self.aws.call(call["account"], "datasync", "CreateLocationSmb", LOCATION)
        return sample_result(service, operation)

    def count_missing(self, name):
        self.missing[name] = self.missing.get(name, 0) + 1


def sample_result(service, operation):
    """A response of the right shape to an operation that moto lacks or wrongly refuses."""
    output = models.service_model(service).operation_model(operation).output_shape
    return samples.whole(output) if output else {}


def made_by_calls(file):
    """Whether a script of the build carries a document, so that the document need not be applied by itself."""
    makers = {"scp": "organizations/*.calls.json", "iam": "iam/*.calls.json"}
    pattern = makers.get(file.parent.name, f"{file.parent.name}/{stem(file)}.calls.json")
    return any(file.parent.parent.glob(pattern))


def stem(file):
    """A file's name without its endings: `DataSyncRole` of `DataSyncRole.trust.json`."""
    return re.sub(r"\.(trust|policy|asl|calls)?\.?json$", "", file.name)


def bucket_of(policy):
    """The bucket's real name, which only the ARNs inside the policy have."""
    found = re.search(r'"arn:aws[a-z-]*:s3:::([a-z0-9.-]+)', json.dumps(policy))
    if found is None:
        raise LookupError("the policy names no bucket")
    return found[1]


def main(folders):
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    report = reporting.Report("moto")
    server = moto.server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    aws = Aws(f"http://{host}:{port}")
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
