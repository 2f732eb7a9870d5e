// The state of an event while somebody looks at it: by a stream, and by asking where streams fail.

import { lookAgain } from "./clock.js";

const POLL_MILLIS = 4000;
const FAILURES_MAX = 3;

/**
 * Calls `told` with each state of the event, the whole one first and after each reconnect; and
 * `lost` with whether the connection is lost.
 *
 * While nobody sees the page it holds no stream: a browser opens six connections to a server, and who
 * has more tabs than that would wait for ever in the next.
 */
export function follow(eventId, told, lost) {
  let failures = 0;
  let stream;
  let polling = false;

  async function poll() {
    polling = true;
    try {
      const answer = document.hidden ? undefined : await fetch(`/api/events/${eventId}/seats`, { cache: "no-cache" });
      if (answer?.ok) {
        lost(false);
        told(await answer.json());
      } else if (answer?.status === 404) {
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

  function stop() {
    stream?.close();
    stream = undefined;
  }

  function listen() {
    if (stream || polling) return;
    const opened = new EventSource(`/api/events/${eventId}/stream`);
    stream = opened;
    opened.addEventListener("stock", (message) => {
      failures = 0;
      lost(false);
      told(JSON.parse(message.data));
    });
    opened.addEventListener("error", () => {
      lost(true);
      failures += 1;
      if (failures < FAILURES_MAX && opened.readyState !== EventSource.CLOSED) return;
      stop();
      if (!polling) poll();
    });
  }

  if (!("EventSource" in window)) {
    poll();
    return;
  }
  if (!document.hidden) listen();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      stop();
      lost(true);
    } else {
      listen();
    }
  });
  window.addEventListener("pagehide", stop);
  // A page that comes back from the browser's memory has lost its stream.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && !document.hidden) listen();
  });
}
