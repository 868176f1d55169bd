#!/usr/bin/env python3
"""check_templates.py FILE.template.json...: CloudFormation templates, judged by cfn-lint at every level, informational ones included."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import cfnlint.api
import cfnlint.config
import documents
import reporting


def main(files):
    report = reporting.Report("templates")
    for file in map(Path, files):
        report.checked += 1
        try:
            documents.load(file)
        except documents.Malformed as error:
            report.finding("format", file, "", error)
            continue
        config = cfnlint.config.ManualArgs(regions=["us-east-1"], include_checks=["I"])
        for match in cfnlint.api.lint(file.read_text(), config=config):
            path = "/".join(str(step) for step in match.path or [])
            report.finding("cfn-lint", file, path, f"{match.rule.id} {match.message}")
    return report.close()


if __name__ == "__main__":
    reporting.run(main)
