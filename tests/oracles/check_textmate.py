#!/usr/bin/env python3
"""check_textmate.py [--update]: the editor's grammar by vscode-tmgrammar-test: the assertions under editors/vscode/tests, and the scopes of every
token of acme against the snapshots there, which `--update` writes. SQL's own grammar is tm-grammars'. Exit codes: 0 fine, 1 it failed, 2 no Node."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "editors/vscode/tests"


def main(update):
    try:
        modules = provisioning.provision("textmate") / "node_modules"
    except provisioning.Unavailable as why:
        print(f"check_textmate: {why}", file=sys.stderr)
        return 2
    grammars = ["-g", ROOT / "editors/vscode/syntaxes/dpl.tmLanguage.json", "-g", modules / "tm-grammars/grammars/sql.json"]
    failed = run(modules, "vscode-tmgrammar-test", [*grammars, TESTS / "language.test.dpl"], ROOT)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for file in (ROOT / "examples/acme").glob("*.dpl"):
            shutil.copy(file, folder)
        if update:
            failed |= run(modules, "vscode-tmgrammar-snap", [*grammars, "-s", "source.dpl", "-u", "*.dpl"], folder)
            for snapshot in folder.glob("*.snap"):
                shutil.copy(snapshot, TESTS / "acme")
        else:
            for snapshot in (TESTS / "acme").glob("*.snap"):
                shutil.copy(snapshot, folder)
            missing = [file.name for file in folder.glob("*.dpl") if not Path(f"{file}.snap").exists()]
            if missing:
                print(f"no snapshot of {', '.join(missing)}")
                return 1
            failed |= run(modules, "vscode-tmgrammar-snap", [*grammars, "-s", "source.dpl", "*.dpl"], folder)
    return 1 if failed else 0


def run(modules, program, arguments, folder):
    command = [modules / ".bin" / program, *arguments]
    done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr)
    return done.returncode != 0


if __name__ == "__main__":
    sys.exit(main("--update" in sys.argv[1:]))
