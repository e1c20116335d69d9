const lookEveryMs = 500;

/**
 * Calls `ended` once when the process that started this one is gone. For what runs below npm: there a SIGTERM ends npm and
 * its shell, which pass nothing on, and all that was started would stay behind.
 * @returns ends the watching
 */
export function watchParent(ended: () => void, parentOf: () => number = () => process.ppid): () => void {
  const parent = parentOf();
  const timer = setInterval(() => {
    if (parentOf() === parent) return;
    clearInterval(timer);
    ended();
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
