#!/usr/bin/env python3
"""check_contracts.py FILE...: contracts (`*.odcs.yaml`) against the standard's own schema and model, and the schemas that
calls bring to Glue's registry (`*.calls.json`) before the libraries that readers use: fastavro and jsonschema."""

import json
import sys
from importlib import resources
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import documents
import fastavro
import jsonschema
import reporting
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

STANDARD = json.loads((resources.files("open_data_contract_standard") / "schema.json").read_text())


def check_contract(report, file):
    report.checked += 1
    try:
        contract = yaml.safe_load(file.read_text(encoding="utf-8"))
        OpenDataContractStandard.model_validate(contract)
    except (UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        report.finding("open-data-contract-standard", file, "", error)
        return
    for error in jsonschema.validators.validator_for(STANDARD)(STANDARD).iter_errors(contract):
        report.finding("odcs", file, error.json_path, error.message)


def check_calls(report, file):
    try:
        calls = documents.load(file)["calls"]
    except documents.Malformed as error:
        report.finding("format", file, "", error)
        return
    for call in calls:
        if (call["service"], call["operation"]) == ("glue", "CreateSchema"):
            report.checked += 1
            check_schema(report, file, call)


def check_schema(report, file, call):
    given = call["input"]
    try:
        definition = json.loads(given["SchemaDefinition"])
        if given["DataFormat"] == "AVRO":
            fastavro.parse_schema(definition)
        else:
            jsonschema.Draft7Validator.check_schema(definition)
            if definition.get("$schema") != jsonschema.Draft7Validator.META_SCHEMA["$schema"]:
                report.finding("jsonschema", file, call["id"], "does not say that it is of draft 7")
    except Exception as error:  # fastavro and jsonschema share no error
        report.finding("fastavro" if given["DataFormat"] == "AVRO" else "jsonschema", file, call["id"], error)


def main(files):
    report = reporting.Report("contracts")
    for file in map(Path, files):
        if file.name.endswith(".odcs.yaml"):
            check_contract(report, file)
        else:
            check_calls(report, file)
    return report.close()


if __name__ == "__main__":
    reporting.run(main)
