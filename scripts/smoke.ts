/**
 * Loads the bundle that ships as the Functions worker would: exactly the expected functions register, what they do can be loaded after that, and a wrong
 * configuration stops it with every problem named. With --bundle=FILE another than dist/main.mjs; with --load=good or --load=bad it is the
 * process that loads.
 */
import { spawnSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { ROUTES } from "../src/api/routes.ts";
import { type App, loadApp } from "../sandbox/host/load-app.ts";

const given = (option: string): string | undefined =>
  process.argv.find((argument) => argument.startsWith(`--${option}=`))?.slice(`--${option}=`.length);

const BUNDLE = resolve(given("bundle") ?? join(import.meta.dirname, "../dist/main.mjs"));

const EXPECTED: Record<string, string> = {
  healVault: "orchestrationTrigger",
  assess: "activityTrigger",
  applyStep: "activityTrigger",
  pollStep: "activityTrigger",
  scanIds: "activityTrigger",
  openTicket: "activityTrigger",
  giveUp: "activityTrigger",
  onKeyVaultEvent: "eventGridTrigger",
  onResourceEvent: "eventGridTrigger",
  sweep: "timerTrigger",
  recheck: "timerTrigger",
  housekeeping: "timerTrigger",
  ...Object.fromEntries(Object.keys(ROUTES).map((name) => [name, "httpTrigger"])),
  dashboard: "httpTrigger",
};

const GUID = "00000000-0000-4000-8000-000000000001";

/** good: a whole configuration. bad: one thing wrong of each kind. */
const SETTINGS: Record<string, Record<string, string>> = {
  good: {
    KEYMEND_MODE: "heal",
    KEYMEND_SUBSCRIPTIONS: GUID,
    KEYMEND_TENANT_ID: GUID,
    KEYMEND_IDENTITIES: `observe=${GUID}:${GUID}`,
    KEYMEND_API_AUDIENCE: "api://keymend",
    KEYMEND_TABLE_ENDPOINT: "https://keymend.table.core.windows.net",
    KEYMEND_OUTCOME_TOPIC_ENDPOINT: "https://keymend.example/api/events",
  },
  bad: { KEYMEND_MODE: "on", KEYMEND_SUBSCRIPTIONS: GUID, KEYMEND_API_AUDIENCE: "api://keymend", KEYMEND_SPELLING: "x" },
};

const PROBLEMS_OF_BAD = [
  "KEYMEND_MODE: must be observe, approve or heal",
  "KEYMEND_TENANT_ID: is not set",
  "KEYMEND_IDENTITIES: is not set",
  "KEYMEND_TABLE_ENDPOINT: set it (or KEYMEND_TABLE_CONNECTION_STRING for local development)",
  "KEYMEND_SPELLING: there is no such setting",
];

/** Prints what registered, and how long it took. */
async function load(settings: Record<string, string>): Promise<void> {
  for (const name of Object.keys(process.env)) if (name.startsWith("KEYMEND_")) delete process.env[name];
  Object.assign(process.env, settings);
  const start = performance.now();
  let app: App;
  try {
    app = await loadApp(BUNDLE, (level, _, message) => console.error(`${level}: ${message}`));
  } catch (error) {
    // Uncaught, Node would print the line it came from: in the bundle that is nearly all of it.
    console.error(error instanceof Error ? error.stack : error);
    process.exitCode = 1;
    return;
  }
  const ms = performance.now() - start;
  // As the first function that is called does.
  await import(pathToFileURL(join(dirname(BUNDLE), "composition.mjs")).href);
  const functions = Object.fromEntries([...app.registry.functions.values()].map(({ name, type }) => [name, type]));
  console.log(JSON.stringify({ ms, functions }));
}

const loadApart = (which: string) =>
  spawnSync(process.execPath, [import.meta.filename, `--load=${which}`, `--bundle=${BUNDLE}`], { encoding: "utf8" });

function checkGood(): string[] {
  const { stdout, stderr, status } = loadApart("good");
  if (status !== 0) return [`the bundle does not load:\n${stderr}`];
  const { ms, functions }: { ms: number; functions: Record<string, string> } = JSON.parse(stdout);
  const problems: string[] = [];
  for (const [name, type] of Object.entries(EXPECTED))
    if (functions[name] !== type) problems.push(`${name} should be a ${type} and is ${functions[name] ?? "not registered"}`);
  for (const name of Object.keys(functions)) if (!(name in EXPECTED)) problems.push(`${name} registers and is not expected`);
  console.log(`${Object.keys(functions).length} functions registered, loaded in ${ms.toFixed(0)} ms`);
  return problems;
}

function checkBad(): string[] {
  const { stderr, status } = loadApart("bad");
  if (status === 0) return ["a wrong configuration does not stop the start"];
  const told = stderr.split("\n").filter((line) => line.startsWith("  KEYMEND_"));
  const expected = PROBLEMS_OF_BAD.map((problem) => `  ${problem}`);
  if (isDeepStrictEqual(told, expected)) return [];
  return [`a wrong configuration should name\n${expected.join("\n")}\nand names\n${told.join("\n")}\nin\n${stderr}`];
}

const which = given("load");
if (which !== undefined) await load(SETTINGS[which]!);
else {
  const problems = [...checkGood(), ...checkBad()];
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
