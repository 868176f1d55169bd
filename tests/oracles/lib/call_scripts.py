"""The `.calls.json` format: calls in order, where a later input names an earlier result as `{"$from": "id.Path"}`.

`{"$from": "id.Path", "$in": "FILE"}` names a result of another file of the build, whose calls are made before. `{"$from": "id.Path", "$behind": "/"}` is what stands there behind the last `/`. `{"$text": [PIECES]}` is the text that its pieces make one behind the other, some of which are references.
"""

REFERENCE = "$from"
TEXT = "$text"
BEHIND = "$behind"
FILE = "$in"


def references(value, path=""):
    """Every reference inside an input, as (path, text) pairs."""
    if is_reference(value):
        yield path, value[REFERENCE]
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from references(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from references(item, f"{path}[{index}]")


def is_reference(value):
    return isinstance(value, dict) and set(value) - {BEHIND, FILE} == {REFERENCE} and isinstance(value[REFERENCE], str)


def is_text(value):
    return isinstance(value, dict) and set(value) == {TEXT} and isinstance(value[TEXT], list)


def substitute(value, replace):
    """A copy of an input with `replace(text)` in the place of each reference."""
    if is_reference(value):
        whole = replace(value[REFERENCE], value[FILE]) if FILE in value else replace(value[REFERENCE])
        return str(whole).rpartition(value[BEHIND])[2] if BEHIND in value else whole
    if is_text(value):
        return "".join(str(substitute(piece, replace)) for piece in value[TEXT])
    if isinstance(value, dict):
        return {name: substitute(item, replace) for name, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, replace) for item in value]
    return value


def split(text, known):
    """The call's id and the path of a reference. Ids may hold dots, so the longest id that is known wins."""
    fitting = [name for name in known if text.startswith(f"{name}.")]
    if not fitting:
        raise LookupError(f"`{text}` names no earlier call")
    name = max(fitting, key=len)
    return name, text[len(name) + 1:].split(".")


def take(result, path):
    """The value at a path of a response; raises LookupError where the response lacks it."""
    for name in path:
        if isinstance(result, list):
            result = result[int(name)]
        else:
            result = result[name]
    return result
