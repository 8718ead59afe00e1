/** What receivers were told, whoever they are: kept for whoever wants to see it. */
import type { Json } from "../world.ts";

export type Received = {
  at: string;
  by: "mail" | "workflow" | "webhook";
  host: string;
  headers: Record<string, string>;
  /** As it came. */
  text: string;
  body: Json;
};
