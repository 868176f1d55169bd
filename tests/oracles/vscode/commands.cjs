// commands.cjs EXTENSION DPL FOLDER: runs the extension's commands over the program in FOLDER. VS Code itself is not provisioned (its native modules
// take minutes to build; by hand the extension was tried in its 1.99): what the extension asks of it is answered by the few lines below; its language client is one over vscode-jsonrpc that has the file open. Prints what is not as it
// should be.
"use strict";

const Module = require("node:module");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const [extension, dpl, folder] = process.argv.slice(2);
const file = path.join(folder, "lake.dpl");
const text = fs.readFileSync(file, "utf8");
const asked = { commands: {}, opened: [], errors: [], started: 0, documents: [] };
const uri = (fsPath) => ({ fsPath });
const at = text.indexOf("role DataEngineering") + 7;
const lines = text.slice(0, at).split("\n");
const position = { line: lines.length - 1, character: lines.at(-1).length };
const address = (file) => pathToFileURL(file).href;
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
    createWebviewPanel: (kind, title, column, options) => (asked.panel = { kind, options, webview: {}, reveal: () => {}, onDidDispose: () => {} }),
  },
  workspace: {
    getConfiguration: () => ({ get: (name) => ({ path: dpl, output: "out" })[name] }),
    getWorkspaceFolder: () => ({ uri: uri(folder) }),
    workspaceFolders: [{ uri: uri(folder) }],
    saveAll: async () => true,
    openTextDocument: async (document) => (document.scheme ? { content: asked.provider.provideTextDocumentContent(document) } : document),
    registerTextDocumentContentProvider: (scheme, provider) => ((asked.provider = provider), { dispose: () => {} }),
    asRelativePath: (it) => path.basename(String(it)),
  },
  commands: { registerCommand: (name, run) => ((asked.commands[name] = run), { dispose: () => {} }) },
  languages: { getDiagnostics: () => [] },
  ViewColumn: { Beside: -2 },
  Uri: { file: uri, from: (parts) => ({ ...parts, toString: () => `${parts.scheme}:${parts.path}` }), parse: (it) => it },
  EventEmitter: class {
    event = () => ({ dispose: () => {} });
    fire() {}
  },
};
class LanguageClient {
  code2ProtocolConverter = { asUri: ({ fsPath }) => address(fsPath), asPosition: () => position };
  protocol2CodeConverter = { asRange: (range) => range };
  constructor(id, name, server, client) {
    Object.assign(this, { server, middleware: client.middleware });
    asked.client = this;
  }
  async start() {
    asked.started += 1;
    const rpc = require(path.join(extension, "node_modules/vscode-jsonrpc/node"));
    this.process = spawn(this.server.command, this.server.args, { stdio: ["pipe", "pipe", "inherit"] });
    this.connection = rpc.createMessageConnection(this.process.stdout, this.process.stdin);
    this.connection.listen();
    await this.sendRequest("initialize", { capabilities: {}, workspaceFolders: [{ uri: address(folder), name: "acme" }] });
    await this.connection.sendNotification("initialized", {});
    const textDocument = { uri: address(file), languageId: "dpl", version: 1, text };
    await this.connection.sendNotification("textDocument/didOpen", { textDocument });
  }
  sendRequest(method, parameters) {
    return this.connection.sendRequest(method, parameters);
  }
  async stop() {
    await this.sendRequest("shutdown");
    await this.connection.sendNotification("exit");
    this.connection.dispose();
  }
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
  check(asked.items.some((one) => one.includes("DataEngineering")), `offered are ${asked.items}: ${asked.errors}`);
  check(JSON.parse(asked.opened[0] ?? "{}"), `shown is ${asked.opened[0]}`);
  const built = fs.readFileSync(path.join(folder, "out", asked.items[0]), "utf8");
  check(asked.opened[0] === built, `shown is ${asked.opened[0]}, and built was ${built}`);
  // A lens's command goes through the extension's hands, which opens what the server answers.
  const argument = { textDocument: { uri: address(file) }, position };
  const next = (command, parameters) => asked.client.sendRequest("workspace/executeCommand", { command, arguments: parameters });
  await asked.client.middleware.executeCommand("dpl.artifact", [argument], next);
  check(asked.opened[1] === built, `by its lens is shown ${asked.opened[1]}`);
  await asked.commands["dpl.showGraph"]();
  const page = asked.panel?.webview.html ?? "";
  check(page.startsWith("<!doctype html>") && page.includes("DataEngineering"), `the graph is ${page.slice(0, 200)}: ${asked.errors}`);
  check(asked.panel?.options.enableScripts, "the graph's page can't run its script");
  await asked.commands["dpl.explain"]();
  check(asked.opened[2]?.length > 100, `explained is ${asked.opened[2]}`);
  await asked.commands["dpl.restart"]();
  check(asked.started === 2 && asked.errors.length === 0, `started ${asked.started} times; ${asked.errors}`);
  await asked.client.stop();
})();
