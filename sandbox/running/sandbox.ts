/** Brings a whole sandbox up, all parts at once, and takes it down without a trace: Azure, its network, tables, the host with the app. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Actor, createActor } from "./actor.ts";
import { type Azure, createAzure } from "../azure/azure.ts";
import { createWorld, type Principal, type Switches, type World } from "../azure/world.ts";
import { startTables, type Tables } from "./azurite.ts";
import { Clock } from "../time/clock.ts";
import { compileCacheEnv } from "./compile-cache.ts";
import { API_AUDIENCE, buildEstate, type Estate, identitiesOf } from "../estate/estate.ts";
import { identitiesSetting } from "../estate/keymend-access.ts";
import { appIdOf } from "../estate/patient.ts";
import { createFoundation, type Foundation } from "./foundation.ts";
import type { HostLog } from "./host-child.ts";
import { Hosts } from "./hosts.ts";
import type { Network } from "../network/proxy.ts";
import { createVirtualTime, type VirtualTime } from "./virtual-time.ts";
import { createRandom } from "../time/random.ts";
import { createTemporaryFolder, type TemporaryFolder } from "./temporary.ts";

const TENANT = "72f988bf-0000-4000-8000-2d7cd011db47";
const SUBSCRIPTION = "0b1f6471-0000-4000-8000-5a7e0c0de001";
const BUNDLE = process.env["SANDBOX_BUNDLE"] ?? fileURLToPath(new URL("../../dist/main.mjs", import.meta.url));
/** What the app's process may see of this one. */
const PASSED_ON = ["PATH", "HOME", "TMPDIR", "LANG", "TZ", "NODE_V8_COVERAGE"];

/** How the app is set to act. */
export type Mode = "observe" | "approve" | "heal";

export type SandboxOptions = {
  seed: number;
  mode: Mode;
  /** Virtual time to begin at, ms. */
  start: number;
  /** More app settings. */
  settings?: Record<string, string>;
  /** And those that name somebody of the estate. */
  settingsOf?: (estate: Estate) => Record<string, string>;
  /** Another reading of what Azure's documentation leaves open; a story's own goes before. */
  switches?: Switches;
  /** Changes the sample estate before anything runs. */
  arrange?: (world: World, estate: Estate) => void;
  onLog?: (log: HostLog) => void;
  /** Before an event is handed to the app, or where it can't be. */
  onDelivery?: (delivery: Delivery) => void;
  /** After every move of the clock. */
  observe?: (sandbox: Sandbox) => void;
  onError?: (error: unknown) => void;
  /** Several hosts on one task hub, each with settings of its own beside those of all; one unless said. Time must then jump. */
  hosts?: readonly Record<string, string>[];
  /** Of another host than the local one, which must speak as that does; time must then run at a speed. */
  hostEntry?: string;
  /** A table service that outlives this sandbox; in it the app must be given tables of its own, by its settings. */
  tables?: Tables;
  /** A foundation that outlives this sandbox, tables and all; nothing of an earlier play may be left in them. */
  foundation?: Foundation;
};

/** One attempt to deliver to a function, as Event Grid sends it. */
export type Delivery = { functionName: string; body: string; isUp: boolean };

export type Sandbox = {
  readonly world: World;
  readonly azure: Azure;
  readonly estate: Estate;
  readonly time: VirtualTime;
  readonly network: Network;
  /** Of the host that takes the next call. */
  readonly hostUrl: string;
  /** The login host for a browser, without the proxy. */
  readonly loginUrl: string;
  readonly apiAudience: string;
  readonly tableConnectionString: string;
  actor(principal: Principal): Actor;
  /** Down, the host hears nothing and its time stands still, as in an outage; up again, it goes on from now. */
  setHostDown(down: boolean): Promise<void>;
  /** Kills a host as a crash would, in whatever it is doing; virtual time waits for it. at: of several. */
  killHost(at?: number): Promise<void>;
  /** Starts it again, on the state that is there; virtual time waits for it. */
  startHost(at?: number): Promise<void>;
  /** Both. */
  restartHost(at?: number): Promise<void>;
  close(): Promise<void>;
};

