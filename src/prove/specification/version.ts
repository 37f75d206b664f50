/** Of the specification as terms: changes whenever a rule does, for a proof is one of this formulation. */
export const SPECIFICATION_VERSION = "1";
