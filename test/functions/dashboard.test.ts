import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { HttpRequest, type HttpResponseInit, type InvocationContext } from "@azure/functions";
import { afterEach, describe, expect, test } from "vitest";
import { createDashboard } from "../../src/functions/dashboard.ts";

const LOGIN = "https://login.microsoftonline.com";
const FILES: Record<string, string> = { "index.html": "<!doctype html>", "app.js": "start()", "app.css": "body{}", "icon.svg": "<svg/>" };

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function aDashboard(files = FILES) {
  const folder = mkdtempSync(join(tmpdir(), "keymend-dashboard-"));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const { handler } = createDashboard({ clientId: "c1", tenantId: "t1", loginHost: LOGIN, folder: pathToFileURL(`${folder}/`) });
  const serve = async (request: HttpRequest) => {
    const { status = 200, headers, body } = (await handler(request, {} as InvocationContext)) as HttpResponseInit;
    return { status, headers: headers as Record<string, string>, body: body as Uint8Array | undefined };
  };
  const get = (path: string, headers: Record<string, string> = {}) => {
    const params: Record<string, string> = path === "" ? {} : { path };
    return serve(new HttpRequest({ method: "GET", url: `https://keymend.example/api/dashboard/${path}`, headers, params }));
  };
  return { serve, get, folder };
}

const textOf = (body: Uint8Array | undefined): string => Buffer.from(body ?? []).toString();

describe("the dashboard's files", () => {
  test.each([
    ["", "index.html", "text/html; charset=utf-8"],
    ["app.js", "app.js", "text/javascript; charset=utf-8"],
    ["app.css", "app.css", "text/css; charset=utf-8"],
    ["icon.svg", "icon.svg", "image/svg+xml"],
  ])("'%s' is %s", async (path, name, type) => {
    const { status, headers, body } = await aDashboard().get(path);
    expect({ status, type: headers["content-type"], body: textOf(body) }).toEqual({ status: 200, type, body: FILES[name] });
  });

  test("tell what to sign in to", async () => {
    const { body } = await aDashboard().get("config.json");
    expect(JSON.parse(textOf(body))).toEqual({ clientId: "c1", tenantId: "t1", loginHost: LOGIN });
  });

  test.each(["main.mjs", "../main.mjs", "constructor", "app.js/"])("%s is none of them", async (path) => {
    const { get, folder } = aDashboard();
    writeFileSync(join(folder, "main.mjs"), "not for browsers");
    await expect(get(path)).resolves.toMatchObject({ status: 404 });
  });

  test("are packed for whoever takes that", async () => {
    const { headers, body } = await aDashboard().get("app.js", { "accept-encoding": "br, gzip" });
    expect(headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
    expect(gunzipSync(body!).toString()).toBe("start()");
  });

  test("are read once, and sent once to whoever has them", async () => {
    const { get, folder } = aDashboard();
    const { headers } = await get("app.js");
    rmSync(join(folder, "app.js"));
    await expect(get("app.js", { "if-none-match": headers["etag"]! })).resolves.toMatchObject({ status: 304, body: undefined });
    await expect(get("app.js")).resolves.toMatchObject({ status: 200 });
  });

  test("that can't be read just now are tried again", async () => {
    const { get, folder } = aDashboard({});
    await expect(get("app.js")).rejects.toThrow("ENOENT");
    writeFileSync(join(folder, "app.js"), "later()");
    expect(textOf((await get("app.js")).body)).toBe("later()");
  });

  test("are in a folder", async () => {
    const { serve } = aDashboard();
    const there = await serve(new HttpRequest({ method: "GET", url: "https://keymend.example/api/dashboard" }));
    expect(there).toMatchObject({ status: 308, headers: { location: "/api/dashboard/" } });
  });
});

test.each(["", "app.js", "config.json", "nothing"])(
  "with '%s' comes that nothing of a third host may be run, shown or asked",
  async (path) => {
    const { headers } = await aDashboard().get(path);
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' https://login.microsoftonline.com; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY" });
  },
);
