/**
 * Takes the README's pictures: the dashboard in a real browser, over the whole app in the sandbox, after one trouble that was mended and
 * another that waits for a person. What they show is what the app does, so they stay true as long as they are taken anew.
 */
import { mkdirSync } from "node:fs";
import { listIncidents } from "../sandbox/running/app-api.ts";
import { removeGrant } from "../test/e2e/breaks.ts";
import { type App, ended, putOffKeyChecks, startApp } from "../test/e2e/app.ts";
import { CHROMIUM, openBrowser, signInAs } from "../test/support/browser.ts";

const FOLDER = "docs/pictures";
/** Each of a view, as high as what it is to show. */
const HEIGHTS = { fleet: 520, incident: 860 };
const WIDTH = 1100;

/** A grant that somebody took away, mended before the service noticed: the incident's id. */
async function mendOne(app: App): Promise<string> {
  const orders = app.patient("orders");
  putOffKeyChecks(app, orders);
  const { incidents } = await ended(app, orders, await removeGrant(app, orders));
  return incidents[0]!.id;
}

/** A key that somebody disabled, which is asked about. */
async function askAboutOne(app: App): Promise<void> {
  const { vault, keyName } = app.patient("catalog");
  await app.operator.key("PATCH", vault.name, `/keys/${keyName}`, { attributes: { enabled: false } });
  await app.operator.app("POST", "/api/heal", { id: vault.id, reason: "catalog does not answer" });
  await app.until("a question", async () => (await listIncidents(app.reader)).some(({ state }) => state === "waiting"));
}

if (CHROMIUM === undefined) throw new Error("there is no chromium on this machine: install it, or name one by CHROMIUM");
const [browser, app] = await Promise.all([openBrowser(), startApp()]);
try {
  const mended = await mendOne(app);
  await askAboutOne(app);
  // Pages say how long ago something was: time stands nearly still while they are looked at.
  await app.sandbox.time.setSpeed(1);
  const { page } = await signInAs(browser, app.sandbox.hostUrl, "approver", { colorScheme: "light" });
  mkdirSync(FOLDER, { recursive: true });
  const places = { fleet: "fleet", incident: `incidents/${mended}` };
  for (const name of ["fleet", "incident"] as const) {
    const place = places[name];
    await page.setViewportSize({ width: WIDTH, height: HEIGHTS[name] });
    await page.evaluate(`location.hash = "#/${place}"`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByRole("status").filter({ hasText: "Asking Keymend" }).waitFor({ state: "detached" });
    await page.waitForTimeout(500);
    const path = `${FOLDER}/${name}.jpg`;
    await page.screenshot({ path, type: "jpeg", quality: 85 });
    console.log(path);
  }
} finally {
  await browser.close();
  await app.close();
}
