"""What a build says of itself: `manifest.json` names every file, with its hash, and every file has a checker."""

import hashlib

import documents


def outputs(folder):
    """The files of a build, the manifest itself excepted."""
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and file != folder / "manifest.json"]


def findings(folder):
    """Where the manifest and the folder disagree, as findings."""
    try:
        listed = {entry["path"]: entry["sha256"] for entry in documents.load(folder / "manifest.json")["files"]}
    except (OSError, documents.Malformed, KeyError, TypeError) as error:
        return [finding(folder, "", f'no {{"files": [{{"path", "sha256"}}]}}: {error}')]
    present = {file.relative_to(folder).as_posix(): file for file in outputs(folder)}
    problems = {path: problem(path, listed, present) for path in sorted(set(listed) | set(present))}
    return [finding(folder, path, message) for path, message in problems.items() if message]


def problem(path, listed, present):
    """What is wrong with one file of a build or its entry in the manifest, or None."""
    if path not in present:
        return "is in the manifest and not in the folder"
    if path not in listed:
        return "is in the folder and not in the manifest"
    if hashlib.sha256(present[path].read_bytes()).hexdigest() != listed[path]:
        return "has another sha256 than the manifest says"
    if documents.kind(present[path]) is None:
        return "no checker takes this kind of file"
    return None


def finding(folder, where, message):
    return {"checker": "manifest", "tool": "manifest", "file": str(folder), "where": where, "message": message}
