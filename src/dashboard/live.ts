/** Hooks that keep a view true without anybody reloading it. */
import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { type Api, takeFrom } from "./api.ts";
import { delayOf } from "./model/poll.ts";
import type { Session } from "./model/session.ts";

export type Here = { api: Api; session: Session };

export const HereContext = createContext<Here | null>(null);

export function useHere(): Here {
  const here = useContext(HereContext);
  if (!here) throw new Error("nobody is signed in");
  return here;
}

export const useRole = (role: "Operator" | "Approver"): boolean => useHere().session.roles.includes(`Keymend.${role}`);

/** data: as last heard, also while something is wrong. error: of the last attempt. */
export type Live<T> = { data: T | undefined; error: Error | undefined; refresh: () => void };

type State<T> = { key: string; data: T | undefined; error: Error | undefined };

/** key: what is asked; another one begins anew. */
export function useLive<T>(key: string, ask: (api: Api) => Promise<T>, everyMs = 4000): Live<T> {
  const { api } = useHere();
  const [state, setState] = useState<State<T>>({
    key,
    data: undefined,
    error: undefined,
  });
  const asking = useRef(ask);
  asking.current = ask;
  const again = useRef(() => {});
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    let failures = 0;
    const isGood = (known: State<T>): boolean => known.key === key && known.data !== undefined && known.error === undefined;
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      const before = api.changes();
      try {
        const data = await asking.current(api);
        const isSame = api.changes() === before;
        failures = 0;
        if (!over) setState((known) => (isSame && isGood(known) ? known : { key, data, error: undefined }));
      } catch (error) {
        failures += 1;
        const said = error instanceof Error ? error : new Error(String(error));
        if (!over) setState((known) => ({ key, data: known.key === key ? known.data : undefined, error: said }));
      }
      // A window that nobody sees asks for nothing.
      if (!over && !document.hidden) timer = setTimeout(() => void look(), delayOf(everyMs, failures));
    };
    const onShown = (): void => void (document.hidden ? clearTimeout(timer) : look());
    again.current = () => void look();
    document.addEventListener("visibilitychange", onShown);
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onShown);
    };
  }, [api, key, everyMs]);
  const isMine = state.key === key;
  return { data: isMine ? state.data : undefined, error: isMine ? state.error : undefined, refresh: () => again.current() };
}

const MOST_DATABASES = 20_000;

/** Every database that Keymend keeps alive. */
export const useFleet = () => useLive("targets", (api) => takeFrom(api.all("targets", { $top: "1000" }), MOST_DATABASES), 10_000);

/** Keymend's time, to the second, or as coarse as is said: whoever shows much is not drawn anew for a second that changes nothing. */
export function useNow(stepMs = 1000): number {
  const { api } = useHere();
  const read = (): number => Math.floor(api.now() / stepMs) * stepMs;
  const [now, setNow] = useState(read);
  useEffect(() => {
    const timer = setInterval(() => setNow(read()), 1000);
    return () => clearInterval(timer);
  }, [api, stepMs]);
  return now;
}

/** What was cut short on its way, as in a mail, stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What stands behind the # of the address, in parts: a view and what it is about. */
export function useRoute(): string[] {
  const read = (): string[] =>
    location.hash
      .replace(/^#\/?/, "")
      .split("/")
      .filter((part) => part !== "")
      .map(decoded);
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const onMoved = (): void => setRoute(read());
    addEventListener("hashchange", onMoved);
    return () => removeEventListener("hashchange", onMoved);
  }, []);
  return route;
}
