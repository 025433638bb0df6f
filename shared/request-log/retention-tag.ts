/** The tag by which the lifecycle of the bucket deletes what is logged: its value is a number of days. */
export const retentionTag = 'sluice-retention-days';
