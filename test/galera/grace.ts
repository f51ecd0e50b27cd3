/** `WARDEN_DB_GRACE_SECONDS` of the wardens here: so short that it ends meanwhile. */
export const GRACE_SECONDS = 30
