/** The whole app on a sandbox of its own, as the tests of this folder see it: its log, its incidents, and every message it sends. */
import { type Actor } from "../../sandbox/running/actor.ts";
import { type AuditRow, getIncident, type Incident, listAudit } from "../../sandbox/running/app-api.ts";
import { setNextCheck } from "../../sandbox/azure/documentdb/key-checks.ts";
import type { AzureRequest } from "../../sandbox/azure/wire.ts";
import type { RecordedWrite } from "../../sandbox/azure/world.ts";
import { hostName, type Sandbox, type SandboxOptions, startSandbox } from "../../sandbox/running/sandbox.ts";
import type { Patient } from "../../sandbox/estate/estate.ts";
import type { HostLog } from "../../sandbox/running/host-child.ts";
import { same } from "../../sandbox/azure/routes.ts";
import { type Seen, startTableTap } from "./table-tap.ts";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
/** A minute before the first sweep. */
const START = Date.parse("2026-11-02T08:59:00Z");

/** One line of the app's log. */
export type AppEvent = { event: string; level: string; at: string; vaultId?: string; text?: string; [field: string]: unknown };

/** A message of the app to Azure or to its tables. host: which of several sent it. */
export type Message = Seen & { to: "azure" | "tables"; host: number };

export type Trap = {
  on: (message: Message) => boolean;
  /** before: it never arrives. after: it is carried out, and its answer never arrives. */
  then: "before" | "after";
  /** Runs at that moment. */
  spring?: (message: Message) => void;
  /** Stays armed. */
  keep?: boolean;
};

