/** Short words for people; the whole stands beside or behind them. */
import { nameOf } from "../../domain/arm-id.ts";
import { placeOf } from "../../domain/short-names.ts";
import { DAY, HOUR, MINUTE, SECOND, toMs } from "../../domain/time.ts";

/** `kv-orders`, of a vault's or a database's id; an incident of the inventory is about a subscription. */
export const nameIn = (id: string): string => nameOf(id) || id;

export const placeIn = (on: string): string => placeOf(on);

const two = (n: number): string => String(n).padStart(2, "0");

/** `1:02:03`, `52:10`: to count down by. */
export function clockOf(ms: number): string {
  const seconds = Math.ceil(Math.max(0, ms) / SECOND);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`;
}

/** `3 min ago`, `in 2 h`, `now`. */
export function fromNow(iso: string, now: number): string {
  const ms = toMs(iso) - now;
  const size = Math.abs(ms);
  const unit = (
    [
      ["d", DAY],
      ["h", HOUR],
      ["min", MINUTE],
      ["s", SECOND],
    ] as const
  ).find(([, length]) => size >= length);
  if (!unit) return "now";
  const text = `${Math.floor(size / unit[1])} ${unit[0]}`;
  return ms < 0 ? `${text} ago` : `in ${text}`;
}

/** `2026-11-02 09:00:05`, UTC: incidents are told apart from logs by the second, wherever one sits. */
export const timeOf = (iso: string): string => iso.slice(0, 19).replace("T", " ");

/** `+12:04` since the beginning. */
export const sinceStart = (iso: string, start: string): string => `+${clockOf(toMs(iso) - toMs(start))}`;

/** `AccessMissing` → `access missing`. */
export const spaced = (code: string): string => code.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();

export const count = (n: number, what: string): string => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
