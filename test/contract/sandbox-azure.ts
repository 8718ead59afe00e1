/** The product's adapters against the sandbox's Azure, over its network: TLS, proxy, tokens and permissions as the app meets them. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { addCustomRole, assignRole } from "../../sandbox/azure/authorization/build.ts";
import { createAzure } from "../../sandbox/azure/azure.ts";
import type { Azure } from "../../sandbox/azure/azure.ts";
import { createWorld } from "../../sandbox/azure/world.ts";
import type { World } from "../../sandbox/azure/world.ts";
import { Clock } from "../../sandbox/time/clock.ts";
import { buildEstate, identitiesOf } from "../../sandbox/estate/estate.ts";
import type { Estate, Patient } from "../../sandbox/estate/estate.ts";
import { addSupportCaller } from "../../sandbox/estate/support-desk.ts";
import { startNetwork } from "../../sandbox/network/proxy.ts";
import { createRandom } from "../../sandbox/time/random.ts";
import { createClientsOf } from "../../src/azure/clients.ts";
import type { Clients } from "../../src/azure/clients.ts";
import { createAzureClock } from "../../src/azure/azure-clock.ts";
import { createHttpClient } from "../../src/azure/http-client.ts";
import { createChannels } from "../../src/azure/channels.ts";
import { createStepWriter } from "../../src/azure/write-step.ts";
import type { StepResult } from "../../src/azure/step-result.ts";
import { CAPABILITIES, type Capability, type IdentityName } from "../../src/domain/capability.ts";
import type { Permission } from "../../src/domain/steps/spec.ts";
import type { StepDraft } from "../../src/domain/steps/step.ts";
import { pass } from "../sandbox/azure/through-arm.ts";

const SUBSCRIPTION = "5d3e6f10-0000-4000-8000-00000000ab01";
const TOPIC = "https://keymend-outcomes.westus2-1.eventgrid.azure.net/api/events";
/** Of 24 bytes, as the Standard Webhooks specification asks. */
export const WEBHOOK_SECRET = `whsec_${Buffer.from("a secret of 24 bytes, no").toString("base64")}`;
const CHANNELS = {
  topic: TOPIC,
  teams:
    "https://prod-12.westeurope.logic.azure.com/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=a-secret-signature",
  webhook: { url: "https://hooks.contoso.example/keymend", secrets: [WEBHOOK_SECRET] },
  mail: {
    endpoint: "https://contoso.communication.azure.com/",
    from: "keymend@contoso.example",
    to: ["ada@contoso.example", "bob@contoso.example"],
  },
  link: "https://keymend.contoso.example/#{id}",
};
const MINUTE = 60_000;

export type Sandbox = {
  world: World;
  azure: Azure;
  estate: Estate;
  clientsOf: (name: IdentityName) => Clients;
  /** Those that read. */
  clients: Clients;
  channels: ReturnType<typeof createChannels>;
  /** The estate's patient of that kind and permission model. */
  patient: (kind: Patient["kind"], access: Patient["access"]) => Patient;
  /** Moves time on, running what is due. */
  pass: (minutes: number) => Promise<void>;
  /** Submits and polls, a minute of Azure's time between two polls, until it has ended. */
  carryOut: (step: StepDraft) => Promise<Exclude<StepResult, { kind: "submitted" }> | { kind: "failed"; code: string; detail: string }>;
  /** What Keymend has written, as `IDENTITY METHOD action status`. */
  writes: () => string[];
  close: () => Promise<void>;
};

