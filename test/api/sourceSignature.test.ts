import { createHmac } from 'node:crypto';
import { sourceSignatureFault, type SourceSigning } from '../../src/api/webhooks/sourceSignature';

const body = Buffer.from('{"id":1}');
const now = 1_790_000_000_000;
const plain: SourceSigning = {
  ...{ secret: 's', header: 'sig', algorithm: 'sha256', encoding: 'hex', prefix: 'SHA256=' },
  ...{ idHeader: null, timestampHeader: null },
};
const timed: SourceSigning = { ...plain, timestampHeader: 'time' };
const named: SourceSigning = { ...timed, idHeader: 'id', encoding: 'base64', prefix: '' };

/** Signs without our code. */
function headersOf(
  { algorithm, encoding, prefix }: SourceSigning,
  told: { id?: string; time?: string } = {},
) {
  const signed = [told.id, told.time, body.toString()].filter((part) => part !== undefined).join('.');
  return { sig: prefix + createHmac(algorithm, 's').update(signed).digest(encoding), ...told };
}
const fault = (signing: SourceSigning, headers: Record<string, string>) =>
  sourceSignatureFault(signing, body, (name) => headers[name], now);

test.each<[string, SourceSigning, Record<string, string>, string | null]>([
  ['right', plain, headersOf(plain), null],
  ['right, in capitals', plain, { sig: headersOf(plain).sig.toUpperCase() }, null],
  ['right, in small letters', plain, { sig: headersOf(plain).sig.toLowerCase() }, null],
  ['of another algorithm', plain, headersOf({ ...plain, algorithm: 'sha512' }), 'wrong'],
  ['without its prefix', plain, headersOf({ ...plain, prefix: '' }), 'wrong'],
  ['not there', plain, {}, 'missing'],
  ['empty', plain, { sig: '' }, 'wrong'],
  ['without the time', timed, headersOf(plain), 'missing'],
  ['of the body alone', timed, { ...headersOf(plain), time: String(now) }, 'wrong'],
  ['of a time in milliseconds', timed, headersOf(timed, { time: String(now) }), null],
  ['of a time in seconds', timed, headersOf(timed, { time: String(now / 1_000) }), null],
  ['five minutes old', timed, headersOf(timed, { time: String(now - 300_000) }), null],
  ['older', timed, headersOf(timed, { time: String(now - 300_001) }), 'stale'],
  ['five minutes ahead', timed, headersOf(timed, { time: String(now / 1_000 + 300) }), null],
  ['further ahead', timed, headersOf(timed, { time: String(now / 1_000 + 301) }), 'stale'],
  ['of no time', timed, headersOf(timed, { time: 'soon' }), 'malformed'],
  ['of too many digits', timed, headersOf(timed, { time: `${now}0` }), 'malformed'],
  ['of an id and a time', named, headersOf(named, { id: 'd1', time: String(now) }), null],
  [
    'in small letters where letters differ',
    named,
    {
      ...headersOf(named, { id: 'd1', time: String(now) }),
      sig: headersOf(named, { id: 'd1', time: String(now) }).sig.toLowerCase(),
    },
    'wrong',
  ],
  ['without the id', named, headersOf(timed, { time: String(now) }), 'missing'],
  ['of an empty id', named, headersOf(named, { id: '', time: String(now) }), 'malformed'],
  ['of a long id', named, headersOf(named, { id: 'd'.repeat(500), time: String(now) }), null],
  ['of a longer id', named, headersOf(named, { id: 'd'.repeat(501), time: String(now) }), 'malformed'],
])('a signature that is %s', (_what, signing, headers, expected) => {
  expect(fault(signing, headers)).toBe(expected);
});
