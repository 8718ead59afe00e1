/**
 * The data of a `durableClient` input, and the links to an instance that callers of an app are given.
 * Source: Azure/azure-functions-durable-extension BindingHelper.cs, HttpApiHandler.cs GetClientResponseLinks.
 */
export const managementPath = "/runtime/webhooks/durabletask";
/** What the extension serves on a port of its own, for the worker only. */
export const rpcPath = "/durabletask";

export function instanceLinks(hostUrl: string, hubName: string, id: string): Record<string, string> {
  const instance = `${hostUrl}${managementPath}/instances/${id}`;
  const suffix = `taskHub=${encodeURIComponent(hubName)}&connection=Storage`;
  return {
    id,
    statusQueryGetUri: `${instance}?${suffix}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${suffix}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${suffix}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${suffix}`,
    purgeHistoryDeleteUri: `${instance}?${suffix}`,
    restartPostUri: `${instance}/restart?${suffix}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${suffix}`,
    resumePostUri: `${instance}/resume?reason={text}&${suffix}`,
  };
}

export function clientData(hostUrl: string, hubName: string): string {
  const start = `${hostUrl}${managementPath}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: hubName,
    creationUrls: {
      createNewInstancePostUri: `${start}?`,
      createAndWaitOnNewInstancePostUri: `${start}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&`,
    },
    managementUrls: instanceLinks(hostUrl, hubName, "INSTANCEID"),
    baseUrl: `${hostUrl}${managementPath}`,
    requiredQueryStringParameters: "",
    rpcBaseUrl: `${hostUrl}${rpcPath}/`,
  });
}
