// A buyer's way from the list to her ticket, and everything that gets in between.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser, testOnBoth, visitor } from "./support/browser.js";
import { countReservations, fillIn, keptUntil, pay, reserve, until } from "./support/buying.js";
import { openHouse } from "./support/house.js";
import { openLine } from "./support/line.js";

let house;
let browser;
before(async () => {
  [house, browser] = await Promise.all([openHouse(), openBrowser()]);
});
after(async () => {
  await browser?.close();
  await house?.close();
});

async function visit(options) {
  const context = await visitor(browser, options);
  return context.newPage();
}

/** Says that what was paid goes back, and in the end that it went; the amount alone is also the order's total. */
async function isRefunded(page) {
  await page.getByText(/^₩200,000 (was refunded\.|goes back the way it came, by .+\.)$/).waitFor();
  const done = async () => {
    await page.reload();
    return page.getByText("₩200,000 was refunded.", { exact: true }).count();
  };
  await until(done, (count) => count === 1);
}

/** Presses a button, and reloads while the answer is on its way, which gives that answer up. */
async function pressAndReload(page, line, name) {
  const screen = await page.context().newCDPSession(page);
  const opened = await page.evaluate(() => performance.timeOrigin);
  const before = line.withheld;
  line.isSilent = true;
  await page.getByRole("button", { name }).click({ noWaitAfter: true });
  await until(() => line.withheld, (count) => count > before);
  line.isSilent = false;
  await screen.send("Page.reload");
  await page.waitForFunction((then) => performance.timeOrigin !== then && document.readyState === "complete", opened);
}

const eventUrl = ({ eventId }) => `${house.url}/events/${eventId}`;

testOnBoth("a buyer finds an event, reserves, pays, and has her tickets", async (size) => {
  const name = `The Long Way Home on a ${size}`;
  await house.event({ eventName: name });
  const page = await visit({ size });
  await page.goto(house.url);
  await page.getByRole("searchbox").fill(`long way home on a ${size}`);
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name }).click();
  await fillIn(page);
  await page.getByRole("button", { name: "Reserve" }).click();
  await page.waitForURL("**/reservations/*");

  const timer = page.getByRole("timer");
  const first = await timer.textContent();
  await until(() => timer.textContent(), (now) => now !== first);
  const before = await keptUntil(page);
  await page.getByRole("button", { name: "More time, please" }).click();
  await page.getByText("You have extended your time already.").waitFor();
  const after = await keptUntil(page);
  assert.ok(after >= before + 60_000, `${before} ${after}`);

  await pay(page, "4000 0000 0000 0002");
  await page.getByRole("alert").getByText("Your card was declined").waitFor();
  await pay(page);
  await page.getByRole("heading", { name: "See you there!" }).waitFor();
  assert.equal(await page.getByRole("img", { name: "QR code of the ticket" }).count(), 2);

  const code = await page.locator(".order code").textContent();
  await page.getByRole("link", { name: "My tickets" }).click();
  await page.getByLabel("Reservation code").fill(code.toLowerCase());
  await page.getByLabel("E-mail or user name").fill("mina@example.com");
  await page.getByRole("button", { name: "Show my tickets" }).click();
  await page.getByText("Ticket 2 of 2").waitFor();

  await page.getByText("Cancel these tickets").click();
  await page.getByRole("button", { name: "Yes, cancel all of them" }).click();
  await page.getByRole("heading", { name: "Cancelled" }).waitFor();
  await isRefunded(page);
});

testOnBoth("without scripts a buyer finds an event, reserves, pays and sees the ticket", async (size) => {
  const name = `Plain Evening on a ${size}`;
  await house.event({ eventName: name });
  const page = await visit({ size, javaScript: false });
  await page.goto(`${house.url}/?q=plain+evening+on+a+${size}`);
  await page.getByRole("link", { name }).click();
  await fillIn(page);
  await page.getByRole("button", { name: "Reserve" }).click();
  await pay(page);
  await page.getByText("Ticket 2 of 2").waitFor();
});

