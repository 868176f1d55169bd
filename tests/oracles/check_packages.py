#!/usr/bin/env python3
"""check_packages.py DPL: what the command is shipped in, and the files that other systems read.

npm: both packages are built of DPL, packed, installed into an empty project from their archives, and started. PyPI: maturin builds the wheel, which
is installed into an empty environment, and started. The archive of a release has what Cargo.toml tells cargo-binstall. hadolint reads the image's
recipe; check-jsonschema reads action.yml and GitLab's template by their schemas, and SARIF's own schema reads `dpl check --format sarif`.
No image is built: that takes a container engine. Exit codes: 0 fine, 1 findings, 2 a part is missing.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

ROOT = Path(__file__).resolve().parents[2]
TARGET = "x86_64-unknown-linux-gnu"


def main(binary):
    try:
        tools, modules = provisioning.provision("packaging") / "venv/bin", provisioning.provision("vscode") / "node_modules"
    except provisioning.Unavailable as why:
        print(f"check_packages: {why}", file=sys.stderr)
        return 2
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for check in (npm, wheel, archive, recipe, schemas, sarif):
            try:
                findings += check(Path(binary), folder, tools, modules, manifest)
            except subprocess.CalledProcessError as failed:
                findings.append(f"{check.__name__}: {failed.cmd} exits with {failed.returncode}\n{failed.stdout}{failed.stderr}")
    print(*findings, sep="\n", end="\n" if findings else "")
    return 1 if findings else 0


def call(*command, folder, **more):
    return subprocess.run([str(word) for word in command], cwd=folder, check=True, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, **more).stdout


def works(command, folder, where):
    """The installed command says its version, hands arguments and exit codes on."""
    said = call(command, "--version", folder=folder)
    findings = [] if re.fullmatch(r"dpl \d+\.\d+\.\d+\n", said) else [f"{where} says {said}"]
    call(command, "init", "--template", "etl", f"{where}-project", folder=folder)
    call(command, "test", f"{where}-project", folder=folder)
    refused = subprocess.run([str(command), "check", "nowhere"], cwd=folder, capture_output=True)
    return findings + ([] if refused.returncode == 2 else [f"{where}: a wrong usage exits with {refused.returncode}"])


def npm(binary, folder, _tools, _modules, manifest):
    built, project = folder / "npm", folder / "npm-project"
    project.mkdir()
    (project / "package.json").write_text('{ "private": true }')
    call("node", ROOT / "packaging/npm/build.mjs", manifest["package"]["version"], built, f"{TARGET}={binary}", folder=folder)
    archives = [folder / call("npm", "pack", "--silent", built / name, folder=folder).strip() for name in ("linux-x64", "cli")]
    quiet = ["--offline", "--no-audit", "--no-fund", "--cache", folder / "npm-cache"]
    call("npm", "install", *quiet, *archives, folder=project)
    return works(project / "node_modules/.bin/dpl", folder, "npm")


def wheel(binary, folder, tools, _modules, manifest):
    """Built without optimization: what is tried is the package."""
    out = folder / "wheels"
    # In a folder of its own, which is kept: maturin writes the command anew, and other tests are running this one.
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "CARGO_TARGET_DIR": str(binary.parents[1] / "packaging")}
    call(tools / "maturin", "build", "--profile", "dev", "--skip-auditwheel", "--out", out,
         folder=ROOT / "packaging/pypi", env=environment)
    (made,) = out.glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        names = archive.namelist()
    findings = [] if any(name.endswith("scripts/dpl") for name in names) else [f"the wheel has {names}"]
    if not made.name.startswith(f"dpl_lang-{manifest['package']['version']}-py3-none-"):
        findings.append(f"the wheel is called {made.name}")
    call(sys.executable, "-m", "venv", folder / "venv", folder=folder)
    call(folder / "venv/bin/python", "-m", "pip", "install", "--quiet", "--no-index", made, folder=folder)
    return findings + works(folder / "venv/bin/dpl", folder, "pypi")


def archive(binary, folder, _tools, _modules, manifest):
    """What binstall would look for, its templates filled in, is what `packaging/archive` writes."""
    told = manifest["package"]["metadata"]["binstall"]
    fill = {"{ name }": "dpl", "{ target }": TARGET, "{ bin }": "dpl", "{ binary-ext }": "", "{ archive-suffix }": ".tar.gz",
            "{ version }": manifest["package"]["version"], "{ repo }": "REPOSITORY"}

    def filled(text):
        for name, value in fill.items():
            text = text.replace(name, value)
        return text

    call(ROOT / "packaging/archive", TARGET, binary, folder / "release", folder=folder)
    made = folder / "release" / Path(filled(told["pkg-url"])).name
    if not made.exists() or told["pkg-fmt"] != "tgz":
        return [f"binstall looks for {made.name}, and there is {sorted(one.name for one in made.parent.iterdir())}"]
    with tarfile.open(made) as packed:
        packed.extractall(folder / "unpacked", filter="data")
    call("sha256sum", "--check", f"{made.name}.sha256", folder=made.parent)
    return works(folder / "unpacked" / filled(told["bin-dir"]), folder, "archive")


def recipe(_binary, folder, tools, _modules, _manifest):
    call(tools / "hadolint", ROOT / "packaging/docker/Dockerfile", folder=folder)
    # What the recipe copies is what the build reads: the compiler's own list, but for what is read at run time of tests.
    kept = [line[1:] for line in (ROOT / "packaging/docker/Dockerfile.dockerignore").read_text().split() if line.startswith("!")]
    return [f"the image's context has no {name}" for name in kept if not list(ROOT.glob(name))]


def schemas(_binary, folder, tools, _modules, _manifest):
    call(tools / "check-jsonschema", "--builtin-schema", "vendor.github-actions", ROOT / "action.yml", folder=folder)
    call(tools / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", ROOT / "ci/gitlab.yml", folder=folder)
    return []


def sarif(binary, folder, tools, modules, _manifest):
    """A program without faults, and one with errors, warnings and mends."""
    schema = modules / "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
    wrong = folder / "wrong"
    shutil.copytree(ROOT / "examples/acme", wrong)
    lake = wrong / "lake.dpl"
    lake.write_text(lake.read_text().replace("= lake_key", "= lake_kez").replace("versioning", "versionin"))
    findings = []
    for program in (ROOT / "examples/acme", wrong):
        done = subprocess.run([binary, "check", program, "--format", "sarif"], cwd=folder, capture_output=True, text=True)
        log = folder / "log.sarif"
        log.write_text(done.stdout)
        # A pattern of the schema is none with the flag for Unicode.
        call(tools / "check-jsonschema", "--regex-variant", "nonunicode", "--schemafile", schema, log, folder=folder)
        if program == wrong and not json.loads(done.stdout)["runs"][0]["results"]:
            findings.append("SARIF has no results of a wrong program")
    return findings


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
