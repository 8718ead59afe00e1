/** Several people in one story: virtual time passes for all of them at once, and in between one of them acts at a time, always in the same order. */
import type { Condition, VirtualTime } from "../running/virtual-time.ts";

/** Lets time pass until the condition holds, at most to the virtual time given. Whether it held. */
export type Until = (condition: Condition, limit: number) => Promise<boolean>;

/** What somebody does; it waits with the `until` that it is given, and with nothing else. */
export type Act = (until: Until) => Promise<void>;

type Waiting = { condition: Condition; limit: number; goOn: (held: boolean) => void };

export async function oneAtATime(time: Pick<VirtualTime, "until">, acts: readonly Act[]): Promise<void> {
  const waiting = new Map<number, Waiting>();
  let rests = Promise.withResolvers<void>();
  /** Until whoever goes on now waits again, or is done. */
  const letGoOn = async (goOn: () => void): Promise<void> => {
    rests = Promise.withResolvers<void>();
    goOn();
    await rests.promise;
  };
  const begin = (who: number, act: Act): void => {
    const until: Until = (condition, limit) =>
      new Promise((goOn) => {
        waiting.set(who, { condition, limit, goOn });
        rests.resolve();
      });
    act(until).then(
      () => rests.resolve(),
      (error: unknown) => rests.reject(error),
    );
  };
  for (const [who, act] of acts.entries()) await letGoOn(() => begin(who, act));
  while (waiting.size > 0) {
    let next: number | undefined;
    const somebodyMay = async (): Promise<boolean> => {
      for (const [who, { condition }] of inOrder(waiting)) {
        if (!(await condition())) continue;
        next = who;
        return true;
      }
      return false;
    };
    const [patience] = [...waiting].toSorted(([, a], [, b]) => a.limit - b.limit);
    const held = await time.until(somebodyMay, patience![1].limit);
    const who = next ?? patience![0];
    const { goOn } = waiting.get(who)!;
    waiting.delete(who);
    await letGoOn(() => goOn(held));
  }
}

const inOrder = (waiting: ReadonlyMap<number, Waiting>): [number, Waiting][] => [...waiting].toSorted(([a], [b]) => a - b);
