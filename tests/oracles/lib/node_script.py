"""Calls one of the node scripts of this folder and reports what it found."""

import json
import subprocess

import provisioning


def report_findings(script, arguments, report):
    """Runs `script`, which prints {file: [{tool, where, message}]} as its last line."""
    command = ["node", provisioning.HERE / "lib" / script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{script}: {done.stderr}")
    for file, problems in json.loads(done.stdout.splitlines()[-1]).items():
        for problem in problems:
            report.finding(problem["tool"], file, problem["where"], problem["message"])
