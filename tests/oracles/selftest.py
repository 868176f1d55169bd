#!/usr/bin/env python3
"""Tests of the checkers themselves: good documents pass, each defect under cases/ is found by the tools that see it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
CASES = HERE / "cases"
sys.path.insert(0, str(HERE / "lib"))

import carried
import manifests


def call(*command, **environment):
    """Runs one of our programs; returns its exit code and the JSON lines it printed."""
    done = subprocess.run([str(word) for word in command], cwd=HERE, capture_output=True, text=True,
                          env={**os.environ, **environment})
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, lines, done.stdout


def findings(lines):
    return [line for line in lines if "tool" in line]


class Calls(unittest.TestCase):
    def test_each_defect_is_found_and_nothing_else(self):
        file = CASES / "bad/defects.calls.json"
        code, lines, _ = call("./check_calls.py", file)
        self.assertEqual(code, 1)
        places = " ".join(line["where"] for line in findings(lines))
        for position, one in enumerate(json.loads(file.read_text())["calls"]):
            sound = position == 0 or one["id"] == "later"
            named = f"{one['id']}:" in places or f"{one['id']} " in f"{places} " or f"calls[{position}]" in places
            self.assertEqual(named, not sound or one["id"] == "good", one["id"])
        self.assertEqual(len(findings(lines)), 17)

    def test_a_key_given_twice_is_found(self):
        code, lines, _ = call("./check_calls.py", CASES / "bad/twice.calls.json")
        self.assertEqual((code, findings(lines)[0]["message"]), (1, "key given twice: calls"))


class Stacks(unittest.TestCase):
    """A stream that is deleted with its stack, and a key whose policy names a role that a later step makes."""

    def test_a_role_that_comes_too_late_is_found(self):
        code, lines, _ = call("./moto_stacks.py", CASES / "bad/stacks")
        self.assertEqual((code, [line["where"] for line in findings(lines)]), (1, ["Key"]))

    def test_cfn_lint_speaks_of_what_is_lost(self):
        code, lines, _ = call("./check_templates.py", CASES / "bad/stacks/lake/cloudformation/dpl-lake-1.template.json")
        self.assertEqual(code, 1)
        self.assertTrue(all(line["message"].startswith("I3011") for line in findings(lines)), lines)


class Same(unittest.TestCase):
    """A queue that the stack tags otherwise than the call does."""

    def test_a_difference_between_stacks_and_calls_is_found(self):
        code, lines, _ = call("./moto_same.py", CASES / "bad/same")
        self.assertEqual((code, [line["where"] for line in findings(lines)]), (1, ["/222222222222/queues/jobs/tags/Owner"]))


class Roots(unittest.TestCase):
    """A root whose resources are named after what is wrong with them."""

    def test_each_defect_is_found_and_nothing_else(self):
        file = CASES / "bad/roots/defects.tf.json"
        code, lines, _ = call("./check_terraform.py", file)
        self.assertEqual(code, 1)
        found = {line["where"].split(".")[1] for line in findings(lines)}
        named = {name for kind in json.loads(file.read_text())["resource"].values() for name in kind}
        self.assertEqual(found, {name for name in named if not name.startswith("good")})


class Documents(unittest.TestCase):
    """Policies, state machines and contracts with one defect each; expected.json names the tools that must see it."""

    def check(self, checker, folders):
        expected = json.loads((CASES / "bad/expected.json").read_text())
        files = [file for folder in folders for file in sorted((CASES / "bad" / folder).iterdir())]
        code, lines, _ = call(checker, *files)
        self.assertEqual(code, 1)
        for file in files:
            found = {line["tool"] for line in findings(lines) if line["file"] == str(file)}
            with self.subTest(file=file.name):
                wanted = set(expected[str(file.relative_to(CASES / "bad"))])
                self.assertTrue(wanted)
                self.assertEqual(wanted - found, set())

    def test_policies(self):
        self.check("./check_policies.py", ["iam", "s3", "kms", "scp"])

    def test_states(self):
        self.check("./check_states.py", ["states"])

    def test_contracts(self):
        self.check("./check_contracts.py", ["contracts"])


class Behaviour(unittest.TestCase):
    """Executions, decisions and queries."""

    def check_each(self, program, folder, names):
        code, lines, _ = call(*program, CASES / folder / "good.json")
        self.assertEqual((code, findings(lines)), (0, []))
        code, lines, _ = call(*program, CASES / folder / "bad.json")
        self.assertEqual(code, 1)
        self.assertEqual({line["where"] for line in findings(lines)}, names)

    def test_runs(self):
        bad = json.loads((CASES / "runs/bad.json").read_text())["runs"]
        self.check_each(["./run_states.py"], "runs", {run["name"] for run in bad})

    def test_decisions(self):
        bad = json.loads((CASES / "access/bad.json").read_text())
        self.check_each(["node", "simulate.mjs"], "access", {case["name"] for case in bad})

    def test_flink(self):
        with tempfile.TemporaryDirectory() as folder:
            sink = Path(folder) / "alerts.jsonl"
            code, lines, _ = call("flink/run", CASES / "flink/good.sql",
                                  "--table", f"iot_stream={CASES / 'flink/readings.jsonl'}",
                                  "--sink", f"alert_sink={sink}", CASES / "flink/bad.sql", CASES / "flink/select.sql",
                                  "--table", f"readings={CASES / 'flink/readings.jsonl'}")
            rows = sorted(sink.read_text().splitlines())
        self.assertEqual(code, 1)
        self.assertEqual(rows, sorted((CASES / "flink/alerts.jsonl").read_text().splitlines()))
        self.assertEqual([line.get("ok") for line in lines if "ok" in line], [True, False, True])
        self.assertIn('Encountered "timestamp"', lines[1]["error"])
        selected = sorted(line["row"] for line in lines if "row" in line)
        self.assertEqual(selected, [["+I", "d1", 2], ["+I", "d2", 1], ["+I", "d2", 1], ["+I", "d3", 1], ["+I", "d3", 1]])

    def test_moto_refuses(self):
        code, lines, _ = call("./moto_apply.py", CASES / "refused")
        self.assertEqual(code, 1)
        self.assertEqual(len(findings(lines)), 2)


class Judge(unittest.TestCase):
    def test_a_sound_build_passes_every_checker(self):
        code, lines, text = call("./judge", CASES / "platform", CI="true")
        self.assertEqual((code, findings(lines)), (0, []))
        for checker in ("manifest", "moto", "flink", "policies", "states", "calls"):
            self.assertRegex(text, f"judge: {checker} [1-9][0-9]* checked, 0 findings")

    def test_the_manifest_must_tell_the_truth(self):
        with tempfile.TemporaryDirectory() as folder:
            build = Path(folder) / "out"
            shutil.copytree(CASES / "platform", build)
            account = build / "management"
            (account / "scp/home_regions.json").unlink()
            (account / "kms/lake_key.policy.json").write_text("{}")
            (account / "notes.txt").write_text("who reads me?")
            told = {finding["where"].rpartition("/")[2] for finding in manifests.findings(build)}
        self.assertEqual(told, {"home_regions.json", "lake_key.policy.json", "notes.txt"})

    def test_documents_and_calls_must_agree(self):
        with tempfile.TemporaryDirectory() as folder:
            build = Path(folder) / "out"
            shutil.copytree(CASES / "platform", build)
            self.assertEqual(list(carried.findings(build)), [])
            management = build / "management"
            (management / "scp/home_regions.json").unlink()
            trust = (management / "iam/Ingest.trust.json").read_text()
            (management / "iam/Ingest.trust.json").rename(management / "iam/Stranger.trust.json")
            (management / "kms/lake_key.policy.json").write_text(trust)
            told = {str(where).rpartition("/")[2] for where, _ in carried.findings(build)}
        self.assertEqual(told, {"lake_key.policy.json", "Stranger.trust.json", "roles.calls.json: Ingest",
                                "lake_key.calls.json: create", "acme.calls.json: home_regions"})

    def test_a_defect_fails_the_build(self):
        code, lines, text = call("./judge", CASES / "refused")
        self.assertEqual(code, 1)
        self.assertIn("judge: moto 2 checked, 2 findings", text)

    def test_what_is_missing_is_skipped_loudly_and_required_in_ci(self):
        with tempfile.TemporaryDirectory() as folder:
            for program in ("python3", "sh", "env"):
                (Path(folder) / program).symlink_to(shutil.which(program))
            for ci, wanted in (("", 0), ("true", 2)):
                code, _, text = call("./judge", CASES / "platform", PATH=folder, CI=ci)
                self.assertEqual(code, wanted, text)
                self.assertIn("SKIPPED states: `node` is not on the PATH", text)
                self.assertIn("SKIPPED flink: `java` is not on the PATH", text)

    def test_nothing_to_judge_is_no_pass(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(call("./judge", folder)[0], 2)
        self.assertEqual(call("./judge")[0], 2)

    def test_a_broken_checker_is_no_finding(self):
        self.assertEqual(call("./check_calls.py", "no-such-file.json")[0], 2)
        self.assertEqual(call("./check_calls.py")[0], 2)
        self.assertEqual(call("node", "simulate.mjs", "no-such-file.json")[0], 2)
        self.assertEqual(call("./provision", "no-such-part")[0], 2)


if __name__ == "__main__":
    unittest.main()
