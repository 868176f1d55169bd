"""Documents that a build writes twice: as a file that people read, and as text in the call that brings it to AWS."""

import json
import re

import call_scripts
import documents

# Where a call carries a document: the kind of the file that says the same, the path of the text, and the member with the
# name that the file bears, where it bears one that AWS knows.
CARRIERS = {
    "iam.CreateRole": ("trust", "AssumeRolePolicyDocument", "RoleName"),
    "iam.PutRolePolicy": ("identity", "PolicyDocument", "RoleName"),
    "iam.CreatePolicy": ("managed", "PolicyDocument", None),
    "s3.PutBucketPolicy": ("bucket", "Policy", None),
    "kms.CreateKey": ("kms", "Policy", None),
    "sns.SetTopicAttributes": ("resource", "AttributeValue", None),
    "sqs.SetQueueAttributes": ("resource", "Attributes.Policy", None),
    "kinesis.PutResourcePolicy": ("resource", "Policy", None),
    "secretsmanager.PutResourcePolicy": ("secret", "ResourcePolicy", None),
    "sso-admin.PutInlinePolicyToPermissionSet": ("permissions", "InlinePolicy", None),
    "organizations.CreatePolicy": ("scp", "Content", None),
    "stepfunctions.CreateStateMachine": ("states", "definition", None),
}
NAMED = {kind for kind, _, name in CARRIERS.values() if name}


def findings(folder):
    """Files that no call of their account carries, and calls that carry what no file says: (path, message) pairs."""
    written, carried = {}, {}
    for file in sorted(folder.rglob("*.json")):
        account = file.relative_to(folder).parts[0]
        kind = documents.kind(file)
        try:
            if kind == "calls":
                for call, what in documents_of(documents.load(file)):
                    carried[account, *what] = f"{file}: {call}"
            elif kind and kind not in ("handover", "template", "root", "deploy"):  # for somebody else's calls; made of calls
                name = re.sub(r"\.(trust|policy|boundary)\.json$", "", file.name) if kind in NAMED else None
                written[account, kind, name, canonical(documents.load(file))] = file
        except documents.Malformed:
            continue  # told by every checker that takes the file
    for key in sorted(written.keys() - carried.keys(), key=str):
        yield written[key], "no call of its account carries this document"
    for key in sorted(carried.keys() - written.keys(), key=str):
        yield carried[key], f"carries a document that no file of the kind `{key[1]}` holds"


def documents_of(script):
    """Each document that the calls of a script carry: the call's id, and the document's kind, name and content."""
    added = [call for call in script["calls"] if (call["service"], call["operation"]) == ("lambda", "AddPermission")]
    if added:
        policy = {"Version": "2012-10-17", "Statement": [statement_of(call["input"]) for call in added]}
        yield added[0]["id"], ("function", None, canonical(policy))
    for call in script["calls"]:
        kind, path, name = CARRIERS.get(f"{call['service']}.{call['operation']}", (None, "", None))
        given = call["input"]
        if given.get("Type") == "RESOURCE_CONTROL_POLICY":
            kind = "rcp"
        if kind is None or given.get("AttributeName", "Policy") != "Policy":
            continue
        try:
            text = call_scripts.take(given, path.split("."))
        except LookupError:
            continue  # the call carries none
        yield call["id"], (kind, given[name] if name else None, content(text))


def statement_of(given):
    """The statement that Lambda makes of the members of AddPermission."""
    principal = given["Principal"]
    conditions = {}
    for member, operator, key in (("SourceArn", "ArnLike", "aws:SourceArn"),
                                  ("SourceAccount", "StringEquals", "aws:SourceAccount"),
                                  ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID")):
        if member in given:
            conditions.setdefault(operator, {})[key] = given[member]
    statement = {"Sid": given["StatementId"], "Effect": "Allow", "Action": given["Action"],
                 "Principal": {"Service" if principal.endswith(".amazonaws.com") else "AWS": principal},
                 "Resource": given["FunctionName"]}
    return {**statement, "Condition": conditions} if conditions else statement


def content(text):
    """A document in one spelling; what is no JSON stays as it is, and is then like no file."""
    try:
        return canonical(json.loads(text))
    except ValueError:
        return text


def canonical(document):
    return json.dumps(document, sort_keys=True)
