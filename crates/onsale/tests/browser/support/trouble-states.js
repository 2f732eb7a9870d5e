// What is seen where something is in the way: nothing there, too many at once, an outcome that nobody knows.

import { openHouse } from "./house.js";

/** How often a visitor comes at the most until she is too many. */
const TURNS_MAX = 100;

/** Houses beside the one where everything is as it should be. */
export async function openTroubled() {
  const [crowded, sold, slow, spoilt, torn, many, aside] = await Promise.all([
    // A request a second for who comes from elsewhere.
    openHouse({ ONSALE_FORWARDED_HOPS: "1", ONSALE_CLIENT_REQUESTS_PER_SEC: "1", ONSALE_CLIENT_BURST_REQUESTS: "1" }),
    // A reservation a second.
    openHouse({ ONSALE_NODE_RESERVATIONS_PER_SEC: "1", ONSALE_NODE_BURST_RESERVATIONS: "1" }),
    openHouse({ ONSALE_REQUEST_DEADLINE_MS: "300" }),
    // What is wrong with their databases they say in their logs; here that is no news.
    openHouse({ ONSALE_LOG_FILTER: "off" }),
    openHouse({ ONSALE_LOG_FILTER: "off" }),
    openHouse(),
    // Nothing is in the way here: events that only one state is about would be in every list.
    openHouse(),
  ]);
  for (let night = 1; night <= 30; night += 1) await many.event({ eventName: `Hamlet, night ${night}`, eventDate: `2031-06-${String(night).padStart(2, "0")}T19:30:00` });
  await torn.sql("ALTER TABLE reservations RENAME TO mislaid");
  return { crowded, sold, slow, spoilt, torn, many, aside };
}

const SEND = "#reserve button[type=submit]";

let visitors = 0;

/** Comes from an address of her own. */
function newAddress() {
  visitors += 1;
  return `203.0.113.${visitors}`;
}

/** Does something again and again until it itself is answered with this status. */
async function untilAnswered(visit, method, status, act) {
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    visit.isClean.forget();
    await act();
    if (visit.answer.status() === status && visit.answer.request().method() === method) return;
  }
  throw new Error(`never ${status}: ${visit.page.url()}`);
}

/** Fills the form of an event's page in. */
async function fillIn({ page }) {
  await page.locator("input[name=seatType]").first().check();
  await page.locator("#user").fill("mina@example.com");
}

export const TROUBLE_STATES = {
  "events-page": (visit) => visit.go("/?page=2", visit.troubled.many),
  "desk-page": async (visit) => {
    await visit.sitDown();
    await visit.go("/admin?page=2", visit.troubled.many);
  },

  "not-found": (visit) => visit.go("/nowhere"),
  "no-event": (visit) => visit.go("/events/999999"),
  foreign: async (visit) => {
    const { reservationId } = await visit.house.reserve(visit.known.plenty, { seatType: "S" });
    await visit.page.setContent(`<form method="post" action="${visit.house.url}/reservations/${reservationId}/cancellation"><button>Win a prize</button></form>`);
    await visit.send("button");
  },
  "too-large": async (visit) => {
    await visit.go(`/events/${visit.known.open}`);
    await fillIn(visit);
    await visit.page.locator("#reserve").evaluate((form) => {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "more", value: "x".repeat(70_000) }));
    });
    await visit.send(SEND);
  },
  error: async (visit) => {
    const { spoilt } = visit.troubled;
    const { eventId } = await spoilt.event();
    const { reservationId } = await spoilt.reserve(eventId, { seatType: "R" });
    await spoilt.sql("UPDATE reservations SET expires_at = NULL WHERE event_id = ?", eventId);
    await visit.go(`/reservations/${reservationId}`, spoilt);
  },
  down: (visit) => visit.go("/reservations/00000000-0000-7000-8000-000000000000", visit.troubled.torn),

  busy: async (visit) => {
    const { crowded } = visit.troubled;
    const address = newAddress();
    await visit.page.setExtraHTTPHeaders({ "x-forwarded-for": address });
    await untilAnswered(visit, "GET", 429, async () => {
      await fetch(`${crowded.url}/tickets`, { headers: { "x-forwarded-for": address } });
      await visit.page.goto(crowded.url);
    });
  },
  "busy-form": async (visit) => {
    const { crowded } = visit.troubled;
    const { eventId } = await crowded.event();
    const address = newAddress();
    await untilAnswered(visit, "POST", 429, async () => {
      // The page itself is seen from an address of this machine, which is never too many.
      await visit.page.setExtraHTTPHeaders({});
      await visit.page.goto(`${crowded.url}/events/${eventId}`);
      await fillIn(visit);
      await visit.page.setExtraHTTPHeaders({ "x-forwarded-for": address });
      await fetch(`${crowded.url}/tickets`, { headers: { "x-forwarded-for": address } });
      await visit.send(SEND);
    });
  },
  "again-busy": async (visit) => {
    const { sold } = visit.troubled;
    const { eventId } = await sold.event();
    await untilAnswered(visit, "POST", 503, async () => {
      await visit.page.goto(`${sold.url}/events/${eventId}`);
      await fillIn(visit);
      // Somebody else's is the one of this second.
      await sold.reserve(eventId, { seatType: "R" }).catch(() => undefined);
      await visit.send(SEND);
    });
  },
  "again-unknown": async (visit) => {
    const { slow } = visit.troubled;
    const { eventId } = await slow.event();
    await visit.page.goto(`${slow.url}/events/${eventId}`);
    await fillIn(visit);
    const release = await slow.lockDatabase();
    try {
      await visit.send(SEND);
      await visit.page.locator("form[data-again]").waitFor();
    } finally {
      await release();
    }
  },
};
