#!/usr/bin/env python3
"""check_graph.py FILE...: what `dpl graph` writes. An `.svg` must be well-formed XML with an element `svg` of its namespace. Each line of a `.jsonl`
is read into the classes of OpenLineage's own client, which are made from its schemas: no member may be missing, unknown or of another type, and each
facet names the schema that its class was made from. Exit codes: 0 fine, 1 findings, 2 the client is missing."""

import json
import os
import sys
import types
import typing
import xml.etree.ElementTree as xml
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning


def enter():
    """Starts over in the interpreter that has the client."""
    try:
        wanted = provisioning.provision("lineage") / "venv/bin/python"
    except provisioning.Unavailable as why:
        print(f"check_graph: {why}", file=sys.stderr)
        sys.exit(2)
    if Path(sys.prefix) != wanted.parent.parent:
        os.execv(wanted, [str(wanted), *sys.argv])


def drawn(path):
    try:
        root = xml.parse(path).getroot()
    except xml.ParseError as error:
        return [f"{path}: {error}"]
    return [] if root.tag == "{http://www.w3.org/2000/svg}svg" else [f"{path}: is a {root.tag}"]


def told(path):
    import attr
    from openlineage.client.generated import base, column_lineage_dataset, documentation_job, schema_dataset

    facets = {
        "schema": schema_dataset.SchemaDatasetFacet,
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet,
        "documentation": documentation_job.DocumentationJobFacet,
    }
    findings = []

    def fits(value, wanted, where):
        """Puts a value into what its class says of it; facets are told apart by their names."""
        kind = typing.get_origin(wanted)
        arguments = typing.get_args(wanted)
        if kind in (typing.Union, types.UnionType):
            if value is not None:
                fits(value, next(it for it in arguments if it is not type(None)), where)
        elif kind is dict:
            for key, inner in value.items():
                named = facets.get(key) if where.endswith("facets") else arguments[1]
                if named is None:
                    findings.append(f"{where}: no facet is called {key}")
                else:
                    fits(inner, named, f"{where}.{key}")
        elif kind is list:
            for at, inner in enumerate(value):
                fits(inner, arguments[0], f"{where}[{at}]")
        elif attr.has(wanted):
            members(value, attr.resolve_types(wanted), where)
        elif not isinstance(value, wanted):
            findings.append(f"{where}: {value!r} is no {wanted.__name__}")

    def members(value, wanted, where):
        known = {field.name: field for field in attr.fields(wanted)}
        findings.extend(f"{where}: {wanted.__name__} has no {name}" for name in value.keys() - known.keys())
        for name, field in known.items():
            if name in value:
                fits(value[name], field.type, f"{where}.{name}")
            elif field.default is attr.NOTHING or name in ("_producer", "_schemaURL", "producer", "schemaURL"):
                findings.append(f"{where}: {name} is missing")
        named = value.get("_schemaURL", value.get("schemaURL"))
        if named is not None and named != wanted._get_schema():
            findings.append(f"{where}: names {named}, and its class is made of {wanted._get_schema()}")
        # The client's own checks: times, addresses.
        if not findings and wanted is base.JobEvent:
            job = base.Job(value["job"]["namespace"], value["job"]["name"])
            base.JobEvent(eventTime=value["eventTime"], producer=value["producer"], job=job)

    lines = Path(path).read_text().splitlines()
    if not lines:
        findings.append(f"{path}: is empty")
    for at, line in enumerate(lines, start=1):
        try:
            members(json.loads(line), attr.resolve_types(base.JobEvent), f"{path}:{at}")
        except (ValueError, TypeError, AttributeError) as error:
            findings.append(f"{path}:{at}: {error}")
    return findings


if __name__ == "__main__":
    enter()
    found = [finding for path in sys.argv[1:] for finding in (drawn if path.endswith(".svg") else told)(path)]
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
