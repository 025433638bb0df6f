import { createFlights, landedWithin, longestFlightMs } from '../../../shared/cache/flights.ts';

const never = new AbortController().signal;

test('one of many leads, and what it lands is for all', async () => {
  const flights = createFlights<string>();
  const [first, ...others] = Array.from({ length: 5 }, () => flights.board('a', 0));
  expect([first, ...others].map((flight) => flight?.leads)).toEqual([true, false, false, false, false]);
  expect(flights.board('b', 0).leads).toBe(true);
  if (first?.leads) first.land('answer');
  const landed = others.map((flight) => (flight.leads ? null : landedWithin(flight.landed, 60_000, never)));
  expect(await Promise.all(landed)).toEqual(Array(4).fill('answer'));
});

test('once it has landed the next one leads anew, and a late landing takes no other flight away', () => {
  const flights = createFlights<string>();
  const first = flights.board('a', 0);
  if (!first.leads) throw new Error('the first leads');
  first.land(null);
  expect(flights.board('a', 0).leads).toBe(true);
  first.land('too late');
  expect(flights.board('a', 0).leads).toBe(false);
});

test('nobody waits longer than told', async () => {
  expect(await landedWithin(new Promise(() => {}), 5, never)).toBeNull();
});

test('who is told to stop waits no longer, even if it was told before', async () => {
  const controller = new AbortController();
  const waiting = landedWithin(new Promise(() => {}), 60_000, controller.signal);
  controller.abort();
  expect(await waiting).toBeNull();
  expect(await landedWithin(new Promise(() => {}), 60_000, controller.signal)).toBeNull();
});

test('one that has been under way for too long is not waited for: whoever led it may have died', () => {
  const flights = createFlights<string>();
  const first = flights.board('a', 0);
  expect(flights.board('a', longestFlightMs - 1).leads).toBe(false);
  expect(flights.board('a', longestFlightMs).leads).toBe(true);
  if (first.leads) first.land('late');
  expect(flights.board('a', longestFlightMs).leads).toBe(false);
});
