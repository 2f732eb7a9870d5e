// What organizers see: the desk, an event's form, its sale, reservations, the door.

import { bought, ticketOf } from "./stock.js";

/** The state of a page of the desk that needs nothing but to be opened. */
const at = (path) => async (visit) => {
  await visit.sitDown();
  await visit.go(path(visit.known));
};

/** The form of a new event, filled in. */
async function draft(visit) {
  const { page } = visit;
  await visit.sitDown();
  await visit.go("/admin/new");
  for (const [name, text] of Object.entries({ name: "Opening Night", description: "The first of many.", date: "2031-05-01T19:30:00", venue: "Blue Square", limit: "4", hold: "7" })) {
    await page.locator(`#${name}`).fill(text);
  }
  await page.locator("[data-add-grade]").click();
  for (const [row, fields] of [["VIP", "120000", "3", "16"], ["R", "80000", "6", "20"]].entries()) {
    const grade = page.locator(".graderow").nth(row);
    await grade.locator("[name=seating]").selectOption("ASSIGNED");
    for (const [at, name] of ["grade", "price", "rows", "places"].entries()) await grade.locator(`[name=${name}]`).fill(fields[at]);
  }
  await page.locator("[data-hall]:not([hidden])").waitFor();
}

/** What the door says of a ticket. */
async function show(visit, eventId, code, verdict) {
  await visit.sitDown();
  await visit.go(`/admin/door?event=${eventId}`);
  await check(visit, code, verdict);
}

async function check(visit, code, verdict) {
  await visit.page.locator("#code").fill(code);
  await visit.send("form.panel button");
  await visit.page.locator(`.verdict.${verdict}`).waitFor();
}

/** A ticket that lets somebody in. */
async function ticket(visit, eventId = visit.known.plenty) {
  const reservationId = await bought(visit.house, eventId, { seatType: "R", quantity: 1 });
  return { reservationId, code: await ticketOf(visit.house, reservationId) };
}

/** What an organizer sees of a sale of which something has been sold. */
async function sale(visit) {
  await visit.sitDown();
  await visit.go(`/admin/events/${visit.known.hall}`);
  await visit.page.locator("[data-chart] path.line").waitFor({ state: "attached" });
}

export const DESK_STATES = {
  login: (visit) => visit.go("/admin/login"),
  "login-wrong": async (visit) => {
    await visit.go("/admin/login");
    await visit.page.locator("#token").fill("guess");
    await visit.send("form.panel button");
    await visit.page.locator(".notice").waitFor();
  },

  desk: at(() => "/admin"),
  "desk-none": at(() => "/admin?q=nothing-like-it"),
  "desk-new": at(() => "/admin/new"),
  "desk-preview": (visit) => draft(visit),
  "desk-faults": async (visit) => {
    await draft(visit);
    await visit.page.locator(".graderow [name=price]").last().fill("many");
    await visit.page.locator("#hold").fill("soon");
    await visit.page.locator("#zone").fill("Asia/Soul");
    await visit.send("form.editor > button");
    await visit.page.locator(".fault").first().waitFor();
  },
  "desk-edit": at((known) => `/admin/events/${known.hall}/edit`),
  "desk-copy": at((known) => `/admin/events/${known.hall}/copy`),
  "desk-changed": async (visit) => {
    const { eventId } = await visit.aside.event({ eventName: "First Draft", price: { r: 50000 }, totalSeats: 40 });
    await visit.sitDown();
    await visit.go(`/admin/events/${eventId}/edit`, visit.aside);
    await visit.aside.api("PUT", `/events/${eventId}`, { eventName: "Final Version" });
    await visit.page.locator("#name").fill("Third Thoughts");
    await visit.send("form.editor > button");
    await visit.page.locator(".notice").waitFor();
  },

  "desk-sale": (visit) => sale(visit),
  "desk-sale-soon": at((known) => `/admin/events/${known.soon}`),
  "desk-sale-over": at((known) => `/admin/events/${known.over}`),
  "desk-sale-cancelled": at((known) => `/admin/events/${known.cancelled}`),
  "desk-call-off": async (visit) => {
    await sale(visit);
    await visit.page.locator("details.danger summary").click();
  },
  "desk-call-off-unsure": async (visit) => {
    await sale(visit);
    await visit.page.locator("details.danger summary").click();
    await visit.page.locator("#name").fill("String");
    await visit.send("details.danger button");
    await visit.page.locator("details.danger .fault").waitFor();
  },

  reservations: at(() => "/admin/reservations"),
  "reservations-found": at((known) => `/admin/reservations?event=${known.hall}&status=CONFIRMED`),
  "reservations-none": at(() => "/admin/reservations?user=nobody"),
  "reservations-faults": at(() => "/admin/reservations?event=first&user=Mina+%26+Jun&code=0123"),

  door: at(() => "/admin/door"),
  "door-event": at((known) => `/admin/door?event=${known.hall}`),
  "door-any": at(() => "/admin/door?any=yes"),
  "door-no-event": at(() => "/admin/door?event=999999"),
  "door-no-number": at(() => "/admin/door?event=first"),
  "door-yes": async (visit) => {
    const { code } = await ticket(visit);
    await show(visit, visit.known.plenty, code, "yes");
  },
  "door-undone": async (visit) => {
    const { code } = await ticket(visit);
    await show(visit, visit.known.plenty, code, "yes");
    await visit.send(".verdict button");
    await visit.page.locator(".verdict.undone").waitFor();
  },
  "door-used": async (visit) => {
    const { code } = await ticket(visit);
    await visit.house.api("POST", `/tickets/${code}/check-in`);
    await show(visit, visit.known.plenty, code, "used");
  },
  "door-cancelled": async (visit) => {
    const { reservationId, code } = await ticket(visit);
    await visit.house.api("DELETE", `/reservations/${reservationId}`);
    await show(visit, visit.known.plenty, code, "no");
  },
  "door-other": async (visit) => {
    const { code } = await ticket(visit, visit.known.open);
    await show(visit, visit.known.plenty, code, "no");
  },
  "door-unknown": (visit) => show(visit, visit.known.plenty, "NONSENSE-1", "no"),
  "door-unchecked": async (visit) => {
    const { code } = await ticket(visit);
    await visit.sitDown();
    await visit.go("/admin/door");
    await check(visit, code, "no");
  },
};
