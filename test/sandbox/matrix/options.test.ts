import { afterEach, describe, expect, test, vi } from "vitest";
import { readMatrixOptions } from "../../../sandbox/matrix/options.ts";
import { rowsOf } from "../../../sandbox/matrix/page.ts";
import { UsageError } from "../../../sandbox/play/flags.ts";
import { stories } from "../../../sandbox/stories/index.ts";

const read = (...args: string[]) => readMatrixOptions(args, stories);

afterEach(() => void vi.useRealTimers());

describe("the rows of the matrix", () => {
  test("are begun for as many minutes as are given", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { hasTime } = read("--minutes", "3");
    vi.advanceTimersByTime(3 * 60_000 - 1);
    expect(hasTime()).toBe(true);
    vi.advanceTimersByTime(1);
    expect(hasTime()).toBe(false);
    expect(read().hasTime()).toBe(true);
  });

  test("are all, where nothing is chosen", () => {
    expect(read()).toMatchObject({ faults: undefined, seed: undefined, workers: 2, missing: false, show: false, pageFromResults: false });
    expect(read().rows).toEqual(rowsOf(stories));
  });

  test("are those of the stories, the kind and the phase chosen", () => {
    const { rows } = read("--stories", "role-removed, key-disabled", "--kind", "account", "--phase", "grace");
    expect(rows.map(({ story, kind, phase }) => [story.name, kind, phase]).toSorted()).toEqual([
      ["key-disabled", "account", "grace"],
      ["role-removed", "account", "grace"],
    ]);
  });

  test("are played with what else is told", () => {
    expect(read("--fault", "503,lost answer", "--call", "vaults/write", "--seed", "9", "--workers", "1")).toMatchObject({
      faults: ["503", "lost answer"],
      call: "vaults/write",
      seed: 9,
      workers: 1,
    });
  });
});

test.each<[string, string[], RegExp]>([
  ["a kind that there is not", ["--kind", "foo"], /--kind is one of account, cluster, not 'foo'/],
  ["a phase that there is not", ["--phase", "later"], /--phase is one of grace, revoked, not 'later'/],
  ["a fault that there is not", ["--fault", "503,504"], /--fault is one of 429, 500, .*, not '504'/],
  ["a story that there is not", ["--stories", "role-removed,role-remved"], /'role-remved'; the nearest (is|are) 'role-removed'/],
  ["an empty list", ["--stories", ""], /needs the name of a story/],
  ["rows that no story has", ["--stories", "key-rotated-pinned", "--kind", "account"], /no row is of key-rotated-pinned, account/],
  ["a seed that is no number", ["--seed", "x"], /--seed is a whole number from 0/],
  ["no workers", ["--workers", "0"], /--workers is a whole number from 1/],
  ["an unknown flag", ["--fast"], /--fast[^]*the flags are --stories/],
])("%s is answered with the choices", (_, args, message) => {
  expect(() => read(...args)).toThrow(UsageError);
  expect(() => read(...args)).toThrow(message);
});
