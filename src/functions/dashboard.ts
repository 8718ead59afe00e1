/**
 * Serves the dashboard: a handful of files, to anybody, as what they show is asked for with the token of whoever signs in. Nothing in it
 * comes from a third host, and nothing it brings may be run but its own script.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import type { HttpFunctionOptions, HttpRequest, HttpResponseInit } from "@azure/functions";

export type DashboardDeps = {
  /** That was built, with a slash at its end. */
  folder: URL;
  /** null: nobody can sign in. */
  clientId: string | null;
  tenantId: string;
  /** https://host */
  loginHost: string;
};

const TYPES: Record<string, string> = {
  "index.html": "text/html; charset=utf-8",
  "app.js": "text/javascript; charset=utf-8",
  "app.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml",
  "config.json": "application/json; charset=utf-8",
};

/** OWASP, "HTTP Headers Cheat Sheet" and "Content Security Policy Cheat Sheet". */
const securityHeaders = (loginHost: string): Record<string, string> => ({
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${loginHost}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
});

type Served = { plain: Uint8Array; packed: Uint8Array; etag: string };

/** As the app registers it. */
export function createDashboard({ folder, clientId, tenantId, loginHost }: DashboardDeps): HttpFunctionOptions {
  const headers = securityHeaders(loginHost);
  const config = JSON.stringify({ clientId, tenantId, loginHost });
  const served = new Map<string, Promise<Served>>();

  async function load(name: string): Promise<Served> {
    const plain = name === "config.json" ? new TextEncoder().encode(config) : await readFile(new URL(name, folder));
    return { plain, packed: gzipSync(plain), etag: `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"` };
  }

  /** A file that can't be read just now may be there the next time. */
  function fileOf(name: string): Promise<Served> {
    const known = served.get(name);
    if (known) return known;
    const loading = load(name);
    served.set(name, loading);
    loading.catch(() => served.delete(name));
    return loading;
  }

  async function handler(request: HttpRequest): Promise<HttpResponseInit> {
    const { pathname } = new URL(request.url);
    // Its files are named relative to the folder.
    if (pathname.toLowerCase().endsWith("/dashboard")) return { status: 308, headers: { ...headers, location: "/api/dashboard/" } };
    const name = request.params["path"] ?? "index.html";
    const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
    if (type === undefined) return { status: 404, headers: { ...headers, "content-type": "text/plain" }, body: "There is no such file.\n" };
    const { plain, packed, etag } = await fileOf(name);
    const all = { ...headers, etag, "content-type": type, "cache-control": "no-cache", vary: "accept-encoding" };
    if (request.headers.get("if-none-match") === etag) return { status: 304, headers: all };
    if (!/\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")) return { headers: all, body: plain };
    return { headers: { ...all, "content-encoding": "gzip" }, body: packed };
  }

  return { methods: ["GET"], authLevel: "anonymous", route: "dashboard/{*path}", handler };
}
