// `npm start`. Plain JavaScript, so that an old Node can still say what it lacks.
// The runtime is a dependency: npm puts Node 24 first on the PATH where a build of it exists.
if (process.features.typescript) {
  const { main } = await import('./main.ts');
  await main();
} else {
  process.stderr.write(
    `Sluice needs Node 24, and this is ${process.version}. npm installs one by itself on linux-x64, linux-arm64 and darwin-arm64;\n` +
      'run it with "npm start", and if that says this too, "npm ci" once more without --omit=optional, or install Node 24.\n',
  );
  process.exitCode = 1;
}
