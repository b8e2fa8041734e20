/** Codes that several modules read, beside the refusals of the rules (§11). */

/** The close code for "not signed in", and its reason when the player has ended this sign-in. */
export const NOT_SIGNED_IN = 4401;
export const SIGNED_OUT = 'signed out';
/** The client's own, for what no server said: no answer at all. */
export const NO_ANSWER = 'NO_ANSWER';
/** And a command that waited on this device for so long that it asks first. */
export const OLD = 'OLD';
