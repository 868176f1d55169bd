// browse.mjs PAGE|FOLDER...: opens pages, and all pages of folders, in headless Chromium, in light and dark: nothing may be loaded from
// elsewhere, nothing may fail, axe-core may find nothing serious, and each link to another page, or to a place in one, must lead there. A page that
// `dpl graph` made is used, too: searched, zoomed, gone through by keyboard; a folder's `search.html` must find what the folder has. With
// SCREENSHOTS=FOLDER a picture of each is left there. Exit codes: 0 fine, 1 findings, 2 no Chromium.
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { part } from "./lib/provisioned.mjs";

process.on("uncaughtException", (error) => {
  console.error(error);
  process.exit(2);
});

const given = process.argv.slice(2);
const load = part("browser");
const puppeteer = load("puppeteer-core");
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");

function chromium() {
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    } catch {
      // The next one.
    }
  }
  console.error("browse: no Chromium is on the PATH");
  process.exit(2);
}

const findings = [];
const expect = (page, holds, what) => {
  if (!holds) findings.push(`${page}: ${what}`);
};

async function used(page, name) {
  const count = await page.$$eval("svg .node", (all) => all.length);
  expect(name, count > 0, "the picture is empty");
  expect(name, (await page.title()) === (await page.$eval("h1", (it) => it.textContent)), "a text of the program ran as a script");
  const apart = await page.evaluate(() => {
    const boxes = [...document.querySelectorAll("svg .node rect")].map((it) => it.getBBox());
    return boxes.every((one, at) => boxes.slice(at + 1).every((other) =>
      one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y));
  });
  expect(name, apart, "nodes lie over each other");
  await page.keyboard.press("/");
  const wanted = await page.$eval("svg .node .name", (it) => it.textContent);
  await page.keyboard.type(wanted);
  expect(name, /^[1-9]\d* found$/.test(await page.$eval("#found", (it) => it.textContent)), `\`${wanted}\` is not found`);
  await page.keyboard.press("Enter");
  expect(name, (await page.$eval("#details h3", (it) => it.textContent)).length > 0, "Enter chooses nothing");
  await page.$eval("#search", (it) => { it.value = ""; it.dispatchEvent(new Event("input")); });
  await page.$eval("svg .node[data-node='0']", (it) => it.focus());
  await page.keyboard.press("Enter");
  const first = await page.$eval("svg .node", (it) => [it.getAttribute("aria-label"), it.classList.contains("chosen")]);
  expect(name, first[1], `the keyboard does not choose \`${first[0]}\``);
  const before = await page.$eval("main svg", (it) => it.getAttribute("viewBox"));
  await page.click("[data-zoom='in']");
  expect(name, before !== (await page.$eval("main svg", (it) => it.getAttribute("viewBox"))), "the picture comes no closer");
  await page.click("[data-zoom='all']");
  await page.keyboard.press("Escape");
  await page.click("[data-shows='access']");
  const hidden = await page.$$eval("svg .edge.access.hidden", (all) => all.length);
  expect(name, hidden === 0, "access stays hidden");
}

