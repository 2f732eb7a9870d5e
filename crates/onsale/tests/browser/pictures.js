// Draws the pictures of the README: what buyers and an organizer see of one evening, by day and by night.
// `cargo xtask pictures` runs it.

import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { openBrowser, visitor } from "./support/browser.js";
import { announce, sell } from "./support/evening.js";
import { ADMIN_TOKEN, openHouse } from "./support/house.js";

const OUT = process.env.PICTURES ?? new URL("../../../../docs", import.meta.url).pathname;
const BYTES_MAX = 400_000;

const MINA = "mina@example.com";
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1180, height: 800 };

/** Opens a page in this window and theme; it is seen from its top to the end of `until`. */
async function seen(context, window, theme, url, until, prepare = () => undefined) {
  const page = await context.newPage();
  await page.setViewportSize(window);
  await page.emulateMedia({ colorScheme: theme });
  await page.goto(url);
  const live = page.locator("[data-live]");
  if ((await live.count()) > 0) await live.and(page.locator(":not([hidden])")).waitFor();
  await prepare(page);
  const end = await page.locator(until).first().evaluate((element) => Math.ceil(element.getBoundingClientRect().bottom + scrollY));
  const picture = await page.screenshot({ fullPage: true, clip: { x: 0, y: 0, width: window.width, height: end + 10 } });
  await page.close();
  return picture;
}

/** Chooses two free seats beside each other, near the middle of their row. */
async function choose(page) {
  await page.evaluate(() => {
    const free = (row, place) => document.querySelector(`input[name=seats][value="R-${row}-${place}"]:not(:disabled)`);
    for (const row of "CDEFGHIJ") {
      const pair = [free(row, 13), free(row, 14)];
      if (!pair.every(Boolean)) continue;
      for (const seat of pair) seat.click();
      return;
    }
  });
  await page.locator("[data-chosen-list] li:nth-child(2)").waitFor();
}

/** Every screen of the evening. */
async function screens(browser, house, lang) {
  const eventId = await announce(house, lang);
  const context = await visitor(browser, { lang });
  const desk = await visitor(browser, { lang });
  await desk.addCookies([await session(house)]);
  const bought = await house.reserve(eventId, { userId: MINA, quantity: 1, seats: ["R-C-13"] });
  await house.api("POST", `/reservations/${bought.reservationId}/payment`, { method: "CARD", token: "tok_ok" });
  const hold = await house.reserve(eventId, { userId: MINA, quantity: 2, seats: ["VIP-C-11", "VIP-C-12"] });
  const sale = await seen(desk, DESK, "dark", `${house.url}/admin/events/${eventId}`, "section:has(.invariants)", () => sell(house, eventId));
  const phone = (theme, path, until, prepare) => seen(context, PHONE, theme, house.url + path, until, prepare);
  return {
    event: await seen(context, DESK, "light", `${house.url}/events/${eventId}`, ".buy"),
    sale,
    list: await phone("light", "/", ".card:nth-child(2)"),
    map: await phone("dark", `/events/${eventId}/seats`, ".legend", choose),
    hold: await phone("light", `/reservations/${hold.reservationId}`, ".buy"),
    ticket: await phone("dark", `/reservations/${bought.reservationId}`, ".ticket"),
  };
}

async function session(house) {
  const body = new URLSearchParams({ token: ADMIN_TOKEN });
  const answer = await fetch(`${house.url}/admin/login`, { method: "POST", redirect: "manual", body });
  const [name, value] = answer.headers.get("set-cookie").split(";")[0].split("=");
  return { name, value, url: house.url };
}

/** Lays the screens out on one sheet. */
async function sheet(browser, shown) {
  const picture = (name) => `<img class="${name}" src="data:image/png;base64,${shown[name].toString("base64")}">`;
  const page = await browser.newPage({ viewport: { width: 1640, height: 900 } });
  await page.setContent(`<!doctype html><style>
    body { margin: 0; padding: 32px; width: 1640px; box-sizing: border-box; background: #fff; }
    div { display: flex; gap: 28px; justify-content: space-between; align-items: flex-start; }
    div + div { margin-top: 28px; }
    img { display: block; border-radius: 14px; outline: 1px solid #d8d6de; }
    .event, .sale { width: 774px; }
    .list, .map, .hold, .ticket { width: 373px; }
  </style><div>${picture("event")}${picture("sale")}</div><div>${["list", "map", "hold", "ticket"].map(picture).join("")}</div>`);
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  const drawn = await page.screenshot({ fullPage: true });
  await page.close();
  return drawn;
}

const browser = await openBrowser();
try {
  for (const [lang, name] of [["en", "pages.png"], ["ko", "pages.ko.png"]]) {
    const house = await openHouse();
    try {
      const drawn = await sheet(browser, await screens(browser, house, lang));
      // A palette of 256 colours, chosen for the picture, in a third of the bytes.
      const small = execFileSync("pngquant", ["--speed", "1", "--quality", "70-95", "-"], { input: drawn, maxBuffer: BYTES_MAX });
      await writeFile(`${OUT}/${name}`, small);
      console.log(`${name}: ${small.length} bytes`);
    } finally {
      await house.close();
    }
  }
} finally {
  await browser.close();
}