function earliestChange(world: World): number | undefined {
  const now = world.clock.now();
  // Role assignments come and go on the data plane by time alone, with nothing scheduled.
  const times = [...[...world.roleAssignments.values()].map((a) => a.effectiveAt), ...world.fadingAssignments.map((a) => a.endsAt ?? 0)];
  const later = times.filter((time) => time > now);
  return later.length === 0 ? undefined : Math.min(...later);
}

/** What the app is told, as its app settings in Azure would say it. */
function appSettings(world: World, estate: Estate, { tables, login }: Foundation, options: SandboxOptions): Record<string, string> {
  return {
    KEYMEND_MODE: options.mode,
    KEYMEND_SUBSCRIPTIONS: world.subscriptionId,
    KEYMEND_TENANT_ID: world.tenantId,
    KEYMEND_IDENTITIES: identitiesSetting(identitiesOf(estate)),
    // As sandbox/estate/keymend-access.ts gives the roles.
    KEYMEND_ALLOWED_REPAIRS: "accessPolicies,vaults,identities,clusters,revocations",
    KEYMEND_FIRST_PARTY_PRINCIPAL_ID: estate.cosmosDb.oid,
    KEYMEND_API_AUDIENCE: `${API_AUDIENCE},${estate.application.appid}`,
    KEYMEND_LOGIN_HOST: login.url,
    KEYMEND_FUNCTION_APP: appIdOf(world),
    KEYMEND_TABLE_CONNECTION_STRING: tables.connectionString,
    ...options.settingsOf?.(estate),
    ...options.settings,
  };
}

function environment(settings: Record<string, string>): Record<string, string> {
  const env = { ...compileCacheEnv(), ...settings };
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) env[name] ??= value;
  }
  return env;
}

/** Delivers events to the app's webhook as Event Grid does. */
function deliverTo(hosts: () => Hosts, onDelivery: (delivery: Delivery) => void) {
  return async ({ functionName }: { functionName: string }, body: string, headers: Record<string, string>): Promise<number> => {
    const isUp = hosts().running.length > 0;
    onDelivery({ functionName, body, isUp });
    // What Azure's front end answers for a site that does not run.
    if (!isUp) return 503;
    const url = `${hosts().url}/runtime/webhooks/EventGrid?functionName=${functionName}`;
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
    await response.arrayBuffer();
    return response.status;
  };
}

type Closing = { closed: boolean; parts: (() => Promise<void> | void)[] };

async function closeAll(closing: Closing): Promise<void> {
  if (closing.closed) return;
  closing.closed = true;
  const failed: unknown[] = [];
  // One after the other: the tables' process, which takes the folder with it should this one be killed meanwhile, outlives the host.
  for (const part of closing.parts.toReversed()) {
    try {
      await part();
    } catch (error) {
      failed.push(error);
    }
  }
  if (failed.length > 0) throw failed[0];
}

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  // In the folder of tables that are shared, so that it goes with them if all else is killed.
  const tables = options.foundation?.tables ?? options.tables;
  const folder = createTemporaryFolder("keymend-sandbox-", tables?.folder);
  const closing: Closing = { closed: false, parts: [] };
  try {
    return await start(options, folder, closing);
  } catch (error) {
    await closeAll(closing);
    folder.remove();
    throw error;
  }
}

async function layFoundation({ tables }: SandboxOptions, folder: TemporaryFolder, closing: Closing): Promise<Foundation> {
  const own = tables ?? (await startTables(folder.path));
  if (!tables) closing.parts.push(() => own.close());
  const foundation = await createFoundation(own, { dir: folder.path });
  closing.parts.push(() => foundation.close());
  return foundation;
}

