/** Registered names. Renaming one breaks instances in flight. */
export const HEAL_VAULT = "healVault";
/** Wakes a waiting instance: it looks again. Says nothing by itself; what it is about stands in storage. */
export const WAKE_UP = "signal";
export const ACTIVITIES = ["assess", "applyStep", "pollStep", "scanIds", "openTicket", "giveUp"] as const;
