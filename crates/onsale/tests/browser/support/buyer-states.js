// What buyers see: the list, an event, its seats, a hold, tickets, and what became of them.

import { bought, ticketOf } from "./stock.js";

const MINA = "mina@example.com";
const SEND = "#reserve button[type=submit]";

/** The state of a page that needs nothing but to be opened. */
const at = (path) => (visit) => visit.go(path(visit.known));

const event = (name) => at((known) => `/events/${known[name]}`);

const reservation = (name) => at((known) => `/reservations/${known[name]}`);

/** Fills the form of an event's page in, in whatever language it is. */
async function fillIn({ page }, { grade = "R", quantity = "2", user = MINA } = {}) {
  await page.locator(`input[name=seatType][value="${grade}"]`).check();
  await page.locator("#quantity").selectOption(quantity);
  await page.locator("#user").fill(user);
}

/** A hold of hers, in its page. */
async function hold(visit, fields = {}) {
  const held = await visit.house.reserve(visit.known.plenty, { userId: MINA, quantity: 2, seatType: "VIP", ...fields });
  await visit.go(`/reservations/${held.reservationId}`);
}

async function pay(visit, card) {
  await visit.page.locator("#card").fill(card);
  await visit.send("form[action$='/payment'] button");
}

/** An event of this many seats, and its page filled in for two. */
async function scarce(visit, fields) {
  const { eventId } = await visit.aside.event({ eventName: "Small Hall", price: { r: 30000, s: 20000 }, totalSeats: 8, ...fields });
  await visit.go(`/events/${eventId}`, visit.aside);
  await fillIn(visit);
  return eventId;
}

/** The map of a hall of its own, two of whose seats are chosen by keyboard. */
async function choose(visit, fields) {
  const seatTypes = [
    { seatType: "VIP", price: 150000, total: 32, seating: "ASSIGNED", rows: 2, seatsPerRow: 16 },
    { seatType: "R", price: 100000, total: 120, seating: "ASSIGNED", rows: 6, seatsPerRow: 20 },
  ];
  const { eventId } = await visit.aside.event({ eventName: "String Quartet", price: undefined, totalSeats: undefined, seatTypes, ...fields });
  for (const seat of ["R-A-3", "R-A-4", "R-A-5"]) await visit.aside.reserve(eventId, { userId: seat, seats: [seat] });
  await visit.go(`/events/${eventId}/seats`, visit.aside);
  await visit.page.locator("[data-plan]").focus();
  for (const key of ["Enter", "ArrowRight", "Enter"]) await visit.page.keyboard.press(key);
  await visit.page.locator("[data-chosen-list] li:nth-child(2)").waitFor();
  return eventId;
}

