#!/usr/bin/env python3
"""check_lsp.py DPL: holds sessions with `DPL lsp` by pytest-lsp, a client that we did not write. Exit codes: 0 fine, 1 it failed, 2 no client."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning


def main(binary):
    try:
        python = provisioning.provision("lsp") / "venv/bin/python"
    except provisioning.Unavailable as why:
        print(f"check_lsp: {why}", file=sys.stderr)
        return 2
    sessions = Path(__file__).resolve().parent / "lsp"
    environment = {**os.environ, "DPL": binary, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", sessions / "pytest.ini", sessions]
    return 1 if subprocess.run([str(word) for word in command], env=environment).returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
