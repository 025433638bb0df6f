/** Changes whenever what the detector says may change: verdicts that were kept under another version are not to be used. */
export const injectionVersion = '4';
