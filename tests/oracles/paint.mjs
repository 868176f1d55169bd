// paint.mjs MODULES DPL_GRAMMAR SQL_GRAMMAR FILE...: what each part of the files is to their TextMate grammar, by VS Code's own reader of such
// grammars: a JSON object of files, each with a list of [line, first column, column behind, class].
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const [modules, dpl, sql, ...files] = process.argv.slice(2);
const require = createRequire(path.join(modules, "x.js"));
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

const CLASSES = [
  [/^comment\./, "comment"],
  [/^constant\.numeric|^keyword\.other\.unit/, "number"],
  [/^keyword\.|^storage\./, "keyword"],
  [/^constant\.language/, "literal"],
  [/^entity\.|^variable\.|^support\./, "name"],
  [/^string\.|^constant\.character/, "string"],
];

function classOf(scopes) {
  if (scopes.some((scope) => scope.startsWith("meta.embedded."))) return "sql";
  for (const scope of [...scopes].reverse()) {
    for (const [pattern, name] of CLASSES) if (pattern.test(scope)) return name;
    if (scope.startsWith("meta.interpolation")) return "none";
  }
  return "none";
}

await oniguruma.loadWASM(fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")).buffer);
const registry = new textmate.Registry({
  onigLib: Promise.resolve({ createOnigScanner: (all) => new oniguruma.OnigScanner(all), createOnigString: (one) => new oniguruma.OnigString(one) }),
  loadGrammar: async (scope) => {
    const file = { "source.dpl": dpl, "source.sql": sql }[scope];
    return file ? textmate.parseRawGrammar(fs.readFileSync(file, "utf8"), file) : null;
  },
});
const grammar = await registry.loadGrammar("source.dpl");
const painted = {};
for (const file of files) {
  let state = textmate.INITIAL;
  painted[file] = [];
  fs.readFileSync(file, "utf8").split("\n").forEach((text, line) => {
    const done = grammar.tokenizeLine(text, state);
    state = done.ruleStack;
    for (const token of done.tokens) painted[file].push([line, token.startIndex, token.endIndex, classOf(token.scopes)]);
  });
}
process.stdout.write(JSON.stringify(painted));
