/** Clocks of two machines that both run NTP differ by far less. */
export const clockSkewMs = 5 * 60_000;

/** The last millisecond since 1970 that has a year of four digits; Postgres reads no others as they are written in JSON. */
export const instantMsMax = 253_402_300_799_999;
