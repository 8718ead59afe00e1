/** A request and an answer as the local host's own endpoints see them. */
export type HostRequest = {
  method: string;
  /** With the query, as sent. */
  url: URL;
  headers: Record<string, string>;
  body: Buffer;
};

export type HostResponse = { status: number; headers: Record<string, string | string[]>; body: string | Uint8Array };

export function answer(status: number, headers: Record<string, string> = {}): HostResponse {
  return { status, headers, body: "" };
}

export function answerJson(status: number, body: unknown, headers: Record<string, string> = {}): HostResponse {
  return { status, headers: { "content-type": "application/json; charset=utf-8", ...headers }, body: JSON.stringify(body) };
}

export function answerText(status: number, body: string): HostResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}
