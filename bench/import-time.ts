/** Prints the milliseconds that it takes to import the module at a URL, as Lambda's runtime does at a cold start. */

// What the runtime has set up before it imports anything.
Object.assign(globalThis, {
  awslambda: { streamifyResponse: (handler: unknown) => handler, HttpResponseStream: { from: () => {} } },
});

const url = process.argv[2] ?? '';
const startedAt = performance.now();
await import(url);
process.stdout.write(String(performance.now() - startedAt));
