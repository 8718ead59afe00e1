/** Reads what a client sends, to the end. */
import type { IncomingMessage } from "node:http";

export async function readText(request: IncomingMessage): Promise<string> {
  request.setEncoding("utf8");
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
