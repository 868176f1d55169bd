#!/usr/bin/env python3
"""run_states.py RUNS.json...: executes state machines in sfnx's interpreter, with the tasks' results given.

RUNS.json: {"definition": PATH, "runs": [{"name", "input", "tasks": {KEY: ANSWERS}, "expect": EXPECTED}]}

PATH is relative to the file. KEY is a state's name, a task's resource, or the name of what it calls (of a function, a
job, a topic: the end of its ARN). An answer is {"returns": VALUE} or {"fails": [ERROR, CAUSE]}; ANSWERS is one answer,
or a list of which each call takes the next and later calls the last. With "at", milliseconds since 1970, an answer sets
the clock that `$millis()` and `$now()` read; a Wait moves it on. EXPECTED gives any of status (SUCCEEDED, FAILED),
error, output, path (the names of the states entered) and calls ([[KEY, ARGUMENTS]], in order; arguments may be null).
Prints one line per run with all of these, and exits 1 where a run is not as expected.
"""

import concurrent.futures
import contextlib
import datetime
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

import provisioning

provisioning.enter_python()

import documents
import reporting
import sfnx.testing

# The argument that names what a task calls, by the integrations that a pipeline uses.
NAMING = ("FunctionName", "JobName", "TopicArn", "QueueUrl", "StateMachineArn", "TaskDefinition")


# When runs begin: 2026-01-01T00:00:00Z.
START = 1_767_225_600_000


class Tasks:
    """Answers tasks from the table of a run, counting how often each key was asked, and keeps the run's time."""

    def __init__(self, table):
        self.table = table
        self.asked = {key: 0 for key in table}
        self.clock = START

    def __call__(self, call):
        key = next((key for key in keys(call) if key in self.table), None)
        if key is None:
            raise Unanswered(f"no answer for state `{call.state}`, which calls {' or '.join(keys(call))}")
        answers = self.table[key] if isinstance(self.table[key], list) else [self.table[key]]
        answer = answers[min(self.asked[key], len(answers) - 1)]
        self.asked[key] += 1
        self.clock = answer.get("at", self.clock)
        if "fails" in answer:
            raise sfnx.testing.Failure(*answer["fails"])
        return answer["returns"]

    def wait(self, wait):
        if wait.timestamp is None:
            self.clock += int(1000 * wait.seconds)
        else:
            until = datetime.datetime.fromisoformat(wait.timestamp.replace("Z", "+00:00"))
            self.clock = max(self.clock, round(until.timestamp() * 1000))

    def millis(self):
        return self.clock

    def now(self):
        moment = datetime.datetime.fromtimestamp(self.clock / 1000, datetime.timezone.utc)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Unanswered(Exception):
    """A task was called that the run gives no answer for: no sfnx failure, so that no Catch hides it."""


def keys(call):
    """The names that a run may give a task by, the most exact first."""
    arguments = call.arguments if isinstance(call.arguments, dict) else {}
    called = [arguments[name] for name in NAMING if isinstance(arguments.get(name), str)]
    return [call.state, *(name.split(":")[-1].split("/")[-1] for name in called), call.resource]


def execute(definition, run):
    """What a run did, in the form of EXPECTED."""
    tasks = Tasks(run.get("tasks", {}))
    time = {"millis": tasks.millis, "now": tasks.now}
    execution = sfnx.testing.run(definition, run["input"], tasks, functions=time, on_wait=tasks.wait)
    outcome = {"status": "FAILED", "error": execution.error, "cause": execution.cause}
    if execution.error is None:
        outcome = {"status": "SUCCEEDED", "output": execution.output}
    outcome["path"] = list(execution.states)
    outcome["calls"] = [[keys(call), call.arguments] for call in execution.calls]
    return outcome


def differences(expected, outcome):
    for name, value in expected.items():
        if name == "calls":
            yield from call_differences(value, outcome["calls"])
        elif name not in outcome or outcome[name] != value:
            yield f"{name} is {json.dumps(outcome.get(name))}, expected {json.dumps(value)}"


def call_differences(expected, made):
    if len(expected) != len(made):
        yield f"{len(made)} calls, expected {len(expected)}: {json.dumps([names[0] for names, _ in made])}"
        return
    for (key, arguments), (names, given) in zip(expected, made):
        if key not in names:
            yield f"`{names[0]}` was called, expected `{key}`"
        elif arguments is not None and arguments != given:
            yield f"`{key}` was given {json.dumps(given)}, expected {json.dumps(arguments)}"


def outcomes(file):
    """Executes the runs of one file: each one's name, what it did, and what is wrong with that."""
    document = documents.load(file)
    definition = documents.load(file.parent / document["definition"])
    done = []
    for run in document["runs"]:
        try:
            with checked_once(definition):
                outcome = execute(definition, run)
            done.append((run["name"], outcome, list(differences(run.get("expect", {}), outcome))))
        except (Unanswered, sfnx.testing.InvalidDefinition, sfnx.testing.Unsupported) as error:
            done.append((run["name"], None, [f"{type(error).__name__}: {error}"]))
    return done


@contextlib.contextmanager
def checked_once(definition):
    """sfnx checks a definition before each run of it, which takes longer than most runs."""
    check, known = sfnx.testing.check, CHECKED
    if known and known[0] is definition:
        sfnx.testing.check = lambda _: None
    try:
        yield
        CHECKED[:] = [definition]
    finally:
        sfnx.testing.check = check


# The definition that was checked last.
CHECKED = []


def main(files):
    report = reporting.Report("runs")
    files = [Path(file) for file in files]
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for file, done in zip(files, pool.map(outcomes, files, chunksize=4)):
            for name, outcome, wrong in done:
                report.checked += 1
                if outcome is not None:
                    print(json.dumps({"file": str(file), "run": name, **outcome}))
                for message in wrong:
                    report.finding("sfnx", file, name, message)
    return report.close()


if __name__ == "__main__":
    reporting.run(main)
