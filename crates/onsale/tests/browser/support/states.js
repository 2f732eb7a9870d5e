// Every state of every page, and how somebody comes to see it: one list for whoever judges pages or
// takes pictures of them.

import { visitor } from "./browser.js";
import { BUYER_STATES } from "./buyer-states.js";
import { keepWatch } from "./checks.js";
import { DESK_STATES } from "./desk-states.js";
import { ADMIN_TOKEN, openHouse } from "./house.js";
import { stock } from "./stock.js";
import { TROUBLE_STATES, openTroubled } from "./trouble-states.js";

/** A state's name, and what a visitor does to see it. */
export const STATES = Object.entries({ ...BUYER_STATES, ...TROUBLE_STATES, ...DESK_STATES });

/** Opens the houses that the states are in. */
export async function openStates(browser) {
  // A charge that is not answered stays so: what is judged must not change meanwhile.
  const [house, troubled] = await Promise.all([openHouse({ ONSALE_SANDBOX_SETTLE_MS: "3600000" }), openTroubled()]);
  const known = await stock(house);
  const session = await signedIn(house);
  return {
    house,
    known,
    /** Shows a state in this language to somebody new. */
    async show(reach, options) {
      const context = await visitor(browser, options);
      const visit = new Visit(context, await context.newPage(), { house, troubled, known, session });
      await visit.keepStill();
      await reach(visit);
      return visit;
    },
    async close() {
      await Promise.all([house, ...Object.values(troubled)].map((each) => each.close()));
    },
  };
}

/** What an organizer's browser keeps. */
async function signedIn(house) {
  const body = new URLSearchParams({ token: ADMIN_TOKEN });
  const answer = await fetch(`${house.url}/admin/login`, { method: "POST", redirect: "manual", body });
  const [name, value] = answer.headers.get("set-cookie").split(";")[0].split("=");
  return { name, value };
}

class Visit {
  constructor(context, page, { house, troubled, known, session }) {
    Object.assign(this, { context, page, house, troubled, known, session });
    this.aside = troubled.aside;
    this.isClean = keepWatch(page, ...[house, ...Object.values(troubled)].map(({ url }) => url));
    page.on("response", (response) => {
      const isPage = response.request().isNavigationRequest() && response.frame() === page.mainFrame();
      if (isPage) this.answer = response;
    });
  }

  /**
   * Keeps pages that ask again by themselves from doing so: a page that leaves cannot be judged.
   * What they ask with is still there; only the browser does not act on it.
   */
  async keepStill() {
    await this.page.addInitScript(() => {
      HTMLFormElement.prototype.submit = () => undefined;
    });
    const screen = await this.context.newCDPSession(this.page);
    screen.on("Fetch.requestPaused", ({ requestId, responseStatusCode, responseHeaders }) => {
      const kept = responseHeaders?.filter(({ name }) => name.toLowerCase() !== "refresh");
      // A page that was closed meanwhile needs no answer.
      screen.send("Fetch.continueResponse", { requestId, responseCode: responseStatusCode, responseHeaders: kept }).catch(() => undefined);
    });
    await screen.send("Fetch.enable", { patterns: [{ resourceType: "Document", requestStage: "Response" }] });
  }

  /** Comes as an organizer who has signed in. */
  async sitDown() {
    await this.context.addCookies([{ ...this.session, url: this.house.url }]);
  }

  /** Opens a page, and waits until it tells what it has to. */
  async go(path, house = this.house) {
    await this.page.goto(house.url + path);
    await this.settle();
  }

  /** Presses a button that leads to another page. */
  async send(selector) {
    await Promise.all([this.page.waitForNavigation(), this.page.locator(selector).click()]);
    await this.settle();
  }

  /** Waits until a page that is live says so. */
  async settle() {
    const live = this.page.locator("[data-live]");
    if (!this.looksAway && (await live.count()) > 0) await live.and(this.page.locator(":not([hidden])")).waitFor();
  }

  /** Looks at something else: what happens meanwhile the page does not tell. */
  async lookAway() {
    this.looksAway = true;
    await this.page.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: true, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await this.page.locator("[data-live][hidden]").waitFor({ state: "attached" });
  }

  /** The page's HTML as the server sent it. */
  async html() {
    return this.answer.text();
  }
}
