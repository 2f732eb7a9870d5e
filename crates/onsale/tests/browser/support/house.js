// Starts the real server privately: on a free port, with its data in a folder of its own.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** The server and its commands. */
export const BINARY = process.env.TEST_BINARY ?? new URL("../../../../../target/debug/onsale", import.meta.url).pathname;

/** What an organizer of a house shows. */
export const ADMIN_TOKEN = "browser-test-token";

/** Opens a house; `settings` are environment variables of the server. */
export async function openHouse(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "onsale-browser-"));
  const server = spawn(BINARY, ["serve", "--listen", "127.0.0.1:0", "--database-url", `sqlite:${join(folder, "onsale.db")}`], {
    cwd: folder,
    env: { ...process.env, ONSALE_LOG_FILTER: "warn", ONSALE_ADMIN_TOKEN: ADMIN_TOKEN, ...settings },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  const lines = createInterface({ input: server.stdout });
  const url = await new Promise((resolve, reject) => {
    lines.once("line", (line) => resolve(line.replace("listening on ", "").trim()));
    ended.then(() => reject(new Error("the server ended before it listened")));
  });
  return new House(url, async () => {
    server.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  }, folder);
}

class House {
  constructor(url, close, folder) {
    this.url = url;
    this.close = close;
    this.folder = folder;
  }

  /** Keeps the database from being written to, as a disk that hangs does; gives what lets go of it. */
  async lockDatabase() {
    const holds = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read()";
    const holder = spawn("python3", ["-c", holds, join(this.folder, "onsale.db")], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = new Promise((resolve) => holder.once("exit", resolve));
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    return () => {
      holder.stdin.end();
      return ended;
    };
  }

  /** What became of each payment of an event, as the books have it. */
  async payments(eventId) {
    const rows = await this.sql("SELECT state FROM payments WHERE event_id = ?", eventId);
    return rows.map(([state]) => state);
  }

  /** Does something to the database behind the server's back; gives the rows. */
  async sql(statement, ...values) {
    const does = "import json, sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(json.dumps(c.execute(sys.argv[2], sys.argv[3:]).fetchall())); c.commit()";
    const { stdout } = await promisify(execFile)("python3", ["-c", does, join(this.folder, "onsale.db"), statement, ...values.map(String)]);
    return JSON.parse(stdout);
  }

  /** When the last reservation of an event was decided, in milliseconds, as the ledger has it: a moment before its commit. */
  async lastSale(eventId) {
    const { content } = await this.api("GET", `/reservations?eventId=${eventId}&size=100`);
    return Math.max(...content.map(({ reservedAt }) => Date.parse(reservedAt)));
  }

  /** Asks the API; fails on any answer that is not a success. */
  async api(method, path, body) {
    const answer = await fetch(`${this.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  /** The server's metrics, as text. */
  async metrics() {
    const answer = await fetch(`${this.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
    return answer.text();
  }

  /** Puts an event on sale; gives it. */
  event(fields = {}) {
    return this.api("POST", "/events", {
      eventName: "Autumn Tour",
      description: "One night, two encores, and a band that has waited for it as long as you have.\n\nDoors open an hour before.",
      eventDate: "2031-10-04T19:00:00",
      venue: { name: "Seoul Olympic Stadium", address: "25 Olympic-ro, Songpa-gu, Seoul", capacity: 10000 },
      price: { vip: 150000, r: 100000, s: 70000 },
      totalSeats: 300,
      holdSeconds: 420,
      ...fields,
    });
  }

  /** Takes seats; gives the reservation. */
  reserve(eventId, fields = {}) {
    const seatType = fields.seats?.[0].split("-")[0];
    return this.api("POST", "/reservations", { eventId, userId: "somebody", quantity: 1, seatType, ...fields });
  }
}
