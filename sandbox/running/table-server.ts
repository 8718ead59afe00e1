/**
 * Child process: Azurite's table service, in memory, on the listening socket that its parent hands over. It lives as long as
 * the parent's channel does, in a process group of its own, and then takes the sandbox's folder with it: also when all else was killed.
 */
import { createRequire } from "node:module";
import { Server, type Socket } from "node:net";
import { removeFolder } from "./temporary.ts";

/** Azurite ships no types for its inside; its command line can take neither a free port nor a socket, so the server is built here. */
type TableServer = { start(): Promise<void>; httpServer: { emit(event: "connection", socket: Socket): boolean } };
type Settings = (string | number | boolean | undefined)[];

const require = createRequire(import.meta.url);
const service: { default: new (settings: object) => TableServer } = require("azurite/dist/src/table/TableServer.js");
const configuration: { default: new (...all: Settings) => object } = require("azurite/dist/src/table/TableConfiguration.js");

// host, port, keep-alive in seconds, file (unused in memory), debug log, access log, its stream and path, loose, skip the
// API version check, certificate, key, password, OAuth, no product-style URLs, in memory.
const server = new service.default(
  new configuration.default(
    "127.0.0.1",
    0,
    5,
    "unused",
    false,
    false,
    undefined,
    undefined,
    false,
    true,
    "",
    "",
    "",
    undefined,
    false,
    true,
  ),
);

function cleanUp(): void {
  const folder = process.env["SANDBOX_FOLDER"];
  if (folder) removeFolder(folder);
  process.exit(0);
}

process.once("disconnect", cleanUp);
// The parent may be gone already, before this could listen.
if (!process.connected) cleanUp();
// Ctrl-C is for the parent, which closes the channel when it is done.
process.on("SIGINT", () => {});

const started = server.start();
process.on("message", (_message, listening) => {
  void (async () => {
    await started;
    if (listening instanceof Server) listening.on("connection", (socket) => server.httpServer.emit("connection", socket));
    process.send?.("ready");
  })();
});
