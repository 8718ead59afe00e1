// Registers nothing.
export const functions = [];
