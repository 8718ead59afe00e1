/** Logs: one JSON line a thing, always with the vault and the incident it is about. Never a secret, a token or key material. */
import { createHash } from "node:crypto";
import { fit } from "./domain/bounded.ts";

export type Fields = Record<string, unknown>;

export type Log = {
  info: (event: string, fields: Fields) => void;
  warn: (event: string, fields: Fields) => void;
  error: (event: string, fields: Fields) => void;
};

type Sink = Pick<{ info: (line: string) => void; warn: (line: string) => void; error: (line: string) => void }, "info" | "warn" | "error">;

/** sink: an invocation's context, or the console. */
const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

/** Application Insights takes 32,768 characters of a message (Microsoft Learn, "Application Insights telemetry data model"). */
const LONGEST_LINE = 30_000;

export const createLog = (sink: Sink): Log => {
  const line = (event: string, fields: Fields): string => JSON.stringify(fit({ event, ...fields }, LONGEST_LINE, sha256));
  return {
    info: (event, fields) => sink.info(line(event, fields)),
    warn: (event, fields) => sink.warn(line(event, fields)),
    error: (event, fields) => sink.error(line(event, fields)),
  };
};
