/** `keymend` as it ships, against a deployment: a process of its own, by the environment's credential, each role's way through a repair that asks. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { createDefaultHttpClient, createHttpHeaders, createPipelineFromOptions, createPipelineRequest } from "@azure/core-rest-pipeline";
import { ClientSecretCredential } from "@azure/identity";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ended, type Program, sandbox, start } from "./processes.ts";

type Json = Record<string, unknown>;
type Where = {
  proxyUrl: string;
  caFile: string;
  hostUrl: string;
  controlUrl: string;
  tenantId: string;
  apiAudience: string;
  credentials: Record<Who, { clientId: string; clientSecret: string }>;
  estate: string[];
};
type Who = "operator" | "reader" | "approver";

let program: Program;
let where: Where;

beforeAll(async () => {
  program = sandbox(["serve", "--json", "--mode", "approve"]);
  where = JSON.parse(await program.firstLine()) as Where;
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(where.caFile, "utf8")]);
});
afterAll(() => {
  if (program.child.exitCode === null) process.kill(-program.child.pid!, "SIGKILL");
});

function keymend(who: Who | null, ...args: string[]): Promise<Ended> {
  const credential = who === null ? { clientId: "", clientSecret: "" } : where.credentials[who];
  return start(process.execPath, ["dist/keymend.mjs", ...args], {
    KEYMEND_URL: where.hostUrl,
    KEYMEND_AUDIENCE: where.apiAudience,
    HTTPS_PROXY: where.proxyUrl,
    NO_PROXY: "127.0.0.1",
    NODE_EXTRA_CA_CERTS: where.caFile,
    AZURE_TENANT_ID: where.tenantId,
    AZURE_CLIENT_ID: credential.clientId,
    AZURE_CLIENT_SECRET: credential.clientSecret,
  }).ended();
}

const parsed = ({ out }: Ended): Json => JSON.parse(out) as Json;
const advance = (by: string): Promise<Response> =>
  fetch(`${where.controlUrl}/clock/advance`, { method: "POST", body: JSON.stringify({ by }) });

/** Takes the grant of kv-orders away, as somebody with the right to would. */
async function breakOrders(vault: string): Promise<void> {
  const { clientId, clientSecret } = where.credentials.operator;
  const proxyOptions = { host: where.proxyUrl.replace(/:\d+$/, ""), port: Number(new URL(where.proxyUrl).port) };
  const { token } = await new ClientSecretCredential(where.tenantId, clientId, clientSecret, { proxyOptions }).getToken(
    "https://management.azure.com/.default",
  );
  const pipeline = createPipelineFromOptions({ proxyOptions });
  const headers = createHttpHeaders({ authorization: `Bearer ${token}` });
  const send = async (method: "GET" | "DELETE", path: string): Promise<Json> => {
    const url = `https://management.azure.com${path}${path.includes("?") ? "&" : "?"}api-version=2022-04-01`;
    const { bodyAsText } = await pipeline.sendRequest(createDefaultHttpClient(), createPipelineRequest({ url, method, headers }));
    return JSON.parse(bodyAsText ?? "{}") as Json;
  };
  const { value } = await send("GET", `${vault}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()`);
  const grants = (value as { id: string; properties: { scope: string; roleDefinitionId: string } }[]).filter(
    ({ properties }) => properties.scope === vault && properties.roleDefinitionId.endsWith("e147488a-f6f5-4113-8e2d-b22465e65bf6"),
  );
  expect(grants).toHaveLength(1);
  await send("DELETE", grants[0]!.id);
}

// When the service looks at its key depends on the time of day here: what is mended was an outage or none.
test("a repair that asks is seen, decided, followed, proven and taken along, each by the role that may", async () => {
  const vault = where.estate.find((id) => id.endsWith("/vaults/kv-orders"))!;
  await advance("PT10M");
  await breakOrders(vault);
  await advance("PT5M");

  const [listed, lost] = await Promise.all([
    keymend("reader", "incidents", "--state", "waiting", "--json"),
    keymend("reader", "databases", "--vault", vault),
  ]);
  const [{ id }] = parsed(listed)["value"] as [{ id: string }];
  expect(lost).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/^(inGrace|revoked) +orders /m) as string });
  const shown = await keymend("reader", "incident", id);
  expect(shown).toMatchObject({ code: 0, err: "" });
  expect(shown.out).toMatch(/AccessMissing[^]*RestoreRoleAssignment on kv-orders[^]*waitsForApproval[^]*Timeline/);

  const [notMine, nobodyAsked] = await Promise.all([
    keymend("reader", "approve", id, "--reason", "fine", "--yes"),
    keymend("approver", "approve", id, "--reason", "fine"),
  ]);
  expect(notMine).toMatchObject({ code: 3, out: "", err: expect.stringContaining("This needs the app role Keymend.Approver") as string });
  expect(nobodyAsked).toMatchObject({ code: 64, err: expect.stringContaining("--yes") as string });
  expect((await keymend("approver", "approve", id, "--reason", "checked with the owner", "--yes")).code).toBe(0);
  const following = keymend("reader", "incident", id, "--follow");
  await advance("PT2H");
  expect(await following).toMatchObject({ code: 0, out: expect.stringMatching(/ended as (OutageAvoided|Healed)/) as string });

  const file = join(program.folder, "bundle.json");
  const [holds, bundle] = await Promise.all([keymend("reader", "audit", "verify", id), keymend("reader", "support", id, "--out", "-")]);
  expect(holds).toMatchObject({ code: 0, out: expect.stringMatching(/^holds/) as string });
  writeFileSync(file, bundle.out);
  expect(parsed(bundle)).toMatchObject({
    incident: { id, state: "closed" },
    diagnosisNow: { vaultId: vault },
    writing: { writes: true },
  });
  expect(await keymend(null, "audit", "verify", "--file", file)).toMatchObject({ code: 0, out: expect.stringMatching(/^holds/) as string });
});

test("an operator pauses, resumes, rehearses and looks; a wrong secret is told without a stack", async () => {
  const vault = where.estate.find((id) => id.endsWith("/vaults/kv-orders"))!;
  expect(await keymend("operator", "pause", "--reason", "a move", "--until", "PT1H")).toMatchObject({
    code: 0,
    out: expect.stringContaining("a move") as string,
  });
  expect(await keymend("operator", "resume", "--reason", "done")).toMatchObject({ code: 0, out: "Keymend writes\n" });
  const check = [
    "operations",
    "start",
    "check-requirements",
    "--kind",
    "account",
    "--vault",
    vault,
    "--key",
    "cmk-orders",
    "--reason",
    "planned",
  ];
  const [rehearsed, looked, nobody] = await Promise.all([
    keymend("operator", ...check, "--dry-run"),
    keymend("operator", "heal", vault, "--reason", "the pager rang", "--json"),
    keymend(null, "incidents"),
  ]);
  expect(rehearsed).toMatchObject({ err: "", out: expect.stringMatching(/rehearsed[^]*Requirements[^]*ok {2}/) as string });
  expect(parsed(looked)).toMatchObject({ vaultId: vault });
  expect(nobody).toMatchObject({ code: 3, out: "", err: expect.stringMatching(/No token for api:[^]*az login/) as string });
  expect(nobody.err).not.toMatch(/^ {4}at /m);
});
