"""Values that stand for results which only AWS can give.

A reference to an earlier call's result has no value before the calls are made, and the models have patterns but no
examples. A sample that satisfies both the field it comes from and the field it goes to shows that the two fit; where
none does, a location is being passed for a task, or an id for an ARN.
"""

import models

ACCOUNT = "111111111111"
HERE = f"us-east-1:{ACCOUNT}"
UUID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"

SAMPLES = (
    f"arn:aws:datasync:{HERE}:location/loc-0123456789abcdef0",
    f"arn:aws:datasync:{HERE}:task/task-0123456789abcdef0",
    f"arn:aws:datasync:{HERE}:task/task-0123456789abcdef0/execution/exec-0123456789abcdef0",
    f"arn:aws:datasync:{HERE}:agent/agent-0123456789abcdef0",
    f"arn:aws:iam::{ACCOUNT}:role/Sample",
    f"arn:aws:iam::{ACCOUNT}:policy/Sample",
    f"arn:aws:kms:{HERE}:key/{UUID}",
    f"arn:aws:ram:{HERE}:resource-share/{UUID}",
    f"arn:aws:ram:{HERE}:resource-share-invitation/{UUID}",
    f"arn:aws:glue:{HERE}:table/sample/sample",
    f"arn:aws:states:{HERE}:stateMachine:sample",
    f"arn:aws:lambda:{HERE}:function:sample",
    f"arn:aws:kinesis:{HERE}:stream/sample",
    f"arn:aws:kinesisanalytics:{HERE}:application/sample",
    f"arn:aws:logs:{HERE}:log-group:sample",
    f"arn:aws:secretsmanager:{HERE}:secret:sample-a1b2c3",
    f"arn:aws:sns:{HERE}:sample",
    f"arn:aws:sqs:{HERE}:sample",
    f"arn:aws:events:{HERE}:rule/sample",
    "arn:aws:s3:::sample",
    "arn:aws:sso:::instance/ssoins-0123456789abcdef",
    "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef",
    f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/sample",
    UUID,
    ACCOUNT,
    "p-0123456789",
    "o-0123456789",
    "r-0123",
    "ou-0123-01234567",
    "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE",
    "sample",
    "1",
)


def fitting(source, target):
    """A value of the shape `source` that the shape `target` takes, or None."""
    if source.type_name != target.type_name:
        return None
    if source.type_name == "string":
        candidates = (*source.enum, *target.enum, *SAMPLES)
    else:
        candidates = {"integer": (1,), "long": (1,), "boolean": (True,), "timestamp": ("2026-01-01T00:00:00Z",)}.get(
            source.type_name, ())
    for candidate in candidates:
        if not any(models.walk(source, candidate, "")) and not any(models.violations(target, candidate, "")):
            return candidate
    return None


def whole(shape, depth=3):
    """A sample of a structure, nested ones included down to `depth`."""
    if shape.type_name == "structure":
        return {name: whole(member, depth - 1) for name, member in shape.members.items()} if depth else {}
    if shape.type_name == "list":
        return [whole(shape.member, depth - 1)] if depth else []
    return fitting(shape, shape)
