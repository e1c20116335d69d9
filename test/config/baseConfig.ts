import { loadConfig, type ConfigFault } from '../../src/config/loadConfig';

/** A small configuration without faults; each test plants its own. */
export const baseText = `version: 1
timeZone: Europe/London
defaultRegion: GB
portals:
  main:
    accessToken: env:TOKEN
sources:
  crm:
    kind: sql
    connection: { dialect: postgres, url: 'env:CRM_URL' }
    schedule: nightly
    streams:
      people:
        object: contacts
        table: crm.people
        recordKey: id
        cursor: changed
        lookback: 10m
        map:
          email: { from: mail, transforms: [email] }
          phone: { from: phone, transforms: [{ e164: { regionFrom: country } }] }
          city: city
  shop:
    kind: rest
    dependsOn: [crm]
    connection: { baseUrl: 'env:SHOP_URL', auth: { type: bearer, token: 'env:SHOP_TOKEN' } }
    streams:
      orders:
        object: deals
        path: /orders
        recordKey: number
        pagination: { type: page, parameter: page }
        map:
          dealname: title
          amount: { from: total, transforms: [decimal] }
        references:
          - { to: crm.people, from: buyer }
  drop:
    kind: files
    connection: { folder: /srv/drop }
    streams:
      leads:
        object: contacts
        pattern: '*.csv'
        format: csv
        recordKey: id
        map:
          email: mail
objects:
  contacts:
    precedence: [crm, shop]
    identity:
      rules:
        - { name: mail, fields: [email], fold: email }
      neverJoin: [person_no]
    properties:
      person_no: { label: Person number, type: string }
  deals: {}
schedules:
  nightly: { at: '02:00' }
`;

export const baseEnv: Record<string, string> = {
  TOKEN: 'a-token',
  CRM_URL: 'postgres://crm',
  SHOP_URL: 'http://shop',
  SHOP_TOKEN: 'another-token',
};

/** Before the next change of clocks in March 2027. */
export const baseNow = new Date('2026-11-22T12:00:00Z');

/** The base with pieces of its text replaced; every piece must be there, once or more (the first is meant). */
export function edited(...edits: [find: string, replacement: string][]): string {
  return edits.reduce((text, [find, replacement]) => {
    if (!text.includes(find)) throw new Error(`the base configuration has no ${JSON.stringify(find)}`);
    return text.replace(find, () => replacement);
  }, baseText);
}

/** Loads a text with the base's surroundings; [] when it is without faults. */
export function faultsOf(text: string, env: Record<string, string> = baseEnv): ConfigFault[] {
  const result = loadConfig({ path: 'c.yaml', text, env, readSecretFile, now: baseNow });
  return result.ok ? [] : result.faults;
}

/** Where a piece of text begins, counted from 1. */
export function placeOf(text: string, piece: string): { line: number; column: number } {
  const offset = text.indexOf(piece);
  if (offset < 0 || text.indexOf(piece, offset + 1) >= 0)
    throw new Error(`${JSON.stringify(piece)} is not there once`);
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

function readSecretFile(path: string): string {
  if (path === '/run/secrets/there') return 'value\n';
  throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
}
