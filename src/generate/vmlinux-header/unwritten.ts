/** Carries out of nested writing why a header cannot be written here; `writeVmlinuxHeader()` makes a value of it. */
export class Unwritten extends Error {}
