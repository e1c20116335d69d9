import type { IdentityDecision } from '../../src/domain/identity/identityDecisions';
import type { IdentityRecord } from '../../src/domain/identity/identityRecord';
import { person, ref, resolve as resolvePeople } from './identityPeople';

const at = (minute: number) => `2026-03-01T10:${String(minute).padStart(2, '0')}:00.000Z`;

function decided(kind: IdentityDecision['kind'], left: string, right: string, minute = 0): IdentityDecision {
  const refs = (names: string) => names.split(' ').map(ref);
  return { kind, left: refs(left), right: refs(right), decidedAt: at(minute), moves: false };
}
const together = (left: string, right: string, minute?: number) => decided('together', left, right, minute);
const apart = (left: string, right: string, minute?: number) => decided('apart', left, right, minute);
const linked = (left: string, right: string, minute?: number) => ({
  ...together(left, right, minute),
  moves: true,
});
const resolve = (
  records: IdentityRecord[],
  decisions: IdentityDecision[],
  heldBy: Record<string, string> = {},
) => resolvePeople(records, heldBy, {}, decisions);

describe('an ambiguous record', () => {
  const bridge = [
    person('a1', { email: 'ann@x.org', hs_additional_emails: 'ann@y.org' }),
    person('h7', { email: 'ann@x.org' }),
    person('h8', { email: 'ann@y.org' }),
  ];

  test('waits, and its review names what it is about, the doubtful record first', () => {
    const { waiting, answer } = resolve(bridge, []);
    expect(waiting).toEqual(['a1']);
    expect(answer.reviews.map(({ parts }) => parts)).toEqual([[[ref('a1')], [ref('h7')], [ref('h8')]]]);
  });

  test('that was linked to one HubSpot record is that one, and nothing is asked any more', () => {
    const answer = resolve(bridge, [linked('a1', 'h8'), apart('a1', 'h7')]);
    expect(answer).toMatchObject({ clusters: ['G(a1): a1 h8'], waiting: [], reviews: [] });
    expect(answer.answer.clusters[0]?.members.map(({ rule }) => rule)).toEqual(['decision', 'decision']);
  });

  test('that was kept apart is somebody new', () => {
    const answer = resolve(bridge, [apart('a1', 'h7'), apart('a1', 'h8')]);
    expect(answer).toMatchObject({ clusters: ['G(a1): a1'], waiting: [], reviews: [] });
  });

  test('that is both goes to one, and the merge in HubSpot is asked for until it is seen', () => {
    const decisions = [together('a1', 'h7'), together('a1', 'h8')];
    const answer = resolve(bridge, decisions);
    expect(answer).toMatchObject({ clusters: ['G(a1): a1 h7'], reviews: ['twoAnchors: a1 > h7,h8'] });
    expect(answer.answer.reviews[0]?.reason).toMatch(/merge them in HubSpot/);
    const merged = [bridge[0]!, person('h7', { email: 'ann@x.org', hs_additional_emails: 'ann@y.org' })];
    expect(resolve(merged, decisions)).toMatchObject({
      clusters: ['G(a1): a1 h7'],
      reviews: [],
      waiting: [],
    });
  });

  test('a group in doubt that was kept apart stays one group', () => {
    const group = [...bridge, person('b1', { email: 'ann@y.org', hs_additional_emails: 'ann@x.org' })];
    const decisions = [apart('a1 b1', 'h7'), apart('a1 b1', 'h8')];
    expect(resolve(group, decisions)).toMatchObject({ clusters: ['G(a1): a1 b1'], waiting: [], reviews: [] });
  });
});