testOnBoth("without scripts a buyer chooses her seats in the table", async (size) => {
  const event = await house.event(numbered());
  const page = await visit({ size, javaScript: false });
  await page.goto(eventUrl(event));
  await page.getByRole("link", { name: "Choose seats on the map" }).click();
  await page.getByRole("checkbox", { name: "R-B-3", exact: true }).check();
  await page.getByRole("checkbox", { name: "R-B-4", exact: true }).check();
  await page.getByLabel("E-mail or user name").fill("mina");
  await page.getByRole("button", { name: "Reserve" }).click();
  await page.getByText("R-B-3", { exact: true }).waitFor();
  await page.getByText("R-B-4", { exact: true }).waitFor();
});

testOnBoth("a double click reserves once", async (size) => {
  const event = await house.event();
  const page = await visit({ size });
  await page.goto(eventUrl(event));
  await fillIn(page);
  await page.getByRole("button", { name: "Reserve" }).dblclick();
  await page.waitForURL("**/reservations/*");
  assert.equal(await countReservations(house, event.eventId), 1);
});

testOnBoth("who goes back and sends the same form again has reserved once", async (size) => {
  const event = await house.event();
  const page = await visit({ size });
  await reserve(page, eventUrl(event));
  const first = page.url();
  await page.reload();
  assert.equal(page.url(), first);
  await page.goBack();
  await page.getByRole("button", { name: "Reserve" }).click();
  await page.waitForURL("**/reservations/*");
  assert.equal(page.url(), first);
  assert.equal(await countReservations(house, event.eventId), 1);
});

testOnBoth("who goes back to the event is led to her hold as long as it is one", async (size) => {
  const event = await house.event();
  const page = await visit({ size });
  await reserve(page, eventUrl(event));
  const hold = page.url();
  const kept = page.getByText("Seats of this event are kept for you.");
  await page.goBack();
  await kept.waitFor();
  await page.goto(eventUrl(await house.event()));
  await page.getByRole("button", { name: "Reserve" }).waitFor();
  assert.ok(await kept.isHidden(), "of another event");
  await page.goto(eventUrl(event));
  await page.getByRole("link", { name: "Go on to pay" }).click();
  await page.waitForURL(hold);
  await pay(page);
  await page.getByRole("heading", { name: "See you there!" }).waitFor();
  await page.goto(eventUrl(event));
  await page.getByRole("button", { name: "Reserve" }).waitFor();
  assert.ok(await kept.isHidden(), "paid by now");
});

/** Presses a button whose answer is lost: the browser shows an error of its own. */
async function pressInVain(page, line, name) {
  line.breaks = true;
  const before = line.broken;
  await page.getByRole("button", { name }).click();
  await until(() => line.broken, (count) => count > before);
  await page.waitForURL((url) => url.protocol === "chrome-error:");
  line.breaks = false;
}

testOnBoth("an answer that is lost on its way loses nothing, and going back to try again doubles nothing", async (size) => {
  const event = await house.event();
  const line = await openLine(house.url);
  try {
    const page = await visit({ size });
    await page.goto(`${line.url}/events/${event.eventId}`);
    await fillIn(page);
    await pressInVain(page, line, "Reserve");
    assert.equal(await countReservations(house, event.eventId), 1);
    await page.goBack();
    await page.getByLabel("E-mail or user name").fill("mina@example.com");
    await page.getByRole("button", { name: "Reserve" }).click();
    await page.waitForURL("**/reservations/*");
    assert.equal(await countReservations(house, event.eventId), 1);

    const before = await keptUntil(page);
    await pressInVain(page, line, "More time, please");
    await page.goBack();
    await page.reload();
    await page.getByText("You have extended your time already.").waitFor();
    assert.ok((await keptUntil(page)) >= before + 60_000);

    await pressInVain(page, line, /^Pay/);
    await page.goBack();
    await page.reload();
    await page.getByRole("heading", { name: "See you there!" }).waitFor();
    assert.deepEqual(await house.payments(event.eventId), ["PAID"]);

    await page.getByText("Cancel these tickets").click();
    await pressInVain(page, line, "Yes, cancel all of them");
    await page.goBack();
    await page.reload();
    await page.getByRole("heading", { name: "Cancelled" }).waitFor();
    await isRefunded(page);
    assert.deepEqual(await house.payments(event.eventId), ["REFUNDED"]);
  } finally {
    line.close();
  }
});

