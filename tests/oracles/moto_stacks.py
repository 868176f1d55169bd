#!/usr/bin/env python3
"""moto_stacks.py OUTDIR...: creates every stack of a build in moto, step by step as its `deploy.json` says, and reads back what is there then.

Each folder gets fresh accounts. A stack that does not end as CREATE_COMPLETE is a finding, as is a resource of a template that
the stack does not have afterwards. Types that moto is known to lack (moto_missing.json) are counted.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import documents
import moto_apply
import reporting

MISSING = set(json.loads((Path(__file__).resolve().parent / "moto_missing.json").read_text()).get("cloudformation", ()))


class Folder:
    """One build's output, being deployed."""

    def __init__(self, root, aws, report):
        self.root = root
        self.aws = aws
        self.report = report
        self.missing = {}

    def deploy(self):
        for step in documents.load(self.root / "deploy.json")["steps"]:
            for stack in step["stacks"]:
                self.report.checked += 1
                self.create(stack)

    def create(self, stack):
        file = self.root / stack["template"]
        text = file.read_text()
        if len(text.encode()) != stack["bytes"]:
            self.report.finding("moto", file, "", f"has another size than deploy.json says: {len(text.encode())}")
        wanted = documents.load(file)["Resources"]
        for resource in wanted.values():
            if resource["Type"] in MISSING:
                self.missing[resource["Type"]] = self.missing.get(resource["Type"], 0) + 1
        call = lambda operation, **given: self.aws.call(stack["account"], "cloudformation", operation, given)
        try:
            call("CreateStack", StackName=stack["name"], TemplateBody=text, Capabilities=stack["capabilities"])
            state = call("DescribeStacks", StackName=stack["name"])["Stacks"][0]
            made = call("ListStackResources", StackName=stack["name"])["StackResourceSummaries"]
        except moto_apply.Refused as error:
            self.report.finding("moto", file, "", error)
            return
        if state["StackStatus"] != "CREATE_COMPLETE":
            self.report.finding("moto", file, "", f"{state['StackStatus']}: {state.get('StackStatusReason')}")
        present = {resource["LogicalResourceId"] for resource in made if resource.get("PhysicalResourceId")}
        for name, resource in wanted.items():
            if name not in present and resource["Type"] not in MISSING:
                self.report.finding("moto", file, name, f"{resource['Type']} is not there afterwards")


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
