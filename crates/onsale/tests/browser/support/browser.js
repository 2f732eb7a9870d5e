// Chromium, as Debian packages it, without a window.

import { test } from "node:test";
import { chromium } from "playwright-core";

const PROGRAM = process.env.TEST_CHROMIUM ?? "/usr/bin/chromium";

const browsers = [];

/** Starts a browser. */
export async function openBrowser() {
  const browser = await chromium.launch({ executablePath: PROGRAM, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
  browsers.push(browser);
  return browser;
}

/** Widths and heights that people have. */
export const SIZES = { phone: [360, 740], tablet: [768, 1024], desktop: [1440, 900] };

/** A visitor of her own, with this size, language and theme. */
export async function visitor(browser, { size = "phone", lang = "en", theme = "light", javaScript = true } = {}) {
  const [width, height] = SIZES[size];
  const context = await browser.newContext({
    viewport: { width, height },
    locale: lang === "ko" ? "ko-KR" : "en-GB",
    colorScheme: theme,
    javaScriptEnabled: javaScript,
    hasTouch: size === "phone",
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(60_000);
  return context;
}

/** What buyers hold in their hands, and what they sit at. */
const BOTH = ["phone", "desktop"];

/** A test on a phone and on a desktop, both at once: most of its time it waits. What it opened is closed then. */
export function testOnBoth(name, run) {
  test(name, { concurrency: true }, async (t) => {
    await Promise.all(BOTH.map((size) => t.test(`on a ${size}`, () => run(size))));
    for (const context of browsers.flatMap((browser) => browser.contexts())) await context.close();
  });
}
