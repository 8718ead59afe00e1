/** Loads what tells traces and metrics, from the bundle that lies beside the app's own (scripts/build.ts). */
import type { TokenCredential } from "@azure/identity";
import type { Listeners, startTelemetry } from "./main.ts";
import type { Emitter } from "./telemetry.ts";

export type LoaderOptions = {
  insights: { connectionString: string; clientId: string | null } | null;
  otlp: boolean;
  credentialOf: (clientId: string) => TokenCredential;
  version: string;
  /** Resource id of the function app; null where it is not known. */
  appId: string | null;
};

type Bundle = { startTelemetry: typeof startTelemetry };

/** Null where nobody listens. */
export function createLoader({ insights, otlp, credentialOf, version, appId }: LoaderOptions): (() => Promise<Emitter>) | null {
  if (!insights && !otlp) return null;
  const listeners: Listeners = {
    insights: insights && {
      connectionString: insights.connectionString,
      credential: insights.clientId === null ? null : credentialOf(insights.clientId),
    },
    otlp,
    version,
    attributes: appId === null ? {} : { "cloud.resource_id": appId },
  };
  return async () => {
    const bundle: Bundle = await import(new URL("telemetry.mjs", import.meta.url).href);
    return bundle.startTelemetry(listeners);
  };
}
