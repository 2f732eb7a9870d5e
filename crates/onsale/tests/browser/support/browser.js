// Chromium, as Debian packages it, without a window.

import { chromium } from "playwright-core";

const PROGRAM = process.env.TEST_CHROMIUM ?? "/usr/bin/chromium";

/** Starts a browser. */
export function openBrowser() {
  return chromium.launch({ executablePath: PROGRAM, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
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
  context.setDefaultTimeout(15_000);
  return context;
}
