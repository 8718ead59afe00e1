/** Registered names. Renaming one breaks instances in flight. */
export const HEAL_VAULT = "healVault";
/** Wakes a waiting instance: it looks again. Says nothing by itself; what it is about stands in storage. */
export const WAKE_UP = "signal";
export const ASSESS = "assess";
export const APPLY_STEP = "applyStep";
export const POLL_STEP = "pollStep";
export const SCAN_IDS = "scanIds";
export const OPEN_TICKET = "openTicket";
export const GIVE_UP = "giveUp";
export const ACTIVITIES = [ASSESS, APPLY_STEP, POLL_STEP, SCAN_IDS, OPEN_TICKET, GIVE_UP] as const;
