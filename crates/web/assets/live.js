// The state of an event while somebody looks at it: by a stream, and by asking where streams fail.

import { lookAgain } from "./clock.js";

const POLL_MILLIS = 4000;
const RETRY_MILLIS = 30_000;
const FAILURES_MAX = 3;

/** So many milliseconds, or up to half as many more: a crowd comes back one by one. */
const about = (millis) => millis + (Math.random() * millis) / 2;

/**
 * Calls `told` with each state of the event, the whole one first and after each reconnect; and
 * `lost` with whether the connection is lost.
 *
 * While nobody sees the page it holds no stream: a browser opens six connections to a server, and who
 * has more tabs than that would wait for ever in the next.
 */
export function follow(eventId, told, lost) {
  const streams = "EventSource" in window;
  let failures = 0;
  let stream;
  let polling = false;
  let round = 0;
  let retryAt = 0;

  // Until a stream has told something it is still asked: some that can be opened tell nothing.
  async function poll(mine) {
    try {
      const answer = document.hidden ? undefined : await fetch(`/api/events/${eventId}/seats`, { cache: "no-cache" });
      if (mine !== round) return;
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
    if (mine !== round) return;
    if (streams && !document.hidden && Date.now() >= retryAt) listen();
    setTimeout(() => mine === round && poll(mine), about(POLL_MILLIS));
  }

  function ask() {
    retryAt = Date.now() + about(RETRY_MILLIS);
    if (polling) return;
    polling = true;
    round += 1;
    poll(round);
  }

  function stop() {
    stream?.close();
    stream = undefined;
  }

  function listen() {
    if (stream) return;
    const opened = new EventSource(`/api/events/${eventId}/stream`);
    stream = opened;
    opened.addEventListener("stock", (message) => {
      failures = 0;
      if (polling) round += 1;
      polling = false;
      lost(false);
      told(JSON.parse(message.data));
    });
    opened.addEventListener("error", () => {
      if (!polling) lost(true);
      failures += 1;
      if (failures < FAILURES_MAX && opened.readyState !== EventSource.CLOSED) return;
      stop();
      ask();
    });
  }

  function look() {
    if (!polling) listen();
  }

  if (!streams) {
    ask();
    return;
  }
  if (!document.hidden) listen();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      stop();
      lost(true);
    } else {
      look();
    }
  });
  window.addEventListener("pagehide", stop);
  // A page that comes back from the browser's memory has lost its stream.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && !document.hidden) look();
  });
}
