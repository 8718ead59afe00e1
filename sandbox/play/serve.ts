/** `npm run sandbox`: Azure, the host and the app, no story; says where everything is and serves until a signal. */
import { startControl } from "../running/control.ts";
import { type Sandbox, startSandbox } from "../running/sandbox.ts";
import { growEstate, type Size } from "../estate/estate.ts";
import type { Principal } from "../azure/world.ts";
import type { Mode } from "../running/sandbox.ts";
import { watchLifetime } from "../running/lifetime.ts";

type ServeOptions = { seed: number; mode: Mode; json: boolean; settings: Record<string, string>; size: Size | undefined };

const login = ({ appid, secret }: Principal): { clientId: string; clientSecret: string } => ({
  clientId: appid,
  clientSecret: secret ?? "",
});

function addresses(sandbox: Sandbox, controlUrl: string): object {
  const { world, estate, network } = sandbox;
  return {
    proxyUrl: network.proxyUrl,
    caFile: network.caFile,
    hostUrl: sandbox.hostUrl,
    controlUrl,
    tableConnectionString: sandbox.tableConnectionString,
    tenantId: world.tenantId,
    subscriptionId: world.subscriptionId,
    apiAudience: sandbox.apiAudience,
    credentials: { operator: login(estate.operator), reader: login(estate.reader), approver: login(estate.approver) },
    estate: estate.patients.flatMap(({ vault, identity, databases }) => [vault.id, identity.id, ...databases.map(({ id }) => id)]),
  };
}

/** Ends with 0 once it was told to stop. */
export async function serve({ seed, mode, json, settings, size }: ServeOptions): Promise<number> {
  const lifetime = watchLifetime();
  const failed = Promise.withResolvers<never>();
  // Nobody waits for it until all is up: a failure before that is no crash.
  failed.promise.catch(() => {});
  process.stderr.write(`Keymend sandbox: starting (seed ${seed}, mode ${mode})\n`);
  const sandbox = await startSandbox({
    seed,
    mode,
    start: Date.now(),
    onError: failed.reject,
    settings,
    ...(size ? { arrange: (world, estate) => growEstate(world, estate, size) } : {}),
  });
  const control = await startControl({ world: sandbox.world, azure: sandbox.azure, advance: (ms) => sandbox.time.advance(ms) });
  try {
    await sandbox.time.setSpeed(1);
    const where = addresses(sandbox, control.controlUrl);
    process.stdout.write(json ? `${JSON.stringify(where)}\n` : `${JSON.stringify(where, null, 2)}\n`);
    process.stderr.write(`Keymend sandbox: serving; the dashboard is at ${sandbox.hostUrl}/api/dashboard/; Ctrl-C stops it\n`);
    const why = await Promise.race([lifetime.ended, failed.promise]);
    process.stderr.write(`Keymend sandbox: stopping (${why})\n`);
    return 0;
  } finally {
    await control.close();
    await sandbox.close();
    lifetime.release();
  }
}
