/** A started part of the system. */
export interface Part {
  name: PartName;
  stop(): Promise<unknown>;
  /** Ends it at once. */
  kill(): void;
}

/** In the order in which they are stopped: nobody loses what it still needs. */
const stopOrder = ['worker', 'API', 'demo', 'simulator', 'Temporal', 'Postgres'] as const;
export type PartName = (typeof stopOrder)[number];

export interface Parts {
  add(part: Part): void;
  /** Stops all in order; a part that cannot be stopped does not keep the others. Safe to call twice. */
  stopAll(): Promise<void>;
  killAll(): void;
}

export function createParts(onFailure: (name: PartName, error: unknown) => void): Parts {
  const running = new Map<PartName, Part>();
  let isStopping = false;
  return {
    add(part) {
      running.set(part.name, part);
      // It was still starting when the others were stopped.
      if (isStopping) void part.stop().catch((error: unknown) => onFailure(part.name, error));
    },
    async stopAll() {
      isStopping = true;
      for (const name of stopOrder) {
        const part = running.get(name);
        if (!part) continue;
        try {
          await part.stop();
        } catch (error) {
          onFailure(name, error);
        }
        running.delete(name);
      }
    },
    killAll() {
      for (const part of running.values()) part.kill();
    },
  };
}

/** Ends a process and its group at once; one that is gone is gone. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended, or was no leader of a group: then the guardian of its launcher ends it with us.
  }
}
