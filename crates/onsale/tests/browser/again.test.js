// What comes back: streams that had failed, and what a sale's page knew before it was loaded again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, visitor } from "./support/browser.js";
import { until } from "./support/buying.js";
import { ADMIN_TOKEN, openHouse } from "./support/house.js";

let house;
let browser;
before(async () => {
  [house, browser] = await Promise.all([openHouse(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await house?.close();
});

test("a page that asks, because streams failed, comes back to a stream after a while", async () => {
  const { eventId } = await house.event({ price: { r: 1000 }, totalSeats: 30 });
  const page = await (await visitor(browser)).newPage();
  await page.clock.install();
  await page.route("**/stream", (route) => route.abort());
  await page.goto(`${house.url}/events/${eventId}`);
  await page.locator("[data-live]:not([hidden])").waitFor();
  await page.unroute("**/stream");

  const opened = page.waitForResponse("**/stream");
  await page.clock.fastForward(60_000);
  assert.equal((await opened).status(), 200);
  const left = page.locator("[data-grade=R]");
  const streams = async () => (await house.metrics()).match(/^onsale_http_streams (\d+)/m)[1];
  await until(streams, (open) => open === "1");
  // The stream is the only one who tells now.
  let asked = 0;
  page.on("request", (request) => (asked += Number(request.url().endsWith("/seats"))));
  await page.clock.fastForward(30_000);
  await house.reserve(eventId, { userId: "last" });
  const { availableSeats } = await house.api("GET", `/events/${eventId}`);
  await left.getByText(`${availableSeats} seats left`).waitFor();
  assert.equal(asked, 0);
});

test("a chart goes on where it was before the page was loaded again, and money is told as the server does", async () => {
  const { eventId } = await house.event({ price: { r: 50000 }, totalSeats: 40, holdSeconds: 0 });
  const desk = await visitor(browser, { size: "desktop", lang: "ko" });
  const page = await desk.newPage();
  await page.goto(`${house.url}/admin`);
  await signInInKorean(page);
  await page.goto(`${house.url}/admin/events/${eventId}`);
  await house.reserve(eventId, { quantity: 4 });
  await page.locator("[data-revenue]").getByText("200,000원", { exact: true }).waitFor();
  const points = async () => {
    await page.reload();
    return JSON.parse(await page.locator("[data-history]").getAttribute("data-history")).map(([, taken]) => taken);
  };
  await until(points, (taken) => taken.join() === "0,4");
  await page.locator("[data-chart] path.line").waitFor({ state: "attached" });
  await page.locator("[data-live]:not([hidden])").waitFor();
  assert.equal(await page.locator("[data-revenue]").textContent(), "200,000원");
});

async function signInInKorean(page) {
  await page.getByLabel("주최자 토큰").fill(ADMIN_TOKEN);
  await page.getByRole("button", { name: "로그인" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith("/login"));
}
