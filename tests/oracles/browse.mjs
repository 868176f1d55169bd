// browse.mjs MODULES PAGE...: opens pages in headless Chromium, in light and dark: nothing may be loaded from elsewhere, nothing may fail, and
// axe-core may find nothing serious. A page that `dpl graph` made is used, too: searched, zoomed, gone through by keyboard. With
// SCREENSHOTS=FOLDER a picture of each is left there. Exit codes: 0 fine, 1 findings, 2 no Chromium.
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const [modules, ...pages] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), "index.js"));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

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

const browser = await puppeteer.launch({
  executablePath: chromium(),
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
for (const file of pages) {
  for (const scheme of ["light", "dark"]) {
    const name = `${basename(file)} (${scheme})`;
    const page = await browser.newPage();
    await page.setViewport({ width: 1500, height: 950 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) findings.push(`${name}: console: ${message.text()}`);
    });
    page.on("pageerror", (error) => findings.push(`${name}: ${error.message}`));
    page.on("requestfailed", (request) => findings.push(`${name}: ${request.url()} can't be loaded`));
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) findings.push(`${name}: loads ${request.url()}`);
    });
    await page.goto(pathToFileURL(resolve(file)).href);
    if (await page.$("#graph")) await used(page, name);
    await page.evaluate(axe);
    const result = await page.evaluate(() => window.axe.run());
    for (const violation of result.violations.filter((it) => ["serious", "critical"].includes(it.impact))) {
      findings.push(`${name}: ${violation.id}: ${violation.help}: ${violation.nodes.slice(0, 3).map((it) => it.html.slice(0, 120)).join(" | ")}`);
    }
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: join(process.env.SCREENSHOTS, `${basename(file)}.${scheme}.png`) });
    }
    await page.close();
  }
}
await browser.close();
findings.forEach((finding) => console.log(finding));
process.exit(findings.length > 0 ? 1 : 0);
