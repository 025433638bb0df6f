import type { Reading } from '../reading.ts';
import type { Body } from '../request-text.ts';

/** Goes through the body of one type of call, and throws the caller's error where it does not know what it sees. */
export type Reader = (reading: Reading, body: Body) => void;
