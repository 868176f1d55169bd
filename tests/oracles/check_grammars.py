#!/usr/bin/env python3
"""check_grammars.py FOLDER: the tree-sitter grammar and the TextMate grammar, before the compiler's reading of the programs in FOLDER.

`expected.json` there has, for each file, the tokens as the compiler reads them: [line, column, class, text]. tree-sitter's parser is generated
anew and must be the committed one; its own tests must pass; no file may have an ERROR; and each token must be of the same class by tree-sitter's
queries, and by the TextMate grammar. Classes are comment, string, number, keyword, name and sql. Exit codes: 0 fine, 1 findings, 2 a part is missing.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GRAMMAR = ROOT / "editors/tree-sitter-dpl"
GENERATED = ("parser.c", "grammar.json", "node-types.json")
CAPTURE = re.compile(r" +pattern: +\d+, capture: (?:\d+ - )?([\w.]+), start: \((\d+), (\d+)\), end: \((\d+), (\d+)\)")
CLASSES = {"comment": "comment", "string": "string", "number": "number", "keyword": "keyword", "boolean": "literal", "constant": "literal"}
NAMES = ("variable", "property", "type", "function", "module", "attribute")
# Shown of each kind of finding; the others are counted.
SHOWN = 12


def main(folder):
    folder = Path(folder)
    expected = json.loads((folder / "expected.json").read_text())
    try:
        tree_sitter, modules = provisioning.provision("treesitter") / "bin/tree-sitter", provisioning.provision("textmate") / "node_modules"
    except provisioning.Unavailable as why:
        print(f"check_grammars: {why}", file=sys.stderr)
        return 2
    texts = {name: (folder / name).read_text().split("\n") for name in expected}
    with tempfile.TemporaryDirectory() as scratch:
        findings = own_tests(tree_sitter, Path(scratch))
        tool = Tool(tree_sitter, Path(scratch), [folder / name for name in expected])
        findings += tool.errors()
        for who, painted in (("tree-sitter", tool.painted(texts)), ("TextMate", textmate(modules, folder, texts))):
            findings += disagreements(who, expected, painted)
    shown = Counter()
    for kind, text in findings:
        shown[kind] += 1
        if shown[kind] <= SHOWN:
            print(f"{kind}: {text}")
    for kind, count in shown.items():
        print(f"{kind}: {count} in all")
    return 1 if findings else 0


def own_tests(tree_sitter, scratch):
    """The parser is what the grammar says, and the corpus passes."""
    copy = scratch / "grammar"
    shutil.copytree(GRAMMAR, copy)
    findings = []
    for arguments in (["generate", "--abi", "14"], ["test"]):
        done = call(tree_sitter, arguments, copy, scratch)
        if done.returncode or "unnecessary" in done.stderr:
            findings.append((f"tree-sitter {arguments[0]}", done.stdout + done.stderr))
    for name in GENERATED:
        if (copy / "src" / name).read_bytes() != (GRAMMAR / "src" / name).read_bytes():
            findings.append(("generated", f"src/{name} is not what `tree-sitter generate --abi 14` writes"))
    return findings


def call(tree_sitter, arguments, folder, scratch):
    environment = {**os.environ, "XDG_CACHE_HOME": str(scratch / "cache"), "HOME": str(scratch), "RUST_BACKTRACE": "0"}
    return subprocess.run([str(word) for word in [tree_sitter, *arguments]], cwd=folder, env=environment, capture_output=True, text=True)


class Tool:
    """tree-sitter's command over some files."""

    def __init__(self, tree_sitter, scratch, files):
        self.tree_sitter, self.scratch = tree_sitter, scratch
        self.paths = scratch / "paths"
        self.paths.write_text("".join(f"{file}\n" for file in files))

    def errors(self):
        done = call(self.tree_sitter, ["parse", "--quiet", "--paths", self.paths], GRAMMAR, self.scratch)
        wrong = [line for line in done.stdout.splitlines() if "ERROR" in line or "MISSING" in line]
        if done.returncode and not wrong:
            wrong = [done.stderr]
        return [("tree-sitter can't read", line) for line in wrong]

    def painted(self, texts):
        """Of each file, the class of each character."""
        painted = {name: Canvas(lines) for name, lines in texts.items()}
        for query in ("highlights", "injections"):
            done = call(self.tree_sitter, ["query", "--captures", f"queries/{query}.scm", "--paths", self.paths], GRAMMAR, self.scratch)
            if done.returncode:
                raise SystemExit(done.stderr)
            canvas, found = None, []
            for line in [*done.stdout.splitlines(), "/end.dpl"]:
                capture = CAPTURE.match(line)
                if capture:
                    found.append((capture[1], *(int(number) for number in capture.groups()[1:])))
                elif line.startswith("/") and (Path(line).name in painted or line == "/end.dpl"):
                    if canvas:
                        canvas.captures(query, found)
                    canvas, found = painted.get(Path(line).name), []
        return painted


class Canvas:
    """The class of each character of a text."""

    def __init__(self, lines):
        self.lines = lines
        self.classes = [[None] * (len(line) + 1) for line in lines]

    def captures(self, query, found):
        """tree-sitter's captures: the smaller lie on the larger, and of two for the same the later; columns count bytes."""
        order = sorted(range(len(found)), key=lambda at: (found[at][1:3], [-number for number in found[at][3:]], at))
        for at in order:
            capture, line, start, last, end = found[at]
            known = self.known(query, capture, line, start)
            if known:
                self.fill(line, self.column(line, start), last, self.column(last, end), known)

    def known(self, query, capture, line, start):
        if query == "injections":
            inside = self.classes[line][self.column(line, start)] if line < len(self.classes) else None
            return None if inside in ("comment", "string") else "sql"
        first = capture.split(".")[0]
        return CLASSES.get(first) or ("name" if first in NAMES else None)

    def column(self, line, byte):
        return len(self.lines[line].encode()[:byte].decode(errors="replace")) if line < len(self.lines) else 0

    def fill(self, line, start, last, end, known):
        for at in range(line, min(last, len(self.lines) - 1) + 1):
            row = self.classes[at]
            first, behind = start if at == line else 0, end if at == last else len(row)
            row[first:behind] = [known] * (behind - first)


def textmate(modules, folder, texts):
    command = ["node", HERE / "paint.mjs", modules, ROOT / "editors/vscode/syntaxes/dpl.tmLanguage.json", modules / "tm-grammars/grammars/sql.json"]
    done = subprocess.run([str(word) for word in [*command, *(folder / name for name in texts)]], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    painted = {}
    for path, tokens in json.loads(done.stdout).items():
        name = Path(path).name
        painted[name] = Canvas(texts[name])
        for line, start, end, known in tokens:
            painted[name].fill(line, start, line, end, known)
    return painted


def disagreements(who, expected, painted):
    for name, tokens in expected.items():
        for line, column, known, text in tokens:
            said = painted[name].classes[line][column]
            if said != known:
                yield f"{who} says {said}, and the compiler {known}", f"{name}:{line + 1}:{column + 1}: `{text}` in `{painted[name].lines[line].strip()}`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
