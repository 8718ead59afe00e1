/** The app over a grown estate in one subscription, with Azure's throttling, whose counts and virtual times repeat to the digit for a seed. */
import { growEstate, leaveOnly, type Size } from "../sandbox/estate/estate.ts";
import { type AppEvent, appEventOf } from "../sandbox/play/narrator.ts";
import type { HostLog } from "../sandbox/running/host-child.ts";
import { type Sandbox, startSandbox } from "../sandbox/running/sandbox.ts";

type Options = {
  seed: number;
  mode: "observe" | "heal";
  size: Size;
  settings?: Record<string, string>;
  /** Everything that the app says. */
  onEvent: (event: AppEvent, line: HostLog) => void;
};

/** size: beside the vaults of the sample estate, which have no database left. */
export const startThrottled = ({ size, onEvent, ...options }: Options): Promise<Sandbox> =>
  startSandbox({
    ...options,
    start: Date.parse("2026-11-02T08:59:30Z"),
    arrange(world, estate) {
      leaveOnly(world, estate, []);
      growEstate(world, estate, { ...size, vaults: estate.patients.length + size.vaults });
    },
    onLog(line) {
      const event = appEventOf(line);
      if (event) onEvent(event, line);
    },
  });

/** Calls that the app has made so far to read. */
export const readsOf = ({ world }: Sandbox): number =>
  [...world.reads.values()].filter(({ keymend }) => keymend).reduce((sum, { count }) => sum + count, 0);