// A book's search: without a server, a word that each page of it has is found, and the results lead to pages.
async function searched(page, folder, name) {
  await page.goto(`${pathToFileURL(join(folder, "search.html")).href}?q=grant`);
  try {
    await page.waitForSelector("#search-results li a", { timeout: 20_000 });
  } catch {
    findings.push(`${name}: \`grant\` is not found`);
    return;
  }
  const found = await page.$$eval("#search-results li a", (all) => all.map((it) => it.href));
  for (const link of found) expect(name, existsSync(fileURLToPath(link.split(/[?#]/)[0])), `a result leads to ${link}, which is not there`);
}

// Axe in all but colours, where they are the first; what surrounds the article is the same on all pages of a book, and is judged once. Of colours one
// element of each form is judged, told by the elements that it stands in: all of a long program would take minutes, and say the same.
const judged = { light: new Set(), dark: new Set() };

async function accessible(page, name, scheme, whole) {
  await page.evaluate(axe);
  const violations = [];
  if (scheme === "light") {
    const within = whole || !(await page.$("article")) ? "html" : "article";
    const options = { preload: false, resultTypes: ["violations"], rules: { "color-contrast": { enabled: false } } };
    violations.push(...(await page.evaluate((where, it) => window.axe.run(where, it), within, options)).violations);
  }
  const forms = await page.evaluate(() => {
    const form = (it) => `${it.tagName}.${it.getAttribute("class") ?? ""}.${it.getAttribute("style") ?? ""}`;
    const paths = new Map([[document.body, form(document.body)]]);
    window.formsOfPage = new Map();
    for (const it of document.querySelectorAll("body *")) {
      const path = `${paths.get(it.parentElement)} > ${form(it)}`;
      paths.set(it, path);
      const says = it.matches("input, select, textarea") || [...it.childNodes].some((one) => one.nodeType === Node.TEXT_NODE && one.data.trim());
      if (says && it.checkVisibility() && !window.formsOfPage.has(path)) window.formsOfPage.set(path, it);
    }
    return [...window.formsOfPage.keys()];
  });
  const fresh = forms.filter((it) => !judged[scheme].has(it));
  fresh.forEach((it) => judged[scheme].add(it));
  if (fresh.length > 0) {
    const contrast = (all) => window.axe.run({ include: all.map((it) => window.formsOfPage.get(it)) }, { preload: false, runOnly: ["color-contrast"] });
    violations.push(...(await page.evaluate(contrast, fresh)).violations);
  }
  for (const violation of violations.filter((it) => ["serious", "critical"].includes(it.impact))) {
    findings.push(`${name}: ${violation.id}: ${violation.help}: ${violation.nodes.slice(0, 3).map((it) => it.html.slice(0, 120)).join(" | ")}`);
  }
}

const browser = await puppeteer.launch({
  executablePath: chromium(),
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const page = await browser.newPage();
let name = "";
await page.setViewport({ width: 1500, height: 950 });
page.on("console", (message) => {
  if (["error", "warn"].includes(message.type())) findings.push(`${name}: console: ${message.text()}`);
});
page.on("pageerror", (error) => findings.push(`${name}: ${error.message}`));
page.on("requestfailed", (request) => findings.push(`${name}: ${request.url()} can't be loaded`));
page.on("request", (request) => {
  if (!/^(file|data|about):/.test(request.url())) findings.push(`${name}: loads ${request.url()}`);
});

const inside = (folder) => readdirSync(folder, { recursive: true }).filter((it) => it.endsWith(".html")).sort().map((it) => join(folder, it));
const folders = given.filter((it) => statSync(it).isDirectory());
const pages = given.flatMap((it) => (folders.includes(it) ? inside(it) : [it]));
const places = new Map();
const links = [];
for (const file of pages) {
  const shown = folders.length ? relative(folders[0], file) : basename(file);
  for (const scheme of ["light", "dark"]) {
    name = `${shown} (${scheme})`;
    const first = scheme === "light";
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    const isGraph = first ? false : await page.$("#graph");
    // A page that was used is opened anew; one that was only looked at changes its colours by itself.
    if (first || isGraph) await page.goto(pathToFileURL(resolve(file)).href);
    if (await page.$("#graph")) await used(page, name);
    await accessible(page, name, scheme, file === pages[0] || !folders.length);
    if (first) {
      places.set(pathToFileURL(resolve(file)).href, new Set(await page.$$eval("[id]", (all) => all.map((it) => it.id))));
      links.push(...(await page.$$eval("a[href]", (all) => all.map((it) => it.href))).map((to) => ({ from: shown, to })));
    }
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: join(process.env.SCREENSHOTS, `${basename(file)}.${scheme}.png`) });
    }
  }
}
for (const folder of folders.filter((it) => existsSync(join(it, "search.html")))) {
  name = "search.html";
  await searched(page, folder, name);
}
await browser.close();

const dead = new Set();
for (const { from, to } of links.filter((it) => it.to.startsWith("file:"))) {
  const [path, place] = to.split("#");
  const known = places.get(path.split("?")[0]);
  const there = known ? !place || known.has(decodeURIComponent(place)) : existsSync(fileURLToPath(path.split("?")[0]));
  if (!there) dead.add(`${from}: the link ${relative(resolve("."), fileURLToPath(path))}${place ? `#${place}` : ""} leads nowhere`);
}
findings.push(...dead);
findings.forEach((finding) => console.log(finding));
console.error(`${pages.length} pages, ${links.length} links`);
process.exit(findings.length > 0 ? 1 : 0);
