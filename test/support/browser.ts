/** A real browser, where the machine has one: Debian's chromium, or what CHROMIUM names. */
import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

export const CHROMIUM = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => path !== undefined && existsSync(path),
);

/** Without its own sandbox where it is root, as in a container: it sees no page but those of this machine. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM!, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });

export type Visit = {
  page: Page;
  /** What the browser complained of: a policy that was broken, a script that failed. */
  complaints: string[];
  /** Hosts that anything was asked of. */
  hosts: Set<string>;
};

/** Somebody in a window of their own. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on("console", (message) => void (["error", "warning"].includes(message.type()) && complaints.push(message.text())));
  page.on("pageerror", (error) => void complaints.push(error.message));
  page.on("request", (request) => void hosts.add(new URL(request.url()).host));
  await page.goto(url);
  return { page, complaints, hosts };
}

export async function signInAs(browser: Browser, hostUrl: string, role: string, options?: BrowserContextOptions): Promise<Visit> {
  const seen = await visit(browser, `${hostUrl}/api/dashboard/`, options);
  await seen.page.getByRole("button", { name: "Sign in" }).click();
  await seen.page.getByRole("button", { name: `${role}@contoso.com` }).click();
  await seen.page.getByRole("navigation").waitFor();
  return seen;
}

/** WCAG 2.2 A and AA and axe's best practices: what is broken, and where. */
export async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`)))",
  );
}
