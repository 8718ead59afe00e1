import { describe, expect, test } from "vitest";
import { ROLE } from "../../sandbox/azure/authorization/builtin-roles.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { createAuditLog } from "../../src/storage/audit-log.ts";
import { anchorPlace, DAY_MS } from "../support/anchors.ts";
import { useAzurite } from "../support/azurite.ts";

const head = (digit: string): string => digit.repeat(64);
const OWNER = { role: ROLE.storageBlobDataOwner };

describe("an anchor", () => {
  test("is an empty blob whose name says all, locked for as long as was asked", async () => {
    const { anchors, container, world } = anchorPlace(OWNER);
    await anchors.keep("i1", { rows: 3, head: head("a") });
    const [[name, versions]] = [...container.blobs] as [[string, object[]]];
    expect(name).toBe(`i1/00000003-${head("a")}`);
    expect(versions).toMatchObject([{ content: "", policy: { mode: "locked", until: world.clock.now() + 365 * DAY_MS } }]);
  });

  test("is kept once, whoever comes twice", async () => {
    const { anchors, container } = anchorPlace(OWNER);
    for (let time = 0; time < 2; time++) await anchors.keep("i1", { rows: 1, head: head("a") });
    expect([...container.blobs.values()].flat()).toHaveLength(1);
    expect(await anchors.list("i1")).toEqual([{ rows: 1, head: head("a"), isLocked: true }]);
  });

  test("is one incident's, and no other's whose id begins like it", async () => {
    const { anchors } = anchorPlace(OWNER);
    await anchors.keep("i1", { rows: 1, head: head("a") });
    await anchors.keep("i10", { rows: 1, head: head("b") });
    expect(await anchors.list("i1")).toMatchObject([{ head: head("a") }]);
    expect(await anchors.list("none")).toEqual([]);
  });

  test("is listed with the others, page by page", async () => {
    const { anchors } = anchorPlace({ ...OWNER, pageOf: 2 });
    for (const rows of [1, 2, 3]) await anchors.keep("i1", { rows, head: head(String(rows)) });
    expect((await anchors.list("i1")).map(({ rows }) => rows)).toEqual([1, 2, 3]);
  });

  test("stays, deleted or written over by whoever has the same rights", async () => {
    const { anchors, send, container } = anchorPlace(OWNER);
    await anchors.keep("i1", { rows: 1, head: head("a") });
    const [name] = container.blobs.keys();
    expect((await send("DELETE", `/${name!}`)).status).toBe(202);
    expect((await send("PUT", `/${name!}`, { "x-ms-blob-type": "BlockBlob" })).status).toBe(201);
    expect(await anchors.list("i1")).toContainEqual({ rows: 1, head: head("a"), isLocked: true });
    const [first] = container.blobs.get(name!)!;
    const gone = await send("DELETE", `/${name!}?versionid=${first!.versionId}`);
    expect([gone.status, gone.headers["x-ms-error-code"]]).toEqual([409, "BlobImmutableDueToPolicy"]);
  });

  test("that nobody locked is told from one that is", async () => {
    const { anchors, send } = anchorPlace(OWNER);
    await send("PUT", `/i1/00000002-${head("f")}`, { "x-ms-blob-type": "BlockBlob" });
    expect(await anchors.list("i1")).toEqual([{ rows: 2, head: head("f"), isLocked: false }]);
  });

  test.each([
    ["without a role", anchorPlace({})],
    ["in a container that takes no policies", anchorPlace({ ...OWNER, takesPolicies: false })],
  ])("is not kept %s, and that is no success", async (_, { anchors }) => {
    await expect(anchors.keep("i1", { rows: 1, head: head("a") })).rejects.toBeInstanceOf(TransientError);
  });

  test("is kept at another try where the service does not answer", async () => {
    const { anchors, faults, container } = anchorPlace(OWNER);
    faults.arm({ fault: { kind: "status", status: 503, code: "ServerBusy" } });
    await anchors.keep("i1", { rows: 1, head: head("a") });
    expect(container.blobs.size).toBe(1);
    faults.arm({ fault: { kind: "lostAnswer" } });
    await anchors.keep("i1", { rows: 2, head: head("b") });
    expect(await anchors.list("i1")).toHaveLength(2);
  });
});

describe("the audit with anchors", () => {
  const { fresh } = useAzurite();
  const entry = (entryId: string) => ({
    entryId,
    kind: "note",
    what: entryId,
    data: null,
    at: "2026-11-21T10:00:00.000Z",
    actor: "keymend",
  });

  function setUp() {
    const { tables } = fresh();
    const place = anchorPlace(OWNER);
    const noted: string[] = [];
    const audit = createAuditLog(tables, place.anchors, async (went) => void noted.push(went));
    const empty = (): Promise<void> =>
      tables.use("audit", "test", async (client) => {
        for await (const row of client.listEntities()) await client.deleteEntity(row.partitionKey!, row.rowKey!);
      });
    return { audit, empty, place, noted, blind: createAuditLog(tables) };
  }

  test("says how far a locked anchor bears it out", async () => {
    const { audit, blind } = setUp();
    const seal = await audit.append("i1", [entry("a"), entry("b")]);
    await blind.append("i1", [entry("c")]);
    expect(await audit.verify("i1", seal)).toMatchObject({ ok: true, rows: 3, sealed: 2, anchored: 2 });
    expect(await blind.verify("i1", seal)).toMatchObject({ ok: true, rows: 3, anchored: null });
  });

  test("anchors at the next call what was written when the anchor could not be", async () => {
    const { audit, place, noted } = setUp();
    place.faults.arm({ fault: { kind: "status", status: 503, code: "ServerBusy" }, times: 3 });
    await expect(audit.append("i1", [entry("a")])).rejects.toBeInstanceOf(TransientError);
    const seal = await audit.append("i1", [entry("a")]);
    expect(noted).toEqual(["anchorFailed", "anchor"]);
    expect(await audit.verify("i1", seal)).toMatchObject({ ok: true, rows: 1, anchored: 1 });
  });

  test("emptied is told apart, with the incident's row taken away as well", async () => {
    const { audit, empty } = setUp();
    await audit.append("i1", [entry("a")]);
    await empty();
    expect(await audit.verify("i1", undefined)).toMatchObject({ ok: false, rows: 0 });
    expect([await audit.isAnchored("i1"), await audit.isAnchored("i2")]).toEqual([true, false]);
  });

  test("cut short is told apart, with the incident's row written to match", async () => {
    const { audit, empty, blind } = setUp();
    await audit.append("i1", [entry("a")]);
    await audit.append("i1", [entry("b")]);
    await empty();
    const forged = await blind.append("i1", [entry("a")]);
    expect(await blind.verify("i1", forged)).toMatchObject({ ok: true });
    expect(await audit.verify("i1", forged)).toEqual({ ok: false, rows: 1, seq: 2, why: "an anchor knows of 2 rows" });
  });

  test("written anew is told apart, with the incident's row and new anchors to match", async () => {
    const { audit, empty } = setUp();
    await audit.append("i1", [entry("a"), entry("b")]);
    await empty();
    const forged = await audit.append("i1", [entry("a"), entry("nothing happened")]);
    expect(await audit.verify("i1", forged)).toEqual({ ok: false, rows: 2, seq: 2, why: "an anchor knows another row here" });
  });
});