export const BUYER_STATES = {
  events: at(() => "/?show=all"),
  "events-found": at(() => "/?q=quartet"),
  "events-none": at(() => "/?q=nothing-like-it"),

  event: event("open"),
  "event-numbered": event("hall"),
  "event-filled-in": async (visit) => {
    await visit.go(`/events/${visit.known.few}`);
    await fillIn(visit, { grade: "S" });
  },
  "event-kept": async (visit) => {
    const eventId = await scarce(visit);
    await visit.send(SEND);
    await visit.page.getByRole("timer").waitFor();
    await visit.go(`/events/${eventId}`, visit.aside);
    await visit.page.locator("[data-kept]:not([hidden])").waitFor();
  },
  "event-before": event("soon"),
  "event-before-long": event("far"),
  "event-sold-out": event("soldOut"),
  "event-held-out": event("heldOut"),
  "event-closed": event("closed"),
  "event-over": event("over"),
  "event-cancelled": event("cancelled"),
  "event-gone": async (visit) => {
    const eventId = await scarce(visit);
    for (const seatType of ["R", "S"]) await visit.aside.reserve(eventId, { seatType, quantity: 4 });
    await visit.page.locator("[data-news]:not(:empty)").waitFor();
  },
  "event-too-few": async (visit) => {
    const eventId = await scarce(visit);
    await visit.aside.reserve(eventId, { seatType: "R", quantity: 3 });
    await visit.send(SEND);
    await visit.page.locator(".notice").waitFor();
  },
  "event-limit": async (visit) => {
    const eventId = await scarce(visit, { maxPerBuyer: 3 });
    await visit.aside.reserve(eventId, { userId: MINA, seatType: "S", quantity: 2 });
    await visit.send(SEND);
    await visit.page.locator(".notice").waitFor();
  },
  "event-faults": async (visit) => {
    await visit.go(`/events/${visit.known.open}`);
    await fillIn(visit, { user: "Mina & Jun" });
    // What a browser would not send, the server has to judge.
    await visit.page.locator("#reserve").evaluate((form) => (form.noValidate = true));
    await visit.send(SEND);
    await visit.page.locator(".fault").waitFor();
  },

  seats: at((known) => `/events/${known.hall}/seats`),
  "seats-chosen": (visit) => choose(visit),
  "seats-near": async (visit) => {
    await choose(visit);
    for (let n = 0; n < 2; n += 1) await visit.page.locator("[data-zoom=in]").click();
  },
  "seats-table": async (visit) => {
    await choose(visit);
    await visit.page.locator("[data-table] summary").click();
  },
  "seats-part": async (visit) => {
    await visit.go(`/events/${visit.known.large}/seats?part=2`);
    await visit.page.locator("[data-table] summary").click();
  },
  "seats-most": async (visit) => {
    await choose(visit, { maxPerBuyer: 2 });
    for (const key of ["ArrowRight", "Enter"]) await visit.page.keyboard.press(key);
    await visit.page.locator("[data-news]:not(:empty)").waitFor();
  },
  "seats-lost": async (visit) => {
    const eventId = await choose(visit);
    await visit.aside.reserve(eventId, { seats: ["VIP-A-9"] });
    await visit.page.locator("[data-news]:not(:empty)").waitFor();
  },
  "seats-late": async (visit) => {
    const eventId = await choose(visit);
    await visit.lookAway();
    await visit.aside.reserve(eventId, { seats: ["VIP-A-9"] });
    await visit.page.locator("#user").fill(MINA);
    visit.looksAway = false;
    await visit.send(SEND);
    await visit.page.locator(".notice").waitFor();
  },

  hold: (visit) => hold(visit),
  "hold-numbered": (visit) => hold(visit, { eventId: visit.known.hall, quantity: 4, seatType: "R" }),
  "hold-extended": async (visit) => {
    await hold(visit);
    await visit.send("form[action$='/extension'] button");
  },
  "hold-last-minute": async (visit) => {
    // The page's clocks are put forward, and stand still there.
    await visit.page.addInitScript(() => {
      const [watch, { now }] = [performance.now.bind(performance), Date];
      performance.now = () => globalThis.stoppedAt ?? watch();
      Date.now = () => (globalThis.stoppedAt === undefined ? now() : performance.timeOrigin + globalThis.stoppedAt);
    });
    await hold(visit);
    const timer = visit.page.getByRole("timer");
    await timer.evaluate((element) => {
      const left = Number(element.dataset.countdown) - Date.now();
      globalThis.stoppedAt = performance.now() + left - 42_000;
    });
    await visit.page.locator(".timer.urgent #warning:not(:empty)").waitFor();
  },
  "hold-declined": async (visit) => {
    await hold(visit);
    await pay(visit, "4000 0000 0000 0002");
    await visit.page.locator(".notice").waitFor();
  },
  "hold-wrong-card": async (visit) => {
    await hold(visit);
    await pay(visit, "1234 5678 9012 3456");
    await visit.page.locator(".notice").waitFor();
  },
  paying: async (visit) => {
    await hold(visit);
    await pay(visit, "4000 0000 0000 0119");
    await visit.page.locator(".spinner").waitFor();
  },
  expired: reservation("expired"),
  refunded: reservation("refunded"),
  returned: reservation("returned"),

  tickets: reservation("tickets"),
  "tickets-standing": reservation("standing"),
  "tickets-used": reservation("used"),
  "tickets-unsure": async (visit) => {
    await visit.go(`/reservations/${visit.known.tickets}`);
    await visit.page.locator("details.danger summary").click();
  },
  "tickets-kept": async (visit) => {
    const kept = await bought(visit.house, visit.known.hall, { quantity: 2, seatType: "R" });
    await visit.go(`/reservations/${kept}`);
    await visit.house.api("POST", `/tickets/${await ticketOf(visit.house, kept)}/check-in`);
    await visit.page.locator("details.danger summary").click();
    await visit.send("form[action$='/cancellation'] button");
    await visit.page.locator(".notice").waitFor();
  },
  find: at(() => "/tickets"),
  "find-missing": at(() => "/tickets?code=0123A-BCDEF&user=nobody"),
};
