#!/usr/bin/env node
// Starts the `dpl` of this machine's package, with the same arguments, streams and exit code.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const name = `@dpl-lang/${process.platform}-${process.arch}`;
const file = process.platform === "win32" ? "dpl.exe" : "dpl";

let binary;
try {
  binary = require.resolve(`${name}/bin/${file}`);
} catch {
  console.error(`dpl: the package ${name} is not installed. Either there is none for this machine, or npm left optional packages out (--omit=optional).`);
  process.exit(2);
}

const child = spawn(binary, process.argv.slice(2), { stdio: "inherit" });
// The terminal sends its signals to both; the child decides what becomes of them.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`dpl: ${binary} can't be started: ${error.message}`);
  process.exit(2);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
