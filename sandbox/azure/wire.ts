/** Requests and answers as they cross the network, whoever answers. */
import type { Json } from "./world.ts";

export type AzureRequest = {
  method: string;
  /** https://host/path?query */
  url: URL;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
  /** Who sent it, where it says so to the proxy. */
  client?: string | undefined;
};

export type AzureReply = { status: number; headers: Record<string, string>; body: string };

/** No answer at all: the connection breaks, or nothing ever comes. */
export type AzureFault = { fault: "reset" | "timeout" };

export function bearerOf(request: AzureRequest): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(request.headers["authorization"] ?? "")?.[1];
}

export function jsonReply(status: number, body: unknown, headers: Record<string, string> = {}): AzureReply {
  return { status, headers: { "content-type": "application/json; charset=utf-8", ...headers }, body: JSON.stringify(body) };
}

/** undefined for an empty body; what is not JSON is refused in the host's own way. */
export function parseBody(text: string, refuse: (problem: string) => Error): Json | undefined {
  if (text.trim() === "") return undefined;
  try {
    const parsed: Json = JSON.parse(text);
    return parsed;
  } catch (error) {
    throw refuse(messageOf(error));
  }
}

/** For the record: as sent, a text where it is not JSON, null where nothing was sent. */
export function recordedBody(text: string): Json {
  try {
    return parseBody(text, (problem) => new SyntaxError(problem)) ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
