/** Texts of somebody else's in a page. */
const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** As text, and as the value of an attribute in quotes. */
export const esc = (text: string): string => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter]!);

/** What does not fit is left off; whoever points at it sees all of it. */
export const short = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
