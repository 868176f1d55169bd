#!/usr/bin/env python3
"""moto_stacks.py OUTDIR...: creates every stack of a build in moto, step by step as its `deploy.json` says, and reads back what is there then.

Each folder gets fresh accounts. A stack that does not end as CREATE_COMPLETE is a finding, as is a resource of a template that
the stack does not have afterwards. Types that moto is known to lack (moto_missing.json) are counted.
"""

import json
import re
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import call_scripts
import documents
import moto_apply
import reporting

# moto says of each type that it lacks so, on its error output; they are counted here.
warnings.filterwarnings("ignore", message="Tried to parse")
MISSING = set(json.loads((Path(__file__).resolve().parent / "moto_missing.json").read_text()).get("cloudformation", ()))

# What the ids of these look like, of which others ask.
SAMPLE_IDS = {"AWS::Organizations::OrganizationalUnit": "ou-0123-01234567"}

# moto reads the tags of these in the spelling of the request, and not in that of the resource.
UNTAGGED = {"AWS::KMS::Key", "AWS::SSM::Parameter"}


def as_moto_reads(text):
    """A template as moto can read it: without what it lacks, so that it makes the rest."""
    template = json.loads(text)
    lacking = {name for name, resource in template["Resources"].items() if resource["Type"] in MISSING}
    kept = {}
    for name, resource in template["Resources"].items():
        if name in lacking:
            continue
        if resource["Type"] == "AWS::Glue::Table" and "TableInput" not in resource["Properties"]:
            # moto knows the older form only; what is granted on the table is granted on a stand-in.
            resource["Properties"]["TableInput"] = {"Name": resource["Properties"]["Name"]}
        if resource["Type"] in UNTAGGED:
            resource["Properties"].pop("Tags", None)
        resource = {**resource, "DependsOn": [it for it in resource.get("DependsOn", []) if it not in lacking]}
        kept[name] = standing_in(resource, lacking)
    return json.dumps({**template, "Resources": kept})


