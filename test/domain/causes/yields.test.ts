import fc from "fast-check";
import { expect, test } from "vitest";
import type { CauseCode } from "../../../src/domain/cause-code.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { someSettings } from "../../support/builders.ts";
import { BREAKS, healthy } from "../properties/breaks.ts";

/** As the registry says at its lines: no database has the first beside any of the others. What yields by what was found before has its own tests. */
const YIELDS: readonly [CauseCode, ...CauseCode[]][] = [
  ["VaultDeleted", "VaultGone"],
  ["KeyDeleted", "KeyGone"],
  ["OldVersionDisabled", "KeyDisabled"],
  ["DefaultIdentityUndefined", "IdentityDeleted"],
  ["PermissionModelSwitched", "AccessDenied"],
  ["AccessMissing", "PermissionModelSwitched", "AccessDenied"],
  ["PolicyMissing", "PermissionModelSwitched", "AccessMissing", "AccessDenied"],
  ["NetworkBlocked", "PerimeterBlocked"],
];

/** Every two ways to break things at once, on a few estates. */
function findings(): CauseCode[][] {
  const estates = fc.sample(healthy, { seed: 7, numRuns: 4 });
  const breaks = Object.values(BREAKS);
  return estates.flatMap((facts) =>
    breaks.flatMap((first, i) =>
      breaks
        .slice(i)
        .flatMap((second) =>
          diagnose(second(first(facts)), someSettings()).targets.map((target) => target.findings.map(({ code }) => code)),
        ),
    ),
  );
}

test("what yields is never found beside what it yields to", () => {
  const all = findings();
  const seen = new Set(all.flat());
  for (const [code, ...others] of YIELDS) {
    const both = all.find((codes) => codes.includes(code) && others.some((other) => codes.includes(other)));
    expect({ code, both }).toEqual({ code, both: undefined });
  }
  expect(YIELDS.flat().filter((code) => !seen.has(code))).toEqual([]);
});
