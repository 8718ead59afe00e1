import type { Cause } from "../cause.ts";
import { liveVaultOf } from "../databases/key-path.ts";
import { VAULT } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    NetworkBlocked: true;
  }
}

const isPerimeter = (access: string | null): boolean => access?.toLowerCase() === "securedbyperimeter";

export const networkBlocked: Cause = {
  code: "NetworkBlocked",
  title: "The vault's firewall keeps the service out",
  shownBy: "The vault's firewall is on, or public access is disabled, and trusted Azure services may not pass.",
  repair: "Let trusted Azure services pass; every rule stays, and public access is never opened.",
  steps: ["AllowTrustedServices"],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: vCore troubleshooting guide, row 6; Configure customer-managed keys (trusted Microsoft services)",
  madeBy: VAULT,
  default: "ask",
  statusCodes: [4002],
  find: (facts) => {
    const vault = liveVaultOf(facts);
    if (!vault || vault.network.bypass === "AzureServices" || isPerimeter(vault.network.publicNetworkAccess)) return undefined;
    const { publicNetworkAccess, defaultAction } = vault.network;
    const isClosed = publicNetworkAccess?.toLowerCase() === "disabled";
    if (defaultAction === "Allow" && !isClosed) return undefined;
    const what = isClosed ? "public access is disabled" : "the firewall is on";
    return {
      effect: "broken",
      facts: [`on vault ${vault.name} ${what}, and trusted Azure services may not pass (bypass is None)`],
      values: { vaultId: vault.id },
    };
  },
  mend: ({ values }) => ({ kind: "steps", steps: [{ name: "AllowTrustedServices", params: { vaultId: String(values["vaultId"]) } }] }),
};
