/**
 * Where each family of adaptive probabilities begins in the one table that LZMA's decoder and encoder have.
 * A length coder has two choice bits, a low and a middle tree of 8 for each position state, and one high tree of 256.
 *
 * Source: LZMA SDK, "LZMA specification" (Igor Pavlov, public domain).
 */
const STATES = 12;
export const POSITION_STATES = 16;
export const PROBABILITY_INIT = 1024;

export const LENGTH_LOW = 2;
export const LENGTH_MID = LENGTH_LOW + POSITION_STATES * 8;
export const LENGTH_HIGH = LENGTH_MID + POSITION_STATES * 8;
const LENGTH_CODER = LENGTH_HIGH + 256;

export const IS_MATCH = 0;
export const IS_REP = IS_MATCH + STATES * POSITION_STATES;
export const IS_REP0 = IS_REP + STATES;
export const IS_REP1 = IS_REP0 + STATES;
export const IS_REP2 = IS_REP1 + STATES;
export const IS_REP0_LONG = IS_REP2 + STATES;
export const DISTANCE_SLOT = IS_REP0_LONG + STATES * POSITION_STATES;
export const DISTANCE_SPECIAL = DISTANCE_SLOT + 4 * 64;
export const DISTANCE_ALIGN = DISTANCE_SPECIAL + 128;
export const MATCH_LENGTH = DISTANCE_ALIGN + 16;
export const REP_LENGTH = MATCH_LENGTH + LENGTH_CODER;
export const LITERAL = REP_LENGTH + LENGTH_CODER;
/** Probabilities of one literal context: a tree of 256, and two more for what follows a match. */
export const LITERAL_CODER = 0x300;