test("seats whose return was not answered are back once", async () => {
  const event = await house.event();
  const line = await openLine(house.url);
  try {
    const page = await visit();
    await reserve(page, `${line.url}/events/${event.eventId}`);
    await pressInVain(page, line, "Give the seats back");
    await page.goBack();
    await page.reload();
    await page.getByRole("heading", { name: "Cancelled" }).waitFor();
    const { availableSeats } = await house.api("GET", `/events/${event.eventId}`);
    assert.equal(availableSeats, 300);
  } finally {
    line.close();
  }
});

testOnBoth("who reloads while an answer is on its way, and sends again, has reserved and paid once", async (size) => {
  const event = await house.event();
  const line = await openLine(house.url);
  try {
    const page = await visit({ size });
    await page.goto(`${line.url}/events/${event.eventId}`);
    await fillIn(page);
    await pressAndReload(page, line, "Reserve");
    await fillIn(page);
    await page.getByRole("button", { name: "Reserve" }).click();
    await page.waitForURL("**/reservations/*");
    assert.equal(await countReservations(house, event.eventId), 1);

    await page.getByLabel("Card number").fill("4242 4242 4242 4242");
    await pressAndReload(page, line, /^Pay/);
    await page.getByRole("heading", { name: "See you there!" }).waitFor();
    assert.deepEqual(await house.payments(event.eventId), ["PAID"]);

    // Who wants more seats later has a new form.
    await reserve(page, `${line.url}/events/${event.eventId}`);
    assert.equal(await countReservations(house, event.eventId), 2);
  } finally {
    line.close();
  }
});

