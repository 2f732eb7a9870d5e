// Forms that are sent once, however often their button is pressed, and sent again when asked to.

/** Keeps a form from being sent while it is on its way. Its key makes a second time harmless anyway. */
export function guardForms() {
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      const button = event.submitter;
      if (button) {
        form.dataset.label = button.textContent;
        button.textContent = form.dataset.once;
        button.setAttribute("aria-disabled", "true");
      }
    });
  }
  // Who comes back by the back button finds the form as it was.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      const button = form.querySelector("[aria-disabled]");
      if (button) {
        button.textContent = form.dataset.label;
        button.removeAttribute("aria-disabled");
      }
    }
  });
}

const SENT = "sent";

/** The form that takes seats as it was sent last in this tab: the page's address, its key, its seats. */
function lastSent() {
  try {
    return JSON.parse(sessionStorage.getItem(SENT) ?? "{}");
  } catch {
    // A browser that keeps nothing has a new key after a reload.
    return {};
  }
}

/**
 * Gives the form that takes seats its key back where its answer was never seen: who reloads the page while it
 * is on its way, and sends the form again, reserves once. A page that answers it has a form of its own, and
 * every other page leads away.
 */
export function keepKey() {
  const form = document.getElementById("reserve");
  const { from, key } = lastSent();
  try {
    if (from !== location.pathname) sessionStorage.removeItem(SENT);
    else if (form && key !== form.dataset.answers) form.elements.key.value = key;
  } catch {
    // As above.
  }
  form?.addEventListener("submit", () => {
    const seats = new FormData(form).getAll("seats");
    try {
      sessionStorage.setItem(SENT, JSON.stringify({ from: location.pathname, key: form.elements.key.value, seats }));
    } catch {
      // As above.
    }
  });
}

/** The seats that were sent with the key that this form has: hers perhaps, if nobody has answered. */
export function sentSeats(form) {
  const { key, seats } = lastSent();
  return key && key === form.elements.key?.value ? (seats ?? []) : [];
}

/** Sends a form that could not be answered, after the time that the server gave it. */
export function sendAgain() {
  for (const form of document.querySelectorAll("form[data-again]")) {
    setTimeout(() => form.submit(), Number(form.dataset.again));
  }
}