export async function startSandbox(): Promise<Sandbox> {
  const clock = new Clock(Date.now());
  const world = createWorld({
    clock,
    random: createRandom(7),
    tenantId: "7e9a0000-0000-4000-8000-000000000001",
    subscriptionId: SUBSCRIPTION,
    switches: {},
  });
  const azure = createAzure(world, { deliver: async () => 200 });
  const estate = buildEstate(world);
  estate.supportCaller = addSupportCaller(world);
  azure.start();
  const dir = await mkdtemp(join(tmpdir(), "keymend-contract-"));
  const network = await startNetwork(azure, { dir });
  const credentialOf = ({ principalId }: { principalId: string }) => ({
    getToken: async (scopes: string | string[]) => ({
      token: await azure.tokens.issue(world.principals.get(principalId)!, String([scopes].flat()[0]).replace(/\/\.default$/, "")),
      // The clients live by the machine's clock, which stands still beside the sandbox's: a fresh token each time.
      expiresOnTimestamp: Date.now() + 1000,
    }),
  });
  const credential = credentialOf(estate.keymend.observe);
  const { hostname, port } = new URL(network.proxyUrl);
  // Behind a proxy the SDKs take no certificates of their own: the process must trust the sandbox's.
  setDefaultCACertificates([...getCACertificates("bundled"), await readFile(network.caFile, "utf8")]);
  const pipelineOptions = {
    proxyOptions: { host: `http://${hostname}`, port: Number(port) },
    httpClient: createHttpClient(createAzureClock(() => Date.now())),
  };
  const credentials = Object.fromEntries(
    Object.entries(identitiesOf(estate)).map(([capability, identity]) => [capability, credentialOf(identity)]),
  );
  const clientsOf = createClientsOf({ credentials, subscriptionIds: [SUBSCRIPTION], pipelineOptions });
  const writer = createStepWriter(clientsOf);
  const passMinutes = (minutes: number): Promise<void> => pass(world, minutes * MINUTE);
  return {
    world,
    azure,
    estate,
    clientsOf,
    clients: clientsOf("observe"),
    channels: createChannels({
      ...CHANNELS,
      credential,
      pipelineOptions: { proxyOptions: pipelineOptions.proxyOptions },
      now: () => new Date(clock.now()),
    }),
    pass: passMinutes,
    patient: (kind, access) => {
      const found = estate.patients.find((patient) => patient.kind === kind && patient.access === access);
      if (found === undefined) throw new Error(`the estate has no ${kind} on ${access}`);
      return found;
    },
    carryOut: async (step) => {
      const result = await writer.submit(step);
      if (result.kind !== "submitted") return result;
      for (let polls = 0; polls < 60; polls++) {
        const state = await writer.poll(result.poller);
        if (state.kind === "failed") return state;
        if (state.kind === "succeeded") return { kind: "done", detail: "Azure says so" };
        await passMinutes(1);
      }
      throw new Error(`${step.name} has not ended within an hour`);
    },
    writes: () =>
      world.writes.filter(({ keymend }) => keymend).map(({ caller, method, action, status }) => `${caller} ${method} ${action} ${status}`),
    close: async () => {
      await network.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Takes away all that Keymend's identities have but this, at the subscription; the same again changes nothing but what is left. */
export function leaveOnly({ world, estate }: Sandbox, left: Partial<Record<Capability, Permission>>): void {
  for (const capability of CAPABILITIES) {
    const { principalId } = estate.keymend[capability];
    const roleName = `Left of ${capability}`;
    const known = [...world.roleDefinitions.values()].find((role) => role.roleName === roleName);
    const role = known ?? addCustomRole(world, { roleName });
    const { actions, dataActions } = left[capability] ?? { actions: [], dataActions: [] };
    role.permissions = [{ actions: [...actions], notActions: [], dataActions: [...dataActions], notDataActions: [] }];
    if (known === undefined) assignRole(world, { principalId, role: role.name, scope: `/subscriptions/${world.subscriptionId}` });
    for (const [id, assignment] of world.roleAssignments)
      if (assignment.principalId === principalId && !assignment.roleDefinitionId.endsWith(role.name)) world.roleAssignments.delete(id);
  }
}

/** The same without one of it, for each that there is. */
export const withoutEach = ({ actions, dataActions }: Permission): { action: string; left: Permission }[] => [
  ...actions.map((action) => ({ action, left: { actions: actions.filter((other) => other !== action), dataActions } })),
  ...dataActions.map((action) => ({ action, left: { actions, dataActions: dataActions.filter((other) => other !== action) } })),
];