/** Chooses two seats on the map with the keyboard, and says who she is. */
async function chooseOnMap(page) {
  await page.locator(".plan path.free").first().waitFor();
  await page.locator(".plan").focus();
  for (const key of ["ArrowDown", "Enter", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  await page.getByLabel("E-mail or user name").fill("mina@example.com");
}

/** Waits until the map shows seats that are somebody's: here those that the form was sent with. */
const showsHeld = (page) => until(() => page.evaluate(() => [...document.querySelectorAll(".plan path.held")].some((path) => path.getAttribute("d"))), Boolean);

/** Sends the map's form as it is, both seats still chosen, and comes to the one reservation. */
async function sendsTheSame(page, event) {
  await showsHeld(page);
  assert.equal(await page.locator("[data-chosen-list] li").count(), 2);
  assert.equal(await page.getByText("Somebody was quicker").count(), 0);
  await page.getByLabel("E-mail or user name").fill("mina@example.com");
  await page.getByRole("button", { name: "Reserve" }).click();
  await page.waitForURL("**/reservations/*");
  assert.equal(await countReservations(house, event.eventId), 1);
}

testOnBoth("seats that were chosen on the map, and are hers, are no news of others: by the back button, a lost answer, a reload", async (size) => {
  const line = await openLine(house.url);
  try {
    for (const way of ["back", "lost", "reload"]) {
      const event = await house.event(numbered());
      const page = await visit({ size });
      await page.goto(`${line.url}/events/${event.eventId}/seats`);
      await chooseOnMap(page);
      if (way === "back") {
        await page.getByRole("button", { name: "Reserve" }).click();
        await page.waitForURL("**/reservations/*");
        const hold = page.url();
        await page.goBack();
        // Where the page comes back as it was, what it was sent with is still hers.
        if ((await page.locator("[data-chosen-list] li").count()) > 0) await sendsTheSame(page, event);
        else await page.goForward();
        assert.equal(page.url(), hold);
      } else if (way === "lost") {
        await pressInVain(page, line, "Reserve");
        await page.goBack();
        await sendsTheSame(page, event);
      } else {
        await pressAndReload(page, line, "Reserve");
        await sendsTheSame(page, event);
      }
    }
  } finally {
    line.close();
  }
});

test("a form that was filled in again, and reloaded while its answer is on its way, reserves once", async () => {
  const event = await house.event({ maxPerBuyer: 3 });
  await house.api("POST", "/reservations", { eventId: event.eventId, userId: "mina@example.com", seatType: "R", quantity: 2 });
  const line = await openLine(house.url);
  try {
    const page = await visit();
    await page.goto(`${line.url}/events/${event.eventId}`);
    await fillIn(page);
    await page.getByRole("button", { name: "Reserve" }).click();
    await page.getByRole("alert").getByText("and you have 2").waitFor();
    await fillIn(page, { quantity: "1" });
    await pressAndReload(page, line, "Reserve");
    await page.getByRole("alert").getByText("and you have").waitFor();
    await fillIn(page, { quantity: "1", user: "mina@example.com" });
    await page.getByRole("button", { name: "Reserve" }).click();
    await page.waitForURL("**/reservations/*");
    assert.equal(await countReservations(house, event.eventId), 2);
  } finally {
    line.close();
  }
});

test("two tabs of one buyer are two forms, and each counts once", async () => {
  const event = await house.event({ maxPerBuyer: 3 });
  const context = await visitor(browser);
  const tabs = await Promise.all([context.newPage(), context.newPage()]);
  await Promise.all(tabs.map((tab) => tab.goto(eventUrl(event))));
  for (const tab of tabs) await fillIn(tab);
  await tabs[0].getByRole("button", { name: "Reserve" }).click();
  await tabs[0].waitForURL("**/reservations/*");
  await tabs[1].getByRole("button", { name: "Reserve" }).click();
  await tabs[1].getByRole("alert").getByText("One person may have 3 tickets of this event, and you have 2.").waitFor();
  assert.equal(await countReservations(house, event.eventId), 1);
});

test("a payment that is sent twice is one payment", async () => {
  const event = await house.event();
  const page = await visit();
  await reserve(page, eventUrl(event));
  await page.getByLabel("Card number").fill("4242 4242 4242 4242");
  await page.getByRole("button", { name: /^Pay/ }).dblclick();
  await page.getByRole("heading", { name: "See you there!" }).waitFor();
  await page.goBack();
  await page.goForward();
  await page.getByRole("heading", { name: "See you there!" }).waitFor();
  assert.deepEqual(await house.payments(event.eventId), ["PAID"]);
});

test("the same payment form that arrives several times is one payment", async () => {
  const event = await house.event();
  const page = await visit();
  await reserve(page, eventUrl(event));
  await page.getByLabel("Card number").fill("4242 4242 4242 4242");
  await page.evaluate(() => {
    const form = document.querySelector("form[action$='/payment']");
    const send = () => fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
    return Promise.all([send(), send(), send()]).then(() => undefined);
  });
  await page.getByRole("button", { name: /^Pay/ }).click();
  await page.getByRole("heading", { name: "See you there!" }).waitFor();
  assert.deepEqual(await house.payments(event.eventId), ["PAID"]);
});

testOnBoth("to press twice for more time, or to give the seats back, counts once", async (size) => {
  const event = await house.event();
  const page = await visit({ size });
  await reserve(page, eventUrl(event));
  await page.getByRole("button", { name: "More time, please" }).dblclick();
  await page.getByText("You have extended your time already.").waitFor();
  assert.equal(await page.getByRole("alert").count(), 0, "the second press is no mistake of hers");
  await page.getByRole("button", { name: "Give the seats back" }).dblclick();
  await page.getByRole("heading", { name: "Cancelled" }).waitFor();
  await page.getByText("Nothing had been paid").waitFor();
  const { availableSeats } = await house.api("GET", `/events/${event.eventId}`);
  assert.equal(availableSeats, 300);
});

test("two tabs that pay for one hold at once are one payment", async () => {
  const event = await house.event();
  const context = await visitor(browser);
  const tabs = [await context.newPage(), await context.newPage()];
  await reserve(tabs[0], eventUrl(event));
  await tabs[1].goto(tabs[0].url());
  await Promise.all(tabs.map((tab) => pay(tab)));
  for (const tab of tabs) await tab.getByRole("heading", { name: "See you there!" }).waitFor();
  assert.deepEqual(await house.payments(event.eventId), ["PAID"]);
});

test("of two tabs of one hold that pay and give back at once, both say what became of it", async () => {
  const event = await house.event();
  const context = await visitor(browser);
  const tabs = [await context.newPage(), await context.newPage()];
  await reserve(tabs[0], eventUrl(event));
  await tabs[1].goto(tabs[0].url());
  await Promise.all([pay(tabs[0]), tabs[1].getByRole("button", { name: "Give the seats back" }).click()]);
  const ends = tabs.map((tab) => tab.getByRole("heading", { name: /^(See you there!|Cancelled)$/ }));
  for (const end of ends) await end.waitFor();

  for (const tab of tabs) await tab.goto(tab.url().replace(/\/(payment|cancellation)$/, ""));
  const [one, other] = [await ends[0].textContent(), await ends[1].textContent()];
  assert.equal(one, other);
  const payments = await house.payments(event.eventId);
  const { availableSeats } = await house.api("GET", `/events/${event.eventId}`);
  if (one === "Cancelled") assert.deepEqual([payments.includes("PAID"), availableSeats], [false, 300]);
  else assert.deepEqual([payments, availableSeats], [["PAID"], 298]);
});

test("a slow bank is waited for, and the page finds out by itself", async () => {
  const event = await house.event();
  const page = await visit();
  await reserve(page, eventUrl(event));
  await pay(page, "4000 0000 0000 0119");
  await page.getByRole("heading", { name: "See you there!" }).waitFor({ timeout: 20_000 });
});

test("a declined card and a hold that runs out after it do not pay again by themselves", async () => {
  const event = await house.event({ holdSeconds: 15 });
  const page = await visit();
  await reserve(page, eventUrl(event));
  await pay(page, "4000 0000 0000 0002");
  await page.getByRole("alert").getByText("Your card was declined").waitFor();
  assert.ok(page.url().endsWith("/payment"));
  await page.getByRole("heading", { name: "The time to pay is over" }).waitFor({ timeout: 60_000 });
  assert.ok(!page.url().endsWith("/payment"));
});

testOnBoth("a hold warns in its last minute, and not before", async (size) => {
  const event = await house.event();
  const page = await visit({ size });
  // The page's clock, which can be put forward.
  await page.addInitScript(() => {
    const now = performance.now.bind(performance);
    globalThis.skippedMillis = 0;
    performance.now = () => now() + globalThis.skippedMillis;
  });
  await reserve(page, eventUrl(event));
  const skip = (millis) => page.evaluate((skipped) => void (globalThis.skippedMillis = skipped), millis);
  const shown = () => page.evaluate(() => [document.querySelector("[role=timer]").textContent, document.getElementById("warning").textContent, document.querySelectorAll(".timer.urgent").length]);
  const left = (await keptUntil(page)) - Date.now();

  await skip(left - 85_000);
  const [, early, isEarly] = await until(shown, ([time]) => /^01:[0-2]\d$/.test(time));
  assert.deepEqual([early, isEarly], ["", 0]);
  await skip(left - 50_000);
  const [, warning, isUrgent] = await until(shown, ([time]) => /^00:\d\d$/.test(time));
  assert.deepEqual([warning, isUrgent], ["Less than a minute is left. Pay now, or extend your time.", 1]);
});

testOnBoth("a hold that runs out is explained", async (size) => {
  const event = await house.event({ holdSeconds: 3 });
  const page = await visit({ size });
  await reserve(page, eventUrl(event));
  await page.getByRole("heading", { name: "The time to pay is over" }).waitFor({ timeout: 15_000 });
  await page.getByText("You were not charged").waitFor();
});

function numbered() {
  return {
    price: undefined,
    totalSeats: undefined,
    seatTypes: [
      { seatType: "VIP", price: 150000, total: 20, seating: "ASSIGNED", rows: 2, seatsPerRow: 10 },
      { seatType: "R", price: 100000, total: 60, seating: "ASSIGNED", rows: 4, seatsPerRow: 15 },
    ],
  };
}
