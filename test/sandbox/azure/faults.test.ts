import { describe, expect, test } from "vitest";
import { readFault } from "../../../sandbox/running/fault-spec.ts";
import { createFaults } from "../../../sandbox/azure/faults.ts";
import { anArm, aPerson, WIDGETS } from "./pipeline.ts";

const W1 = `${WIDGETS}/w1`;

describe("a fault", () => {
  test("refuses with its status, code and Retry-After, after the caller is known and allowed", async () => {
    const { as, faults, owner, reader, world } = anArm();
    faults.arm({ match: { method: "PUT" }, fault: { kind: "status", status: 429, retryAfter: 17 }, times: 2 });

    await expect(as(reader, "PUT", W1, {})).resolves.toMatchObject({ status: 403 });
    await expect(as(owner, "PUT", W1, {})).resolves.toMatchObject({
      status: 429,
      headers: { "retry-after": "17" },
      body: { error: { code: "TooManyRequests" } },
    });
    await expect(as(owner, "PUT", W1, {})).resolves.toMatchObject({ status: 201 });
    expect(world.writes.map(({ status }) => status)).toEqual([403, 429, 201]);
  });

  test("breaks the connection before anything is done", async () => {
    const { as, faults, owner, world } = anArm();
    faults.arm({ fault: { kind: "reset" } });

    await expect(as(owner, "PUT", W1, {})).rejects.toThrow("reset");
    expect(world.writes).toEqual([]);
  });

  test("loses only the answer: the write is done and its event raised", async () => {
    const { as, faults, owner, world, events } = anArm();
    faults.arm({ fault: { kind: "lostAnswer" } });

    await expect(as(owner, "PUT", W1, {})).rejects.toThrow("reset");
    expect(world.writes).toMatchObject([{ status: 201 }]);
    expect(events).toHaveLength(1);
  });

  test("lets a write be done and answered as asked, and then changes what is kept", async () => {
    const { as, faults, owner, world, events } = anArm();
    let kept = "as asked";
    faults.arm({
      match: { method: "PUT" },
      fault: { kind: "keptOtherwise", keep: () => (kept = `otherwise, after ${world.writes.length}`) },
    });

    await expect(as(owner, "PUT", W1, {})).resolves.toMatchObject({ status: 201 });
    expect(kept).toBe("otherwise, after 1");
    expect(world.writes).toMatchObject([{ status: 201 }]);
    expect(events).toHaveLength(1);
  });

  test("skips as many as it is told and hits once unless told otherwise", async () => {
    const { as, faults, owner } = anArm();
    faults.arm({ match: { path: "/WIDGETS/" }, fault: { kind: "status", status: 503 }, after: 2 });

    const seen: number[] = [];
    for (let i = 0; i < 4; i++) seen.push((await as(owner, "GET", W1)).status);

    expect(seen).toEqual([200, 200, 503, 200]);
    expect(faults.armed()).toBe(0);
  });

  test("hits only the caller it is meant for: all of Keymend's identities, or one by name", async () => {
    const { as, faults, owner, reader, world } = anArm();
    const keymend = aPerson(world, "id-keymend", { role: "acdd72a7-3385-48ef-bd42-f606fba81ae7", keymend: true });
    faults.arm({ match: { caller: "keymend" }, fault: { kind: "status", status: 500 } });
    faults.arm({ match: { caller: "reader" }, fault: { kind: "status", status: 502 } });

    await expect(as(owner, "GET", W1)).resolves.toMatchObject({ status: 200 });
    await expect(as(keymend, "GET", W1)).resolves.toMatchObject({ status: 500 });
    await expect(as(reader, "GET", W1)).resolves.toMatchObject({ status: 502 });
  });

  test("matches method and host", async () => {
    const { as, faults, owner } = anArm();
    faults.arm({ match: { method: "DELETE" }, fault: { kind: "status", status: 500 } });
    faults.arm({ match: { host: "login.microsoftonline.com" }, fault: { kind: "status", status: 500 } });

    await expect(as(owner, "GET", W1)).resolves.toMatchObject({ status: 200 });
    expect(faults.armed()).toBe(2);
  });

  test("lays down how the next long-running operation ends, for the provider to ask, once", async () => {
    const { as, faults, owner } = anArm();
    faults.arm({ match: { method: "PUT" }, fault: { kind: "operationFails", code: "ServiceUnavailable", message: "no" } });

    await expect(as(owner, "PUT", W1, {})).resolves.toMatchObject({ status: 201 });
    expect(faults.takeOperationFailure()).toEqual({ code: "ServiceUnavailable", message: "no" });
    expect(faults.takeOperationFailure()).toBeUndefined();
  });

  test("is gone once cleared", async () => {
    const faults = createFaults();
    faults.arm({ fault: { kind: "reset" } });
    faults.clear();

    expect(faults.armed()).toBe(0);
  });
});

describe("a fault asked for", () => {
  test("is taken as it is", () => {
    const spec = {
      match: { method: "PATCH", caller: "keymend" },
      fault: { kind: "status", status: 429, retryAfter: 5 },
      after: 1,
      times: 3,
    };

    expect(readFault(spec)).toEqual(spec);
  });

  test.each([
    ["an unknown kind", { fault: { kind: "explode" } }, /fault\.kind/],
    ["no fault at all", {}, /fault/],
    ["a status without its number", { fault: { kind: "status" } }, /fault\.status/],
    ["a status that is no refusal", { fault: { kind: "status", status: 200 } }, /fault\.status/],
    ["a word that is not known", { fault: { kind: "reset" }, matches: {} }, /matches/],
    ["a negative count", { fault: { kind: "reset" }, times: 0 }, /times/],
    ["no object", "reset", /the body/],
  ])("is refused with %s, saying where", (_, body, where) => {
    expect(() => readFault(body)).toThrow(where);
  });
});
