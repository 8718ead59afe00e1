/**
 * A plain way to the login host for a browser on this machine, which knows neither the proxy nor the sandbox's certificates. What it says
 * and sends is the login host's own.
 */
import { createServer } from "node:http";
import { answerWith, type Handle } from "./answer.ts";
import { close, listen } from "./loopback.ts";

export type LoginDoor = { url: string; close: () => Promise<void> };

export async function startLoginDoor(handle: Handle): Promise<LoginDoor> {
  const server = createServer(answerWith(handle, { host: () => "login.microsoftonline.com" }));
  return { url: await listen(server), close: () => close(server) };
}
