/** Azure behind its proxy and nothing else: no app, no host, no tables. For clients that look at it by themselves. */
import { join } from "node:path";
import { setInterval } from "node:timers";
import { type Actor, createActor } from "./actor.ts";
import { type Azure, createAzure } from "../azure/azure.ts";
import { createWorld, type Principal, type Switches, type World } from "../azure/world.ts";
import { buildEstate, type Estate } from "../estate/estate.ts";
import { startNetwork } from "../network/proxy.ts";
import { createTemporaryFolder } from "./temporary.ts";
import { Clock } from "../time/clock.ts";
import { createRandom } from "../time/random.ts";

const TENANT = "72f988bf-0000-4000-8000-2d7cd011db47";
const SUBSCRIPTION = "0b1f6471-0000-4000-8000-5a7e0c0de001";
/** How often what is due is done, wall ms. */
const TICK = 25;

export type AzureAlone = {
  readonly world: World;
  readonly azure: Azure;
  readonly estate: Estate;
  readonly actor: (principal: Principal) => Actor;
  /** Moves time on, doing what is due. */
  readonly pass: (ms: number) => Promise<void>;
  /** Lets time run as it does outside. */
  readonly run: () => void;
  /** What a client's environment is to have, that it comes here with these rights. */
  readonly environmentOf: (principal: Principal) => Record<string, string>;
  readonly close: () => Promise<void>;
};

export type AloneOptions = {
  seed: number;
  start: number;
  switches?: Switches;
  /** Changes the sample estate before anything runs. */
  arrange?: (world: World, estate: Estate) => void;
};

export async function startAzureAlone({ seed, start, switches = {}, arrange = () => {} }: AloneOptions): Promise<AzureAlone> {
  const clock = new Clock(start);
  const world = createWorld({ clock, random: createRandom(seed), tenantId: TENANT, subscriptionId: SUBSCRIPTION, switches });
  const azure = createAzure(world, { deliver: async () => 200 });
  const estate = buildEstate(world);
  arrange(world, estate);
  azure.start();
  const folder = createTemporaryFolder("keymend-azure-");
  const network = await startNetwork(azure, { dir: folder.path });
  const failed: unknown[] = [];
  let ticking: NodeJS.Timeout | undefined;
  return {
    world,
    azure,
    estate,
    actor: (principal) => createActor({ azure, principal, apiAudience: "", hostUrl: () => "https://nowhere.example" }),
    async pass(ms) {
      const end = clock.now() + ms;
      for (let due = clock.nextDue(); due !== undefined && due <= end; due = clock.nextDue()) {
        clock.set(due);
        await clock.runDue();
      }
      clock.set(end);
    },
    run() {
      clock.run(1);
      ticking = setInterval(() => void clock.runDue().catch((error: unknown) => void failed.push(error)), TICK);
    },
    environmentOf: ({ appid, secret = "" }) => ({
      HTTPS_PROXY: network.proxyUrl,
      NODE_EXTRA_CA_CERTS: join(folder.path, "sandbox-ca.pem"),
      AZURE_TENANT_ID: world.tenantId,
      AZURE_CLIENT_ID: appid,
      AZURE_CLIENT_SECRET: secret,
    }),
    async close() {
      clearInterval(ticking);
      await network.close();
      folder.remove();
      if (failed.length > 0) throw failed[0];
    },
  };
}
