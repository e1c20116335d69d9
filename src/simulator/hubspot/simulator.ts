import { applyChange, type Change } from './changes';
import type { Account, Call, Reply } from './call';
import { createEventJournal, type EventJournal } from './webhooks/eventJournal';
import { createFaultBook, type FaultBook } from './limits/faultRules';
import { happeningsOf, type Happening } from './happenings';
import { openJournal, type Journal } from './journal';
import { createLimits, type Limits } from './limits/limits';
import { createOAuthBook, type AppSetting, type Bearer, type OAuthBook } from './oauth/oauthBook';
import { createPortal, type Portal } from './portal';
import { Rejected, rejectionBody } from './rejection';
import type { Stamp } from './crm/recordTable';
import { seededRandom } from './seededRandom';
import { changeSettings, defaultSettings, type Settings } from './settings';
import { createStats, type Stats } from './limits/stats';
import { createWebhookSender, type WebhookSender } from './webhooks/webhookSender';

/** How a simulator starts. Everything has a default. */
export interface SimulatorOptions {
  /** 0 (the default) takes a free port. */
  port?: number | undefined;
  /** Where to listen; 127.0.0.1 by default. */
  host?: string | undefined;
  /** Where the journal lives; without it the state is in memory only. */
  stateDir?: string | undefined;
  portalId?: number | undefined;
  timeZone?: string | undefined;
  currency?: string | undefined;
  tokens?: string[] | undefined;
  /** Apps that may be installed. */
  apps?: AppSetting[] | undefined;
  /** Seed of everything that is drawn: order of results, latency, texts. */
  seed?: number | undefined;
  /** Settings laid over the defaults, as in POST /_simulator/settings (`{limits: null}` lifts all limits). */
  settings?: Record<string, unknown> | undefined;
}

/** The running state behind the HTTP server. */
export interface Simulator {
  portal: Portal;
  journal: Journal | undefined;
  settings: Settings;
  limits: Limits;
  faults: FaultBook;
  stats: Stats;
  webhooks: WebhookSender;
  oauth: OAuthBook;
  events: EventJournal;
  account: Account;
  random: () => number;
  /** Wall clock in ms with the ordered offset. */
  now: () => number;
}

/** Obviously not a real account. */
const defaultPortalId = 9_000_777_001;

/** A simulator without its server; replays the journal of `stateDir`. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const settings = defaultSettings(options.tokens ?? ['pat-simulator']);
  const portalId = options.portalId ?? defaultPortalId;
  const timeZone = options.timeZone ?? 'Europe/London';
  const random = seededRandom(options.seed ?? 1);
  const now = (): number => Date.now() + settings.clockOffsetMs;
  settings.apps = options.apps ?? [];
  changeSettings(settings, options.settings ?? {}, now());
  const stored = options.stateDir === undefined ? undefined : openJournal(options.stateDir, portalId);
  // A count of this run, not of the journal that was replayed.
  if (stored) stored.portal.equalValueWrites = 0;
  return {
    portal: stored?.portal ?? createPortal(portalId),
    journal: stored?.journal,
    settings,
    limits: createLimits(settings, { portalId, timeZone, now, random }),
    faults: createFaultBook(),
    stats: createStats(),
    webhooks: createWebhookSender({ settings: () => settings.webhooks, random, now }),
    oauth: createOAuthBook(),
    events: createEventJournal(portalId, () => settings.journalKeptMs),
    account: {
      portalId,
      timeZone,
      currency: options.currency ?? 'GBP',
      uiDomain: 'app.hubspot.simulator.invalid',
      accountType: 'DEVELOPER_TEST',
    },
    random,
    now,
  };
}

/** The writer of API calls, as `sourceType` and `sourceId` show it. */
const apiWriter = { type: 'INTEGRATION', id: '1' };

/** Runs `work` as one unit: its changes are applied at once and journaled as one line when it ends. */
export function perform<T>(
  simulator: Simulator,
  about: {
    version?: string;
    params?: Record<string, string>;
    query?: URLSearchParams;
    body?: unknown;
    stamp?: Stamp;
    bearer?: Bearer | undefined;
    /** Nobody is told of it: it was so before. */
    untold?: boolean;
    host?: string | undefined;
  },
  work: (call: Call) => T,
): T {
  const stamp = about.stamp ?? { at: simulator.now(), ...apiWriter };
  const changes: Change[] = [];
  const happenings: Happening[] = [];
  const { portal, settings, limits, account, oauth, events, random } = simulator;
  const isTold = settings.webhooks !== null && !about.untold;
  const call: Call = {
    portal,
    settings,
    limits,
    account,
    oauth,
    events,
    host: about.host ?? 'localhost',
    bearer: about.bearer,
    random,
    version: about.version ?? '2026-09',
    params: about.params ?? {},
    query: about.query ?? new URLSearchParams(),
    body: about.body,
    stamp,
    write(change) {
      if (isTold) happenings.push(...happeningsOf(portal, change));
      applyChange(portal, change, stamp);
      changes.push(change);
    },
  };
  try {
    return work(call);
  } finally {
    if (changes.length > 0) {
      simulator.journal?.append({ stamp, changes });
      events.record({ stamp, changes });
    }
    simulator.webhooks.tell(portal, happenings, stamp);
  }
}

/** The reply of a handler, or of the refusal it threw. */
export function replyOf(work: () => Reply): Reply {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return { status: error.rejection.status, body: rejectionBody(error.rejection) };
  }
}

/** Empties the portal, its faults and counts; the settings stay. */
export function resetSimulator(simulator: Simulator): void {
  simulator.portal = createPortal(simulator.account.portalId);
  simulator.journal?.compact(simulator.portal);
  simulator.faults.clear();
  simulator.stats.reset();
  simulator.limits.reset();
  simulator.webhooks.clear();
}
