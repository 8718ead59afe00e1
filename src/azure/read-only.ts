/**
 * A client that lets nothing out but what reads: who looks with it can't change anything, whatever else is wrong. GET and HEAD are safe by
 * RFC 9110 section 9.2.1; beside them a token may be asked for, by host and whole path, which has no reading form.
 */
import { createDefaultHttpClient, type HttpClient, type PipelineRequest } from "@azure/core-rest-pipeline";
import { currentCloud } from "../domain/clouds.ts";
import { InvariantError } from "../domain/errors.ts";

/** A token, of either version of the endpoint (Microsoft Learn, "OAuth 2.0 client credentials flow"). */
const TOKEN = /^\/[\w.-]+\/oauth2\/(v2\.0\/)?token$/i;

/** By which a server may be told to take it for another method. */
const OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"];

function whyRefused({ method, url, headers }: PipelineRequest): string | undefined {
  const { origin, pathname } = new URL(url);
  const override = OVERRIDES.find((name) => headers.has(name));
  if (override !== undefined) return `it bears ${override}`;
  if (method === "GET" || method === "HEAD") return undefined;
  const isReading = method === "POST" && origin === currentCloud().login && TOKEN.test(pathname);
  return isReading ? undefined : `${method} may change something`;
}

export function readOnly(client: HttpClient = createDefaultHttpClient()): HttpClient {
  return {
    async sendRequest(request) {
      const why = whyRefused(request);
      if (why !== undefined) throw new InvariantError(`${request.method} ${request.url} is not sent, for this only reads: ${why}`);
      return client.sendRequest(request);
    },
  };
}
