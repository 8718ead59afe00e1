// What docs/cost.md counts, counted: an hour of the whole app in which nothing is wrong.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { growEstate, leaveOnly } from "../../sandbox/estate/estate.ts";
import { type App, type Message, MINUTE, startApp } from "./app.ts";

const VAULTS = 4;
const SWEEPS = 12;
const page = readFileSync("docs/cost.md", "utf8");
const said = (row: string): number => Number(new RegExp(`^\\| ${row} +\\| ([\\d.]+) `, "m").exec(page)![1]);

type Counts = { looks: number; reads: number; writes: number; inVaults: number; tables: number };

let app: App;
const sweeps: Counts[] = [];

const isWrite = ({ method, url }: Message): boolean => method !== "GET" && !url.includes("Microsoft.ResourceGraph");
const isVault = ({ url }: Message): boolean => /^https:\/\/[^/]+\.vault\./.test(url);

beforeAll(async () => {
  app = await startApp({
    mode: "observe",
    arrange: (world, estate) => {
      leaveOnly(world, estate, []);
      growEstate(world, estate, { vaults: estate.patients.length + VAULTS, databases: 2 });
    },
  });
  // The first hour looks at all of them, as they are new.
  await app.wait(75 * MINUTE);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const [before, told] = [app.messages.length, app.log.length];
    await app.wait(5 * MINUTE);
    const sent = app.messages.slice(before);
    const azure = sent.filter(({ to }) => to === "azure");
    sweeps.push({
      looks: app.log.slice(told).filter(({ event }) => event === "looked").length,
      reads: azure.filter((one) => !isVault(one) && !isWrite(one)).length,
      writes: azure.filter((one) => isWrite(one)).length,
      inVaults: azure.filter((one) => isVault(one)).length,
      tables: sent.length - azure.length,
    });
  }
});
afterAll(() => app.close());

/** Of a sweep that only screens, and what each look adds to one. */
function counted(what: keyof Counts): { sweep: number; look: number } {
  const quiet = sweeps.filter(({ looks }) => looks === 0).map((one) => one[what]);
  const sweep = quiet.reduce((sum, one) => sum + one, 0) / quiet.length;
  const looks = sweeps.reduce((sum, one) => sum + one.looks, 0);
  return { sweep, look: (sweeps.reduce((sum, one) => sum + one[what], 0) - SWEEPS * sweep) / looks };
}

test("each vault is looked at once an hour, and every five minutes all are screened", () => {
  expect(sweeps.reduce((sum, { looks }) => sum + looks, 0)).toBe(VAULTS * (said("looks at each vault") / (30 * 24)));
  expect(sweeps.some(({ looks }) => looks === 0)).toBe(true);
});

/** A call more or less changes no sum by a cent: a figure that is a fifth off is no longer what is counted. */
const isSaid = (row: string, figure: number): void => {
  expect({ row, isClose: Math.abs(figure / said(row) - 1) < 0.2, figure }).toEqual({ row, isClose: true, figure });
};

test("the page counts the calls that are made", () => {
  expect(counted("writes")).toEqual({ sweep: 0, look: 0 });
  expect(counted("inVaults")).toEqual({ sweep: VAULTS * said("calls to the vaults a sweep, for each key"), look: 0 });
  isSaid("reads of Resource Manager a sweep", counted("reads").sweep);
  isSaid("reads of Resource Manager a look", counted("reads").look);
  isSaid("own table operations in five minutes", counted("tables").sweep);
  isSaid("own table operations a look", counted("tables").look);
});
