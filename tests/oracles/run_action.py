#!/usr/bin/env python3
"""run_action.py DPL: runs the steps of action.yml, and the script of ci/gitlab.yml, as their systems would, over a fine and a wrong program.

YAML is read by PyYAML. A step's `if` is one of `inputs.X == 'Y'` and `inputs.X != 'Y'`; anything else is a finding, as is a step that ends
otherwise than it should. Exit codes: 0 fine, 1 findings, 2 no Python part.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

ROOT = Path(__file__).resolve().parents[2]


def main(binary):
    import yaml

    action = yaml.safe_load((ROOT / "action.yml").read_text())
    gitlab = yaml.safe_load((ROOT / "ci/gitlab.yml").read_text())
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        environment = {**os.environ, "PATH": f"{Path(binary).parent}:{os.environ['PATH']}", "RUNNER_TEMP": str(folder),
                       "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_PATH": str(folder / "path")}
        fine, wrong = folder / "fine", folder / "wrong"
        shutil.copytree(ROOT / "examples/acme", fine)
        shutil.copytree(ROOT / "examples/acme", wrong)
        lake = wrong / "lake.dpl"
        lake.write_text(lake.read_text().replace("= lake_key", "=  lake_kez"))
        subprocess.run([binary, "build", "fine", "-o", "out"], cwd=folder, check=True, capture_output=True)

        inputs = {"path": "fine", "output": "out", "sarif": "fine.sarif"}
        ended = steps(action, inputs, folder, environment)
        if ended != {name: 0 for name in ("Install dpl", "Summary", "Check", "Layout", "Output")}:
            findings.append(f"a fine program: {ended}")
        ended = steps(action, {"path": "wrong"}, folder, environment)
        if ended != {"Install dpl": 0, "Summary": 0, "Check": 1, "Layout": 1}:
            findings.append(f"a wrong program: {ended}")
        summary = (folder / "summary.md").read_text()
        if "DPL0101" not in summary or "lake_kez" not in summary:
            findings.append(f"the summary: {summary}")
        if '"2.1.0"' not in (folder / "fine.sarif").read_text():
            findings.append("no SARIF was written")

        script = "set -e\n" + "\n".join(gitlab["dpl"]["script"])
        for path, code in (("fine", 0), ("wrong", 1)):
            variables = {**gitlab["variables"], "DPL_PATH": path, "DPL_OUTPUT": "out"}
            done = subprocess.run(["bash", "-c", script], cwd=folder, env={**environment, **variables}, capture_output=True)
            if done.returncode != code or "<testsuites" not in (folder / "dpl.xml").read_text():
                findings.append(f"GitLab's script on {path}: {done.returncode}: {done.stderr.decode()}")
    print(*findings, sep="\n", end="\n" if findings else "")
    return 1 if findings else 0


def steps(action, given, folder, environment):
    """Runs every step whose condition holds, also behind one that fails; how each ended, by its name."""
    inputs = {name: given.get(name, one["default"]) for name, one in action["inputs"].items()}
    ended = {}
    for step in action["runs"]["steps"]:
        if not holds(step.get("if", ""), inputs):
            continue
        values = {name: filled(str(value), inputs) for name, value in step.get("env", {}).items()}
        # As GitHub runs `shell: bash`.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(command, cwd=folder, env={**environment, **values}, capture_output=True)
        ended[step["name"]] = done.returncode
    return ended


def holds(condition, inputs):
    if not condition:
        return True
    found = re.fullmatch(r"inputs\.(\w+) (==|!=) '(\w*)'", condition)
    return (inputs[found[1]] == found[3]) == (found[2] == "==")


def filled(text, inputs):
    text = text.replace("${{ github.action_path }}", str(ROOT))
    return re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: inputs[found[1]], text)


if __name__ == "__main__":
    provisioning.enter_python()
    sys.exit(main(sys.argv[1]))
