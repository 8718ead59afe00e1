/** Times as this provider writes them: seven fraction digits and Z (recorded: Azure/azure-cli test_role_assignment_no_graph.yaml, 2025-11). */
export function sevenDigits(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "0000Z");
}
