/** Counts what callers read: of each caller and route, how often. */
import type { Caller, World } from "./world.ts";

/** host: where the route's path alone does not say whose it is. */
export function countRead(
  world: World,
  { name, keymend }: Caller,
  { method, pattern }: { method: string; pattern: string },
  host = "",
): void {
  const route = `${method} ${host}${pattern}`;
  const key = `${name}\n${route}`;
  const known = world.reads.get(key) ?? { caller: name, keymend, route, count: 0 };
  world.reads.set(key, known);
  known.count += 1;
}
