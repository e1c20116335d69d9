import { itemJson, type ListItem } from './listItems';

/** What was written to the subscription platform, by subscriber: it stays until the person changes the field there. */
export type EolEdits = Record<string, EolEdit>;

export interface EolEdit {
  /** ISO. */
  at: string;
  fields: Partial<Record<EolField, { value: unknown; over: unknown }>>;
}

/** What can be changed from outside. `over` is what the person had told the platform before. */
export const eolFields = ['contactNumber', 'language', 'unsubscribed'] as const;
export type EolField = (typeof eolFields)[number];

const isValid: Record<EolField, (value: unknown) => boolean> = {
  contactNumber: (value) => typeof value === 'string' && /^\+[0-9]{7,15}$/.test(value),
  language: (value) => typeof value === 'string' && /^[a-z]{2}$/.test(value),
  // Who has left comes back by themselves only.
  unsubscribed: (value) => value === true,
};

/** The change that a request asks for, over what the subscriber told; null where it is not allowed. */
export function readEdit(body: string, told: Record<string, unknown>): EolEdit['fields'] | null {
  let asked: unknown;
  try {
    asked = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) return null;
  const fields: EolEdit['fields'] = {};
  for (const [name, value] of Object.entries(asked)) {
    const field = eolFields.find((known) => known === name);
    if (!field || !isValid[field](value)) return null;
    fields[field] = { value, over: told[field] ?? null };
  }
  return Object.keys(fields).length > 0 ? fields : null;
}

/** A subscriber as the platform holds it: as told by the person, with what was written over it since. */
export function eolRecord(
  told: Record<string, unknown>,
  edit: EolEdit | undefined,
): { record: Record<string, unknown>; isEdited: boolean } {
  const record = { ...told };
  let isEdited = false;
  for (const field of eolFields) {
    const written = edit?.fields[field];
    // What the person changed since then is the newer word.
    if (!written || JSON.stringify(written.over) !== JSON.stringify(told[field] ?? null)) continue;
    record[field] = written.value;
    isEdited = true;
  }
  return { record, isEdited };
}

/** A list's item with what was written over it. */
export function editedItem(item: ListItem, edit: EolEdit | undefined): ListItem {
  if (!item.raw || !edit) return item;
  const { record, isEdited } = eolRecord(item.raw, edit);
  if (!isEdited) return item;
  const at = Math.max(Date.parse(edit.at), Date.parse(String(item.raw['lastChanged'])));
  const json = itemJson({ ...record, lastChanged: new Date(at).toISOString() }, 'eol');
  return { ...item, time: at, json };
}
