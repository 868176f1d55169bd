#!/usr/bin/env python3
"""check_nvim.py DPL: a session in Neovim, without a screen, over a copy of acme: `nvim/session.lua`, behind the init file that docs/editors.md
shows for the version that is installed. Exit codes: 0 fine, 1 findings, 2 no Neovim, or no C compiler for the grammar."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GRAMMAR = ROOT / "editors/tree-sitter-dpl"


def main(binary):
    for tool in ("nvim", "cc"):
        if shutil.which(tool) is None:
            print(f"check_nvim: `{tool}` is not on the PATH", file=sys.stderr)
            return 2
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        acme = folder / "acme"
        shutil.copytree(ROOT / "examples/acme", acme)
        compiled = ["cc", "-shared", "-fPIC", "-I", GRAMMAR / "src", GRAMMAR / "src/parser.c", GRAMMAR / "src/scanner.c"]
        subprocess.run([*compiled, "-o", folder / "dpl.so"], check=True)
        init = folder / "init.lua"
        init.write_text(guide())
        environment = {
            **os.environ, "PATH": f"{Path(binary).parent}:{os.environ['PATH']}", "HOME": str(folder), "XDG_STATE_HOME": str(folder),
            "DPL_ACME": str(acme), "DPL_GRAMMAR": str(folder), "DPL_QUERIES": str(GRAMMAR / "queries"),
        }
        command = ["nvim", "--headless", "-n", "-i", "NONE", "-u", init, "-c", f"luafile {HERE / 'nvim/session.lua'}"]
        try:
            done = subprocess.run(command, cwd=acme, env=environment, capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as late:
            print(f"Neovim does not end: {late.stderr}")
            return 1
        if done.returncode:
            print(done.stdout + done.stderr)
        return 1 if done.returncode else 0


def guide():
    """The guide's init file for this version."""
    version = subprocess.run(["nvim", "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = re.search(r"NVIM v(\d+)\.(\d+)", version).groups()
    new = (int(major), int(minor)) >= (0, 11)
    blocks = re.findall(r"^```lua\n(.*?)^```", (ROOT / "docs/editors.md").read_text(), re.S | re.M)
    (chosen,) = [one for one in blocks if "lsp" in one and ("start_client" in one) != new]
    return chosen


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
