/**
 * Takes the README's pictures: the dashboard in a real browser over the whole app in the sandbox, in stories that anybody can play. Beside
 * them stands of which dashboard they are, so that a test tells when they have to be taken anew.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { openScene, type Scene } from "../sandbox/play/scene.ts";
import { silent } from "../sandbox/play/timeline.ts";
import { listIncidents } from "../sandbox/running/app-api.ts";
import { keyDisabled } from "../sandbox/stories/key-disabled.ts";
import { roleRemoved } from "../sandbox/stories/role-removed.ts";
import type { Story } from "../sandbox/stories/story.ts";
import { CHROMIUM, openBrowser, signInAs } from "../test/support/browser.ts";
import { digestOfDashboard } from "./digest.ts";

const FOLDER = "docs/pictures";
const WIDTH = 1100;
const HOUR = 3_600_000;

type Picture = {
  name: string;
  story: Story;
  /** As high as what it is to show. */
  height: number;
  /** Where it is taken, once the story has come so far. */
  placeIn: (scene: Scene) => Promise<string>;
};

const incidentsIn = ({ sandbox }: Scene) => listIncidents(sandbox.actor(sandbox.estate.reader));

const PICTURES: readonly Picture[] = [
  {
    name: "incident",
    story: roleRemoved,
    height: 860,
    async placeIn(scene) {
      await scene.play(performance.now());
      return `incidents/${(await incidentsIn(scene))[0]!.id}`;
    },
  },
  {
    name: "fleet",
    story: keyDisabled,
    height: 520,
    async placeIn(scene) {
      await scene.begin();
      const asks = async (): Promise<boolean> => (await incidentsIn(scene)).some(({ state }) => state === "waiting");
      if (!(await scene.sandbox.time.until(asks, scene.sandbox.world.clock.now() + HOUR)))
        throw new Error("nothing is asked about the key");
      return "fleet";
    },
  },
];

async function take(browser: Browser, { name, story, height, placeIn }: Picture): Promise<void> {
  const failed = Promise.withResolvers<never>();
  const options = { story, kinds: ["account"], phase: "grace", seed: 7, mode: story.mode ?? "heal", speed: 0 } as const;
  const scene = await openScene({ ...options, timeline: silent, onError: failed.reject });
  try {
    const place = await Promise.race([placeIn(scene), failed.promise]);
    // Pages say how long ago something was: time stands nearly still while they are looked at.
    await scene.sandbox.time.setSpeed(1);
    const { page } = await signInAs(browser, scene.sandbox.hostUrl, "approver", { colorScheme: "light" });
    await page.setViewportSize({ width: WIDTH, height });
    await page.evaluate(`location.hash = "#/${place}"`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByRole("status").filter({ hasText: "Asking Keymend" }).waitFor({ state: "detached" });
    await page.waitForTimeout(500);
    const path = `${FOLDER}/${name}.jpg`;
    await page.screenshot({ path, type: "jpeg", quality: 85 });
    console.log(path);
  } finally {
    await scene.sandbox.close();
  }
}

if (CHROMIUM === undefined) throw new Error("there is no chromium on this machine: install it, or name one by CHROMIUM");
mkdirSync(FOLDER, { recursive: true });
const browser = await openBrowser();
try {
  for (const picture of PICTURES) await take(browser, picture);
} finally {
  await browser.close();
}
writeFileSync(`${FOLDER}/taken-of.txt`, `${await digestOfDashboard()}\n`);
