"""Findings as JSON lines, and the exit codes that every checker shares: 0 clean, 1 findings, 2 broken."""

import json
import re
import sys
import traceback
from pathlib import Path

ALLOWED = Path(__file__).resolve().parent.parent / "allowed.json"


class Report:
    """Prints each finding as it comes, except known false alarms, and counts both."""

    def __init__(self, checker):
        self.checker = checker
        self.checked = self.findings = self.allowed = 0
        self.alarms = json.loads(ALLOWED.read_text())

    def finding(self, tool, file, where, message):
        """Reports that `tool` objects to the place `where` in `file`; returns False if that is a known false alarm."""
        text = " ".join(str(message).split())
        if any(alarm["tool"] == tool and re.search(alarm["message"], text) for alarm in self.alarms):
            self.allowed += 1
            return False
        self.findings += 1
        line = {"checker": self.checker, "tool": tool, "file": str(file), "where": where, "message": text[:600]}
        print(json.dumps(line, ensure_ascii=False), flush=True)
        return True

    def close(self):
        """Prints the counts; returns the exit code. A checker that saw nothing has proved nothing."""
        if self.checked == 0:
            raise RuntimeError("nothing was checked")
        counts = {"checked": self.checked, "findings": self.findings, "allowed": self.allowed}
        print(json.dumps({"checker": self.checker, **counts}), flush=True)
        return 1 if self.findings else 0


def run(main):
    """Calls `main(arguments)` and exits with its code; an exception is a broken checker, and never reads as findings."""
    try:
        code = main(sys.argv[1:])
    except Exception:
        traceback.print_exc()
        code = 2
    sys.exit(code)
