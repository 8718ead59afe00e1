/** Who hears of traces and metrics, by settings that are not Keymend's own: the host goes by the same. Part of config.ts, apart for its size. */
export type Listeners = {
  /** clientId: of the identity that may write there; null where the connection string is enough. */
  insights: { connectionString: string; clientId: string | null } | null;
  /** Whether an OpenTelemetry collector is named. */
  otlp: boolean;
};

/**
 * APPLICATIONINSIGHTS_CONNECTION_STRING, and OTEL_EXPORTER_OTLP_ENDPOINT for any collector (Microsoft Learn, "Use OpenTelemetry with Azure
 * Functions"); `ClientId=...;Authorization=AAD` (Microsoft Learn, "App settings reference for Azure Functions"); OTEL_SDK_DISABLED turns all
 * of it off (OpenTelemetry, "Environment Variable Specification").
 */
export function listenersOf(env: Record<string, string | undefined>): Listeners {
  if (env["OTEL_SDK_DISABLED"]?.trim().toLowerCase() === "true") return { insights: null, otlp: false };
  const connectionString = env["APPLICATIONINSIGHTS_CONNECTION_STRING"]?.trim() ?? "";
  const [, clientId] = /(?:^|;)\s*ClientId=([^;]+)/i.exec(env["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] ?? "") ?? [];
  return {
    insights: connectionString === "" ? null : { connectionString, clientId: clientId?.trim() ?? null },
    otlp: (env["OTEL_EXPORTER_OTLP_ENDPOINT"]?.trim() ?? "") !== "",
  };
}
