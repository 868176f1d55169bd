#!/usr/bin/env python3
"""moto_assume.py OUTDIR CASES: assumes a build's roles with real calls to STS and makes calls to S3 as them, in moto's server.

CASES: [{"caller", "account", "role", "owner", "bucket", "key", "call": "get|put", "allowed": true|false}]: a user of the account
`caller` assumes the role of another `account`, and its session makes the call; the objects are made beforehand, `owner` is the
bucket's account. moto enforces the policies of callers and roles, and neither trusts of other accounts nor guardrails. It reads
no conditions: a bucket's denial of all that comes without TLS would deny everything, so buckets have no policy here. What is
asked is what the roles' own policies say.
"""

import json
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import boto3
import botocore.config
import botocore.exceptions
import moto_apply
import reporting

ANY_ROLE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}


def client(aws, service, credentials):
    """A client with credentials of its own, which moto then asks the policies about."""
    config = botocore.config.Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
    return boto3.client(service, endpoint_url=aws.endpoint, region_name=moto_apply.REGION, config=config,
                        aws_access_key_id=credentials["AccessKeyId"],
                        aws_secret_access_key=credentials["SecretAccessKey"],
                        aws_session_token=credentials.get("SessionToken"))


def user(aws, account, policy):
    """The key of a new user, who may do what the policy says."""
    name = "anybody" if policy else "nobody"
    aws.call(account, "iam", "CreateUser", {"UserName": name})
    if policy:
        aws.call(account, "iam", "PutUserPolicy", {"UserName": name, "PolicyName": "p",
                                                   "PolicyDocument": json.dumps(policy)})
    return aws.call(account, "iam", "CreateAccessKey", {"UserName": name})["AccessKey"]


def enforce(aws, free):
    """Policies are asked after that many more requests."""
    url = f"{aws.endpoint}/moto-api/reset-auth"
    request = urllib.request.Request(url, data=str(free).encode(), method="POST", headers={"Content-Type": "text/plain"})
    urllib.request.urlopen(request).read()


def succeeds(make):
    """Whether a call is allowed; any refusal but for its permissions is raised."""
    try:
        make()
        return True
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("AccessDenied", "403"):
            return False
        raise


def calls(s3, case):
    place = {"Bucket": case["bucket"]}
    return {"get": lambda: s3.get_object(**place, Key=case["key"]),
            "put": lambda: s3.put_object(**place, Key=case["key"], Body=b"x")}[case["call"]]


def main(arguments):
    folder, cases = Path(arguments[0]), json.loads(Path(arguments[1]).read_text())
    report = reporting.Report("assume")
    server, aws = moto_apply.started()
    aws.forget()
    moto_apply.Folder(folder, aws, report).apply()
    report.checked = 0
    keys = {caller: [user(aws, caller, policy) for policy in (ANY_ROLE, None)] for caller in {one["caller"] for one in cases}}
    for case in cases:
        aws.call(case["owner"], "s3", "DeleteBucketPolicy", {"Bucket": case["bucket"]})
        aws.call(case["owner"], "s3", "PutObject", {"Bucket": case["bucket"], "Key": case["key"], "Body": b"x"})
    enforce(aws, 0)
    for case in cases:
        report.checked += 1
        role = {"RoleArn": f"arn:aws:iam::{case['account']}:role/{case['role']}", "RoleSessionName": "judged"}
        where = f"{case['role']} {case['call']} {case['bucket']}/{case['key']}"
        if succeeds(lambda: client(aws, "sts", keys[case["caller"]][1]).assume_role(**role)):
            report.finding("moto", folder, where, "whoever may assume nothing assumes the role")
        session = client(aws, "sts", keys[case["caller"]][0]).assume_role(**role)["Credentials"]
        if succeeds(calls(client(aws, "s3", session), case)) != case["allowed"]:
            report.finding("moto", folder, where, f"the session {'can not' if case['allowed'] else 'can'}")
    enforce(aws, 10**9)
    server.stop()
    return report.close()


if __name__ == "__main__":
    reporting.run(main)
