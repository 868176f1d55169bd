#!/usr/bin/env python3
"""parquet_rows.py write ROWS.jsonl FILE.parquet TIMES... | read FILE.parquet: rows by Apache Arrow's Parquet.

`write` makes a file of JSON lines whose columns TIMES are timestamps without zone; `read` prints a file as JSON lines.
Exit codes: 0 fine, 1 it failed, 2 no Arrow.
"""

import base64
import datetime
import decimal
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning


def write(rows, file, times):
    import pyarrow
    import pyarrow.parquet
    table = [json.loads(line) for line in Path(rows).read_text().splitlines()]
    for row in table:
        for name in times:
            row[name] = datetime.datetime.fromisoformat(row[name])
    made = pyarrow.Table.from_pylist(table)
    for index, name in enumerate(made.column_names):
        if name in times:
            made = made.set_column(index, name, made.column(name).cast(pyarrow.timestamp("ms")))
    # Pages and groups that end in different places, encodings that mix.
    pyarrow.parquet.write_table(made, file, row_group_size=1700, data_page_size=4096, compression="zstd")


def plain(value):
    if isinstance(value, datetime.datetime):
        # As `dpl run` writes it: no zeros at the end.
        return value.isoformat(timespec="milliseconds").rstrip("0").rstrip(".")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def read(file):
    import pyarrow.parquet
    for row in pyarrow.parquet.read_table(file).to_pylist():
        print(json.dumps({name: plain(value) for name, value in row.items()}))


def main(words):
    try:
        wanted = provisioning.provision("parquet") / "venv/bin/python"
    except provisioning.Unavailable as why:
        print(f"parquet_rows: {why}", file=sys.stderr)
        return 2
    if Path(sys.prefix) != wanted.parent.parent:
        os.execv(wanted, [str(wanted), *sys.argv])
    verb, *rest = words
    if verb == "write":
        write(rest[0], rest[1], rest[2:])
    else:
        read(*rest)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
