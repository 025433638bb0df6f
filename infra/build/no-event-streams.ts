/**
 * The AWS SDK loads this when an operation has a stream of events in it, as none of
 * ours has. In one file with the rest it would be code that never runs, and esbuild
 * could not join the modules that it imports.
 */
import type { Plugin } from 'esbuild';

export const noEventStreams: Plugin = {
  name: 'no-event-streams',
  setup({ onResolve }) {
    // The client of S3 imports it as well, to be made with.
    onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};
