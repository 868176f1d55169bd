#!/usr/bin/env python3
"""moto_same.py OUTDIR...: a build's stacks and its raw calls leave the same behind.

Each folder is deployed twice into moto: by its stacks, and by its calls. What then exists is read back with the services' own
requests and compared, as far as moto makes it both ways: a kind that it has in one of them only is left out by name (LACKS).
A difference is a finding.
"""

import ast
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import documents
import moto_apply
import moto_stacks
import reporting


def tags(pairs):
    return {pair["Key"]: pair["Value"] for pair in pairs or []}


def document(value):
    """A document that moto hands out read, as text, or, of a stack's role, as Python writes it."""
    if not isinstance(value, str):
        return value
    return ast.literal_eval(value) if value.startswith("{'") else json.loads(value or "null")


def without(value, *names):
    return {name: item for name, item in value.items() if name not in names}


class Reader:
    """Reads what one account has."""

    def __init__(self, aws, account):
        self.aws = aws
        self.account = account

    def call(self, service, operation, **given):
        return self.aws.call(self.account, service, operation, given)

    def maybe(self, service, operation, **given):
        """The answer, or nothing where there is nothing of that kind."""
        try:
            return without(self.call(service, operation, **given), "ResponseMetadata")
        except moto_apply.Refused:
            return None

    def roles(self):
        for role in self.call("iam", "ListRoles")["Roles"]:
            name = role["RoleName"]
            whole = self.call("iam", "GetRole", RoleName=name)["Role"]
            inline = self.call("iam", "ListRolePolicies", RoleName=name)["PolicyNames"]
            yield name, {
                "trust": whole["AssumeRolePolicyDocument"], "description": whole.get("Description") or "",
                "session": whole["MaxSessionDuration"], "tags": tags(whole.get("Tags")),
                "inline": {policy: document(self.call("iam", "GetRolePolicy", RoleName=name, PolicyName=policy)["PolicyDocument"])
                           for policy in inline},
                "attached": sorted(it["PolicyArn"] for it in
                                   self.call("iam", "ListAttachedRolePolicies", RoleName=name)["AttachedPolicies"])}

    def buckets(self):
        for bucket in self.call("s3", "ListBuckets")["Buckets"]:
            name = bucket["Name"]
            yield name, {
                "encryption": self.maybe("s3", "GetBucketEncryption", Bucket=name),
                "versioning": (self.maybe("s3", "GetBucketVersioning", Bucket=name) or {}).get("Status"),
                "public": self.maybe("s3", "GetPublicAccessBlock", Bucket=name),
                "tags": tags((self.maybe("s3", "GetBucketTagging", Bucket=name) or {}).get("TagSet"))}

    def keys(self):
        for alias in self.call("kms", "ListAliases")["Aliases"]:
            key = alias.get("TargetKeyId")
            if key and not alias["AliasName"].startswith("alias/aws/"):
                yield alias["AliasName"], {
                    "policy": document(self.call("kms", "GetKeyPolicy", KeyId=key, PolicyName="default")["Policy"]),
                    "rotation": self.call("kms", "GetKeyRotationStatus", KeyId=key)["KeyRotationEnabled"]}

    def queues(self):
        for url in self.call("sqs", "ListQueues").get("QueueUrls", []):
            given = self.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
            kept = ("MessageRetentionPeriod", "SqsManagedSseEnabled", "FifoQueue")
            yield url.rpartition("/")[2], {
                **{name: given.get(name) for name in kept},
                "tags": self.call("sqs", "ListQueueTags", QueueUrl=url).get("Tags", {})}

    def topics(self):
        for topic in self.call("sns", "ListTopics")["Topics"]:
            arn = topic["TopicArn"]
            yield arn, tags(self.call("sns", "ListTagsForResource", ResourceArn=arn)["Tags"])

    def streams(self):
        for name in self.call("kinesis", "ListStreams")["StreamNames"]:
            it = self.call("kinesis", "DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
            yield name, {
                "mode": it["StreamModeDetails"], "shards": it["OpenShardCount"], "hours": it["RetentionPeriodHours"],
                "encryption": (it.get("EncryptionType"), it.get("KeyId")),
                "tags": tags(self.call("kinesis", "ListTagsForStream", StreamName=name)["Tags"])}

    def tables(self):
        for name in self.call("dynamodb", "ListTables")["TableNames"]:
            it = self.call("dynamodb", "DescribeTable", TableName=name)["Table"]
            backups = self.call("dynamodb", "DescribeContinuousBackups", TableName=name)["ContinuousBackupsDescription"]
            yield name, {
                "keys": it["KeySchema"], "attributes": it["AttributeDefinitions"],
                "billing": it.get("BillingModeSummary", {}).get("BillingMode"),
                "recovery": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
                "tags": tags(self.call("dynamodb", "ListTagsOfResource", ResourceArn=it["TableArn"])["Tags"])}

    def rules(self):
        for rule in self.call("events", "ListRules")["Rules"]:
            name = rule["Name"]
            yield name, {
                "pattern": document(rule.get("EventPattern")), "state": rule["State"],
                "description": rule.get("Description"),
                "targets": self.call("events", "ListTargetsByRule", Rule=name)["Targets"]}

    def alarms(self):
        for alarm in self.call("cloudwatch", "DescribeAlarms")["MetricAlarms"]:
            kept = ("Namespace", "MetricName", "Dimensions", "Statistic", "Period", "EvaluationPeriods", "Threshold",
                    "ComparisonOperator", "TreatMissingData", "AlarmActions", "OKActions", "AlarmDescription")
            yield alarm["AlarmName"], {name: alarm.get(name) or None for name in kept}

    def machines(self):
        for machine in self.call("stepfunctions", "ListStateMachines")["stateMachines"]:
            arn = machine["stateMachineArn"]
            it = self.call("stepfunctions", "DescribeStateMachine", stateMachineArn=arn)
            found = self.call("stepfunctions", "ListTagsForResource", resourceArn=arn)["tags"]
            # CloudFormation's own tags are the stack's.
            own = {tag["key"]: tag["value"] for tag in found if not tag["key"].startswith("aws:")}
            yield arn, {"definition": document(it["definition"]), "role": it["roleArn"], "tags": own}

    def log_groups(self):
        for group in self.call("logs", "DescribeLogGroups")["logGroups"]:
            name = group["logGroupName"]
            yield name, self.call("logs", "ListTagsLogGroup", logGroupName=name).get("tags", {})

    def state(self):
        return {kind: dict(getattr(self, kind)()) for kind in KINDS}


KINDS = ("roles", "buckets", "keys", "queues", "topics", "streams", "tables", "rules", "alarms", "machines", "log_groups")

# What moto makes in one of the two ways only: (kind, member of it); all of the kind, without a member.
LACKS = {
    ("alarms", None),  # no stack makes them
    ("buckets", "encryption"),  # a stack's leaves out the bucket key
    ("buckets", "public"),  # no stack sets it
    ("buckets", "versioning"),  # no stack sets it
    ("machines", "definition"),  # a stack knows it as text only
    ("streams", "encryption"),  # no stack sets it
    ("streams", "mode"),  # no stack sets it
    ("streams", "shards"),  # nor, therefore, as many
    ("streams", "tags"),  # no call sets them as the stream is made
    ("tables", "recovery"),  # no stack sets it
    ("topics", None),  # no stack tags them
}


def lacking(where):
    _, _, kind, _, *member = where.split("/")
    # An ARN has slashes of its own, and so the member may stand anywhere behind the kind.
    return (kind, None) in LACKS or any((kind, it) in LACKS for it in member)


def plain(value):
    """Without what moto makes up: ids of keys and of DataSync's tasks, and what stands for what it lacks."""
    text = json.dumps(value, sort_keys=True, default=str)
    text = re.sub(r"arn:aws:datasync:[^\"]*?:task/task-[0-9a-f]{17}|arn:aws:lacking:[^\"]*", "TASK", text)
    text = re.sub(r"task-[0-9a-f]{17}|Lacks[A-Za-z0-9]+", "TASK", text)
    return json.loads(re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text))


def accounts(root):
    steps = documents.load(root / "deploy.json")["steps"]
    return sorted({stack["account"] for step in steps for stack in step["stacks"]})


def states(aws, root):
    return {account: plain(Reader(aws, account).state()) for account in accounts(root)}


def differences(one, other, path=""):
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from differences(one.get(name), other.get(name), f"{path}/{name}")
    elif one != other:
        yield path, one, other


def main(folders):
    report = reporting.Report("same")
    server, aws = moto_apply.started()
    for root in map(Path, folders):
        silent = reporting.Report("silent")
        aws.forget()
        moto_stacks.Folder(root, aws, silent).deploy()
        by_stacks = states(aws, root)
        aws.forget()
        moto_apply.Folder(root, aws, silent).apply()
        by_calls = states(aws, root)
        report.checked += sum(len(step["stacks"]) for step in documents.load(root / "deploy.json")["steps"])
        for where, stacks, calls in differences(by_stacks, by_calls):
            if not lacking(where):
                report.finding("moto", root, where, f"by stacks {json.dumps(stacks)}, by calls {json.dumps(calls)}")
    server.stop()
    return report.close()


if __name__ == "__main__":
    reporting.run(main)
