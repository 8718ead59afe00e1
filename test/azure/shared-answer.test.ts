import { expect, test } from "vitest";
import { shareNext } from "../../src/azure/shared-answer.ts";

/** Each question is answered by its number, once that is called for. */
function setUp() {
  const asked: string[] = [];
  const open: { answer: (is: number) => void; fail: (error: Error) => void }[] = [];
  const ask = shareNext<number>((of) => {
    asked.push(of);
    return new Promise((answer, fail) => void open.push({ answer, fail }));
  });
  return { ask, asked, open };
}

test("however many come while a question is under way, one more is asked, once it is answered", async () => {
  const { ask, asked, open } = setUp();
  const [first, ...rest] = Array.from({ length: 60 }, () => ask("s1"));
  expect(asked).toEqual(["s1"]);
  open[0]!.answer(1);
  expect(await first).toBe(1);
  await expect.poll(() => asked).toEqual(["s1", "s1"]);
  const third = ask("s1");
  open[1]!.answer(2);
  expect(new Set(await Promise.all(rest))).toEqual(new Set([2]));
  await expect.poll(() => open).toHaveLength(3);
  open[2]!.answer(3);
  expect(await third).toBe(3);
});

test("who comes when none is under way is answered by a question of his own", async () => {
  const { ask, asked, open } = setUp();
  for (const [i, of] of ["s1", "s1"].entries()) {
    const asking = ask(of);
    open[i]!.answer(i);
    expect(await asking).toBe(i);
  }
  expect(asked).toEqual(["s1", "s1"]);
});

test("each thing has its own; one that fails fails who shared it, and the next is asked all the same", async () => {
  const { ask, asked, open } = setUp();
  const [failing, other, next] = [ask("s1"), ask("s2"), ask("s1")];
  expect(asked).toEqual(["s1", "s2"]);
  open[0]!.fail(new Error("503"));
  await expect(failing).rejects.toThrow("503");
  open[1]!.answer(2);
  expect(await other).toBe(2);
  await expect.poll(() => open).toHaveLength(3);
  open[2]!.answer(3);
  expect(await next).toBe(3);
});
