/** Telling people: whoever has subscribed to the gateway's topic. */
export type Notification = {
  /** A line. */
  readonly subject: string;
  readonly message: string;
  /** For subscribers that filter. */
  readonly attributes?: Readonly<Record<string, string>>;
};

export interface Notify {
  /** Rejects when nobody could be told; what then, the caller decides (I12). */
  publish(notification: Notification): Promise<void>;
}
