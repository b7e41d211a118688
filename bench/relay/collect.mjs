/**
 * Loaded into a measured server (`--import`): when its parent asks, it collects all garbage and tells what is left, so
 * that what is counted is what the server holds.
 */
process.on("message", () => {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  process.send({ held: heapUsed + external });
});
// The server ends when it wants to, not when its parent does.
process.channel.unref();