def standing_in(value, lacking):
    """A value with texts in the places of what moto does not make."""
    if isinstance(value, list):
        return [standing_in(item, lacking) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Fn::GetAtt"} and value["Fn::GetAtt"][0] in lacking:
        return f"arn:aws:lacking:us-east-1:111111111111:it/Lacks{value['Fn::GetAtt'][0]}"
    if value.keys() == {"Ref"} and value["Ref"] in lacking:
        return value["Ref"]
    return {name: standing_in(item, lacking) for name, item in value.items()}


def refs(value):
    """The parameters that a question refers to."""
    if not isinstance(value, dict):
        return set()
    return {value["Ref"]} if value.keys() == {"Ref"} else {name for item in value.values() for name in refs(item)}


def filled(value, answers):
    """A question with the answers to others in it."""
    if not isinstance(value, dict):
        return value
    return answers[value["Ref"]] if value.keys() == {"Ref"} else {name: filled(item, answers) for name, item in value.items()}


def principals(value):
    """The ARNs of roles in every `Principal` of a value."""
    if isinstance(value, list):
        return {arn for item in value for arn in principals(item)}
    if not isinstance(value, dict):
        return set()
    named = set(re.findall(r"arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+", json.dumps(value.get("Principal", ""))))
    return named | {arn for item in value.values() for arn in principals(item)}


class Folder:
    """One build's output, being deployed."""

    def __init__(self, root, aws, report):
        self.root = root
        self.aws = aws
        self.report = report
        self.missing = {}
        # The accounts that have made an organization.
        self.organized = set()
        # The types of what the stacks so far have, by logical names.
        self.types = {}
        # The roles that exist so far, and those that exist in the end: AWS refuses a policy for a role that is not there.
        self.roles = set()
        self.all_roles = set()
        # The databases and the tables of Iceberg that exist so far.
        self.databases = set()
        self.tables = set()

    def deploy(self):
        steps = documents.load(self.root / "deploy.json")["steps"]
        for stack in (stack for step in steps for stack in step["stacks"]):
            self.all_roles |= set(self.roles_of(stack).values())
        for step in steps:
            for stack in step["stacks"]:
                self.report.checked += 1
                self.check_principals(stack)
                self.create(stack)
            for stack in step["stacks"]:
                self.roles |= set(self.roles_of(stack).values())
            for rest in step.get("calls", ()):
                self.make(rest)

    def make(self, rest):
        """The calls of a step, which later steps wait for: a table behind its database. moto lacks both, so their order alone is looked at."""
        file = self.root / rest["file"]
        if not file.exists():
            self.report.finding("order", self.root / "deploy.json", rest["file"], "has calls of a step, and is not there: build with raw, too")
            return
        calls = {call["id"]: call for call in documents.load(file)["calls"]}
        for name in rest["ids"]:
            call = calls[name]
            operation = f"{call['service']}.{call['operation']}"
            if operation != "glue.CreateTable":
                self.report.finding("order", file, name, f"nobody knows what {operation} waits for")
            elif (call["account"], call["input"]["DatabaseName"]) not in self.databases:
                self.report.finding("order", file, name, "is made before its database")
            else:
                self.tables.add((call["account"], call["input"]["DatabaseName"], call["input"]["Name"]))

    def check_tables(self, stack, wanted):
        """What is granted on a table that a call makes comes behind that call."""
        late = {(call["account"], call["input"]["DatabaseName"], call["input"].get("Name"))
                for path in self.root.glob("*/lakeformation/*.calls.json") for call in documents.load(path)["calls"]
                if call["operation"] == "CreateTable"} - self.tables
        in_stacks = {(stack["account"], it["Properties"]["DatabaseName"], it["Properties"].get("Name"))
                     for it in wanted.values() if it["Type"] == "AWS::Glue::Table"}
        self.tables |= in_stacks
        for name, resource in wanted.items():
            if resource["Type"] != "AWS::LakeFormation::PrincipalPermissions":
                continue
            on = resource["Properties"]["Resource"]
            on = on.get("Table") or on.get("TableWithColumns") or {}
            if (stack["account"], on.get("DatabaseName"), on.get("Name", "")) in late - in_stacks:
                self.report.finding("order", self.root / stack["template"], name, f"is granted on {on['Name']} before that is made")

    def roles_of(self, stack):
        """The ARNs of the roles in a template, by their logical names."""
        resources = documents.load(self.root / stack["template"])["Resources"]
        return {name: f"arn:aws:iam::{stack['account']}:role/{resource['Properties']['RoleName']}"
                for name, resource in resources.items() if resource["Type"] == "AWS::IAM::Role"}

    def check_principals(self, stack):
        """Whom a policy is for must be there before: made by an earlier step, or by what the resource waits for."""
        file = self.root / stack["template"]
        own = {arn: name for name, arn in self.roles_of(stack).items()}
        for name, resource in documents.load(file)["Resources"].items():
            for arn in principals(resource["Properties"]):
                waits = own.get(arn) in resource.get("DependsOn", []) or own.get(arn) == name
                if arn in self.all_roles and arn not in self.roles and not waits:
                    self.report.finding("order", file, name, f"names {arn} before that is made")

    def answers(self, stack):
        """The values of a template's parameters: each question of deploy.json put to moto, one that another's answer stands in behind that one."""
        asked, answers = dict(stack.get("parameters", {})), {}
        if stack["account"] not in self.organized and any(question["service"] == "organizations" for question in asked.values()):
            self.organized.add(stack["account"])
            self.aws.call(stack["account"], "organizations", "CreateOrganization", {"FeatureSet": "ALL"})
        while asked:
            name = next(name for name, question in asked.items() if refs(question["input"]) <= answers.keys())
            question = asked.pop(name)
            given = filled(question["input"], answers)
            operation = f"{question['service']}.{question['operation']}"
            if operation in moto_apply.STANDING:
                moto_apply.STANDING[operation](self.aws, stack["account"], given)
            if operation == "cloudformation.DescribeStackResource" and self.types.get(given["LogicalResourceId"]) in MISSING:
                answers[name] = SAMPLE_IDS[self.types[given["LogicalResourceId"]]]
                continue
            answer = self.aws.call(stack["account"], question["service"], question["operation"], given)
            answers[name] = call_scripts.take(answer, question["path"].split("."))
        return answers

    def create(self, stack):
        file = self.root / stack["template"]
        text = file.read_text()
        if len(text.encode()) != stack["bytes"]:
            self.report.finding("moto", file, "", f"has another size than deploy.json says: {len(text.encode())}")
        wanted = documents.load(file)["Resources"]
        self.types |= {name: resource["Type"] for name, resource in wanted.items()}
        self.databases |= {(stack["account"], it["Properties"]["DatabaseInput"]["Name"])
                           for it in wanted.values() if it["Type"] == "AWS::Glue::Database"}
        self.check_tables(stack, wanted)
        for resource in wanted.values():
            if resource["Type"] in MISSING:
                self.missing[resource["Type"]] = self.missing.get(resource["Type"], 0) + 1
        call = lambda operation, **given: self.aws.call(stack["account"], "cloudformation", operation, given)
        try:
            for resource in wanted.values():
                if resource["Type"] == "AWS::Lambda::Permission":
                    moto_apply.standing_function(self.aws, stack["account"], resource["Properties"])
            answers = self.answers(stack)
            parameters = [{"ParameterKey": name, "ParameterValue": answers[name]}
                          for name in documents.load(file).get("Parameters", {})]
            call("CreateStack", StackName=stack["name"], TemplateBody=as_moto_reads(text), Capabilities=stack["capabilities"],
                 Parameters=parameters)
            state = call("DescribeStacks", StackName=stack["name"])["Stacks"][0]
            made = call("ListStackResources", StackName=stack["name"])["StackResourceSummaries"]
        except (moto_apply.Refused, LookupError) as error:
            self.report.finding("moto", file, "", error)
            return
        if state["StackStatus"] != "CREATE_COMPLETE":
            self.report.finding("moto", file, "", f"{state['StackStatus']}: {state.get('StackStatusReason')}")
        if "stack_set" in stack:
            self.create_set(stack, text, parameters)
        present = {resource["LogicalResourceId"] for resource in made}
        for name, resource in wanted.items():
            if name not in present and resource["Type"] not in MISSING:
                self.report.finding("moto", file, name, f"{resource['Type']} is not there afterwards")


    def create_set(self, stack, text, parameters):
        """The same template as a set of stacks: one stands where deploy.json says, and nowhere else."""
        file = self.root / stack["template"]
        whole = {"CreateStackSet": {"TemplateBody": as_moto_reads(text), "Parameters": parameters},
                 # moto gives a set's parameters to none of its stacks.
                 "CreateStackInstances": {"ParameterOverrides": parameters}}
        for call in stack["stack_set"]:
            self.aws.call(call["account"], call["service"], call["operation"], {**call["input"], **whole[call["operation"]]})
        made = self.aws.call(stack["account"], "cloudformation", "ListStackInstances", {"StackSetName": stack["name"]})["Summaries"]
        if [(it["Account"], it["Region"]) for it in made] != [(stack["account"], stack["region"])]:
            self.report.finding("moto", file, "stack_set", f"stands elsewhere: {made}")
        if any(it["Status"] != "CURRENT" for it in made):
            self.report.finding("moto", file, "stack_set", f"ended as {made}")


def main(folders):
    report = reporting.Report("stacks")
    server, aws = moto_apply.started()
    for folder in map(Path, folders):
        aws.forget()
        deployed = Folder(folder, aws, report)
        deployed.deploy()
        for name, count in sorted(deployed.missing.items()):
            print(json.dumps({"checker": "stacks", "file": str(folder), "not_supported_by_moto": name, "calls": count}))
    server.stop()
    return report.close()


if __name__ == "__main__":
    reporting.run(main)
