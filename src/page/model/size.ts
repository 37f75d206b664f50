/** `1,234,567` and `0x1234`: numbers as the page shows them. */
export const grouped = (value: number): string => value.toLocaleString("en-US");
export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
export const byteText = (value: number): string => value.toString(16).padStart(2, "0");
