import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { goldenIdOf, isGoldenId } from '../../src/domain/identity/goldenId';

const namespace = Buffer.from('6a1f0f0e5c0b4f539d547d1b5a4e2c90', 'hex');

/** RFC 9562 version 5 with Node's own SHA-1. */
function uuid5(name: string): string {
  const bytes = createHash('sha1').update(namespace).update(name, 'utf8').digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}

test('a golden id is the version 5 UUID of portal, object, record and attempt', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.nat(5),
      (portal, stream, key, n) => {
        const expected = uuid5(JSON.stringify([portal, 'contacts', 'azure', stream, key, n]));
        expect(goldenIdOf(portal, 'contacts', { source: 'azure', stream, key }, n)).toBe(expected);
      },
    ),
  );
});

test('a golden id never changes: HubSpot holds it', () => {
  const ref = { source: 'azure', stream: 'customers', key: '42' };
  expect(goldenIdOf('9000777001', 'contacts', ref, 0)).toBe('2dce996c-c33a-5733-8f5e-557072db416f');
  expect(goldenIdOf('9000777001', 'contacts', ref, 1)).toBe('eaa69c42-2ee2-5b59-9d1c-ef9ad1b470b5');
});

test('the parts of a name cannot flow into one another', () => {
  const one = goldenIdOf('1', 'contacts', { source: 'a', stream: 'b', key: 'c","d' }, 0);
  const other = goldenIdOf('1', 'contacts', { source: 'a', stream: 'b","c', key: 'd' }, 0);
  expect(one).not.toBe(other);
});

test('a hundred thousand records have a hundred thousand ids', () => {
  const ids = new Set<string>();
  for (let i = 0; i < 100_000; i++) {
    ids.add(goldenIdOf('1', 'contacts', { source: 's', stream: 't', key: String(i) }, 0));
  }
  expect(ids.size).toBe(100_000);
});

test('only our own ids look like golden ids', () => {
  expect(isGoldenId(goldenIdOf('1', 'contacts', { source: 's', stream: 't', key: 'k' }, 0))).toBe(true);
  for (const text of ['', '12', 'not an id', '0b6cf9f4-2f6b-4c0c-9f5a-0a2a2c9a9b11', 'X'.repeat(36)]) {
    expect(isGoldenId(text)).toBe(false);
  }
});
