/** Everything the workflow bundle holds; the names are public API. */
export { consolidate } from './consolidate';
export { deliver } from './deliver';
export { followJournal } from './followJournal';
export { checkPortal, setupPortal, uninstallPortal } from './portal';
export { receive } from './receive';
export { syncRun } from './syncRun';
export { syncSource } from './syncSource';
export { tick } from './tick';
export { writeBack } from './writeBack';
