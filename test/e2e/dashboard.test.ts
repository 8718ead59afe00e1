/** The dashboard in a real browser, with the library that signs people in as it ships, against the whole app on the sandbox. */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, openBrowser, signInAs, violationsOn, type Visit, visit } from "../support/browser.ts";
import { type App, startApp } from "./app.ts";
import { removeGrant, removePolicy } from "./breaks.ts";

if (CHROMIUM === undefined) console.warn("SKIPPED: there is no chromium on this machine, so nobody looks at the dashboard");

const VIEWS = ["fleet", "incidents", "incidents/ORDERS", "operations", "runway", "proof", "proof/ORDERS", "numbers"];

const ROLES = ["reader", "operator", "approver"] as const;
type Role = (typeof ROLES)[number];

describe.skipIf(CHROMIUM === undefined)("the dashboard", () => {
  let app: App;
  let browser: Browser;
  let url: string;
  /** One for each role, in a window of its own. */
  const windows = {} as Record<Role, Visit>;
  /** Ids of incidents that wait, by the name of the patient: nobody decides on that of orders here. */
  const asked: Record<string, string> = {};

  const findAsked = async (): Promise<boolean> => {
    const { body } = await app.reader.app("GET", "/api/incidents?state=waiting");
    for (const { id, vaultId } of body["value"] as { id: string; vaultId: string }[]) asked[vaultId.split("/kv-")[1]!] = id;
    return ["orders", "payments", "catalog"].every((name) => asked[name] !== undefined);
  };

  beforeAll(async () => {
    [browser, app] = await Promise.all([openBrowser(), startApp({ mode: "approve" })]);
    url = app.sandbox.hostUrl;
    await Promise.all([
      removeGrant(app, app.patient("orders")),
      removePolicy(app, app.patient("payments")),
      removeGrant(app, app.patient("catalog")),
    ]);
    await app.until("three questions", findAsked);
    await app.sandbox.time.setSpeed(1);
    for (const role of ROLES) windows[role] = await signInAs(browser, url, role);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  const open = async (page: Page, view: string): Promise<void> => {
    const place = view.replace(/[A-Z]+$/, (name) => asked[name.toLowerCase()]!);
    await page.evaluate(`location.hash = "#/${place}"`);
    const label = view.split("/")[0]!;
    const title = [...place.split("/").slice(1), label[0]!.toUpperCase() + label.slice(1), "Keymend"].join(" · ");
    await expect.poll(() => page.title()).toBe(title);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByRole("status").filter({ hasText: "Asking Keymend" }).waitFor({ state: "detached" });
  };

  test("asks who is there before it shows anything", async () => {
    const { page, complaints } = await visit(browser, `${url}/api/dashboard`);
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    expect(await page.textContent("body")).not.toContain("kv-");
    expect(await violationsOn(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test.each(ROLES)("shows a %s what that role may do, and nothing of a third host", async (role) => {
    const { page, complaints, hosts } = windows[role];
    await open(page, "incidents/ORDERS");
    await page.getByRole("heading", { name: "A decision is asked for" }).waitFor();
    await page.getByRole("status").filter({ hasText: "Keymend may write." }).waitFor();
    expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(role === "approver" ? 1 : 0);
    expect(await page.getByRole("button", { name: "Pause all writing" }).count()).toBe(role === "operator" ? 1 : 0);
    expect([...hosts].toSorted()).toEqual([new URL(url).host, new URL(app.sandbox.loginUrl).host].toSorted());
    expect(complaints).toEqual([]);
  });

  test.each(["light", "dark"] as const)("has nothing in the way of a screen reader, %s", async (colorScheme) => {
    const { page } = windows.approver;
    await page.emulateMedia({ colorScheme });
    for (const view of VIEWS) {
      await open(page, view);
      expect([view, ...(await violationsOn(page))]).toEqual([view]);
    }
  });

  test("is gone through by keyboard", async () => {
    const { page } = windows.reader;
    await open(page, "incidents");
    const isThere = async (): Promise<boolean> => (await page.evaluate("document.activeElement.textContent")) === "kv-orders";
    for (let tabs = 0; tabs < 40 && !(await isThere()); tabs += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "kv-orders", level: 1 }).waitFor();
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
  });

  test("fits a phone", async () => {
    const { page } = windows.operator;
    await page.setViewportSize({ width: 320, height: 640 });
    for (const view of VIEWS) {
      await open(page, view);
      expect([view, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([view, 320]);
      expect([view, ...(await violationsOn(page))]).toEqual([view]);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("saves all that is on record of an incident in one file, by the name that the command line gives it", async () => {
    const { page } = windows.reader;
    await open(page, "incidents/ORDERS");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save the support bundle" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`keymend-${asked["orders"]}.json`);
    const bundle = JSON.parse(readFileSync(await download.path(), "utf8"));
    expect(bundle).toMatchObject({ format: "keymend/support/1", incident: { id: asked["orders"] }, audit: { chain: { ok: true } } });
    expect(bundle.audit.rows.length).toBeGreaterThan(2);
  });

  const decisionsOn = async (name: string): Promise<object[]> => {
    const { body } = await app.reader.app("GET", `/api/audit?incidentId=${asked[name]}`);
    return (body["value"] as { kind: string; data: object }[]).filter(({ kind }) => kind === "approval").map(({ data }) => data);
  };

  test("lets an approver say yes to the plan on the page, and shows what becomes of it without a reload", async () => {
    const { page } = windows.approver;
    await open(page, "incidents/CATALOG");
    const approve = page.getByRole("button", { name: "Approve" });
    expect(await approve.isDisabled()).toBe(true);
    await page.getByLabel("Reason, for the record").fill("nobody meant this");
    await approve.click();
    await page.getByText("Approved; Keymend goes on.").waitFor();
    await page.getByRole("heading", { name: "What was written" }).waitFor();
    const { plan } = (await app.reader.app("GET", `/api/incidents/${asked["catalog"]}`)).body as { plan: { hash: string } };
    expect(plan).not.toBeNull();
    expect(await decisionsOn("catalog")).toContainEqual(
      expect.objectContaining({ decision: "approve", reason: "nobody meant this", planHash: expect.any(String) }),
    );
    expect(app.sandbox.world.writes.filter(({ keymend }) => keymend).length).toBeGreaterThan(0);
  });

  test("lets an approver say no", async () => {
    const { page } = windows.approver;
    await open(page, "incidents/PAYMENTS");
    await page.getByLabel("Reason, for the record").fill("revoked on purpose");
    await page.getByRole("button", { name: "Reject" }).click();
    await page.getByText("Rejected; nothing of it is written.").waitFor();
    expect(await decisionsOn("payments")).toContainEqual(expect.objectContaining({ decision: "reject", reason: "revoked on purpose" }));
  });

  test("shows the fleet worst first, and proves an audit in the browser", async () => {
    const { page, complaints } = windows.operator;
    await open(page, "fleet");
    const first = page.getByRole("region", { name: "Databases, the worst first" }).getByRole("rowheader").first();
    expect(await first.innerText()).toMatch(/^(orders|payments|catalog|orders-history|catalog-search)$/);
    await page.getByRole("button", { name: "graph" }).click();
    await page.getByRole("img", { name: /vaults, keys, identities and databases/ }).waitFor();
    await open(page, "proof/ORDERS");
    await page.getByRole("button", { name: "Verify in this browser" }).click();
    await page.getByText("every one whole and in its place").waitFor();
    expect(complaints).toEqual([]);
  });

  test("lets an operator rehearse an operation, start it and follow it", async () => {
    const { page } = windows.operator;
    await open(page, "operations");
    await page.getByLabel("Operation", { exact: true }).selectOption("rotate-key");
    await page.getByLabel("URI of the key").fill("https://kv-sessions.vault.azure.net/keys/cmk-sessions");
    await page.getByLabel("Reason, for the record").fill("as every quarter");
    expect(await page.getByRole("button", { name: "Start" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Dry run" }).click();
    await page.getByRole("heading", { name: "What would come of it" }).waitFor();
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("heading", { name: "rotate-key on kv-sessions" }).waitFor();
  });

  test("a link that was cut short, or leads nowhere, says so", async () => {
    const { page } = await signInAs(browser, url, "reader");
    for (const [place, words] of [
      ["incidents/%E0%A4", "There is no incident %E0%A4."],
      ["operations/none", "There is no operation none."],
    ] as const) {
      await page.evaluate(`location.hash = "#/${place}"`);
      await page.reload();
      await page.getByRole("alert").filter({ hasText: words }).waitFor();
      expect([place, ...(await violationsOn(page))]).toEqual([place]);
    }
    await page.context().close();
  });

  test("a token that is refused is replaced", async () => {
    const { page, complaints } = windows.reader;
    await open(page, "incidents/ORDERS");
    const renewed = page.waitForResponse((response) => response.url().includes("/oauth2/v2.0/token"));
    await page.route("**/api/incidents?*", (route) => route.fulfill({ status: 401, json: { detail: "expired" } }), { times: 1 });
    await open(page, "incidents");
    expect((await renewed).status()).toBe(200);
    await page.getByRole("table").waitFor();
    // The browser says so by itself.
    expect(complaints.splice(0)).toEqual([expect.stringContaining("401")]);
  });

  test("who signs out is out", async () => {
    const { page } = await signInAs(browser, url, "reader");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    expect(await page.evaluate("JSON.stringify(sessionStorage)")).not.toMatch(/secret|contoso/);
  });
});
