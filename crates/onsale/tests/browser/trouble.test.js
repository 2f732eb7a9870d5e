// What goes wrong, and who wishes ill: a crowd, foreign forms, hostile names.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, testOnBoth, visitor } from "./support/browser.js";
import { countReservations, fillIn, reserve, signIn, until } from "./support/buying.js";
import { keepWatch } from "./support/checks.js";
import { openHouse } from "./support/house.js";

const BUYER = { "x-forwarded-for": "203.0.113.7" };

let house;
let browser;
before(async () => {
  [house, browser] = await Promise.all([openHouse(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await house?.close();
});

/** A house that lets somebody from elsewhere ask for a few things at once, and then one a second. */
const narrow = (burst) => openHouse({ ONSALE_FORWARDED_HOPS: "1", ONSALE_CLIENT_REQUESTS_PER_SEC: "1", ONSALE_CLIENT_BURST_REQUESTS: String(burst) });

async function elsewhere(size) {
  const context = await visitor(browser, { size });
  await context.setExtraHTTPHeaders(BUYER);
  return context.newPage();
}

/** Asks for so much that nothing more is answered for a moment. */
async function crowd({ url }) {
  let status = 200;
  while (status !== 429) ({ status } = await fetch(`${url}/tickets`, { headers: BUYER }));
}

/** Does something while somebody keeps asking for as much, so that a second that goes by makes no room. */
async function inTheCrowd({ url }, act) {
  await crowd({ url });
  let isOver = false;
  const keepAsking = async () => {
    while (!isOver) await fetch(`${url}/tickets`, { headers: BUYER });
  };
  const asking = keepAsking();
  try {
    await act();
  } finally {
    isOver = true;
    await asking;
  }
}

testOnBoth("a page that cannot be had for the crowd comes back by itself", async (size) => {
  const busy = await narrow(1);
  try {
    const page = await elsewhere(size);
    await inTheCrowd(busy, async () => {
      // A moment in which nobody else asked lets one in.
      const comes = async () => (await page.goto(busy.url)).status();
      await until(comes, (status) => status === 429, 60_000);
      await page.getByRole("heading", { name: "A great many people are here" }).waitFor();
    });
    await page.getByRole("heading", { name: "Events" }).waitFor();
  } finally {
    await busy.close();
  }
});

/** Sends a form in the crowd: whether it was kept out. A moment in which nobody else asked lets one in. */
async function isKeptOut(busy, page, eventId) {
  await page.goto(`${busy.url}/events/${eventId}`);
  await fillIn(page);
  const told = page.getByText("what you filled in is still there");
  let isOut;
  await inTheCrowd(busy, async () => {
    await page.getByRole("button", { name: "Reserve" }).click();
    await until(async () => (isOut = await told.isVisible()) || page.url().includes("/reservations/"), Boolean, 60_000);
  });
  return isOut;
}

testOnBoth("a form that the crowd kept out is still filled in, and counts once when it is sent again", async (size) => {
  for (let tries = 1; ; tries += 1) {
    const busy = await narrow(20);
    try {
      const { eventId } = await busy.event();
      const page = await elsewhere(size);
      if (!(await isKeptOut(busy, page, eventId))) {
        assert.ok(tries < 10, "the crowd keeps nobody out");
        continue;
      }
      assert.equal(await countReservations(busy, eventId), 0);
      await until(() => fetch(`${busy.url}/tickets`, { headers: BUYER }), ({ status }) => status === 200);
      await page.getByRole("button", { name: "Back to the form" }).click();
      assert.equal(await page.getByLabel("E-mail or user name").inputValue(), "mina@example.com");
      // The first of them may still be too early.
      await until(async () => {
        await page.getByRole("button", { name: /^(Reserve|Back to the form)$/ }).click();
        await page.waitForLoadState();
        return page.url();
      }, (url) => url.includes("/reservations/"), 30_000);
      assert.equal(await countReservations(busy, eventId), 1);
      return;
    } finally {
      await busy.close();
    }
  }
});

testOnBoth("what nobody knows the outcome of is asked again by itself, and counts once", async (size) => {
  const slow = await openHouse({ ONSALE_REQUEST_DEADLINE_MS: "300" });
  try {
    const { eventId } = await slow.event();
    const page = await (await visitor(browser, { size })).newPage();
    await page.goto(`${slow.url}/events/${eventId}`);
    await fillIn(page);
    const release = await slow.lockDatabase();
    await page.getByRole("button", { name: "Reserve" }).click();
    await page.getByRole("heading", { name: "Just a moment" }).waitFor();
    await release();
    await page.getByRole("heading", { name: "Your seats are kept" }).waitFor({ timeout: 30_000 });
    assert.equal(await countReservations(slow, eventId), 1);
  } finally {
    await slow.close();
  }
});

test("hostile names are names, and run nowhere", async () => {
  const name = `"><img src=x onerror="alert(1)"><script>alert(2)</script>'&`;
  const venue = { name: "</h1><svg onload=alert(3)>", address: "{{7*7}}" };
  const seatTypes = [{ seatType: "R", price: 1000, total: 20, seating: "ASSIGNED", rows: 2, seatsPerRow: 10 }];
  const { eventId } = await house.event({ eventName: name, description: name, venue, price: undefined, totalSeats: undefined, seatTypes });
  const { reservationId } = await house.reserve(eventId, { userId: "-@.._", seats: ["R-A-1"] });
  await house.api("POST", `/reservations/${reservationId}/payment`, { method: "CARD", token: "tok_ok" });
  const context = await visitor(browser, { size: "desktop" });
  await signIn(context, house);
  const page = await context.newPage();
  page.on("dialog", () => assert.fail("a script of somebody else's ran"));
  for (const path of ["/", `/events/${eventId}`, `/events/${eventId}/seats`, `/reservations/${reservationId}`, "/admin", `/admin/events/${eventId}`, `/admin/events/${eventId}/edit`, `/admin/events/${eventId}/copy`, `/admin/door?event=${eventId}`, `/admin/reservations?event=${eventId}&user=%22%3E%3Cscript%3E&code=%27`]) {
    const isClean = keepWatch(page, house.url);
    await page.goto(house.url + path);
    assert.equal(await page.locator("img, main script, [onerror], [onload]").count(), 0, path);
    const shown = await page.evaluate(() => document.body.innerText + [...document.querySelectorAll("input, textarea")].map((field) => field.value).join("\n"));
    assert.ok(shown.includes(name) || path.includes("/admin/reservations"), path);
    isClean();
  }
});

test("no script that is not ours runs in a page, and none of its forms leads elsewhere", async () => {
  const { eventId } = await house.event();
  const page = await (await visitor(browser)).newPage();
  await page.goto(`${house.url}/events/${eventId}`);
  await page.evaluate(async () => {
    const violations = (globalThis.violations = []);
    document.addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
    const put = (name, fields) => document.body.append(Object.assign(document.createElement(name), fields));
    put("script", { textContent: "globalThis.isInjected = true" });
    put("script", { src: "data:text/javascript,globalThis.isInjected = true" });
    put("img", { src: "https://elsewhere.invalid/?stolen" });
    put("form", { action: "https://elsewhere.invalid/", id: "stolen" });
    await fetch("https://elsewhere.invalid/").catch(() => undefined);
    document.getElementById("stolen").submit();
  });
  const told = await until(() => page.evaluate(() => globalThis.violations.sort()), ({ length }) => length >= 5);
  assert.deepEqual(told, ["connect-src", "form-action", "img-src", "script-src-elem", "script-src-elem"]);
  assert.equal(await page.evaluate(() => globalThis.isInjected), undefined);
});

test("the API's page runs within its policy", async () => {
  const page = await (await visitor(browser, { size: "desktop" })).newPage();
  const refused = [];
  page.on("console", (message) => /content security policy/i.test(message.text()) && refused.push(message.text()));
  await page.goto(`${house.url}/api/docs/`);
  await page.locator("#operations-events-createEvent button").first().click();
  await page.getByRole("button", { name: "Execute" }).waitFor();
  await page.locator("#operations-events-listEvents button").first().click();
  await page.getByRole("button", { name: "Execute" }).nth(1).click();
  await page.getByText("Server response").waitFor();
  assert.deepEqual(refused, []);
});

testOnBoth("a form that another site's page sends does nothing", async (size) => {
  const { eventId } = await house.event();
  const context = await visitor(browser, { size });
  const page = await context.newPage();
  await reserve(page, `${house.url}/events/${eventId}`);
  const hold = page.url();
  await page.goto("about:blank");
  await page.setContent(`<form method="post" action="${hold}/cancellation"><button>Win a prize</button></form>`);
  await page.getByRole("button", { name: "Win a prize" }).click();
  await page.getByText("sent from another site").waitFor();
  await page.goto(hold);
  await page.getByRole("heading", { name: "Your seats are kept" }).waitFor();
});
