/** The client's own codes, beside those of the rules (§11): things that happen before a server is asked. */

/** The reason of a 4401 that says: its player has ended this sign-in. */
export const SIGNED_OUT = 'signed out';
/** No answer at all. */
export const NO_ANSWER = 'NO_ANSWER';
/** A command that waited on this device for so long that it asks first. */
export const OLD = 'OLD';
