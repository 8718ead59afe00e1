/**
 * What a sandbox stands on: tables, the network that plays Azure, the endpoint for tokens, and the host's process with the app in it.
 * It may serve one sandbox after another, each with an Azure of its own: the app then runs on, as it does in the cloud.
 */
import type { Azure } from "../azure/azure.ts";
import type { World } from "../azure/world.ts";
import type { Tables } from "./azurite.ts";
import { type HostChild, type HostLog, startHost } from "./host-child.ts";
import { type IdentityEndpoint, startIdentityEndpoint } from "../network/identity-endpoint.ts";
import { type LoginDoor, startLoginDoor } from "../network/login-door.ts";
import { type Network, startNetwork } from "../network/proxy.ts";

/** An Azure to answer for; identities: client ids of those that the app has. */
export type Front = { azure: Azure; world: World; identities: string[] };

export type HostOptions = {
  /** Which of the app's hosts it is: 0 of the only one. */
  at: number;
  /** Of the app and its host, beside what is given here; the same again finds the app running. */
  env: Record<string, string>;
  /** Virtual time, ms: not before any that this foundation has seen. */
  now: number;
  stateFile: string;
  /** 0: any. Only a host that is started anew can be given one. */
  port: number;
  /** Of another host than the local one. */
  entry?: string | undefined;
  onLog: (log: HostLog) => void;
};

export type Foundation = {
  readonly tables: Tables;
  readonly network: Network;
  readonly identity: IdentityEndpoint;
  readonly login: LoginDoor;
  /** From now on that one answers. */
  answerWith(front: Front): void;
  openHost(options: HostOptions): Promise<HostChild>;
  /** All but the tables. */
  close(): Promise<void>;
};

/** dir: for the certificate that clients are to trust. */
export async function createFoundation(tables: Tables, options: { dir: string; silenceMs?: number }): Promise<Foundation> {
  let front: Front | undefined;
  const answering = (): Front => {
    if (!front) throw new Error("there is no Azure behind the network yet");
    return front;
  };
  const handle: Azure["handle"] = (request) => answering().azure.handle(request);
  const [network, identity, login] = await Promise.all([
    startNetwork({ handle, resolve: (host) => answering().azure.resolve(host) }, options),
    startIdentityEndpoint(() => {
      const { world, azure, identities } = answering();
      return { world, tokens: azure.tokens, identities };
    }),
    startLoginDoor(handle),
  ]);
  const running = new Map<number, { child: HostChild; settings: string }>();
  return {
    tables,
    network,
    identity,
    login,
    answerWith: (next) => void (front = next),
    async openHost({ at, env, now, stateFile, port, entry, onLog }) {
      const settings = JSON.stringify(env);
      const known = running.get(at);
      if (known?.child.isAlive && known.settings === settings) {
        await known.child.renew(now, stateFile, onLog);
        return known.child;
      }
      await known?.child.stop();
      running.delete(at);
      const own = { SANDBOX_HOST_STATE: stateFile, SANDBOX_HOST_PORT: String(port), SANDBOX_HOST_NOW: new Date(now).toISOString() };
      const child = await startHost({ ...env, ...own }, onLog, entry);
      running.set(at, { child, settings });
      return child;
    },
    async close() {
      await Promise.all([...running.values()].map(({ child }) => child.stop()));
      await Promise.all([network.close(), identity.close(), login.close()]);
    },
  };
}