export type App = {
  readonly sandbox: Sandbox;
  readonly operator: Actor;
  readonly reader: Actor;
  readonly approver: Actor;
  readonly log: AppEvent[];
  /** What the host and the app logged that is no JSON. */
  readonly noise: HostLog[];
  /** Every message of the app, in order. */
  readonly messages: Message[];
  patient(name: string): Patient;
  set(trap: Trap): void;
  disarm(): void;
  wait(ms: number): Promise<void>;
  /** Lets time pass until it holds; fails where it does not within the time. */
  until(what: string, condition: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
  close(): Promise<void>;
};

/** speed: of virtual time, where it is not to jump. hosts: how many share its task hub, one unless said. */
export type AppOptions = Partial<Pick<SandboxOptions, "seed" | "mode" | "settings" | "arrange" | "hostEntry">> & {
  speed?: number;
  hosts?: number;
};

/** One app is broken in the same way again and again here, which it would ask about: that has stories of its own. */
const FORGETFUL = { KEYMEND_REPEAT_WINDOW: "PT1S", KEYMEND_KNOWN_GOOD_AFTER: "PT1S" };

const TOKENS = /login\.microsoftonline\.com/;

function eventOf({ level, message, at }: HostLog): AppEvent | undefined {
  if (!message.startsWith("{")) return undefined;
  const fields = JSON.parse(message) as { event: string };
  return { ...fields, level, at };
}

/** Has looked at everything once when it is handed out, so that it knows what healthy looks like. */
export async function startApp(options: AppOptions = {}): Promise<App> {
  const log: AppEvent[] = [];
  const noise: HostLog[] = [];
  const messages: Message[] = [];
  let traps: Trap[] = [];
  const sprung = (message: Message): Trap | undefined => {
    messages.push(message);
    const trap = traps.find(({ on }) => on(message));
    if (trap?.keep !== true) traps = traps.filter((other) => other !== trap);
    return trap;
  };
  const tapOf = (host: number) =>
    startTableTap(async (seen, pass) => {
      const message: Message = { ...seen, to: "tables", host };
      const trap = sprung(message);
      if (!trap) return "answer";
      if (trap.then === "after") await pass();
      trap.spring?.(message);
      return "break";
    });
  const taps = await Promise.all(Array.from({ length: options.hosts ?? 1 }, (_, host) => tapOf(host)));
  const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
  const [own, ...others] = taps.map(({ port }) => ({
    KEYMEND_TABLE_CONNECTION_STRING: `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${key};TableEndpoint=http://127.0.0.1:${port}/devstoreaccount1;`,
  }));
  const sandbox = await startSandbox({
    seed: options.seed ?? 7,
    mode: options.mode ?? "heal",
    start: START,
    settings: { ...own, ...FORGETFUL, ...options.settings },
    ...(others.length > 0 ? { hosts: [own!, ...others] } : {}),
    ...(options.arrange ? { arrange: options.arrange } : {}),
    ...(options.hostEntry ? { hostEntry: options.hostEntry } : {}),
    onLog(line) {
      const event = eventOf(line);
      if (event) log.push(event);
      else noise.push(line);
    },
  });
  for (const tap of taps) tap.connect(sandbox.tableConnectionString);
  const { azure, estate, time, world } = sandbox;
  const handle = azure.handle.bind(azure);
  const fromApp = ({ headers }: AzureRequest): boolean => /azsdk|core-rest-pipeline/.test(headers["user-agent"] ?? "");
  azure.handle = async (request) => {
    const { method, url, body, client } = request;
    if (!fromApp(request) || TOKENS.test(url.hostname)) return handle(request);
    const host = Math.max(
      0,
      taps.findIndex((_, at) => hostName(at) === client),
    );
    const message: Message = { to: "azure", method, url: decodeURIComponent(url.href), body, host };
    const trap = sprung(message);
    if (!trap) return handle(request);
    if (trap.then === "after") await handle(request);
    trap.spring?.(message);
    return { fault: "reset" };
  };
  const app: App = {
    sandbox,
    operator: sandbox.actor(estate.operator),
    reader: sandbox.actor(estate.reader),
    approver: sandbox.actor(estate.approver),
    log,
    noise,
    messages,
    patient(name) {
      const found = estate.patients.find(({ vault }) => vault.name === `kv-${name}`);
      if (!found) throw new Error(`no vault kv-${name}`);
      return found;
    },
    set: (trap) => void traps.push(trap),
    disarm: () => void (traps = []),
    wait: async (ms) => void (await time.until(() => false, world.clock.now() + ms)),
    async until(what, condition, limitMs = 6 * HOUR) {
      if (!(await time.until(condition, world.clock.now() + limitMs))) throw new Error(`waited in vain for ${what}`);
    },
    async close() {
      await sandbox.close();
      await Promise.all(taps.map((tap) => tap.close()));
    },
  };
  if (options.speed !== undefined) await time.setSpeed(options.speed);
  await app.wait(2 * MINUTE);
  return app;
}

/** What came of a trouble that began at `since`. */
export type Aftermath = { incidents: Incident[]; audit: AuditRow[]; writes: RecordedWrite[] };

/** Puts the service's next look at these databases far enough away for a repair: a grant may take ten minutes to be felt. */
export function putOffKeyChecks({ sandbox }: App, { databases }: Patient): void {
  for (const database of databases) setNextCheck(sandbox.world, database, sandbox.world.clock.now() + 25 * MINUTE);
}

type Row = { id: string; openedAt: string; state: string };

/** The patient's latest incidents since then, oldest first. */
async function latest({ reader }: App, { vault }: Patient, since: string): Promise<Row[]> {
  const { status, body } = await reader.app("GET", `/api/incidents?vaultId=${encodeURIComponent(vault.id)}&$top=5`);
  if (status !== 200) throw new Error(`the list of incidents answers ${status}: ${JSON.stringify(body)}`);
  return (body["value"] as Row[]).filter(({ openedAt }) => openedAt >= since).toReversed();
}

/** Lets time pass until the app has closed an incident about the patient that it opened since then. */
export async function ended(app: App, patient: Patient, since: string): Promise<Aftermath> {
  let heard = 0;
  const closed = async (): Promise<boolean> => {
    const said = app.log.filter(
      ({ event, at, vaultId }) => event === "closed" && at >= since && same(vaultId ?? "", patient.vault.id),
    ).length;
    if (said === heard) return false;
    heard = said;
    return (await latest(app, patient, since)).some(({ state }) => state === "closed");
  };
  await app.until(`an incident of ${patient.vault.name} to be closed`, closed);
  return told(app, patient, since);
}

/** What the app says of the patient since then. */
export async function told(app: App, patient: Patient, since: string): Promise<Aftermath> {
  const rows = await latest(app, patient, since);
  const audits = await Promise.all(rows.map(({ id }) => listAudit(app.reader, id)));
  return {
    incidents: await Promise.all(rows.map(({ id }) => getIncident(app.reader, id))),
    audit: audits.flat(),
    writes: app.sandbox.world.writes.filter(({ keymend, at }) => keymend && at >= since),
  };
}
