// The state of an event while somebody looks at it: by a stream, and by asking where streams fail.

import { lookAgain } from "./clock.js";

const POLL_MILLIS = 4000;
const FAILURES_MAX = 3;

/**
 * Calls `told` with each state of the event, the whole one first and after each reconnect; and
 * `lost` with whether the connection is lost.
 */
export function follow(eventId, told, lost) {
  let failures = 0;
  let polling = false;

  async function poll() {
    polling = true;
    try {
      const answer = await fetch(`/api/events/${eventId}/seats`, { cache: "no-cache" });
      if (answer.ok) {
        lost(false);
        told(await answer.json());
      } else if (answer.status === 404) {
        lookAgain();
        return;
      } else {
        lost(true);
      }
    } catch {
      lost(true);
    }
    setTimeout(poll, POLL_MILLIS + Math.random() * POLL_MILLIS / 2);
  }

  function listen() {
    const stream = new EventSource(`/api/events/${eventId}/stream`);
    stream.addEventListener("stock", (message) => {
      failures = 0;
      lost(false);
      told(JSON.parse(message.data));
    });
    stream.addEventListener("error", () => {
      lost(true);
      failures += 1;
      if (failures < FAILURES_MAX && stream.readyState !== EventSource.CLOSED) return;
      stream.close();
      if (!polling) poll();
    });
    window.addEventListener("pagehide", () => stream.close(), { once: true });
  }

  if ("EventSource" in window) listen();
  else poll();
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && !polling) listen();
  });
}
