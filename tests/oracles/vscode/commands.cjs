// commands.cjs EXTENSION DPL FOLDER: runs the extension's commands over the program in FOLDER. VS Code itself can't be had here: what the extension
// asks of it is answered by the few lines below, and the language client is not started. Prints what is not as it should be.
"use strict";

const Module = require("node:module");
const fs = require("node:fs");
const path = require("node:path");

const [extension, dpl, folder] = process.argv.slice(2);
const file = path.join(folder, "lake.dpl");
const text = fs.readFileSync(file, "utf8");
const asked = { commands: {}, opened: [], errors: [], started: 0, documents: [] };
const uri = (fsPath) => ({ fsPath });
const at = text.indexOf("role DataEngineering") + 7;
const editor = {
  document: {
    uri: uri(file),
    getWordRangeAtPosition: () => [text.lastIndexOf(" ", at) + 1, text.indexOf(" ", at)],
    getText: ([start, end]) => text.slice(start, end),
  },
  selection: { active: at },
};
const vscode = {
  window: {
    activeTextEditor: editor,
    createOutputChannel: () => ({ append: (said) => (asked.said = said), show: () => {}, dispose: () => {} }),
    showErrorMessage: async (message) => void asked.errors.push(message),
    setStatusBarMessage: () => {},
    showTextDocument: async (document) => void asked.opened.push(document.fsPath ?? document.content),
    showQuickPick: async (items) => ((asked.items = items), items[0]),
    showInputBox: async () => "DPL0301",
  },
  workspace: {
    getConfiguration: () => ({ get: (name) => ({ path: dpl, output: "out" })[name] }),
    getWorkspaceFolder: () => ({ uri: uri(folder) }),
    workspaceFolders: [{ uri: uri(folder) }],
    saveAll: async () => true,
    openTextDocument: async (document) => document,
  },
  commands: { registerCommand: (name, run) => ((asked.commands[name] = run), { dispose: () => {} }) },
  languages: { getDiagnostics: () => [] },
  ViewColumn: { Beside: -2 },
  Uri: { file: uri },
};
class LanguageClient {
  async start() {
    asked.started += 1;
  }
  async stop() {}
}
const load = Module._load;
Module._load = (name, ...more) => (name === "vscode" ? vscode : name === "vscode-languageclient/node" ? { LanguageClient } : load(name, ...more));

const check = (holds, said) => {
  if (!holds) console.log(said);
};

(async () => {
  const { activate } = require(path.join(extension, "extension.js"));
  const declared = JSON.parse(fs.readFileSync(path.join(extension, "package.json"), "utf8")).contributes.commands.map((one) => one.command);
  await activate({ subscriptions: [] });
  check(declared.every((name) => asked.commands[name]), `declared are ${declared}, and there are ${Object.keys(asked.commands)}`);
  await asked.commands["dpl.build"]();
  check(fs.existsSync(path.join(folder, "out/manifest.json")), `nothing was built: ${asked.said} ${asked.errors}`);
  await asked.commands["dpl.showArtifact"]();
  check(asked.opened[0]?.includes("DataEngineering") && fs.existsSync(asked.opened[0]), `shown is ${asked.opened}, of ${asked.items}`);
  await asked.commands["dpl.explain"]();
  check(asked.opened[1]?.length > 100, `explained is ${asked.opened[1]}`);
  await asked.commands["dpl.restart"]();
  check(asked.started === 2 && asked.errors.length === 0, `started ${asked.started} times; ${asked.errors}`);
})();
