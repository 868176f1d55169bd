#!/usr/bin/env python3
"""extract_terraform.py PACKAGE.tgz: writes what `check_terraform.py` knows of Terraform's AWS provider: `pins/terraform.json`.

PACKAGE is `@cdktf/provider-aws` of npm (`npm pack @cdktf/provider-aws@21.22.1`), whose classes HashiCorp made of the schema that the provider
itself tells. Taken are the resources and data sources that `stdlib/terraform` names. Of each: its arguments and blocks (`type`, `block`,
`required`, `most` where one block is all), and what may be read of it.
"""

import json
import re
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PIN = HERE / "pins/terraform.json"
LIBRARY = HERE.parents[1] / "stdlib/terraform"

INTERFACE = re.compile(r"export interface (\w+)(?: extends [\w.]+)? \{\n(.*?)\n\}", re.S)
BLOCK = re.compile(r"^\s*(\w+): \{\n[^\n]*\n\s*isBlock: true", re.M)
READ = re.compile(r"""get\w*Attribute\(['"](\w+)['"]\)|this, ['"](\w+)['"]""")
SCALARS = {"string": "string", "number": "number", "boolean": "bool"}


def members_of(body):
    """Each member of an interface: Terraform's name, whether it may be left out, and its type as TypeScript spells it."""
    named, lines = None, iter(body.split("\n"))
    for line in lines:
        found = re.search(r"#(\w+) \w+#\w+\}$", line)
        named = found.group(1) if found else named
        member = re.match(r"    readonly \w+(\??): (.*)", line)
        if member and named:
            text = member.group(2)
            while text.count("{") != text.count("}"):
                text += next(lines)
            yield named, bool(member.group(1)), text.rstrip(";")
            named = None


def type_of(text, structures):
    """`string`, `[string]`, `<string>` of a map, or a structure's name."""
    text = " ".join(text.replace("| cdktf.IResolvable", "").split()).strip("() ")
    if text in SCALARS:
        return SCALARS[text]
    if text.startswith("{") and text.endswith("}"):
        value = re.search(r"\]: (.*?);? \}", text).group(1)
        return f"<{type_of(value, structures)}>"
    if text.startswith("Array<"):
        return f"[{type_of(text[6:-1], structures)}]"
    if text.endswith("[]"):
        return f"[{type_of(text[:-2], structures)}]"
    if text in structures:
        return text
    raise ValueError(f"no type: {text}")


def entry(types, code):
    """The schema of one resource, from its declaration and its code."""
    structures = {name: body for name, body in INTERFACE.findall(types)}
    pieces = (piece.split("ToHclTerraform(struct) {", 1) for piece in code.split("\nfunction ") if "ToHclTerraform(struct) {" in piece)
    kinds = {name[0].upper() + name[1:]: body.split("\n}\n")[0] for name, body in pieces}
    top = next(name for name in structures if name.endswith("Config"))
    kinds[top] = code[code.index("synthesizeHclAttributes()"):]
    made = {}
    for name, body in structures.items():
        blocks = set(BLOCK.findall(kinds.get(name, "")))
        members = {}
        for argument, optional, text in members_of(body):
            ty = type_of(text, structures)
            block = argument in blocks and ty.strip("[]<>") in structures
            members[argument] = {"type": ty, "required": not optional} | ({"block": True} if block else {})
        made["" if name == top else name] = members
    reads = {one or other for one, other in READ.findall(code)}
    return {"structures": made, "reads": sorted(reads)}


def main(package):
    wanted = set()
    for file in sorted(LIBRARY.glob("*.dpl")):
        for call in file.read_text().split("\n  call "):
            place = "data." if "looked_up" in call else ""
            wanted |= {f"{place}{name}" for name in re.findall(r"type *= \"(aws_\w+)\"", call)}
    found = {}
    with tarfile.open(package) as archive:
        texts = {}
        for member in archive:
            parts = member.name.split("/")
            if len(parts) == 4 and parts[3] in ("index.d.ts", "index.js", "index-structs.d.ts"):
                name = parts[2].replace("-", "_")
                name = f"data.{name[5:]}" if name.startswith("data_aws_") else f"aws_{name}"
                if name in wanted:
                    texts.setdefault(name, {})[parts[3]] = archive.extractfile(member).read().decode()
            elif member.name == "package/package.json":
                version = json.load(archive.extractfile(member))["version"]
    for name in sorted(wanted):
        if name not in texts:
            raise SystemExit(f"the provider has no {name}")
        found[name] = entry(texts[name]["index.d.ts"], texts[name]["index.js"])
    provider = re.search(r"hashicorp/aws/([0-9.]+)/docs", next(iter(texts.values()))["index.d.ts"]).group(1)
    PIN.write_text(json.dumps({"package": f"@cdktf/provider-aws@{version}", "provider": provider, "types": found},
                              indent=1, sort_keys=True) + "\n")
    print(f"{len(found)} types of hashicorp/aws {provider}")


if __name__ == "__main__":
    main(*sys.argv[1:])
