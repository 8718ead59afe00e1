/**
 * Which switches Azure in the box asks for: a reading of one that is never asked for makes the very same play, and need not be played. So a
 * switch is to be asked for only where its value makes a difference.
 */
import type { Switches } from "../azure/world.ts";

export function createRecorder(): { asked: Set<string>; switches: Switches } {
  const asked = new Set<string>();
  const switches: Switches = new Proxy<Switches>(
    {},
    {
      get(values, name) {
        if (typeof name === "string") asked.add(name);
        return Reflect.get(values, name);
      },
    },
  );
  return { asked, switches };
}
