// The Azure CLI itself against the sandbox. Needs `az` on PATH; takes most of a minute, since az polls an account's update every 30 s.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAzure } from "../../sandbox/azure/azure.ts";
import { createWorld, type World } from "../../sandbox/azure/world.ts";
import { Clock } from "../../sandbox/time/clock.ts";
import { buildEstate, type Estate } from "../../sandbox/estate/estate.ts";
import { startNetwork, type Network } from "../../sandbox/network/proxy.ts";
import { createRandom } from "../../sandbox/time/random.ts";
import { azEnvironment, azProblem } from "../support/az.ts";
import { SUBSCRIPTION, TENANT } from "./azure/pipeline.ts";

/** Virtual milliseconds per real one: an update of a minute ends before az asks for the first time. */
const SPEED = 60;
const TICK_MS = 25;

type Sandbox = { world: World; estate: Estate; network: Network; dir: string; timer: NodeJS.Timeout };
let sandbox: Sandbox;

const az = (...args: string[]): Promise<unknown> => azWith("azure", args);

/** az with a configuration of its own, where it also caches tokens; its JSON, or the error it printed. */
function azWith(config: string, args: string[]): Promise<unknown> {
  const env = azEnvironment(sandbox.network, sandbox.dir, config);
  return new Promise((resolve, reject) => {
    execFile("az", [...args, "--output", "json"], { env }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr || error.message));
      else resolve(stdout.trim() === "" ? null : JSON.parse(stdout));
    });
  });
}

function login(config: string, username: string, password: string): Promise<unknown> {
  return azWith(config, ["login", "--service-principal", "--username", username, "--password", password, "--tenant", TENANT]);
}

describe.skipIf(azProblem !== undefined)("the Azure CLI", () => {
  beforeAll(async () => {
    const clock = new Clock(Date.now());
    const world = createWorld({ clock, random: createRandom(7), tenantId: TENANT, subscriptionId: SUBSCRIPTION, switches: {} });
    const azure = createAzure(world, { deliver: async () => 200 });
    const estate = buildEstate(world);
    const dir = await mkdtemp(join(tmpdir(), "az-"));
    const network = await startNetwork(azure, { dir });
    clock.run(SPEED);
    sandbox = { world, estate, network, dir, timer: setInterval(() => void clock.runDue(), TICK_MS) };
    await login("azure", estate.operator.appid, estate.operator.secret!);
  });

  afterAll(async () => {
    clearInterval(sandbox.timer);
    await sandbox.network.close();
    await rm(sandbox.dir, { recursive: true });
  });

  const firstAccount = () => [...sandbox.world.accounts.values()][0]!;
  const groupOf = (id: string): string => id.split("/")[4]!;

  test("logs in as a service principal and sees the subscription", async () => {
    await expect(az("account", "list")).resolves.toMatchObject([{ id: SUBSCRIPTION, tenantId: TENANT, state: "Enabled" }]);
  });

  test("refuses a wrong secret with AADSTS7000215", async () => {
    await expect(login("stranger", sandbox.estate.operator.appid, "wrong")).rejects.toThrow("AADSTS7000215");
  });

  test("lists, shows and updates Cosmos DB accounts", async () => {
    const { name, id, keyVaultKeyUri } = firstAccount();
    const where = ["--name", name, "--resource-group", groupOf(id)];

    await expect(az("cosmosdb", "list", "--query", "length(@)")).resolves.toBe(sandbox.world.accounts.size);
    await expect(az("cosmosdb", "show", ...where)).resolves.toMatchObject({ name, keyVaultKeyUri });
    await expect(az("cosmosdb", "update", ...where, "--tags", "team=orders")).resolves.toMatchObject({ name, tags: { team: "orders" } });
  });

  test("makes, lists and removes a role assignment", async () => {
    const assignee = sandbox.estate.reader.appid;
    const scope = sandbox.estate.patients[0]!.vault.id;
    const which = ["--assignee", assignee, "--scope", scope, "--role", "Key Vault Reader"];

    await expect(az("role", "assignment", "create", ...which)).resolves.toMatchObject({ scope, principalId: sandbox.estate.reader.oid });
    await expect(az("role", "assignment", "list", "--assignee", assignee, "--scope", scope)).resolves.toMatchObject([
      { principalName: assignee, roleDefinitionName: "Key Vault Reader", scope },
    ]);
    await az("role", "assignment", "delete", ...which);
    await expect(az("role", "assignment", "list", "--assignee", assignee, "--scope", scope)).resolves.toEqual([]);
  });

  test("disables and enables a key on the data plane", async () => {
    const { vault, keyName } = sandbox.estate.patients[0]!;
    const set = (enabled: boolean) =>
      az(
        "keyvault",
        "key",
        "set-attributes",
        "--vault-name",
        vault.name,
        "--name",
        keyName,
        "--enabled",
        String(enabled),
        "--query",
        "attributes.enabled",
      );

    await expect(set(false)).resolves.toBe(false);
    await expect(set(true)).resolves.toBe(true);
  });

  test("asks anything else with az rest", async () => {
    const { vault } = sandbox.estate.patients[0]!;

    await expect(az("rest", "--method", "get", "--url", `${vault.id}?api-version=2026-02-01`)).resolves.toMatchObject({ name: vault.name });
  });
});
