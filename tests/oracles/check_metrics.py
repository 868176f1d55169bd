#!/usr/bin/env python3
"""check_metrics.py FILE: reads metrics with the parser of Prometheus' own Python client. Exit codes: 0 fine, 1 a finding, 2 no parser."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

# What a run always has, and the kind that it has.
WANTED = {
    "dpl_rows_in": "counter", "dpl_bytes_in": "counter", "dpl_rows_late": "counter", "dpl_rows_rejected": "counter",
    "dpl_rows_out": "counter", "dpl_windows_fired": "counter", "dpl_checkpoints": "counter",
    "dpl_watermark_seconds": "gauge", "dpl_watermark_lag_seconds": "gauge", "dpl_partition_event_time_seconds": "gauge",
    "dpl_state_windows": "gauge", "dpl_state_groups": "gauge", "dpl_state_keys": "gauge", "dpl_state_bytes": "gauge",
}


def findings(text):
    from prometheus_client.parser import text_string_to_metric_families
    families = {family.name: family for family in text_string_to_metric_families(text)}
    for name, kind in WANTED.items():
        family = families.get(name)
        if family is None:
            yield f"no {name}"
        elif family.type != kind:
            yield f"{name} is a {family.type}, not a {kind}"
    for family in families.values():
        if not family.documentation:
            yield f"{family.name} says nothing of itself"
        if not family.samples:
            yield f"{family.name} has no samples"
        seen = set()
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            if key in seen:
                yield f"{key} is there twice"
            seen.add(key)
            if family.type == "counter" and sample.value < 0:
                yield f"{key} counts {sample.value}"


def main(files):
    try:
        wanted = provisioning.provision("metrics") / "venv/bin/python"
    except provisioning.Unavailable as why:
        print(f"check_metrics: {why}", file=sys.stderr)
        return 2
    if Path(sys.prefix) != wanted.parent.parent:
        os.execv(wanted, [str(wanted), *sys.argv])
    found = [f"{file}: {finding}" for file in files for finding in findings(Path(file).read_text())]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
