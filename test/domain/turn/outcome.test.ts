import { expect, test } from "vitest";
import { isSuccess, loudness, nextLookAfterMs, worstOutcome } from "../../../src/domain/turn/outcome.ts";
import { HOUR, MINUTE } from "../../../src/domain/time.ts";
import { nextCheckAfterMs } from "../../../src/domain/turn/waits.ts";

test("an incident is as bad as its worst database", () => {
  expect(worstOutcome([])).toBe("NoChangeNeeded");
  expect(worstOutcome(["Healed", "OutageAvoided"])).toBe("Healed");
  expect(worstOutcome(["Healed", "Unrecoverable", "Escalated"])).toBe("Unrecoverable");
});

test("success is quiet, healing informs, everything a person must see alarms", () => {
  expect([loudness("Prevented", null), loudness("Healed", null), loudness("Observed", null), loudness("Refused", "Paused")]).toEqual([
    "quiet",
    "inform",
    "inform",
    "alarm",
  ]);
  expect([isSuccess("Superseded"), isSuccess("Healed"), isSuccess("Observed"), isSuccess("Escalated")]).toEqual([true, true, false, false]);
});

test("what a storm holds up is told by the storm, not by each vault", () => {
  expect([loudness("Refused", "Storm"), loudness("Escalated", "Storm")]).toEqual(["inform", "inform"]);
});

test.each(["RequirementsUnmet", "Cancelled", "ObserveMode"] as const)(
  "%s is told where it was asked for, and alarms once it is half done",
  (reason) => {
    expect([loudness("Refused", reason), loudness("Escalated", reason)]).toEqual(["inform", "alarm"]);
  },
);

test("what did not succeed is looked at again after 1 h, doubling to 32 h", () => {
  expect([0, 1, 2, 6, 50].map((n) => nextLookAfterMs(n) / HOUR)).toEqual([1, 1, 2, 32, 32]);
});

test("a write is verified after 30 s, 1, 2, then every 5 minutes", () => {
  expect([0, 1, 2, 3, 9].map((n) => nextCheckAfterMs(n) / MINUTE)).toEqual([0.5, 1, 2, 5, 5]);
});
