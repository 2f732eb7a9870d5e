// What holds for every page: accessible, valid, in its own width, from our own host alone, quiet.

import assert from "node:assert/strict";
import { mkdir, readdir, rm } from "node:fs/promises";
import axe from "axe-core";
import { HtmlValidate } from "html-validate";

const SCREENSHOTS = process.env.TEST_SCREENSHOTS ?? new URL("../../../../../target/screenshots", import.meta.url).pathname;

const validator = new HtmlValidate({
  extends: ["html-validate:standard"],
  rules: {
    // Both are valid HTML; we leave off what the standard lets us leave off.
    "no-implicit-button-type": "error",
    "void-style": "off",
    "no-trailing-whitespace": "off",
    "attribute-boolean-style": "off",
    "long-title": "off",
    // Lines of a list of grades, and seats of a table, are fields of one name.
    "form-dup-name": "off",
  },
});

/** Watches a page of these hosts for what it must not do; gives a function that says so. */
export function keepWatch(page, ...ownUrls) {
  const wrong = [];
  page.on("console", (message) => {
    // A page with an error's status is still a page.
    if (message.type() === "error" && !message.text().includes("the server responded with a status of")) wrong.push(message.text());
  });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => {
    if (!ownUrls.some((own) => request.url().startsWith(own))) wrong.push(`asks ${request.url()}`);
  });
  const isClean = () => assert.deepEqual(wrong, []);
  // What a page did that is not looked at any more.
  isClean.forget = () => void (wrong.length = 0);
  return isClean;
}

/** No violation that axe-core knows of. */
export async function isAccessible(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
  assert.deepEqual(told, [], page.url());
}

/** The HTML as the server sent it is valid. */
export async function isValidHtml(html) {
  const report = await validator.validateString(html);
  const told = report.results.flatMap(({ messages }) => messages.map(({ ruleId, message, line }) => `${line}: ${ruleId}: ${message}`));
  assert.deepEqual(told, []);
}

/** Nothing is wider than the window. */
export async function fitsItsWindow(page) {
  const { wide, room } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, room: document.documentElement.clientWidth }));
  assert.ok(wide <= room, `${page.url()} is ${wide} wide in a window of ${room}`);
}

/** Whatever can be pressed is large enough for a finger; links within a text are as tall as their line. */
export async function hasLargeTargets(page) {
  const small = await page.evaluate(() => {
    const pressed = document.querySelectorAll("button, select, input:not([type=hidden], [type=checkbox], [type=radio]), nav a, a.button, summary, label.grade");
    return [...pressed]
      .filter((element) => element.checkVisibility())
      .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect().height])
      .filter(([, height]) => height < 43.5);
  });
  assert.deepEqual(small, [], page.url());
}

/** Takes the pictures of the last time away. */
export async function noPictures() {
  await rm(SCREENSHOTS, { recursive: true, force: true });
  await mkdir(SCREENSHOTS, { recursive: true });
}

/** The names of the pictures that were kept. */
export async function pictures() {
  return (await readdir(SCREENSHOTS)).filter((name) => name.endsWith(".png"));
}

/** Keeps a picture of the page for people to look at. */
export async function keepPicture(page, name) {
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
}
