/** The program's own interfaces, as a stranger meets them: flags, output, exit codes, signals, and the addresses that it prints. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpMethods,
} from "@azure/core-rest-pipeline";
import { ClientSecretCredential } from "@azure/identity";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ended, type Program, sandbox, start } from "./processes.ts";

type Json = Record<string, unknown>;

const lastLine = ({ out }: Ended): Json => JSON.parse(out.trim().split("\n").at(-1)!) as Json;

describe("--list", () => {
  test("as JSON names every story with its kinds, phases, causes and outcomes, and nothing else", async () => {
    const { code, out, err } = await start("npm", ["start", "--silent", "--", "--list", "--json"]).ended();
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const stories = JSON.parse(out) as Json[];
    expect(stories.map(({ story }) => story)).toContain("role-removed");
    for (const story of stories) {
      expect(Object.keys(story)).toEqual(["story", "kinds", "phases", "causes", "outcome"]);
      expect(story["kinds"]).toEqual(expect.arrayContaining([expect.stringMatching(/^(account|cluster)$/)]));
      expect(story["phases"]).toEqual(expect.arrayContaining([expect.stringMatching(/^(grace|revoked)$/)]));
      expect(story["causes"]).toBeInstanceOf(Array);
      expect(story["outcome"]).toEqual({ grace: expect.any(String), revoked: expect.any(String) });
    }
  });

  test("for people tells each in a sentence", async () => {
    const { code, out } = await sandbox(["play", "--list"]).ended();
    expect(code).toBe(0);
    expect(out).toContain("somebody removes the role assignment");
  });
});

describe("a command that can't be carried out", () => {
  test.concurrent.for<[string[], string]>([
    [["play", "--story", "role-remved", "--once"], "role-removed"],
    [["play", "--storey", "role-removed"], "--story"],
    [["play", "--story"], "--story"],
    [["play", "--seed", "seven"], "--seed"],
    [["play", "--seed", "-1"], "--seed"],
    [["play", "--kind", "vault"], "account, cluster"],
    [["play", "--phase", "broken"], "grace, revoked"],
    [["play", "--mode", "repair"], "observe, approve, heal"],
    [["role-removed"], "--story"],
    [["serve", "--story", "role-removed"], "--mode"],
    [["serve", "--seed", "1.5"], "--seed"],
  ])("%j is refused with exit 2 and a word of help, and says nothing on stdout", async ([args, help], it) => {
    const program = sandbox(args);
    const { code, out, err } = await program.ended();
    it.expect({ code, out }).toEqual({ code: 2, out: "" });
    it.expect(err).toContain(help);
    it.expect(err).not.toMatch(/^ {4}at /m);
    it.expect(await program.leftovers()).toEqual([]);
  });

  test("an app that does not start ends it with exit 1, nothing on stdout and nothing left behind", async () => {
    const program = sandbox(["play", "--once", "--json"], { SANDBOX_BUNDLE: "/nowhere/main.mjs" });
    const { code, out, err } = await program.ended();
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("/nowhere/main.mjs");
    expect(await program.leftovers()).toEqual([]);
  });
});

const PLAY = ["--story", "role-removed", "--once", "--json", "--kind", "account", "--phase", "grace"];

describe("--once --json", () => {
  let first: Ended;
  let again: Ended;
  let other: Ended;
  let left: string[];
  beforeAll(async () => {
    const through = start("npm", ["start", "--silent", "--", ...PLAY, "--seed", "5"]);
    [first, again, other] = await Promise.all([
      through.ended(),
      sandbox(["play", ...PLAY, "--seed", "5"]).ended(),
      sandbox([...PLAY, "--seed", "6"]).ended(),
    ]);
    left = await through.leftovers();
  });

  test("ends with 0 and one JSON object on the last line of stdout, with just these members", () => {
    expect(first.code).toBe(0);
    const result = lastLine(first);
    const members = ["story", "targets", "causes", "steps", "writes", "outcome", "reason", "outage", "virtual", "wallMs", "auditRows"];
    expect(Object.keys(result)).toEqual(members);
    expect(result).toMatchObject({
      story: "role-removed",
      causes: ["AccessMissing"],
      outcome: "OutageAvoided",
      reason: null,
      outage: false,
      writes: 1,
    });
    for (const target of result["targets"] as Json[]) {
      expect(target).toEqual({
        id: expect.stringMatching(/^\/subscriptions\//),
        kind: "account",
        phaseBefore: "inGrace",
        phaseAfter: "healthy",
      });
    }
    const duration = expect.stringMatching(/^PT(\d+H)?(\d+M)?(\d+(\.\d+)?S)?$/) as unknown;
    expect(result["virtual"]).toEqual({ detected: duration, fixed: duration, healthy: duration });
    expect([typeof result["wallMs"], typeof result["auditRows"]]).toEqual(["number", "number"]);
  });

  test("leaves no process and no file behind", () => {
    expect(left).toEqual([]);
  });

  test("tells the story to people on stderr meanwhile", () => {
    expect(first.err).toMatch(/^ 00:00:00 {2}break/m);
    expect(first.out.trim().split("\n")).toHaveLength(1);
  });

  test("tells the same with the same seed, and with another the same at other times", () => {
    const told = (run: Ended): Json => ({ ...lastLine(run), wallMs: 0 });
    expect(told(again)).toEqual(told(first));
    expect(told(other)["virtual"]).not.toEqual(told(first)["virtual"]);
    expect({ ...told(other), virtual: null, auditRows: 0 }).toEqual({ ...told(first), virtual: null, auditRows: 0 });
  });

  test("ends with 1 where another outcome came than the story expects, and says which", async () => {
    const run = await sandbox([...PLAY, "--mode", "observe"]).ended();
    expect(run.code).toBe(1);
    expect(lastLine(run)).toMatchObject({ outcome: "Observed", writes: 0, steps: [] });
    expect(run.err).toMatch(/NOT AS EXPECTED.*Observed.*OutageAvoided/);
  });

  test.concurrent.for<[string, number, number]>([
    ["twice at once, as it starts", 0, 0],
    ["twice, a moment apart, as it starts", 0, 50],
    ["twice, a moment apart, as it plays", 4000, 5],
  ])("stopped %s ends with 130, no result and nothing left behind", async ([, after, gap], it) => {
    const program = sandbox(["play", "--story", "role-removed"]);
    await program.firstLine();
    await sleep(after);
    program.child.kill("SIGINT");
    await sleep(gap);
    program.child.kill("SIGINT");
    // Two signals may reach a busy process as one: then it ends in good order.
    it.expect(await program.ended()).toMatchObject({ code: it.expect.toBeOneOf([0, 130]) as unknown, signal: null });
    it.expect(await program.leftovers()).toEqual([]);
  });
});

type Where = {
  proxyUrl: string;
  caFile: string;
  hostUrl: string;
  controlUrl: string;
  tableConnectionString: string;
  tenantId: string;
  subscriptionId: string;
  apiAudience: string;
  credentials: Record<"operator" | "reader" | "approver", { clientId: string; clientSecret: string }>;
  estate: string[];
};

describe("serve --json", () => {
  let programs: Program[];
  let [here, there]: Where[] = [];
  beforeAll(async () => {
    programs = [
      start("npm", ["run", "--silent", "sandbox", "--", "--json"]),
      sandbox(["serve", "--json", "--seed", "42", "--mode", "approve"]),
    ];
    [here, there] = await Promise.all(programs.map(async (program) => JSON.parse(await program.firstLine()) as Where));
    // What NODE_EXTRA_CA_CERTS does for a process of its own.
    setDefaultCACertificates([...getCACertificates("default"), ...[here!, there!].map(({ caFile }) => readFileSync(caFile, "utf8"))]);
  });
  afterAll(() =>
    programs.forEach(({ child }) => child.exitCode === null && child.signalCode === null && process.kill(-child.pid!, "SIGKILL")),
  );

  const http = createDefaultHttpClient();
  const through = ({ proxyUrl }: Where) => ({
    proxyOptions: { host: proxyUrl.replace(/:\d+$/, ""), port: Number(new URL(proxyUrl).port) },
  });

  async function azure(where: Where, method: HttpMethods, url: string, token?: string): Promise<{ status: number; body: Json }> {
    const pipeline = createPipelineFromOptions({ ...through(where), retryOptions: { maxRetries: 0 } });
    const headers = createHttpHeaders(token === undefined ? {} : { authorization: `Bearer ${token}` });
    const { status, bodyAsText } = await pipeline.sendRequest(http, createPipelineRequest({ url, method, headers }));
    return { status, body: bodyAsText ? (JSON.parse(bodyAsText) as Json) : {} };
  }

  const credentialOf = (
    where: Where,
    who: keyof Where["credentials"],
    secret = where.credentials[who].clientSecret,
  ): ClientSecretCredential =>
    new ClientSecretCredential(where.tenantId, where.credentials[who].clientId, secret, {
      ...through(where),
      retryOptions: { maxRetries: 0 },
    });

  const control = async (where: Where, method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> => {
    const response = await fetch(`${where.controlUrl}${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Json) };
  };

  test("says on its first line where everything is, with just these members", () => {
    for (const where of [here!, there!]) {
      expect(Object.keys(where)).toEqual([
        "proxyUrl",
        "caFile",
        "hostUrl",
        "controlUrl",
        "tableConnectionString",
        "tenantId",
        "subscriptionId",
        "apiAudience",
        "credentials",
        "estate",
      ]);
      expect(Object.keys(where.credentials)).toEqual(["operator", "reader", "approver"]);
      for (const credential of Object.values(where.credentials)) expect(Object.keys(credential)).toEqual(["clientId", "clientSecret"]);
      const of = (type: string): string[] => where.estate.filter((id) => id.toLowerCase().includes(`/${type}/`));
      expect([of("databaseaccounts").length, of("mongoclusters").length, of("vaults").length]).toSatisfy((counts: number[]) =>
        counts.every((count) => count >= 2),
      );
    }
  });

  test.for(["operator", "reader", "approver"] as const)(
    "%s gets a token for each of the three scopes, by an ordinary client",
    async (who) => {
      const { clientId, clientSecret } = here!.credentials[who];
      const { hostname, port } = new URL(here!.proxyUrl);
      const credential = new ClientSecretCredential(here!.tenantId, clientId, clientSecret, {
        proxyOptions: { host: `http://${hostname}`, port: Number(port) },
        tlsOptions: { ca: readFileSync(here!.caFile, "utf8") },
      });
      const scopes = ["https://management.azure.com/.default", "https://vault.azure.net/.default", `${here!.apiAudience}/.default`];
      const [arm, vault, api] = await Promise.all(scopes.map(async (scope) => (await credential.getToken(scope)).token));
      const account = here!.estate.find((id) => id.includes("/databaseAccounts/"));
      const read = await azure(here!, "GET", `https://management.azure.com${account}?api-version=2025-04-15`, arm);
      expect(read.status).toBe(who === "approver" ? 403 : 200);
      const key = "https://kv-orders.vault.azure.net/keys/cmk-orders?api-version=2025-07-01";
      expect((await azure(here!, "GET", key, vault)).status).toBe(who === "operator" ? 200 : 403);
      const incidents = await fetch(`${here!.hostUrl}/api/incidents`, { headers: { authorization: `Bearer ${api}` } });
      expect(incidents.status).toBe(200);
    },
  );

  test("a wrong secret gets no token, and a host that is not Azure's no answer", async () => {
    const wrong = credentialOf(here!, "reader", "guessed");
    await expect(wrong.getToken("https://management.azure.com/.default")).rejects.toThrow("AADSTS7000215");
    await expect(azure(here!, "GET", "https://example.com/")).rejects.toThrow();
  });

  test("the clock tells and moves the virtual time, and refuses what is no duration", async () => {
    const before = (await control(here!, "GET", "/clock")).body;
    expect(before).toEqual({ now: expect.any(String), speed: 1 });
    const after = await control(here!, "POST", "/clock/advance", { by: "PT1H" });
    const moved = Date.parse(String(after.body["now"])) - Date.parse(String(before["now"]));
    expect(after.status).toBe(200);
    expect(moved).toBeGreaterThanOrEqual(3_600_000);
    for (const body of [undefined, {}, { by: 3600 }, { by: "1h" }, { by: "P1M" }, { by: "-PT1H" }]) {
      const refused = await control(here!, "POST", "/clock/advance", body);
      expect(refused).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining("by") } } });
    }
  });

  test("a fault is armed, refused with a reason where it is none, and disarmed", async () => {
    const fault = { match: { caller: "keymend", path: "/nowhere/" }, fault: { kind: "status", status: 503 } };
    expect(await control(here!, "POST", "/faults", fault)).toEqual({ status: 201, body: { armed: 1 } });
    expect((await control(here!, "POST", "/faults", { fault: { kind: "flood" } })).body).toMatchObject({
      error: { message: expect.stringContaining("fault.kind") },
    });
    expect((await control(here!, "POST", "/faults", { fault: { kind: "status" } })).status).toBe(400);
    expect((await control(here!, "DELETE", "/faults")).status).toBe(204);
    expect((await control(here!, "GET", "/nothing")).status).toBe(404);
  });

  test("what somebody breaks is mended, and shows in /writes and /events of this sandbox and no other", async () => {
    // What Keymend gives back unasked it must have seen before: a sweep first, whichever test of this sandbox runs first.
    await control(here!, "POST", "/clock/advance", { by: "PT10M" });
    const { token } = await credentialOf(here!, "operator").getToken("https://management.azure.com/.default");
    const vault = here!.estate.find((id) => id.endsWith("/vaults/kv-orders"))!;
    const at = `https://management.azure.com${vault}/providers/Microsoft.Authorization/roleAssignments`;
    const listed = await azure(here!, "GET", `${at}?api-version=2022-04-01&$filter=atScope()`, token);
    const grants = (listed.body["value"] as { id: string; properties: { scope: string; roleDefinitionId: string } }[]).filter(
      ({ properties }) => properties.roleDefinitionId.endsWith("e147488a-f6f5-4113-8e2d-b22465e65bf6") && properties.scope === vault,
    );
    expect(grants).toHaveLength(1);
    expect((await azure(here!, "DELETE", `https://management.azure.com${grants[0]!.id}?api-version=2022-04-01`, token)).status).toBe(200);
    await control(here!, "POST", "/clock/advance", { by: "PT15M" });
    const writes = (await control(here!, "GET", "/writes")).body as unknown as Json[];
    expect(writes.map(({ caller, method, status }) => [caller, method, status])).toEqual([
      ["operator", "DELETE", 200],
      [expect.stringContaining("keymend"), "PUT", 201],
    ]);
    expect(writes.map(({ keymend }) => keymend)).toEqual([false, true]);
    const events = (await control(here!, "GET", "/events")).body as unknown as Json[];
    expect(events).toContainEqual(
      expect.objectContaining({ eventType: "Microsoft.Resources.ResourceDeleteSuccess", functionName: "onResourceEvent", status: 202 }),
    );
    expect((await control(there!, "GET", "/writes")).body).toEqual([]);
    expect((await control(there!, "GET", "/events")).body).toEqual([]);
  });
});

describe("the end of a sandbox leaves no process and no file", () => {
  const serve = ["serve", "--json"];

  test.concurrent.for<[string, (program: Program) => void, number | null]>([
    ["on SIGTERM", ({ child }) => child.kill("SIGTERM"), 0],
    ["when it is killed outright", ({ child }) => child.kill("SIGKILL"), null],
  ])("%s", async ([, end, code], it) => {
    const program = sandbox(serve);
    await program.firstLine();
    end(program);
    it.expect((await program.ended()).code).toBe(code);
    it.expect(await program.leftovers()).toEqual([]);
  });

  test.concurrent.for<[string, (program: Program) => void]>([
    ["on Ctrl-C in npm's terminal", ({ child }) => process.kill(-child.pid!, "SIGINT")],
    ["when npm is told to stop", ({ child }) => child.kill("SIGTERM")],
    ["when npm is killed", ({ child }) => child.kill("SIGKILL")],
  ])("%s", async ([, end], it) => {
    const program = start("npm", ["run", "--silent", "sandbox", "--", "--json"]);
    await program.firstLine();
    end(program);
    it.expect(await program.leftovers()).toEqual([]);
  });
});
