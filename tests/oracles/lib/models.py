"""AWS's request models, as botocore carries them, and the constraints that botocore itself does not enforce.

`ParamValidator` sees unknown and missing members, types and minima. Enums, patterns, maxima and unions are in the same
models, and only the service enforces them: `violations` does here.
"""

import functools

import botocore.exceptions
import botocore.session
import botocore.validate
import regex

JAVA_SPELLINGS = {
    r"\p{IsAlphabetic}": r"\p{Alphabetic}",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
}


@functools.cache
def service_model(service):
    """The model of a service by botocore's name of it, or None."""
    session = botocore.session.get_session()
    if service not in session.get_available_services():
        return None
    return session.get_service_model(service)


def violations(shape, value, path):
    """What the service would refuse in `value`, as (path, message) pairs."""
    report = botocore.validate.ParamValidator().validate(value, shape)
    for line in report.generate_report().splitlines():
        yield path, line
    yield from walk(shape, value, path)


def walk(shape, value, path):
    """Enums, patterns, maxima and unions, through every nesting. Wrong types are ParamValidator's to report."""
    if shape.type_name == "structure" and isinstance(value, dict):
        yield from walk_structure(shape, value, path)
    elif shape.type_name == "list" and isinstance(value, list):
        yield from bounds(shape, len(value), path, "items")
        for index, item in enumerate(value):
            yield from walk(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "map" and isinstance(value, dict):
        yield from bounds(shape, len(value), path, "entries")
        for key, item in value.items():
            yield from walk(shape.key, key, f"{path}.{key}")
            yield from walk(shape.value, item, f"{path}.{key}")
    elif shape.type_name == "string" and isinstance(value, str):
        yield from walk_string(shape, value, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from bounds(shape, value, path, "as value")


def walk_structure(shape, value, path):
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield path, f"takes exactly one member, has {sorted(value)}"
    for name, item in value.items():
        if name in shape.members:
            yield from walk(shape.members[name], item, f"{path}.{name}")


def walk_string(shape, value, path):
    yield from bounds(shape, len(value), path, "characters")
    if shape.enum and value not in shape.enum:
        yield path, f"`{value}` is not one of {', '.join(shape.enum)}"
    pattern = shape.metadata.get("pattern")
    if pattern and not matches(pattern, value):
        yield path, f"`{value}` does not match {pattern}"


def bounds(shape, size, path, unit):
    """Maxima only: ParamValidator reports minima."""
    most = shape.metadata.get("max")
    if most is not None and size > most:
        yield path, f"{size} {unit}, the most is {most}"


@functools.cache
def compiled(pattern):
    """The models' patterns are Java's: with two spellings changed, `regex` reads all but five of some 9,900."""
    for java, python in JAVA_SPELLINGS.items():
        pattern = pattern.replace(java, python)
    return regex.compile(pattern)


def matches(pattern, value):
    """Whether the service takes `value`: a pattern that is not anchored must match the whole value all the same."""
    return compiled(pattern).fullmatch(value) is not None


def member_at(shape, path):
    """The shape that a path of names and list positions leads to; raises LookupError with the reason."""
    for name in path:
        if shape.type_name == "structure" and name in shape.members:
            shape = shape.members[name]
        elif shape.type_name == "list" and name.isdigit():
            shape = shape.member
        elif shape.type_name == "map":
            shape = shape.value
        else:
            known = ", ".join(shape.members) if shape.type_name == "structure" else f"a {shape.type_name}"
            raise LookupError(f"has no `{name}`, it has {known}")
    return shape