describe('two records that HubSpot has', () => {
  const records = [
    person('a1', { email: 'ann@x.org' }, { fixed: 'A' }),
    person('h7', { email: 'ann@x.org' }, { fixed: 'A' }),
    person('b1', { email: 'ann@x.org' }, { fixed: 'B' }),
    person('h8', {}, { fixed: 'B' }),
  ];
  const heldBy = { A: '7', B: '8' };

  test('are never joined here; the same review stays and says what to do', () => {
    const before = resolve(records, [], heldBy);
    const after = resolve(records, [together('h7', 'h8')], heldBy);
    expect(after.clusters).toEqual(['A: a1 h7', 'B: b1 h8']);
    expect(after.reviews).toEqual(before.reviews);
    expect(after.reviews).toHaveLength(1);
    expect(after.answer.reviews[0]?.reason).not.toBe(before.answer.reviews[0]?.reason);
  });

  test('ask no more when they were kept apart', () => {
    expect(resolve(records, [apart('h7', 'h8')], heldBy)).toMatchObject({ reviews: [], waiting: [] });
  });

  test('a record that was linked leaves its own for the other', () => {
    const answer = resolve(records, [linked('b1', 'h7'), apart('b1', 'h8')], heldBy);
    expect(answer).toMatchObject({ clusters: ['A: a1 b1 h7'], emptied: ['B'], reviews: [] });
  });

  test('a moved record takes no id along that its former HubSpot record has', () => {
    const own = [person('a1', {}, { fixed: 'G(a1)' }), person('h8', {})];
    const answer = resolve(own, [linked('a1', 'h8')], { 'G(a1)': '7' });
    expect(answer).toMatchObject({ clusters: ['G(a1)#1: a1 h8'], emptied: ['G(a1)'] });
  });

  test('a moved record that another decision keeps from its goal stays where it is', () => {
    const decisions = [linked('b1', 'h7', 1), apart('a1', 'b1', 2)];
    expect(resolve(records, decisions, heldBy).clusters).toEqual(['A: a1 h7', 'B: b1 h8']);
  });

  test('a record whose creation is under way is not moved', () => {
    const own = [person('a1', {}, { fixed: 'G(a1)' }), person('h8', {}, { fixed: 'B' })];
    expect(resolve(own, [linked('a1', 'h8')], { B: '8' }).clusters).toEqual(['G(a1): a1']);
  });

  test('that were merged in HubSpot are one, whatever was decided before', () => {
    const merged = [records[0]!, records[1]!, person('b1', { email: 'ann@x.org' }, { fixed: 'A' })];
    expect(resolve(merged, [apart('b1', 'h7')], { A: '7' })).toMatchObject({
      clusters: ['A: a1 b1 h7'],
      reviews: [],
    });
  });
});

describe('decisions and limits', () => {
  const of = (name: string, exam: string) => person(name, { email: 'ann@x.org', exam_id: exam });

  test('a person may join what a limit keeps apart', () => {
    expect(resolve([of('a1', '1'), of('b1', '2')], [together('a1', 'b1')])).toMatchObject({
      clusters: ['G(a1): a1 b1'],
      reviews: [],
    });
  });

  test('a person may keep apart what the rules would join', () => {
    expect(resolve([of('a1', ''), of('b1', '')], [apart('a1', 'b1')])).toMatchObject({
      clusters: ['G(a1): a1', 'G(b1): b1'],
      reviews: [],
    });
  });

  test('what touches two records that were kept apart waits; the two go on', () => {
    const records = [of('a1', ''), of('b1', ''), of('c1', '')];
    const answer = resolve(records, [apart('a1', 'b1')]);
    expect(answer).toMatchObject({ clusters: ['G(a1): a1', 'G(b1): b1'], waiting: ['c1'] });
  });

  test('a decision about a stranger to the question changes nothing', () => {
    const records = [of('a1', ''), of('b1', '')];
    expect(resolve(records, [apart('a1', 'c9'), together('b1', 'h9')])).toEqual(resolve(records, []));
  });

  test('contradicting decisions keep apart and are told', () => {
    const records = [of('a1', ''), of('b1', ''), of('c1', '')].map((one) => ({ ...one, keys: [] }));
    const answer = resolve(records, [together('a1', 'b1', 2), together('b1', 'c1', 1), apart('a1', 'c1', 3)]);
    expect(answer.clusters).toEqual(['G(a1): a1 b1', 'G(c1): c1']);
    expect(answer.reviews).toEqual(['limit: b1,c1 > ']);
    expect(answer.answer.reviews[0]?.reason).toMatch(/other decisions keep them apart/);
  });

  test('the newer of two joins is done first', () => {
    const records = [of('a1', ''), person('h7', {}), person('h8', {})];
    expect(resolve(records, [together('a1', 'h7', 1), together('a1', 'h8', 2)]).clusters).toEqual([
      'G(a1): a1 h8',
    ]);
  });
});
