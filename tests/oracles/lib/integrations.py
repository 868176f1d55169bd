"""The optimized integrations of Step Functions: which actions each has, and which ways of waiting.

Written here from AWS's list (Step Functions developer guide, "Integrating optimized services"), since no checker that
can be installed has it: to all of them `redshift-data:executeSql.waitForTaskToken` looks like an integration. None
stands for a service whose actions are too many to list: any is taken.
"""

import re

NOW, SYNC, SYNC2, TOKEN = "", ".sync", ".sync:2", ".waitForTaskToken"

OPTIMIZED = {
    "apigateway": {"invoke": {NOW, TOKEN}},
    "athena": {"startQueryExecution": {NOW, SYNC}, "stopQueryExecution": {NOW}, "getQueryExecution": {NOW},
               "getQueryResults": {NOW}},
    "batch": {"submitJob": {NOW, SYNC}},
    "bedrock": None,
    "codebuild": None,
    "databrew": {"startJobRun": {NOW, SYNC}},
    "dynamodb": {"getItem": {NOW}, "putItem": {NOW}, "updateItem": {NOW}, "deleteItem": {NOW}},
    "ecs": {"runTask": {NOW, SYNC, TOKEN}},
    "eks": None,
    "elasticmapreduce": None,
    "emr-containers": None,
    "emr-serverless": None,
    "events": {"putEvents": {NOW, TOKEN}},
    "glue": {"startJobRun": {NOW, SYNC}},
    "http": {"invoke": {NOW}},
    "lambda": {"invoke": {NOW, TOKEN}},
    "mediaconvert": {"createJob": {NOW, SYNC}},
    "sagemaker": None,
    "sns": {"publish": {NOW, TOKEN}},
    "sqs": {"sendMessage": {NOW, TOKEN}},
    "states": {"startExecution": {NOW, SYNC, SYNC2, TOKEN}},
}

RESOURCE = re.compile(r"arn:aws(?:-cn|-us-gov)?:states:::([a-z0-9-]+):(\w+)(\.\w+(?::\d+)?)?")


def problem(resource):
    """Why `resource` is no optimized integration, or None if it is one or something else altogether."""
    match = RESOURCE.fullmatch(resource)
    if match is None or match[1] == "aws-sdk":
        return None
    service, action, waiting = match[1], match[2], match[3] or NOW
    if service not in OPTIMIZED:
        return f"`{service}` has no optimized integration"
    actions = OPTIMIZED[service]
    if actions is not None and action not in actions:
        return f"`{service}` has no optimized action `{action}`, it has {', '.join(actions)}"
    if actions is not None and waiting not in actions[action]:
        return f"`{service}:{action}` cannot wait by `{waiting}`"
    return None
