/** Opsets whose operators the rules are written in; the first is the usual one. */
export const OPSETS: readonly number[] = [17, 18];
