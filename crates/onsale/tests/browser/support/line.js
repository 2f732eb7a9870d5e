// A line to a server that can be made to break: requests arrive, and their answers do not.

import { connect, createServer } from "node:net";

/** Opens a line to this address. */
export async function openLine(url) {
  const { hostname, port } = new URL(url);
  const line = { url: "", broken: 0, breaks: false, close: undefined };
  const sockets = new Set();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let sends = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (chunk) => {
      sends = chunk.subarray(0, 5).toString() === "POST ";
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (line.breaks && sends) {
        line.broken += 1;
        client.resetAndDestroy();
      } else {
        client.write(chunk);
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  line.url = `http://127.0.0.1:${server.address().port}`;
  line.close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return line;
}
