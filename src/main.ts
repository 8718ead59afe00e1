/** The entry: registers the functions. What they do is put together (composition.ts) when the first of them is called. Nothing imports it. */
import { app, type HttpRequest, type InvocationContext } from "@azure/functions";
import * as df from "durable-functions";
import { type Route, type RouteName, ROUTES } from "./api/routes.ts";
import type * as composed from "./composition.ts";
import { config } from "./environment.ts";
import { createDashboard } from "./functions/dashboard.ts";
import { createLog, type Log } from "./log.ts";
import { healVault } from "./orchestrations/heal-vault.ts";
import { ACTIVITIES, HEAL_VAULT } from "./orchestrations/names.ts";

type Composition = typeof composed;

let composition: Promise<Composition> | undefined;
const compose = (): Promise<Composition> => (composition ??= import("./composition.ts"));
app.hook.appTerminate(async () => (await composition)?.flush());

for (const name of ACTIVITIES)
  df.app.activity(name, { handler: async (input, context: InvocationContext) => (await compose()).perform(name, input, context) });
df.app.orchestration(HEAL_VAULT, healVault);

const client = df.input.durableClient();

/** Does its own first, and then what is overdue. */
async function alsoOverdue<T>(
  context: InvocationContext,
  work: (all: Composition, client: df.DurableClient, log: Log) => Promise<T>,
): Promise<T> {
  const [durable, log, all] = [df.getClient(context), createLog(context), await compose()];
  const answer = await work(all, durable, log);
  await all.overdueSweep(durable, log);
  return answer;
}

for (const name of ["onKeyVaultEvent", "onResourceEvent"]) {
  app.eventGrid(name, {
    extraInputs: [client],
    handler: (event, context) => alsoOverdue(context, (all, durable, log) => all.onEvent(event, durable, log)),
  });
}

// The schedules as read, defaults and all: `%NAME%` would be looked up by the host, which knows no default.
function timer(name: keyof typeof config.schedules, work: (context: InvocationContext) => Promise<void>): void {
  app.timer(name, { schedule: config.schedules[name], extraInputs: [client], handler: (_, context) => work(context) });
}
timer("sweep", async (context) => (await compose()).sweep(df.getClient(context), createLog(context)));
timer("recheck", (context) => alsoOverdue(context, (all, durable, log) => all.recheck(durable, log)));
timer("housekeeping", (context) => alsoOverdue(context, (all, durable, log) => all.housekeeping(durable, log)));

/** The app verifies tokens itself, so the host asks for no key. */
function serve(name: RouteName, { method, path: route }: Route): void {
  app.http(name, {
    methods: [method],
    authLevel: "anonymous",
    route,
    extraInputs: [client],
    handler: (request: HttpRequest, context: InvocationContext) =>
      alsoOverdue(context, (all, durable, log) => all.serve(name, { request, client: durable, log })),
  });
}
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names are those of the record
for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) serve(name, route);

app.http("dashboard", createDashboard({ ...config.dashboard, tenantId: config.tenantId, folder: new URL("dashboard/", import.meta.url) }));
