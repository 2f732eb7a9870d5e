// A line to a server that can be made to break: requests arrive, and their answers do not. It can also
// fall silent, and then answers to forms never come; or be cut, and then nothing comes through.

import { connect, createServer } from "node:net";

/** Opens a line to this address. */
export async function openLine(url) {
  const { hostname, port } = new URL(url);
  const line = { url: "", broken: 0, breaks: false, withheld: 0, isSilent: false, isCut: false };
  const sockets = new Set();
  const server = createServer((client) => {
    if (line.isCut) {
      client.resetAndDestroy();
      return;
    }
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
      } else if (line.isSilent && sends) {
        line.withheld += 1;
      } else {
        client.write(chunk);
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  line.url = `http://127.0.0.1:${server.address().port}`;
  line.cut = () => {
    line.isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  line.mend = () => {
    line.isCut = false;
  };
  line.close = () => {
    line.cut();
    server.close();
  };
  return line;
}