async function start(options: SandboxOptions, folder: TemporaryFolder, closing: Closing): Promise<Sandbox> {
  const foundation = options.foundation ?? (await layFoundation(options, folder, closing));
  const { tables, network, identity } = foundation;
  const clock = new Clock(options.start);
  const random = createRandom(options.seed);
  const world = createWorld({ clock, random, tenantId: TENANT, subscriptionId: SUBSCRIPTION, switches: options.switches ?? {} });
  const azure = createAzure(world, { deliver: deliverTo(() => hosts, options.onDelivery ?? (() => {})) });
  const estate = buildEstate(world);
  options.arrange?.(world, estate);
  foundation.answerWith({ azure, world, identities: Object.values(identitiesOf(estate)).map(({ clientId }) => clientId) });
  const env = environment({
    ...appSettings(world, estate, foundation, options),
    HTTPS_PROXY: network.proxyUrl,
    NO_PROXY: "127.0.0.1,localhost",
    NODE_EXTRA_CA_CERTS: network.caFile,
    IDENTITY_ENDPOINT: identity.endpoint,
    IDENTITY_HEADER: identity.header,
    SANDBOX_HOST_BUNDLE: BUNDLE,
  });
  const stateFile = join(folder.path, "host.sqlite");
  const several = options.hosts?.map((own, at) => ({ ...own, ...namedHost(at, network) }));
  const hosts = new Hosts(several?.length ?? 1, async (at, port) => {
    const onLog = options.onLog ?? (() => {});
    const own = { ...env, ...several?.[at] };
    const child = await foundation.openHost({ at, env: own, now: clock.now(), stateFile, port, entry: options.hostEntry, onLog });
    child.clock(clock.now(), clock.speed);
    return child;
  });
  await Promise.all([hosts.open(), tables.ready]);
  azure.start();
  return assemble({ options, world, azure, estate, foundation, hosts, closing, folder });
}

/** What the network and the hub know one of several hosts by. */
export const hostName = (at: number): string => `host${at + 1}`;

function namedHost(at: number, { proxyUrl }: Network): Record<string, string> {
  const proxy = new URL(proxyUrl);
  proxy.username = hostName(at);
  return { SANDBOX_HOST_NAME: hostName(at), HTTPS_PROXY: proxy.href };
}

type Parts = {
  options: SandboxOptions;
  world: World;
  azure: Azure;
  estate: Estate;
  foundation: Foundation;
  hosts: Hosts;
  closing: Closing;
  folder: TemporaryFolder;
};

function assemble({ options, world, azure, estate, foundation, hosts, closing, folder }: Parts): Sandbox {
  const { network, tables, login } = foundation;
  const { clock } = world;
  const time = createVirtualTime(
    {
      clock,
      hosts: () => hosts.running,
      changed: () => hosts.changed,
      changes: () => earliestChange(world),
      observe: () => options.observe?.(sandbox),
      onError: options.onError ?? (() => {}),
    },
    0,
  );
  const sandbox: Sandbox = {
    world,
    azure,
    estate,
    time,
    network,
    get hostUrl() {
      return hosts.url;
    },
    loginUrl: login.url,
    apiAudience: API_AUDIENCE,
    tableConnectionString: tables.connectionString,
    actor: (principal) => createActor({ azure, principal, apiAudience: API_AUDIENCE, hostUrl: () => hosts.url }),
    async setHostDown(down) {
      hosts.setDown(down, clock.now(), clock.speed);
    },
    killHost: (at = 0) => hosts.kill(at),
    startHost: (at = 0) => hosts.start(at),
    restartHost(at = 0) {
      void hosts.kill(at);
      return hosts.start(at);
    },
    async close() {
      time.close();
      // Whoever restarted the host hears of a failure; here it only must not outlive the sandbox.
      await hosts.changed.catch(() => {});
      try {
        await closeAll(closing);
      } finally {
        folder.remove();
      }
    },
  };
  return sandbox;
}
