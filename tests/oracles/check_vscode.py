#!/usr/bin/env python3
"""check_vscode.py DPL: packs the extension by vsce, as for the marketplace, looks into what it packed, and runs the extension's commands over a
copy of acme (`vscode/commands.cjs`). Exit codes: 0 fine, 1 findings, 2 a part is missing."""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EXTENSION = ROOT / "editors/vscode"


def main(binary):
    try:
        vsce, modules = provisioning.provision("vscode") / "node_modules/.bin/vsce", provisioning.provision("extension") / "node_modules"
    except provisioning.Unavailable as why:
        print(f"check_vscode: {why}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        copy = folder / "extension"
        shutil.copytree(EXTENSION, copy, ignore=shutil.ignore_patterns("node_modules"))
        shutil.copytree(modules, copy / "node_modules", symlinks=True)
        packed = folder / "dpl.vsix"
        command = [str(vsce), "package", "--allow-missing-repository", "--out", str(packed)]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            print(done.stdout + done.stderr)
            return 1
        # Its advice to bundle all JavaScript into one file is taken as that.
        warnings = [line for line in (done.stdout + done.stderr).splitlines() if "WARNING" in line and "bundle" not in line]
        findings = [f"vsce warns: {line}" for line in warnings]
        findings += inside(packed)
        shutil.copytree(ROOT / "examples/acme", folder / "acme")
        commands = ["node", HERE / "vscode/commands.cjs", copy, binary, folder / "acme"]
        done = subprocess.run([str(word) for word in commands], capture_output=True, text=True)
        findings += [*done.stdout.splitlines(), *([done.stderr] if done.returncode else [])]
    print(*findings, sep="\n", end="\n" if findings else "")
    return 1 if findings else 0


def inside(packed):
    """Whatever package.json names is there, and nothing that only its authors need."""
    with zipfile.ZipFile(packed) as archive:
        names = {name.removeprefix("extension/") for name in archive.namelist()}
        contributes = json.loads(archive.read("extension/package.json"))["contributes"]
    wanted = {"extension.js", "language-configuration.json", "LICENSE.txt", "node_modules/vscode-languageclient/package.json"}
    wanted |= {one["path"].removeprefix("./") for part in ("grammars", "snippets") for one in contributes[part]}
    findings = [f"the package lacks {name}" for name in sorted(wanted - names)]
    findings += [f"the package has {name}" for name in sorted(names) if name.startswith("tests/")]
    return findings


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
