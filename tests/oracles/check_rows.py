#!/usr/bin/env python3
"""check_rows.py CASES: what `prove` says of row filters, against SQLite over every combination of values.

CASES is JSON: `columns` with the values of each, as SQL, and `cases`, each with a `wanted` condition, the `shown` ones, and what was said: `hidden`
of a row that is wanted and not shown, `seen` of one that is both; each `row`, `nothing` or `undecided`. SQLite has SQL's three values of truth.
What is undecided is no finding, as long as there is a pattern of LIKE in the case that is more than a beginning.
"""

import itertools
import json
import re
import sqlite3
import sys
from pathlib import Path

OPEN_PATTERN = re.compile(r"LIKE '[^']*(%[^'%]|_)")


def table(columns):
    base = sqlite3.connect(":memory:")
    base.execute("PRAGMA case_sensitive_like = ON")
    base.execute(f"CREATE TABLE t ({', '.join(columns)})")
    rows = itertools.product(*columns.values())
    base.executescript("".join(f"INSERT INTO t VALUES ({', '.join(row)});" for row in rows))
    return base


def exists(base, condition):
    return base.execute(f"SELECT EXISTS (SELECT 1 FROM t WHERE {condition})").fetchone()[0] == 1


def main():
    given = json.loads(Path(sys.argv[1]).read_text())
    base = table(given["columns"])
    found = []
    for case in given["cases"]:
        shown = " OR ".join(f"({it})" for it in case["shown"])
        truth = {"hidden": exists(base, f"({case['wanted']}) AND ({shown}) IS NOT TRUE"), "seen": exists(base, f"({case['wanted']}) AND ({shown})")}
        for what, there in truth.items():
            said = case[what]
            excused = said == "undecided" and OPEN_PATTERN.search(case["wanted"] + shown)
            if not excused and said != ("row" if there else "nothing"):
                found.append(json.dumps({**case, "what": what, "sqlite": there}))
    print("\n".join([*found, f"rows: {len(given['cases'])} checked, {len(found)} findings"]))
    return 1 if found else 0


sys.exit(main())
