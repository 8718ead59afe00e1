/** Something that is begun, and what must have come of it though a host dies meanwhile: a repair, or a planned operation. */
import type { App, Message, Trap } from "./app.ts";

/** problems: what is not as it must be. told: what came of it, line by line, which has to be the same each time. */
export type Came = { problems: string[]; told: string[] };

/** Lays out what there must be before, and hands out what begins it, lets time pass until it is over and says what came of it. */
export type Course = (app: App) => Promise<() => Promise<Came>>;

/** staysAway: until it is over; else it is started again at once. */
export type Death = { on: Trap["on"]; dies: Trap["then"]; staysAway?: boolean };

/** Kills the host that sent the message where the trap is sprung. died: which host did. */
export async function withDeath(app: App, begin: () => Promise<Came>, death?: Death): Promise<Came & { died: number[] }> {
  const { sandbox } = app;
  const died: number[] = [];
  const spring = ({ host }: Message): void => {
    died.push(host);
    void (death?.staysAway ? sandbox.killHost(host) : sandbox.restartHost(host));
  };
  if (death) {
    const { on, dies: then } = death;
    app.set({ on, then, spring });
  }
  try {
    return { ...(await begin()), died };
  } finally {
    for (const host of died) await sandbox.startHost(host);
  }
}
