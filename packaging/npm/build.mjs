#!/usr/bin/env node
// build.mjs VERSION OUT TARGET=BINARY...: writes the npm packages of the command into OUT: one for each target, which npm installs where its
// `os`, `cpu` and `libc` fit, and `@dpl-lang/cli`, whose `dpl` starts the one that is there. TARGET is one of Rust's names below.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const TARGETS = {
  "x86_64-unknown-linux-gnu": { name: "linux-x64", os: "linux", cpu: "x64", libc: "glibc" },
  "aarch64-unknown-linux-gnu": { name: "linux-arm64", os: "linux", cpu: "arm64", libc: "glibc" },
  "x86_64-apple-darwin": { name: "darwin-x64", os: "darwin", cpu: "x64" },
  "aarch64-apple-darwin": { name: "darwin-arm64", os: "darwin", cpu: "arm64" },
  "x86_64-pc-windows-msvc": { name: "win32-x64", os: "win32", cpu: "x64" },
};

const here = path.dirname(fileURLToPath(import.meta.url));
const [version, out, ...pairs] = process.argv.slice(2);
if (!version || !out || pairs.length === 0) {
  console.error("usage: build.mjs VERSION OUT TARGET=BINARY...");
  process.exit(2);
}

const shared = { version, license: "MIT OR Apache-2.0", description: "dpl, the language for data platforms on AWS" };
const optionalDependencies = {};
for (const pair of pairs) {
  const [target, binary] = pair.split("=");
  const known = TARGETS[target];
  if (!known || !binary) {
    console.error(`build.mjs: \`${pair}\` is no TARGET=BINARY; there are ${Object.keys(TARGETS).join(", ")}`);
    process.exit(2);
  }
  const name = `@dpl-lang/${known.name}`;
  const file = known.os === "win32" ? "dpl.exe" : "dpl";
  const folder = path.join(out, known.name);
  fs.mkdirSync(path.join(folder, "bin"), { recursive: true });
  fs.copyFileSync(binary, path.join(folder, "bin", file));
  fs.chmodSync(path.join(folder, "bin", file), 0o755);
  const libc = known.libc ? { libc: [known.libc] } : {};
  manifest(folder, { name, ...shared, os: [known.os], cpu: [known.cpu], ...libc, files: ["bin"], preferUnplugged: true });
  fs.writeFileSync(path.join(folder, "README.md"), `The \`dpl\` command for ${target}. Install \`@dpl-lang/cli\`, which brings it.\n`);
  optionalDependencies[name] = version;
}

const folder = path.join(out, "cli");
fs.mkdirSync(path.join(folder, "bin"), { recursive: true });
fs.copyFileSync(path.join(here, "dpl.js"), path.join(folder, "bin/dpl.js"));
fs.copyFileSync(path.join(here, "README.md"), path.join(folder, "README.md"));
manifest(folder, { name: "@dpl-lang/cli", ...shared, bin: { dpl: "bin/dpl.js" }, files: ["bin"], engines: { node: ">=18" }, optionalDependencies });

function manifest(folder, fields) {
  fs.writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(fields, null, 2)}\n`);
}
