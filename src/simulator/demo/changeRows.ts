import { transactionStatuses, orderStates, stageOf } from './deals';
import { microsOf } from './contactRows';
import { phoneOf, phoneSlots, type Phone } from './phones';
import { britain, countries } from './countries';
import { industries } from './owners';
import { hashOf, randomOf, shareOf, type Random } from './random';
import { dayOf } from './person';
import { slashed } from './dirt';
import type { Case, Change, Row } from './world';

/** Where phones may change: everything there is joined by e-mail alone. */
const phoneFree = ['plain', 'optOutClash', 'decomposedAccents', 'laterStage', 'optOutPortal'];
/** Phones differ between the systems here: a change of anything else would make an old number look new. */
const phoneOnly = 'phoneClash';

/** Applies the changes to a case, in order. */
export function applyChanges(one: Case, changes: readonly Change[]): Case {
  let changed = one;
  for (const change of changes) {
    const rows = changed.rows.map((row) => applyChange(changed, row, change));
    if (rows.some((row, index) => row !== changed.rows[index])) changed = { ...changed, rows };
  }
  return changed;
}

function applyChange(one: Case, row: Row, change: Change): Row {
  if (change.do === 'delete') {
    const same = row.source === change.source && row.stream === change.stream && row.key === change.key;
    return same ? { ...row, gone: true } : row;
  }
  if (change.do === 'optOut') {
    if (one.id !== `contact:${change.person}` || row !== optOutRow(one)) return row;
    const [column, value] = row.source === 'eol' ? ['unsubscribed', true] : ['do_not_contact', 'yes'];
    return touched(row, { [column]: value }, { marketing_opt_out: 'true' }, Date.parse(change.at));
  }
  const name = `${row.source} ${row.stream} ${row.key}`;
  if (row.frozen || row.gone || shareOf(change.seed, name) >= change.fraction) return row;
  // Changed rows spread over one second, so that they do not all share one cursor value.
  const at = Date.parse(change.at) + (hashOf(change.seed, `when ${name}`) % 1000);
  return changeRow(one, row, randomOf(change.seed, name), at);
}

/** The row in which a planned opt-out arrives: the subscription, else the warehouse's. */
function optOutRow(one: Case): Row | undefined {
  return one.rows.find((row) => row.source === 'eol') ?? one.rows.find((row) => row.source === 'azure');
}

function touched(row: Row, raw: Record<string, unknown>, means: Record<string, string>, at: number): Row {
  const iso = new Date(at).toISOString();
  const timeColumn = ['modified_at', 'updated_at', 'lastChanged', 'changed_at', 'booked_at'].find(
    (name) => name in row.raw,
  );
  const exact = timeColumn === 'modified_at' || timeColumn === 'changed_at' ? microsOf(at) : iso;
  const changedLater = { ...row.changedLater };
  for (const property of Object.keys(means)) {
    if (means[property] !== row.means[property]) changedLater[property] = iso;
  }
  return {
    ...row,
    raw: { ...row.raw, ...raw, ...(timeColumn && { [timeColumn]: exact }) },
    means: { ...row.means, ...means },
    changedAt: row.changedAt === null ? null : iso,
    changedLater,
  };
}

function changeRow(one: Case, row: Row, random: Random, at: number): Row {
  const set = (raw: Record<string, unknown>, means: Record<string, string>): Row =>
    touched(row, raw, means, at);
  const other = <T>(list: readonly T[], than: unknown): T =>
    random.pick(list.filter((value) => value !== than));
  const newPhone = phoneChange(one, row, random);
  switch (`${row.source}.${row.stream}`) {
    case 'azure.companies': {
      const sector = other(
        industries,
        industries.find(({ value }) => value === row.means.industry),
      );
      const kind = random.int(3);
      if (kind === 0) return set({ sector: sector.label }, { industry: sector.value });
      if (kind === 1) {
        const phone = phoneOf(britain, 60_000_000 + random.int(10_000_000)).e164;
        return set({ phone }, { phone });
      }
      const renamed = `${row.means.name} ${at % 97}`;
      return set({ company_name: renamed }, { name: renamed });
    }
    case 'azure.customers': {
      if (newPhone) return set({ phone: newPhone }, { phone: newPhone });
      const city = `New Town ${random.int(1000)}`;
      // Only forward: HubSpot would keep the later stage.
      if (row.means.lifecyclestage === 'lead' && random.chance(0.5)) {
        return set({ is_paying: true }, { lifecyclestage: 'customer' });
      }
      return set({ city: ` ${city}` }, { city });
    }
    case 'ielts.registrations': {
      if (newPhone)
        return set(
          { candidate: { ...(row.raw.candidate as object), mobile: newPhone } },
          { phone: newPhone },
        );
      const band = other(['5', '6.5', '7', '8.5'], row.means.ielts_band);
      return set({ result: { overall: band } }, { ielts_band: band });
    }
    case 'eol.subscribers': {
      if (newPhone) return set({ contactNumber: newPhone }, { phone: newPhone });
      const plan = other(['basic', 'plus', 'pro'], row.means.eol_plan);
      return set({ plan: plan.toUpperCase() }, { eol_plan: plan });
    }
    case 'impact.referrals': {
      const day = dayOf(at - 86_400_000 * (1 + random.int(20)));
      return set({ referred_on: slashed(day) }, { referred_on: day });
    }
    case 'azure.transactions': {
      const status = other(transactionStatuses, row.raw.status);
      const closedate = new Date(at).toISOString();
      return set({ status }, { dealstage: stageOf(status), closedate });
    }
    case 'erp.orders': {
      const state = other(orderStates, row.raw.order_state);
      const amount = String(random.int(90_000) / 100);
      return set({ order_state: state, total: amount }, { dealstage: stageOf(state), amount });
    }
    default:
      throw new Error(`no change is known for ${row.source}.${row.stream}`);
  }
}

/** A new number for a contact's row, where that cannot disturb who is who; null for another change. */
function phoneChange(one: Case, row: Row, random: Random): string | null {
  if (one.object !== 'contacts' || row.source === 'impact' || row.means.phone === undefined) return null;
  // Where several systems know a number, changing one row would make the others' order matter.
  const alone = one.rows.filter((other) => other.means.phone !== undefined).length === 1;
  const free = phoneFree.includes(one.plot) && alone && random.chance(0.6);
  if (one.plot !== phoneOnly && !free) return null;
  const country = countries.find(({ dial, mobile }) =>
    (row.means.phone as string).startsWith(`+${dial}${mobile}`),
  );
  const index = Number(one.id.slice('contact:'.length));
  return country ? freshPhone(country, index, random).e164 : null;
}

const freshPhone = (country: Phone['country'], index: number, random: Random): Phone =>
  phoneOf(country, index * phoneSlots + 3 + random.int(2));
