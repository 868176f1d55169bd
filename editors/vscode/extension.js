// The editor's side: starts `dpl lsp`, and runs the command for what a language server has no word for.
"use strict";

const { execFile } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;
let output;

async function activate(context) {
  output = vscode.window.createOutputChannel("dpl");
  const register = (name, run) => context.subscriptions.push(vscode.commands.registerCommand(name, run));
  register("dpl.build", () => build());
  register("dpl.showArtifact", () => showArtifact());
  register("dpl.showGraph", showGraph);
  register("dpl.explain", explain);
  register("dpl.restart", restart);
  context.subscriptions.push(output, vscode.workspace.registerTextDocumentContentProvider("dpl-artifact", artifacts));
  await start();
}

async function deactivate() {
  await client?.stop();
}

async function start() {
  const command = setting("path");
  const middleware = { executeCommand };
  client = new LanguageClient("dpl", "dpl", { command, args: ["lsp"] }, { documentSelector: [{ language: "dpl" }], middleware });
  try {
    await client.start();
  } catch (error) {
    vscode.window.showErrorMessage(`dpl: \`${command} lsp\` can't be started (${error.message}). The setting dpl.path says where the command is.`);
  }
}

async function restart() {
  await client?.stop();
  await start();
}

const setting = (name) => vscode.workspace.getConfiguration("dpl").get(name);

/** The program's folder: the nearest above the file with a `dpl.toml`, else the folder that is open. */
function root() {
  const file = vscode.window.activeTextEditor?.document.uri;
  const folder = (file && vscode.workspace.getWorkspaceFolder(file)) ?? vscode.workspace.workspaceFolders?.[0];
  const top = folder?.uri.fsPath;
  for (let at = file && path.dirname(file.fsPath); top && at?.startsWith(top); at = path.dirname(at)) {
    if (fs.existsSync(path.join(at, "dpl.toml"))) return at;
  }
  return top;
}

function run(args, cwd) {
  return new Promise((resolve) => {
    execFile(setting("path"), args, { cwd, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      resolve({ code: error ? (typeof error.code === "number" ? error.code : 2) : 0, stdout, stderr: stderr || (error ? error.message : "") });
    });
  });
}

/** Builds; the output folder, or nothing where the program has errors. */
async function build() {
  const folder = root();
  if (!folder) return vscode.window.showErrorMessage("dpl: open a folder with a program first").then(() => undefined);
  await vscode.workspace.saveAll(false);
  const out = path.resolve(folder, setting("output"));
  const done = await run(["build", ".", "-o", out], folder);
  output.append(done.stdout + done.stderr);
  if (done.code !== 0) {
    output.show(true);
    return undefined;
  }
  vscode.window.setStatusBarMessage(`dpl: built into ${out}`, 5000);
  return out;
}

/** What was made of declarations, by the address of each virtual document. */
const artifacts = {
  texts: new Map(),
  changes: new vscode.EventEmitter(),
  get onDidChange() {
    return this.changes.event;
  },
  provideTextDocumentContent(uri) {
    return this.texts.get(uri.toString()) ?? "";
  },
  put(file) {
    const uri = vscode.Uri.from({ scheme: "dpl-artifact", path: `/${file.path}` });
    this.texts.set(uri.toString(), file.text);
    this.changes.fire(uri);
    return uri;
  },
};

/** The commands of lenses: the server answers, and what it answers is shown here. */
async function executeCommand(command, parameters, next) {
  const answer = await next(command, parameters);
  if (command === "dpl.artifact") await open(answer);
  if (command === "dpl.tests") await goTo(answer ?? []);
  return answer;
}

/** Opens one of the files that a declaration becomes. */
async function open(answer) {
  const files = answer?.files ?? [];
  const placeHolder = files.length ? `what \`${answer.declaration}\` becomes` : "nothing is made of this alone";
  const picked = files.length === 1 ? files[0].path : await vscode.window.showQuickPick(files.map((one) => one.path), { placeHolder });
  const file = files.find((one) => one.path === picked);
  if (!file) return;
  const document = await vscode.workspace.openTextDocument(artifacts.put(file));
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: true });
}

/** Goes to one of some places. */
async function goTo(places) {
  const items = places.map(({ uri, range }) => ({ label: `${vscode.workspace.asRelativePath(vscode.Uri.parse(uri))}:${range.start.line + 1}`, uri, range }));
  const picked = items.length === 1 ? items[0] : await vscode.window.showQuickPick(items);
  if (picked) await vscode.window.showTextDocument(vscode.Uri.parse(picked.uri), { selection: client.protocol2CodeConverter.asRange(picked.range) });
}

/** Asks the server what the declaration under the cursor becomes: of the text as it is in the editor, without building. */
async function showArtifact() {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  const textDocument = { uri: client.code2ProtocolConverter.asUri(editor.document.uri) };
  const position = client.code2ProtocolConverter.asPosition(editor.selection.active);
  try {
    await open(await client.sendRequest("dpl/artifact", { textDocument, position }));
  } catch (error) {
    vscode.window.showErrorMessage(`dpl: ${error.message}`);
  }
}

let graph;

/** Shows the page of `dpl graph`, of what is saved; once more, it is drawn anew. */
async function showGraph() {
  const folder = root();
  if (!folder) return vscode.window.showErrorMessage("dpl: open a folder with a program first").then(() => undefined);
  await vscode.workspace.saveAll(false);
  const done = await run(["graph", "."], folder);
  if (done.code !== 0) {
    output.append(done.stderr);
    output.show(true);
    return;
  }
  if (!graph) {
    const options = { enableScripts: true, retainContextWhenHidden: true, enableFindWidget: true };
    graph = vscode.window.createWebviewPanel("dpl.graph", "dpl: graph", vscode.ViewColumn.Active, options);
    graph.onDidDispose(() => (graph = undefined));
  }
  graph.webview.html = done.stdout;
  graph.reveal();
}

/** The page of a code: of a diagnostic at the cursor, or one that is asked for. */
async function explain() {
  const editor = vscode.window.activeTextEditor;
  const here = editor && vscode.languages.getDiagnostics(editor.document.uri).find((one) => one.source === "dpl" && one.range.contains(editor.selection.active));
  const code = here?.code ?? (await vscode.window.showInputBox({ prompt: "A code, such as DPL0301" }));
  if (!code) return;
  const done = await run(["explain", String(code)], root());
  const document = await vscode.workspace.openTextDocument({ language: "markdown", content: done.stdout || done.stderr });
  await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside);
}

module.exports = { activate, deactivate };
