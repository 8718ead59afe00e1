/**
 * The causes by their codes: the same word in logs, tables, API and docs. Each is declared in the file of its cause, where the rest of it
 * stands, so that what knows codes and no causes needs no list of its own.
 */
export interface CauseCodes {}

export type CauseCode = keyof CauseCodes;
